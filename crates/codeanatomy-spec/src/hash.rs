//! The hash of a spec: BLAKE3 of its canonical JSON. Where tables lie, how much memory there is and how strict the rules are do not enter it.

use serde_json::Value;

use crate::grammar::SemanticExecutionSpec;

/// The hash of what is computed, the same in every directory, on every machine and for every Delta version.
pub fn spec_hash(spec: &SemanticExecutionSpec) -> String {
    let mut value = serde_json::to_value(spec).expect("a spec is JSON");
    if let Value::Object(fields) = &mut value {
        fields.remove("runtime");
        fields.remove("rulepack_profile");
        for list in ["input_relations", "output_targets"] {
            for entry in fields.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                strip_place(entry);
            }
        }
    }
    let mut text = String::new();
    write_canonical(&value, &mut text);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn strip_place(entry: &mut Value) {
    if let Value::Object(fields) = entry {
        fields.remove("location");
        fields.remove("version");
    }
}

/// JSON without spaces, keys in the order of their bytes.
pub fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write_canonical(&fields[key], text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, entry) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(entry, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
