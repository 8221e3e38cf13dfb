//! Sets of names, small and never too small: each name is one bit of few, which others share.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

/// The place of the bit of a name.
#[derive(Clone, Copy, Debug)]
pub struct NameBit(u8);

impl NameBit {
    /// Of its text: the numbers of texts are not the same in every run, and what shares a bit must be.
    pub fn of(name: &str) -> Self {
        Self((FxBuildHasher.hash_one(name) >> (u64::BITS - u128::BITS.ilog2())) as u8)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct NameBits(u128);

impl NameBits {
    pub fn add(&mut self, name: NameBit) {
        self.0 |= 1 << name.0;
    }

    pub fn may_have(self, name: NameBit) -> bool {
        self.0 >> name.0 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::{NameBit, NameBits};

    #[test]
    fn what_was_added_is_there_and_most_else_is_not() {
        let name = |number: usize| NameBit::of(&format!("name{number}"));
        let mut names = NameBits::default();
        (0..10).for_each(|number| names.add(name(number)));
        assert!((0..10).all(|number| names.may_have(name(number))));
        let others = (10..1010).filter(|&number| names.may_have(name(number))).count();
        assert!(others < 200, "{others}");
    }
}
