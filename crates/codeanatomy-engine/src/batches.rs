//! The batches of a plan, so many of its partitions at a time. DataFusion's own way starts all of them, and each holds what it reads and makes.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::common::spawn_buffered;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::{StreamExt, stream};

/// Batches that a partition may be ahead of its reader.
const AHEAD: usize = 2;

/// The rows of all partitions, in no order between them; one partition keeps its own order.
pub fn of(plan: &Arc<dyn ExecutionPlan>, context: &Arc<TaskContext>, at_once: usize) -> Result<SendableRecordBatchStream> {
    let count = plan.output_partitioning().partition_count();
    if count == 1 {
        return plan.execute(0, context.clone());
    }
    let (source, context, schema) = (plan.clone(), context.clone(), plan.schema());
    let started = move |partition| match source.execute(partition, context.clone()) {
        Ok(batches) => spawn_buffered(batches, AHEAD),
        Err(error) => Box::pin(RecordBatchStreamAdapter::new(source.schema(), stream::once(async { Err(error) }))),
    };
    let batches = stream::iter(0..count).map(started).flatten_unordered(at_once.max(1));
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
}
