//! A view that an output writes: whoever else reads it reads the files of that output. It computes nothing.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

/// A table that gets its files when its output is written.
#[derive(Debug)]
pub struct StoredTable {
    schema: SchemaRef,
    /// What computes it: for the output itself.
    pub plan: Arc<dyn TableProvider>,
    files: OnceLock<Arc<dyn TableProvider>>,
}

impl StoredTable {
    pub fn new(plan: Arc<dyn TableProvider>) -> Self {
        Self { schema: plan.schema(), plan, files: OnceLock::new() }
    }

    /// The files are on disk. Once.
    pub fn fill(&self, files: Arc<dyn TableProvider>) {
        let filled = self.files.set(files);
        debug_assert!(filled.is_ok(), "an output is written once");
    }
}

#[async_trait]
impl TableProvider for StoredTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files.get().ok_or_else(|| DataFusionError::Internal("an output is read before it is written".to_owned()))?;
        files.scan(state, projection, filters, limit).await
    }
}
