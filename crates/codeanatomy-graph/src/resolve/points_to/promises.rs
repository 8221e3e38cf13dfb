//! Objects of which is known only what calling, awaiting or entering them gives: those that `Callable[…, X]`, `Awaitable[X]` and
//! `ContextManager[X]` allow, tasks and futures, and what asynchronous generators give to be awaited.

use crate::resolve::kinds::Field;
use crate::resolve::points_to::calls::Arguments;
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
        for id in self.elements(promise) {
            self.store_values(id, Key::attribute(self.words.class), object);
        }
        self.union(object, promise)
    }

    /// `set_result` of some futures.
    pub fn settle_futures(&mut self, futures: Set, arguments: &Arguments) -> Set {
        let result = arguments.positional(0).or_else(|| arguments.keyword(self.words.result)).unwrap_or(EMPTY);
        for future in self.elements(futures) {
            self.store_values(future, Key::attribute(self.words.await_), result);
        }
        EMPTY
    }

    /// `add_done_callback` of some futures or tasks: the callback is given each of them.
    pub fn watch_futures(&mut self, site: u32, futures: Set, arguments: &Arguments) -> Set {
        let mut given = futures;
        for future in self.elements(futures) {
            let object = self.read_values(future, Key::attribute(self.words.class));
            given = self.union(given, object);
        }
        self.called_back(site, arguments.positional(0).unwrap_or(EMPTY), &Arguments::one(given));
        EMPTY
    }

    /// An attribute of such an object: its special methods, and those of a task or a future that say what it ends with.
    pub fn attribute_of_giving(&mut self, node: u32, object: Id, name: Str) -> Set {
        let method = match name {
            _ if name == self.words.set_result => Some(Wrapper::Settling),
            _ if name == self.words.add_done_callback => Some(Wrapper::Watching),
            _ => None,
        };
        if let Some(kind) = method {
            let future = self.sets.one(object);
            return self.wrapped(node, kind, future);
        }
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

    /// Lets event loops drive the generators into which nothing in the repository sends anything known: what a `yield` gives there is what the
    /// generator, coroutine or future that was yielded ends with, or a list of that where it was several. Whether that is more than before.
    pub fn drive(&mut self) -> bool {
        let mut is_more = false;
        for ((unit, node), yielded) in self.undriven.clone() {
            let sent = self.taken(unit, Key::SENT);
            if !self.is_opaque(sent) {
                continue;
            }
            self.asked = self.units[unit as usize].definition;
            let mut given = EMPTY;
            for id in self.elements(yielded) {
                let end = match self.values.get(id) {
                    Value::Container { kind: Container::List | Container::Tuple, .. } => self.ends(id, (node, unit)),
                    _ => self.end_of(id).unwrap_or(EMPTY),
                };
                given = self.union(given, end);
            }
            let cell = self.cells.of(unit, Key::driven(node));
            let before = self.cells.peek(cell).0;
            self.write_values(cell, given);
            is_more |= self.cells.peek(cell).0 != before;
        }
        is_more
    }

    /// A list, made at a place, of what the elements of a container end with; nothing where none of them does.
    fn ends(&mut self, container: Id, (site, unit): (u32, u32)) -> Set {
        let mut ends = EMPTY;
        let elements = self.read_values(container, Key::ELEMENTS);
        for id in self.elements(elements) {
            let end = self.end_of(id).unwrap_or(EMPTY);
            ends = self.union(ends, end);
        }
        if ends == EMPTY {
            return EMPTY;
        }
        let list = self.values.id(Value::Container { kind: Container::List, site, unit });
        self.store_index(list, Key::SOMEWHERE, ends);
        self.sets.one(list)
    }

    /// Whether a value is a future of which it is not known with what it is settled.
    pub fn is_unsettled(&self, id: Id) -> bool {
        let held = |key| self.cells.known(id, key).map_or(EMPTY, |cell| self.cells.peek(cell).0);
        self.is_giving(id) && held(Key::attribute(self.words.class)) != EMPTY && held(Key::attribute(self.words.await_)) == EMPTY
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
