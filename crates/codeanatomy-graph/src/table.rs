//! Columns of plain values: what operators read and write. Not Arrow, and no plan: the engine turns batches into these and back.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::positions::{Lines, Part, parts};

/// A null in an integer column.
pub const NULL_I32: i32 = i32::MIN;
/// A null in an id column.
pub const NULL_I64: i64 = i64::MIN;
/// A null in a string column.
pub const NULL_STR: Str = Str(u32::MAX);

/// An interned string: equal strings of one `Strings` have equal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Str(pub u32);

impl Str {
    pub fn is_null(self) -> bool {
        self == NULL_STR
    }
}

/// All strings of one run of an operator, each stored once. Numbers are in order of arrival: never let them decide an order of rows.
#[derive(Default, Debug)]
pub struct Strings {
    texts: Vec<Arc<str>>,
    /// By the hash of their texts.
    numbers: HashTable<u32>,
    /// Words of the program by where they are, which is sooner found than what they say.
    words: FxHashMap<(usize, usize), Str>,
}

impl Strings {
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of `text`, new or known.
    pub fn intern(&mut self, text: &str) -> Str {
        let Self { texts, numbers, .. } = self;
        let next = texts.len() as u32;
        let known = |&number: &u32| *texts[number as usize] == *text;
        match numbers.entry(hash(text), known, |&number| hash(&texts[number as usize])) {
            Entry::Occupied(known) => Str(*known.get()),
            Entry::Vacant(free) => {
                free.insert(next);
                texts.push(text.into());
                Str(next)
            }
        }
    }

    /// The number of a word of the program: the same as of its text.
    pub fn word(&mut self, word: &'static str) -> Str {
        let place = (word.as_ptr() as usize, word.len());
        if let Some(&known) = self.words.get(&place) {
            return known;
        }
        let number = self.intern(word);
        self.words.insert(place, number);
        number
    }

    /// The number of `text` if some value of this run has it.
    pub fn find(&self, text: &str) -> Option<Str> {
        self.numbers.find(hash(text), |&number| *self.texts[number as usize] == *text).map(|&number| Str(number))
    }

    /// The text of a string that is not null.
    pub fn text(&self, string: Str) -> &str {
        &self.texts[string.0 as usize]
    }

    /// The text of a string that is not null, to keep while others are added.
    pub fn shared(&self, string: Str) -> Arc<str> {
        self.texts[string.0 as usize].clone()
    }

