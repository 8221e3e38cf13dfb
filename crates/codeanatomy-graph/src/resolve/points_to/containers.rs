//! Containers: what lists, tuples, dictionaries and sets hold at known and unknown places, and what iterating gives.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::{Ancestor, Class, is_typed_dict};
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::table::Str;

impl Machine<'_, '_> {
    /// The container that a node makes in the present activation.
    pub fn make(&mut self, site: u32, kind: Container) -> Id {
        let id = self.values.id(Value::Container { kind, site, unit: self.state.unit });
        if !self.state.loops.is_empty() {
            self.repeated.insert(id);
        }
        id
    }

    pub fn make_wrapper(&mut self, site: u32, kind: Wrapper) -> Id {
        self.values.id(Value::Wrapper { kind, site, unit: self.state.unit })
    }

    /// Stores under a key; everything stored is among the elements.
    pub fn store_index(&mut self, container: Id, key: Key, set: Set) {
        if key != Key::ELEMENTS {
            let cell = self.cells.of_value(container, key);
            self.write_values(cell, set);
            if key != Key::SOMEWHERE && self.is_alone(container) {
                let place = self.state.field(cell);
                self.state.set(place, Held { values: set, bindings: EMPTY }, &mut self.sets, &mut self.bindings);
            }
        }
        self.store_values(container, Key::ELEMENTS, set);
    }

    /// Whether a container stands for one object, made by the present activation.
    fn is_alone(&self, container: Id) -> bool {
        match self.values.get(container) {
            Value::Container { unit, .. } => unit == self.state.unit && !self.repeated.contains(&container),
            _ => false,
        }
    }

    fn load_key(&mut self, container: Id, key: Key) -> Set {
        let cell = self.cells.of_value(container, key);
        let mut set = self.read(cell).values;
        if self.is_alone(container)
            && let Some(&place) = self.state.fields.get(&cell)
            && self.cells.is_own(cell, self.state.unit)
        {
            let held = self.state.get(place);
            if held.values != EMPTY {
                set = held.values;
            }
        }
        let somewhere = self.read_values(container, Key::SOMEWHERE);
        self.union(set, somewhere)
    }

    pub fn load_index(&mut self, container: Id, index: i64) -> Set {
        let length = self.lengths.get(&container).copied();
        let index = match length {
            Some(length) if index < 0 => length as i64 + index,
            None if index < 0 => return self.read_values(container, Key::ELEMENTS),
            _ => index,
        };
        self.load_key(container, Key::index(index))
    }

    pub fn load_text(&mut self, container: Id, text: Str) -> Set {
        self.load_key(container, Key::text(text))
    }

    /// Stores under every key of a set.
    pub fn store_item(&mut self, container: Id, keys: Set, set: Set) {
        self.store_values(container, Key::KEYS, keys);
        let ids = self.elements(keys);
        if ids.is_empty() {
            self.store_index(container, Key::SOMEWHERE, set);
        }
        let length = self.lengths.get(&container).copied().unwrap_or(0) as i64;
        for id in ids {
            match self.values.get(id) {
                Value::Text(text) => self.store_index(container, Key::text(text), set),
                Value::Integer(index) if index >= 0 => self.store_index(container, Key::index(index), set),
                Value::Integer(index) if length + index >= 0 && length > 0 => self.store_index(container, Key::index(length + index), set),
                _ => self.store_index(container, Key::SOMEWHERE, set),
            }
        }
    }

    /// `objects[index] = set`.
    pub fn store_items(&mut self, node: u32, objects: Set, index: Argument, set: Set) {
        let is_slice = self.repository.tree.children(node).nth(1).is_some_and(|index| self.repository.tree.kind(index) == Syntax::Slice);
        let arguments = Arguments { all: vec![index, Argument::plain(set, self.stored_by(node))] };
        let index = index.set;
        let (_, others) = self.specials(node, self.elements(objects), self.words.setitem, &arguments, Via::Subscript);
        for object in others {
            if let Value::Vars(of) = self.values.get(object) {
                self.store_var(node, of, index, set);
                continue;
            }
            if self.holds(object).is_none() {
                continue;
            }
            if is_slice {
                let elements = self.iterate(node, set, false);
                self.store_index(object, Key::SOMEWHERE, elements);
            } else {
                self.looked_for(node, object, index, Via::Subscript);
                self.store_item(object, index, set);
            }
        }
    }

