//! The declaration of a table to write: name, columns, promises. Where its rows come from is not known here.

use codeanatomy_spec::{ColumnDefinition, Promise};
use serde::Deserialize;
use serde_json::json;

use crate::code;
use crate::error::{EngineError, Result};

/// What a sink is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDeclaration {
    pub name: String,
    pub columns: Vec<ColumnDefinition>,
    #[serde(default)]
    pub promises: Vec<Promise>,
}

impl TableDeclaration {
    /// Reads and checks a declaration that stands alone: its promises may only speak of its own columns.
    pub fn from_json(text: &str) -> Result<Self> {
        let table: Self = serde_json::from_str(text).map_err(|error| refuse(&format!("the declaration of a table: {error}"), ""))?;
        if table.columns.is_empty() {
            return Err(refuse(&format!("table `{}` has no columns", table.name), &table.name));
        }
        for (index, column) in table.columns.iter().enumerate() {
            if table.columns[..index].iter().any(|other| other.name == column.name) {
                return Err(refuse(&format!("table `{}` declares column `{}` twice", table.name, column.name), &table.name));
            }
        }
        for promise in &table.promises {
            table.check_promise(promise)?;
        }
        Ok(table)
    }

    fn check_promise(&self, promise: &Promise) -> Result<()> {
        let (Promise::Unique(names) | Promise::NotNull(names)) = promise else {
            return Err(refuse(&format!("table `{}`: promise {} needs other tables", self.name, promise.name()), &self.name));
        };
        match names.iter().find(|name| self.position(name).is_none()) {
            Some(name) => {
                Err(refuse(&format!("table `{}` promises {} of column `{name}`, which it has not", self.name, promise.name()), &self.name))
            }
            None => Ok(()),
        }
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

fn refuse(message: &str, table: &str) -> EngineError {
    EngineError::new(&code::TABLE_DECLARATION, message, "see the catalog for the form of a table", json!({"table": table}))
}
