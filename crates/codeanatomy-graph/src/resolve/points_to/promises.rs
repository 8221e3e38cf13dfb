//! Objects of which is known only what calling, awaiting or entering them gives: those that `Callable[…, X]`, `Awaitable[X]` and
//! `ContextManager[X]` allow, tasks and futures, and what asynchronous generators give to be awaited.

use crate::resolve::kinds::Field;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
use crate::table::Str;

impl Machine<'_, '_> {
    /// An object, made at a place in a node, whose special method gives something.
    pub fn giving(&mut self, (site, place): (u32, u32), special: Str, set: Set) -> Set {
        let id = self.values.id(Value::Wrapper { kind: Wrapper::Giving, site, unit: place });
        self.store_values(id, Key::attribute(special), set);
        self.sets.one(id)
    }

    /// What gives something when it is awaited.
    pub fn promise(&mut self, site: u32, set: Set) -> Set {
        self.giving((site, self.state.unit), self.words.await_, set)
    }

    /// A task or a future of a class outside the repository, with what it ends with.
    pub fn future(&mut self, site: u32, class: &str, set: Set) -> Set {
        let class = self.resolver.strings.intern(class);
        let (object, promise) = (self.one(Value::ExternalResult(class)), self.promise(site, set));
        self.union(object, promise)
    }

    /// An attribute of such an object: its special methods, and `result` of a task or a future.
    pub fn attribute_of_giving(&mut self, node: u32, object: Id, name: Str) -> Set {
        let given = if name == self.words.await_ {
            self.sets.one(object)
        } else if name == self.words.result {
            self.read_values(object, Key::attribute(self.words.await_))
        } else if name == self.words.call {
            self.read_values(object, Key::attribute(name))
        } else {
            EMPTY
        };
        if given == EMPTY { EMPTY } else { self.giving((node, self.state.unit), self.words.call, given) }
    }

    fn is_giving(&self, id: Id) -> bool {
        matches!(self.values.get(id), Value::Wrapper { kind: Wrapper::Giving, .. })
    }

    /// Some values without those of which only the external call is known that gave them, where one beside these tells more.
    pub fn telling(&mut self, set: Set) -> Set {
        if self.sets.get(set).iter().any(|&id| self.is_giving(id)) { self.without_results(set) } else { set }
    }

    /// What calling some values gave, likewise.
    pub fn told(&mut self, callees: Set, given: Set) -> Set {
        if self.sets.get(callees).iter().any(|&id| self.is_giving(id)) { self.without_results(given) } else { given }
    }

    fn without_results(&mut self, set: Set) -> Set {
        let is_result = |id: &Id| matches!(self.values.get(*id), Value::ExternalResult(_) | Value::Unknown(_));
        let kept: Vec<Id> = self.elements(set).into_iter().filter(|id| !is_result(id)).collect();
        if kept.is_empty() { set } else { self.sets.of(kept) }
    }

    /// What a function gave back; where that came from outside, what its annotation says.
    pub fn returned(&mut self, unit: u32) -> Set {
        let set = self.taken(unit, Key::RETURNED);
        let declared = if self.is_opaque(set) { self.declared_result(unit) } else { EMPTY };
        if declared != EMPTY && self.is_unknown(set) { declared } else { self.union(set, declared) }
    }

    /// What a generator gave to those who iterate; where that came from outside, what the annotation of its function says.
    pub fn yielded(&mut self, unit: u32) -> Set {
        let set = self.taken(unit, Key::YIELDED);
        let declared = if self.is_opaque(set) { self.declared_result(unit) } else { EMPTY };
        let mut elements = EMPTY;
        for id in self.elements(declared) {
            if let Value::Container { kind: Container::Iterator, .. } = self.values.get(id) {
                let of_one = self.read_values(id, Key::ELEMENTS);
                elements = self.union(elements, of_one);
            }
        }
        if elements != EMPTY && self.is_unknown(set) { elements } else { self.union(set, elements) }
    }

    fn declared_result(&mut self, unit: u32) -> Set {
        let node = self.repository.definitions.get(self.units[unit as usize].definition).node;
        let tree = &self.repository.tree;
        match tree.child(node, Field::Returns) {
            Some(annotation) if tree.kind(node).is_function() => self.declared(annotation),
            _ => EMPTY,
        }
    }
}
