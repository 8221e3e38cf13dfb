//! Definitions: modules, classes, functions, lambdas, and what they name. Which places bind a variable is `bindings.rs`.

use rustc_hash::FxHashMap;

use crate::ids::{Allocator, syntax_id};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::scopes::{Scope, ScopeKind, Scopes};
use crate::resolve::sources::Files;
use crate::resolve::syntax::{NONE, Tree};
use crate::table::{NULL_I32, NULL_I64, Str, Strings};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionKind {
    Module,
    Class,
    Function,
    Lambda,
    Parameter,
    Variable,
    Attribute,
    TypeParameter,
}

impl DefinitionKind {
    pub const fn text(self) -> &'static str {
        match self {
            DefinitionKind::Module => "module",
            DefinitionKind::Class => "class",
            DefinitionKind::Function => "function",
            DefinitionKind::Lambda => "lambda",
            DefinitionKind::Parameter => "parameter",
            DefinitionKind::Variable => "variable",
            DefinitionKind::Attribute => "attribute",
            DefinitionKind::TypeParameter => "type_parameter",
        }
    }

    /// Kinds that share one sequence of ordinals, so that an id survives when a variable becomes an attribute.
    const fn group(self) -> &'static str {
        match self {
            DefinitionKind::Function | DefinitionKind::Lambda => "function",
            DefinitionKind::Parameter | DefinitionKind::Variable | DefinitionKind::Attribute => "variable",
            other => other.text(),
        }
    }

    pub fn is_code(self) -> bool {
        matches!(self, DefinitionKind::Module | DefinitionKind::Class | DefinitionKind::Function | DefinitionKind::Lambda)
    }
}

/// What the decorators of a function make of it, as far as their names say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Plain,
    Static,
    Class,
    Property,
    /// The setter or deleter of a property.
    Accessor,
    Overload,
}

#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub kind: DefinitionKind,
    pub flavour: Flavour,
    pub is_generator: bool,
    pub file: u32,
    pub name: Str,
    pub qualified_name: Str,
    /// The definition that contains it.
    pub parent: u32,
    /// The node that declares it: the statement, the lambda, or the first binding.
    pub node: u32,
    /// The scope in which the name is bound.
    pub scope: u32,
    /// The scope that the definition opens.
    pub inner: u32,
    /// The variable it is bound to; none for modules and lambdas.
    pub slot: u32,
    pub bstart: i32,
    pub bend: i32,
    pub name_bstart: i32,
    pub name_bend: i32,
    /// Index of a parameter.
    pub position: i32,
    /// Kind of a parameter.
    pub how: &'static str,
}

/// All definitions. The first are the modules: definition `f` is the module of file `f`.
pub struct Definitions {
    pub all: Vec<Definition>,
    /// The class, function or lambda that a node declares.
    pub of_node: FxHashMap<u32, u32>,
    /// Ids, and the order by file and position, once everything is defined.
    pub ids: Vec<i64>,
    pub order: Vec<u32>,
}

impl Definitions {
    /// Modules, classes, functions and lambdas; the scopes learn who owns them.
    pub fn read(files: &Files, lengths: &[i32], tree: &Tree, scopes: &mut Scopes, strings: &mut Strings) -> Self {
        let mut result = Self { all: Vec::new(), of_node: FxHashMap::default(), ids: Vec::new(), order: Vec::new() };
        for (file, &length) in lengths.iter().enumerate() {
            result.all.push(module(files, file as u32, length, tree, scopes, strings));
        }
        for file in 0..files.files.len() as u32 {
            result.read_file(file, tree, scopes, strings);
        }
        result
    }

