//! Scopes: which node opens which block of CPython's symbol table, and which scope holds a name. It binds no name itself.

use rustc_hash::FxHashMap;

use crate::ids::Allocator;
use crate::operator::{OperatorError, Run};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::mangling::mangle;
use crate::resolve::sources::{Columns, Files, gather};
use crate::resolve::syntax::{NONE, Tree};
use crate::table::{NULL_I32, NULL_I64, NULL_STR, Str, Strings, Table};

/// What opens a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    Class,
    Function,
    Lambda,
    Comprehension,
    TypeParameters,
    TypeAlias,
    TypeVariable,
}

impl ScopeKind {
    pub const fn text(self) -> &'static str {
        match self {
            ScopeKind::Module => "module",
            ScopeKind::Class => "class",
            ScopeKind::Function => "function",
            ScopeKind::Lambda => "lambda",
            ScopeKind::Comprehension => "comprehension",
            ScopeKind::TypeParameters => "type_parameters",
            ScopeKind::TypeAlias => "type_alias",
            ScopeKind::TypeVariable => "type_variable",
        }
    }
}

/// How the symbol table classes a name of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SymbolKind {
    Own,
    Free,
    Global,
}

/// One scope. Without a block (`number` is null) it is one that CPython inlines, or one inside a postponed annotation.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub file: u32,
    pub parent: u32,
    pub node: u32,
    pub number: i32,
    pub name: Str,
    /// Name of the class whose private names are mangled here.
    pub private: Str,
    /// The definition that owns the scope; set with the definitions.
    pub definition: u32,
    symbols: (u32, u32),
}

/// All scopes, file after file, in the order of the symbol table.
pub struct Scopes {
    pub scopes: Vec<Scope>,
    /// The scope in which a node is evaluated.
    pub of: Vec<u32>,
    /// The scopes of file `f` are `starts[f]..starts[f + 1]`; the first is its module's.
    pub starts: Vec<u32>,
    /// Whether the symbol table of a file is known.
    pub paired: Vec<bool>,
    /// Whether names of a file can be resolved: by its symbol table, or by the bindings of its outline alone.
    pub known: Vec<bool>,
    names: Vec<Str>,
    kinds: Vec<SymbolKind>,
    pub kind_names: Vec<Str>,
    mangled: FxHashMap<(Str, Str), Str>,
    ids: Vec<i64>,
}

/// The symbols of every block, by file and number.
type SymbolRanges = FxHashMap<(u32, i32), (u32, u32)>;

/// One block of the symbol table.
struct Block {
    number: i32,
    parent: i32,
    kind: Str,
    name: Str,
    line: i32,
    symbols: (u32, u32),
}

impl Scopes {
    pub fn read(
        run: &mut Run<'_>,
        files: &Files,
        tree: &Tree,
        outlined: &[bool],
        (scopes, symbols): (Table, Table),
    ) -> Result<Self, OperatorError> {
        let mut result = Self {
            scopes: Vec::new(),
            of: vec![NONE; tree.len()],
            starts: vec![0],
            paired: Vec::with_capacity(files.files.len()),
            known: Vec::new(),
            names: Vec::new(),
            kinds: Vec::new(),
            kind_names: Vec::new(),
            mangled: FxHashMap::default(),
            ids: Vec::new(),
        };
        let ranges = result.read_symbols(files, symbols, run.strings)?;
        let (blocks, starts) = read_blocks(files, scopes, &ranges)?;
        for file in 0..files.files.len() {
            run.check()?;
            let of_file = &blocks[starts[file] as usize..starts[file + 1] as usize];
            result.paired.push(!of_file.is_empty() && !tree.nodes(file as u32).is_empty());
            if !tree.nodes(file as u32).is_empty() {
                result.pair(files, tree, run.strings, file as u32, of_file)?;
            }
            result.starts.push(result.scopes.len() as u32);
        }
        result.known = result.paired.iter().zip(outlined).map(|(&paired, &outlined)| paired || outlined).collect();
        result.mangle_names(tree, run.strings);
        Ok(result)
    }

