//! What metaclasses do: which a class has, what a class statement runs of it, and what it makes of the class.

use crate::resolve::kinds::Syntax;
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::{Maker, Via};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Origin, Reason, Set, Value};

/// The bases with which a metaclass made a class, and what it is then an object of.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeAnew {
    pub bases: Vec<(u32, Set)>,
    pub metaclasses: Set,
}

impl Machine<'_, '_> {
    /// The metaclasses of the repository that a class has, its own or inherited.
    pub fn metaclasses(&mut self, class: Id) -> Vec<Id> {
        let order = self.order(class);
        let mut found = Vec::new();
        for ancestor in &order.ancestors {
            let Ancestor::Class(id) = *ancestor else { continue };
            let Some(known) = self.classes.get(&id) else { continue };
            let (written, made) = (known.metaclasses, known.made_anew.as_ref().map_or(EMPTY, |made| made.metaclasses));
            let set = self.union(made, written);
            for metaclass in self.elements(set) {
                if matches!(self.values.get(metaclass), Value::Class { .. }) && !found.contains(&metaclass) {
                    found.push(metaclass);
                }
            }
        }
        found
    }

    /// What a class statement runs of the metaclass: `__prepare__`, `__new__`, `__init__`. The body is given as the dictionary of the class. Of a metaclass
    /// with many classes, further ones are any of its classes.
    pub fn made_by_metaclass(&mut self, node: u32, class: Id, named: &Arguments) {
        let Some(metaclass) = self.metaclasses(class).first().copied() else { return };
        let (name, bases, body, made) = if self.is_told_apart(metaclass, class) {
            let name = self.repository.tree.name[node as usize];
            let bases = self.classes.get(&class).map(|known| known.written.iter().map(|&(_, set)| set).collect::<Vec<_>>());
            let bases = self.tuple(node, &bases.unwrap_or_default());
            (self.one(Value::Text(name)), self.sets.one(bases), self.one(Value::Vars(class)), class)
        } else {
            let unknown = self.unknown(Reason::Limit);
            (self.literal(self.words.str), unknown, unknown, self.some_object(metaclass))
        };
        let with = |sets: Vec<Set>| {
            let mut arguments = Arguments::of(sets);
            arguments.all.extend_from_slice(&named.all);
            arguments
        };
        let (own, made) = (self.sets.one(metaclass), self.sets.one(made));
        for (method, arguments) in [
            (self.words.prepare, with(vec![name, bases])),
            (self.words.new, with(vec![own, name, bases, body])),
            (self.words.init, with(vec![made, name, bases, body])),
        ] {
            let set = self.look_up(metaclass, method, None).unwrap_or(EMPTY);
            for value in self.elements(set) {
                for function in self.bound(value, metaclass, metaclass) {
                    // Of a class method the receiver is bound, of `__new__` and `__init__` it comes first.
                    let function = match self.values.get(function) {
                        Value::Method { function, .. } if method != self.words.prepare => function,
                        _ => function,
                    };
                    let set = self.call(node, function, &arguments, Via::Class);
                    if method == self.words.new {
                        self.note_made_as(class, set);
                    }
                }
            }
        }
    }

    /// What a class statement makes whose first base is an object and no class: its class is called as a metaclass is, and what that makes is what the
    /// name stands for, as with the interfaces of `zope.interface`.
    pub fn made_by_base(&mut self, node: u32, class: Id) -> Option<Set> {
        let written: Vec<Set> = self.classes.get(&class)?.written.iter().map(|&(_, set)| set).collect();
        let bases = self.elements(*written.first()?);
        let maker = match self.values.get(*bases.first()?) {
            Value::Instance { class, .. } => class,
            _ => return None,
        };
        let is_of_maker = |id: &Id| matches!(self.values.get(*id), Value::Instance { class, .. } if class == maker);
        if !bases.iter().all(is_of_maker) || self.look_up(maker, self.words.mro_entries, None).is_some() {
            return None;
        }
        let name = self.one(Value::Text(self.repository.tree.name[node as usize]));
        let tuple = self.tuple(node, &written);
        let arguments = Arguments::of(vec![name, self.sets.one(tuple), self.one(Value::Vars(class))]);
        let mut made = EMPTY;
        if let Some(makers) = self.look_up(maker, self.words.new, None) {
            let own = self.sets.one(maker);
            made = self.call_all(node, makers, &arguments.behind(own), Via::Class);
        }
        if made == EMPTY || self.is_unknown(made) {
            made = self.one(Value::Instance { class: maker, site: node });
        }
        for object in self.elements(made) {
            self.special(node, object, self.words.init, arguments.clone(), Via::Class);
        }
        Some(made)
    }

    /// Whether a class is one of the first of its metaclass.
    fn is_told_apart(&mut self, metaclass: Id, class: Id) -> bool {
        let known = self.classes.entry(metaclass).or_default();
        if known.makes.contains(&class) {
            return true;
        }
        if known.makes.len() < self.limits.classes_per_metaclass {
            known.makes.push(class);
            return true;
        }
        if let Some(definition) = self.class_definition(class) {
            self.note(Limit::ClassesPerMetaclass, definition);
        }
        false
    }

    /// Notes what a metaclass made of a class statement, if it gave other names to `type.__new__` than the body.
    fn note_made_as(&mut self, class: Id, made: Set) {
        for id in self.elements(made) {
            let known = self.classes.entry(class).or_default();
            if matches!(self.values.get(id), Value::Class { origin: Origin::Call(_), .. }) && !known.made_as.contains(&id) {
                known.made_as.push(id);
                known.made_as.sort_unstable();
                self.renew_order(class);
            }
        }
    }

    /// Runs the `__init__` of a metaclass on a class that was made by calling it.
    pub fn init_class(&mut self, site: u32, class: Id, metaclass: Id, arguments: &Arguments) {
        if !self.metaclasses(class).contains(&metaclass) {
            return;
        }
        if let Some(methods) = self.look_up(metaclass, self.words.init, None) {
            let own = self.sets.one(class);
            self.call_all(site, methods, &arguments.behind(own), Via::Constructor(Maker::Init));
        }
    }

    /// Whether what is given as bases is one tuple, and not that of a class statement. Calls for several classes that are not told apart do not say
    /// whose bases theirs are.
    pub fn are_other_bases(&self, given: Set) -> bool {
        let &[tuple] = self.sets.get(given) else { return false };
        let Value::Container { kind: Container::Tuple, site, .. } = self.values.get(tuple) else { return false };
        self.repository.tree.kind(site) != Syntax::ClassDef
    }

    /// Notes with what bases and metaclass a class was made, if not with those that its statement has.
    pub fn make_anew(&mut self, class: Id, bases: &[(u32, Set)], metaclasses: Set) {
        let known = self.classes.entry(class).or_default();
        let place = known.bases().first().map(|&(node, _)| node);
        let is_same = known.bases().iter().map(|&(_, set)| set).eq(bases.iter().map(|&(_, set)| set));
        let is_known = bases.iter().all(|&(_, set)| self.sets.get(set).iter().any(|&id| self.ancestor(id).is_some()));
        let Some(place) = place.filter(|_| !is_same && is_known) else { return };
        let bases = bases.iter().map(|&(_, set)| (place, set)).collect();
        self.classes.entry(class).or_default().made_anew = Some(MadeAnew { bases, metaclasses });
        self.renew_order(class);
    }
}
