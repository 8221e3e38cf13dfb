//! The rows that restate facts: syntax, definitions, scopes, symbols, bindings. Nothing is resolved here but the holders of symbols.

use crate::resolve::bindings::{Binding, Bindings};
use crate::resolve::definitions::{Definition, DefinitionKind, node_id};
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::resolver::Repository;
use crate::resolve::rows::{
    BindingRow, BindingRows, CaptureRow, CaptureRows, DefinitionRow, DefinitionRows, Places, ScopeRow, ScopeRows, SymbolRow, SymbolRows,
    SyntaxRow, SyntaxRows,
};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::{NONE, Tree};
use crate::resolve::text::expression_text;
use crate::table::{NULL_I64, NULL_STR, Str, Strings};

/// The kind of a syntax node in the graph.
fn syntax_kind(tree: &Tree, node: u32) -> &'static str {
    use Syntax::*;
    match tree.kind(node) {
        Module => "tree",
        Call => "call",
        Constant if tree.is_docstring(node) => "docstring",
        Constant => "literal",
        Alias => "import",
        Arg => "binding",
        kind if kind.is_statement() => "statement",
        kind if kind.is_clause() => "clause",
        kind if kind.is_pattern() => "pattern",
        kind if kind.is_type_parameter() => "type_parameter",
        Name | Attribute | Subscript | Starred | List | Tuple if tree.access[node as usize] == Access::Write => "binding",
        Name | Attribute => "reference",
        _ => "expression",
    }
}

/// The statement that follows in the same body.
fn next_statement(tree: &Tree, node: u32) -> u32 {
    let (next, parent) = (tree.end[node as usize], tree.parent[node as usize]);
    let follows = tree.kind(node).is_statement() && parent != NONE && next < tree.end[parent as usize];
    if follows && tree.field[next as usize] == tree.field[node as usize] { next } else { NONE }
}

