//! The one mapping from engine errors to Python exceptions: by stage.

use codeanatomy_engine::code::Stage;
use codeanatomy_engine::error::EngineError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

fn class_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Validation => "EngineValidationError",
        Stage::Compilation => "EngineCompileError",
        Stage::RuleViolation => "EngineRuleViolationError",
        Stage::Runtime | Stage::Materialization => "EngineRuntimeError",
        Stage::Cancelled => "EngineCancelled",
        Stage::Timeout => "EngineTimeout",
    }
}

/// The exception of an error, with all its fields.
pub fn to_python(py: Python<'_>, error: &EngineError) -> PyErr {
    build(py, error).unwrap_or_else(|failure| {
        let text = PyRuntimeError::new_err(error.to_string());
        text.set_cause(py, Some(failure));
        text
    })
}

fn build(py: Python<'_>, error: &EngineError) -> PyResult<PyErr> {
    let class = py.import("codeanatomy.engine.errors")?.getattr(class_name(error.code.stage))?;
    let details = py.import("json")?.call_method1("loads", (error.details.to_string(),))?;
    let fields = (error.code.name, error.code.stage.name(), error.message.as_str(), error.hint.as_str(), details);
    Ok(PyErr::from_value(class.call1(fields)?))
}