    fn read_file(&mut self, file: u32, tree: &Tree, scopes: &mut Scopes, strings: &mut Strings) {
        let range = scopes.starts[file as usize]..scopes.starts[file as usize + 1];
        let mut lambdas: Vec<u32> = Vec::new();
        for scope in range.clone() {
            let parent = scopes.scopes[scope as usize].parent;
            match scopes.scopes[scope as usize].kind {
                ScopeKind::Module => scopes.scopes[scope as usize].definition = file,
                ScopeKind::Class | ScopeKind::Function => {
                    // A statement cannot lie in a lambda, so its owner is known.
                    let owner = scopes.scopes[parent as usize].definition;
                    let definition = self.define_statement(scope, owner, file, tree, scopes, strings);
                    scopes.scopes[scope as usize].definition = definition;
                }
                ScopeKind::Lambda => lambdas.push(scope),
                _ => scopes.scopes[scope as usize].definition = scopes.scopes[parent as usize].definition,
            }
        }
        lambdas.sort_by_key(|&scope| {
            let node = scopes.scopes[scope as usize].node;
            (tree.bstart[node as usize], node)
        });
        self.define_lambdas(&lambdas, file, tree, scopes, strings);
        for scope in range {
            let Scope { kind, parent, .. } = scopes.scopes[scope as usize];
            if !matches!(kind, ScopeKind::Module | ScopeKind::Class | ScopeKind::Function | ScopeKind::Lambda) {
                scopes.scopes[scope as usize].definition = scopes.scopes[parent as usize].definition;
            }
        }
    }

    fn define_statement(&mut self, scope: u32, owner: u32, file: u32, tree: &Tree, scopes: &Scopes, strings: &mut Strings) -> u32 {
        let node = scopes.scopes[scope as usize].node;
        let at = node as usize;
        let is_class = tree.kind(node) == Syntax::ClassDef;
        self.push(Definition {
            kind: if is_class { DefinitionKind::Class } else { DefinitionKind::Function },
            flavour: if is_class { Flavour::Plain } else { flavour(tree, strings, node) },
            is_generator: false,
            file,
            name: tree.name[at],
            qualified_name: self.qualify(owner, tree.name[at], strings),
            parent: owner,
            node,
            scope: scopes.of[node as usize],
            inner: scope,
            slot: NONE,
            bstart: tree.bstart[at],
            bend: tree.bend[at],
            name_bstart: tree.name_bstart[at],
            name_bend: tree.name_bend[at],
            position: NULL_I32,
            how: "",
        })
    }

    /// Lambdas are numbered in their namespace, in order of appearance; an outer one appears before an inner one.
    fn define_lambdas(&mut self, lambdas: &[u32], file: u32, tree: &Tree, scopes: &mut Scopes, strings: &mut Strings) {
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        for &scope in lambdas {
            let node = scopes.scopes[scope as usize].node;
            let owner = nearest_owner(scopes, scopes.scopes[scope as usize].parent);
            let number = numbers.entry(owner).or_default();
            *number += 1;
            let name = strings.intern(&format!("<lambda{number}>"));
            let (bstart, bend) = (tree.bstart[node as usize], tree.bend[node as usize]);
            let definition = self.push(Definition {
                kind: DefinitionKind::Lambda,
                flavour: Flavour::Plain,
                is_generator: false,
                file,
                name,
                qualified_name: self.qualify(owner, name, strings),
                parent: owner,
                node,
                scope: scopes.of[node as usize],
                inner: scope,
                slot: NONE,
                bstart,
                bend,
                name_bstart: bstart,
                name_bend: bstart + "lambda".len() as i32,
                position: NULL_I32,
                how: "",
            });
            scopes.scopes[scope as usize].definition = definition;
        }
    }

    /// Adds a definition.
    pub fn push(&mut self, definition: Definition) -> u32 {
        let number = self.all.len() as u32;
        if matches!(definition.kind, DefinitionKind::Class | DefinitionKind::Function | DefinitionKind::Lambda) {
            self.of_node.insert(definition.node, number);
        }
        self.all.push(definition);
        number
    }

    pub fn qualify(&self, owner: u32, name: Str, strings: &mut Strings) -> Str {
        let text = format!("{}.{}", strings.text(self.all[owner as usize].qualified_name), strings.text(name));
        strings.intern(&text)
    }

    /// The definitions of a file, by position. They are in order once they are numbered.
    pub fn of_file(&self, file: u32) -> &[u32] {
        let first = |file: u32| self.order.partition_point(|&number| self.get(number).file < file);
        &self.order[first(file)..first(file + 1)]
    }

