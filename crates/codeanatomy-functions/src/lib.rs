//! SQL functions of the engine, one per file. They know types and rows, no table and no plan.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

mod stable_id;

pub use stable_id::StableId;

/// Every function that views may call beside DataFusion's own.
pub fn functions() -> Vec<Arc<ScalarUDF>> {
    vec![Arc::new(ScalarUDF::new_from_impl(StableId::new()))]
}
