//! Ids of nodes and edges: 64-bit integers, a function of repository-relative facts only.
//!
//! | range | what | form |
//! | --- | --- | --- |
//! | 0 .. 2^62 | syntax nodes | file key (38 bits) and pre-order number (24 bits) |
//! | 2^62 .. 2^63 | everything else | 62 bits of BLAKE3 over the parts of its key |
//!
//! A collision among hashed ids is resolved by `Allocator`: the key that comes later in the order of keys takes the next salt.

use rustc_hash::FxHashMap;

/// Set in every id that is not a syntax node's.
pub const HASHED: i64 = 1 << 62;
/// Bits of the pre-order number.
pub const NODE_BITS: u32 = 24;

/// The id of a syntax node. `node` must be below 2^24.
pub fn syntax_id(file_id: i64, node: i32) -> i64 {
    (file_id << NODE_BITS) | i64::from(node)
}

/// 62 bits of BLAKE3 over the parts, each preceded by its length, with the mark of hashed ids.
pub fn hashed_id(parts: &[&str]) -> i64 {
    hash(parts).0
}

/// The id of the parts, and 64 further bits of their hash.
fn hash(parts: &[&str]) -> (i64, u64) {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let bytes = hasher.finalize();
    let word = |at: usize| u64::from_le_bytes(bytes.as_bytes()[at..at + 8].try_into().expect("a hash has 32 bytes"));
    ((word(0) >> 2) as i64 | HASHED, word(8))
}

/// Gives ids to keys, one id a key. Feed keys in a total order that does not depend on the run.
#[derive(Default)]
pub struct Allocator {
    /// Whose an id is: what the hash of its key says beyond the id.
    owners: FxHashMap<i64, u64>,
}

impl Allocator {
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of the key made of `parts`; the same parts give the same id again.
    pub fn id(&mut self, parts: &[&str]) -> i64 {
        let (mut id, key) = hash(parts);
        let mut salt = 0u32;
        while *self.owners.entry(id).or_insert(key) != key {
            salt += 1;
            id = hashed_id(&[parts, &[&salt.to_string()]].concat());
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_ids_sort_like_file_and_node() {
        assert!(syntax_id(1, 5) < syntax_id(1, 6));
        assert!(syntax_id(1, (1 << 24) - 1) < syntax_id(2, 0));
        assert!(syntax_id((1 << 38) - 1, 0) < HASHED);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hashed_id(&["ab", "c"]), hashed_id(&["a", "bc"]));
        assert!(hashed_id(&["x"]) >= HASHED);
    }

    #[test]
    fn the_same_key_keeps_its_id() {
        let mut ids = Allocator::new();
        assert_eq!(ids.id(&["a", "b"]), ids.id(&["a", "b"]));
        assert_ne!(ids.id(&["a", "b"]), ids.id(&["a", "c"]));
    }

    #[test]
    fn a_key_whose_id_another_has_takes_the_next_salt() {
        let mut ids = Allocator::new();
        ids.owners.insert(hashed_id(&["a", "b"]), 0);
        assert_eq!(ids.id(&["a", "b"]), hashed_id(&["a", "b", "1"]));
        assert_eq!(ids.id(&["a", "b"]), hashed_id(&["a", "b", "1"]));
    }
}
