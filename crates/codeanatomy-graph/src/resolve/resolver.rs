//! The resolver: the facts of the repository, and what was found out so far. The questions it answers are in the files beside this one.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ids::Allocator;
use crate::resolve::bindings::{Bindings, How, Slot};
use crate::resolve::builtins::Builtins;
use crate::resolve::confidence::Confidences;
use crate::resolve::definitions::{DefinitionKind, Definitions, Flavour};
use crate::resolve::limits::{Limit, Limits, Reached};
use crate::resolve::modules::{Found, Modules};
use crate::resolve::points_to::outside::Outside;
use crate::resolve::scopes::Scopes;
use crate::resolve::sets::{EMPTY, Set, Sets, add};
use crate::resolve::sources::Files;
use crate::resolve::syntax::{NONE, Tree};
use crate::table::{Str, Strings};

/// Facts: nothing changes in them while names are resolved.
pub struct Repository {
    pub limits: Limits,
    pub confidences: Confidences,
    pub files: Files,
    /// Whether the tree of a file is what tree-sitter knows of it.
    pub outlined: Vec<bool>,
    pub tree: Tree,
    pub scopes: Scopes,
    pub definitions: Definitions,
    pub bindings: Bindings,
    pub modules: Modules,
    pub builtins: Builtins,
    pub outside: Outside,
}

impl Repository {
    /// The definition in whose scope a node is evaluated.
    pub fn owner(&self, node: u32) -> u32 {
        match self.scopes.of[node as usize] {
            NONE => self.tree.file(node),
            scope => self.scopes.scopes[scope as usize].definition,
        }
    }

    /// What a relation that was resolved in a file rests on.
    pub fn origin(&self, file: u32) -> &'static str {
        if self.outlined[file as usize] { "tree_sitter" } else { "resolver" }
    }
}

/// What a name finally stands for, behind imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A definition; the module of file `f` is definition `f`.
    Definition(u32),
    Namespace(u32),
    /// A dotted name outside the repository.
    External(Str),
    /// A name of `builtins`, with attributes: `range`, `str.join`.
    Builtin(Str),
}

/// The word in `target_kind` of a builtin, and of its row.
pub const BUILTIN: &str = "builtin";

/// Of a dotted name, so many parts are looked for.
pub const PARTS: usize = 64;

pub struct Resolver<'a> {
    pub repository: &'a Repository,
    pub strings: &'a mut Strings,
    pub ids: &'a mut Allocator,
    pub reached: Reached,
    pub targets: Sets<Target>,
    /// Answers by slot, by alias and by file; an open question answers "nothing" to itself.
    pub slot_targets: Vec<Option<Set>>,
    pub alias_targets: FxHashMap<u32, Set>,
    pub exports: FxHashMap<u32, Rc<Vec<Str>>>,
    pub starred: FxHashSet<(u32, Str)>,
    pub module_slots: Vec<Vec<u32>>,
    pub dotted: FxHashMap<(Str, Str), Str>,
    pub externals: Vec<(Target, Str, i64)>,
    pub external_ids: FxHashMap<Target, i64>,
}

impl<'a> Resolver<'a> {
    pub fn new(repository: &'a Repository, strings: &'a mut Strings, ids: &'a mut Allocator) -> Self {
        let slots = &repository.bindings.slots;
        let mut module_slots = vec![Vec::new(); repository.files.files.len()];
        for (slot, &Slot { scope, .. }) in slots.iter().enumerate() {
            if repository.scopes.module(scope) == scope {
                module_slots[repository.scopes.scopes[scope as usize].file as usize].push(slot as u32);
            }
        }
        Self {
            reached: Reached::default(),
            targets: Sets::new(),
            slot_targets: vec![None; slots.len()],
            alias_targets: FxHashMap::default(),
            exports: FxHashMap::default(),
            starred: FxHashSet::default(),
            module_slots,
            dotted: FxHashMap::default(),
            externals: Vec::new(),
            external_ids: FxHashMap::default(),
            repository,
            strings,
            ids,
        }
    }

