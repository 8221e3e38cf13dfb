//! Bindings: every place that binds a name, and the variables (slots) they bind. What is bound to them is `values.rs`.

use rustc_hash::FxHashMap;

use crate::operator::{OperatorError, Run};
use crate::resolve::definitions::{Definition, DefinitionKind, Definitions, Flavour};
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::mangling::mangle;
use crate::resolve::scopes::{ScopeKind, Scopes};
use crate::resolve::syntax::{NONE, Tree};
use crate::table::{NULL_I32, Str, Strings};

/// How a place binds a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Def,
    Class,
    Parameter,
    Assign,
    Augmented,
    Annotated,
    For,
    With,
    Except,
    Import,
    Match,
    Walrus,
    Del,
    Comprehension,
    TypeParameter,
    TypeAlias,
}

impl How {
    pub const fn text(self) -> &'static str {
        match self {
            How::Def => "def",
            How::Class => "class",
            How::Parameter => "parameter",
            How::Assign => "assign",
            How::Augmented => "augmented",
            How::Annotated => "annotated",
            How::For => "for",
            How::With => "with",
            How::Except => "except",
            How::Import => "import",
            How::Match => "match",
            How::Walrus => "walrus",
            How::Del => "del",
            How::Comprehension => "comprehension",
            How::TypeParameter => "type_parameter",
            How::TypeAlias => "type_alias",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub slot: u32,
    pub node: u32,
    pub how: How,
    /// None for imports.
    pub definition: u32,
    pub name: Str,
    pub bstart: i32,
    pub bend: i32,
    /// Written through an instance: `self.x = …`.
    pub instance: bool,
}

/// One variable: a name in the scope that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub scope: u32,
    pub name: Str,
    /// Its definition as a variable, parameter, attribute or type parameter.
    pub variable: u32,
}

pub struct Bindings {
    /// In the order of their nodes; instance attributes after the rest of their file.
    pub all: Vec<Binding>,
    /// The bindings of file `f` are `files[f]..files[f + 1]`.
    files: Vec<usize>,
    pub slots: Vec<Slot>,
    by_name: FxHashMap<(u32, Str), u32>,
    /// The bindings of slot `s` are `order[starts[s]..starts[s + 1]]`.
    starts: Vec<u32>,
    order: Vec<u32>,
    /// The class of the first parameter of a method.
    pub receivers: FxHashMap<u32, u32>,
    /// The values that functions return, by function, in order.
    returns: Vec<(u32, u32)>,
    /// The same of what they yield.
    yields: Vec<(u32, u32)>,
    /// Import statements that bind what they do not name: `from m import *`, by file.
    pub stars: FxHashMap<u32, Vec<u32>>,
}

impl Bindings {
    pub fn read(run: &mut Run<'_>, tree: &Tree, scopes: &Scopes, definitions: &mut Definitions) -> Result<Self, OperatorError> {
        let mut result = Self {
            all: Vec::new(),
            files: vec![0],
            slots: Vec::new(),
            by_name: FxHashMap::default(),
            starts: Vec::new(),
            order: Vec::new(),
            receivers: FxHashMap::default(),
            returns: Vec::new(),
            yields: Vec::new(),
            stars: FxHashMap::default(),
        };
        for file in 0..scopes.known.len() as u32 {
            run.check()?;
            let mut reader = Reader { tree, scopes, definitions, strings: run.strings, bindings: &mut result, stores: Vec::new() };
            if scopes.known[file as usize] {
                reader.file(file);
            } else {
                reader.statements(file);
            }
            result.files.push(result.all.len());
        }
        result.returns.sort_by_key(|&(function, _)| function);
        result.yields.sort_by_key(|&(function, _)| function);
        result.index();
        Ok(result)
    }

    /// Groups the bindings by slot.
    fn index(&mut self) {
        self.starts = vec![0; self.slots.len() + 1];
        for binding in &self.all {
            self.starts[binding.slot as usize + 1] += 1;
        }
        for slot in 0..self.slots.len() {
            self.starts[slot + 1] += self.starts[slot];
        }
        let mut next = self.starts.clone();
        self.order = vec![0; self.all.len()];
        for (number, binding) in self.all.iter().enumerate() {
            self.order[next[binding.slot as usize] as usize] = number as u32;
            next[binding.slot as usize] += 1;
        }
    }

    pub fn of_file(&self, file: u32) -> &[Binding] {
        &self.all[self.files[file as usize]..self.files[file as usize + 1]]
    }

