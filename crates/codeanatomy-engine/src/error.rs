//! The error of the engine: a code, what happened, what to do. Nothing here is decided by the text of a message.

use std::error::Error;
use std::fmt;

use codeanatomy_spec::SpecError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use deltalake::DeltaTableError;
use serde_json::{Value, json};

use crate::code::{self, Code};

pub type Result<T> = std::result::Result<T, EngineError>;

/// A coded failure.
#[derive(Clone, Debug)]
pub struct EngineError {
    pub code: &'static Code,
    pub message: String,
    pub hint: String,
    pub details: Value,
}

impl EngineError {
    pub fn new(code: &'static Code, message: impl Into<String>, hint: impl Into<String>, details: Value) -> Self {
        Self { code, message: message.into(), hint: hint.into(), details }
    }

    pub fn cancelled() -> Self {
        Self::new(&code::CANCELLED, "the run was cancelled", "nothing of it was published", json!({}))
    }

    pub fn timeout(seconds: Option<f64>) -> Self {
        let message =
            seconds.map_or_else(|| "the run took too long".to_owned(), |limit| format!("the run took longer than {limit} seconds"));
        Self::new(&code::TIMEOUT, message, "raise the timeout, or narrow what is built", json!({"timeout_s": seconds}))
    }

    pub fn io(code: &'static Code, what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "free space on the disk of the output folder",
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => "make the folder writable for this user",
            _ => "see the cause in the message",
        };
        Self::new(code, format!("{what} {}: {error}", path.display()), hint, json!({"path": path.display().to_string()}))
    }

    /// A failure of DataFusion in `place`: our own error where it carries one, else by its kind.
    pub fn from_datafusion(error: &DataFusionError, fallback: &'static Code, place: &str) -> Self {
        if let Some(own) = find_own(error) {
            return own.clone();
        }
        match find_kind(error) {
            Kind::Memory(text) => Self::memory(&text, place),
            Kind::Disk(text) => {
                let hint = "free space, or set runtime.spill_directory to a larger disk";
                Self::new(&code::SPILL, format!("{place}: {text}"), hint, json!({"in": place}))
            }
            Kind::Other => {
                Self::new(fallback, format!("{place}: {}", error.strip_backtrace()), "see the cause in the message", json!({"in": place}))
            }
        }
    }

    /// The memory pool refused; `text` names the consumers.
    pub fn memory(text: &str, place: &str) -> Self {
        let hint =
            "take a larger session profile (`--engine-profile large`) or raise runtime.memory_bytes; fewer partitions also need less";
        Self::new(&code::MEMORY, format!("{place}: {text}"), hint, json!({"in": place, "setting": "runtime.memory_bytes"}))
    }

    pub fn from_delta(error: &DeltaTableError, code: &'static Code, place: &str) -> Self {
        Self::new(code, format!("{place}: {error}"), "see the cause in the message", json!({"in": place}))
    }

    /// A panic of a task, with its text where it has one.
    pub fn panic(payload: &(dyn std::any::Any + Send), place: &str) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "a panic without a text".to_owned());
        Self::new(&code::PANIC, format!("{place}: {text}"), "this is a bug of the engine; please report it", json!({"in": place}))
    }

    /// A task that did not end by itself: it panicked, or the run was stopped.
    pub fn of_task(error: tokio::task::JoinError, place: &str) -> Self {
        match error.try_into_panic() {
            Ok(payload) => Self::panic(payload.as_ref(), place),
            Err(_) => Self::cancelled(),
        }
    }

    /// For DataFusion's streams, which carry it back unchanged.
    pub fn into_datafusion(self) -> DataFusionError {
        DataFusionError::External(Box::new(self))
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.name, self.message)
    }
}

impl Error for EngineError {}

impl From<SpecError> for EngineError {
    fn from(error: SpecError) -> Self {
        let code = code::find(error.code).unwrap_or(&code::GRAMMAR);
        Self::new(code, error.message, error.hint, error.details)
    }
}

/// Our own error inside DataFusion's, if there is one.
fn find_own(error: &DataFusionError) -> Option<&EngineError> {
    match error {
        DataFusionError::External(inner) => from_any(inner.as_ref()),
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::ExternalError(inner) => from_any(inner.as_ref()),
            _ => None,
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => find_own(inner),
        DataFusionError::Shared(inner) => find_own(inner),
        DataFusionError::Collection(all) => all.iter().find_map(find_own),
        _ => None,
    }
}

fn from_any<'a>(error: &'a (dyn Error + Send + Sync + 'static)) -> Option<&'a EngineError> {
    error.downcast_ref::<EngineError>().or_else(|| error.downcast_ref::<DataFusionError>().and_then(find_own))
}

enum Kind {
    Memory(String),
    Disk(String),
    Other,
}

fn find_kind(error: &DataFusionError) -> Kind {
    match error {
        DataFusionError::ResourcesExhausted(text) => Kind::Memory(text.clone()),
        DataFusionError::IoError(io) => Kind::Disk(io.to_string()),
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::IoError(text, _) => Kind::Disk(text.clone()),
            _ => Kind::Other,
        },
        DataFusionError::External(inner) => inner.downcast_ref::<DataFusionError>().map_or(Kind::Other, find_kind),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => find_kind(inner),
        DataFusionError::Shared(inner) => find_kind(inner),
        DataFusionError::Collection(all) => all.first().map_or(Kind::Other, find_kind),
        _ => Kind::Other,
    }
}
