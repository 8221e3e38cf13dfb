//! What an attribute that is written refers to: the definition that gave it, or the dotted name that it has outside.

use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{ANYWHERE, BELOW, Id, Set, Value};
use crate::resolve::resolver::Target;
use crate::resolve::sets as targets;
use crate::table::Str;

impl Machine<'_, '_> {
    /// What an attribute expression refers to, once all values are known.
    pub fn attribute_targets(&mut self, node: u32) -> Vec<Target> {
        let name = self.attribute_name(node);
        let mut found = Vec::new();
        let has = |machine: &mut Self, class: Id| !machine.class_targets(class, name, None, false).is_empty();
        for object in self.uppermost(self.found.values[node as usize + 1], has) {
            for target in self.targets_of(object, name) {
                targets::add(&mut found, target);
            }
        }
        found
    }

    /// The elements of a set but those open objects whose class is below that of another one which `counts`: of what is asked of them, it says
    /// the same.
    pub fn uppermost(&mut self, set: Set, counts: impl Fn(&mut Self, Id) -> bool) -> Vec<Id> {
        let elements = self.elements(set);
        let open = |machine: &Self, id: Id| match machine.values.get(id) {
            Value::Instance { class, site: ANYWHERE | BELOW } => Some(class),
            _ => None,
        };
        let mut uppers: Vec<Id> = elements.iter().filter_map(|&id| open(self, id)).collect();
        if uppers.len() < 2 {
            return elements;
        }
        uppers.retain(|&class| counts(self, class));
        let is_below = |machine: &mut Self, class: Id| {
            let order = machine.order(class);
            uppers.iter().any(|&other| other != class && order.ancestors.contains(&Ancestor::Class(other)))
        };
        elements.into_iter().filter(|&id| open(self, id).is_none_or(|class| !is_below(self, class))).collect()
    }

    fn targets_of(&mut self, object: Id, name: Str) -> Vec<Target> {
        let outside = |machine: &mut Self, path: Str| match machine.dotted(path, name) {
            Some(dotted) => vec![machine.resolver.external(dotted)],
            None => Vec::new(),
        };
        match self.values.get(object) {
            Value::Module(file) => {
                let set = self.resolver.member(Target::Definition(file), name);
                self.resolver.targets.get(set).to_vec()
            }
            Value::Namespace(folder) => {
                let set = self.resolver.member(Target::Namespace(folder), name);
                self.resolver.targets.get(set).to_vec()
            }
            Value::Class { .. } => {
                let found = self.class_targets(object, name, None, true);
                if !found.is_empty() {
                    return found;
                }
                for metaclass in self.metaclasses(object) {
                    let found = self.class_targets(metaclass, name, None, false);
                    if !found.is_empty() {
                        return found;
                    }
                }
                self.targets_beyond(object, name, None)
            }
            Value::Instance { class, .. } => {
                let found = self.class_targets(class, name, None, false);
                if found.is_empty() { self.targets_beyond(class, name, None) } else { found }
            }
            Value::Super { class, receiver } => {
                let own = self.searched(class, receiver);
                let found = self.class_targets(own, name, Some(class), false);
                if found.is_empty() { self.targets_beyond(own, name, Some(class)) } else { found }
            }
            Value::ExternalResult(class) if self.repository.outside.is_collection(class) => self.collection_target(class, name),
            Value::External(path) | Value::ExternalResult(path) | Value::ExternalMember(path) => outside(self, path),
            Value::Builtin(kind) | Value::Literal(kind) => self.builtin_target(kind, name),
            Value::Text(_) => self.builtin_target(self.words.str, name),
            Value::Integer(_) => self.builtin_target(self.words.int, name),
            Value::Container { kind, .. } => match self.collections.get(&object) {
                Some(&class) => self.collection_target(class, name),
                None => {
                    let kind = self.resolver.strings.intern(kind.type_name());
                    self.builtin_target(kind, name)
                }
            },
            Value::Generator(unit) => self.builtin_target(self.generator_type(unit), name),
            Value::Coroutine(_) => self.builtin_target(self.words.coroutine, name),
            Value::Vars(_) => self.builtin_target(self.words.dict, name),
            _ => Vec::new(),
        }
    }

    fn collection_target(&mut self, class: Str, name: Str) -> Vec<Target> {
        let method = self.repository.outside.member_of_collection(class, name);
        method.map(|method| self.method_target(method)).into_iter().collect()
    }

    fn builtin_target(&mut self, kind: Str, name: Str) -> Vec<Target> {
        if self.repository.builtins.has(kind, name) { vec![Target::Builtin(self.resolver.dot(kind, name))] } else { Vec::new() }
    }

    fn targets_beyond(&mut self, class: Id, name: Str, after: Option<Id>) -> Vec<Target> {
        match self.outside(class, name, after) {
            Some(Ancestor::External(path)) => {
                let dotted = self.resolver.dot(path, name);
                vec![self.resolver.external(dotted)]
            }
            Some(Ancestor::Builtin(of)) => vec![Target::Builtin(self.resolver.dot(of, name))],
            _ => self.builtin_target(self.words.object, name),
        }
    }
}
