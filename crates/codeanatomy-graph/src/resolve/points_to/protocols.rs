//! Protocols: special methods, found on the class of a value as the interpreter finds them, and what binding makes of what a class has. Operators
//! are `operators.rs`.

use crate::resolve::definitions::Flavour;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Id, Set, Value, Wrapper};
use crate::table::Str;

impl Machine<'_, '_> {
    /// Calls a special method of an object, as the interpreter does: found on its class, of a class on its metaclass. None where that has none.
    pub fn special(&mut self, site: u32, object: Id, name: Str, arguments: Arguments, via: Via) -> Option<Set> {
        let mut methods = Vec::new();
        if self.has_special(object, name, &mut methods) {
            return Some(self.call_each(site, &methods, &arguments, via));
        }
        self.mixin(site, object, name, &arguments, via)
    }

    /// The same of several objects, each method once with all objects that have it. Gives what comes back, and the objects that have none.
    pub fn specials(&mut self, site: u32, mut objects: Vec<Id>, name: Str, arguments: &Arguments, via: Via) -> (Set, Vec<Id>) {
        let mut methods = Vec::new();
        objects.retain(|&object| !self.has_special(object, name, &mut methods));
        let mut found = self.call_each(site, &methods, arguments, via);
        objects.retain(|&object| match self.mixin(site, object, name, arguments, via) {
            Some(set) => {
                found = self.union(found, set);
                false
            }
            None => true,
        });
        (found, objects)
    }

    /// Whether an object has special methods under a name; they are added, bound to it.
    fn has_special(&mut self, object: Id, name: Str, methods: &mut Vec<Id>) -> bool {
        let (class, found) = match self.values.get(object) {
            Value::Instance { class, .. } => (class, self.look_up(class, name, None)),
            Value::Class { .. } => {
                let mut metaclasses = self.metaclasses(object).into_iter();
                let known = metaclasses.find_map(|metaclass| Some((metaclass, self.look_up(metaclass, name, None)?)));
                known.map_or((object, None), |(metaclass, set)| (metaclass, Some(set)))
            }
            _ => return false,
        };
        let Some(found) = found else { return false };
        for method in self.elements(found) {
            methods.extend(self.bound(method, object, class));
        }
        true
    }

    /// What a value found on a class is to one of its objects.
    pub fn bound(&mut self, value: Id, object: Id, class: Id) -> Vec<Id> {
        match self.values.get(value) {
            Value::Function { definition, .. } => match self.repository.definitions.get(definition).flavour {
                // `__new__` and the like are static without saying so.
                Flavour::Static if self.repository.definitions.get(definition).name == self.words.new => vec![value],
                Flavour::Class if self.is_implicit_class_method(definition) => {
                    vec![self.values.id(Value::Method { function: value, receiver: class })]
                }
                _ => vec![self.values.id(Value::Method { function: value, receiver: object })],
            },
            Value::Wrapper { kind: Wrapper::StaticMethod, .. } => {
                let inner = self.read_values(value, Key::attribute(self.words.func));
                self.elements(inner)
            }
            Value::Wrapper { kind: Wrapper::ClassMethod, .. } => {
                let inner = self.read_values(value, Key::attribute(self.words.func));
                self.elements(inner).into_iter().map(|function| self.values.id(Value::Method { function, receiver: class })).collect()
            }
            Value::Wrapper { kind: Wrapper::ContextManager | Wrapper::PartialMethod | Wrapper::Dispatch, .. } if object != class => {
                vec![self.values.id(Value::Method { function: value, receiver: object })]
            }
            _ => vec![value],
        }
    }

    /// `__init_subclass__` and `__class_getitem__` get the class without a decorator.
    fn is_implicit_class_method(&self, definition: u32) -> bool {
        let name = self.repository.definitions.get(definition).name;
        name == self.words.init_subclass || name == self.words.class_getitem
    }

    /// Calls the first of some special methods that each object has.
    pub fn first_special(&mut self, site: u32, set: Set, names: &[Str], via: Via) {
        let mut objects = self.elements(set);
        for &name in names {
            (_, objects) = self.specials(site, objects, name, &Arguments::none(), via);
        }
        if names.last() == Some(&self.words.repr) {
            self.show_parts(site, objects, via);
        }
    }

    /// What `str(x)` and `print(x)` run.
    pub fn shown(&mut self, site: u32, set: Set) {
        self.first_special(site, set, &[self.words.str_, self.words.repr], Via::Builtin);
    }

    /// What `format(x)` and `f"{x}"` run: the `__format__` of `object` asks for the text.
    pub fn formatted(&mut self, site: u32, set: Set, via: Via) {
        self.first_special(site, set, &[self.words.format, self.words.str_, self.words.repr], via);
    }

    /// A builtin that calls the first of some special methods and gives an object of one type.
    pub fn protocol(&mut self, site: u32, set: Set, methods: &[Str], result: Str) -> Set {
        self.first_special(site, set, methods, Via::Builtin);
        self.literal(result)
    }

    /// Calls a special method on every object of a set that has it.
    pub fn special_calls(&mut self, node: u32, set: Set, name: Str, via: Via) -> Set {
        self.specials(node, self.elements(set), name, &Arguments::none(), via).0
    }
}
