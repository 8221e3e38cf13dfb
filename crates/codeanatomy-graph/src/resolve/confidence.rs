//! How sure a relation is, by the way it was resolved. It weighs nothing else.

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::operator::OperatorError;

/// Every way in which a name or a call is resolved.
const RESOLUTIONS: [&str; 9] = ["global", "lexical", "import", "attribute", "value", "builtin", "external", "hierarchy", "name_match"];

/// The parameter `confidence`: for each resolution how often a row is right that is the only one of its place, and one of several.
pub struct Confidences(FxHashMap<&'static str, [f64; 2]>);

impl Confidences {
    pub fn read(parameters: &Value) -> Result<Self, OperatorError> {
        let shares = |name: &'static str| {
            let pair = parameters.get("confidence").and_then(|all| all.get(name)).and_then(Value::as_array);
            match pair.map(|pair| pair.iter().map(Value::as_f64).collect::<Vec<_>>()).as_deref() {
                Some(&[Some(alone), Some(one_of_several)]) => Ok((name, [alone, one_of_several])),
                _ => Err(OperatorError::Parameter(format!("`confidence.{name}` must be two numbers"))),
            }
        };
        RESOLUTIONS.into_iter().map(shares).collect::<Result<_, _>>().map(Self)
    }

    pub fn of(&self, resolution: &str, is_alone: bool) -> f64 {
        self.0[resolution][usize::from(!is_alone)]
    }
}
