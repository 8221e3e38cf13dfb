//! Figures of a run, taken from the plans that really ran. Nothing is estimated.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use serde_json::{Value, json};

use crate::rulepack::RunWarning;
use crate::temporary::TemporaryRows;

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
    /// Tables of an operator that went to disk.
    spilled: BTreeMap<String, Spilled>,
    /// What each run of an operator warned of.
    warnings: BTreeMap<usize, Vec<RunWarning>>,
}

/// Seconds of computing and writing an output, and the batches that its rows came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    pub seconds: f64,
    pub batches: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spilled {
    files: usize,
    bytes: u64,
    rows: usize,
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
    /// Rows that filters got, and rows that they let through.
    filtered: (usize, usize),
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
            for metric in metrics.iter() {
                if let MetricValue::Ratio { name, ratio_metrics } = metric.value()
                    && name == "selectivity"
                {
                    figures.filtered.0 += ratio_metrics.total();
                    figures.filtered.1 += ratio_metrics.part();
                }
            }
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

    /// What a run of an operator, by its number, warned of.
    pub fn warn(&self, run: usize, warnings: Vec<RunWarning>) {
        self.entries().warnings.insert(run, warnings);
    }

    /// Everything that operators warned of, in the order of their runs.
    pub fn warnings(&self) -> Vec<RunWarning> {
        self.entries().warnings.values().flatten().cloned().collect()
    }

    pub fn rows(&self, operator: &str, port: &str, rows: usize) {
        self.entries().rows.entry(operator.to_owned()).or_default().push((port.to_owned(), rows));
    }

    pub fn spilled(&self, operator: &str, file: &TemporaryRows) {
        let mut entries = self.entries();
        let spilled = entries.spilled.entry(operator.to_owned()).or_default();
        spilled.files += 1;
        spilled.bytes += file.bytes;
        spilled.rows += file.rows;
    }

    /// The sums over everything that ran: `outputs` as the result names them, warnings by their codes.
    pub fn summary(&self, outputs: &[Value], warnings: &[RunWarning]) -> Value {
        let entries = self.entries();
        let written = |figure: &str| outputs.iter().filter_map(|output| output[figure].as_u64()).sum::<u64>();
        let of_plans = |figure: fn(&Figures) -> usize| entries.plans.values().map(figure).sum::<usize>();
        let runs: f64 = entries.runs.iter().map(|(_, _, seconds)| seconds).sum();
        let kept = |figure: fn(&Spilled) -> usize| entries.spilled.values().map(figure).sum::<usize>();
        let (got, through) = (of_plans(|figures| figures.filtered.0), of_plans(|figures| figures.filtered.1));
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        warnings.iter().for_each(|warning| *codes.entry(warning.code.name).or_default() += 1);
        json!({
            "output_rows": written("rows"), "output_batches": written("batches"), "output_bytes": written("bytes"),
            "elapsed_compute_nanos": of_plans(|figures| figures.nanoseconds) + (runs * 1e9) as usize,
            "spill_file_count": of_plans(|figures| figures.spills) + kept(|spilled| spilled.files),
            "spilled_bytes": of_plans(|figures| figures.spilled_bytes) + kept(|spilled| spilled.bytes as usize),
            "spilled_rows": of_plans(|figures| figures.spilled_rows) + kept(|spilled| spilled.rows),
            "selectivity": (got > 0).then(|| through as f64 / got as f64),
            "operator_count": of_plans(|figures| figures.nodes) + entries.runs.len(),
            "warning_count_by_code": codes,
        })
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
            let spilled = entries.spilled.get(operator).copied().unwrap_or_default();
            json!({"output": null, "operator": operator, "spills": spilled.files, "spilled_bytes": spilled.bytes,
                   "spilled_rows": spilled.rows, "rows": ports.values().copied().sum::<usize>(), "ports": ports,
                   "elapsed_ns": ((read + run) * 1e9) as u64, "read_ns": (read * 1e9) as u64})
        });
        json!(runs.chain(plans).collect::<Vec<_>>())
    }
}

fn sum(metrics: &MetricsSet, is_wanted: impl Fn(&MetricValue) -> bool) -> usize {
    metrics.sum(|metric| is_wanted(metric.value())).map_or(0, |value| value.as_usize())
}
