//! Where a store into an attribute goes: objects, classes, modules, descriptors; and deleting one.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{BELOW, Id, Set, Value, Wrapper};
use crate::resolve::syntax::NONE;
use crate::table::Str;

impl Machine<'_, '_> {
    /// Stores into an attribute of some objects.
    pub fn store_attributes(&mut self, node: u32, objects: Set, set: Set) {
        let name = self.attribute_name(node);
        let names = self.one(Value::Text(name));
        self.told_of_store(node, objects, names, Argument::plain(set, self.stored_by(node)));
        let is_single = self.sets.len(objects) == 1;
        // What is stored on an object of a class above is found on those of the classes below.
        for object in self.uppermost(objects, |_, _| true) {
            self.store_attribute(node, object, name, set, is_single);
        }
    }

    /// What a target gets its value from; of a target in a tuple what the whole tuple does. Nothing where that is no target.
    pub fn stored_by(&self, target: u32) -> u32 {
        let tree = &self.repository.tree;
        let mut outermost = target;
        while matches!(tree.kind(tree.parent[outermost as usize]), Syntax::Tuple | Syntax::List | Syntax::Starred) {
            outermost = tree.parent[outermost as usize];
        }
        let around = tree.parent[outermost as usize];
        let value = match (tree.kind(around), tree.field[outermost as usize]) {
            (Syntax::Assign, Field::Targets) | (Syntax::AnnAssign, Field::Target) => tree.child(around, Field::Value),
            (Syntax::For | Syntax::AsyncFor | Syntax::Comprehension, Field::Target) => tree.child(around, Field::Iter),
            (Syntax::WithItem, Field::OptionalVars) => tree.child(around, Field::ContextExpr),
            // What the operator gives is no expression of its own.
            (Syntax::AugAssign, Field::Target) => Some(around),
            _ => None,
        };
        value.unwrap_or(NONE)
    }

    /// What a `__setattr__` of the repository makes of a store. What it stores then counts beside what was to be stored.
    pub fn told_of_store(&mut self, node: u32, objects: Set, names: Set, stored: Argument) {
        let arguments = Arguments { all: vec![Argument::unwritten(names), stored] };
        self.specials(node, self.elements(objects), self.words.setattr_, &arguments, Via::Attribute);
    }

    /// What `del x.name` runs: of the class of each object a `__delattr__`, else what a property or a descriptor has for it.
    pub fn delete_attributes(&mut self, node: u32, objects: Set, name: Str) {
        let argument = Arguments::one(self.one(Value::Text(name)));
        let (_, others) = self.specials(node, self.elements(objects), self.words.delattr_, &argument, Via::Attribute);
        for object in others {
            let Value::Instance { class, .. } = self.values.get(object) else { continue };
            let receiver = Arguments::one(self.sets.one(object));
            for value in self.look_up(class, name, None).map_or_else(Vec::new, |set| self.elements(set)) {
                match self.values.get(value) {
                    Value::Wrapper { kind: Wrapper::Property, .. } => {
                        let deleters = self.read_values(value, Key::attribute(self.words.fdel));
                        self.call_all(node, deleters, &receiver, Via::Attribute);
                    }
                    Value::Instance { .. } => _ = self.special(node, value, self.words.delete_, receiver.clone(), Via::Attribute),
                    _ => {}
                }
            }
        }
    }

    pub fn store_attribute(&mut self, node: u32, object: Id, name: Str, set: Set, is_single: bool) {
        let held = Held { values: set, bindings: self.bindings.one(node) };
        match self.values.get(object) {
            Value::Module(file) => {
                let unit = self.import(file);
                match self.repository.bindings.slot(self.repository.definitions.get(file).inner, name) {
                    Some(slot) => {
                        let cell = self.cells.of(unit, Key::variable(slot));
                        self.write(cell, held);
                    }
                    None => self.store_held(object, Key::attribute(name), held),
                }
            }
            Value::Instance { class, .. } => {
                if let Some(descriptors) = self.look_up(class, name, None)
                    && self.store_described(node, descriptors, object, set)
                {
                    return;
                }
                self.store_field(object, name, held);
                let cell = self.cells.of_value(object, Key::attribute(name));
                if is_single && !self.repeated.contains(&object) && self.is_made_here(object) {
                    let place = self.state.field(cell);
                    self.state.set(place, held, &mut self.sets, &mut self.bindings);
                }
            }
            Value::Class { .. } => {
                self.name_on_class(object, name);
                self.store_held(object, Key::attribute(name), held);
            }
            Value::Wrapper { kind: Wrapper::Namespace, .. } => {
                self.store_held(object, Key::attribute(name), held);
                self.store_values(object, Key::ELEMENTS, set);
            }
            Value::Function { .. } | Value::Wrapper { .. } => self.store_held(object, Key::attribute(name), held),
            Value::Method { function, .. } => self.store_attribute(node, function, name, set, is_single),
            _ => {}
        }
    }

    /// Whether the present activation made an object that is one.
    fn is_made_here(&self, object: Id) -> bool {
        match self.values.get(object) {
            Value::Instance { site, .. } if site < BELOW => {
                let scope = self.repository.scopes.of[site as usize];
                scope != NONE && self.frames.of_scope[scope as usize] == self.state.frame && self.state.loops.is_empty()
            }
            _ => false,
        }
    }

    /// Puts values into a field of an object, where readers of any object of its classes find them too.
    pub fn store_field(&mut self, object: Id, name: Str, held: Held) {
        self.name_field(name);
        let object = self.holder(object);
        self.store_held(object, Key::attribute(name), held);
        let Value::Instance { class, .. } = self.values.get(object) else { return };
        let order = self.order(class);
        for ancestor in &order.ancestors {
            if let Ancestor::Class(id) = *ancestor {
                self.store_held(id, Key::of_instances(name), held);
            }
        }
    }

    /// A store that a property or a descriptor takes.
    fn store_described(&mut self, node: u32, descriptors: Set, object: Id, set: Set) -> bool {
        let mut is_taken = false;
        let stored = Argument::plain(set, self.stored_by(node));
        let arguments = Arguments { all: vec![Argument::unwritten(self.sets.one(object)), stored] };
        for value in self.elements(descriptors) {
            match self.values.get(value) {
                Value::Wrapper { kind: Wrapper::Property, .. } => {
                    self.call_accessors(node, value, self.words.fset, &arguments);
                    is_taken = true;
                }
                Value::Instance { class, .. } => {
                    if self.special(node, value, self.words.set_, arguments.clone(), Via::Attribute).is_some() {
                        is_taken = true;
                    } else if self.is_property_class(class) {
                        self.call_accessors(node, value, self.words.fset, &arguments);
                        is_taken = true;
                    }
                }
                _ => {}
            }
        }
        is_taken
    }
}
