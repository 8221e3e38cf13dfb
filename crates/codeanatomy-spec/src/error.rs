//! What can be wrong with a spec: one code each, with the names that a person needs. It is the engine that raises them.

use serde_json::{Value, json};

use crate::nearest::nearest;

/// A reason why a spec is refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SpecError {
    pub code: &'static str,
    pub message: String,
    pub hint: String,
    pub details: Value,
}

impl SpecError {
    pub fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>, details: Value) -> Self {
        Self { code, message: message.into(), hint: hint.into(), details }
    }

    /// `CA301`: the text is not JSON of this grammar.
    pub fn grammar(error: &serde_json::Error) -> Self {
        let details = json!({"line": error.line(), "column": error.column()});
        Self::new("CA301", format!("the spec does not follow the grammar: {error}"), "compare it with the JSON schema of the spec", details)
    }

    /// `CA302`: the grammar has another version.
    pub fn version(found: u32) -> Self {
        let expected = crate::SCHEMA_VERSION;
        let message = format!("the spec has schema version {found}; this engine reads {expected}");
        Self::new("CA302", message, "emit the spec with the same release as the engine", json!({"found": found, "expected": expected}))
    }

    /// `CA303`: a name occurs twice where it must be unique.
    pub fn duplicate(what: &str, name: &str, place: &str) -> Self {
        let details = json!({"what": what, "name": name, "place": place});
        Self::new("CA303", format!("{what} `{name}` occurs twice in {place}"), "rename or remove one of them", details)
    }

    /// A name that is not among those it must be among.
    pub fn unknown<'a>(code: &'static str, what: &str, name: &str, place: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let close = nearest(name, known.iter().copied());
        let hint = match close {
            Some(right) => format!("did you mean `{right}`?"),
            None => format!("known: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }),
        };
        let details = json!({"what": what, "name": name, "place": place, "nearest": close});
        Self::new(code, format!("{place}: there is no {what} `{name}`"), hint, details)
    }
}
