//! The rows of references: one per name, attribute, imported name, keyword or quoted name and thing it may refer to.

use crate::resolve::bindings::How;
use crate::resolve::definitions::{Flavour, node_id};
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::quoted::dotted_names;
use crate::resolve::resolver::{BUILTIN, PARTS, Resolver, Target};
use crate::resolve::rows::{Places, ReferenceRow, ReferenceRows};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::sets::{EMPTY, Set, add};
use crate::resolve::syntax::NONE;
use crate::table::{NULL_I64, NULL_STR, Str};

/// A place that refers to something: the node, its token, and the name written there.
#[derive(Clone, Copy)]
struct Token {
    node: u32,
    name: Str,
    access: Str,
    bstart: i32,
    bend: i32,
}

impl Machine<'_, '_> {
    /// The rows of a file, in the order of their places.
    pub fn reference_rows(&mut self, file: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let refers = |node: u32| {
            use Syntax::*;
            matches!(tree.kind(node), Name | Attribute | Keyword | Alias | ImportFrom | Global | Nonlocal | Constant)
        };
        for node in tree.in_order(file, refers) {
            match tree.kind(node) {
                Syntax::Name => self.name_reference(node, places, rows),
                Syntax::Attribute => self.attribute_reference(node, places, rows),
                Syntax::Keyword => self.keyword_reference(node, places, rows),
                Syntax::Alias => self.resolver.alias_reference(file, node, places, rows),
                Syntax::ImportFrom => self.resolver.origin_reference(file, node, places, rows),
                Syntax::Global | Syntax::Nonlocal => self.resolver.declared_references(node, places, rows),
                _ if tree.name[node as usize] != self.words.str => {}
                _ if self.is_exported(node) => self.resolver.exported_reference(file, node, places, rows),
                _ if self.resolver.is_type_text(node) => self.resolver.type_references(node, places, rows),
                _ => {}
            }
        }
    }

    /// Whether a text is an element of what `__all__` is assigned.
    fn is_exported(&self, node: u32) -> bool {
        let tree = &self.repository.tree;
        let (list, scope) = (tree.parent[node as usize], self.repository.scopes.of[node as usize]);
        let in_class = scope != NONE && self.repository.scopes.scopes[scope as usize].kind == ScopeKind::Class;
        if in_class || !matches!(tree.kind(list), Syntax::List | Syntax::Tuple) {
            return false;
        }
        let mut statement = tree.parent[list as usize];
        while matches!(tree.kind(statement), Syntax::BinOp | Syntax::Starred | Syntax::List | Syntax::Tuple) {
            statement = tree.parent[statement as usize];
        }
        let target = match tree.kind(statement) {
            Syntax::Assign => tree.in_field(statement, Field::Targets).next(),
            Syntax::AugAssign | Syntax::AnnAssign => tree.child(statement, Field::Target),
            _ => None,
        };
        target.is_some_and(|target| tree.kind(target) == Syntax::Name && tree.name[target as usize] == self.words.all)
    }

