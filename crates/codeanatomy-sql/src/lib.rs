//! DataFusion's SQL front end behind one boxed function. Nothing else belongs here: every crate that awaits the planner directly compiles all of it again,
//! which takes minutes, so the crate that changes every day must not.

use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use futures::future::BoxFuture;

/// A text that parsed: the tables it reads (table functions left out), and its plan, still to be made. The syntax tree stays in here.
pub struct Query {
    pub tables: Vec<String>,
    pub plan: BoxFuture<'static, Result<LogicalPlan>>,
}

/// Parses a text.
pub fn parse(state: SessionState, sql: &str) -> Result<Query> {
    let dialect = state.config().options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect)?;
    let references = state.resolve_table_references(&statement)?;
    let tables = references.iter().map(|reference| reference.table()).filter(|name| !state.table_functions().contains_key(*name));
    let tables = tables.map(str::to_owned).collect();
    Ok(Query { tables, plan: Box::pin(async move { state.statement_to_plan(statement).await }) })
}

/// Fails for what is not one query.
pub fn check_query(plan: &LogicalPlan) -> Result<()> {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(plan)
}
