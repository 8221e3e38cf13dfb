//! Cells: what is shared between activations. Whoever reads one is told when it grows.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::resolve::index::Index;
use crate::resolve::points_to::value::{EMPTY, Id, Set};
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// Written by more than one activation.
const MANY: u32 = NONE - 1;
/// So many readers are not worth a look at who is among them more than once.
const SOME: usize = 16;

/// What part of its owner a cell is. The owner is a value or an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// Of an object: an attribute.
    pub fn attribute(name: Str) -> Self {
        Self(1 << 56 | u64::from(name.0))
    }

    /// An element at a known place.
    pub fn index(index: i64) -> Self {
        Self(2 << 56 | (index as u64 & ((1 << 56) - 1)))
    }

    /// An element under a known text.
    pub fn text(text: Str) -> Self {
        Self(3 << 56 | u64::from(text.0))
    }

    /// What was stored at a place that is not known.
    pub const SOMEWHERE: Self = Self(4 << 56);
    /// Everything that was stored.
    pub const ELEMENTS: Self = Self(5 << 56);
    /// The keys of a dictionary.
    pub const KEYS: Self = Self(6 << 56);

    /// Of a class: an attribute of some object of it.
    pub fn of_instances(name: Str) -> Self {
        Self(7 << 56 | u64::from(name.0))
    }

    /// Of a class: what its body declares of an attribute without a value.
    pub fn declared(name: Str) -> Self {
        Self(18 << 56 | u64::from(name.0))
    }

    /// Of a class: its linearisation; it grows when that changes.
    pub const ORDER: Self = Self(8 << 56);
    /// Of a function: the default of a parameter.
    pub fn default(position: usize) -> Self {
        Self(9 << 56 | position as u64)
    }

    /// Of a test: what is listed for a parameter.
    pub fn handed(position: usize) -> Self {
        Self(14 << 56 | position as u64)
    }

    /// Of an activation.
    pub fn variable(slot: u32) -> Self {
        Self(10 << 56 | u64::from(slot))
    }
    pub const RETURNED: Self = Self(11 << 56);
    /// What is returned besides an argument that is handed back.
    pub const BESIDES: Self = Self(16 << 56);
    pub const YIELDED: Self = Self(12 << 56);
    pub const SENT: Self = Self(13 << 56);
    /// What comes of a `yield` into which nothing is sent.
    pub fn driven(node: u32) -> Self {
        Self(19 << 56 | u64::from(node))
    }
    /// What the generators end with that an activation asks for what comes next.
    pub const STOPPED: Self = Self(20 << 56);
    /// Of a class: those that inherit from it directly.
    pub const HEIRS: Self = Self(15 << 56);
    /// Of a class that a call made: it grows when it is given another name.
    pub const NAMES: Self = Self(17 << 56);
}

#[derive(Clone, Debug)]
struct Cell {
    owner: u32,
    key: Key,
    set: Set,
    /// The nodes that bind or store it and may be in force, of a variable or an attribute.
    bindings: Set,
    writer: u32,
    /// Who read it last: most reads are by the same activation again. It must run again when the cell grows, and reads it anew then.
    reader: u32,
    /// Where the other readers are, if there ever were some.
    others: u32,
}

#[derive(Default)]
pub struct Cells {
    all: Vec<Cell>,
    known: Index,
    /// The readers before the last of those cells that were read by several, in their order. Some more than once.
    readers: Vec<Vec<u32>>,
}

impl Cells {
    pub fn of(&mut self, owner: u32, key: Key) -> u32 {
        let hash = hash(owner, key);
        match self.found(hash, owner, key) {
            Some(cell) => cell,
            None => {
                let next = self.all.len() as u32;
                self.known.insert(hash, next);
                self.all.push(Cell { owner, key, set: EMPTY, bindings: EMPTY, writer: NONE, reader: NONE, others: NONE });
                next
            }
        }
    }

    fn found(&self, hash: u64, owner: u32, key: Key) -> Option<u32> {
        self.known.find(hash, |cell| (self.all[cell as usize].owner, self.all[cell as usize].key) == (owner, key))
    }

    pub fn of_value(&mut self, owner: Id, key: Key) -> u32 {
        self.of(owner.0, key)
    }

    /// A cell that holds nothing, for those who wait that an attribute is stored on an object.
    pub fn of_any_object(&mut self, name: Str) -> u32 {
        self.of(NONE, Key::attribute(name))
    }

    /// What a cell holds; `reader` is told when it grows.
    pub fn read(&mut self, cell: u32, reader: u32) -> (Set, Set) {
        let known = &mut self.all[cell as usize];
        if known.reader != reader {
            let last = std::mem::replace(&mut known.reader, reader);
            if last != NONE {
                if known.others == NONE {
                    known.others = self.readers.len() as u32;
                    self.readers.push(Vec::new());
                }
                push(&mut self.readers[known.others as usize], last);
            }
        }
        (known.set, known.bindings)
    }