    fn name_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let (named, resolution) = self.resolver.name_targets(node);
        let mut token = self.resolver.token(node, tree.access_name.of(node));
        (token.bstart, token.bend) = (tree.bstart[node as usize], tree.bend[node as usize]);
        if tree.access[node as usize] != Access::Write {
            let targets = self.read_targets(node).unwrap_or(named);
            self.resolver.push(token, targets, resolution, places, rows);
            return;
        }
        if tree.kind(tree.parent[node as usize]) == Syntax::AugAssign {
            let read = Token { access: self.resolver.strings.word("read"), ..token };
            let targets = self.read_targets(node).unwrap_or(named);
            self.resolver.push(read, targets, resolution, places, rows);
        }
        // A write is to the variable that it binds, not to a function or import of the same name.
        let only = self.resolver.variables(named);
        self.resolver.push(token, only, resolution, places, rows);
    }

    /// What the bindings that reach a node, or what the analysis found there, refer to; none where it was not reached.
    fn read_targets(&mut self, node: u32) -> Option<Set> {
        let mut found = Vec::new();
        for binding in self.reaching(node).to_vec() {
            for target in self.bound_targets(binding) {
                add(&mut found, target);
            }
        }
        if self.falling_back.get(&node) == Some(&true) {
            for &target in self.found.targets.get(&node).into_iter().flatten() {
                add(&mut found, target);
            }
        }
        if found.is_empty() {
            found = match self.found.targets.get(&node) {
                Some(targets) => targets.clone(),
                None if self.is_unbound(node) => Vec::new(),
                None => return None,
            };
        }
        self.truncate(node, &mut found);
        self.resolver.drop_overloads(&mut found);
        Some(self.resolver.targets.intern(&found))
    }

    /// As many targets of a name as are kept.
    fn truncate(&mut self, node: u32, found: &mut Vec<Target>) {
        let most = self.repository.limits.targets_per_name;
        if found.len() > most {
            found.truncate(most);
            self.note(Limit::TargetsPerName, self.repository.owner(node));
        }
    }

    /// Whether a name was read where nothing binds it: before the first binding, behind `del`. Declarations of stubs bind without a value.
    fn is_unbound(&self, node: u32) -> bool {
        let file = self.repository.tree.file(node);
        self.found.reached[node as usize] && !self.repository.files.files[file as usize].is_stub
    }

    /// What the binding of a node stands for, behind imports.
    fn bound_targets(&mut self, node: u32) -> Vec<Target> {
        let Some(number) = self.frames.binding(node).or_else(|| self.frames.store_of.get(&node).copied()) else { return Vec::new() };
        let binding = self.repository.bindings.all[number as usize];
        if binding.how == How::Import && binding.name == self.words.star {
            return Vec::new();
        }
        if binding.how == How::Import {
            let targets = self.resolver.alias_binding(binding.node);
            return self.resolver.targets.get(targets).to_vec();
        }
        if binding.definition == NONE { Vec::new() } else { vec![Target::Definition(binding.definition)] }
    }

    fn attribute_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let token = self.resolver.token(node, tree.access_name.of(node));
        let is_read = tree.access[node as usize] == Access::Read;
        if !is_read && tree.kind(tree.parent[node as usize]) == Syntax::AugAssign {
            let read = Token { access: self.resolver.strings.word("read"), ..token };
            let targets = self.attribute_referred(node, true);
            self.resolver.push(read, targets, "attribute", places, rows);
        }
        let targets = self.attribute_referred(node, is_read);
        self.resolver.push(token, targets, "attribute", places, rows);
    }

    /// What an attribute refers to where it is read, or where it is written.
    fn attribute_referred(&mut self, node: u32, is_read: bool) -> Set {
        let by_classes = self.attribute_targets(node);
        let mut found = if is_read { self.stored_targets(node) } else { Vec::new() };
        if found.is_empty() || found.iter().all(|target| self.has_flavour(target, Flavour::Accessor)) {
            found = by_classes;
        }
        if is_read && found.iter().any(|target| self.has_flavour(target, Flavour::Property)) {
            found.retain(|target| !self.has_flavour(target, Flavour::Accessor));
        }
        self.truncate(node, &mut found);
        self.resolver.targets.intern(&found)
    }

    /// What the stores that reach an attribute bind; nothing where one of them is to no definition.
    fn stored_targets(&mut self, node: u32) -> Vec<Target> {
        let mut found = Vec::new();
        for binding in self.reaching(node).to_vec() {
            let targets = self.bound_targets(binding);
            if targets.is_empty() {
                return Vec::new();
            }
            for target in targets {
                add(&mut found, target);
            }
        }
        found
    }

    fn has_flavour(&self, target: &Target, flavour: Flavour) -> bool {
        matches!(target, Target::Definition(number) if self.repository.definitions.get(*number).flavour == flavour)
    }

    /// `name=…` in a call: the parameter that it fills.
    fn keyword_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        if self.repository.tree.name[node as usize].is_null() {
            return;
        }
        let mut found = Vec::new();
        for passed in self.found.passed_in(&(node..node + 1)) {
            let definition = self.repository.definitions.get(passed.parameter);
            if definition.name == self.repository.tree.name[node as usize] {
                add(&mut found, Target::Definition(passed.parameter));
            }
        }
        let read = self.resolver.strings.word("read");
        let (targets, token) = (self.resolver.targets.intern(&found), self.resolver.token(node, read));
        self.resolver.push(token, targets, "attribute", places, rows);
    }

    /// The places that bind or store what a name or an attribute reads.
    pub fn reaching(&self, node: u32) -> &[u32] {
        self.bindings.get(self.found.reads[node as usize])
    }
}

