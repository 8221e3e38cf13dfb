//! From the text of a spec to something that can be run: validated, every view planned against declared columns. No data are needed.

use std::sync::Arc;

use codeanatomy_spec::{ColumnDefinition, Transform, Validated};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};

use crate::cancel::CancelToken;
use crate::code;
use crate::error::{EngineError, Result};
use crate::rulepack::Rulepack;
use crate::schedule::Schedule;
use crate::session::{Profile, Session};
use crate::shape::{Texts, open_schema};
use crate::trace::Detail;
use crate::{operators, plan};

/// A spec that can be run any number of times.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub validated: Arc<Validated>,
    pub schedule: Arc<Schedule>,
    pub spec_hash: String,
    pub explain: String,
    /// The rules of its runs, with what they warn of before any.
    pub rulepack: Rulepack,
}

/// Compiles the JSON of a spec.
pub fn compile(text: &str) -> Result<Compiled> {
    let validated = codeanatomy_spec::validate(codeanatomy_spec::parse(text)?, &operators::ports())?;
    let schedule = Schedule::new(&validated);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        EngineError::new(&code::EXECUTION, format!("cannot start a runtime: {error}"), "free threads or memory", json!({}))
    })?;
    let mut rulepack = Rulepack::new(validated.spec.rulepack_profile);
    let explain = runtime.block_on(explain(&validated, &mut rulepack))?;
    let spec_hash = codeanatomy_spec::hash::spec_hash(&validated.spec);
    Ok(Compiled { validated: Arc::new(validated), schedule: Arc::new(schedule), spec_hash, explain, rulepack })
}

/// Plans every view over empty tables, asks the rules about them, and shows the plans of the outputs.
async fn explain(validated: &Validated, rulepack: &mut Rulepack) -> Result<String> {
    let token = CancelToken::new();
    let session = Session::new(&Profile::from_class("small")?.limits(&validated.spec.runtime), &token, &Detail::default())?;
    let empty = |columns: &[ColumnDefinition]| -> Arc<dyn TableProvider> { Arc::new(EmptyTable::new(open_schema(columns, Texts::Views))) };
    for input in &validated.spec.input_relations {
        plan::register(&session.context, &input.name, empty(&input.columns))?;
    }
    let operator = |index: usize| empty(&validated.spec.view_definitions[index].columns);
    plan::views(&session.context, validated, &token, |_| true, operator, |_, plan| plan).await?;
    for view in validated.order.iter().map(|&index| &validated.spec.view_definitions[index]) {
        if let Transform::Sql(_) = view.transform {
            let provider = session.context.table_provider(datafusion::common::TableReference::bare(view.name.as_str())).await;
            let provider = provider.map_err(|error| EngineError::from_datafusion(&error, &code::SQL, &view.name))?;
            if let Some(plan) = provider.get_logical_plan() {
                rulepack.examine(&view.name, &plan, &session.context.state())?;
            }
        }
    }
    let mut text = String::new();
    for output in &validated.spec.output_targets {
        let plan = logical_plan(&session.context, &output.view).await?;
        text.push_str(&format!("{} from {}\n{plan}\n\n", output.table, output.view));
    }
    Ok(text)
}

async fn logical_plan(context: &SessionContext, relation: &str) -> Result<String> {
    let failed = |error| EngineError::from_datafusion(&error, &code::SQL, &format!("`{relation}`"));
    let frame = context.table(datafusion::common::TableReference::bare(relation)).await.map_err(failed)?;
    Ok(frame.logical_plan().display_indent().to_string())
}

impl Compiled {
    /// What will be done, as data.
    pub fn summary(&self) -> Value {
        let spec = &self.validated.spec;
        let views: Vec<Value> = self
            .validated
            .order
            .iter()
            .map(|&index| &spec.view_definitions[index])
            .map(|view| {
                let operator = if let Transform::Operator(transform) = &view.transform { Some(&transform.operator) } else { None };
                json!({"name": view.name, "dependencies": view.dependencies, "columns": view.columns.len(), "operator": operator})
            })
            .collect();
        json!({
            "spec_hash": self.spec_hash,
            "inputs": spec.input_relations.iter().map(|input| &input.name).collect::<Vec<_>>(),
            "views": views,
            "outputs": spec.output_targets.iter().map(|output| json!({"table": output.table, "view": output.view})).collect::<Vec<_>>(),
            "unused_views": self.schedule.unused.iter().map(|&index| &spec.view_definitions[index].name).collect::<Vec<_>>(),
            "schedule": self.schedule.to_json(&self.validated),
        })
    }
}
