//! The rules across fields: every name is known, every type fits, views have an order. It reads no data.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::error::SpecError;
use crate::grammar::*;
use crate::ports::{OperatorPorts, PortColumns};

/// A span is no place for tables.
const MOST_PREVIEWED: usize = 100;

/// A spec whose names all resolve.
#[derive(Clone, Debug)]
pub struct Validated {
    pub spec: SemanticExecutionSpec,
    /// Indices of `view_definitions`, dependencies first.
    pub order: Vec<usize>,
}

/// Checks everything that can be checked without data.
pub fn validate(spec: SemanticExecutionSpec, operators: &[OperatorPorts]) -> Result<Validated, SpecError> {
    check_names(&spec)?;
    let relations = relations(&spec);
    for view in &spec.view_definitions {
        check_view(view, &relations, operators)?;
    }
    for output in &spec.output_targets {
        check_output(output, &spec, &relations)?;
    }
    for name in spec.operator_parameters.keys() {
        known("CA309", "operator", name, "`operator_parameters`", operators.iter().map(|operator| operator.name))?;
    }
    check_runtime(&spec.runtime)?;
    let order = order(&spec)?;
    Ok(Validated { spec, order })
}

type Relations<'a> = BTreeMap<&'a str, &'a [ColumnDefinition]>;

/// Every name that a view may read, with its columns.
fn relations(spec: &SemanticExecutionSpec) -> Relations<'_> {
    let inputs = spec.input_relations.iter().map(|input| (input.name.as_str(), input.columns.as_slice()));
    inputs.chain(spec.view_definitions.iter().map(|view| (view.name.as_str(), view.columns.as_slice()))).collect()
}

fn check_names(spec: &SemanticExecutionSpec) -> Result<(), SpecError> {
    let names = spec.input_relations.iter().map(|input| &input.name).chain(spec.view_definitions.iter().map(|view| &view.name));
    no_duplicates("relation", "the spec", names)?;
    no_duplicates("table", "the outputs", spec.output_targets.iter().map(|output| &output.table))?;
    no_duplicates("location", "the outputs", spec.output_targets.iter().map(|output| &output.location))?;
    for input in &spec.input_relations {
        no_duplicates("column", &format!("input `{}`", input.name), input.columns.iter().map(|column| &column.name))?;
    }
    for view in &spec.view_definitions {
        no_duplicates("column", &format!("view `{}`", view.name), view.columns.iter().map(|column| &column.name))?;
        no_duplicates("dependency", &format!("view `{}`", view.name), view.dependencies.iter())?;
    }
    for output in &spec.output_targets {
        no_duplicates("column", &format!("output `{}`", output.table), output.columns.iter().map(|column| &column.name))?;
    }
    Ok(())
}

fn no_duplicates<'a>(what: &str, place: &str, names: impl Iterator<Item = &'a String>) -> Result<(), SpecError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(SpecError::duplicate(what, name, place));
        }
    }
    Ok(())
}

fn check_view(view: &ViewDefinition, relations: &Relations<'_>, operators: &[OperatorPorts]) -> Result<(), SpecError> {
    let place = format!("view `{}`", view.name);
    for name in &view.dependencies {
        known("CA304", "input or view", name, &place, relations.keys().copied())?;
    }
    match (view.kind, &view.transform) {
        (ViewKind::Sql, Transform::Sql(_)) => Ok(()),
        (ViewKind::Operator, Transform::Operator(transform)) => check_operator(view, transform, relations, operators),
        (kind, _) => {
            let kind = if kind == ViewKind::Sql { "sql" } else { "operator" };
            let message = format!("{place}: its transform is not one of kind `{kind}`");
            Err(SpecError::new("CA311", message, "make `kind` and `transform` agree", json!({"view": view.name, "kind": kind})))
        }
    }
}

fn check_operator(
    view: &ViewDefinition,
    transform: &OperatorTransform,
    relations: &Relations<'_>,
    operators: &[OperatorPorts],
) -> Result<(), SpecError> {
    let place = format!("view `{}`", view.name);
    known("CA309", "operator", &transform.operator, &place, operators.iter().map(|operator| operator.name))?;
    let operator = operators.iter().find(|operator| operator.name == transform.operator).expect("just found");
    for port in transform.inputs.keys() {
        known("CA309", "input port", port, &place, operator.inputs.iter().map(|input| input.name))?;
    }
    known("CA309", "output port", &transform.output, &place, operator.outputs.iter().map(|output| output.name))?;
    for port in &operator.inputs {
        check_input_port(view, transform, port, relations)?;
    }
    let port = operator.outputs.iter().find(|output| output.name == transform.output).expect("just found");
    check_output_port(view, port)
}

