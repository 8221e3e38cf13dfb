//! The guard that makes running plans stop: a physical rule that puts a look at the token wherever rows pass. It changes no row.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildStats, ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, Statistics,
    StatisticsArgs,
};
use futures::StreamExt;

use crate::cancel::CancelToken;
use crate::error::EngineError;

/// The rule: leaves, inputs and outputs of joins are guarded, and the condition of a nested loop, which may run long without a row.
#[derive(Debug)]
pub struct Guarding {
    token: CancelToken,
}

impl Guarding {
    pub fn new(token: CancelToken) -> Self {
        Self { token }
    }

    fn guard(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        if plan.children().is_empty() {
            return Ok(self.wrap(plan.clone()));
        }
        let is_join = plan.name().ends_with("JoinExec");
        let mut children = Vec::with_capacity(plan.children().len());
        for child in plan.children() {
            let child = self.guard(child)?;
            children.push(if is_join { self.wrap(child) } else { child });
        }
        let plan = plan.clone().replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep))?;
        if is_join { Ok(self.wrap(self.guard_condition(plan)?)) } else { Ok(plan) }
    }

    fn wrap(&self, plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        if plan.name() == GuardExec::NAME { plan } else { Arc::new(GuardExec { input: plan, token: self.token.clone() }) }
    }

    /// A nested loop evaluates its condition at least once in a batch of pairs, whether any pair fulfils it or not.
    fn guard_condition(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() else { return Ok(plan) };
        let Some(filter) = join.filter() else { return Ok(plan) };
        let inner = filter.expression().clone();
        let guarded = Arc::new(GuardExpr { inner, token: self.token.clone() });
        let filter = JoinFilter::new(guarded, filter.column_indices().to_vec(), filter.schema().clone());
        Ok(Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(Some(filter)).build()?))
    }
}

impl PhysicalOptimizerRule for Guarding {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        self.guard(&plan)
    }

    fn name(&self) -> &str {
        "guarding"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Passes batches on until the token is set.
#[derive(Debug)]
struct GuardExec {
    input: Arc<dyn ExecutionPlan>,
    token: CancelToken,
}

impl GuardExec {
    const NAME: &'static str = "GuardExec";
}

impl DisplayAs for GuardExec {
    fn fmt_as(&self, _kind: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::NAME)
    }
}

impl ExecutionPlan for GuardExec {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self { input: children.swap_remove(0), token: self.token.clone() }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(&self, _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.token.check().map_err(EngineError::into_datafusion)?;
        let token = self.token.clone();
        let stream = self.input.execute(partition, context)?.map(move |batch| match token.check() {
            Ok(()) => batch,
            Err(error) => Err(error.into_datafusion()),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream)))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(inputs[0].clone())
    }
}

/// A condition that fails once the token is set.
#[derive(Debug)]
struct GuardExpr {
    inner: Arc<dyn PhysicalExpr>,
    token: CancelToken,
}

impl fmt::Display for GuardExpr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl PartialEq for GuardExpr {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for GuardExpr {}

impl Hash for GuardExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl PhysicalExpr for GuardExpr {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.inner.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.inner.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.token.check().map_err(EngineError::into_datafusion)?;
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Self { inner: children.swap_remove(0), token: self.token.clone() }))
    }

    fn fmt_sql(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(formatter)
    }
}
