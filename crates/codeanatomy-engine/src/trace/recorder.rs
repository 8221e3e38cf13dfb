//! Records of spans, in the order of their beginnings and ends, as JSON for whoever has the trace. It keeps none for long and exports none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::parent::{Caller, Clock};
use super::{Detail, STATUS};
use crate::error::Result;
use crate::run::Progress;

/// Records that wait for each other before they are reported.
const BATCH: usize = 256;
/// Bytes of a text that are told: a plan of many views has hundreds of thousands, and collectors refuse what is too large.
const TEXT: usize = 8 << 10;

/// The records of one run.
pub struct Recorder {
    clock: Clock,
    /// The id of the caller's span; empty where it has no trace.
    caller: String,
    /// Ids are this number and those after it: no two runs of a process share one.
    first: u64,
    made: AtomicU64,
    waiting: Mutex<Option<Vec<Value>>>,
    report: Progress,
}

impl Recorder {
    pub fn new(caller: &Caller, report: Progress) -> Result<Self> {
        Ok(Self {
            clock: caller.clock(),
            caller: caller.parent()?.map(|parent| parent.span_id).unwrap_or_default(),
            first: uuid::Uuid::new_v4().as_u64_pair().1,
            made: AtomicU64::new(0),
            waiting: Mutex::new(Some(Vec::new())),
            report,
        })
    }

    fn id(&self) -> String {
        format!("{:016x}", self.first.wrapping_add(self.made.fetch_add(1, Ordering::Relaxed)).max(1))
    }

    fn add(&self, record: Value) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(records) = waiting.as_mut() else { return };
        records.push(record);
        if records.len() >= BATCH {
            // Under the lock, so that batches keep their order.
            (self.report)(event(std::mem::take(records)));
        }
    }

    pub fn finish(&self) -> Value {
        event(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default())
    }
}

fn event(records: Vec<Value>) -> Value {
    json!({"event": "spans", "records": records})
}

/// What a span is of; spans of nothing here are not recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Own,
    Phase,
    Rule,
    PhysicalPlan,
    PlanOperator,
    ObjectStore,
}

impl Kind {
    /// By what the crates that make them call them.
    fn of(metadata: &Metadata<'_>) -> Option<Self> {
        if metadata.target().starts_with("instrumented_object_store") {
            return Some(Self::ObjectStore);
        }
        match metadata.name() {
            "create_physical_plan" if metadata.target().starts_with("datafusion_tracing") => Some(Self::PhysicalPlan),
            _ if !metadata.target().starts_with("codeanatomy_engine") => None,
            "Phase" => Some(Self::Phase),
            "Rule" => Some(Self::Rule),
            "InstrumentedExec" => Some(Self::PlanOperator),
            _ => Some(Self::Own),
        }
    }

    fn is_wanted(self, detail: &Detail) -> bool {
        match self {
            Self::Own | Self::Phase => detail.spans,
            Self::Rule | Self::PhysicalPlan => detail.rules,
            Self::PlanOperator => detail.operators,
            Self::ObjectStore => detail.object_store,
        }
    }

    /// The name of the span, and the attribute that what it is about is put into.
    fn names(self, own: &'static str) -> (&'static str, &'static str) {
        match self {
            Self::Own => (own, ""),
            Self::Phase => ("engine.plan_phase", "codeanatomy.phase"),
            Self::Rule => ("engine.rule", "codeanatomy.rule"),
            Self::PhysicalPlan => ("engine.physical_plan", ""),
            Self::PlanOperator => ("engine.plan_operator", "codeanatomy.operator"),
            Self::ObjectStore => ("engine.object_store", "codeanatomy.operation"),
        }
    }
}

/// A span that lasts.
struct Open {
    id: String,
    kind: Kind,
    fields: Fields,
}

/// Hears of spans and records those that are wanted.
pub struct Layer {
    detail: Detail,
    recorder: Arc<Recorder>,
}

impl Layer {
    pub fn new(detail: Detail, recorder: Arc<Recorder>) -> Self {
        Self { detail, recorder }
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && Kind::of(metadata).is_some_and(|kind| kind.is_wanted(&self.detail))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Layer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (Some(span), Some(kind)) = (context.span(id), Kind::of(attributes.metadata())) else { return };
        let parent = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.id.clone()));
        let mut open = Open { id: self.recorder.id(), kind, fields: Fields::default() };
        attributes.record(&mut open.fields);
        let name = kind.names(attributes.metadata().name()).0;
        let parent = parent.unwrap_or_else(|| self.recorder.caller.clone());
        self.recorder.add(json!({"open": open.id, "parent": parent, "name": name, "at": self.recorder.clock.now()}));
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    /// The registry keeps a span until all inside it are over: no child ends after its parent.
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let at = self.recorder.clock.now();
        let (id, status, attributes) = closed(open, &self.detail);
        self.recorder.add(json!({"close": id, "at": at, "status": status, "attributes": attributes}));
    }
}

/// What is told of a span at its end: its id, how it ended, its attributes.
fn closed(open: Open, detail: &Detail) -> (String, String, Map<String, Value>) {
    let Open { id, kind, fields: Fields(mut fields) } = open;
    let status = match (fields.remove(STATUS), kind) {
        (Some(status), _) => text(&status),
        (None, Kind::Own) => "cancelled".to_owned(),
        (None, _) if ["error", "object_store.result.err"].iter().any(|name| fields.contains_key(*name)) => "failed".to_owned(),
        (None, _) => "ok".to_owned(),
    };
    if let Some(name) = fields.remove("otel.name") {
        let name = text(&name);
        let (subject, changed) = name.strip_suffix(" (modified)").map_or((name.as_str(), false), |name| (name, true));
        let subject = if kind == Kind::ObjectStore { subject.rsplit('.').next().unwrap_or(subject) } else { subject };
        fields.insert(kind.names("").1, json!(subject));
        if kind == Kind::Rule {
            fields.insert("codeanatomy.changed", json!(changed));
        }
    }
    // The bounds of such a filter are values of rows.
    if !detail.shows_values() && fields.get("datafusion.node").is_some_and(|node| text(node).contains("DynamicFilter")) {
        fields.remove("datafusion.node");
    }
    (id, status, fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bounded(text: &str) -> String {
    if text.len() <= TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(TEXT);
    format!("{}… and {} bytes more", &text[..end], text.len() - end)
}

/// Values of a span's fields by name, as an attribute can hold them.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), json!(bounded(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        // An attribute is a signed number of 64 bits.
        self.0.insert(field.name(), i64::try_from(value).map_or_else(|_| json!(value.to_string()), Value::from));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), json!(value));
    }
}
