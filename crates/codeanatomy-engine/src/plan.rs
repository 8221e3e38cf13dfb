//! Views become logical plans in a session, in dependency order, each with exactly the columns it declares. Nothing is executed.

use std::sync::Arc;

use codeanatomy_spec::{SqlTransform, Transform, Validated, ViewDefinition};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use datafusion::prelude::SessionContext;
use serde_json::json;

use crate::cancel::CancelToken;
use crate::code::{self, Code};
use crate::error::{EngineError, Result};
use crate::shape::{Texts, arrow_type, logical_type};

/// Registers every view that `wanted` accepts; `operator` makes the table of an operator view, `computed` what readers of an SQL view see.
pub async fn views(
    context: &SessionContext,
    validated: &Validated,
    token: &CancelToken,
    wanted: impl Fn(usize) -> bool,
    operator: impl Fn(usize) -> Arc<dyn TableProvider>,
    mut computed: impl FnMut(usize, Arc<dyn TableProvider>) -> Arc<dyn TableProvider>,
) -> Result<()> {
    for &index in validated.order.iter().filter(|&&index| wanted(index)) {
        token.check()?;
        let view = &validated.spec.view_definitions[index];
        let provider = match &view.transform {
            Transform::Operator(_) => operator(index),
            Transform::Sql(transform) => computed(index, Arc::new(ViewTable::new(sql_plan(context, view, transform).await?, None))),
        };
        register(context, &view.name, provider)?;
    }
    Ok(())
}

pub fn register(context: &SessionContext, name: &str, provider: Arc<dyn TableProvider>) -> Result<()> {
    let outcome = context.register_table(TableReference::bare(name), provider);
    outcome.map(|_| ()).map_err(|error| EngineError::from_datafusion(&error, &code::SQL, &format!("`{name}`")))
}

async fn sql_plan(context: &SessionContext, view: &ViewDefinition, transform: &SqlTransform) -> Result<LogicalPlan> {
    let failed = |error| refuse(view, &code::SQL, &error);
    let query = codeanatomy_sql::parse(context.state(), &transform.sql).map_err(failed)?;
    for table in &query.tables {
        check_dependency(view, table)?;
    }
    let plan = query.plan.await.map_err(failed)?;
    codeanatomy_sql::check_query(&plan).map_err(|error| refuse(view, &code::NOT_A_QUERY, &error))?;
    conform(view, plan)
}

fn check_dependency(view: &ViewDefinition, name: &str) -> Result<()> {
    if view.dependencies.iter().any(|dependency| dependency == name) {
        return Ok(());
    }
    let close = codeanatomy_spec::nearest::nearest(name, view.dependencies.iter().map(String::as_str));
    let hint = close.map_or_else(|| format!("add `{name}` to its dependencies"), |right| format!("did you mean `{right}`?"));
    let message = format!("view `{}` reads `{name}`, which is not among its dependencies", view.name);
    Err(EngineError::new(&code::SQL_DEPENDENCY, message, hint, json!({"view": view.name, "relation": name, "nearest": close})))
}

/// The plan with the declared columns: names and order must be there, only the representation of texts is changed.
fn conform(view: &ViewDefinition, plan: LogicalPlan) -> Result<LogicalPlan> {
    let schema = plan.schema().clone();
    let wrong = |column: &str, text: String| {
        let message = format!("view `{}`: column `{column}` {text}", view.name);
        let details = json!({"view": view.name, "column": column});
        EngineError::new(&code::PLANNED_COLUMNS, message, "make the query and the declared columns agree", details)
    };
    let mut choice: Vec<Expr> = Vec::with_capacity(view.columns.len());
    let mut exact = true;
    for (index, declared) in view.columns.iter().enumerate() {
        if index >= schema.fields().len() {
            return Err(wrong(&declared.name, "is declared but the query does not yield it".to_owned()));
        }
        let (qualifier, field) = schema.qualified_field(index);
        if *field.name() != declared.name {
            return Err(wrong(&declared.name, format!("is declared where the query yields `{}` (column {})", field.name(), index + 1)));
        }
        if logical_type(field.data_type()) != Some(declared.kind) {
            return Err(wrong(&declared.name, format!("is declared {}, the query yields {}", declared.kind, field.data_type())));
        }
        let wanted = arrow_type(declared.kind, Texts::Views);
        let column = Expr::from((qualifier, field));
        exact &= *field.data_type() == wanted;
        choice.push(if *field.data_type() == wanted { column } else { cast(column, wanted).alias(&declared.name) });
    }
    if let Some(field) = schema.fields().get(view.columns.len()) {
        return Err(wrong(field.name(), "is yielded by the query but not declared".to_owned()));
    }
    if exact {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan).project(choice).and_then(LogicalPlanBuilder::build).map_err(|error| refuse(view, &code::SQL, &error))
}

fn refuse(view: &ViewDefinition, code: &'static Code, error: &datafusion::error::DataFusionError) -> EngineError {
    let mut refused = EngineError::from_datafusion(error, code, &format!("view `{}`", view.name));
    refused.details["view"] = json!(view.name);
    refused
}
