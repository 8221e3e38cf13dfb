//! DataFusion's SQL front end behind one boxed function. Nothing else belongs here: every crate that awaits the planner directly compiles all of it again,
//! which takes minutes, so the crate that changes every day must not.

use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use futures::future::BoxFuture;

/// The statement of a text, and the tables that it reads (table functions left out).
pub fn parse(state: &SessionState, sql: &str) -> Result<(Statement, Vec<String>)> {
    let dialect = state.config().options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect)?;
    let references = state.resolve_table_references(&statement)?;
    let tables = references.iter().map(|reference| reference.table()).filter(|name| !state.table_functions().contains_key(*name));
    let tables = tables.map(str::to_owned).collect();
    Ok((statement, tables))
}

/// The logical plan of a statement.
pub fn plan(state: SessionState, statement: Statement) -> BoxFuture<'static, Result<LogicalPlan>> {
    Box::pin(async move { state.statement_to_plan(statement).await })
}

/// Fails for what is not one query.
pub fn check_query(plan: &LogicalPlan) -> Result<()> {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(plan)
}
