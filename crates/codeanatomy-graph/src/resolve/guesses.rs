//! The last resort: which methods a call may run whose receiver is not known well enough, by the hierarchy of classes and by names alone. What it
//! finds is always marked as such.

use rustc_hash::FxHashMap;

use crate::resolve::definitions::DefinitionKind;
use crate::resolve::limits::Limit;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::{Below, Machine};
use crate::resolve::points_to::value::{Id, Value};
use crate::resolve::resolver::{Repository, Target};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::sets::add;
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// What guesses rest on, made once all values are known.
pub struct Guesses {
    /// The methods of each name, in the order of definitions.
    methods: FxHashMap<Str, Vec<u32>>,
    below: Below,
}

impl Guesses {
    pub fn of(machine: &mut Machine<'_, '_>) -> Self {
        Self { methods: methods(machine.repository), below: machine.below() }
    }
}

/// The methods of the repository by name, but special ones.
fn methods(repository: &Repository) -> FxHashMap<Str, Vec<u32>> {
    let mut found: FxHashMap<Str, Vec<u32>> = FxHashMap::default();
    for &number in &repository.definitions.order {
        let definition = repository.definitions.get(number);
        let scope = definition.scope;
        if definition.kind == DefinitionKind::Function && scope != NONE && repository.scopes.scopes[scope as usize].kind == ScopeKind::Class
        {
            found.entry(definition.name).or_default().push(number);
        }
    }
    found
}

impl Machine<'_, '_> {
    /// The methods that an attribute of some objects may be, and how they were found.
    pub fn guessed(&mut self, guesses: &Guesses, objects: &[Id], name: Str) -> (Vec<Target>, &'static str) {
        let found = self.inherited_below(guesses, objects, name);
        let most = self.limits.hierarchy_methods;
        if found.len() > most && most > 0 {
            self.reached(Limit::HierarchyMethods);
        } else if !found.is_empty() && most > 0 {
            return (found, "hierarchy");
        }
        let found = self.named_alike(guesses, objects, name);
        let most = self.limits.name_match_classes;
        if found.len() > most && most > 0 {
            self.reached(Limit::NameMatchClasses);
        } else if !found.is_empty() && most > 0 {
            return (found, "name_match");
        }
        (Vec::new(), "")
    }

    /// What the classes of some objects, or those below them, give them under a name.
    fn inherited_below(&mut self, guesses: &Guesses, objects: &[Id], name: Str) -> Vec<Target> {
        let mut found = Vec::new();
        for &object in objects {
            let (above, after) = match self.values.get(object) {
                Value::Instance { class, .. } => (Ancestor::Class(class), None),
                Value::Class { .. } => (Ancestor::Class(object), None),
                Value::Super { class, receiver } => match self.values.get(receiver) {
                    Value::Instance { class: own, .. } => (Ancestor::Class(own), Some(class)),
                    _ => (Ancestor::Class(receiver), Some(class)),
                },
                // What `except Exception as e` binds is of a class below, if it has what `Exception` does not.
                Value::Literal(kind) if !self.repository.builtins.has(kind, name) => (Ancestor::Builtin(kind), None),
                _ => continue,
            };
            for other in guesses.below.get(&above).cloned().unwrap_or_default() {
                for target in self.class_targets(other, name, after, false) {
                    if self.is_code(target) {
                        add(&mut found, target);
                    }
                }
            }
        }
        if found.is_empty() { self.outside_below(guesses, objects, name) } else { found }
    }

    /// The methods of a name, where one of some objects is not known.
    fn named_alike(&self, guesses: &Guesses, objects: &[Id], name: Str) -> Vec<Target> {
        let is_unknown = |id: &Id| matches!(self.values.get(*id), Value::Unknown(_));
        if !objects.iter().any(is_unknown) || self.repository.builtins.is_common(name) {
            return Vec::new();
        }
        guesses.methods.get(&name).into_iter().flatten().map(|&method| Target::Definition(method)).collect()
    }

    /// What classes outside the repository may give the classes below those of some objects: a mixin is used with them.
    fn outside_below(&mut self, guesses: &Guesses, objects: &[Id], name: Str) -> Vec<Target> {
        let mut found = Vec::new();
        for &object in objects {
            let Value::Instance { class, .. } = self.values.get(object) else { continue };
            for other in guesses.below.get(&Ancestor::Class(class)).cloned().unwrap_or_default() {
                if let Some(Ancestor::External(path)) = self.outside(other, name, None) {
                    let dotted = self.resolver.dot(path, name);
                    let target = self.resolver.external(dotted);
                    add(&mut found, target);
                }
            }
        }
        found
    }

    fn is_code(&self, target: Target) -> bool {
        matches!(target, Target::Definition(number) if self.repository.definitions.get(number).kind.is_code())
    }
}
