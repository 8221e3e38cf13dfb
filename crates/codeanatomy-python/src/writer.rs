//! A table writer as Python holds it: evidence comes in here.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

use codeanatomy_engine::code;
use codeanatomy_engine::error::{EngineError, Result};
use codeanatomy_engine::{TableDeclaration, writer};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use serde_json::{Value, json};

use crate::call;

/// An open Delta table that gets all its rows from here; `finish` replaces what the table held.
#[pyclass(frozen, module = "codeanatomy._engine")]
pub struct TableWriter {
    writer: Mutex<writer::TableWriter>,
}

#[pymethods]
impl TableWriter {
    #[new]
    fn new(py: Python<'_>, location: PathBuf, table_json: &str) -> PyResult<Self> {
        let writer = call::run(py, || writer::TableWriter::open(&location, TableDeclaration::from_json(table_json)?))?;
        Ok(Self { writer: Mutex::new(writer) })
    }

    /// Rows of one Arrow IPC stream, from a worker that is not trusted.
    fn write_ipc(&self, py: Python<'_>, data: &[u8]) -> PyResult<u64> {
        call::run(py, || self.with(|writer| writer.write_ipc(data)))
    }

    /// Rows of an object with `__arrow_c_stream__`, of this process.
    fn write_arrow(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<u64> {
        let stream = take_stream(data)?;
        call::run(py, || {
            let failed = |text: String| EngineError::new(&code::IPC, text, "pass a pyarrow table or batch", json!({}));
            let reader = ArrowArrayStreamReader::try_new(stream).map_err(|error| failed(error.to_string()))?;
            let batches: Vec<RecordBatch> = reader.collect::<std::result::Result<_, _>>().map_err(|error| failed(error.to_string()))?;
            self.with(|writer| writer.write_batches(&batches))
        })
    }

    /// Ends and commits the table; JSON with rows, version, files, bytes, fingerprint.
    fn finish(&self, py: Python<'_>, metadata_json: &str) -> PyResult<String> {
        call::run(py, || {
            let metadata: HashMap<String, Value> = serde_json::from_str(metadata_json).map_err(|error| {
                EngineError::new(&code::TABLE_DECLARATION, format!("commit metadata: {error}"), "pass a JSON object", json!({}))
            })?;
            self.with(|writer| writer.finish(metadata)).map(|value| value.to_string())
        })
    }

    /// Removes what was written. Does nothing after `finish`.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        call::run(py, || {
            self.with(|writer| {
                writer.abort();
                Ok(())
            })
        })
    }
}

impl TableWriter {
    fn with<T>(&self, work: impl FnOnce(&mut writer::TableWriter) -> Result<T>) -> Result<T> {
        // A panic in an earlier call leaves the writer half done: take it for closed.
        let mut writer = self
            .writer
            .lock()
            .map_err(|_| EngineError::new(&code::WRITER_CLOSED, "the writer failed before", "open another one", json!({})))?;
        work(&mut writer)
    }
}

/// Moves the stream out of the capsule that the object makes.
fn take_stream(data: &Bound<'_, PyAny>) -> PyResult<FFI_ArrowArrayStream> {
    let made = data
        .call_method0("__arrow_c_stream__")
        .map_err(|_| PyTypeError::new_err("expected an object with __arrow_c_stream__, such as a pyarrow table"))?;
    let capsule = made.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: the capsule has the name that the Arrow C stream interface reserves for such a pointer; `from_raw` leaves an empty stream behind.
    Ok(unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr().cast()) })
}
