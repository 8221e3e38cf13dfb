//! Publishing as Python calls it.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use codeanatomy_engine::code;
use codeanatomy_engine::error::EngineError;
use codeanatomy_engine::publish as engine;
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::call;
use crate::cancel::CancelToken;

/// Publishes a record as the next generation, if the current one is still `expected_former`; returns its number.
#[pyfunction]
#[pyo3(signature = (output_dir, record_json, expected_former=None))]
pub fn publish(py: Python<'_>, output_dir: PathBuf, record_json: &str, expected_former: Option<u64>) -> PyResult<u64> {
    call::run(py, || {
        let record: Value = serde_json::from_str(record_json)
            .map_err(|error| EngineError::new(&code::RECORD, format!("the generation record: {error}"), "pass a JSON object", json!({})))?;
        engine::publish(&output_dir, &record, expected_former)
    })
}

/// The current generation as JSON `{"generation": n, "record": {…}}`; none where nothing was published.
#[pyfunction]
pub fn current(py: Python<'_>, output_dir: PathBuf) -> PyResult<Option<String>> {
    call::run(py, || Ok(engine::current(&output_dir)?.map(|(number, record)| json!({"generation": number, "record": record}).to_string())))
}

/// Removes records and data files that the last `keep` generations do not need; the caller holds the lock. Returns how many.
#[pyfunction]
#[pyo3(signature = (output_dir, keep=2))]
pub fn clean(py: Python<'_>, output_dir: PathBuf, keep: u64) -> PyResult<u64> {
    call::run(py, || engine::clean(&output_dir, keep))
}

/// The right to write into an output folder, until `release`.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct OutputLock {
    lock: Mutex<Option<engine::OutputLock>>,
}

#[pymethods]
impl OutputLock {
    #[new]
    #[pyo3(signature = (output_dir, wait_s=0.0, cancel=None))]
    fn new(py: Python<'_>, output_dir: PathBuf, wait_s: f64, cancel: Option<&Bound<'_, CancelToken>>) -> PyResult<Self> {
        let token = cancel.map(|cancel| cancel.get().token.clone()).unwrap_or_default();
        let wait = Duration::try_from_secs_f64(wait_s).unwrap_or_default();
        let lock = call::run(py, || engine::OutputLock::take(&output_dir, wait, &|| token.check()))?;
        Ok(Self { lock: Mutex::new(Some(lock)) })
    }

    fn release(&self) {
        if let Ok(mut lock) = self.lock.lock() {
            *lock = None;
        }
    }

    fn __enter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.release();
    }
}
