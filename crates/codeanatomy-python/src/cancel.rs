//! The cancel token as Python holds it.

use pyo3::prelude::*;

/// Stops the run that it is given to. Setting it twice, or after the end, does nothing.
#[pyclass(frozen, module = "codeanatomy._engine")]
#[derive(Default)]
pub struct CancelToken {
    pub token: codeanatomy_engine::CancelToken,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn cancel(&self) {
        self.token.cancel();
    }

    #[getter]
    fn cancelled(&self) -> bool {
        self.token.is_set()
    }
}
