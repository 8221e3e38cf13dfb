//! Classes that calls make: `type(name, bases, names)`, a metaclass that is called so, `Enum(name, names)`. They have no definition: rows name the
//! nearest class above that has one.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Origin, Reason, Set, Value};
use crate::resolve::resolver::Target;
use crate::table::Str;

impl Machine<'_, '_> {
    /// Whether calling a class, or its `__new__` behind it, makes a class: a metaclass with a name, bases and names.
    pub fn makes_classes(&mut self, class: Id, arguments: &Arguments) -> bool {
        arguments.count() >= 3 && self.order(class).ancestors.contains(&Ancestor::Builtin(self.words.type_))
    }

    /// `type(name, bases, names)`: as calling the metaclass of the bases, if they have one.
    pub fn called_type(&mut self, site: u32, arguments: &Arguments) -> Set {
        let mut inherited = Vec::new();
        for (_, set) in self.given_bases(site, arguments) {
            for base in self.elements(set) {
                if let Value::Class { .. } = self.values.get(base) {
                    inherited.extend(self.metaclasses(base));
                }
            }
        }
        match inherited.first() {
            Some(&metaclass) => self.instantiate(site, metaclass, arguments),
            None => self.made_class(site, None, arguments),
        }
    }

    /// What `type.__new__` makes of a name, bases and names. Where the names are the body of a class statement, it is that class; where they are those
    /// of many that are not told apart, one of the classes of the metaclass.
    pub fn made_class(&mut self, site: u32, metaclass: Option<Id>, arguments: &Arguments) -> Set {
        let unit = self.state.unit;
        self.factories.insert(self.units[unit as usize].definition);
        let bases = self.given_bases(site, arguments);
        let metaclasses = metaclass.map_or(EMPTY, |metaclass| self.sets.one(metaclass));
        let names = arguments.positional(2).unwrap_or(EMPTY);
        let (mut found, mut others) = (EMPTY, Vec::new());
        let is_alone = self.sets.len(names) == 1;
        for id in self.elements(names) {
            match self.values.get(id) {
                Value::Vars(class) if matches!(self.values.get(class), Value::Class { origin: Origin::Statement(_), .. }) => {
                    if is_alone && arguments.positional(1).is_some_and(|given| self.are_other_bases(given)) {
                        self.make_anew(class, &bases, metaclasses);
                    }
                    let one = self.sets.one(class);
                    found = self.union(found, one);
                }
                Value::Unknown(Reason::Limit) if let Some(metaclass) = metaclass => {
                    let any = self.some_object(metaclass);
                    let one = self.sets.one(any);
                    found = self.union(found, one);
                }
                _ => others.push(id),
            }
        }
        if found != EMPTY && others.is_empty() {
            return found;
        }
        let class = self.values.id(Value::Class { origin: Origin::Call(site), unit });
        self.set_bases(class, bases, metaclasses);
        let mut objects = Vec::new();
        for id in others {
            self.give_names(class, id, &mut objects);
        }
        self.name_descriptors(site, class, &objects);
        let mut named = arguments.clone();
        named.all.retain(|argument| argument.keyword.is_some());
        self.tell_bases(site, class, &named);
        let one = self.sets.one(class);
        self.union(found, one)
    }

    /// `Enum(name, names)`: a class with members of those names. Nothing where a class has members: a call looks one up then.
    pub fn made_enumeration(&mut self, site: u32, base: Id, arguments: &Arguments) -> Option<Set> {
        let names = arguments.positional(1).or_else(|| arguments.keyword(self.words.names))?;
        let body = self.body_of_class(base);
        if body.into_iter().any(|(name, bound)| self.member_named(base, name, bound).is_some()) {
            return None;
        }
        let class = self.values.id(Value::Class { origin: Origin::Call(site), unit: self.state.unit });
        let mixin = arguments.keyword(self.words.type_);
        let bases = mixin.into_iter().chain([self.sets.one(base)]).map(|set| (site, set)).collect();
        self.set_bases(class, bases, EMPTY);
        let number = self.literal(self.words.int);
        for name in self.field_names(names) {
            self.give_name(class, name, number);
        }
        for id in self.elements(names) {
            if let Value::Container { kind: Container::Dict, .. } = self.values.get(id) {
                self.give_names(class, id, &mut Vec::new());
            }
        }
        Some(self.sets.one(class))
    }