impl Repository {
    /// Which evidence the syntax of a file rests on.
    pub fn evidence(&self, file: u32) -> &'static str {
        if self.outlined[file as usize] { "tree_sitter" } else { "ast" }
    }

    /// The syntax ids of a file, by arithmetic: nodes of one file are numbered in order.
    pub fn syntax_rows(&self, file: u32, strings: &mut Strings, places: &mut Places<'_>, rows: &mut SyntaxRows) {
        let tree = &self.tree;
        let (first, file_id) = (tree.starts[file as usize], self.files.files[file as usize].id);
        let id = |node: u32| if node == NONE { NULL_I64 } else { crate::ids::syntax_id(file_id, (node - first) as i32) };
        let origin = strings.word(self.evidence(file));
        for node in tree.nodes(file) {
            let at = node as usize;
            let row = SyntaxRow {
                place: places.place(tree.bstart[at], tree.bend[at]),
                id: id(node),
                kind: strings.word(syntax_kind(tree, node)),
                syntax: tree.class.of(node),
                name: tree.name[at],
                parent_id: id(tree.parent[at]),
                field: tree.field_name.of(node),
                position: tree.position[at],
                value: tree.value[at],
                next_id: id(next_statement(tree, node)),
                origin,
            };
            rows.push(row);
        }
    }

    /// The row of a definition; `limits` are those that the analysis reached for it.
    pub fn definition_row(&self, number: u32, limits: Str, strings: &mut Strings, places: &mut Places<'_>, rows: &mut DefinitionRows) {
        let definition = self.definitions.get(number);
        let (tree, node) = (&self.tree, definition.node);
        let (name_line, name_col) = places.position(definition.name_bstart);
        let (name_end_line, name_end_col) = places.position(definition.name_bend);
        let kind = if node == NONE { Syntax::Other } else { tree.kind(node) };
        let is_statement = matches!(definition.kind, DefinitionKind::Class | DefinitionKind::Function);
        let id = |node: Option<u32>| node_id(&self.files, tree, node.unwrap_or(NONE));
        let row = DefinitionRow {
            place: places.place(definition.bstart, definition.bend),
            id: self.definitions.id(number),
            kind: strings.word(definition.kind.text()),
            name: definition.name,
            qualified_name: definition.qualified_name,
            name_line,
            name_col,
            name_end_line,
            name_end_col,
            def_line: if is_statement { tree.line[node as usize] } else { name_line },
            parent_id: self.definitions.id(definition.parent),
            syntax_id: id(Some(node)),
            scope_id: self.scopes.id(definition.scope),
            decorators: if is_statement { self.decorators(node, strings) } else { NULL_STR },
            docstring: if definition.kind.is_code() && kind != Syntax::Lambda { self.docstring_text(node) } else { NULL_STR },
            position: definition.position,
            how: if definition.how.is_empty() { NULL_STR } else { strings.intern(definition.how) },
            annotation_id: id(self.annotation(definition)),
            default_id: id(self.default(definition)),
            returns_id: id(if kind.is_function() { tree.child(node, Field::Returns) } else { None }),
            is_async: Some(definition.kind == DefinitionKind::Function && kind == Syntax::AsyncFunctionDef),
            is_generator: Some(definition.is_generator),
            name_bend: definition.name_bend,
            docstring_id: if definition.kind.is_code() && kind != Syntax::Lambda { id(self.docstring(node)) } else { NULL_I64 },
            origin: strings.word(self.evidence(definition.file)),
            limits_reached: limits,
        };
        rows.push(row);
    }

    fn decorators(&self, node: u32, strings: &mut Strings) -> Str {
        let texts: Vec<String> = self
            .tree
            .in_field(node, Field::DecoratorList)
            .map(|decorator| {
                let is_call = self.tree.kind(decorator) == Syntax::Call;
                let callee = if is_call { self.tree.child(decorator, Field::Func).unwrap_or(decorator) } else { decorator };
                expression_text(&self.tree, strings, callee)
            })
            .collect();
        if texts.is_empty() { NULL_STR } else { strings.intern(&texts.join(", ")) }
    }

    fn docstring_text(&self, node: u32) -> Str {
        self.docstring(node).map_or(NULL_STR, |constant| self.tree.value[constant as usize])
    }

    fn docstring(&self, node: u32) -> Option<u32> {
        let first = self.tree.child(node, Field::Body).filter(|&statement| self.tree.kind(statement) == Syntax::Expr);
        first.map(|statement| statement + 1).filter(|&constant| self.tree.is_docstring(constant))
    }

    fn annotation(&self, definition: &Definition) -> Option<u32> {
        let tree = &self.tree;
        match definition.kind {
            DefinitionKind::Parameter => tree.child(definition.node, Field::Annotation),
            DefinitionKind::Variable | DefinitionKind::Attribute => {
                let statement = tree.parent[definition.node as usize];
                if tree.kind(statement) == Syntax::AnnAssign { tree.child(statement, Field::Annotation) } else { None }
            }
            _ => None,
        }
    }

    /// The default of a parameter: positional ones are aligned at the end, keyword ones by their index.
    fn default(&self, definition: &Definition) -> Option<u32> {
        let (tree, node) = (&self.tree, definition.node);
        if definition.kind != DefinitionKind::Parameter || tree.kind(node) != Syntax::Arg {
            return None;
        }
        let arguments = tree.parent[node as usize];
        let position = tree.position[node as usize];
        let count = |field: Field| tree.in_field(arguments, field).count() as i32;
        match tree.field[node as usize] {
            Field::KwOnlyArgs => tree.in_field(arguments, Field::KwDefaults).find(|&default| tree.position[default as usize] == position),
            field @ (Field::PosOnlyArgs | Field::Args) => {
                let before = if field == Field::Args { count(Field::PosOnlyArgs) } else { 0 };
                let without = count(Field::PosOnlyArgs) + count(Field::Args) - count(Field::Defaults);
                let index = usize::try_from(before + position - without).ok()?;
                tree.in_field(arguments, Field::Defaults).nth(index)
            }
            _ => None,
        }
    }

    pub fn scope_rows(
        &self,
        file: u32,
        strings: &mut Strings,
        places: &mut Places<'_>,
        rows: (&mut ScopeRows, &mut SymbolRows, &mut CaptureRows),
    ) {
        if !self.scopes.paired[file as usize] {
            return;
        }
        for number in self.scopes.starts[file as usize]..self.scopes.starts[file as usize + 1] {
            let scope = &self.scopes.scopes[number as usize];
            let owns = matches!(scope.kind, ScopeKind::Module | ScopeKind::Class | ScopeKind::Function | ScopeKind::Lambda);
            let row = ScopeRow {
                place: places.place(self.tree.bstart[scope.node as usize], self.tree.bend[scope.node as usize]),
                id: self.scopes.id(number),
                kind: strings.word(scope.kind.text()),
                name: if scope.name.is_null() { strings.word(scope.kind.text()) } else { scope.name },
                parent_id: self.scopes.id(scope.parent),
                definition_id: if owns { self.definitions.id(scope.definition) } else { NULL_I64 },
                number: scope.number,
                syntax_id: node_id(&self.files, &self.tree, scope.node),
                symbols: self.symbol_rows(number, strings, rows.1, rows.2),
            };
            rows.0.push(row);
        }
    }

    /// The names of a scope in the order of their texts; all of them as one text, `name:kind` each.
    fn symbol_rows(&self, scope: u32, strings: &mut Strings, symbols: &mut SymbolRows, captures: &mut CaptureRows) -> Str {
        let mut text = String::new();
        let free = strings.find("free");
        let mut order: Vec<usize> = self.scopes.symbols(scope).collect();
        order.sort_by(|&one, &two| strings.text(self.scopes.symbol_name(one)).cmp(strings.text(self.scopes.symbol_name(two))));
        for row in order {
            let (name, kind) = (self.scopes.symbol_name(row), self.scopes.kind_names[row]);
            let space = if text.is_empty() { "" } else { " " };
            text.extend([space, strings.text(name), ":", strings.text(kind)]);
            let holder = self.bindings.holder(&self.scopes, scope, name);
            let slot = self.bindings.slot(holder, name);
            let bound = slot.is_some() || Some(kind) == free || holder != self.scopes.module(holder);
            let binding_scope_id = if bound { self.scopes.id(holder) } else { NULL_I64 };
            let definition_id = self.definitions.id(slot.map_or(NONE, |slot| first_definition(&self.bindings, slot)));
            let scope_id = self.scopes.id(scope);
            symbols.push(SymbolRow { scope_id, name, scope_kind: kind, binding_scope_id, definition_id });
            if Some(kind) == free {
                captures.push(CaptureRow { scope_id, name, definition_id, binding_scope_id });
            }
        }
        strings.intern(&text)
    }

    pub fn binding_rows(&self, file: u32, strings: &mut Strings, places: &mut Places<'_>, rows: &mut BindingRows) {
        let mut bindings: Vec<&Binding> = self.bindings.of_file(file).iter().collect();
        bindings.sort_by_key(|binding| (binding.bstart, binding.node));
        let origin = strings.word(self.evidence(file));
        for binding in bindings {
            let row = BindingRow {
                place: places.place(binding.bstart, binding.bend),
                definition_id: self.definitions.id(binding.definition),
                name: binding.name,
                how: strings.word(binding.how.text()),
                syntax_id: node_id(&self.files, &self.tree, binding.node),
                scope_id: self.scopes.id(self.bindings.slots[binding.slot as usize].scope),
                origin,
            };
            rows.push(row);
        }
    }
}

/// The definition that a variable has first; none where only imports bind it.
fn first_definition(bindings: &Bindings, slot: u32) -> u32 {
    bindings.of(slot).map(|binding| binding.definition).find(|&definition| definition != NONE).unwrap_or(NONE)
}