    /// The bindings of a slot, in order.
    pub fn of(&self, slot: u32) -> impl Iterator<Item = &Binding> {
        self.order[self.starts[slot as usize] as usize..self.starts[slot as usize + 1] as usize]
            .iter()
            .map(|&number| &self.all[number as usize])
    }

    pub fn count(&self, slot: u32) -> u32 {
        self.starts[slot as usize + 1] - self.starts[slot as usize]
    }

    pub fn nth(&self, slot: u32, index: u32) -> Binding {
        self.all[self.order[(self.starts[slot as usize] + index) as usize] as usize]
    }

    /// The variable called `name` (mangled) that `scope` holds.
    pub fn slot(&self, scope: u32, name: Str) -> Option<u32> {
        self.by_name.get(&(scope, name)).copied()
    }

    /// The scope that holds what `name` (mangled) means in `scope`.
    pub fn holder(&self, scopes: &Scopes, scope: u32, name: Str) -> u32 {
        scopes.holder(scope, name, &|scope, name| self.by_name.contains_key(&(scope, name)))
    }

    /// The expressions that a function returns.
    pub fn returns(&self, function: u32) -> &[(u32, u32)] {
        of_function(&self.returns, function)
    }

    /// The expressions that a function yields, or whose elements it does.
    pub fn yields(&self, function: u32) -> &[(u32, u32)] {
        of_function(&self.yields, function)
    }
}

fn of_function(values: &[(u32, u32)], function: u32) -> &[(u32, u32)] {
    let start = values.partition_point(|&(at, _)| at < function);
    let end = values.partition_point(|&(at, _)| at <= function);
    &values[start..end]
}

/// Reads the bindings of one file.
struct Reader<'a> {
    tree: &'a Tree,
    scopes: &'a Scopes,
    definitions: &'a mut Definitions,
    strings: &'a mut Strings,
    bindings: &'a mut Bindings,
    stores: Vec<u32>,
}