/// The relation of a port is a dependency and has the port's columns.
fn check_input_port(
    view: &ViewDefinition,
    transform: &OperatorTransform,
    port: &PortColumns,
    relations: &Relations<'_>,
) -> Result<(), SpecError> {
    let place = format!("view `{}`", view.name);
    let Some(relation) = transform.inputs.get(port.name) else {
        let message = format!("{place}: operator `{}` gets nothing at its input port `{}`", transform.operator, port.name);
        return Err(SpecError::new(
            "CA313",
            message,
            "name a relation for every input port",
            json!({"view": view.name, "port": port.name}),
        ));
    };
    known("CA304", "dependency", relation, &place, view.dependencies.iter().map(String::as_str))?;
    let columns = relations[relation.as_str()];
    for (name, kind) in &port.columns {
        let there = format!("{place}, port `{}` from `{relation}`", port.name);
        let column = find_column(columns, name, &there)?;
        if column.kind != *kind {
            return Err(mismatch(&there, name, &format!("is {}, the port takes {kind}", column.kind), &view.name));
        }
    }
    Ok(())
}

/// The columns of an operator view are exactly those of its port.
fn check_output_port(view: &ViewDefinition, port: &PortColumns) -> Result<(), SpecError> {
    let place = format!("view `{}`", view.name);
    for (index, (name, kind)) in port.columns.iter().enumerate() {
        let there = format!("{place}, output port `{}`", port.name);
        match view.columns.get(index) {
            Some(column) if column.name == *name && column.kind == *kind => {}
            Some(column) => {
                let text = format!("stands where `{}` {} is declared (column {})", column.name, column.kind, index + 1);
                return Err(mismatch(&there, &format!("{name} {kind}"), &text, &view.name));
            }
            None => return Err(mismatch(&there, name, "is not declared", &view.name)),
        }
    }
    match view.columns.get(port.columns.len()) {
        Some(column) => {
            Err(mismatch(&place, &column.name, &format!("is declared but output port `{}` has none of that name", port.name), &view.name))
        }
        None => Ok(()),
    }
}

fn check_output(output: &OutputTarget, spec: &SemanticExecutionSpec, relations: &Relations<'_>) -> Result<(), SpecError> {
    let place = format!("output `{}`", output.table);
    known("CA306", "view", &output.view, &place, relations.keys().copied())?;
    let source = relations[output.view.as_str()];
    if output.columns.is_empty() {
        return Err(SpecError::new("CA308", format!("{place} has no columns"), "declare its columns", json!({"table": output.table})));
    }
    for column in &output.columns {
        let found = find_column(source, &column.name, &format!("{place} from view `{}`", output.view))?;
        if found.kind != column.kind {
            return Err(mismatch(
                &place,
                &column.name,
                &format!("is {}, its view `{}` has {}", column.kind, output.view, found.kind),
                &output.table,
            ));
        }
    }
    for name in &output.order_by {
        find_column(&output.columns, name, &format!("{place}, order_by"))?;
    }
    for promise in &output.promises {
        check_promise(output, promise, spec)?;
    }
    Ok(())
}

fn check_promise(output: &OutputTarget, promise: &Promise, spec: &SemanticExecutionSpec) -> Result<(), SpecError> {
    let place = format!("output `{}`, promise {}", output.table, promise.name());
    let own = |name: &String| find_column(&output.columns, name, &place);
    match promise {
        Promise::Unique(names) | Promise::NotNull(names) => names.iter().try_for_each(|name| own(name).map(|_| ())),
        Promise::References(reference) => {
            let column = own(&reference.column)?;
            let key = foreign(&reference.table, &reference.key, &place, spec)?;
            same_key_type(&place, column, key, &output.table)
        }
        Promise::EdgeEnds(ends) => {
            let key = foreign(&ends.nodes, &ends.node_key, &place, spec)?;
            for end in [&ends.src, &ends.dst] {
                same_key_type(&place, own(end)?, key, &output.table)?;
            }
            let kinds = [own(&ends.kind)?, foreign(&ends.nodes, &ends.node_kind, &place, spec)?];
            match kinds.into_iter().find(|column| column.kind != crate::ColumnType::String) {
                Some(column) => Err(mismatch(&place, &column.name, &format!("is {}; a kind is a string", column.kind), &output.table)),
                None => Ok(()),
            }
        }
    }
}

