//! A view that is computed once and read by several: they read the files of the output that writes it, or a temporary file. It computes nothing.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use crate::temporary::TemporaryRows;

/// A table that gets its files when it was computed.
#[derive(Debug)]
pub struct StoredTable {
    schema: SchemaRef,
    /// What computes it: for the job that does.
    pub plan: Arc<dyn TableProvider>,
    files: OnceLock<Files>,
}

/// Where the rows are.
#[derive(Debug)]
pub enum Files {
    Output(Arc<dyn TableProvider>),
    Temporary(TemporaryRows),
}

impl Files {
    fn provider(&self) -> &Arc<dyn TableProvider> {
        match self {
            Self::Output(provider) => provider,
            Self::Temporary(rows) => &rows.provider,
        }
    }
}

impl StoredTable {
    pub fn new(plan: Arc<dyn TableProvider>) -> Self {
        Self { schema: plan.schema(), plan, files: OnceLock::new() }
    }

    /// The files are on disk. Once.
    pub fn fill(&self, files: Files) {
        let filled = self.files.set(files);
        debug_assert!(filled.is_ok(), "a view is computed once");
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
        let files = self.files.get().ok_or_else(|| DataFusionError::Internal("a view is read before it is computed".to_owned()))?;
        files.provider().scan(state, projection, filters, limit).await
    }
}
