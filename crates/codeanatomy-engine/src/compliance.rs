//! What a run accounts for when it is asked to: the plans of every phase of what ran, and which rules changed them. It changes no plan.

use std::sync::{Mutex, PoisonError};

use datafusion::common::display::{PlanType, StringifiedPlan};
use datafusion::error::Result as DataFusionResult;
use datafusion::physical_plan::explain::ExplainExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::prelude::{DataFrame, SessionContext};
use serde_json::{Map, Value, json};

use crate::trace;

/// The plans of a run as they come.
#[derive(Debug, Default)]
pub struct Capture {
    plans: Mutex<Vec<Value>>,
}

/// The phases of one query before it was executed.
pub struct Explained {
    logical: String,
    optimized: String,
    rules: Vec<Value>,
}

impl Explained {
    /// Plans the query as its execution does, and looks at it after every rule.
    pub async fn of(frame: &DataFrame) -> DataFusionResult<Self> {
        let logical = frame.logical_plan().display_indent().to_string();
        let explained = frame.clone().explain(true, false)?.create_physical_plan().await?;
        let plans = explained.downcast_ref::<ExplainExec>().map(ExplainExec::stringified_plans).unwrap_or_default();
        let optimized = plans.iter().find(|plan| plan.plan_type == PlanType::FinalLogicalPlan);
        Ok(Self { optimized: optimized.map(|plan| plan.plan.to_string()).unwrap_or_default(), rules: impact(plans, &logical), logical })
    }
}

/// Every rule in the order in which it first ran: how often, and how often it changed the plan.
fn impact(plans: &[StringifiedPlan], logical: &str) -> Vec<Value> {
    let mut found: Vec<(&str, &str, u32, u32)> = Vec::new();
    let mut before = logical;
    for plan in plans {
        let (phase, rule) = match &plan.plan_type {
            PlanType::AnalyzedLogicalPlan { analyzer_name } => ("analyzer", analyzer_name),
            PlanType::OptimizedLogicalPlan { optimizer_name } => ("optimizer", optimizer_name),
            PlanType::OptimizedPhysicalPlan { optimizer_name } => ("physical", optimizer_name),
            PlanType::InitialPhysicalPlan => {
                before = plan.plan.as_str();
                continue;
            }
            _ => continue,
        };
        if rule.starts_with(trace::MARKER_RULES) {
            continue;
        }
        let place = found.iter().position(|known| (known.0, known.1) == (phase, rule.as_str())).unwrap_or_else(|| {
            found.push((phase, rule, 0, 0));
            found.len() - 1
        });
        found[place].2 += 1;
        found[place].3 += u32::from(before != plan.plan.as_str());
        before = plan.plan.as_str();
    }
    found.into_iter().map(|(phase, rule, runs, changes)| json!({"phase": phase, "rule": rule, "runs": runs, "changes": changes})).collect()
}

impl Capture {
    /// Keeps the phases of what is about to run, the last one as it runs.
    pub fn keep(&self, what: &str, explained: Explained, running: &dyn ExecutionPlan) {
        let physical = displayable(running).indent(true).to_string();
        // A thread that panicked has left whole values behind.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).push(json!({
            "what": what, "logical": explained.logical, "optimized": explained.optimized, "physical": physical, "rules": explained.rules,
        }));
    }

    /// The plans, in the order of their names.
    pub fn plans(&self) -> Vec<Value> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner).clone();
        plans.sort_by(|one, other| one["what"].as_str().cmp(&other["what"].as_str()));
        plans
    }
}

/// Every setting of a session that has a value.
pub fn settings(context: &SessionContext) -> Value {
    let entries = context.state().config_options().entries();
    Value::Object(entries.into_iter().filter_map(|entry| Some((entry.key, json!(entry.value?)))).collect::<Map<_, _>>())
}
