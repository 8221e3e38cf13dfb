//! Exceptions: what raising stores on them, what handlers bind, what they hold and what `sys.exc_info` gives.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::{Held, UNBOUND};
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
use crate::resolve::syntax::NONE;

impl Machine<'_, '_> {
    /// `raise x from y`: a class makes an object; the object keeps `y`, and what is being handled.
    pub fn raise(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let [raised, causes] = [Field::Exc, Field::Cause].map(|field| tree.child(node, field).map_or(EMPTY, |child| self.raised(child)));
        let handled = self.state.handled.last().copied().unwrap_or(EMPTY);
        let bindings = self.bindings.one(node);
        for (name, kept) in [(self.words.cause, causes), (self.words.context, handled)] {
            let kept = self.elements(kept).into_iter().filter(|&id| self.is_object(id)).collect();
            let values = self.sets.of(kept);
            for object in self.elements(raised) {
                if values != EMPTY && self.is_object(object) {
                    self.store_field(object, name, Held { values, bindings });
                }
            }
        }
    }

    /// The exceptions that an expression behind `raise` or `from` stands for.
    fn raised(&mut self, child: u32) -> Set {
        let given = self.evaluate(child);
        if self.repository.tree.kind(child) == Syntax::Call {
            return given;
        }
        let mut found = EMPTY;
        for id in self.elements(given) {
            let one = match self.values.get(id) {
                Value::Class { .. } => self.call(child, id, &Arguments::none(), Via::Raise),
                _ => self.sets.one(id),
            };
            found = self.union(found, one);
        }
        found
    }

    /// Notes what an exception was made with: its `args`.
    pub fn keep_args(&mut self, site: u32, class: Id, object: Id, arguments: &Arguments) {
        if arguments.count() == 0 || !self.is_exception(class) {
            return;
        }
        // What is given beyond the parameters of an `__init__` may be a tuple made at the same place.
        let args = self.values.id(Value::Container { kind: Container::Tuple, site, unit: NONE });
        let mut is_exact = true;
        for (place, argument) in arguments.all.iter().filter(|argument| argument.keyword.is_none()).enumerate() {
            is_exact &= !argument.is_spread;
            if is_exact {
                self.store_index(args, Key::index(place as i64), argument.set);
            } else {
                let elements = if argument.is_spread { self.iterate(site, argument.set, false) } else { argument.set };
                self.store_index(args, Key::SOMEWHERE, elements);
            }
        }
        if is_exact {
            self.lengths.insert(args, arguments.count());
        }
        let values = self.sets.one(args);
        self.store_field(object, self.words.args, Held { values, bindings: EMPTY });
    }

    fn is_exception(&mut self, class: Id) -> bool {
        let base = Ancestor::Builtin(self.words.base_exception);
        self.order(class).ancestors.contains(&base)
    }

    /// `sys.exc_info()` in a handler: the class of what is handled, the object, where it was raised.
    pub fn exception_info(&mut self, site: u32) -> Option<Set> {
        let handled = self.state.handled.last().copied().filter(|&handled| handled != EMPTY)?;
        let mut classes = EMPTY;
        for id in self.elements(handled) {
            if let Value::Instance { class, .. } = self.values.get(id) {
                let one = self.sets.one(class);
                classes = self.union(classes, one);
            }
        }
        let traceback = self.resolver.strings.intern("types.TracebackType");
        let traceback = self.one(Value::ExternalResult(traceback));
        let info = self.tuple(site, &[classes, handled, traceback]);
        Some(self.sets.one(info))
    }

    /// What an `except` binds and runs.
    pub fn handler(&mut self, handler: u32, is_of_group: bool) {
        let tree = &self.repository.tree;
        let caught = self.child(handler, Field::Type);
        let mut objects = self.exceptions(caught);
        if is_of_group {
            objects = self.group_of(handler, objects);
        }
        let is_named = !tree.name[handler as usize].is_null();
        let before = self.jumps();
        if is_named {
            self.bind(handler, objects);
        }
        self.state.handled.push(objects);
        self.body(handler, Field::Body);
        self.state.handled.pop();
        if is_named && let Some(binding) = self.frames.binding(handler) {
            let slot = self.repository.bindings.all[binding as usize].slot;
            self.put(slot, UNBOUND);
            self.unbind_on_jumps(slot, before);
        }
    }

    /// The name of a handler is unbound on the ways out of it, too.
    fn unbind_on_jumps(&mut self, slot: u32, before: [usize; 2]) {
        if self.frames.of_slot[slot as usize] != self.state.frame {
            return;
        }
        let place = self.frames.local[slot as usize];
        let Some(around) = self.state.loops.last_mut() else { return };
        for path in around.breaks.iter_mut().skip(before[0]).chain(around.continues.iter_mut().skip(before[1])) {
            path.changes.retain(|&(other, _)| other != place);
            path.changes.push((place, UNBOUND));
        }
    }

    /// What `except*` binds: a group of exceptions.
    fn group_of(&mut self, handler: u32, exceptions: Set) -> Set {
        let group = self.make_wrapper(handler, Wrapper::Holding);
        let class = self.resolver.strings.intern("builtins.ExceptionGroup");
        let class = self.one(Value::External(class));
        self.store_values(group, Key::attribute(self.words.class), class);
        let exceptions = self.filled(handler, Container::Tuple, exceptions);
        self.store_values(group, Key::attribute(self.words.exceptions), exceptions);
        self.sets.one(group)
    }

    /// Exceptions of some classes, or of those in some tuples.
    pub fn exceptions(&mut self, caught: Set) -> Set {
        let mut objects = EMPTY;
        for id in self.elements(caught) {
            let classes = match self.values.get(id) {
                Value::Container { .. } => self.read_values(id, Key::ELEMENTS),
                _ => self.sets.one(id),
            };
            let one = self.objects(classes);
            objects = self.union(objects, one);
        }
        objects
    }
}
