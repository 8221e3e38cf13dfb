//! The spans of a run: which there are, and how its threads come to record them. Nothing is exported here: who runs the spec gets the records.
//!
//! Without a trace of the caller nothing listens, and a span costs the look at one atomic number.

mod parent;
mod preview;
mod recorder;
mod session;

use std::cell::RefCell;
use std::sync::Arc;

use codeanatomy_spec::{PreviewRedaction, TracingConfig, TracingPreset};
use serde_json::Value;
use tracing::dispatcher::{self, DefaultGuard, Dispatch};
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::compile::Compiled;
use crate::error::Result;
use crate::run::Progress;
pub use parent::Caller;
use recorder::{Layer, Recorder};
pub use session::{MARKER_RULES, instrument_state, instrument_store};

/// Rows that are shown where previews are on and nobody says how many.
const PREVIEW_ROWS: usize = 5;

/// A span of ours. Inside `traced` it also says how it ended.
macro_rules! span {
    ($name:literal $(, $($fields:tt)*)?) => {
        tracing::info_span!($name, codeanatomy.status = tracing::field::Empty $(, $($fields)*)?)
    };
}
pub(crate) use span;

/// Field of how a span of ours ended; one that nobody set belongs to work that was given up.
const STATUS: &str = "codeanatomy.status";

/// Work as a span, with how it ended.
pub async fn traced<T>(span: Span, work: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = work.instrument(span.clone()).await;
    span.record(STATUS, outcome.as_ref().map_or_else(|error| error.code.name, |_| "ok"));
    outcome
}

/// Tells of a view that is kept in files: computed once, read by several. In those of an output, or in a temporary one.
pub fn cache_decision(compiled: &Compiled, view: usize, output: Option<usize>) {
    let spec = &compiled.validated.spec;
    let readers = output.map_or_else(|| compiled.schedule.readers_of_shared(view), |output| compiled.schedule.readers_of_output(output));
    let name = &spec.view_definitions[view].name;
    let span = span!("engine.cache", codeanatomy.view = name, codeanatomy.table = Empty, codeanatomy.readers = readers);
    if let Some(output) = output {
        span.record("codeanatomy.table", &spec.output_targets[output].table);
    }
    span.record(STATUS, "ok");
}

/// What is recorded of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// Anything but calls of the object store.
    pub spans: bool,
    /// Every rule of DataFusion that runs, not only its phases.
    pub rules: bool,
    /// Every operator of DataFusion's plans.
    pub operators: bool,
    /// Rows that each of those shows.
    pub preview_rows: usize,
    pub redaction: PreviewRedaction,
    pub object_store: bool,
}

impl Detail {
    /// What a spec asks for, where the caller's trace is kept or not: calls of the object store are measured in either case.
    pub fn of(config: &TracingConfig, kept: bool) -> Self {
        let all = config.preset != TracingPreset::ProductionLean;
        let preview_rows = match config.preset {
            TracingPreset::MaximalNoData => 0,
            TracingPreset::Maximal if config.preview_limit == 0 => PREVIEW_ROWS,
            _ => config.preview_limit,
        };
        Self {
            spans: kept,
            rules: kept && (all || config.rule_tracing),
            operators: kept && (all || preview_rows > 0),
            preview_rows,
            redaction: config.preview_redaction,
            object_store: config.instrument_object_store || (kept && all),
        }
    }

    /// Whether texts may show values of rows.
    fn shows_values(&self) -> bool {
        self.preview_rows > 0 && self.redaction == PreviewRedaction::None
    }
}

/// The recording of one run.
pub struct Trace {
    dispatch: Dispatch,
    recorder: Arc<Recorder>,
}

thread_local! {
    static RECORDING: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

impl Trace {
    /// Begins to record what `detail` asks for, if anything; full batches of records go to `report`.
    pub fn begin(detail: &Detail, caller: &Caller, report: Progress) -> Result<Option<Self>> {
        if !(detail.spans || detail.object_store) {
            return Ok(None);
        }
        let recorder = Arc::new(Recorder::new(caller, report)?);
        let layer = Layer::new(detail.clone(), recorder.clone());
        Ok(Some(Self { dispatch: Dispatch::new(Registry::default().with(layer)), recorder }))
    }

    /// Makes a starting thread record, until `leave`.
    pub fn enter(&self) {
        RECORDING.with_borrow_mut(|guard| *guard = Some(dispatcher::set_default(&self.dispatch)));
    }

    /// Ends it, in a thread that stops.
    pub fn leave() {
        RECORDING.with_borrow_mut(|guard| drop(guard.take()));
    }

    /// The records that were not reported; later ones are dropped.
    pub fn finish(&self) -> Value {
        self.recorder.finish()
    }
}