    /// The text, or none for null.
    pub fn get(&self, string: Str) -> Option<&str> {
        if string.is_null() { None } else { Some(self.text(string)) }
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

/// Values of variable length, end to end: row `i` is `values[offsets[i]..offsets[i + 1]]`. Columns whose rows are equally long share their offsets.
#[derive(Clone, Debug)]
pub struct Ragged<T> {
    pub offsets: Arc<Vec<usize>>,
    pub values: Vec<T>,
}

impl<T> Default for Ragged<T> {
    fn default() -> Self {
        Self { offsets: Arc::new(vec![0]), values: Vec::new() }
    }
}

impl<T: Clone> Ragged<T> {
    pub fn row(&self, index: usize) -> &[T] {
        &self.values[self.offsets[index]..self.offsets[index + 1]]
    }

    pub fn push(&mut self, row: &[T]) {
        self.values.extend_from_slice(row);
        Arc::make_mut(&mut self.offsets).push(self.values.len());
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Values of which many neighbours are equal: value `i` holds up to row `ends[i]`.
#[derive(Clone, Debug)]
pub struct Runs<T> {
    ends: Vec<usize>,
    values: Vec<T>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { ends: Vec::new(), values: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    pub fn push(&mut self, value: T) {
        let rows = self.len() + 1;
        if self.values.last() == Some(&value)
            && let Some(end) = self.ends.last_mut()
        {
            *end = rows;
        } else {
            self.values.push(value);
            self.ends.push(rows);
        }
    }

    pub fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The values of some rows, one by one.
    pub fn rows(&self, rows: Range<usize>) -> Vec<T> {
        let mut values = Vec::with_capacity(rows.len());
        for (value, piece) in self.pieces(rows) {
            values.resize(values.len() + piece.len(), value);
        }
        values
    }

    /// Each value of some rows with those of them that have it.
    pub fn pieces(&self, rows: Range<usize>) -> impl Iterator<Item = (T, Range<usize>)> + '_ {
        let first = self.ends.partition_point(|&end| end <= rows.start);
        let mut start = rows.start;
        (first..self.ends.len()).take_while(move |&run| run == first || self.ends[run - 1] < rows.end).map(move |run| {
            let piece = start..self.ends[run].min(rows.end);
            start = piece.end;
            (self.values[run], piece)
        })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.ends.capacity() * size_of::<usize>() + self.values.capacity() * size_of::<T>()
    }
}

/// Lists of values that lie elsewhere, in another order: row `i` is the values at the places `places[offsets[i]..offsets[i + 1]]`.
#[derive(Clone, Debug)]
pub struct Picked<T> {
    pub offsets: Arc<Vec<usize>>,
    pub places: Arc<Vec<u32>>,
    pub values: Arc<Vec<T>>,
}

impl<T: Copy> Picked<T> {
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of some rows, end to end.
    pub fn rows(&self, rows: Range<usize>) -> Vec<T> {
        self.places[self.offsets[rows.start]..self.offsets[rows.end]].iter().map(|&place| self.values[place as usize]).collect()
    }

    /// Bytes held. The columns of a table that are picked alike share the order, a part of which counts for each; values count whole, since
    /// columns that share them may be given up apart.
    pub fn bytes(&self) -> usize {
        fn part<T>(of: &Arc<Vec<T>>) -> usize {
            of.capacity() * size_of::<T>() / Arc::strong_count(of)
        }
        part(&self.offsets) + part(&self.places) + self.values.capacity() * size_of::<T>()
    }
}

/// Lines or columns of the byte offsets in another column: computed when they are read, since a file has far fewer lines than rows.
#[derive(Clone, Debug)]
pub struct Positions {
    pub part: Part,
    /// Places of the columns that hold the offsets, and the file ids in runs.
    pub offsets: usize,
    pub files: usize,
    pub rows: usize,
    pub lines: Arc<Lines<Ragged<i32>>>,
}

impl Positions {
    /// The values of some rows, where `columns` are those of the table.
    pub fn rows<'a>(&self, column: impl Fn(usize) -> &'a Column, rows: Range<usize>) -> Vec<i32> {
        let (Column::I32(offsets), Column::I64Runs(files)) = (column(self.offsets), column(self.files)) else {
            unreachable!("positions are of offsets in files")
        };
        parts(self.part, &self.lines, files, offsets, rows)
    }
}

/// One column. Lists and binary values are never null; the others have the nulls above (`Bool` holds options, `F64` has NaN).
#[derive(Clone, Debug)]
pub enum Column {
    Bool(Vec<Option<bool>>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Str(Vec<Str>),
    Binary(Ragged<u8>),
    I32List(Ragged<i32>),
    I64List(Ragged<i64>),
    StrList(Ragged<Str>),
    /// The same as `I64`.
    I64Runs(Runs<i64>),
    /// The same as `Str`.
    StrRuns(Runs<Str>),
    /// The same as `I64List`.
    I64Picked(Picked<i64>),
    /// The same as `StrList`.
    StrPicked(Picked<Str>),
    /// The same as `I32`.
    Positions(Positions),
}

impl Column {
    pub fn len(&self) -> usize {
        match self {
            Column::Bool(values) => values.len(),
            Column::I32(values) => values.len(),
            Column::I64(values) => values.len(),
            Column::F64(values) => values.len(),
            Column::Str(values) => values.len(),
            Column::Binary(values) => values.len(),
            Column::I32List(values) => values.len(),
            Column::I64List(values) => values.len(),
            Column::StrList(values) => values.len(),
            Column::I64Runs(values) => values.len(),
            Column::StrRuns(values) => values.len(),
            Column::I64Picked(values) => values.len(),
            Column::StrPicked(values) => values.len(),
            Column::Positions(positions) => positions.rows,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<(&'static str, Column)>,
}

impl Table {
    pub fn new(columns: Vec<(&'static str, Column)>) -> Self {
        debug_assert!(columns.windows(2).all(|pair| pair[0].1.len() == pair[1].1.len()), "columns of one table differ in length");
        Self { columns }
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_give_back_every_row() {
        let values = [7, 7, 7, 2, 2, 9, 7];
        let mut runs = Runs::default();
        values.into_iter().for_each(|value| runs.push(value));
        assert_eq!(runs.len(), values.len());
        for start in 0..=values.len() {
            for end in start..=values.len() {
                assert_eq!(runs.rows(start..end), values[start..end]);
            }
        }
    }

    #[test]
    fn what_is_picked_counts_the_same_when_others_are_given_up() {
        let values = Arc::new(vec![1i64, 2, 3]);
        let picked = |places: Vec<u32>| Picked { offsets: Arc::new(vec![0, 1, 3]), places: Arc::new(places), values: values.clone() };
        let (one, other) = (picked(vec![0, 1, 2]), picked(vec![2, 1, 0]));
        assert_eq!((one.rows(0..2), other.rows(1..2), one.len()), (vec![1, 2, 3], vec![2, 1], 2));
        let held = one.bytes();
        drop(other);
        assert_eq!(one.bytes(), held);
        let alike = one.clone();
        assert!(alike.bytes() < held, "the order counts for each by half");
    }
}
