//! Small sets by number: each distinct set is stored once. The order inside a set is the order of arrival.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// The empty set.
pub const EMPTY: Set = Set(0);

/// The number of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    known: FxHashMap<Box<[T]>, u32>,
}

impl<T: Copy + Eq + Hash> Sets<T> {
    pub fn new() -> Self {
        let known = FxHashMap::from_iter([(Box::from([]), 0)]);
        Self { values: Vec::new(), ranges: vec![(0, 0)], known }
    }

    /// The set of those values; they must be distinct.
    pub fn intern(&mut self, values: &[T]) -> Set {
        if let Some(&number) = self.known.get(values) {
            return Set(number);
        }
        let start = self.values.len() as u32;
        self.values.extend_from_slice(values);
        self.ranges.push((start, self.values.len() as u32));
        let number = self.ranges.len() as u32 - 1;
        self.known.insert(values.into(), number);
        Set(number)
    }

    pub fn get(&self, set: Set) -> &[T] {
        let (start, end) = self.ranges[set.0 as usize];
        &self.values[start as usize..end as usize]
    }

    pub fn len(&self, set: Set) -> usize {
        self.get(set).len()
    }

    pub fn at(&self, set: Set, index: usize) -> T {
        self.get(set)[index]
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