    /// Reads the symbols, ordered by file, block and name; gives the range of each block.
    fn read_symbols(&mut self, files: &Files, table: Table, strings: &Strings) -> Result<SymbolRanges, OperatorError> {
        let mut columns = Columns::new(4, table);
        let (file_ids, scopes, names, kinds) = (columns.i64s()?, columns.i32s()?, columns.strs()?, columns.strs()?);
        let (mut order, starts) = files.order("symbols", &file_ids, &scopes)?;
        let mut ranges = FxHashMap::default();
        let mut at = 0;
        for (file, &end) in starts[1..].iter().enumerate() {
            while at < end {
                let number = scopes[order[at as usize] as usize];
                let block = order[at as usize..end as usize].partition_point(|&row| scopes[row as usize] == number) as u32;
                order[at as usize..(at + block) as usize].sort_unstable_by_key(|&row| names[row as usize]);
                ranges.insert((file as u32, number), (at, at + block));
                at += block;
            }
        }
        self.kind_names = gather(&order, kinds);
        self.names = gather(&order, names);
        let (free, explicit, implicit) = (strings.find("free"), strings.find("global_explicit"), strings.find("global_implicit"));
        let kind = |&text: &Str| match Some(text) {
            text if text == free => SymbolKind::Free,
            text if text == explicit || text == implicit => SymbolKind::Global,
            _ => SymbolKind::Own,
        };
        self.kinds = self.kind_names.iter().map(kind).collect();
        Ok(ranges)
    }

    /// Opens the scopes of one file and pairs them with its blocks.
    fn pair(&mut self, files: &Files, tree: &Tree, strings: &Strings, file: u32, blocks: &[Block]) -> Result<(), OperatorError> {
        let first = self.scopes.len();
        let mut failure = None;
        for order in ORDERS {
            self.scopes.truncate(first);
            let mut pairing =
                Pairing { scopes: self, tree, strings, file, blocks, next: 0, order, postponed: postpones(tree, strings, file) };
            match pairing.walk() {
                Ok(()) => return Ok(()),
                Err(line) => failure = failure.or(Some(line)),
            }
        }
        let (path, line) = (strings.text(files.files[file as usize].path), failure.unwrap_or(0));
        Err(OperatorError::Input(format!("{path}, line {line}: the symbol table does not fit the syntax tree")))
    }

    /// Knows the mangled form of every private name.
    fn mangle_names(&mut self, tree: &Tree, strings: &mut Strings) {
        for node in 0..tree.len() {
            let scope = self.of[node];
            if scope == NONE || tree.name[node].is_null() {
                continue;
            }
            let (private, name) = (self.scopes[scope as usize].private, tree.name[node]);
            if private.is_null() || !strings.text(name).starts_with("__") || self.mangled.contains_key(&(private, name)) {
                continue;
            }
            let mangled = mangle(strings.text(private), strings.text(name)).into_owned();
            let mangled = strings.intern(&mangled);
            self.mangled.insert((private, name), mangled);
        }
    }

    /// The name under which `name`, written in `scope`, is bound and looked up.
    pub fn key(&self, scope: u32, name: Str) -> Str {
        let private = self.scopes[scope as usize].private;
        if private.is_null() { name } else { self.mangled.get(&(private, name)).copied().unwrap_or(name) }
    }

    /// Gives every scope its id, by path and number in its file.
    pub fn number(&mut self, files: &Files, ids: &mut Allocator, strings: &Strings) {
        for (number, scope) in self.scopes.iter().enumerate() {
            let path = strings.text(files.files[scope.file as usize].path);
            // Scopes without a block count on their own.
            let key = if scope.number == NULL_I32 {
                format!("+{}", number as u32 - self.starts[scope.file as usize])
            } else {
                scope.number.to_string()
            };
            self.ids.push(ids.id(&["scope", path, &key]));
        }
    }

    /// The id of a scope; null for none, and where the symbol table of the file is missing.
    pub fn id(&self, scope: u32) -> i64 {
        if scope == NONE || !self.paired[self.scopes[scope as usize].file as usize] { NULL_I64 } else { self.ids[scope as usize] }
    }

    /// The rows of `kind_names` and `symbol_name` that belong to a scope.
    pub fn symbols(&self, scope: u32) -> std::ops::Range<usize> {
        let (start, end) = self.scopes[scope as usize].symbols;
        start as usize..end as usize
    }

    pub fn symbol_name(&self, row: usize) -> Str {
        self.names[row]
    }

    fn symbol(&self, scope: u32, name: Str) -> Option<SymbolKind> {
        let range = self.symbols(scope);
        let row = self.names[range.clone()].binary_search(&name).ok()?;
        Some(self.kinds[range.start + row])
    }

