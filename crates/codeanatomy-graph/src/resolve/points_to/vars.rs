//! The dictionaries of what modules, classes and objects have: `globals()`, `vars(x)`, `x.__dict__`. Names are keys as far as they are known.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value};

impl Machine<'_, '_> {
    /// The dictionaries of some values; of what has none that is followed, some dictionary.
    pub fn vars_of(&mut self, objects: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(objects) {
            let one = match self.values.get(id) {
                Value::Module(_) | Value::Class { .. } | Value::Instance { .. } => self.one(Value::Vars(id)),
                _ => self.literal(self.words.dict),
            };
            found = self.union(found, one);
        }
        found
    }

    /// `globals()`.
    pub fn globals(&mut self) -> Set {
        let file = self.repository.definitions.get(self.units[self.state.unit as usize].definition).file;
        let module = self.values.id(Value::Module(file));
        self.one(Value::Vars(module))
    }

    /// `vars(x)`, and `vars()` or `locals()`, which are `globals()` where a module runs.
    pub fn called_vars(&mut self, arguments: &Arguments) -> Set {
        match arguments.positional(0) {
            Some(objects) => self.vars_of(objects),
            None if arguments.all.is_empty() && self.runs_module() => self.globals(),
            None => self.literal(self.words.dict),
        }
    }

    fn runs_module(&self) -> bool {
        self.state.classes.is_empty() && self.is_of_module(self.state.unit)
    }

    /// What is under some keys: as it was stored, not bound to anything.
    pub fn var(&mut self, node: u32, of: Id, keys: Set) -> Set {
        let texts = self.texts(keys);
        let mut found = EMPTY;
        for &name in &texts {
            let set = match self.values.get(of) {
                Value::Module(_) => self.member(node, of, name),
                Value::Instance { class, .. } => self.field_of(node, of, class, name),
                _ => self.read_values(of, Key::attribute(name)),
            };
            found = self.union(found, set);
        }
        if texts.len() < self.sets.len(keys) || found == EMPTY {
            let unknown = self.unknown(Reason::Dynamic);
            found = self.union(found, unknown);
        }
        found
    }

    /// Stores under some keys, past all descriptors.
    pub fn store_var(&mut self, node: u32, of: Id, keys: Set, set: Set) {
        for name in self.texts(keys) {
            match self.values.get(of) {
                Value::Instance { .. } => {
                    let bindings = self.bindings.one(node);
                    self.store_field(of, name, Held { values: set, bindings });
                }
                _ => self.store_attribute(node, of, name, set, false),
            }
        }
    }

    /// A method of such a dictionary.
    pub fn vars_method(&mut self, site: u32, of: Id, method: &str, arguments: &Arguments) -> Option<Set> {
        let (first, second) = (arguments.positional(0).unwrap_or(EMPTY), arguments.positional(1).unwrap_or(EMPTY));
        Some(match method {
            "get" | "pop" | "setdefault" | "__getitem__" => {
                if method == "setdefault" {
                    self.store_var(site, of, first, second);
                }
                let found = self.var(site, of, first);
                self.union(found, second)
            }
            "__setitem__" => {
                self.store_var(site, of, first, second);
                EMPTY
            }
            "update" => {
                // A dictionary of its own, whose known keys are then stored.
                let given = self.make(site, Container::Dict);
                self.update(site, given, arguments);
                let keys = self.read_values(given, Key::KEYS);
                for key in self.elements(keys) {
                    let one = self.sets.one(key);
                    let set = self.items_at(given, one);
                    self.store_var(site, of, one, set);
                }
                EMPTY
            }
            "keys" | "__iter__" => {
                let names = self.literal(self.words.str);
                self.filled(site, Container::Iterator, names)
            }
            "items" => {
                let (names, values) = (self.literal(self.words.str), self.unknown(Reason::Dynamic));
                self.tuples(site, &[names, values])
            }
            "values" => {
                let values = self.unknown(Reason::Dynamic);
                self.filled(site, Container::Iterator, values)
            }
            _ => return None,
        })
    }

    /// `inspect.getmembers(x, predicate)`: names and attributes, not paired.
    pub fn members_of(&mut self, site: u32, objects: Set, predicate: Set) -> Set {
        let mut values = EMPTY;
        for object in self.elements(objects) {
            let own = self.sets.one(object);
            for name in self.names_of(object, "") {
                let set = self.load_attributes(site, own, name);
                values = self.union(values, set);
            }
        }
        self.called_back(site, predicate, &Arguments::one(values));
        let predicates = self.elements(predicate);
        let kept = self.elements(values).into_iter().filter(|&id| predicates.iter().all(|&predicate| self.may_pass(predicate, id)));
        let kept = kept.collect();
        let (names, kept) = (self.literal(self.words.str), self.sets.of(kept));
        let pair = self.tuple(site, &[names, kept]);
        let pairs = self.sets.one(pair);
        self.filled(site, Container::List, pairs)
    }

    /// Whether a predicate of `inspect` may hold for a value; of others nothing is known.
    fn may_pass(&self, predicate: Id, value: Id) -> bool {
        let Value::External(name) = self.values.get(predicate) else { return true };
        let value = self.values.get(value);
        let (is_method, is_function) = (matches!(value, Value::Method { .. }), matches!(value, Value::Function { .. }));
        match self.resolver.strings.text(name) {
            "inspect.isclass" => !is_method && !is_function && !matches!(value, Value::Instance { .. } | Value::Module(_)),
            "inspect.ismethod" => is_method,
            "inspect.isfunction" => is_function,
            "inspect.isroutine" => is_method || is_function,
            "inspect.ismodule" => matches!(value, Value::Module(_)),
            _ => true,
        }
    }
}
