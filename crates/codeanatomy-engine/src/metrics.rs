//! Figures of a run, taken from the plans that really ran. Nothing is estimated.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use serde_json::{Value, json};

/// Where tasks write down what they did.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// By what the plan was for (an output, or an input of a graph operator) and name of the plan's operator.
    plans: BTreeMap<(String, String), Figures>,
    outputs: BTreeMap<String, Output>,
    shared: Vec<(String, usize, f64)>,
    runs: Vec<(String, f64, f64)>,
    rows: BTreeMap<String, Vec<(String, usize)>>,
    /// Files and bytes that tables of an operator went to disk with.
    spilled: BTreeMap<String, (usize, u64)>,
}

/// Seconds of computing and writing an output, and the batches that its rows came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    pub seconds: f64,
    pub batches: usize,
}

#[derive(Debug, Default)]
struct Figures {
    nodes: usize,
    rows: usize,
    batches: usize,
    bytes: usize,
    nanoseconds: usize,
    spills: usize,
    spilled_bytes: usize,
    spilled_rows: usize,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Figures of every operator of a plan that has run, for an output or for `<operator>.<port>`.
    pub fn plan(&self, output: &str, plan: &std::sync::Arc<dyn ExecutionPlan>) {
        if let Some(metrics) = plan.metrics() {
            let mut entries = self.entries();
            let figures = entries.plans.entry((output.to_owned(), plan.name().to_owned())).or_default();
            figures.nodes += 1;
            figures.rows += metrics.output_rows().unwrap_or(0);
            figures.batches += sum(&metrics, |value| matches!(value, MetricValue::OutputBatches(_)));
            figures.bytes += sum(&metrics, |value| matches!(value, MetricValue::OutputBytes(_)));
            figures.nanoseconds += metrics.elapsed_compute().unwrap_or(0);
            figures.spills += metrics.spill_count().unwrap_or(0);
            figures.spilled_bytes += metrics.spilled_bytes().unwrap_or(0);
            figures.spilled_rows += metrics.spilled_rows().unwrap_or(0);
        }
        plan.children().into_iter().for_each(|child| self.plan(output, child));
    }

    pub fn output(&self, table: &str, output: Output) {
        self.entries().outputs.insert(table.to_owned(), output);
    }

    /// Rows of a view that several read, and the seconds of computing it.
    pub fn shared(&self, view: &str, rows: usize, seconds: f64) {
        self.entries().shared.push((view.to_owned(), rows, seconds));
    }

    pub fn shared_views(&self) -> Value {
        let entries = self.entries();
        entries.shared.iter().map(|(view, rows, seconds)| json!({"view": view, "rows": rows, "seconds": seconds})).collect()
    }

    /// What was noted of an output; nothing of one that was not written.
    pub fn of_output(&self, table: &str) -> Output {
        self.entries().outputs.get(table).copied().unwrap_or_default()
    }

    /// Seconds of reading the inputs and of the run itself.
    pub fn operator(&self, operator: &str, (read, run): (f64, f64)) {
        self.entries().runs.push((operator.to_owned(), read, run));
    }

    pub fn rows(&self, operator: &str, port: &str, rows: usize) {
        self.entries().rows.entry(operator.to_owned()).or_default().push((port.to_owned(), rows));
    }

    pub fn spilled(&self, operator: &str, bytes: u64) {
        let mut entries = self.entries();
        let spilled = entries.spilled.entry(operator.to_owned()).or_default();
        *spilled = (spilled.0 + 1, spilled.1 + bytes);
    }

    pub fn to_json(&self) -> Value {
        let entries = self.entries();
        let plans = entries.plans.iter().map(|((output, operator), figures)| {
            json!({
                "output": output, "operator": operator, "nodes": figures.nodes, "rows": figures.rows,
                "batches": figures.batches, "bytes": figures.bytes, "elapsed_ns": figures.nanoseconds,
                "spills": figures.spills, "spilled_bytes": figures.spilled_bytes, "spilled_rows": figures.spilled_rows,
            })
        });
        let runs = entries.runs.iter().map(|(operator, read, run)| {
            let ports: BTreeMap<&String, &usize> =
                entries.rows.get(operator).into_iter().flatten().map(|(port, rows)| (port, rows)).collect();
            let (spills, spilled_bytes) = entries.spilled.get(operator).copied().unwrap_or_default();
            json!({"output": null, "operator": operator, "spills": spills, "spilled_bytes": spilled_bytes, "rows": ports.values().copied().sum::<usize>(), "ports": ports,
                   "elapsed_ns": ((read + run) * 1e9) as u64, "read_ns": (read * 1e9) as u64})
        });
        json!(runs.chain(plans).collect::<Vec<_>>())
    }
}

fn sum(metrics: &MetricsSet, is_wanted: impl Fn(&MetricValue) -> bool) -> usize {
    metrics.sum(|metric| is_wanted(metric.value())).map_or(0, |value| value.as_usize())
}
