//! Batches become the tables that operators read: plain values, texts interned. The columns must be those of the port already.

use codeanatomy_graph::operator::{Kind, Port};
use codeanatomy_graph::table::{Column, NULL_I32, NULL_I64, NULL_STR, Ragged, Str, Strings, Table};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{Float64Type, Int32Type, Int64Type};

/// The table of one input port, growing.
pub struct Intake {
    port: &'static Port,
    columns: Vec<Column>,
}

impl Intake {
    pub fn new(port: &'static Port) -> Self {
        Self { port, columns: port.columns.iter().map(|(_, kind)| empty(*kind)).collect() }
    }

    /// Makes room for so many rows: what grows to its size is copied again and again, and ends up to twice as large.
    pub fn reserve(&mut self, rows: usize) {
        for column in &mut self.columns {
            match column {
                Column::Bool(values) => values.reserve_exact(rows),
                Column::I32(values) => values.reserve_exact(rows),
                Column::I64(values) => values.reserve_exact(rows),
                Column::F64(values) => values.reserve_exact(rows),
                Column::Str(values) => values.reserve_exact(rows),
                _ => {}
            }
        }
    }

    pub fn add(&mut self, batch: &RecordBatch, strings: &mut Strings) {
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            append(column, array, strings);
        }
    }

    /// Bytes held by the values; the texts are counted by their owner.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(column_bytes).sum()
    }

    pub fn finish(self) -> Table {
        Table::new(self.port.columns.iter().map(|(name, _)| *name).zip(self.columns).collect())
    }
}

/// Bytes that a column holds.
pub fn column_bytes(column: &Column) -> usize {
    match column {
        Column::Bool(values) => values.capacity(),
        Column::I32(values) => values.capacity() * 4,
        Column::I64(values) => values.capacity() * 8,
        Column::F64(values) => values.capacity() * 8,
        Column::Str(values) => values.capacity() * 4,
        Column::Binary(values) => values.values.capacity() + values.offsets.capacity() * 8,
        Column::I32List(values) => values.values.capacity() * 4 + values.offsets.capacity() * 8,
        Column::I64List(values) => values.values.capacity() * 8 + values.offsets.capacity() * 8,
        Column::StrList(values) => values.values.capacity() * 4 + values.offsets.capacity() * 8,
        Column::I64Runs(values) => values.bytes(),
        Column::StrRuns(values) => values.bytes(),
        Column::I64Picked(values) => values.bytes(),
        Column::StrPicked(values) => values.bytes(),
        Column::Positions(_) => 0,
    }
}

fn empty(kind: Kind) -> Column {
    match kind {
        Kind::Bool => Column::Bool(Vec::new()),
        Kind::I32 => Column::I32(Vec::new()),
        Kind::I64 => Column::I64(Vec::new()),
        Kind::F64 => Column::F64(Vec::new()),
        Kind::Str => Column::Str(Vec::new()),
        Kind::Binary => Column::Binary(Ragged::default()),
        Kind::I32List => Column::I32List(Ragged::default()),
        Kind::I64List => Column::I64List(Ragged::default()),
        Kind::StrList => Column::StrList(Ragged::default()),
    }
}

fn append(column: &mut Column, array: &ArrayRef, strings: &mut Strings) {
    match column {
        Column::Bool(values) => values.extend(array.as_boolean().iter()),
        Column::F64(values) => values.extend(array.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN))),
        Column::I32(values) => {
            let array = array.as_primitive::<Int32Type>();
            if array.null_count() == 0 {
                values.extend_from_slice(array.values())
            } else {
                values.extend(array.iter().map(|value| value.unwrap_or(NULL_I32)))
            }
        }
        Column::I64(values) => {
            let array = array.as_primitive::<Int64Type>();
            if array.null_count() == 0 {
                values.extend_from_slice(array.values())
            } else {
                values.extend(array.iter().map(|value| value.unwrap_or(NULL_I64)))
            }
        }
        Column::Str(values) => append_texts(values, array.as_string_view(), strings),
        Column::Binary(rows) => array.as_binary_view().iter().for_each(|value| rows.push(value.unwrap_or_default())),
        Column::I32List(rows) => each_list(array, |list| rows.push(list.map_or(&[][..], |list| list.as_primitive::<Int32Type>().values()))),
        Column::I64List(rows) => each_list(array, |list| rows.push(list.map_or(&[][..], |list| list.as_primitive::<Int64Type>().values()))),
        Column::StrList(rows) => {
            let mut row = Vec::new();
            each_list(array, |list| {
                row.clear();
                if let Some(list) = list {
                    append_texts(&mut row, list.as_string_view(), strings);
                }
                rows.push(&row);
            });
        }
        Column::I64Runs(_) | Column::StrRuns(_) | Column::I64Picked(_) | Column::StrPicked(_) | Column::Positions(_) => {
            unreachable!("only what operators return is so: see `empty`")
        }
    }
}

/// Neighbouring rows often hold the same text (a path, a kind): equal views of one array are equal texts.
fn append_texts(values: &mut Vec<Str>, array: &StringViewArray, strings: &mut Strings) {
    values.reserve(array.len());
    let mut last: Option<(u128, Str)> = None;
    for (row, &view) in array.views().iter().enumerate() {
        let known = last.filter(|(known, _)| *known == view).map(|(_, text)| text);
        let text = if array.is_null(row) { NULL_STR } else { known.unwrap_or_else(|| strings.intern(array.value(row))) };
        if !text.is_null() {
            last = Some((view, text));
        }
        values.push(text);
    }
}

fn each_list(array: &ArrayRef, mut visit: impl FnMut(Option<&ArrayRef>)) {
    array.as_list::<i32>().iter().for_each(|list| visit(list.as_ref()));
}
