//! The columns that promises speak of, gathered while rows stream by. What they must fulfil is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use codeanatomy_spec::{ColumnDefinition, ColumnType, Promise, SemanticExecutionSpec};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use rustc_hash::FxHashMap;
use serde_json::json;

use crate::bytes::{Bytes, Neighbour};
use crate::code;
use crate::error::{EngineError, Result};
use crate::fingerprint::key_hashes;
use crate::shape::logical_type;
use crate::sink::spool::Spool;
use crate::table::TableDeclaration;

/// How many rows of a kind are shown as examples.
pub const EXAMPLES: usize = 5;

/// Columns to gather: as keys, or as kinds (few different texts).
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub keys: BTreeSet<String>,
    pub kinds: BTreeSet<String>,
    /// Keys of several columns.
    pub composite: BTreeSet<Vec<String>>,
}

impl Wanted {
    /// Columns of a table that promises of other outputs refer to.
    pub fn by_others(spec: &SemanticExecutionSpec, table: &str) -> Self {
        let mut wanted = Self::default();
        for promise in spec.output_targets.iter().flat_map(|output| &output.promises) {
            match promise {
                Promise::References(reference) if reference.table == table => {
                    wanted.keys.insert(reference.key.clone());
                }
                Promise::EdgeEnds(ends) if ends.nodes == table => {
                    wanted.keys.insert(ends.node_key.clone());
                    wanted.kinds.insert(ends.node_kind.clone());
                }
                _ => {}
            }
        }
        wanted
    }

    /// Adds what the promises of the table itself need.
    fn with_own(mut self, table: &TableDeclaration) -> Self {
        for promise in &table.promises {
            match promise {
                Promise::Unique(names) if names.len() == 1 => {
                    self.keys.insert(names[0].clone());
                }
                Promise::Unique(names) => {
                    self.composite.insert(names.clone());
                }
                Promise::NotNull(_) => {}
                Promise::References(reference) => {
                    self.keys.insert(reference.column.clone());
                }
                Promise::EdgeEnds(ends) => {
                    self.keys.extend([ends.src.clone(), ends.dst.clone()]);
                    self.kinds.insert(ends.kind.clone());
                }
            }
        }
        self
    }
}

/// The values of one column in row order.
#[derive(Debug)]
pub struct ColumnKeys {
    pub values: Values,
    /// Rows that hold a null; their value says nothing.
    pub nulls: Vec<u64>,
}

#[derive(Debug)]
pub enum Values {
    Integers(Spool<i64>),
    /// 128-bit hashes of values that are no integers.
    Hashes(Spool<u128>),
    /// Numbers into `names`.
    Kinds {
        numbers: Spool<u32>,
        names: Vec<String>,
    },
}

impl Values {
    fn bytes(&self) -> usize {
        match self {
            Values::Integers(values) => values.bytes(),
            Values::Hashes(values) => values.bytes(),
            Values::Kinds { numbers, .. } => numbers.bytes(),
        }
    }
}

/// Everything that was gathered.
#[derive(Debug, Default)]
pub struct Collected {
    /// By column; a column that is wanted as key and as kind is under both.
    pub keys: BTreeMap<String, ColumnKeys>,
    pub kinds: BTreeMap<String, ColumnKeys>,
    pub composite: BTreeMap<Vec<String>, Spool<u128>>,
    /// Nulls where none may be: column, number of them, first rows.
    pub nulls: Vec<(String, u64, Vec<u64>)>,
}

/// Gathers while a sink writes.
pub struct Collector {
    /// Where values go that are too many for the memory.
    folder: PathBuf,
    columns: Vec<ColumnDefinition>,
    keys: Vec<(usize, ColumnKeys)>,
    kinds: Vec<(usize, ColumnKeys, FxHashMap<String, u32>)>,
    composite: Vec<(Vec<usize>, Spool<u128>)>,
    full: Vec<(usize, u64, Vec<u64>)>,
}

impl Collector {
    pub fn new(table: &TableDeclaration, wanted: Wanted, folder: &Path) -> Self {
        let wanted = wanted.with_own(table);
        let position = |name: &String| table.position(name).expect("promises name columns of their table");
        let promised = table.promises.iter().filter_map(|promise| if let Promise::NotNull(names) = promise { Some(names) } else { None });
        let declared = table.columns.iter().filter(|column| !column.nullable).map(|column| &column.name);
        let full: BTreeSet<usize> = promised.flatten().chain(declared).map(position).collect();
        Self {
            folder: folder.to_owned(),
            keys: wanted.keys.iter().map(|name| (position(name), ColumnKeys::for_keys(table.columns[position(name)].kind))).collect(),
            kinds: wanted.kinds.iter().map(|name| (position(name), ColumnKeys::for_kinds(), FxHashMap::default())).collect(),
            composite: wanted.composite.iter().map(|names| (names.iter().map(position).collect(), Spool::default())).collect(),
            full: full.into_iter().map(|column| (column, 0, Vec::new())).collect(),
            columns: table.columns.clone(),
        }
    }

