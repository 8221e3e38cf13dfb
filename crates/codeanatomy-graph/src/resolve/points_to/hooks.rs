//! Hooks: the methods of the repository that a method of a class outside calls of its object, as `Thread.start` calls `run`. Which call which is
//! declared in the catalog.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Set, Value};
use crate::table::Str;

impl Machine<'_, '_> {
    /// Whether a method that a class inherits from outside calls others of its objects.
    pub fn has_hooks(&mut self, class: Id, method: Str) -> bool {
        self.hooks_of(class, method).is_some()
    }

    /// Calls what such a method calls, with the arguments that a visitor hands on. Gives what comes back.
    pub fn hooked(&mut self, site: u32, object: Id, method: Str, arguments: &Arguments) -> Option<Set> {
        let Value::Instance { class, .. } = self.values.get(object) else { return None };
        self.hooks_of(class, method)?;
        let visits = self.resolver.strings.text(method).contains("visit");
        let given = if visits { arguments.clone() } else { Arguments::none() };
        let (mut found, mut methods, mut at) = (EMPTY, vec![method], 0);
        while let Some(&method) = methods.get(at) {
            at += 1;
            for name in self.names_hooked(object, class, method) {
                match self.special(site, object, name, given.clone(), Via::Builtin) {
                    Some(set) => found = self.union(found, set),
                    // One that the repository does not have may call others.
                    None if !methods.contains(&name) => methods.push(name),
                    None => {}
                }
            }
        }
        Some(found)
    }

    fn hooks_of(&mut self, class: Id, method: Str) -> Option<&'_ [Str]> {
        let order = self.order(class);
        let outside = &self.repository.outside;
        order.ancestors.iter().find_map(|&ancestor| outside.hooks(ancestor, method))
    }

    /// The names of what a method from outside calls of an object.
    fn names_hooked(&mut self, object: Id, class: Id, method: Str) -> Vec<Str> {
        let hooks = self.hooks_of(class, method).unwrap_or_default().to_vec();
        self.names_meant(object, &hooks)
    }

    /// Some names, those of an object with the beginning that one of the form `x*` has among them.
    pub fn names_meant(&mut self, object: Id, declared: &[Str]) -> Vec<Str> {
        let mut names = Vec::new();
        for &hook in declared {
            let text = self.resolver.strings.shared(hook);
            match text.strip_suffix('*') {
                Some(prefix) => names.extend(self.names_of(object, prefix)),
                None => names.push(hook),
            }
        }
        names
    }
}
