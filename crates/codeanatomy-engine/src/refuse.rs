//! A physical rule that refuses nested-loop joins other than inner ones: they can lose unmatched rows when they spill. It rewrites nothing.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::{JoinType, Result};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use serde_json::json;

use crate::code;
use crate::error::EngineError;

#[derive(Debug)]
pub struct RefuseOuterNestedLoops;

impl PhysicalOptimizerRule for RefuseOuterNestedLoops {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        match find(&plan) {
            None => Ok(plan),
            Some(kind) => {
                let message = format!("it needs a nested-loop join of type {kind}, which can lose rows when it spills");
                let hint = "join by an equality (on the file, say) and filter afterwards";
                Err(EngineError::new(&code::NESTED_LOOP_JOIN, message, hint, json!({"join_type": kind.to_string()})).into_datafusion())
            }
        }
    }

    fn name(&self) -> &str {
        "refuse_outer_nested_loops"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn find(plan: &Arc<dyn ExecutionPlan>) -> Option<JoinType> {
    match plan.downcast_ref::<NestedLoopJoinExec>() {
        Some(join) if *join.join_type() != JoinType::Inner => Some(*join.join_type()),
        _ => plan.children().into_iter().find_map(find),
    }
}
