//! An operator that breaks its word: the engine looks at what it returned before any of it is used. No operator of the catalogue does this.

use codeanatomy_engine::{CancelToken, operators};
use codeanatomy_graph::operator::{Kind, Operator, OperatorError, Port, Run};
use codeanatomy_graph::table::{Column, Strings, Table};
use serde_json::json;

type Outcome = Result<Vec<Table>, OperatorError>;

const PORT: Port = Port { name: "out", columns: &[("id", Kind::I64), ("size", Kind::I32)] };

fn ids() -> (&'static str, Column) {
    ("id", Column::I64(vec![1, 2]))
}

fn no_table(_: &mut Run<'_>) -> Outcome {
    Ok(Vec::new())
}

fn no_column(_: &mut Run<'_>) -> Outcome {
    Ok(vec![Table { columns: vec![ids()] }])
}

fn other_name(_: &mut Run<'_>) -> Outcome {
    Ok(vec![Table { columns: vec![ids(), ("length", Column::I32(vec![3, 4]))] }])
}

fn other_type(_: &mut Run<'_>) -> Outcome {
    Ok(vec![Table { columns: vec![ids(), ("size", Column::I64(vec![3, 4]))] }])
}

fn other_length(_: &mut Run<'_>) -> Outcome {
    Ok(vec![Table { columns: vec![ids(), ("size", Column::I32(vec![3]))] }])
}

fn right(_: &mut Run<'_>) -> Outcome {
    Ok(vec![Table { columns: vec![ids(), ("size", Column::I32(vec![3, 4]))] }])
}

/// Code, stage and message of the refusal; none where the tables are taken.
fn refusal(run: fn(&mut Run<'_>) -> Outcome) -> Option<(&'static str, &'static str, String)> {
    let operator = Box::leak(Box::new(Operator { name: "odd", sentence: "An operator.", inputs: &[], outputs: &[PORT], run }));
    let outcome = operators::run(operator, Vec::new(), Strings::new(), &json!({}), &[], &CancelToken::new());
    outcome.err().map(|error| (error.code.name, error.code.stage.name(), error.message))
}

#[test]
fn tables_that_are_not_those_of_the_ports_are_refused() {
    let cases: [(fn(&mut Run<'_>) -> Outcome, &str); 5] = [
        (no_table, "operator `odd` returned 0 tables for 1 ports"),
        (no_column, "operator `odd` returned columns at port `out` that are not the port's"),
        (other_name, "operator `odd` returned columns at port `out` that are not the port's"),
        (other_type, "operator `odd` returned columns at port `out` that are not the port's"),
        (other_length, "operator `odd` returned columns of different lengths at port `out`"),
    ];
    for (run, message) in cases {
        assert_eq!(refusal(run), Some(("CA606", "runtime", message.to_owned())));
    }
}

#[test]
fn tables_of_the_ports_are_taken() {
    assert_eq!(refusal(right), None);
}
