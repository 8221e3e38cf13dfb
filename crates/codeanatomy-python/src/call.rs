//! How Python calls the engine: in its own process only, with the interpreter lock released, and never past a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use codeanatomy_engine::code;
use codeanatomy_engine::error::{EngineError, Result};
use pyo3::prelude::*;
use serde_json::json;

use crate::error::to_python;

static PROCESS: OnceLock<u32> = OnceLock::new();

/// Notes the process that loaded the module.
pub fn remember_process() {
    PROCESS.get_or_init(std::process::id);
}

/// Threads and locks of the engine do not survive a fork: refuse to go on in a child.
fn check_process() -> Result<()> {
    let own = std::process::id();
    match PROCESS.get() {
        Some(&loaded) if loaded != own => {
            let message = format!("the engine was loaded by process {loaded} and is used in its forked child {own}");
            let hint = "start children by `spawn` or as programs of their own";
            Err(EngineError::new(&code::FORKED, message, hint, json!({"loaded": loaded, "used": own})))
        }
        _ => Ok(()),
    }
}

/// Runs blocking work without the interpreter lock; failures become exceptions of `codeanatomy.engine.errors`.
pub fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    let outcome = check_process().and_then(|()| {
        py.detach(|| match catch_unwind(AssertUnwindSafe(work)) {
            Ok(outcome) => outcome,
            Err(payload) => Err(EngineError::panic(payload.as_ref(), "engine")),
        })
    });
    outcome.map_err(|error| to_python(py, &error))
}
