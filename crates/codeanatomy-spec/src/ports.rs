//! What a spec must know of an operator: its ports and their columns. The operators themselves live elsewhere.

use serde::Serialize;

use crate::types::ColumnType;

/// One port: its name and columns in order.
#[derive(Clone, Debug, Serialize)]
pub struct PortColumns {
    pub name: &'static str,
    pub columns: Vec<(&'static str, ColumnType)>,
}

/// An operator as specs see it.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorPorts {
    pub name: &'static str,
    pub sentence: &'static str,
    pub inputs: Vec<PortColumns>,
    pub outputs: Vec<PortColumns>,
}
