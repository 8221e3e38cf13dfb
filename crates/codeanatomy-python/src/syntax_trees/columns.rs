//! The columns that syntax trees become. Offsets are into the texts of all sources, joined by one byte each.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::bytes::bytes;

/// The sources of a batch, one after the other; their nodes in pre-order.
#[derive(Default)]
pub struct Columns {
    text_starts: Vec<i64>,
    text_end: i64,
    line_starts: Vec<i64>,
    /// Place of the first line of the last source in `line_starts`.
    first_line: usize,
    first_rows: Vec<i64>,
    pub kinds: Vec<u8>,
    pub fields: Vec<u8>,
    /// Index in the field.
    pub positions: Vec<i64>,
    /// Row of the parent; a root is its own.
    pub parents: Vec<i64>,
    lines: Vec<i32>,
    bstarts: Vec<i64>,
    bends: Vec<i64>,
    pub contexts: Vec<i8>,
    pub names: Texts,
    pub values: Texts,
    /// Rows whose value is what the source says there.
    pub quoted: Vec<i64>,
}

/// Where a node is, as CPython says: lines from 1, columns in bytes.
#[derive(Clone, Copy)]
pub struct Place {
    pub line: i64,
    pub column: i64,
    pub end_line: i64,
    pub end_column: i64,
}

/// How long the columns were.
pub struct Mark {
    sources: usize,
    text_end: i64,
    lines: usize,
    rows: usize,
    quoted: usize,
}

impl Columns {
    pub fn rows(&self) -> usize {
        self.kinds.len()
    }

    pub fn mark(&self) -> Mark {
        Mark {
            sources: self.first_rows.len(),
            text_end: self.text_end,
            lines: self.line_starts.len(),
            rows: self.rows(),
            quoted: self.quoted.len(),
        }
    }

    /// Forgets everything behind a mark.
    pub fn cut(&mut self, mark: &Mark) {
        self.text_starts.truncate(mark.sources);
        self.first_rows.truncate(mark.sources);
        self.text_end = mark.text_end;
        self.line_starts.truncate(mark.lines);
        self.kinds.truncate(mark.rows);
        self.fields.truncate(mark.rows);
        self.positions.truncate(mark.rows);
        self.parents.truncate(mark.rows);
        self.lines.truncate(mark.rows);
        self.bstarts.truncate(mark.rows);
        self.bends.truncate(mark.rows);
        self.contexts.truncate(mark.rows);
        self.names.truncate(mark.rows);
        self.values.truncate(mark.rows);
        self.quoted.truncate(mark.quoted);
    }

    /// Begins a source whose first line starts at `start`. Lines end at \n, \r\n and lone \r; a last empty line counts.
    pub fn begin(&mut self, utf8: &[u8], start: usize) {
        let base = self.text_end;
        self.text_starts.push(base);
        self.first_rows.push(self.rows() as i64);
        self.first_line = self.line_starts.len();
        self.line_starts.push(base + start as i64);
        for (place, &byte) in utf8.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && utf8.get(place + 1) != Some(&b'\n')) {
                self.line_starts.push(base + place as i64 + 1);
            }
        }
        self.text_end = base + utf8.len() as i64 + 1;
    }

    /// Where the node of the last row is; nowhere for a clause.
    pub fn place(&mut self, place: Option<Place>) {
        let place = place.map(|place| (place.line, self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)));
        let (line, bstart, bend) = place.unwrap_or_default();
        self.lines.push(line as i32);
        self.bstarts.push(bstart);
        self.bends.push(bend);
    }

    /// A codec that makes line ends out of escapes may have CPython count lines that are none here.
    fn offset(&self, line: i64, column: i64) -> i64 {
        let lines = &self.line_starts[self.first_line..];
        lines[(line.max(1) as usize - 1).min(lines.len() - 1)] + column
    }

    /// Rows of the subtree of each node.
    fn sizes(&self) -> Vec<i64> {
        let mut sizes = vec![1; self.rows()];
        for (row, &parent) in self.parents.iter().enumerate().rev() {
            if parent != row as i64 {
                sizes[parent as usize] += sizes[row];
            }
        }
        sizes
    }

    /// Every column as bytes, by its name; what is left is empty.
    pub fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let taken = PyDict::new(py);
        for (name, values) in [
            ("text_starts", &self.text_starts),
            ("line_starts", &self.line_starts),
            ("first_rows", &self.first_rows),
            ("positions", &self.positions),
            ("parents", &self.parents),
            ("sizes", &self.sizes()),
            ("bstarts", &self.bstarts),
            ("bends", &self.bends),
            ("quoted", &self.quoted),
        ] {
            taken.set_item(name, bytes(py, values, i64::to_ne_bytes)?)?;
        }
        taken.set_item("kinds", PyBytes::new(py, &self.kinds))?;
        taken.set_item("fields", PyBytes::new(py, &self.fields))?;
        taken.set_item("lines", bytes(py, &self.lines, i32::to_ne_bytes)?)?;
        taken.set_item("contexts", bytes(py, &self.contexts, i8::to_ne_bytes)?)?;
        taken.set_item("names", self.names.to_python(py)?)?;
        taken.set_item("values", self.values.to_python(py)?)?;
        self.cut(&Mark { sources: 0, text_end: 0, lines: 0, rows: 0, quoted: 0 });
        Ok(taken)
    }
}

/// Texts or nothing, as Arrow lays them out.
pub struct Texts {
    offsets: Vec<i32>,
    text: Vec<u8>,
    /// A bit a row, the lowest first.
    valid: Vec<u8>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], text: Vec::new(), valid: Vec::new() }
    }
}

impl Texts {
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The next row. An offset has 31 bits.
    pub fn push(&mut self, text: Option<&str>) -> PyResult<()> {
        let row = self.len();
        if row.is_multiple_of(8) {
            self.valid.push(0);
        }
        if let Some(text) = text {
            self.text.extend_from_slice(text.as_bytes());
            self.valid[row / 8] |= 1 << (row % 8);
        }
        let end = i32::try_from(self.text.len()).map_err(|_| PyOverflowError::new_err("the texts of a batch take more than 2 GiB"))?;
        self.offsets.push(end);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.text.truncate(self.offsets[self.len()] as usize);
        self.valid.truncate(rows.div_ceil(8));
        if let Some(last) = self.valid.last_mut()
            && !rows.is_multiple_of(8)
        {
            *last &= (1 << (rows % 8)) - 1;
        }
    }

    /// Validity, offsets, text.
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let offsets = bytes(py, &self.offsets, i32::to_ne_bytes)?;
        Ok((PyBytes::new(py, &self.valid), offsets, PyBytes::new(py, &self.text)))
    }
}
