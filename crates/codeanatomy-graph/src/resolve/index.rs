//! Numbers of things that are stored elsewhere, by the hashes of these.

use crate::resolve::syntax::NONE;

/// An entry that is free.
const FREE: (u32, u32) = (0, NONE);
const FIRST_SIZE: usize = 1 << 10;

/// Whoever asks looks into the thing itself anyway, so an entry is half of its hash and its number: a look that finds mostly reads one line of
/// memory, where a table with its marks apart reads two, and nothing is hashed again when it grows.
pub struct Index {
    /// Each at the place that its hash says, or at the next free one. As many as a power of two, a quarter of them free.
    entries: Vec<(u32, u32)>,
    count: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { entries: vec![FREE; FIRST_SIZE], count: 0 }
    }
}

impl Index {
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = half(hash);
        let mut place = self.place(hash);
        while self.entries[place] != FREE {
            let (other, number) = self.entries[place];
            if other == hash && is_it(number) {
                return Some(number);
            }
            place = self.behind(place);
        }
        None
    }

    /// Adds a number that is not there.
    pub fn insert(&mut self, hash: u64, number: u32) {
        if self.count >= self.entries.len() / 4 * 3 {
            let larger = vec![FREE; self.entries.len() * 2];
            let former = std::mem::replace(&mut self.entries, larger);
            former.into_iter().filter(|&entry| entry != FREE).for_each(|entry| self.put(entry));
        }
        self.put((half(hash), number));
        self.count += 1;
    }

    fn put(&mut self, entry: (u32, u32)) {
        let mut place = self.place(entry.0);
        while self.entries[place] != FREE {
            place = self.behind(place);
        }
        self.entries[place] = entry;
    }

    fn place(&self, half: u32) -> usize {
        ((u64::from(half) * self.entries.len() as u64) >> 32) as usize
    }

    fn behind(&self, place: usize) -> usize {
        (place + 1) & (self.entries.len() - 1)
    }
}

/// The upper half is where all of a hash meets.
fn half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn each_is_found_among_many_also_where_hashes_are_alike() {
        let mut index = Index::default();
        let things: Vec<u64> = (0..10_000).map(|n| (n % 97) << 40).collect();
        for (number, &thing) in things.iter().enumerate() {
            index.insert(thing, number as u32);
        }
        let found = |wanted: u32| index.find(things[wanted as usize], |number| number == wanted);
        assert!((0..10_000).all(|number| found(number) == Some(number)));
        assert_eq!(index.find(3 << 40, |_| false), None);
        assert_eq!(index.find(u64::MAX, |_| true), None);
    }
}