    /// `object[index]` as an expression.
    pub fn subscript(&mut self, node: u32) -> Set {
        let (objects, keys) = self.subscripted(node);
        self.subscript_of(node, objects, keys)
    }

    /// The object and the index of such an expression.
    pub fn subscripted(&mut self, node: u32) -> (Set, Argument) {
        (self.evaluate(node + 1), self.operand(node, Field::Slice))
    }

    /// What the one has under the other.
    pub fn subscript_of(&mut self, node: u32, objects: Set, keys: Argument) -> Set {
        let tree = &self.repository.tree;
        let index = tree.in_field(node, Field::Slice).next();
        let is_slice = index.is_some_and(|index| tree.kind(index) == Syntax::Slice);
        for object in self.elements(objects) {
            if let Value::Container { .. } = self.values.get(object) {
                self.looked_for(node, object, keys.set, Via::Subscript);
            }
        }
        self.items(node, objects, keys, is_slice)
    }

    /// What some objects have under some keys.
    pub fn items(&mut self, node: u32, objects: Set, keys: Argument, is_slice: bool) -> Set {
        let (mut found, mut others) = (EMPTY, self.elements(objects));
        if others.iter().any(|&id| self.is_object(id)) {
            let (objects, rest) = others.into_iter().partition(|&id| self.is_object(id));
            (found, others) = self.specials(node, objects, self.words.getitem, &Arguments::given(keys), Via::Subscript);
            others.extend::<Vec<Id>>(rest);
        }
        for object in others {
            let set = self.item(node, object, keys, is_slice);
            found = self.union(found, set);
        }
        found
    }

    /// What one object has under some keys that has no `__getitem__` from the repository.
    fn item(&mut self, node: u32, object: Id, index: Argument, is_slice: bool) -> Set {
        let keys = index.set;
        match self.values.get(object) {
            Value::Container { kind, .. } if is_slice => self.slice(node, object, kind),
            Value::Container { kind, .. } => {
                if kind != Container::Dict {
                    self.first_special(node, keys, &[self.words.index_], Via::Subscript);
                }
                let found = self.items_under(object, keys);
                let made = self.read_values(object, Key::attribute(self.words.default_factory));
                if made == EMPTY {
                    return found;
                }
                let fresh = self.call_all(node, made, &Arguments::none(), Via::Builtin);
                self.store_item(object, keys, fresh);
                self.union(found, fresh)
            }
            Value::Instance { class, .. } => match self.holds(object) {
                Some(kind) if is_slice && kind != Container::Dict => self.slice(node, object, kind),
                Some(_) => self.held_item(node, object, index),
                None if !self.order(class).is_complete => self.unknown(Reason::UnknownBase),
                None => self.unknown(Reason::Container),
            },
            Value::Class { .. } => self.item_of_class(node, object, index),
            Value::Vars(of) => self.var(node, of, keys),
            Value::External(name) if name == self.words.sys_modules => match self.loaded_module(node, keys) {
                EMPTY => self.sets.one(object),
                modules => modules,
            },
            Value::External(_) | Value::Builtin(_) => self.sets.one(object),
            Value::Text(_) => self.literal(self.words.str),
            Value::Literal(kind) if kind == self.words.str || (kind == self.words.bytes && is_slice) => self.literal(kind),
            Value::Literal(kind) if kind == self.words.bytes => self.literal(self.words.int),
            Value::ExternalResult(_) | Value::ExternalMember(_) => self.unknown(Reason::ExternalResult),
            Value::Unknown(reason) => self.unknown(reason),
            _ => self.unknown(Reason::Container),
        }
    }

    /// What a container holds under any of some keys; without a key, anywhere.
    pub fn items_under(&mut self, object: Id, keys: Set) -> Set {
        if keys == EMPTY { self.read_values(object, Key::ELEMENTS) } else { self.items_at(object, keys) }
    }

