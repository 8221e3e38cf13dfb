//! Rows of a table that was just written, for people to look at: the examples of a broken promise. Only read after a breach.

use std::fs::File;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use crate::fingerprint::key_hashes;
use crate::sink::{EXAMPLES, Written};

/// The values of `columns` in the first rows whose key hashes are among `hashes`, each key once.
pub fn keys(table: &Written, columns: &[&str], hashes: &[u128]) -> Vec<Value> {
    let mut open: FxHashSet<u128> = hashes.iter().copied().collect();
    let declared: Vec<_> = columns.iter().filter_map(|name| table.table.position(name)).map(|place| &table.table.columns[place]).collect();
    let mut shown = Vec::new();
    scan(table, |batch, _| {
        let arrays: Option<Vec<&ArrayRef>> = columns.iter().map(|name| batch.column_by_name(name)).collect();
        for (row, hash) in arrays.map(|arrays| key_hashes(&declared, &arrays)).unwrap_or_default().into_iter().enumerate() {
            if open.remove(&hash) {
                shown.push(render(batch, row, columns));
            }
        }
        shown.len() < EXAMPLES
    });
    shown
}

/// The rows of these numbers, in their first columns.
pub fn rows(table: &Written, numbers: &[u64]) -> Vec<Value> {
    let columns: Vec<&str> = table.table.columns.iter().take(4).map(|column| column.name.as_str()).collect();
    let mut shown = Vec::new();
    scan(table, |batch, first| {
        for &number in numbers.iter().filter(|&&number| number >= first && number < first + batch.num_rows() as u64) {
            shown.push(render(batch, (number - first) as usize, &columns));
        }
        shown.len() < numbers.len()
    });
    shown
}

/// Feeds batches with the number of their first row until `visit` has enough. A file that cannot be read gives no examples.
fn scan(table: &Written, mut visit: impl FnMut(&RecordBatch, u64) -> bool) {
    let mut first = 0;
    for file in &table.files {
        let Some(reader) = File::open(&file.path).ok().and_then(|file| ParquetRecordBatchReaderBuilder::try_new(file).ok()?.build().ok())
        else {
            return;
        };
        for batch in reader.map_while(Result::ok) {
            if !visit(&batch, first) {
                return;
            }
            first += batch.num_rows() as u64;
        }
    }
}

pub fn render(batch: &RecordBatch, row: usize, columns: &[&str]) -> Value {
    let mut shown = Map::new();
    for name in columns {
        let text =
            batch.column_by_name(name).filter(|column| !column.is_null(row)).and_then(|column| array_value_to_string(column, row).ok());
        shown.insert((*name).to_owned(), json!(text));
    }
    Value::Object(shown)
}