impl Resolver<'_> {
    fn token(&self, node: u32, access: Str) -> Token {
        let (tree, at) = (&self.repository.tree, node as usize);
        Token { node, name: tree.name[at], access, bstart: tree.name_bstart[at], bend: tree.name_bend[at] }
    }

    /// The variables among some targets.
    fn variables(&mut self, targets: Set) -> Set {
        let definitions = &self.repository.definitions;
        let is_variable = |target: &Target| matches!(target, Target::Definition(number) if !definitions.get(*number).kind.is_code());
        let found: Vec<Target> = self.targets.get(targets).iter().copied().filter(is_variable).collect();
        self.targets.intern(&found)
    }

    /// Where the text of a constant begins, and the text. Only where it is written without escapes is it known where names stand in it.
    fn quoted(&self, node: u32) -> Option<(i32, std::sync::Arc<str>)> {
        let (tree, at) = (&self.repository.tree, node as usize);
        if tree.value[at].is_null() {
            return None;
        }
        let text = self.strings.shared(tree.value[at]);
        let quotes = (tree.bend[at] - tree.bstart[at]) as usize - text.len().min((tree.bend[at] - tree.bstart[at]) as usize);
        let first = match quotes {
            2 => 1,
            3 => 2,
            6 => 3,
            _ => return None,
        };
        Some((tree.bstart[at] + first, text))
    }

    /// A name in `__all__`.
    fn exported_reference(&mut self, file: u32, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let Some((bstart, text)) = self.quoted(node) else { return };
        let (name, access) = (self.strings.intern(&text), self.strings.word("read"));
        let targets = self.member(Target::Definition(file), name);
        self.push(Token { node, name, access, bstart, bend: bstart + text.len() as i32 }, targets, "global", places, rows);
    }

    /// The names in a text that holds a type.
    fn type_references(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let scope = self.repository.scopes.of[node as usize];
        let Some((first, text)) = self.quoted(node).filter(|_| scope != NONE) else { return };
        let access = self.strings.word("read");
        for dotted in dotted_names(&text) {
            let parts: Vec<&str> = dotted.iter().map(|&(_, part)| part).collect();
            let found = self.dotted_targets(scope, &parts);
            for ((offset, part), (targets, resolution)) in dotted.into_iter().zip(found) {
                let bstart = first + offset as i32;
                let token = Token { node, name: self.strings.intern(part), access, bstart, bend: bstart + part.len() as i32 };
                self.push(token, targets, resolution, places, rows);
            }
        }
    }

    /// The names of a `global` or `nonlocal` statement. Written with anything but commas and single blanks between them, only one has a place.
    fn declared_references(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let (repository, at) = (self.repository, node as usize);
        let (scope, tree) = (repository.scopes.of[at], &repository.tree);
        let names = self.strings.text(tree.value[at]).to_owned();
        let (mut start, length) = (tree.name_bstart[at], (tree.name_bend[at] - tree.name_bstart[at]) as usize);
        let gaps = names.matches(' ').count();
        let Some(gap) = [1, 2].into_iter().find(|gap| names.len() - gaps + gaps * gap == length) else { return };
        if scope == NONE {
            return;
        }
        let access = self.strings.intern(if tree.kind(node) == Syntax::Global { "global" } else { "nonlocal" });
        for part in names.split(' ') {
            let name = self.strings.intern(part);
            let key = repository.scopes.key(scope, name);
            let holder = repository.bindings.holder(&repository.scopes, scope, key);
            if let Some(slot) = repository.bindings.slot(holder, key) {
                let bend = start + part.len() as i32;
                let targets = self.slot_targets(slot);
                let resolution = if tree.kind(node) == Syntax::Global { "global" } else { "lexical" };
                self.push(Token { node, name, access, bstart: start, bend }, targets, resolution, places, rows);
            }
            start += (part.len() + gap) as i32;
        }
    }

    /// `import a.b.c`: each dotted prefix is a module. `from m import n`: the name is what it finally means.
    fn alias_reference(&mut self, file: u32, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let read = self.strings.word("read");
        let token = self.token(node, read);
        if tree.kind(tree.parent[node as usize]) == Syntax::Import {
            self.dotted_reference(token, &|resolver, prefix| resolver.module_targets(file, prefix), places, rows);
        } else if self.strings.text(token.name) != "*" {
            let targets = self.alias_targets(node);
            self.push(token, targets, "import", places, rows);
        }
    }

    /// The module part of `from a.b import c`.
    fn origin_reference(&mut self, file: u32, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let repository = self.repository;
        let read = self.strings.word("read");
        let token = self.token(node, read);
        if token.name.is_null() || token.bstart < 0 {
            return;
        }
        let level = self.strings.get(repository.tree.value[node as usize]).and_then(|level| level.parse().ok()).unwrap_or(0);
        let find = move |resolver: &mut Self, prefix: &str| {
            if level == 0 {
                return resolver.module_targets(file, prefix);
            }
            let found: Vec<Target> =
                repository.modules.relative(file, level, prefix).into_iter().map(|found| resolver.found(found)).collect();
            resolver.targets.intern(&found)
        };
        self.dotted_reference(token, &find, places, rows);
    }

    /// A row for each part of a dotted name, up to so many as are looked for. Written with spaces or line breaks inside, only the whole name has one.
    fn dotted_reference(&mut self, token: Token, find: &dyn Fn(&mut Self, &str) -> Set, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let name = self.strings.text(token.name).to_owned();
        if name.len() as i32 != token.bend - token.bstart {
            let targets = find(self, &name);
            self.push(token, targets, "import", places, rows);
            return;
        }
        let mut start = 0;
        for part in name.split('.').take(PARTS) {
            let end = start + part.len();
            let targets = find(self, &name[..end]);
            let part =
                Token { name: self.strings.intern(part), bstart: token.bstart + start as i32, bend: token.bstart + end as i32, ..token };
            self.push(part, targets, "import", places, rows);
            start = end + 1;
        }
    }

    fn push(&mut self, token: Token, targets: Set, resolution: &'static str, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        if targets == EMPTY {
            return;
        }
        let repository = self.repository;
        let place = places.place(token.bstart, token.bend);
        let syntax_id = node_id(&repository.files, &repository.tree, token.node);
        let count = self.targets.len(targets);
        for index in 0..count {
            let target = self.targets.at(targets, index);
            let (target_kind, resolution) = match target {
                Target::Definition(number) if self.is_module(number) => ("module", resolution),
                Target::Definition(_) => ("definition", resolution),
                Target::Namespace(_) => ("module", resolution),
                Target::External(_) => ("external", if resolution == "import" { "import" } else { "external" }),
                Target::Builtin(_) => (BUILTIN, "builtin"),
            };
            let row = ReferenceRow {
                place,
                syntax_id,
                name: token.name,
                access: token.access,
                target_id: self.target_id(target),
                target_kind: self.strings.word(target_kind),
                origin: self.strings.word(repository.origin(repository.tree.file(token.node))),
                resolution: self.strings.word(resolution),
                confidence: repository.confidences.of(resolution, count == 1),
                ambiguity_group: if count > 1 { syntax_id } else { NULL_I64 },
            };
            rows.push(row);
        }
        debug_assert!(token.access != NULL_STR);
    }
}
