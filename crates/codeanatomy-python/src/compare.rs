//! Comparing versions of tables, as Python calls it.

use std::path::PathBuf;

use codeanatomy_engine::compare;
use pyo3::prelude::*;

use crate::call;
use crate::cancel::CancelToken;

/// The fingerprint of the rows that a version of a table has now.
#[pyfunction]
#[pyo3(signature = (location, version, cancel=None))]
pub fn fingerprint(py: Python<'_>, location: PathBuf, version: u64, cancel: Option<&Bound<'_, CancelToken>>) -> PyResult<String> {
    let token = cancel.map(|cancel| cancel.get().token.clone()).unwrap_or_default();
    call::run(py, || compare::fingerprint(&location, version, &|| token.check()))
}

/// The rows that only one of two versions has, as JSON: `only_one`, `only_other` count them, `one` and `other` are the first of them.
#[pyfunction]
#[pyo3(signature = (one, one_version, other, other_version, cancel=None))]
pub fn difference(
    py: Python<'_>,
    one: PathBuf,
    one_version: u64,
    other: PathBuf,
    other_version: u64,
    cancel: Option<&Bound<'_, CancelToken>>,
) -> PyResult<String> {
    let token = cancel.map(|cancel| cancel.get().token.clone()).unwrap_or_default();
    call::run(py, || compare::difference((&one, one_version), (&other, other_version), &|| token.check())).map(|value| value.to_string())
}
