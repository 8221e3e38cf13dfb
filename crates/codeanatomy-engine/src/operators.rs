//! The operators of the graph crate as specs see them, and one run of one. What they compute is theirs.

use std::sync::Arc;

use codeanatomy_graph::catalogue::OPERATORS;
use codeanatomy_graph::operator::{Kind, Note, Operator, OperatorError, Port, Run};
use codeanatomy_graph::table::{Strings, Table};
use codeanatomy_spec::{ColumnDefinition, ColumnType, OperatorPorts, PortColumns};
use serde_json::{Value, json};

use crate::cancel::CancelToken;
use crate::code;
use crate::error::{EngineError, Result};
use crate::rows::{Rows, Texts};
use crate::rulepack::RunWarning;

/// Names that a warning's context holds, and those that its message says.
const NAMED: usize = 20;
const SAID: usize = 3;

/// Every operator with its ports.
pub fn ports() -> Vec<OperatorPorts> {
    let port = |port: &Port| PortColumns {
        name: port.name,
        columns: port.columns.iter().map(|(name, kind)| (*name, column_type(*kind))).collect(),
    };
    let describe = |operator: &Operator| OperatorPorts {
        name: operator.name,
        sentence: operator.sentence,
        inputs: operator.inputs.iter().map(port).collect(),
        outputs: operator.outputs.iter().map(port).collect(),
    };
    OPERATORS.iter().map(describe).collect()
}

pub fn find(name: &str) -> &'static Operator {
    OPERATORS.iter().find(|operator| operator.name == name).expect("validation found every operator")
}

/// The columns of a port as declarations. At the border of an operator anything may be null.
pub fn port_columns(port: &Port) -> Vec<ColumnDefinition> {
    port.columns
        .iter()
        .map(|(name, kind)| ColumnDefinition { name: (*name).to_owned(), kind: column_type(*kind), nullable: true })
        .collect()
}

fn column_type(kind: Kind) -> ColumnType {
    match kind {
        Kind::Bool => ColumnType::Bool,
        Kind::I32 => ColumnType::Int32,
        Kind::I64 => ColumnType::Int64,
        Kind::F64 => ColumnType::Float64,
        Kind::Str => ColumnType::String,
        Kind::Binary => ColumnType::Binary,
        Kind::I32List => ColumnType::Int32List,
        Kind::I64List => ColumnType::Int64List,
        Kind::StrList => ColumnType::StringList,
    }
}

/// Runs an operator to its end: blocking. Returns the rows of every output port, in order, and what it warns of. The ports that are not read
/// may have none.
pub fn run(
    operator: &'static Operator,
    inputs: Vec<Table>,
    mut strings: Strings,
    parameters: &Value,
    unread: &[&'static str],
    token: &CancelToken,
) -> Result<(Vec<Rows>, Vec<RunWarning>)> {
    let cancelled = || token.is_set();
    let mut given = Run { inputs, strings: &mut strings, parameters, cancelled: &cancelled, unread, notes: Vec::new() };
    let outcome = (operator.run)(&mut given);
    let warnings = given.notes.iter().map(|note| reached(operator, note)).collect();
    drop(given);
    let tables = outcome.map_err(|error| failed(operator, &error, token))?;
    check_tables(operator, &tables)?;
    let texts = Arc::new(Texts::new(&strings));
    drop(strings);
    Ok((tables.into_iter().map(|table| Rows::new(table, texts.clone())).collect(), warnings))
}

/// The warning of a limit that was reached.
fn reached(operator: &Operator, note: &Note) -> RunWarning {
    let count = note.names.len();
    let what = if count == 1 { "1 definition".to_owned() } else { format!("{count} definitions") };
    let said: Vec<&[String]> = note.names.chunk_by(|one, other| one == other).take(NAMED).collect();
    let names: Vec<&str> = said.iter().map(|alike| alike[0].as_str()).collect();
    let rest = count - said.iter().take(SAID).map(|alike| alike.len()).sum::<usize>();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let first = names[..names.len().min(SAID)].join(", ");
    RunWarning {
        code: &code::LIMIT_REACHED,
        message: format!("operator `{}`: {} = {} was reached for {what}: {first}{more}", operator.name, note.limit, note.value),
        context: json!({
            "operator": operator.name, "limit": note.limit, "value": note.value, "count": count, "names": names,
        }),
    }
}

fn failed(operator: &Operator, error: &OperatorError, token: &CancelToken) -> EngineError {
    let place = format!("operator `{}`", operator.name);
    let details = json!({"operator": operator.name});
    match error {
        OperatorError::Cancelled => token.check().err().unwrap_or_else(EngineError::cancelled),
        OperatorError::Input(text) => EngineError::new(
            &code::OPERATOR_INPUT,
            format!("{place}: {text}"),
            "this is a fault of the evidence, or of the operator",
            details,
        ),
        OperatorError::Parameter(text) => {
            EngineError::new(&code::OPERATOR_PARAMETER, format!("{place}: {text}"), "correct the view's parameters", details)
        }
    }
}

/// The tables are those of the ports: number, columns, types, lengths.
fn check_tables(operator: &Operator, tables: &[Table]) -> Result<()> {
    let wrong = |text: String| {
        EngineError::new(
            &code::OPERATOR_OUTPUT,
            format!("operator `{}` {text}", operator.name),
            "this is a bug of the operator",
            json!({"operator": operator.name}),
        )
    };
    if tables.len() != operator.outputs.len() {
        return Err(wrong(format!("returned {} tables for {} ports", tables.len(), operator.outputs.len())));
    }
    for (table, port) in tables.iter().zip(operator.outputs) {
        let found: Vec<(&str, Kind)> = table.columns.iter().map(|(name, column)| (*name, Rows::kind(column))).collect();
        if found != port.columns {
            return Err(wrong(format!("returned columns at port `{}` that are not the port's", port.name)));
        }
        if table.columns.iter().any(|(_, column)| column.len() != table.rows()) {
            return Err(wrong(format!("returned columns of different lengths at port `{}`", port.name)));
        }
    }
    Ok(())
}
