//! Functions of `functools.singledispatch`: which implementations they have, and how more are registered. Which one a call runs is not told
//! apart.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value, Wrapper};

/// What `register` is called in rows of calls.
const REGISTER: &str = "functools.singledispatch.register";

impl Machine<'_, '_> {
    /// `f.register` of a dispatching function.
    pub fn registering(&mut self, dispatching: Id) -> Set {
        let Value::Wrapper { site, unit, .. } = self.values.get(dispatching) else { return self.unknown(Reason::Dynamic) };
        let id = self.values.id(Value::Wrapper { kind: Wrapper::Register, site, unit });
        let one = self.sets.one(dispatching);
        self.store_values(id, Key::attribute(self.words.func), one);
        self.sets.one(id)
    }

    /// `f.register(g)` and `f.register(type, g)` add an implementation; `f.register(type)` is a decorator that does.
    pub fn register(&mut self, site: u32, register: Id, arguments: &Arguments, via: Via) -> Set {
        let name = self.resolver.strings.intern(REGISTER);
        let target = self.resolver.external(name);
        self.found.call(site, via, target);
        let is_function = |machine: &Self, set: Set| {
            let is = |id: &Id| matches!(machine.values.get(*id), Value::Function { .. } | Value::Wrapper { .. } | Value::Method { .. });
            machine.sets.get(set).iter().any(is)
        };
        let function = arguments.positional(1).or_else(|| arguments.keyword(self.words.func_)).or_else(|| arguments.positional(0));
        let Some(function) = function.filter(|&set| set != EMPTY && is_function(self, set)) else { return self.sets.one(register) };
        let dispatching = self.read_values(register, Key::attribute(self.words.func));
        for id in self.elements(dispatching) {
            self.store_values(id, Key::attribute(self.words.func), function);
        }
        function
    }
}
