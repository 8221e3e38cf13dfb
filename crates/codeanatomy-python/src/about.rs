//! What the engine says of itself: versions, operators, failure codes, the grammar of specs.

use std::collections::BTreeMap;

use codeanatomy_engine::{code, envelope, operators as engine};
use pyo3::prelude::*;
use serde_json::json;

/// Versions of what the engine is made of.
#[pyfunction]
pub fn versions() -> BTreeMap<&'static str, String> {
    envelope::versions()
}

/// Every operator with its ports and their columns, as JSON.
#[pyfunction]
pub fn operators() -> String {
    json!(engine::ports()).to_string()
}

/// Every failure code: (code, stage, sentence).
#[pyfunction]
pub fn codes() -> Vec<(&'static str, &'static str, &'static str)> {
    code::ALL.iter().map(|code| (code.name, code.stage.name(), code.sentence)).collect()
}

/// The JSON Schema of specs.
#[pyfunction]
pub fn spec_schema() -> String {
    codeanatomy_spec::json_schema().to_string()
}