/// A column of another output, which a promise refers to.
fn foreign<'a>(table: &str, column: &str, place: &str, spec: &'a SemanticExecutionSpec) -> Result<&'a ColumnDefinition, SpecError> {
    known("CA310", "output table", table, place, spec.output_targets.iter().map(|output| output.table.as_str()))?;
    let target = spec.output_targets.iter().find(|output| output.table == table).expect("just found");
    find_column(&target.columns, column, &format!("{place}, table `{table}`"))
}

fn same_key_type(place: &str, column: &ColumnDefinition, key: &ColumnDefinition, table: &str) -> Result<(), SpecError> {
    if column.kind == key.kind && matches!(column.kind, crate::ColumnType::Int64 | crate::ColumnType::Int32 | crate::ColumnType::String) {
        return Ok(());
    }
    Err(mismatch(
        place,
        &column.name,
        &format!("is {}, the key `{}` is {}; keys are integers or strings", column.kind, key.name, key.kind),
        table,
    ))
}

fn check_runtime(runtime: &RuntimeConfig) -> Result<(), SpecError> {
    let wrong = |field: &str, text: &str| {
        SpecError::new("CA312", format!("runtime.{field} {text}"), "change or remove it", json!({"field": field}))
    };
    if runtime.memory_bytes.is_some_and(|bytes| bytes < 1 << 20) {
        return Err(wrong("memory_bytes", "is below one MiB"));
    }
    if runtime.partitions.is_some_and(|count| !(1..=1024).contains(&count)) {
        return Err(wrong("partitions", "is not between 1 and 1024"));
    }
    if runtime.batch_size.is_some_and(|rows| !(1..=1 << 20).contains(&rows)) {
        return Err(wrong("batch_size", "is not between 1 and 1048576"));
    }
    if runtime.timeout_s.is_some_and(|seconds| !(seconds.is_finite() && seconds > 0.0)) {
        return Err(wrong("timeout_s", "is not a positive number"));
    }
    if runtime.tracing.preview_limit > MOST_PREVIEWED {
        return Err(wrong("tracing.preview_limit", &format!("is above {MOST_PREVIEWED} rows")));
    }
    Ok(())
}

/// Views in the order in which they can be planned.
fn order(spec: &SemanticExecutionSpec) -> Result<Vec<usize>, SpecError> {
    let index: BTreeMap<&str, usize> = spec.view_definitions.iter().enumerate().map(|(place, view)| (view.name.as_str(), place)).collect();
    let mut state = vec![State::New; spec.view_definitions.len()];
    let mut order = Vec::with_capacity(state.len());
    for start in 0..state.len() {
        visit(start, spec, &index, &mut state, &mut order, &mut Vec::new())?;
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

fn visit(
    view: usize,
    spec: &SemanticExecutionSpec,
    index: &BTreeMap<&str, usize>,
    state: &mut [State],
    order: &mut Vec<usize>,
    path: &mut Vec<usize>,
) -> Result<(), SpecError> {
    if state[view] == State::Done {
        return Ok(());
    }
    path.push(view);
    if state[view] == State::Open {
        let start = path.iter().position(|&step| step == view).unwrap_or(0);
        let names: Vec<&str> = path[start..].iter().map(|&step| spec.view_definitions[step].name.as_str()).collect();
        let message = format!("views depend on each other in a circle: {}", names.join(" → "));
        return Err(SpecError::new("CA305", message, "break the circle", json!({"views": names})));
    }
    state[view] = State::Open;
    for name in &spec.view_definitions[view].dependencies {
        if let Some(&next) = index.get(name.as_str()) {
            visit(next, spec, index, state, order, path)?;
        }
    }
    path.pop();
    state[view] = State::Done;
    order.push(view);
    Ok(())
}

fn known<'a>(
    code: &'static str,
    what: &str,
    name: &str,
    place: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), SpecError> {
    if names.clone().any(|candidate| candidate == name) { Ok(()) } else { Err(SpecError::unknown(code, what, name, place, names)) }
}

fn find_column<'a>(columns: &'a [ColumnDefinition], name: &str, place: &str) -> Result<&'a ColumnDefinition, SpecError> {
    known("CA307", "column", name, place, columns.iter().map(|column| column.name.as_str()))?;
    Ok(columns.iter().find(|column| column.name == name).expect("just found"))
}

fn mismatch(place: &str, column: &str, text: &str, owner: &str) -> SpecError {
    SpecError::new(
        "CA308",
        format!("{place}: column `{column}` {text}"),
        "make the declarations agree",
        json!({"in": owner, "column": column}),
    )
}
