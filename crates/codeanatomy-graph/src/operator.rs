//! What an operator is: its inputs and outputs as data, and one function. It knows nothing of plans, files or threads.

use std::fmt;

use serde_json::Value;

use crate::table::{Strings, Table};

/// The type of a column at the border of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    I32,
    I64,
    F64,
    Str,
    Binary,
    I32List,
    I64List,
    StrList,
}

/// A table that an operator reads or writes: its name at this operator and its columns in order.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
}

/// Why an operator stopped.
#[derive(Debug)]
pub enum OperatorError {
    /// The token of the run was set.
    Cancelled,
    /// A row breaks what the operator relies on; the text says which row and what.
    Input(String),
    /// A parameter is missing or has the wrong form.
    Parameter(String),
}

impl fmt::Display for OperatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperatorError::Cancelled => write!(formatter, "cancelled"),
            OperatorError::Input(text) => write!(formatter, "input: {text}"),
            OperatorError::Parameter(text) => write!(formatter, "parameter: {text}"),
        }
    }
}

impl std::error::Error for OperatorError {}

/// A limit that a run reached: its name, its number, and the qualified names of those for which it was, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub limit: &'static str,
    pub value: usize,
    pub names: Vec<String>,
}

/// What one run is given, and what it tells beside its rows.
pub struct Run<'a> {
    /// One table per input port, in the order of the ports, columns in the order of the port. Rows are in any order.
    pub inputs: Vec<Table>,
    /// Holds every string of the inputs; outputs add theirs.
    pub strings: &'a mut Strings,
    pub parameters: &'a Value,
    /// Whether the run is cancelled. Cheap: ask at least once per file and once per few thousand rows.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// The output ports whose rows nobody reads: their tables may stay empty.
    pub unread: &'a [&'static str],
    /// Filled by the run; one a limit, by name.
    pub notes: Vec<Note>,
}

impl Run<'_> {
    /// Fails when the run is cancelled.
    pub fn check(&self) -> Result<(), OperatorError> {
        if (self.cancelled)() { Err(OperatorError::Cancelled) } else { Ok(()) }
    }
}

/// An operator: rows out depend on rows in and parameters only, not on their order, on threads or on time.
pub struct Operator {
    pub name: &'static str,
    pub sentence: &'static str,
    pub inputs: &'static [Port],
    pub outputs: &'static [Port],
    /// One table per output port, in the order of the ports, columns in the order of the port.
    pub run: fn(&mut Run<'_>) -> Result<Vec<Table>, OperatorError>,
}
