//! What dictionaries and sets ask of their keys, their hash and whether they are equal, and lists and tuples of the elements among which one is sought.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::parts::Asks;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value};

impl Machine<'_, '_> {
    /// Objects become keys.
    pub fn hashed(&mut self, site: u32, keys: Set, via: Via) {
        let (_, others) = self.specials(site, self.elements(keys), self.words.hash, &Arguments::none(), via);
        self.hash_parts(site, others, via);
    }

    /// What iterating over some values gives becomes keys; what is a key already knows its hash.
    pub fn hashed_from(&mut self, site: u32, from: Set) {
        for source in self.elements(from) {
            if !matches!(self.holds(source), Some(Container::Dict | Container::Set)) {
                let elements = self.elements_of(site, source, false);
                self.hashed(site, elements, Via::Builtin);
            }
        }
    }

    /// Keys are looked for in a dictionary or a set. Those there that may have the same hash, being of the same class, are asked whether they are equal.
    pub fn looked_for(&mut self, site: u32, object: Id, keys: Set, via: Via) {
        let place = match self.holds(object) {
            Some(Container::Dict) => Key::KEYS,
            Some(Container::Set) => Key::ELEMENTS,
            _ => return,
        };
        self.hashed(site, keys, via);
        let known = self.read_values(object, place);
        self.asked_if_equal(site, keys, known, via);
        // Keys that are tuples or dataclasses are as their parts are.
        let (parts, known) = (self.parts(&self.elements(keys), Asks::Hash), self.parts(&self.elements(known), Asks::Hash));
        self.asked_if_equal(site, parts, known, via);
    }

    /// Known keys of the classes of others are asked whether they are equal.
    fn asked_if_equal(&mut self, site: u32, keys: Set, known: Set, via: Via) {
        let classes = self.classes_in(keys);
        if classes.is_empty() {
            return;
        }
        let is_alike = |id: &Id| matches!(self.values.get(*id), Value::Instance { class, .. } if classes.contains(&class));
        let alike: Vec<Id> = self.elements(known).into_iter().filter(is_alike).collect();
        self.specials(site, alike, self.words.eq, &Arguments::one(keys), via);
    }

    /// Values are sought in a container: in a list or a tuple by asking each element, or what is sought where no element has an answer.
    pub fn sought(&mut self, site: u32, object: Id, values: Set, via: Via) {
        if matches!(self.holds(object), None | Some(Container::Dict | Container::Set)) {
            return self.looked_for(site, object, values, via);
        }
        let held = self.read_values(object, Key::ELEMENTS);
        let (_, unanswering) = self.specials(site, self.elements(held), self.words.eq, &Arguments::one(values), via);
        if unanswering.len() == self.sets.len(held) && held != EMPTY {
            self.specials(site, self.elements(values), self.words.eq, &Arguments::one(held), via);
        }
        self.equate_parts(site, unanswering, values, via);
    }

    fn classes_in(&self, set: Set) -> Vec<Id> {
        let class = |id: &Id| match self.values.get(*id) {
            Value::Instance { class, .. } => Some(class),
            _ => None,
        };
        self.sets.get(set).iter().filter_map(class).collect()
    }
}
