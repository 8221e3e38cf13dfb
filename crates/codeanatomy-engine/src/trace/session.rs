//! A DataFusion session that makes spans: of its rules, of the operators of its plans, of the calls of its object store. It records none.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion_tracing::{
    InstrumentationOptions, RuleInstrumentationOptions, instrument_rules_with_info_spans, instrument_with_info_spans,
};
use deltalake::ObjectStore;

use super::{Detail, preview};
use crate::code;
use crate::error::{EngineError, Result};

/// How the names of rules begin that only mark phases for the tracer, and change no plan.
pub const MARKER_RULES: &str = "__tracing";

/// The session with the spans that `detail` asks for. Tracing is the last rule: it sees the plan that runs.
pub fn instrument_state(state: SessionState, detail: &Detail) -> SessionState {
    if !detail.spans {
        return state;
    }
    let options = if detail.rules { RuleInstrumentationOptions::full() } else { RuleInstrumentationOptions::phase_only() };
    let state = instrument_rules_with_info_spans!(options: options, state: state);
    if !detail.operators {
        return state;
    }
    let redaction = detail.redaction;
    let options = InstrumentationOptions::builder()
        .record_metrics(true)
        .preview_limit(detail.preview_rows)
        .preview_fn(Arc::new(move |batch: &RecordBatch| preview::preview(batch, redaction)))
        .build();
    SessionStateBuilder::from(state).with_physical_optimizer_rule(instrument_with_info_spans!(options: options)).build()
}

/// Puts an observed object store in the place of the session's own, where that is asked for; it is also for the Delta log.
pub fn instrument_store(runtime: &RuntimeEnv, detail: &Detail) -> Result<Option<Arc<dyn ObjectStore>>> {
    if !detail.object_store {
        return Ok(None);
    }
    let url = ObjectStoreUrl::local_filesystem();
    let own = runtime.object_store(&url).map_err(|error| EngineError::from_datafusion(&error, &code::EXECUTION, "session"))?;
    let observed = instrumented_object_store::instrument_object_store(own, "file");
    runtime.register_object_store(url.as_ref(), observed.clone());
    Ok(Some(observed))
}