    /// The classes given as bases, each with the node of the call.
    fn given_bases(&mut self, site: u32, arguments: &Arguments) -> Vec<(u32, Set)> {
        let given = arguments.positional(1).unwrap_or(EMPTY);
        self.one_by_one(site, given).into_iter().map(|set| (site, set)).collect()
    }

    /// Gives a class what a dictionary has under texts; objects are told to the caller.
    fn give_names(&mut self, class: Id, dictionary: Id, objects: &mut Vec<(Str, Set)>) {
        let keys = self.read_values(dictionary, Key::KEYS);
        let names = self.texts(keys);
        if !self.is_whole(dictionary) || names.len() < self.sets.len(keys) {
            self.has_more_names(class);
        }
        // What is under keys that are not known may be what any name stands for that no other class has.
        let unnamed = self.read_values(dictionary, Key::SOMEWHERE);
        let unnamed = self.elements(unnamed).into_iter().filter(|&id| !matches!(self.values.get(id), Value::Unknown(_))).collect();
        let unnamed = self.sets.of(unnamed);
        self.store_values(class, Key::SOMEWHERE, unnamed);
        for name in names {
            let set = self.load_text(dictionary, name);
            self.give_name(class, name, set);
            if self.elements(set).into_iter().any(|id| self.is_object(id)) {
                objects.push((name, set));
            }
        }
    }

    fn give_name(&mut self, class: Id, name: Str, set: Set) {
        if !self.may_have(class, name) {
            self.classes.entry(class).or_default().names.push(name);
            self.touch_order(class, name);
            let cell = self.cells.of_value(class, Key::NAMES);
            self.touch(cell);
        }
        self.store_values(class, Key::attribute(name), set);
    }

    /// Whether a dictionary was written out, with nothing poured in.
    fn is_whole(&self, dictionary: Id) -> bool {
        let Value::Container { kind: Container::Dict, site, .. } = self.values.get(dictionary) else { return false };
        let tree = &self.repository.tree;
        tree.kind(site) == Syntax::Dict && tree.in_field(site, Field::Keys).count() == tree.in_field(site, Field::Values).count()
    }

    /// What the classes in the order of one were given under names that are not known; of special methods none.
    pub fn unnamed(&mut self, class: Id, name: Str, after: Option<Id>) -> Set {
        let order = self.order(class);
        if self.resolver.strings.text(name).starts_with("__") {
            return EMPTY;
        }
        let mut found = EMPTY;
        for ancestor in &order.ancestors[order.behind(after)..] {
            if let Ancestor::Class(id) = *ancestor
                && self.classes.get(&id).is_some_and(|known| known.has_more)
            {
                let set = self.read_values(id, Key::SOMEWHERE);
                found = self.union(found, set);
            }
        }
        found
    }

    fn has_more_names(&mut self, class: Id) {
        let known = self.classes.entry(class).or_default();
        if !known.has_more {
            known.has_more = true;
            self.renew_order(class);
        }
    }

    /// The functions that a class which a call made was given under a name.
    pub fn functions_named(&mut self, class: Id, name: Str) -> Vec<Target> {
        let set = self.read_values(class, Key::attribute(name));
        let function = |id: Id| match self.values.get(id) {
            Value::Function { definition, .. } => Some(Target::Definition(definition)),
            _ => None,
        };
        self.elements(set).into_iter().filter_map(function).collect()
    }

    /// The first class in the order of one that has a name in rows.
    pub fn nearest_named(&mut self, class: Id) -> Target {
        let order = self.order(class);
        order.ancestors.iter().find_map(|&ancestor| self.ancestor_target(ancestor)).unwrap_or(Target::Builtin(self.words.object))
    }
}
