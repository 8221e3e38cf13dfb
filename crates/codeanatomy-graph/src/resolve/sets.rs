//! Sets by number: each distinct set is stored once. The order inside a set is the order of arrival.

use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;

use crate::resolve::index::Index;

/// The empty set.
pub const EMPTY: Set = Set(0);

/// The number of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set(pub u32);

impl Set {
    pub fn is_empty(self) -> bool {
        self == EMPTY
    }
}

/// Every set there is.
pub struct Sets<T> {
    values: Vec<T>,
    ranges: Vec<(u32, u32)>,
    known: Index,
}

impl<T: Copy + Eq + Hash> Sets<T> {
    pub fn new() -> Self {
        Self { values: Vec::new(), ranges: vec![(0, 0)], known: Index::default() }
    }

    /// The set of those values; they must be distinct.
    pub fn intern(&mut self, values: &[T]) -> Set {
        if values.is_empty() {
            return EMPTY;
        }
        let hash = FxBuildHasher.hash_one(values);
        if let Some(known) = self.known.find(hash, |set| self.get(Set(set)) == values) {
            return Set(known);
        }
        let start = self.values.len() as u32;
        self.values.extend_from_slice(values);
        let set = Set(self.ranges.len() as u32);
        self.ranges.push((start, self.values.len() as u32));
        self.known.insert(hash, set.0);
        set
    }

    pub fn get(&self, set: Set) -> &[T] {
        let (start, end) = self.ranges[set.0 as usize];
        &self.values[start as usize..end as usize]
    }

    pub fn len(&self, set: Set) -> usize {
        let (start, end) = self.ranges[set.0 as usize];
        (end - start) as usize
    }

    pub fn at(&self, set: Set, index: usize) -> T {
        self.values[self.ranges[set.0 as usize].0 as usize + index]
    }
}

/// Adds a value to a list unless it is there.
pub fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, Sets};

    #[test]
    fn equal_sets_have_one_number() {
        let mut sets = Sets::new();
        let set = sets.intern(&[1, 2]);
        assert_eq!(sets.intern(&[1, 2]), set);
        assert_ne!(sets.intern(&[2, 1]), set);
        assert_eq!(sets.intern(&[]), EMPTY);
        assert_eq!(sets.get(set), &[1, 2]);
    }
}