impl Reader<'_> {
    fn file(&mut self, file: u32) {
        for node in self.tree.nodes(file) {
            self.node(file, node);
        }
        for store in std::mem::take(&mut self.stores) {
            self.store(store);
        }
    }

    /// Without a symbol table: what `def` and `class` statements bind where nothing can redirect them.
    fn statements(&mut self, file: u32) {
        for node in self.tree.nodes(file) {
            if self.tree.kind(node).is_definition() {
                self.statement(node);
            }
        }
    }

    fn node(&mut self, file: u32, node: u32) {
        let at = node as usize;
        match self.tree.kind(node) {
            kind if kind.is_definition() => self.statement(node),
            Syntax::Arguments => self.parameters(node),
            Syntax::Name if self.tree.access[at] != Access::Read => {
                let how = if self.tree.access[at] == Access::Delete { How::Del } else { how_written(self.tree, node) };
                self.variable(node, how, self.tree.name[at], self.tree.bstart[at], self.tree.bend[at]);
            }
            Syntax::Attribute if self.tree.access[at] != Access::Read => self.stores.push(node),
            Syntax::ExceptHandler if !self.tree.name[at].is_null() => self.named(node, How::Except),
            Syntax::MatchAs | Syntax::MatchStar | Syntax::MatchMapping if !self.tree.name[at].is_null() => self.named(node, How::Match),
            kind if kind.is_type_parameter() => self.named(node, How::TypeParameter),
            Syntax::Alias => self.import(file, node),
            Syntax::Return => self.returned(node),
            Syntax::Yield | Syntax::YieldFrom => self.yielded(node),
            _ => {}
        }
    }

    fn owner(&self, node: u32) -> u32 {
        self.scopes.scopes[self.scopes.of[node as usize] as usize].definition
    }

    fn returned(&mut self, node: u32) {
        if let Some(value) = self.tree.child(node, Field::Value) {
            self.bindings.returns.push((self.owner(node), value));
        }
    }

    fn yielded(&mut self, node: u32) {
        let function = self.owner(node);
        self.definitions.all[function as usize].is_generator = true;
        if let Some(value) = self.tree.child(node, Field::Value) {
            self.bindings.yields.push((function, value));
        }
    }

    /// A `def` or `class` statement.
    fn statement(&mut self, node: u32) {
        let definition = self.definitions.of_node[&node];
        let at = node as usize;
        let how = if self.tree.kind(node) == Syntax::ClassDef { How::Class } else { How::Def };
        let scope = self.scopes.of[at];
        let slot = self.slot_of(scope, self.tree.name[at], how);
        self.definitions.all[definition as usize].slot = slot;
        self.definitions.all[definition as usize].scope = self.bindings.slots[slot as usize].scope;
        self.add(slot, node, how, definition, self.tree.name[at], self.tree.name_bstart[at], self.tree.name_bend[at]);
    }

    fn parameters(&mut self, arguments: u32) {
        let tree = self.tree;
        let function = tree.parent[arguments as usize];
        let scope = self.scopes.of[arguments as usize];
        for (position, node) in tree.children(arguments).filter(|&child| tree.kind(child) == Syntax::Arg).enumerate() {
            let at = node as usize;
            let how = match tree.field[at] {
                Field::PosOnlyArgs => "positional_only",
                Field::VarArg => "var_positional",
                Field::KwOnlyArgs => "keyword_only",
                Field::KwArg => "var_keyword",
                _ => "positional_or_keyword",
            };
            self.named(node, How::Parameter);
            let slot = self.bindings.all.last().expect("a parameter was bound").slot;
            let variable = self.bindings.slots[slot as usize].variable;
            (self.definitions.all[variable as usize].position, self.definitions.all[variable as usize].how) = (position as i32, how);
            if position == 0 && matches!(tree.field[at], Field::PosOnlyArgs | Field::Args) && tree.kind(function).is_function() {
                self.receiver(function, scope, slot);
            }
        }
    }

    /// Notes that a slot is the first parameter of a method.
    fn receiver(&mut self, function: u32, scope: u32, slot: u32) {
        let mut above = self.scopes.scopes[scope as usize].parent;
        while self.scopes.scopes[above as usize].kind == ScopeKind::TypeParameters {
            above = self.scopes.scopes[above as usize].parent;
        }
        let outer = self.scopes.scopes[above as usize];
        let definition = self.definitions.get(self.definitions.of_node[&function]);
        let is_static = definition.flavour == Flavour::Static && self.strings.text(definition.name) != "__new__";
        if outer.kind == ScopeKind::Class && !is_static {
            self.bindings.receivers.insert(slot, outer.definition);
        }
    }

    /// A node that binds its own name.
    fn named(&mut self, node: u32, how: How) {
        let at = node as usize;
        self.variable(node, how, self.tree.name[at], self.tree.name_bstart[at], self.tree.name_bend[at]);
    }

    fn import(&mut self, file: u32, node: u32) {
        let at = node as usize;
        let name = self.strings.text(self.tree.name[at]);
        if name == "*" {
            self.bindings.stars.entry(file).or_default().push(node);
            let slot = self.slot_of(self.scopes.of[at], self.tree.name[at], How::Import);
            self.add(slot, node, How::Import, NONE, self.tree.name[at], self.tree.name_bstart[at], self.tree.name_bend[at]);
            return;
        }
        let (bound, bstart, bend) = if !self.tree.value[at].is_null() {
            let length = self.strings.text(self.tree.value[at]).len() as i32;
            (self.tree.value[at], self.tree.bend[at] - length, self.tree.bend[at])
        } else {
            let first = name.split('.').next().unwrap_or(name).to_owned();
            let start = self.tree.name_bstart[at];
            (self.strings.intern(&first), start, start + first.len() as i32)
        };
        let slot = self.slot_of(self.scopes.of[at], bound, How::Import);
        self.add(slot, node, How::Import, NONE, bound, bstart, bend);
    }

    /// A binding of a variable, with its definition where it is the first.
    fn variable(&mut self, node: u32, how: How, name: Str, bstart: i32, bend: i32) {
        let scope = self.scopes.of[node as usize];
        let slot = self.slot_of(scope, name, how);
        if how != How::Del {
            self.define(slot, node, how, name, bstart, bend);
        }
        let variable = self.bindings.slots[slot as usize].variable;
        self.add(slot, node, how, variable, name, bstart, bend);
    }

    /// The slot of a name bound in a scope, through `global`, `nonlocal` and the walrus.
    fn slot_of(&mut self, scope: u32, name: Str, how: How) -> u32 {
        let key = self.key(scope, name);
        let mut at = scope;
        if self.scopes.scopes[at as usize].number == NULL_I32 && how == How::Walrus {
            while self.scopes.scopes[at as usize].kind == ScopeKind::Comprehension {
                at = self.scopes.scopes[at as usize].parent;
            }
        }
        let holder = if self.scopes.scopes[at as usize].number == NULL_I32 { at } else { self.bindings.holder(self.scopes, at, key) };
        let slots = &mut self.bindings.slots;
        *self.bindings.by_name.entry((holder, key)).or_insert_with(|| {
            slots.push(Slot { scope: holder, name: key, variable: NONE });
            slots.len() as u32 - 1
        })
    }

    fn key(&mut self, scope: u32, name: Str) -> Str {
        let private = self.scopes.scopes[scope as usize].private;
        if private.is_null() || !self.strings.text(name).starts_with("__") {
            return name;
        }
        let mangled = mangle(self.strings.text(private), self.strings.text(name)).into_owned();
        self.strings.intern(&mangled)
    }

    /// Defines the variable of a slot, unless it is defined.
    fn define(&mut self, slot: u32, node: u32, how: How, name: Str, bstart: i32, bend: i32) {
        let Slot { scope, variable, .. } = self.bindings.slots[slot as usize];
        if variable != NONE {
            return;
        }
        let holder = self.scopes.scopes[scope as usize];
        let kind = match how {
            How::Parameter => DefinitionKind::Parameter,
            How::TypeParameter => DefinitionKind::TypeParameter,
            _ if holder.kind == ScopeKind::Class => DefinitionKind::Attribute,
            _ => DefinitionKind::Variable,
        };
        let definition = Definition {
            kind,
            flavour: Flavour::Plain,
            is_generator: false,
            file: holder.file,
            name,
            qualified_name: self.definitions.qualify(holder.definition, name, self.strings),
            parent: holder.definition,
            node,
            scope,
            inner: NONE,
            slot,
            bstart,
            bend,
            name_bstart: bstart,
            name_bend: bend,
            position: NULL_I32,
            how: "",
        };
        self.bindings.slots[slot as usize].variable = self.definitions.push(definition);
    }

    #[allow(clippy::too_many_arguments)]
    fn add(&mut self, slot: u32, node: u32, how: How, definition: u32, name: Str, bstart: i32, bend: i32) {
        self.bindings.all.push(Binding { slot, node, how, definition, name, bstart, bend, instance: false });
    }

    /// `self.x = …`: an attribute of the class whose method's first parameter is written through.
    fn store(&mut self, node: u32) {
        let tree = self.tree;
        let Some(object) = tree.child(node, Field::Value).filter(|&object| tree.kind(object) == Syntax::Name) else { return };
        let scope = self.scopes.of[object as usize];
        let key = self.scopes.key(scope, tree.name[object as usize]);
        let holder = self.bindings.holder(self.scopes, scope, key);
        let Some(class) = self.bindings.slot(holder, key).and_then(|slot| self.bindings.receivers.get(&slot).copied()) else { return };
        let class_scope = self.definitions.get(class).inner;
        let name = tree.name[node as usize];
        let key = self.key(scope, name);
        let how = if tree.access[node as usize] == Access::Delete { How::Del } else { how_written(tree, node) };
        let slots = &mut self.bindings.slots;
        let slot = *self.bindings.by_name.entry((class_scope, key)).or_insert_with(|| {
            slots.push(Slot { scope: class_scope, name: key, variable: NONE });
            slots.len() as u32 - 1
        });
        let (bstart, bend) = (tree.name_bstart[node as usize], tree.name_bend[node as usize]);
        let definition = self.attribute(slot, node, how, name, bstart, bend);
        self.bindings.all.push(Binding { slot, node, how, definition, name, bstart, bend, instance: true });
    }

    /// The definition that an instance attribute has: that of the class's statement of the name, or one of its own.
    fn attribute(&mut self, slot: u32, node: u32, how: How, name: Str, bstart: i32, bend: i32) -> u32 {
        let Slot { scope, name: key, variable } = self.bindings.slots[slot as usize];
        if variable != NONE {
            return variable;
        }
        let class = self.scopes.scopes[scope as usize].node;
        let statement = self.tree.in_field(class, Field::Body).find(|&statement| {
            self.tree.kind(statement).is_definition() && self.scopes.key(scope, self.tree.name[statement as usize]) == key
        });
        if let Some(statement) = statement {
            return self.definitions.of_node[&statement];
        }
        if how != How::Del {
            self.define(slot, node, how, name, bstart, bend);
        }
        self.bindings.slots[slot as usize].variable
    }
}

/// How the statement or expression around a written name or attribute binds it.
fn how_written(tree: &Tree, node: u32) -> How {
    let mut at = node;
    let mut above = tree.parent[at as usize];
    while matches!(tree.kind(above), Syntax::Tuple | Syntax::List | Syntax::Starred) {
        at = above;
        above = tree.parent[at as usize];
    }
    match tree.kind(above) {
        Syntax::AugAssign => How::Augmented,
        Syntax::AnnAssign => How::Annotated,
        Syntax::For | Syntax::AsyncFor => How::For,
        Syntax::WithItem => How::With,
        Syntax::NamedExpr => How::Walrus,
        Syntax::Comprehension => How::Comprehension,
        Syntax::TypeAlias => How::TypeAlias,
        _ => How::Assign,
    }
}