    /// `prefix.name` as a text of the run.
    pub fn dot(&mut self, prefix: Str, name: Str) -> Str {
        if let Some(&known) = self.dotted.get(&(prefix, name)) {
            return known;
        }
        let text = format!("{}.{}", self.strings.text(prefix), self.strings.text(name));
        let dotted = self.strings.intern(&text);
        self.dotted.insert((prefix, name), dotted);
        dotted
    }

    /// Everything that a variable may stand for: its definitions, and what its imports finally mean.
    pub fn slot_targets(&mut self, slot: u32) -> Set {
        if let Some(known) = self.slot_targets[slot as usize] {
            return known;
        }
        self.slot_targets[slot as usize] = Some(EMPTY);
        let mut found = Vec::new();
        let count = self.repository.bindings.count(slot);
        for index in 0..count {
            let binding = self.repository.bindings.nth(slot, index);
            if binding.definition != NONE {
                add(&mut found, Target::Definition(binding.definition));
            } else if binding.how == How::Import {
                let imported = self.alias_binding(binding.node);
                for &target in self.targets.get(imported) {
                    add(&mut found, target);
                }
            }
            if found.len() >= self.repository.limits.targets_per_name && index + 1 < count {
                let scope = self.repository.bindings.slots[slot as usize].scope;
                self.reached.note(Limit::TargetsPerName, self.repository.scopes.scopes[scope as usize].definition);
                break;
            }
        }
        self.drop_overloads(&mut found);
        let set = self.targets.intern(&found);
        self.slot_targets[slot as usize] = Some(set);
        set
    }

    /// Signatures for type checkers do not stand beside the function they describe.
    pub fn drop_overloads(&self, found: &mut Vec<Target>) {
        let definitions = &self.repository.definitions;
        let is_overload =
            |target: &Target| matches!(target, Target::Definition(number) if definitions.get(*number).flavour == Flavour::Overload);
        if found.len() > 1 && !found.iter().all(is_overload) {
            found.retain(|target| !is_overload(target));
        }
    }

    /// The module or package that was found.
    pub fn found(&self, found: Found) -> Target {
        match found {
            Found::Module(file) => Target::Definition(file),
            Found::Namespace(folder) => Target::Namespace(folder),
        }
    }

    pub fn is_module(&self, definition: u32) -> bool {
        self.repository.definitions.get(definition).kind == DefinitionKind::Module
    }

    /// The id of what was found; externals get theirs, and their row, when they are first needed.
    pub fn target_id(&mut self, target: Target) -> i64 {
        match target {
            Target::Definition(number) => self.repository.definitions.id(number),
            Target::Namespace(folder) => self.repository.modules.namespace_id(folder),
            Target::External(_) | Target::Builtin(_) => self.external_id(target),
        }
    }

    fn external_id(&mut self, target: Target) -> i64 {
        if let Some(&known) = self.external_ids.get(&target) {
            return known;
        }
        let name = self.target_name(target);
        let id = self.ids.id(&["external", self.strings.text(name)]);
        self.external_ids.insert(target, id);
        self.externals.push((target, name, id));
        if let Target::External(_) = target {
            // The package of a symbol is there too.
            if let Some((top, _)) = self.strings.text(name).split_once('.') {
                let top = top.to_owned();
                let top = self.strings.intern(&top);
                self.external_id(Target::External(top));
            }
        }
        id
    }

    /// The qualified name of what was found.
    pub fn target_name(&mut self, target: Target) -> Str {
        match target {
            Target::Definition(number) => self.repository.definitions.get(number).qualified_name,
            Target::Namespace(folder) => self.strings.intern(self.repository.modules.namespace_name(folder)),
            Target::External(name) => name,
            Target::Builtin(name) => {
                let builtins = self.strings.intern("builtins");
                self.dot(builtins, name)
            }
        }
    }

    /// An external name, told apart from names of `builtins` that are written in full.
    pub fn external(&mut self, name: Str) -> Target {
        match self.strings.text(name).strip_prefix("builtins.").map(str::to_owned) {
            Some(rest) => Target::Builtin(self.strings.intern(&rest)),
            None => Target::External(name),
        }
    }
}
