//! The texts and bytes of a column, whatever represents them, and what is known of one from the row before.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, LargeBinaryArray, LargeStringArray, StringArray, StringViewArray,
};
use datafusion::arrow::datatypes::DataType;

/// Text and bytes arrays of every representation.
pub enum Bytes<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    BinaryView(&'a BinaryViewArray),
}

impl<'a> Bytes<'a> {
    pub fn new(array: &'a ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Bytes::Text(array.as_string()),
            DataType::LargeUtf8 => Bytes::LargeText(array.as_string()),
            DataType::Utf8View => Bytes::TextView(array.as_string_view()),
            DataType::Binary => Bytes::Binary(array.as_binary()),
            DataType::LargeBinary => Bytes::LargeBinary(array.as_binary()),
            _ => Bytes::BinaryView(array.as_binary_view()),
        }
    }

    pub fn value(&self, row: usize) -> &'a [u8] {
        match self {
            Bytes::Text(array) => array.value(row).as_bytes(),
            Bytes::LargeText(array) => array.value(row).as_bytes(),
            Bytes::TextView(array) => array.value(row).as_bytes(),
            Bytes::Binary(array) => array.value(row),
            Bytes::LargeBinary(array) => array.value(row),
            Bytes::BinaryView(array) => array.value(row),
        }
    }
}

/// What was found out of the last value: neighbouring rows often have the same.
pub struct Neighbour<'a, T> {
    last: Option<(&'a [u8], T)>,
}

impl<T> Default for Neighbour<'_, T> {
    fn default() -> Self {
        Self { last: None }
    }
}

impl<'a, T: Copy> Neighbour<'a, T> {
    /// What `find` gives for the value of a row.
    pub fn of(&mut self, bytes: &Bytes<'a>, row: usize, find: impl FnOnce(&'a [u8]) -> T) -> T {
        let value = bytes.value(row);
        if let Some((_, found)) = self.last.filter(|(last, _)| is_same(last, value)) {
            return found;
        }
        let found = find(value);
        self.last = Some((value, found));
        found
    }
}

/// Texts of one place in memory need no look at them.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (std::ptr::eq(one.as_ptr(), other.as_ptr()) || one == other)
}