    pub fn module(&self, scope: u32) -> u32 {
        self.starts[self.scopes[scope as usize].file as usize]
    }

    /// The scope that holds the variable called `name` (mangled) in `scope`: the module's for globals, bound there or not.
    /// `bound` says whether a scope without a block binds the name.
    pub fn holder(&self, scope: u32, name: Str, bound: &dyn Fn(u32, Str) -> bool) -> u32 {
        let (mut at, mut inner) = (scope, false);
        loop {
            let here = &self.scopes[at as usize];
            let visible = !inner || here.kind != ScopeKind::Class;
            if here.number == NULL_I32 {
                if visible && bound(at, name) {
                    return at;
                }
            } else if visible {
                match self.symbol(at, name) {
                    Some(SymbolKind::Own) => return at,
                    Some(SymbolKind::Global) => return self.module(at),
                    Some(SymbolKind::Free) | None => {}
                }
            }
            if here.parent == NONE {
                return at;
            }
            // A scope of type parameters sees the names of its class; everything else nested in a class does not.
            inner = !matches!(here.kind, ScopeKind::TypeParameters | ScopeKind::TypeAlias | ScopeKind::TypeVariable) || inner;
            at = here.parent;
        }
    }
}

/// Whether `from __future__ import annotations` is in force: its annotations have no blocks.
pub fn postpones(tree: &Tree, strings: &Strings, file: u32) -> bool {
    let (Some(future), Some(annotations)) = (strings.find("__future__"), strings.find("annotations")) else { return false };
    tree.children(tree.starts[file as usize]).any(|statement| {
        tree.kind(statement) == Syntax::ImportFrom
            && tree.name[statement as usize] == future
            && tree.children(statement).any(|alias| tree.name[alias as usize] == annotations)
    })
}

fn read_blocks(files: &Files, table: Table, ranges: &SymbolRanges) -> Result<(Vec<Block>, Vec<u32>), OperatorError> {
    let mut columns = Columns::new(3, table);
    let (file_ids, numbers) = (columns.i64s()?, columns.i32s()?);
    let (parents, kinds, names, lines) = (columns.i32s()?, columns.strs()?, columns.strs()?, columns.i32s()?);
    let (order, starts) = files.order("scopes", &file_ids, &numbers)?;
    let mut blocks = Vec::with_capacity(order.len());
    for (file, range) in starts.windows(2).enumerate() {
        for &row in &order[range[0] as usize..range[1] as usize] {
            let row = row as usize;
            let symbols = ranges.get(&(file as u32, numbers[row])).copied().unwrap_or((0, 0));
            blocks.push(Block {
                number: numbers[row],
                parent: parents[row],
                kind: kinds[row],
                name: names[row],
                line: lines[row],
                symbols,
            });
        }
    }
    Ok((blocks, starts))
}

/// In which order a version of CPython visits the parts of definitions and of `try` statements.
#[derive(Clone, Copy)]
struct Order {
    decorators_before_annotations: bool,
    handlers_before_else: bool,
}

/// The orders there are: 3.11, 3.12, 3.13. Evidence does not say its version; only one of them fits, or they do not differ.
const ORDERS: [Order; 3] = [
    Order { decorators_before_annotations: false, handlers_before_else: false },
    Order { decorators_before_annotations: true, handlers_before_else: false },
    Order { decorators_before_annotations: true, handlers_before_else: true },
];

/// What the walk does next.
#[derive(Clone, Copy)]
enum Step {
    Visit(u32),
    /// Visit inside a postponed annotation.
    Hidden(u32),
    /// Open the scope of the node and visit what is evaluated in it.
    Open(u32, bool),
    OpenTypeParameters(u32),
    /// Open the scope of a type alias's value, or of a type variable's bound or default.
    OpenValue(u32, u32),
}

/// One walk over one file in the order in which CPython builds the symbol table.
struct Pairing<'a> {
    scopes: &'a mut Scopes,
    tree: &'a Tree,
    strings: &'a Strings,
    file: u32,
    blocks: &'a [Block],
    next: usize,
    order: Order,
    postponed: bool,
}

