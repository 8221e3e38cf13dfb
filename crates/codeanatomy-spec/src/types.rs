//! The column types there are, by the names the catalog uses. How a type is stored is the engine's business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column type. Integers that are ids are `int64`; spans, counts and positions are `int32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ColumnType {
    #[serde(rename = "bool")]
    Bool,
    #[serde(rename = "int32")]
    Int32,
    #[serde(rename = "int64")]
    Int64,
    #[serde(rename = "float64")]
    Float64,
    #[serde(rename = "string")]
    String,
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "list<int32>")]
    Int32List,
    #[serde(rename = "list<int64>")]
    Int64List,
    #[serde(rename = "list<string>")]
    StringList,
    #[serde(rename = "map<string,string>")]
    StringMap,
}

impl ColumnType {
    /// Every type, in the order of the catalog.
    pub const ALL: [ColumnType; 10] = [
        ColumnType::Bool,
        ColumnType::Int32,
        ColumnType::Int64,
        ColumnType::Float64,
        ColumnType::String,
        ColumnType::Binary,
        ColumnType::Int32List,
        ColumnType::Int64List,
        ColumnType::StringList,
        ColumnType::StringMap,
    ];

    /// The name that specs and the catalog use.
    pub fn name(self) -> &'static str {
        match self {
            ColumnType::Bool => "bool",
            ColumnType::Int32 => "int32",
            ColumnType::Int64 => "int64",
            ColumnType::Float64 => "float64",
            ColumnType::String => "string",
            ColumnType::Binary => "binary",
            ColumnType::Int32List => "list<int32>",
            ColumnType::Int64List => "list<int64>",
            ColumnType::StringList => "list<string>",
            ColumnType::StringMap => "map<string,string>",
        }
    }
}

impl std::fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_written_by_its_name() {
        for kind in ColumnType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), serde_json::Value::String(kind.name().to_owned()));
        }
    }
}
