//! The canonical form of an output: an order in which no two rows are equal, and texts that a sort can hold. It sorts nothing itself.

use codeanatomy_spec::{ColumnDefinition, ColumnType, OutputTarget, Promise};
use datafusion::logical_expr::{Expr, cast};
use datafusion::prelude::ident;

use crate::shape::{Texts, arrow_type};

/// The columns that rows are sorted by: the given ones, then a key; and all columns where no key is enforced. A map has no order.
pub fn order(output: &OutputTarget, key_is_enforced: bool) -> Vec<&String> {
    let key = output.promises.iter().find_map(|promise| if let Promise::Unique(key) = promise { Some(key) } else { None });
    let mut order: Vec<&String> = output.order_by.iter().chain(key.into_iter().flatten()).collect();
    if key.is_none() || !key_is_enforced {
        order.extend(output.columns.iter().filter(|column| column.kind != ColumnType::StringMap).map(|column| &column.name));
    }
    let mut distinct: Vec<&String> = Vec::new();
    for name in order {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// A column whose texts are its own: a sort takes a batch for as large as all that its texts are views of, and may never get that much memory.
pub fn compact(column: &ColumnDefinition) -> Expr {
    let kind = arrow_type(column.kind, Texts::Plain);
    if kind == arrow_type(column.kind, Texts::Views) { ident(&column.name) } else { cast(ident(&column.name), kind).alias(&column.name) }
}
