//! Cells: what is shared between activations. Whoever reads one is told when it grows.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;

use crate::resolve::points_to::value::{EMPTY, Id, Set};
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// Written by more than one activation.
const MANY: u32 = NONE - 1;

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
    pub const YIELDED: Self = Self(12 << 56);
    pub const SENT: Self = Self(13 << 56);
    /// Of a class: those that inherit from it directly.
    pub const HEIRS: Self = Self(15 << 56);
}

#[derive(Clone, Debug)]
struct Cell {
    owner: u32,
    key: Key,
    set: Set,
    /// The nodes that bind or store it and may be in force, of a variable or an attribute.
    bindings: Set,
    writer: u32,
    /// Who read it last: most reads are by the same activation again.
    reader: u32,
    /// Who must run again when it grows; they read it anew then. Some more than once.
    readers: Vec<u32>,
}

#[derive(Default)]
pub struct Cells {
    all: Vec<Cell>,
    /// By the hash of owner and key: whoever asks for a cell looks into it anyway.
    known: HashTable<u32>,
}

impl Cells {
    pub fn of(&mut self, owner: u32, key: Key) -> u32 {
        let Self { all, known } = self;
        let is_it = |&cell: &u32| (all[cell as usize].owner, all[cell as usize].key) == (owner, key);
        let hash_of = |&cell: &u32| hash(all[cell as usize].owner, all[cell as usize].key);
        match known.entry(hash(owner, key), is_it, hash_of) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let next = all.len() as u32;
                free.insert(next);
                all.push(Cell { owner, key, set: EMPTY, bindings: EMPTY, writer: NONE, reader: NONE, readers: Vec::new() });
                next
            }
        }
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
            known.reader = reader;
            known.readers.push(reader);
        }
        (known.set, known.bindings)
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
        cell.reader = NONE;
        std::mem::take(&mut cell.readers)
    }

    /// Gives back the memory of who is to be told: nothing changes any more.
    pub fn forget_readers(&mut self) {
        self.all.iter_mut().for_each(|cell| cell.readers = Vec::new());
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