    /// What a container holds under any of the keys that are there.
    pub fn items_at(&mut self, object: Id, keys: Set) -> Set {
        let mut found = EMPTY;
        for key in self.elements(keys) {
            let set = match self.values.get(key) {
                Value::Text(text) => match self.load_text(object, text) {
                    EMPTY => self.declared_key(object, text),
                    set => set,
                },
                Value::Integer(index) => self.load_index(object, index),
                _ => self.read_values(object, Key::ELEMENTS),
            };
            found = self.union(found, set);
        }
        found
    }

    /// What a `TypedDict` declares of a key.
    fn declared_key(&mut self, object: Id, key: Str) -> Set {
        let Value::Instance { class, .. } = self.values.get(object) else { return EMPTY };
        let order = self.order(class);
        let is_typed = |&ancestor: &Ancestor| match ancestor {
            Ancestor::Class(id) => self.classes.get(&id).is_some_and(|known| self.is_typed_dict(known)),
            _ => false,
        };
        if order.ancestors.iter().any(is_typed) { self.annotated_in(&order.ancestors, key).values } else { EMPTY }
    }

    /// Whether `TypedDict` is among the bases that are written.
    fn is_typed_dict(&self, class: &Class) -> bool {
        let is_one = |&id: &Id| matches!(self.values.get(id), Value::External(name) if is_typed_dict(self.resolver.strings.text(name)));
        class.written.iter().any(|&(_, bases)| self.sets.get(bases).iter().any(is_one))
    }

    /// An item of an object whose class derives from the type of a container, or what its `__missing__` gives.
    fn held_item(&mut self, node: u32, object: Id, keys: Argument) -> Set {
        self.looked_for(node, object, keys.set, Via::Subscript);
        let found = self.items_under(object, keys.set);
        let missing = if self.holds(object) == Some(Container::Dict) {
            self.special(node, object, self.words.missing, Arguments::given(keys), Via::Subscript)
        } else {
            None
        };
        let found = self.union(found, missing.unwrap_or(EMPTY));
        self.or_unknown(found)
    }

    /// What was found in an object of the repository; where nothing was, nobody knows what it holds.
    pub fn or_unknown(&mut self, found: Set) -> Set {
        if found == EMPTY { self.unknown(Reason::Container) } else { found }
    }

    /// The kind of a container, or of an object of the repository that is one besides.
    pub fn holds(&mut self, id: Id) -> Option<Container> {
        match self.values.get(id) {
            Value::Container { kind, .. } => Some(kind),
            Value::Instance { class, .. } => self.order(class).holds,
            _ => None,
        }
    }

    /// Whether elements are taken out of a list or tuple by their places: its class does not iterate in a way of its own.
    pub fn is_laid_out(&mut self, id: Id) -> bool {
        if !matches!(self.holds(id), Some(Container::Tuple | Container::List)) {
            return false;
        }
        match self.values.get(id) {
            Value::Instance { class, .. } => self.look_up(class, self.words.iter, None).is_none(),
            _ => true,
        }
    }

    /// Puts what the constructor of a container's type is given into an object of a class that derives from it.
    pub fn fill_object(&mut self, site: u32, object: Id, kind: Container, arguments: &Arguments) {
        if kind == Container::Dict {
            self.update(site, object, arguments);
            return;
        }
        let from = arguments.positional(0).unwrap_or(EMPTY);
        for source in self.elements(from) {
            match self.lengths.get(&source).copied() {
                Some(length) if kind != Container::Set => self.copy_laid_out(source, object, length),
                _ => {
                    let one = self.sets.one(source);
                    let elements = self.iterate(site, one, false);
                    self.store_index(object, Key::SOMEWHERE, elements);
                }
            }
        }
    }

    /// Puts the elements of a list or tuple that is laid out at the same places of another.
    pub fn copy_laid_out(&mut self, source: Id, into: Id, length: usize) {
        for index in 0..length as i64 {
            let set = self.load_index(source, index);
            self.store_index(into, Key::index(index), set);
        }
    }

