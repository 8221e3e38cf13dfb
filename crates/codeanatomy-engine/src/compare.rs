//! What a version of a stored table holds: its fingerprint, read from its rows, and the rows in which it differs from another. It judges nothing.

use std::fs::File;
use std::path::Path;

use codeanatomy_spec::ColumnDefinition;
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use crate::code;
use crate::delta::{self, Snapshot};
use crate::error::{EngineError, Result};
use crate::examples;
use crate::fingerprint::{Fingerprint, row_hashes};
use crate::shape::delta_logical_type;
use crate::sink::EXAMPLES;

/// Characters of a value that are shown.
const SHOWN: usize = 120;

/// A table at one version.
struct Stored {
    place: String,
    columns: Vec<ColumnDefinition>,
    snapshot: Snapshot,
}

/// The fingerprint of the rows that a version has now: that of its commit, unless a file was changed since.
pub fn fingerprint(location: &Path, version: u64, alive: &dyn Fn() -> Result<()>) -> Result<String> {
    let table = Stored::open(location, version)?;
    let mut sum = Fingerprint::new(&table.columns);
    table.scan(alive, |batch| {
        sum.add(batch);
        true
    })?;
    Ok(sum.hex())
}

/// How many rows only the one and only the other version has, with the first of each; `columns` are those of both where the columns differ.
pub fn difference(one: (&Path, u64), other: (&Path, u64), alive: &dyn Fn() -> Result<()>) -> Result<Value> {
    let tables = (Stored::open(one.0, one.1)?, Stored::open(other.0, other.1)?);
    if tables.0.columns != tables.1.columns {
        return Ok(json!({"columns": [tables.0.columns, tables.1.columns]}));
    }
    let (ones, others) = only(tables.0.hashes(alive)?, tables.1.hashes(alive)?);
    Ok(json!({
        "only_one": ones.len(), "only_other": others.len(),
        "one": tables.0.rows(&ones, alive)?, "other": tables.1.rows(&others, alive)?,
    }))
}

/// What is in the one list and not in the other, with repetitions.
fn only(mut ones: Vec<u128>, mut others: Vec<u128>) -> (Vec<u128>, Vec<u128>) {
    ones.sort_unstable();
    others.sort_unstable();
    let (mut left, mut right) = (ones.into_iter().peekable(), others.into_iter().peekable());
    let mut found = (Vec::new(), Vec::new());
    loop {
        match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a == b => drop((left.next(), right.next())),
            (Some(a), Some(b)) if a > b => found.1.extend(right.next()),
            (Some(_), _) => found.0.extend(left.next()),
            (None, Some(_)) => found.1.extend(right.next()),
            (None, None) => return found,
        }
    }
}

impl Stored {
    fn open(location: &Path, version: u64) -> Result<Self> {
        let place = format!("table in {}", location.display());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| EngineError::io(&code::EXECUTION, "cannot start a runtime for", location, &error))?;
        let snapshot = runtime.block_on(delta::open(location, Some(version), &place, &None))?;
        let columns = snapshot.schema.fields().map(|field| {
            let kind = delta_logical_type(field.data_type()).ok_or_else(|| foreign(&place, field.name()))?;
            Ok(ColumnDefinition { name: field.name().clone(), kind, nullable: field.is_nullable() })
        });
        Ok(Self { columns: columns.collect::<Result<_>>()?, snapshot, place })
    }

    fn hashes(&self, alive: &dyn Fn() -> Result<()>) -> Result<Vec<u128>> {
        let mut hashes = Vec::new();
        self.scan(alive, |batch| {
            hashes.extend(row_hashes(&self.columns, batch));
            true
        })?;
        Ok(hashes)
    }

    /// The first rows whose hashes are among these, a hash as often as it is there.
    fn rows(&self, hashes: &[u128], alive: &dyn Fn() -> Result<()>) -> Result<Vec<Value>> {
        let mut shown = Vec::new();
        if hashes.is_empty() {
            return Ok(shown);
        }
        let mut wanted: FxHashMap<u128, usize> = FxHashMap::default();
        hashes.iter().for_each(|hash| *wanted.entry(*hash).or_insert(0) += 1);
        self.scan(alive, |batch| {
            for (row, hash) in row_hashes(&self.columns, batch).iter().enumerate() {
                if let Some(left) = wanted.get_mut(hash).filter(|left| **left > 0 && shown.len() < EXAMPLES) {
                    *left -= 1;
                    shown.push(self.shown(batch, row));
                }
            }
            shown.len() < EXAMPLES
        })?;
        Ok(shown)
    }

    /// The values of a row that are not null, long ones cut.
    fn shown(&self, batch: &RecordBatch, row: usize) -> Value {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let Value::Object(values) = examples::render(batch, row, &names) else { return Value::Null };
        let cut = |text: &str| text.chars().take(SHOWN).collect::<String>();
        let kept: Map<String, Value> = values.into_iter().filter_map(|(name, value)| Some((name, json!(cut(value.as_str()?))))).collect();
        Value::Object(kept)
    }

    /// Feeds every batch until `visit` has enough.
    fn scan(&self, alive: &dyn Fn() -> Result<()>, mut visit: impl FnMut(&RecordBatch) -> bool) -> Result<()> {
        let failed = |text: String| {
            let hint = "build again with --determinism-tier best_effort: the table is written anew";
            EngineError::new(&code::INPUT_MISSING, format!("{}: {text}", self.place), hint, json!({"in": self.place}))
        };
        for path in &self.snapshot.files {
            let file = File::open(path).map_err(|error| failed(format!("cannot open {}: {error}", path.display())))?;
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
            for batch in reader.map_err(|error| failed(format!("{}: {error}", path.display())))? {
                alive()?;
                if !visit(&batch.map_err(|error| failed(format!("{}: {error}", path.display())))?) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn foreign(place: &str, column: &str) -> EngineError {
    let message = format!("{place}: column `{column}` has a type that the engine does not write");
    EngineError::new(&code::INPUT_COLUMNS, message, "another program wrote the table: build again", json!({"in": place, "column": column}))
}
