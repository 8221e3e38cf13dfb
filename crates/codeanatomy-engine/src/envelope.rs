//! The envelope of a run: everything that may change rows besides the spec. Machine, directory, time and Delta versions are left out.

use std::collections::BTreeMap;

use codeanatomy_spec::hash::write_canonical;
use serde_json::{Value, json};

use crate::rulepack::Rulepack;
use crate::session::{rule_names, settings};

/// Versions of what the engine is made of.
pub fn versions() -> BTreeMap<&'static str, String> {
    let parquet = datafusion::parquet::file::properties::DEFAULT_CREATED_BY;
    BTreeMap::from([
        ("codeanatomy", env!("CARGO_PKG_VERSION").to_owned()),
        ("datafusion", datafusion::DATAFUSION_VERSION.to_owned()),
        ("delta", deltalake::crate_version().to_owned()),
        ("arrow", datafusion::arrow::ARROW_VERSION.to_owned()),
        ("parquet", parquet.rsplit(' ').next().unwrap_or(parquet).to_owned()),
    ])
}

/// Spec hash, versions, settings, rules and what is done about their breach, functions and the fingerprints of the inputs.
pub fn contents(spec_hash: &str, rulepack: &Rulepack, inputs: &[(String, u64, Option<String>)]) -> Value {
    let fingerprints: BTreeMap<&String, &Option<String>> = inputs.iter().map(|(name, _, fingerprint)| (name, fingerprint)).collect();
    let functions: Vec<String> = codeanatomy_functions::functions().iter().map(|function| function.name().to_owned()).collect();
    json!({
        "spec": spec_hash, "versions": versions(), "settings": settings(), "rules": rule_names(), "rulepack": rulepack.snapshot(),
        "functions": functions, "inputs": fingerprints,
    })
}

/// BLAKE3 of the canonical JSON of a value.
pub fn hash(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