    /// `C[x]`: what its metaclass says, a member of an enumeration, or what `__class_getitem__` gives; else the class, with arguments for types.
    fn item_of_class(&mut self, node: u32, class: Id, keys: Argument) -> Set {
        let found = self.special(node, class, self.words.getitem, Arguments::given(keys), Via::Subscript);
        if let Some(set) = self.enumerated(class).or(found) {
            return set;
        }
        let own = self.sets.one(class);
        // A postponed annotation is read, not run.
        if self.moment.is_some() {
            return own;
        }
        let Some(methods) = self.look_up(class, self.words.class_getitem, None) else { return own };
        let mut found = EMPTY;
        for method in self.elements(methods) {
            for bound in self.bound(method, class, class) {
                let set = self.call(node, bound, &Arguments::given(keys), Via::Subscript);
                found = self.union(found, set);
            }
        }
        let is_class = |id: &Id| matches!(self.values.get(*id), Value::Class { .. });
        match self.elements(found)[..] {
            [id] if is_class(&id) => found,
            // Where calls for several classes were not told apart, which one it gave back is not known.
            ref ids if ids.iter().any(is_class) => own,
            _ => self.union(found, own),
        }
    }

    /// A slice holds what its bounds say, where they are written out; else everything.
    fn slice(&mut self, node: u32, object: Id, kind: Container) -> Set {
        let made = self.make(node, kind);
        let bounds = self.bounds(node, object);
        match bounds {
            Some((from, to)) => {
                for index in from..to {
                    let set = self.load_index(object, index);
                    self.store_index(made, Key::index(index - from), set);
                }
                self.lengths.insert(made, (to - from).max(0) as usize);
            }
            None => {
                let all = self.read_values(object, Key::ELEMENTS);
                self.store_index(made, Key::SOMEWHERE, all);
            }
        }
        self.sets.one(made)
    }

    /// The constant bounds of a slice of something whose length is known.
    fn bounds(&self, node: u32, object: Id) -> Option<(i64, i64)> {
        let tree = &self.repository.tree;
        let length = *self.lengths.get(&object)? as i64;
        let slice = tree.in_field(node, Field::Slice).next()?;
        let bound = |field: Field| match tree.child(slice, field) {
            None => Some(None),
            Some(child) => match self.sets.get(self.found.values[child as usize]) {
                [id] => match self.values.get(*id) {
                    Value::Integer(index) => Some(Some(if index < 0 { (length + index).max(0) } else { index.min(length) })),
                    _ => None,
                },
                _ => None,
            },
        };
        if tree.child(slice, Field::Step).is_some() {
            return None;
        }
        Some((bound(Field::Lower)?.unwrap_or(0), bound(Field::Upper)?.unwrap_or(length)))
    }

    /// Adds the elements of some values to a container.
    pub fn pour(&mut self, site: u32, set: Set, into: Id) {
        for id in self.elements(set) {
            match (self.holds(id), self.values.get(id)) {
                (Some(Container::Dict), _) => {
                    let (keys, all) = (self.read_values(id, Key::KEYS), self.read_values(id, Key::ELEMENTS));
                    self.store_values(into, Key::KEYS, keys);
                    let mut is_known = true;
                    for key in self.elements(keys) {
                        match self.values.get(key) {
                            Value::Text(text) => {
                                let held = self.load_text(id, text);
                                self.store_index(into, Key::text(text), held);
                            }
                            Value::Integer(index) => {
                                let held = self.load_index(id, index);
                                self.store_index(into, Key::index(index), held);
                            }
                            _ => is_known = false,
                        }
                    }
                    if !is_known {
                        self.store_index(into, Key::SOMEWHERE, all);
                    }
                }
                (Some(_), _) => {
                    let all = self.read_values(id, Key::ELEMENTS);
                    self.store_index(into, Key::SOMEWHERE, all);
                    self.lengths.remove(&into);
                }
                (None, Value::Generator(unit)) => {
                    let all = self.yielded(unit);
                    self.store_index(into, Key::SOMEWHERE, all);
                }
                (None, Value::Instance { .. }) if self.holds(into) == Some(Container::Dict) => {
                    self.pour_mapping(site, id, into);
                }
                _ => {}
            }
        }
    }

