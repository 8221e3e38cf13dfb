//! What the engine is asked to compute, as data: grammar, validation, canonical hash. It plans nothing and reads no files.

pub mod error;
pub mod grammar;
pub mod hash;
pub mod nearest;
pub mod ports;
pub mod types;
pub mod validate;

pub use error::SpecError;
pub use grammar::*;
pub use ports::{OperatorPorts, PortColumns};
pub use types::ColumnType;
pub use validate::{Validated, validate};

/// The version of the grammar that this crate reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Reads a spec from JSON. Unknown fields and other versions are refused; nothing is checked across fields yet.
pub fn parse(text: &str) -> Result<SemanticExecutionSpec, SpecError> {
    let version: VersionOnly = serde_json::from_str(text).map_err(|error| SpecError::grammar(&error))?;
    if version.schema_version != SCHEMA_VERSION {
        return Err(SpecError::version(version.schema_version));
    }
    serde_json::from_str(text).map_err(|error| SpecError::grammar(&error))
}

/// The JSON Schema of the grammar.
pub fn json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(SemanticExecutionSpec)).expect("a schema is JSON")
}

#[derive(serde::Deserialize)]
struct VersionOnly {
    schema_version: u32,
}
