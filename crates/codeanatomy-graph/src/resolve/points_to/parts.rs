//! What containers and dataclasses ask of what they hold when they are shown, hashed or compared as a whole, however deep it lies.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set};
use crate::table::Str;

/// What something made of parts asks each of them for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    Text,
    Hash,
    Equality,
    Order,
}

impl Asks {
    /// Whether a container asks what it holds.
    fn is_of(self, kind: Container) -> bool {
        match self {
            Asks::Text => kind != Container::Iterator,
            Asks::Hash => kind == Container::Tuple,
            Asks::Equality => !matches!(kind, Container::Set | Container::Iterator),
            Asks::Order => matches!(kind, Container::List | Container::Tuple),
        }
    }
}

impl Machine<'_, '_> {
    /// Lists, tuples, sets, dictionaries and dataclasses show what they hold by `repr`.
    pub fn show_parts(&mut self, site: u32, containers: Vec<Id>, via: Via) {
        self.ask_parts(site, containers, self.words.repr, Asks::Text, via);
    }

    /// The hash of a tuple or a dataclass is made of those of its elements.
    pub fn hash_parts(&mut self, site: u32, keys: Vec<Id>, via: Via) {
        self.ask_parts(site, keys, self.words.hash, Asks::Hash, via);
    }

    /// Lists, tuples, dictionaries and dataclasses are equal if what they hold is: elements of the left ones are asked, or where those have no answer the right.
    pub fn equate_parts(&mut self, site: u32, left: Vec<Id>, right: Set, via: Via) {
        let (mut left, mut right) = (left, self.elements(right));
        let mut seen = Vec::new();
        loop {
            let (held, others) = (self.parts(&left, Asks::Equality), self.parts(&right, Asks::Equality));
            if held == EMPTY || others == EMPTY || seen.contains(&(held, others)) {
                return;
            }
            seen.push((held, others));
            (_, left) = self.specials(site, self.elements(held), self.words.eq, &Arguments::one(others), via);
            right = self.elements(others);
            if left.len() == self.sets.len(held) {
                (_, right) = self.specials(site, right, self.words.eq, &Arguments::one(held), via);
            }
        }
    }

    /// Lists, tuples and dataclasses are ordered by the first of their elements that are not equal.
    pub fn order_parts(&mut self, site: u32, left: Vec<Id>, right: Set, [method, mirrored]: [Str; 2], via: Via) {
        let (mut left, mut right) = (left, self.elements(right));
        let mut seen = Vec::new();
        loop {
            let (held, others) = (self.parts(&left, Asks::Order), self.parts(&right, Asks::Order));
            if held == EMPTY || others == EMPTY || seen.contains(&(held, others)) {
                return;
            }
            seen.push((held, others));
            for (method, mirrored) in [(self.words.eq, self.words.eq), (method, mirrored)] {
                (_, left) = self.specials(site, self.elements(held), method, &Arguments::one(others), via);
                right = self.elements(others);
                if left.len() == self.sets.len(held) {
                    (_, right) = self.specials(site, right, mirrored, &Arguments::one(held), via);
                }
            }
        }
    }

    fn ask_parts(&mut self, site: u32, containers: Vec<Id>, name: Str, asks: Asks, via: Via) {
        let mut containers = containers;
        let mut seen = Vec::new();
        loop {
            let held = self.parts(&containers, asks);
            if held == EMPTY || seen.contains(&held) {
                return;
            }
            seen.push(held);
            (_, containers) = self.specials(site, self.elements(held), name, &Arguments::none(), via);
        }
    }

    /// What those of the values that ask their parts hold: containers, and objects whose class gets such a method from `dataclass`.
    pub fn parts(&mut self, values: &[Id], asks: Asks) -> Set {
        let mut found = EMPTY;
        for &id in values {
            let fields = self.fields_asked(id, asks);
            found = self.union(found, fields);
            let Some(kind) = self.holds(id).filter(|&kind| asks.is_of(kind)) else { continue };
            for key in if kind == Container::Dict { &[Key::KEYS, Key::ELEMENTS][..] } else { &[Key::ELEMENTS] } {
                let held = self.read_values(id, *key);
                found = self.union(found, held);
            }
        }
        found
    }
}