    /// Pours in what an object has under its keys, if it is a mapping: it has a method `keys`.
    pub fn pour_mapping(&mut self, site: u32, object: Id, into: Id) -> bool {
        let Some(keys) = self.special(site, object, self.words.keys, Arguments::none(), Via::Builtin) else { return false };
        let keys = self.iterate(site, keys, false);
        let values = self.special(site, object, self.words.getitem, Arguments::one(keys), Via::Builtin).unwrap_or(EMPTY);
        self.store_item(into, keys, values);
        true
    }

    /// The elements that iterating gives, with the calls of `__iter__` and `__next__`.
    pub fn iterate(&mut self, node: u32, set: Set, is_async: bool) -> Set {
        let (mut found, mut objects) = (EMPTY, Vec::new());
        for id in self.elements(set) {
            if self.is_object(id) {
                objects.push(id);
                continue;
            }
            let elements = self.elements_of(node, id, is_async);
            found = self.union(found, elements);
        }
        if objects.is_empty() {
            return found;
        }
        let elements = self.elements_of_objects(node, objects, is_async);
        self.union(found, elements)
    }

    pub fn elements_of(&mut self, node: u32, id: Id, is_async: bool) -> Set {
        match self.values.get(id) {
            Value::Container { kind: Container::Dict, .. } => self.read_values(id, Key::KEYS),
            Value::Container { .. } => self.read_values(id, Key::ELEMENTS),
            Value::Generator(unit) => self.yielded(unit),
            Value::Text(_) | Value::Vars(_) => self.literal(self.words.str),
            Value::Literal(kind) if kind == self.words.str => self.literal(kind),
            Value::Literal(kind) if kind == self.words.bytes => self.literal(self.words.int),
            Value::Literal(_) => self.unknown(Reason::Container),
            Value::Instance { .. } => self.elements_of_objects(node, vec![id], is_async),
            Value::Class { .. } => {
                let made = self.special(node, id, self.words.iter, Arguments::none(), Via::Iteration);
                if let Some(members) = self.enumerated(id) {
                    return members;
                }
                match made {
                    Some(made) => self.iterate(node, made, false),
                    None => self.unknown(Reason::Container),
                }
            }
            Value::Unknown(reason) => self.unknown(reason),
            Value::External(_) | Value::ExternalResult(_) | Value::ExternalMember(_) => self.unknown(Reason::ExternalResult),
            _ => self.unknown(Reason::Container),
        }
    }

    fn elements_of_objects(&mut self, node: u32, objects: Vec<Id>, is_async: bool) -> Set {
        let (iter, next) = if is_async { (self.words.aiter, self.words.anext) } else { (self.words.iter, self.words.next) };
        let (made, others) = self.specials(node, objects, iter, &Arguments::none(), Via::Iteration);
        let (iterators, known): (Vec<Id>, Vec<Id>) = self.elements(made).into_iter().partition(|&id| self.is_object(id));
        let (given, _) = self.specials(node, iterators, next, &Arguments::none(), Via::Iteration);
        let mut found = if is_async { self.awaited(node, given) } else { given };
        for iterator in known {
            let set = self.elements_of(node, iterator, is_async);
            found = self.union(found, set);
        }
        let (holding, others): (Vec<Id>, Vec<Id>) = others.into_iter().partition(|&id| self.holds(id).is_some());
        for id in holding {
            let key = if self.holds(id) == Some(Container::Dict) { Key::KEYS } else { Key::ELEMENTS };
            let elements = self.read_values(id, key);
            let set = self.or_unknown(elements);
            found = self.union(found, set);
        }
        let index = Arguments::one(self.literal(self.words.int));
        let (items, without) = self.specials(node, others, self.words.getitem, &index, Via::Iteration);
        found = self.union(found, items);
        if without.is_empty() {
            return found;
        }
        let unknown = self.unknown(Reason::Container);
        self.union(found, unknown)
    }
}