    /// `first` is the number of rows before this batch.
    pub fn add(&mut self, batch: &RecordBatch, first: u64) -> Result<()> {
        let folder = &self.folder;
        for (column, count, rows) in &mut self.full {
            count_nulls(batch.column(*column), first, count, rows);
        }
        for (column, keys) in &mut self.keys {
            keys.add_keys(&self.columns[*column], batch.column(*column), first, folder).map_err(|error| kept(folder, &error))?;
        }
        for (column, keys, index) in &mut self.kinds {
            keys.add_kinds(batch.column(*column), first, index, folder)?;
        }
        for (columns, hashes) in &mut self.composite {
            let declared: Vec<&ColumnDefinition> = columns.iter().map(|&column| &self.columns[column]).collect();
            let arrays: Vec<&ArrayRef> = columns.iter().map(|&column| batch.column(column)).collect();
            hashes.extend(key_hashes(&declared, &arrays), folder).map_err(|error| kept(folder, &error))?;
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        let keys: usize = self.keys.iter().map(|(_, keys)| keys.values.bytes()).sum();
        let kinds: usize = self.kinds.iter().map(|(_, keys, _)| keys.values.bytes()).sum();
        keys + kinds + self.composite.iter().map(|(_, hashes)| hashes.bytes()).sum::<usize>()
    }

    pub fn finish(self) -> Collected {
        let name = |column: usize| self.columns[column].name.clone();
        Collected {
            keys: self.keys.into_iter().map(|(column, keys)| (name(column), keys)).collect(),
            kinds: self.kinds.into_iter().map(|(column, keys, _)| (name(column), keys)).collect(),
            composite: self.composite.into_iter().map(|(columns, hashes)| (columns.into_iter().map(name).collect(), hashes)).collect(),
            nulls: self
                .full
                .into_iter()
                .filter(|(_, count, _)| *count > 0)
                .map(|(column, count, rows)| (name(column), count, rows))
                .collect(),
        }
    }
}

impl ColumnKeys {
    fn for_keys(kind: ColumnType) -> Self {
        let integers = matches!(kind, ColumnType::Int32 | ColumnType::Int64);
        let values = if integers { Values::Integers(Spool::default()) } else { Values::Hashes(Spool::default()) };
        Self { values, nulls: Vec::new() }
    }

    fn for_kinds() -> Self {
        Self { values: Values::Kinds { numbers: Spool::default(), names: Vec::new() }, nulls: Vec::new() }
    }

    fn add_keys(&mut self, column: &ColumnDefinition, array: &ArrayRef, first: u64, folder: &Path) -> io::Result<()> {
        push_nulls(array, first, &mut self.nulls);
        match &mut self.values {
            Values::Integers(values) if column.kind == ColumnType::Int64 => {
                values.extend(array.as_primitive::<Int64Type>().values().iter().copied(), folder)
            }
            Values::Integers(values) => {
                values.extend(array.as_primitive::<Int32Type>().values().iter().map(|&value| i64::from(value)), folder)
            }
            Values::Hashes(values) => values.extend(key_hashes(&[column], &[array]), folder),
            Values::Kinds { .. } => Ok(()),
        }
    }

    fn add_kinds(&mut self, array: &ArrayRef, first: u64, index: &mut FxHashMap<String, u32>, folder: &Path) -> Result<()> {
        push_nulls(array, first, &mut self.nulls);
        let Values::Kinds { numbers, names } = &mut self.values else { return Ok(()) };
        if logical_type(array.data_type()) != Some(ColumnType::String) {
            return Err(EngineError::new(&code::ROWS, "a kind is no text", "kinds are strings", json!({})));
        }
        let mut number_of = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            index.get(&*text).copied().unwrap_or_else(|| {
                let number = names.len() as u32;
                index.insert(text.clone().into_owned(), number);
                names.push(text.into_owned());
                number
            })
        };
        let texts = Bytes::new(array);
        let mut known = Neighbour::default();
        let numbered = (0..array.len()).map(|row| if array.is_null(row) { number_of(b"") } else { known.of(&texts, row, &mut number_of) });
        numbers.extend(numbered, folder).map_err(|error| kept(folder, &error))
    }
}

fn kept(folder: &Path, error: &io::Error) -> EngineError {
    EngineError::io(&code::WRITE, "cannot keep keys beside", folder, error)
}

fn push_nulls(array: &ArrayRef, first: u64, nulls: &mut Vec<u64>) {
    if array.null_count() > 0 {
        nulls.extend((0..array.len()).filter(|&row| array.is_null(row)).map(|row| first + row as u64));
    }
}

fn count_nulls(array: &ArrayRef, first: u64, count: &mut u64, rows: &mut Vec<u64>) {
    if array.null_count() == 0 {
        return;
    }
    *count += array.null_count() as u64;
    let free = EXAMPLES.saturating_sub(rows.len());
    rows.extend((0..array.len()).filter(|&row| array.is_null(row)).take(free).map(|row| first + row as u64));
}
