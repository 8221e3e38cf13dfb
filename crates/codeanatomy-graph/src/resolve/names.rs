//! Names: what a name means at the place where it is written, by scopes alone. What the variable holds is `values.rs`.

use crate::resolve::bindings::How;
use crate::resolve::classes::Looked;
use crate::resolve::kinds::Syntax;
use crate::resolve::resolver::{Resolver, Target};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::sets::{EMPTY, Set};
use crate::resolve::syntax::NONE;
use crate::resolve::values::Value;
use crate::table::Str;

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A variable of the file.
    Slot(u32),
    /// Names that star imports bring.
    Targets(Set),
    Builtin(Str),
    Nothing,
}

impl Resolver<'_> {
    /// The meaning of a `Name`, with class bodies, globals, star imports and builtins as Python looks them up.
    pub fn meaning(&mut self, node: u32) -> Meaning {
        let repository = self.repository;
        let scope = repository.scopes.of[node as usize];
        if scope == NONE {
            return Meaning::Nothing;
        }
        let name = repository.tree.name[node as usize];
        let key = repository.scopes.key(scope, name);
        let mut holder = repository.bindings.holder(&repository.scopes, scope, key);
        let mut slot = repository.bindings.slot(holder, key);
        if repository.scopes.scopes[holder as usize].kind == ScopeKind::Class && slot.is_none_or(|slot| self.is_early(node, slot)) {
            holder = self.outside_class(holder, key);
            slot = repository.bindings.slot(holder, key);
        }
        if let Some(slot) = slot {
            return Meaning::Slot(slot);
        }
        if repository.scopes.scopes[holder as usize].kind != ScopeKind::Module {
            return Meaning::Nothing;
        }
        let starred = self.star_member(repository.scopes.scopes[holder as usize].file, key);
        if starred != EMPTY {
            return Meaning::Targets(starred);
        }
        if repository.builtins.contains(name) { Meaning::Builtin(name) } else { Meaning::Nothing }
    }

    /// Whether a name in a class body is read before the body binds it: `total = total` takes it from outside.
    fn is_early(&self, node: u32, slot: u32) -> bool {
        let tree = &self.repository.tree;
        let first = self.repository.bindings.nth(slot, 0);
        if first.instance {
            return true;
        }
        let mut statement = first.node;
        while !tree.kind(statement).is_statement() {
            statement = tree.parent[statement as usize];
        }
        let compound = matches!(tree.kind(statement), Syntax::For | Syntax::AsyncFor | Syntax::With | Syntax::AsyncWith);
        let is_binding = node == first.node || first.how == How::Del;
        !is_binding && !compound && tree.bstart[node as usize] < tree.bend[statement as usize]
    }

    /// The scope that holds a name for code in a class body that the body itself does not bind.
    fn outside_class(&self, class: u32, key: Str) -> u32 {
        let repository = self.repository;
        let mut scope = repository.scopes.scopes[class as usize].parent;
        while repository.scopes.scopes[scope as usize].kind == ScopeKind::Class {
            scope = repository.scopes.scopes[scope as usize].parent;
        }
        repository.bindings.holder(&repository.scopes, scope, key)
    }

    /// What a plain dotted expression names, behind imports; nothing for other expressions.
    pub fn expression_targets(&mut self, node: u32) -> Set {
        match self.repository.tree.kind(node) {
            Syntax::Name => self.name_targets(node).0,
            Syntax::Attribute => {
                let objects = self.expression_targets(node + 1);
                self.members(objects, self.repository.tree.name[node as usize])
            }
            _ => EMPTY,
        }
    }

    /// Everything that a `Name` may stand for, and how it was resolved.
    pub fn name_targets(&mut self, node: u32) -> (Set, &'static str) {
        match self.meaning(node) {
            Meaning::Slot(slot) => {
                let scope = self.repository.bindings.slots[slot as usize].scope;
                let imported = self.repository.bindings.of(slot).any(|binding| binding.how == How::Import);
                let resolution = match self.repository.scopes.scopes[scope as usize].kind {
                    _ if imported => "import",
                    ScopeKind::Module => "global",
                    _ => "lexical",
                };
                (self.slot_targets(slot), resolution)
            }
            Meaning::Targets(targets) => (targets, "import"),
            Meaning::Builtin(name) => (self.targets.intern(&[Target::Builtin(name)]), "builtin"),
            Meaning::Nothing => (EMPTY, ""),
        }
    }

    /// What an attribute (mangled) of a value names.
    pub fn attribute_targets(&mut self, object: Value, name: Str) -> Set {
        match object {
            Value::Module(_) | Value::Namespace(_) => self.module_attribute(object, name),
            Value::Class { class, .. } | Value::Instance { class, .. } => {
                let looked = self.look_up(class, name, None);
                self.looked_targets(looked)
            }
            Value::Super { class, receiver, .. } => {
                let looked = self.look_up(receiver, name, Some(class));
                self.looked_targets(looked)
            }
            Value::External(path) | Value::ExternalInstance(path) => {
                let dotted = self.dot(path, name);
                let target = self.external(dotted);
                self.targets.intern(&[target])
            }
            Value::Builtin(path) | Value::Literal(path) => {
                let member = self.builtin_member(path, name).map(Target::Builtin);
                self.targets.intern(member.as_slice())
            }
            Value::Function { .. } | Value::Coroutine { .. } | Value::ExternalMember(_) | Value::Unknown(_) => EMPTY,
        }
    }

    fn looked_targets(&mut self, looked: Looked) -> Set {
        match looked {
            Looked::Slot(slot) => self.slot_targets(slot),
            Looked::Outside(target) => self.targets.intern(&[target]),
            Looked::Incomplete | Looked::Dynamic | Looked::Missing => EMPTY,
        }
    }
}