impl Pairing<'_> {
    /// Fails with the line at which a block and a node differ.
    fn walk(&mut self) -> Result<(), i32> {
        let root = self.tree.starts[self.file as usize];
        self.scopes.of[root as usize] = self.scopes.scopes.len() as u32;
        let module = self.open(root, NONE, ScopeKind::Module, NULL_STR, false)?;
        let mut stack: Vec<(Step, u32)> = Vec::new();
        let mut steps: Vec<(Step, u32)> = self.tree.children(root).map(|child| (Step::Visit(child), module)).collect();
        loop {
            stack.extend(steps.drain(..).rev());
            let Some((step, scope)) = stack.pop() else { break };
            match step {
                Step::Visit(node) => self.visit(node, scope, false, &mut steps),
                Step::Hidden(node) => self.visit(node, scope, true, &mut steps),
                Step::Open(node, hidden) => self.enter(node, scope, hidden, &mut steps)?,
                Step::OpenTypeParameters(node) => self.enter_type_parameters(node, scope, &mut steps)?,
                Step::OpenValue(node, owner) => {
                    let kind = if self.tree.kind(owner) == Syntax::TypeAlias { ScopeKind::TypeAlias } else { ScopeKind::TypeVariable };
                    let inner = self.open(owner, scope, kind, self.tree.name[owner as usize], false)?;
                    steps.push((Step::Visit(node), inner));
                }
            }
        }
        match self.blocks.get(self.next) {
            Some(block) => Err(block.line),
            None => Ok(()),
        }
    }

    /// A new scope, paired with the next block. Comprehensions that the compiler inlines, and what is hidden, have none.
    fn open(&mut self, node: u32, parent: u32, kind: ScopeKind, name: Str, hidden: bool) -> Result<u32, i32> {
        let line = self.tree.line[node as usize];
        let mut scope = Scope {
            kind,
            file: self.file,
            parent,
            node,
            number: NULL_I32,
            name,
            private: if parent == NONE { NULL_STR } else { self.scopes.scopes[parent as usize].private },
            definition: NONE,
            symbols: (0, 0),
        };
        if kind == ScopeKind::Class {
            scope.private = name;
        }
        if !hidden && !self.blocks.is_empty() {
            match self.blocks.get(self.next) {
                Some(block) if self.fits(block, &scope, line) => {
                    (scope.number, scope.symbols, scope.name) = (block.number, block.symbols, block.name);
                    self.next += 1;
                }
                _ if kind == ScopeKind::Comprehension && self.tree.kind(node) != Syntax::GeneratorExp => {}
                _ => return Err(line),
            }
        }
        self.scopes.scopes.push(scope);
        Ok(self.scopes.scopes.len() as u32 - 1)
    }

    fn fits(&self, block: &Block, scope: &Scope, line: i32) -> bool {
        let kind = self.strings.text(block.kind);
        let (expected, name) = match scope.kind {
            ScopeKind::Module => return kind == "module",
            ScopeKind::Class => ("class", self.strings.get(scope.name)),
            ScopeKind::Function => ("function", self.strings.get(scope.name)),
            ScopeKind::Lambda => ("function", Some("lambda")),
            ScopeKind::Comprehension => ("function", Some(comprehension_name(self.tree.kind(scope.node)))),
            ScopeKind::TypeParameters | ScopeKind::TypeAlias | ScopeKind::TypeVariable => ("", self.strings.get(scope.name)),
        };
        let same_kind = if expected.is_empty() { !matches!(kind, "module" | "class" | "function") } else { kind == expected };
        let written = self.strings.text(block.name);
        let same_name = name.is_none_or(|name| written == name || written.trim_start_matches('<').trim_end_matches('>') == name);
        same_kind && same_name && block.line == line && self.parent_fits(block, scope.parent)
    }

    /// Whether the block lies in the block of the scope's parent, or of the nearest above that has one.
    fn parent_fits(&self, block: &Block, mut parent: u32) -> bool {
        while parent != NONE {
            let above = &self.scopes.scopes[parent as usize];
            if above.number != NULL_I32 {
                return above.number == block.parent;
            }
            parent = above.parent;
        }
        false
    }

    /// Puts a node into its scope and lists what follows from it, in CPython's order.
    fn visit(&mut self, node: u32, scope: u32, hidden: bool, steps: &mut Vec<(Step, u32)>) {
        self.scopes.of[node as usize] = scope;
        let step = |child: u32| if hidden { Step::Hidden(child) } else { Step::Visit(child) };
        let tree = self.tree;
        let mut fields = |fields: &[Field]| {
            for &field in fields {
                steps.extend(tree.in_field(node, field).map(|child| (step(child), scope)));
            }
        };
        match tree.kind(node) {
            Syntax::FunctionDef | Syntax::AsyncFunctionDef => self.visit_function(node, scope, steps),
            Syntax::ClassDef => self.visit_class(node, scope, steps),
            Syntax::Lambda => {
                let arguments = tree.child(node, Field::Args).unwrap_or(NONE);
                self.defaults(arguments, scope, hidden, steps);
                steps.push((Step::Open(node, hidden), scope));
            }
            Syntax::ListComp | Syntax::SetComp | Syntax::DictComp | Syntax::GeneratorExp => {
                let first = tree.child(node, Field::Generators).and_then(|first| tree.child(first, Field::Iter));
                steps.extend(first.map(|iter| (step(iter), scope)));
                steps.push((Step::Open(node, hidden), scope));
            }
            Syntax::Try | Syntax::TryStar if self.order.handlers_before_else => {
                fields(&[Field::Body, Field::Handlers, Field::Orelse, Field::Finalbody]);
            }
            Syntax::Try | Syntax::TryStar => fields(&[Field::Body, Field::Orelse, Field::Handlers, Field::Finalbody]),
            Syntax::AnnAssign => {
                fields(&[Field::Target]);
                self.annotation(node, Field::Annotation, scope, steps);
                steps.extend(tree.child(node, Field::Value).map(|value| (Step::Visit(value), scope)));
            }
            Syntax::TypeAlias => self.visit_type_alias(node, scope, steps),
            Syntax::TypeVar | Syntax::ParamSpec | Syntax::TypeVarTuple => {
                steps.extend(tree.children(node).map(|child| (Step::OpenValue(child, node), scope)));
            }
            _ => steps.extend(tree.children(node).map(|child| (step(child), scope))),
        }
    }

    fn visit_function(&mut self, node: u32, scope: u32, steps: &mut Vec<(Step, u32)>) {
        let tree = self.tree;
        let arguments = tree.child(node, Field::Args).unwrap_or(NONE);
        let decorators =
            |steps: &mut Vec<(Step, u32)>| steps.extend(tree.in_field(node, Field::DecoratorList).map(|child| (Step::Visit(child), scope)));
        self.defaults(arguments, scope, false, steps);
        if self.order.decorators_before_annotations {
            decorators(steps);
        }
        if tree.child(node, Field::TypeParams).is_some() {
            steps.push((Step::OpenTypeParameters(node), scope));
            return;
        }
        self.annotations(node, arguments, scope, steps);
        if !self.order.decorators_before_annotations {
            decorators(steps);
        }
        steps.push((Step::Open(node, false), scope));
    }

    fn visit_class(&mut self, node: u32, scope: u32, steps: &mut Vec<(Step, u32)>) {
        let tree = self.tree;
        let decorators = tree.in_field(node, Field::DecoratorList).map(|child| (Step::Visit(child), scope));
        let bases = tree.children(node).filter(|&child| matches!(tree.field[child as usize], Field::Bases | Field::Keywords));
        let bases = bases.map(|child| (Step::Visit(child), scope));
        if tree.child(node, Field::TypeParams).is_some() {
            steps.extend(decorators);
            steps.push((Step::OpenTypeParameters(node), scope));
        } else if self.order.decorators_before_annotations {
            steps.extend(decorators.chain(bases));
            steps.push((Step::Open(node, false), scope));
        } else {
            steps.extend(bases.chain(decorators));
            steps.push((Step::Open(node, false), scope));
        }
    }

    fn visit_type_alias(&mut self, node: u32, scope: u32, steps: &mut Vec<(Step, u32)>) {
        steps.extend(self.tree.child(node, Field::Name).map(|name| (Step::Visit(name), scope)));
        if self.tree.child(node, Field::TypeParams).is_some() {
            steps.push((Step::OpenTypeParameters(node), scope));
        } else {
            steps.extend(self.tree.child(node, Field::Value).map(|value| (Step::OpenValue(value, node), scope)));
        }
    }

    fn enter_type_parameters(&mut self, node: u32, scope: u32, steps: &mut Vec<(Step, u32)>) -> Result<(), i32> {
        let tree = self.tree;
        let name = if tree.kind(node) == Syntax::TypeAlias { self.alias_name(node) } else { tree.name[node as usize] };
        let inner = self.open(node, scope, ScopeKind::TypeParameters, name, false)?;
        steps.extend(tree.in_field(node, Field::TypeParams).map(|child| (Step::Visit(child), inner)));
        match tree.kind(node) {
            Syntax::TypeAlias => steps.extend(tree.child(node, Field::Value).map(|value| (Step::OpenValue(value, node), inner))),
            Syntax::ClassDef => {
                let bases = tree.children(node).filter(|&child| matches!(tree.field[child as usize], Field::Bases | Field::Keywords));
                steps.extend(bases.map(|child| (Step::Visit(child), inner)));
                steps.push((Step::Open(node, false), inner));
            }
            _ => {
                self.annotations(node, tree.child(node, Field::Args).unwrap_or(NONE), inner, steps);
                steps.push((Step::Open(node, false), inner));
            }
        }
        Ok(())
    }

    fn alias_name(&self, node: u32) -> Str {
        self.tree.child(node, Field::Name).map_or(NULL_STR, |name| self.tree.name[name as usize])
    }

    /// Opens the scope of a function, class, lambda or comprehension and lists what is evaluated in it.
    fn enter(&mut self, node: u32, scope: u32, hidden: bool, steps: &mut Vec<(Step, u32)>) -> Result<(), i32> {
        let tree = self.tree;
        let kind = match tree.kind(node) {
            Syntax::ClassDef => ScopeKind::Class,
            Syntax::Lambda => ScopeKind::Lambda,
            kind if kind.is_function() => ScopeKind::Function,
            _ => ScopeKind::Comprehension,
        };
        let inner = self.open(node, scope, kind, tree.name[node as usize], hidden)?;
        let step = |child: u32| (if hidden { Step::Hidden(child) } else { Step::Visit(child) }, inner);
        if kind == ScopeKind::Comprehension {
            let mut generators = tree.in_field(node, Field::Generators);
            if let Some(first) = generators.next() {
                self.scopes.of[first as usize] = inner;
                steps.extend(tree.in_field(first, Field::Target).chain(tree.in_field(first, Field::Ifs)).map(step));
            }
            steps.extend(generators.map(step));
            for field in [Field::Value, Field::Key, Field::Elt] {
                steps.extend(tree.child(node, field).map(step));
            }
            return Ok(());
        }
        if let Some(arguments) = tree.child(node, Field::Args) {
            self.scopes.of[arguments as usize] = inner;
            for arg in tree.children(arguments).filter(|&child| tree.kind(child) == Syntax::Arg) {
                self.scopes.of[arg as usize] = inner;
            }
        }
        steps.extend(tree.in_field(node, Field::Body).map(step));
        Ok(())
    }

    fn defaults(&self, arguments: u32, scope: u32, hidden: bool, steps: &mut Vec<(Step, u32)>) {
        let step = |child: u32| (if hidden { Step::Hidden(child) } else { Step::Visit(child) }, scope);
        steps.extend(self.tree.in_field(arguments, Field::Defaults).map(step));
        steps.extend(self.tree.in_field(arguments, Field::KwDefaults).map(step));
    }

    /// The annotations of the parameters and of the result.
    fn annotations(&self, node: u32, arguments: u32, scope: u32, steps: &mut Vec<(Step, u32)>) {
        for field in [Field::PosOnlyArgs, Field::Args, Field::VarArg, Field::KwArg, Field::KwOnlyArgs] {
            for arg in self.tree.in_field(arguments, field) {
                self.annotation(arg, Field::Annotation, scope, steps);
            }
        }
        self.annotation(node, Field::Returns, scope, steps);
    }

    fn annotation(&self, node: u32, field: Field, scope: u32, steps: &mut Vec<(Step, u32)>) {
        let step = |child: u32| if self.postponed { Step::Hidden(child) } else { Step::Visit(child) };
        steps.extend(self.tree.child(node, field).map(|child| (step(child), scope)));
    }
}

fn comprehension_name(kind: Syntax) -> &'static str {
    match kind {
        Syntax::ListComp => "listcomp",
        Syntax::SetComp => "setcomp",
        Syntax::DictComp => "dictcomp",
        _ => "genexpr",
    }
}
