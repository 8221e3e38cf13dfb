//! Numbers for Python, as the machine holds them.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Values end to end.
pub fn bytes<'py, T: Copy, const N: usize>(py: Python<'py>, values: &[T], of: impl Fn(T) -> [u8; N]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, values.len() * N, |buffer| {
        for (place, value) in buffer.chunks_exact_mut(N).zip(values) {
            place.copy_from_slice(&of(*value));
        }
        Ok(())
    })
}
