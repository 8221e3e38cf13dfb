//! Imports: what every alias of every import statement means, and which names a star brings. Paths to files are `modules.rs`.

use std::rc::Rc;

use crate::resolve::bindings::How;
use crate::resolve::definitions::node_id;
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::modules::Found;
use crate::resolve::names::Meaning;
use crate::resolve::resolver::{PARTS, Resolver, Target};
use crate::resolve::rows::{ImportRow, ImportRows, Place, Places};
use crate::resolve::sets::{EMPTY, Set, add};
use crate::table::{NULL_I64, NULL_STR, Str};

/// The module that an import statement names.
pub struct Origin {
    /// Absolute dotted name as far as it is known.
    pub name: Str,
    pub targets: Set,
}

impl Resolver<'_> {
    /// What a dotted name of a module means, imported from a file.
    pub fn module_targets(&mut self, file: u32, name: &str) -> Set {
        let repository = self.repository;
        let found = repository.modules.absolute(&repository.files, self.strings, file, name);
        if found.is_empty() {
            if repository.modules.knows_top(&repository.files, self.strings, file, name) {
                return self.module_attribute_path(file, name);
            }
            let name = self.strings.intern(name);
            let target = self.external(name);
            return self.targets.intern(&[target]);
        }
        let targets: Vec<Target> = found.into_iter().map(|found| self.found(found)).collect();
        self.targets.intern(&targets)
    }

    /// A dotted name whose end is no module but bound in one: `import os.path`.
    fn module_attribute_path(&mut self, file: u32, name: &str) -> Set {
        let Some((above, last)) = name.rsplit_once('.').filter(|_| name.matches('.').count() < PARTS) else { return EMPTY };
        let last = self.strings.intern(last);
        let modules = self.module_targets(file, above);
        self.members(modules, last)
    }

    /// The module that a `from` statement names.
    pub fn origin(&mut self, statement: u32) -> Origin {
        let repository = self.repository;
        let file = repository.tree.file(statement);
        let level = self.strings.get(repository.tree.value[statement as usize]).and_then(|level| level.parse().ok()).unwrap_or(0);
        let name = self.strings.get(repository.tree.name[statement as usize]).unwrap_or_default().to_owned();
        if level == 0 {
            return Origin { targets: self.module_targets(file, &name), name: self.strings.intern(&name) };
        }
        let absolute = repository.modules.absolute_name(&repository.files, self.strings, file, level, &name);
        match repository.modules.relative(file, level, &name) {
            Some(found) => {
                let target = self.found(found);
                Origin { name: self.target_name(target), targets: self.targets.intern(&[target]) }
            }
            None => Origin { name: self.strings.intern(&absolute), targets: EMPTY },
        }
    }

    /// What an alias imports: the whole dotted module of `import a.b`, the name of `from a import b`.
    pub fn alias_targets(&mut self, alias: u32) -> Set {
        if let Some(&known) = self.alias_targets.get(&alias) {
            return known;
        }
        self.alias_targets.insert(alias, EMPTY);
        let tree = &self.repository.tree;
        let (statement, name) = (tree.parent[alias as usize], tree.name[alias as usize]);
        let set = if tree.kind(statement) == Syntax::Import {
            let name = self.strings.text(name).to_owned();
            self.module_targets(tree.file(alias), &name)
        } else {
            let origin = self.origin(statement).targets;
            if self.strings.text(name) == "*" { origin } else { self.members(origin, name) }
        };
        self.alias_targets.insert(alias, set);
        set
    }

    /// What the name that an alias binds stands for: `import a.b` binds `a`.
    pub fn alias_binding(&mut self, alias: u32) -> Set {
        let tree = &self.repository.tree;
        let name = self.strings.text(tree.name[alias as usize]);
        if tree.value[alias as usize].is_null()
            && tree.kind(tree.parent[alias as usize]) == Syntax::Import
            && let Some((first, _)) = name.split_once('.')
        {
            let first = first.to_owned();
            return self.module_targets(tree.file(alias), &first);
        }
        self.alias_targets(alias)
    }

    /// A name in each of several modules.
    pub fn members(&mut self, modules: Set, name: Str) -> Set {
        let mut found = Vec::new();
        for index in 0..self.targets.len(modules) {
            let module = self.targets.at(modules, index);
            let of_module = self.member(module, name);
            for &target in self.targets.get(of_module) {
                add(&mut found, target);
            }
        }
        self.targets.intern(&found)
    }

    /// A name in a module: bound there, brought by a star, or a submodule.
    pub fn member(&mut self, module: Target, name: Str) -> Set {
        let found = match module {
            Target::Definition(file) if self.is_module(file) => {
                let bound = self.bound_member(file, name);
                if bound != EMPTY {
                    return bound;
                }
                Found::Module(file)
            }
            Target::Definition(_) => return EMPTY,
            Target::Namespace(folder) => Found::Namespace(folder),
            Target::External(path) => {
                let dotted = self.dot(path, name);
                let target = self.external(dotted);
                return self.targets.intern(&[target]);
            }
            Target::Builtin(path) => {
                let dotted = self.dot(path, name);
                return self.targets.intern(&[Target::Builtin(dotted)]);
            }
        };
        let submodule = self.found_submodule(found, name);
        self.targets.intern(submodule.as_slice())
    }

    /// The submodule of a package.
    pub fn submodule(&self, package: Target, name: Str) -> Option<Target> {
        match package {
            Target::Definition(file) => self.found_submodule(Found::Module(file), name),
            Target::Namespace(folder) => self.found_submodule(Found::Namespace(folder), name),
            Target::External(_) | Target::Builtin(_) => None,
        }
    }

    /// The submodule that a name in the module of a package stands for because an import there brings it: `from .a import b` binds `a`, too.
    pub fn imported_submodule(&mut self, file: u32, name: Str) -> Option<Target> {
        let submodule = self.submodule(Target::Definition(file), name)?;
        let dotted = self.target_name(submodule);
        let tree = &self.repository.tree;
        for node in tree.nodes(file) {
            let modules = match tree.kind(node) {
                Syntax::Alias if tree.kind(tree.parent[node as usize]) == Syntax::Import => self.alias_targets(node),
                Syntax::ImportFrom => self.origin(node).targets,
                _ => continue,
            };
            for index in 0..self.targets.len(modules) {
                let imported = self.target_name(self.targets.at(modules, index));
                if self.leads_to(imported, dotted) {
                    return Some(submodule);
                }
            }
        }
        None
    }

    /// Whether importing one dotted name imports the other.
    fn leads_to(&self, name: Str, module: Str) -> bool {
        let rest = self.strings.text(name).strip_prefix(self.strings.text(module));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn found_submodule(&self, package: Found, name: Str) -> Option<Target> {
        let repository = self.repository;
        let found = repository.modules.submodule(&repository.files, package, self.strings.text(name));
        found.map(|found| self.found(found))
    }

    fn bound_member(&mut self, file: u32, name: Str) -> Set {
        let inner = self.repository.definitions.get(file).inner;
        if let Some(slot) = self.repository.bindings.slot(inner, name) {
            let bound = self.slot_targets(slot);
            if bound != EMPTY {
                return bound;
            }
        }
        self.star_member(file, name)
    }

    /// A name that a star import of a file brings.
    pub fn star_member(&mut self, file: u32, name: Str) -> Set {
        let Some(stars) = self.repository.bindings.stars.get(&file) else { return EMPTY };
        if !self.starred.insert((file, name)) {
            return EMPTY;
        }
        let mut found = Vec::new();
        for &star in stars {
            let modules = self.alias_targets(star);
            for index in 0..self.targets.len(modules) {
                let Target::Definition(module) = self.targets.at(modules, index) else { continue };
                if self.exports(module).contains(&name) {
                    let of_module = self.member(Target::Definition(module), name);
                    for &target in self.targets.get(of_module) {
                        add(&mut found, target);
                    }
                }
            }
        }
        self.starred.remove(&(file, name));
        self.targets.intern(&found)
    }

    /// The names that `from module import *` binds, in order.
    pub fn exports(&mut self, file: u32) -> Rc<Vec<Str>> {
        if let Some(known) = self.exports.get(&file) {
            return known.clone();
        }
        self.exports.insert(file, Rc::default());
        let mut names = Vec::new();
        if !self.declared_exports(file, &mut names) {
            let public = |name: Str, strings: &crate::table::Strings| !strings.text(name).starts_with(['_', '*']);
            for &slot in &self.module_slots[file as usize] {
                let name = self.repository.bindings.slots[slot as usize].name;
                if public(name, self.strings) {
                    names.push(name);
                }
            }
            for &star in self.repository.bindings.stars.get(&file).into_iter().flatten() {
                let modules = self.alias_targets(star);
                for index in 0..self.targets.len(modules) {
                    let Target::Definition(module) = self.targets.at(modules, index) else { continue };
                    for &name in self.exports(module).iter().filter(|&&name| public(name, self.strings)) {
                        names.push(name);
                    }
                }
            }
        }
        let mut seen = rustc_hash::FxHashSet::default();
        names.retain(|&name| seen.insert(name));
        let names = Rc::new(names);
        self.exports.insert(file, names.clone());
        names
    }

    /// The names of `__all__`, if the module has one.
    fn declared_exports(&mut self, file: u32, names: &mut Vec<Str>) -> bool {
        let repository = self.repository;
        let inner = repository.definitions.get(file).inner;
        let Some(all) = self.strings.find("__all__") else { return false };
        let Some(slot) = repository.bindings.slot(inner, all) else { return false };
        let assigned = repository.bindings.of(slot).any(|binding| matches!(binding.how, How::Assign | How::Annotated));
        for node in repository.tree.nodes(file) {
            if repository.tree.kind(node) != Syntax::Name || repository.tree.name[node as usize] != all {
                continue;
            }
            let statement = repository.tree.parent[node as usize];
            let value = match repository.tree.kind(statement) {
                Syntax::Assign | Syntax::AugAssign | Syntax::AnnAssign => repository.tree.child(statement, Field::Value),
                Syntax::Attribute => self.added_exports(statement),
                _ => None,
            };
            if let Some(value) = value.filter(|&value| value != node) {
                self.literal_names(file, value, names);
            }
        }
        assigned
    }

    /// The argument of `__all__.extend(…)` or `__all__.append(…)`.
    fn added_exports(&self, attribute: u32) -> Option<u32> {
        let tree = &self.repository.tree;
        let call = tree.parent[attribute as usize];
        let method = self.strings.get(tree.name[attribute as usize]).unwrap_or_default();
        let called = tree.kind(call) == Syntax::Call && tree.field[attribute as usize] == Field::Func;
        if called && matches!(method, "extend" | "append") { tree.child(call, Field::Args) } else { None }
    }

    /// The texts of a literal, and the exports of modules whose `__all__` is added.
    fn literal_names(&mut self, file: u32, value: u32, names: &mut Vec<Str>) {
        let tree = &self.repository.tree;
        match tree.kind(value) {
            Syntax::Constant if self.strings.get(tree.name[value as usize]) == Some("str") => {
                names.push(tree.value[value as usize]);
            }
            Syntax::List | Syntax::Tuple | Syntax::Set | Syntax::BinOp | Syntax::Starred => {
                for child in tree.children(value) {
                    self.literal_names(file, child, names);
                }
            }
            Syntax::Name => self.named_exports(file, value, names),
            Syntax::Attribute if self.strings.get(tree.name[value as usize]) == Some("__all__") => {
                let Some(object) = tree.child(value, Field::Value) else { return };
                let modules = self.expression_targets(object);
                self.exports_of(file, modules, names);
            }
            _ => {}
        }
    }

    /// The texts behind a name: `from m import __all__ as names`, or a literal assigned before.
    fn named_exports(&mut self, file: u32, node: u32, names: &mut Vec<Str>) {
        let tree = &self.repository.tree;
        let Meaning::Slot(slot) = self.meaning(node) else { return };
        for binding in self.repository.bindings.of(slot) {
            let statement = tree.parent[binding.node as usize];
            let value = tree.child(statement, Field::Value);
            match (binding.how, value) {
                (How::Import, _) if self.strings.get(tree.name[binding.node as usize]) == Some("__all__") => {
                    let modules = self.origin(statement).targets;
                    self.exports_of(file, modules, names);
                }
                // A literal that names its own variable stands for what was there before.
                (How::Assign, Some(value))
                    if tree.kind(statement) == Syntax::Assign && !(value..tree.end[value as usize]).contains(&node) =>
                {
                    self.literal_names(file, value, names);
                }
                _ => {}
            }
        }
    }

    fn exports_of(&mut self, file: u32, modules: Set, names: &mut Vec<Str>) {
        for index in 0..self.targets.len(modules) {
            if let Target::Definition(module) = self.targets.at(modules, index)
                && self.is_module(module)
                && module != file
            {
                names.extend(self.exports(module).iter().copied());
            }
        }
    }

    /// One row per imported name of a file, and one per name that a star brings.
    pub fn import_rows(&mut self, file: u32, places: &mut Places<'_>, rows: &mut ImportRows) {
        let repository = self.repository;
        for alias in repository.tree.nodes(file).filter(|&node| repository.tree.kind(node) == Syntax::Alias) {
            let at = alias as usize;
            let (statement, name) = (repository.tree.parent[at], repository.tree.name[at]);
            let place = places.place(repository.tree.bstart[at], repository.tree.bend[at]);
            let targets = self.alias_targets(alias);
            if repository.tree.kind(statement) == Syntax::Import {
                self.import_row(alias, place, (name, NULL_STR), targets, name, rows);
                continue;
            }
            let origin = self.origin(statement);
            let written = if self.strings.text(origin.name).is_empty() { name } else { self.dot(origin.name, name) };
            if self.strings.text(name) != "*" {
                self.import_row(alias, place, (origin.name, name), targets, written, rows);
                continue;
            }
            self.import_row(alias, place, (origin.name, name), targets, origin.name, rows);
            for index in 0..self.targets.len(targets) {
                let module = self.targets.at(targets, index);
                let Target::Definition(number) = module else { continue };
                for &name in self.exports(number).iter() {
                    let of_module = self.member(module, name);
                    let written = self.dot(origin.name, name);
                    self.import_row(alias, place, (origin.name, name), of_module, written, rows);
                }
            }
        }
    }

    fn import_row(&mut self, alias: u32, place: Place, (module, name): (Str, Str), targets: Set, written: Str, rows: &mut ImportRows) {
        let repository = self.repository;
        let first = self.targets.get(targets).first().copied();
        let scope = repository.scopes.of[alias as usize];
        let row = ImportRow {
            place,
            syntax_id: node_id(&repository.files, &repository.tree, alias),
            module,
            name,
            alias: repository.tree.value[alias as usize],
            target: first.map_or(written, |target| self.target_name(target)),
            target_id: first.map_or(NULL_I64, |target| self.target_id(target)),
            target_kind: self.import_kind(first),
            scope_id: repository.scopes.id(scope),
            definition_id: repository.definitions.id(repository.scopes.scopes[scope as usize].definition),
            origin: self.strings.intern(repository.evidence(repository.tree.file(alias))),
        };
        rows.push(row);
    }

    fn import_kind(&mut self, target: Option<Target>) -> Str {
        let kind = match target {
            None => "unresolved",
            Some(Target::Definition(number)) if !self.is_module(number) => "definition",
            Some(Target::Definition(_) | Target::Namespace(_)) => "module",
            Some(Target::Builtin(_)) => "stdlib",
            Some(Target::External(name)) if self.repository.modules.is_standard(self.strings.text(name)) => "stdlib",
            Some(Target::External(_)) => "external",
        };
        self.strings.intern(kind)
    }
}
