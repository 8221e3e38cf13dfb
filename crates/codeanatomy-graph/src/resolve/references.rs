//! References: one row per name, attribute, imported name or keyword and thing it may refer to. What calls go where is `calls.rs`.

use crate::resolve::confidence::confidence;
use crate::resolve::definitions::{DefinitionKind, Flavour, node_id};
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::resolver::{BUILTIN, Resolver, Target};
use crate::resolve::rows::{Places, ReferenceRow, ReferenceRows};
use crate::resolve::sets::{EMPTY, Set, add};
use crate::resolve::syntax::NONE;
use crate::resolve::values::Value;
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

impl Resolver<'_> {
    /// The rows of a file, in the order of their places.
    pub fn reference_rows(&mut self, file: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        let refers =
            |node: u32| matches!(tree.kind(node), Syntax::Name | Syntax::Attribute | Syntax::Keyword | Syntax::Alias | Syntax::ImportFrom);
        for node in tree.in_order(file, refers) {
            match repository.tree.kind(node) {
                Syntax::Name => self.name_reference(node, places, rows),
                Syntax::Attribute => self.attribute_reference(node, places, rows),
                Syntax::Keyword => self.keyword_reference(node, places, rows),
                Syntax::Alias => self.alias_reference(file, node, places, rows),
                Syntax::ImportFrom => self.origin_reference(file, node, places, rows),
                _ => {}
            }
        }
    }

    fn token(&self, node: u32, access: Str) -> Token {
        let (tree, at) = (&self.repository.tree, node as usize);
        Token { node, name: tree.name[at], access, bstart: tree.name_bstart[at], bend: tree.name_bend[at] }
    }

    fn name_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let (targets, resolution) = self.name_targets(node);
        let mut token = self.token(node, self.repository.tree.access_name[node as usize]);
        (token.bstart, token.bend) = (self.repository.tree.bstart[node as usize], self.repository.tree.bend[node as usize]);
        if self.repository.tree.access[node as usize] == Access::Write {
            // A write is to the variable that it binds, not to a function or import of the same name.
            let only = self.variables(targets);
            self.push(token, only, resolution, places, rows);
        } else {
            self.push(token, targets, resolution, places, rows);
        }
    }

    /// The variables among some targets.
    fn variables(&mut self, targets: Set) -> Set {
        let definitions = &self.repository.definitions;
        let is_variable = |target: &Target| matches!(target, Target::Definition(number) if !definitions.get(*number).kind.is_code());
        let found: Vec<Target> = self.targets.get(targets).iter().copied().filter(is_variable).collect();
        self.targets.intern(&found)
    }

    fn attribute_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let objects = self.evaluate(node + 1);
        let scope = self.repository.scopes.of[node as usize];
        let name = if scope == NONE {
            self.repository.tree.name[node as usize]
        } else {
            self.repository.scopes.key(scope, self.repository.tree.name[node as usize])
        };
        let (mut found, mut declared) = (Vec::new(), false);
        for index in 0..self.values.len(objects) {
            let object = self.values.at(objects, index);
            let targets = self.attribute_targets(object, name);
            declared |= matches!(object, Value::Instance { declared: true, .. } | Value::Class { declared: true, .. }) && targets != EMPTY;
            for &target in self.targets.get(targets) {
                add(&mut found, target);
            }
        }
        if self.repository.tree.access[node as usize] == Access::Read {
            self.drop_accessors(&mut found);
        }
        let targets = self.targets.intern(&found);
        let token = self.token(node, self.repository.tree.access_name[node as usize]);
        self.push(token, targets, if declared { "annotation" } else { "attribute" }, places, rows);
    }

    /// Reading a property is a matter of its getter.
    fn drop_accessors(&self, found: &mut Vec<Target>) {
        let definitions = &self.repository.definitions;
        let has = |target: &Target, flavour| matches!(target, Target::Definition(number) if definitions.get(*number).flavour == flavour);
        if found.iter().any(|target| has(target, Flavour::Property)) {
            found.retain(|target| !has(target, Flavour::Accessor));
        }
    }

    /// `name=…` in a call: the parameter of the function that is called.
    fn keyword_reference(&mut self, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let (call, name) = (tree.parent[node as usize], tree.name[node as usize]);
        if name.is_null() || tree.kind(call) != Syntax::Call {
            return;
        }
        let Some(function) = tree.child(call, Field::Func) else { return };
        let callees = self.evaluate(function);
        let mut found = Vec::new();
        for index in 0..self.values.len(callees) {
            let callee = self.values.at(callees, index);
            for function in self.functions_run(callee) {
                if let Some(parameter) = self.parameter(function, name) {
                    add(&mut found, Target::Definition(parameter));
                }
            }
        }
        let read = self.strings.intern("read");
        let (targets, token) = (self.targets.intern(&found), self.token(node, read));
        self.push(token, targets, "attribute", places, rows);
    }

    /// The parameter of that name which a keyword can fill.
    pub fn parameter(&self, function: u32, name: Str) -> Option<u32> {
        let definitions = &self.repository.definitions;
        let slot = self.repository.bindings.slot(definitions.get(function).inner, name)?;
        let variable = self.repository.bindings.slots[slot as usize].variable;
        let found = variable != NONE && definitions.get(variable).kind == DefinitionKind::Parameter;
        let by_keyword = found && matches!(definitions.get(variable).how, "positional_or_keyword" | "keyword_only");
        by_keyword.then_some(variable)
    }

    /// `import a.b.c`: each dotted prefix is a module. `from m import n`: the name is what it finally means.
    fn alias_reference(&mut self, file: u32, node: u32, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let tree = &self.repository.tree;
        let read = self.strings.intern("read");
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
        let read = self.strings.intern("read");
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

    /// A row for each part of a dotted name. Written with spaces or line breaks inside, only the whole name has one.
    fn dotted_reference(&mut self, token: Token, find: &dyn Fn(&mut Self, &str) -> Set, places: &mut Places<'_>, rows: &mut ReferenceRows) {
        let name = self.strings.text(token.name).to_owned();
        if name.len() as i32 != token.bend - token.bstart {
            let targets = find(self, &name);
            self.push(token, targets, "import", places, rows);
            return;
        }
        let mut start = 0;
        for part in name.split('.') {
            let end = start + part.len();
            let targets = find(self, &name[..end]);
            let part =
                Token { name: self.strings.intern(part), bstart: token.bstart + start as i32, bend: token.bstart + end as i32, ..token };
            self.push(part, targets, "import", places, rows);
            start = end + 1;
        }
    }

    fn push(&mut self, token: Token, targets: Set, resolution: &str, places: &mut Places<'_>, rows: &mut ReferenceRows) {
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
                target_kind: self.strings.intern(target_kind),
                origin: self.strings.intern(repository.origin(repository.tree.file(token.node))),
                resolution: self.strings.intern(resolution),
                confidence: Some(confidence(resolution)),
                ambiguity_group: if count > 1 { syntax_id } else { NULL_I64 },
            };
            rows.push(row);
        }
        debug_assert!(token.access != NULL_STR);
    }
}