    /// Gives every definition its id: by group, qualified name and ordinal in the order of files and positions.
    pub fn number(&mut self, ids: &mut Allocator, strings: &Strings) {
        let mut order: Vec<u32> = (0..self.all.len() as u32).collect();
        order.sort_by_key(|&number| {
            let definition = &self.all[number as usize];
            (definition.file, definition.kind != DefinitionKind::Module, definition.bstart, definition.node, number)
        });
        let mut ordinals: FxHashMap<(&str, Str), u32> = FxHashMap::default();
        self.ids = vec![NULL_I64; self.all.len()];
        for &number in &order {
            let definition = &self.all[number as usize];
            let ordinal = ordinals.entry((definition.kind.group(), definition.qualified_name)).or_default();
            let (name, text) = (strings.text(definition.qualified_name), ordinal.to_string());
            *ordinal += 1;
            self.ids[number as usize] = match definition.kind {
                DefinitionKind::Module => ids.id(&["module", name, &text]),
                kind => ids.id(&["definition", kind.group(), name, &text]),
            };
        }
        self.order = order;
    }

    pub fn id(&self, definition: u32) -> i64 {
        if definition == NONE { NULL_I64 } else { self.ids[definition as usize] }
    }

    pub fn get(&self, definition: u32) -> &Definition {
        &self.all[definition as usize]
    }

    /// The nearest definition that runs code of its own, from `definition` up: a class body runs in what surrounds it.
    pub fn runner(&self, mut definition: u32) -> u32 {
        while self.get(definition).kind == DefinitionKind::Class {
            definition = self.get(definition).parent;
        }
        definition
    }
}

/// The owner of the nearest scope from `scope` up that has one.
fn nearest_owner(scopes: &Scopes, mut scope: u32) -> u32 {
    loop {
        let here = &scopes.scopes[scope as usize];
        match here.kind {
            ScopeKind::Module | ScopeKind::Class | ScopeKind::Function | ScopeKind::Lambda => return here.definition,
            _ => scope = here.parent,
        }
    }
}

fn module(files: &Files, file: u32, length: i32, tree: &Tree, scopes: &Scopes, strings: &mut Strings) -> Definition {
    let qualified_name = files.files[file as usize].module;
    let last = strings.text(qualified_name).rsplit('.').next().unwrap_or_default().to_owned();
    let nodes = tree.nodes(file);
    Definition {
        kind: DefinitionKind::Module,
        flavour: Flavour::Plain,
        is_generator: false,
        file,
        name: strings.intern(&last),
        qualified_name,
        parent: NONE,
        node: if nodes.is_empty() { NONE } else { nodes.start },
        scope: NONE,
        inner: if nodes.is_empty() { NONE } else { scopes.starts[file as usize] },
        slot: NONE,
        bstart: 0,
        bend: length,
        name_bstart: 0,
        name_bend: 0,
        position: NULL_I32,
        how: "",
    }
}

/// What the names of the decorators say of a function.
fn flavour(tree: &Tree, strings: &Strings, node: u32) -> Flavour {
    for decorator in tree.in_field(node, Field::DecoratorList) {
        let callee = if tree.kind(decorator) == Syntax::Call { tree.child(decorator, Field::Func).unwrap_or(decorator) } else { decorator };
        let found = match (tree.kind(callee), strings.get(tree.name[callee as usize]).unwrap_or_default()) {
            (_, "staticmethod" | "abstractstaticmethod") => Flavour::Static,
            (_, "classmethod" | "abstractclassmethod") => Flavour::Class,
            (_, "property" | "cached_property" | "abstractproperty") => Flavour::Property,
            (_, "overload") => Flavour::Overload,
            (Syntax::Attribute, "setter" | "deleter" | "getter") => Flavour::Accessor,
            _ => continue,
        };
        return found;
    }
    match strings.get(tree.name[node as usize]).unwrap_or_default() {
        "__new__" => Flavour::Static,
        "__init_subclass__" | "__class_getitem__" => Flavour::Class,
        _ => Flavour::Plain,
    }
}

/// The syntax id of a node; null for none.
pub fn node_id(files: &Files, tree: &Tree, node: u32) -> i64 {
    if node == NONE {
        return NULL_I64;
    }
    let file = tree.file(node);
    syntax_id(files.files[file as usize].id, (node - tree.starts[file as usize]) as i32)
}
