//! Names: what a name means at the place where it is written, by scopes alone. What the variable holds is `points_to`.

use crate::resolve::bindings::How;
use crate::resolve::kinds::Syntax;
use crate::resolve::quoted::dotted_names;
use crate::resolve::resolver::{Resolver, Target};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::sets::{EMPTY, Set};
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A variable of the file.
    Slot(u32),
    /// Names that star imports bring.
    Targets(Set),
    /// A submodule that the module of its package imports.
    Submodule(Target),
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
        match slot {
            Some(slot) => Meaning::Slot(slot),
            None => match self.meaning_without(holder, key, name) {
                Meaning::Nothing if repository.scopes.scopes[scope as usize].kind == ScopeKind::Class && self.is_of_class_bodies(name) => {
                    Meaning::Builtin(name)
                }
                found => found,
            },
        }
    }

    /// What every class body has without binding it.
    fn is_of_class_bodies(&self, name: Str) -> bool {
        matches!(self.strings.text(name), "__module__" | "__qualname__")
    }

    /// The meaning of a name that `holder` holds.
    pub fn meaning_in(&mut self, holder: u32, key: Str, name: Str) -> Meaning {
        match self.repository.bindings.slot(holder, key) {
            Some(slot) => Meaning::Slot(slot),
            None => self.meaning_without(holder, key, name),
        }
    }

    /// The meaning of a name that nothing in its scope binds: what a star import brings, or a builtin.
    pub fn meaning_without(&mut self, holder: u32, key: Str, name: Str) -> Meaning {
        let repository = self.repository;
        if repository.scopes.scopes[holder as usize].kind != ScopeKind::Module {
            return Meaning::Nothing;
        }
        let starred = self.star_member(repository.scopes.scopes[holder as usize].file, key);
        if starred != EMPTY {
            return Meaning::Targets(starred);
        }
        if repository.builtins.contains(name) {
            return Meaning::Builtin(name);
        }
        self.imported_submodule(repository.scopes.scopes[holder as usize].file, name).map_or(Meaning::Nothing, Meaning::Submodule)
    }

    /// What a dotted name in a text means, evaluated in a scope: the targets of each part.
    pub fn dotted_targets(&mut self, scope: u32, parts: &[&str]) -> Vec<(Set, &'static str)> {
        let repository = self.repository;
        let mut found: Vec<(Set, &'static str)> = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let name = self.strings.intern(part);
            let targets = if index == 0 {
                let key = repository.scopes.key(scope, name);
                let holder = repository.bindings.holder(&repository.scopes, scope, key);
                let meaning = self.meaning_in(holder, key, name);
                self.meaning_targets(meaning)
            } else {
                (self.members(found[index - 1].0, name), "attribute")
            };
            found.push(targets);
        }
        found
    }

    /// What a dotted name in a text stands for.
    pub fn text_targets(&mut self, constant: u32, name: &str) -> Set {
        let scope = self.repository.scopes.of[constant as usize];
        let is_name = dotted_names(name).first().is_some_and(|parts| parts[0].0 == 0);
        if scope == NONE || !is_name {
            return EMPTY;
        }
        let parts: Vec<&str> = name.split('.').collect();
        self.dotted_targets(scope, &parts).last().map_or(EMPTY, |&(targets, _)| targets)
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

    /// The scope that holds a name for code in a class body where the body itself has not bound it: the module, where the body binds it
    /// at all (`x = x` in a class never sees the `x` of a function around it).
    pub fn outside_class(&self, class: u32, key: Str) -> u32 {
        let repository = self.repository;
        let slot = repository.bindings.slot(class, key);
        if slot.is_some_and(|slot| repository.bindings.of(slot).any(|binding| !binding.instance)) {
            return repository.scopes.module(class);
        }
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
        let meaning = self.meaning(node);
        self.meaning_targets(meaning)
    }

    fn meaning_targets(&mut self, meaning: Meaning) -> (Set, &'static str) {
        match meaning {
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
            Meaning::Submodule(module) => (self.targets.intern(&[module]), "import"),
            Meaning::Builtin(name) => (self.targets.intern(&[Target::Builtin(name)]), "builtin"),
            Meaning::Nothing => (EMPTY, "value"),
        }
    }
}