    /// The cell of an owner, if there is one.
    pub fn known(&self, owner: Id, key: Key) -> Option<u32> {
        self.found(hash(owner.0, key), owner.0, key)
    }

    pub fn peek(&self, cell: u32) -> (Set, Set) {
        let cell = &self.all[cell as usize];
        (cell.set, cell.bindings)
    }

    /// Puts a larger set into a cell. Gives those to tell.
    pub fn write(&mut self, at: u32, set: Set, bindings: Set, writer: u32) -> Vec<u32> {
        let cell = &mut self.all[at as usize];
        cell.writer = if cell.writer == NONE || cell.writer == writer { writer } else { MANY };
        if (cell.set, cell.bindings) == (set, bindings) {
            return Vec::new();
        }
        (cell.set, cell.bindings) = (set, bindings);
        self.take_readers(at)
    }

    /// Those to tell that a cell changed.
    pub fn take_readers(&mut self, cell: u32) -> Vec<u32> {
        let cell = &mut self.all[cell as usize];
        let mut readers = if cell.others == NONE { Vec::new() } else { std::mem::take(&mut self.readers[cell.others as usize]) };
        let last = std::mem::replace(&mut cell.reader, NONE);
        if last != NONE {
            readers.push(last);
        }
        readers
    }

    /// Those of the readers to tell whom that concerns; the others stay.
    pub fn take_readers_if(&mut self, cell: u32, concerns: impl Fn(u32) -> bool) -> Vec<u32> {
        let (told, others): (Vec<u32>, Vec<u32>) = self.take_readers(cell).into_iter().partition(|&reader| concerns(reader));
        others.into_iter().for_each(|reader| _ = self.read(cell, reader));
        told
    }

    /// Gives back the memory of who is to be told: nothing changes any more.
    pub fn forget_readers(&mut self) {
        self.all.iter_mut().for_each(|cell| (cell.reader, cell.others) = (NONE, NONE));
        self.readers = Vec::new();
    }

    /// Whether nobody but `unit` ever wrote a cell.
    pub fn is_own(&self, cell: u32, unit: u32) -> bool {
        let writer = self.all[cell as usize].writer;
        writer == NONE || writer == unit
    }
}

fn hash(owner: u32, key: Key) -> u64 {
    FxBuildHasher.hash_one((owner, key))
}

/// Adds a reader. Those who take turns would fill the memory: before the list grows, only the first of each is kept.
fn push(readers: &mut Vec<u32>, reader: u32) {
    if readers.len() == readers.capacity() && readers.len() >= SOME {
        let mut seen = FxHashSet::with_capacity_and_hasher(readers.len(), FxBuildHasher);
        readers.retain(|&reader| seen.insert(reader));
    }
    readers.push(reader);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_found_again_among_many() {
        let mut cells = Cells::default();
        let keys: Vec<(u32, Key)> = (0..10_000).map(|n| (n % 97, Key::index(i64::from(n)))).collect();
        let made: Vec<u32> = keys.iter().map(|&(owner, key)| cells.of(owner, key)).collect();
        assert_eq!(made, (0..10_000).collect::<Vec<u32>>());
        assert!(keys.iter().zip(made).all(|(&(owner, key), cell)| cells.of(owner, key) == cell));
    }

    #[test]
    fn readers_are_told_in_the_order_in_which_they_came() {
        let mut cells = Cells::default();
        let cell = cells.of(1, Key::ELEMENTS);
        [7, 7, 9, 7, 8].into_iter().for_each(|reader| _ = cells.read(cell, reader));
        assert_eq!(cells.write(cell, Set(1), EMPTY, 1), [7, 9, 7, 8]);
        assert!(cells.take_readers(cell).is_empty());
        cells.read(cell, 8);
        assert_eq!(cells.take_readers(cell), [8]);
    }

    #[test]
    fn readers_whom_it_does_not_concern_are_told_another_time() {
        let mut cells = Cells::default();
        let cell = cells.of(1, Key::ORDER);
        [4, 5, 6, 7].into_iter().for_each(|reader| _ = cells.read(cell, reader));
        assert_eq!(cells.take_readers_if(cell, |reader| reader % 2 == 0), [4, 6]);
        assert_eq!(cells.take_readers(cell), [5, 7]);
    }

    #[test]
    fn readers_who_take_turns_fill_no_memory() {
        let mut cells = Cells::default();
        let cell = cells.of(1, Key::ELEMENTS);
        (0..10_000).for_each(|turn| _ = cells.read(cell, [3, 5, 4][turn % 3]));
        let readers = cells.take_readers(cell);
        assert_eq!(readers[..3], [3, 5, 4]);
        assert!(readers.len() <= 2 * SOME, "{}", readers.len());
    }
}
