//! Compiling and running a spec, as Python calls it.

use codeanatomy_engine as engine;
use pyo3::prelude::*;
use serde_json::Value;

use crate::call;
use crate::cancel::CancelToken;

/// Sizes of the session, from this machine.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct SessionFactory {
    profile: engine::Profile,
}

#[pymethods]
impl SessionFactory {
    /// `small`, `medium` or `large`.
    #[staticmethod]
    fn from_class(py: Python<'_>, name: &str) -> PyResult<Self> {
        Ok(Self { profile: call::run(py, || engine::Profile::from_class(name))? })
    }

    #[getter]
    fn profile(&self) -> &str {
        &self.profile.class
    }

    #[getter]
    fn partitions(&self) -> usize {
        self.profile.partitions
    }

    #[getter]
    fn memory_bytes(&self) -> u64 {
        self.profile.memory_bytes
    }
}

/// Makes plans of specs. It reads no data.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct SemanticPlanCompiler {}

#[pymethods]
impl SemanticPlanCompiler {
    #[new]
    fn new() -> Self {
        Self {}
    }

    fn compile(&self, py: Python<'_>, spec_json: &str) -> PyResult<CompiledPlan> {
        Ok(CompiledPlan { compiled: call::run(py, || engine::compile(spec_json))? })
    }
}

/// A spec that can be run any number of times.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct CompiledPlan {
    compiled: engine::Compiled,
}

#[pymethods]
impl CompiledPlan {
    fn spec_hash_hex(&self) -> &str {
        &self.compiled.spec_hash
    }

    fn summary_json(&self) -> String {
        self.compiled.summary().to_string()
    }

    /// The spec as the engine read it.
    fn spec_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.compiled.validated.spec).map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
    }

    /// What runs after what, as JSON.
    #[getter]
    fn schedule(&self) -> String {
        self.compiled.schedule.to_json(&self.compiled.validated).to_string()
    }

    /// The logical plans of the outputs, as text.
    #[getter]
    fn explain(&self) -> &str {
        &self.compiled.explain
    }
}

/// Runs compiled specs.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct CpgMaterializer {}

#[pymethods]
impl CpgMaterializer {
    #[new]
    fn new() -> Self {
        Self {}
    }

    /// Runs a spec to its end: blocking, with the interpreter lock released. `on_progress` gets JSON events in this thread: with a
    /// `traceparent` that is kept also those of the run's spans, on the caller's clock, which says `now_ns`.
    #[pyo3(signature = (factory, compiled, cancel=None, timeout_s=None, on_progress=None, traceparent=None, now_ns=None))]
    #[allow(clippy::too_many_arguments)]
    fn execute(
        &self,
        py: Python<'_>,
        factory: &Bound<'_, SessionFactory>,
        compiled: &Bound<'_, CompiledPlan>,
        cancel: Option<&Bound<'_, CancelToken>>,
        timeout_s: Option<f64>,
        on_progress: Option<Py<PyAny>>,
        traceparent: Option<String>,
        now_ns: Option<u64>,
    ) -> PyResult<RunResult> {
        let token = cancel.map(|cancel| cancel.get().token.clone()).unwrap_or_default();
        let (profile, compiled) = (factory.get().profile.clone(), compiled.get().compiled.clone());
        let caller = engine::Caller { traceparent, now_ns };
        let mut raised: Option<PyErr> = None;
        let outcome = call::run(py, || {
            crate::allocator::trim_others();
            engine::execute(&profile, &compiled, &token, timeout_s, &caller, |event| {
                if let (None, Some(callback)) = (&raised, &on_progress) {
                    // The listener's exception ends the run; it is raised below.
                    raised = Python::attach(|py| callback.call1(py, (event.to_string(),)).err());
                    if raised.is_some() {
                        token.cancel();
                    }
                }
            })
        });
        match raised {
            Some(error) => Err(error),
            None => outcome.map(|value| RunResult { value }),
        }
    }
}

/// What a run did, in figures of the plans that ran.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct RunResult {
    value: Value,
}

#[pymethods]
impl RunResult {
    fn to_json(&self) -> String {
        self.value.to_string()
    }
}
