//! `stable_id(part, …)`: the hashed id of a key, by the rule of `codeanatomy_graph::ids`. It resolves no collision.

use std::sync::Arc;

use codeanatomy_graph::ids::{HASHED, hashed_id};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Parts are texts or integers (as decimal text). A null is a part of its own, equal to no text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct StableId {
    signature: Signature,
}

impl StableId {
    pub fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl Default for StableId {
    fn default() -> Self {
        Self::new()
    }
}

impl ScalarUDFImpl for StableId {
    fn name(&self) -> &str {
        "stable_id"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types.iter().find(|kind| !is_part(kind)) {
            Some(kind) => plan_err!("stable_id takes texts and integers, not {kind}"),
            None if types.is_empty() => plan_err!("stable_id needs a part"),
            None => Ok(DataType::Int64),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let parts: Vec<ArrayRef> =
            arguments.args.into_iter().map(|argument| Ok(cast(&argument.into_array(rows)?, &DataType::Utf8)?)).collect::<Result<_>>()?;
        let texts: Vec<_> = parts.iter().map(|part| part.as_string::<i32>()).collect();
        let mut key: Vec<Option<&str>> = vec![None; texts.len()];
        let ids = (0..rows).map(|row| {
            for (part, text) in key.iter_mut().zip(&texts) {
                *part = text.is_valid(row).then(|| text.value(row));
            }
            id(&key)
        });
        Ok(ColumnarValue::Array(Arc::new(Int64Array::from_iter_values(ids))))
    }
}

fn is_part(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_part(values),
        kind => kind.is_integer() || kind.is_string() || *kind == DataType::Null,
    }
}

/// `hashed_id`, with a length that no text has in place of a null.
fn id(key: &[Option<&str>]) -> i64 {
    if let Some(parts) = key.iter().copied().collect::<Option<Vec<&str>>>() {
        return hashed_id(&parts);
    }
    let mut hasher = blake3::Hasher::new();
    for part in key {
        hasher.update(&part.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hasher.update(part.unwrap_or_default().as_bytes());
    }
    let bytes = hasher.finalize();
    let word = u64::from_le_bytes(bytes.as_bytes()[..8].try_into().expect("a hash has 32 bytes"));
    ((word >> 2) as i64) | HASHED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_no_text() {
        assert_eq!(id(&[Some("def"), Some("a.b")]), hashed_id(&["def", "a.b"]));
        assert_ne!(id(&[Some("def"), None]), id(&[Some("def"), Some("")]));
        assert_ne!(id(&[None, Some("x")]), id(&[Some("x"), None]));
    }
}
