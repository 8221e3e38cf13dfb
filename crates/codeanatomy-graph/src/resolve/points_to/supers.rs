//! `super()`: which class it searches behind, with and without arguments, and what it has under a name.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value};
use crate::resolve::resolver::Target;
use crate::resolve::syntax::NONE;
use crate::table::Str;

impl Machine<'_, '_> {
    pub fn super_attribute(&mut self, node: u32, class: Id, receiver: Id, name: Str) -> Set {
        let own = self.searched(class, receiver);
        let object = receiver;
        if let Some(held) = self.look_up_held(own, name, Some(class)) {
            self.read_at(node, held.bindings);
            let mut found = EMPTY;
            for value in self.elements(held.values) {
                let one = if object != own {
                    let one = self.sets.one(value);
                    self.on_object(node, one, object, own)
                } else if matches!(self.values.get(value), Value::Function { .. }) {
                    let bound = self.super_on_class(value, own);
                    self.sets.of(bound)
                } else {
                    let bound = self.on_class(node, value, own);
                    self.sets.of(bound)
                };
                found = self.union(found, one);
            }
            return found;
        }
        self.beyond(node, own, object, name, Some(class))
    }

    /// The class whose order `super()` in a class searches: that of the object; in a metaclass, whose objects are classes, theirs.
    pub fn searched(&mut self, class: Id, receiver: Id) -> Id {
        if let Value::Instance { class, .. } = self.values.get(receiver) {
            return class;
        }
        let is_below = |machine: &mut Self, id: Id| machine.order(id).ancestors.contains(&Ancestor::Class(class));
        if is_below(self, receiver) {
            return receiver;
        }
        self.metaclasses(receiver).into_iter().find(|&metaclass| is_below(self, metaclass)).unwrap_or(receiver)
    }

    /// Whether `super()` in a class takes a receiver: Python refuses one that is neither an object of the class nor below it.
    fn may_be_below(&mut self, class: Id, receiver: Id) -> bool {
        let own = self.searched(class, receiver);
        let order = self.order(own);
        !order.is_complete || order.ancestors.contains(&Ancestor::Class(class))
    }

    /// `super()` in a class method binds class methods, in `__new__` nothing, in a metaclass the class.
    fn super_on_class(&mut self, value: Id, class: Id) -> Vec<Id> {
        let Value::Function { definition, .. } = self.values.get(value) else { return vec![value] };
        if self.repository.definitions.get(definition).name == self.words.new {
            return vec![value];
        }
        vec![self.values.id(Value::Method { function: value, receiver: class })]
    }

    /// `super()` without arguments, in a method.
    pub fn implicit_super(&mut self, node: u32, callees: Set, arguments: &Arguments) -> Option<Set> {
        let builtin = self.values.id(Value::Builtin(self.words.super_));
        if !self.sets.contains(callees, builtin) {
            return None;
        }
        self.found.call(node, Via::Written, Target::Builtin(self.words.super_));
        if arguments.all.len() >= 2 {
            return Some(self.explicit_super(arguments));
        }
        let mut unit = self.state.unit;
        while unit != NONE {
            let known = self.units[unit as usize].clone();
            let function = self.values.id(Value::Function { definition: known.definition, unit: known.parent });
            if let Some(&class) = self.class_of.get(&function)
                && let Some(&receivers) = known.parameters.first()
            {
                return Some(self.supers(class, receivers));
            }
            unit = known.parent;
        }
        Some(self.unknown(Reason::Dynamic))
    }

    fn explicit_super(&mut self, arguments: &Arguments) -> Set {
        let (classes, objects) = (arguments.all[0].set, arguments.all[1].set);
        let mut found = EMPTY;
        for class in self.elements(classes) {
            if matches!(self.values.get(class), Value::Class { .. }) {
                let set = self.supers(class, objects);
                found = self.union(found, set);
            }
        }
        if found == EMPTY { self.unknown(Reason::Dynamic) } else { found }
    }

    fn supers(&mut self, class: Id, receivers: Set) -> Set {
        let mut found = EMPTY;
        for receiver in self.elements(receivers) {
            if matches!(self.values.get(receiver), Value::Instance { .. } | Value::Class { .. }) && self.may_be_below(class, receiver) {
                let set = self.one(Value::Super { class, receiver });
                found = self.union(found, set);
            }
        }
        if found == EMPTY {
            let receiver = self.some_object(class);
            found = self.one(Value::Super { class, receiver });
        }
        found
    }
}
