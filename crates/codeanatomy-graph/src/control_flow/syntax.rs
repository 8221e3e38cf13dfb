//! The syntax of one file as the bytecode is held against it: classes, nesting and spans. It resolves no name and reads no text.

use rustc_hash::FxHashMap;

use crate::operator::OperatorError;
use crate::table::{Column, Str, Strings, Table};

/// No node.
pub const NONE: u32 = u32::MAX;

/// What a node is, as far as the order of evaluation hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Function,
    Lambda,
    /// `class`.
    Definition,
    ListComp,
    SetComp,
    DictComp,
    GeneratorExp,
    /// `for … in … if …` of a comprehension.
    Comprehension,
    BoolOp,
    Compare,
    IfExp,
    UnaryOp,
    NamedExpr,
    Constant,
    JoinedStr,
    FormattedValue,
    Yield,
    YieldFrom,
    Await,
    Call,
    Name,
    If,
    While,
    For,
    With,
    Try,
    Assert,
    Return,
    Raise,
    Break,
    Continue,
    Import,
    MatchCase,
    Handler,
    Assign,
    AugAssign,
    AnnAssign,
    Dict,
    Match,
    TypeAlias,
    /// `global` and `nonlocal`.
    Declaration,
    /// Another statement or expression.
    Evaluated,
    /// Neither: a part such as arguments, a pattern, the module.
    Part,
    /// A part that may bind a name: a pattern, an import alias, a type parameter.
    Binder,
}

impl Class {
    fn of(name: &str) -> Self {
        match name {
            "FunctionDef" | "AsyncFunctionDef" => Class::Function,
            "Lambda" => Class::Lambda,
            "ClassDef" => Class::Definition,
            "ListComp" => Class::ListComp,
            "SetComp" => Class::SetComp,
            "DictComp" => Class::DictComp,
            "GeneratorExp" => Class::GeneratorExp,
            "comprehension" => Class::Comprehension,
            "BoolOp" => Class::BoolOp,
            "Compare" => Class::Compare,
            "IfExp" => Class::IfExp,
            "UnaryOp" => Class::UnaryOp,
            "NamedExpr" => Class::NamedExpr,
            "Constant" => Class::Constant,
            "JoinedStr" => Class::JoinedStr,
            "FormattedValue" => Class::FormattedValue,
            "Yield" => Class::Yield,
            "YieldFrom" => Class::YieldFrom,
            "Await" => Class::Await,
            "Call" => Class::Call,
            "Name" => Class::Name,
            "If" => Class::If,
            "While" => Class::While,
            "For" | "AsyncFor" => Class::For,
            "With" | "AsyncWith" => Class::With,
            "Try" | "TryStar" => Class::Try,
            "Assert" => Class::Assert,
            "Return" => Class::Return,
            "Raise" => Class::Raise,
            "Break" => Class::Break,
            "Continue" => Class::Continue,
            "Import" | "ImportFrom" => Class::Import,
            "match_case" => Class::MatchCase,
            "ExceptHandler" => Class::Handler,
            "Assign" => Class::Assign,
            "AugAssign" => Class::AugAssign,
            "AnnAssign" => Class::AnnAssign,
            "Dict" => Class::Dict,
            "Match" => Class::Match,
            "TypeAlias" => Class::TypeAlias,
            "Global" | "Nonlocal" => Class::Declaration,
            "Module" | "arguments" | "arg" | "keyword" | "withitem" => Class::Part,
            "alias" | "TypeVar" | "ParamSpec" | "TypeVarTuple" => Class::Binder,
            _ if name.starts_with("Match") => Class::Binder,
            _ => Class::Evaluated,
        }
    }

    /// The class of the expression that a code object of that name was made of.
    pub fn of_code(name: &str) -> Option<Self> {
        Some(match name {
            "<lambda>" => Class::Lambda,
            "<listcomp>" => Class::ListComp,
            "<setcomp>" => Class::SetComp,
            "<dictcomp>" => Class::DictComp,
            "<genexpr>" => Class::GeneratorExp,
            _ => return None,
        })
    }

    /// Whether a node of this class is a statement or an expression.
    pub fn is_evaluated(self) -> bool {
        !matches!(self, Class::Part | Class::Binder | Class::Comprehension | Class::MatchCase | Class::Handler)
    }

    /// Whether a comprehension of any form, which may be a code object of its own.
    pub fn is_comprehension(self) -> bool {
        matches!(self, Class::ListComp | Class::SetComp | Class::DictComp | Class::GeneratorExp)
    }

    /// Whether an instruction with the span of such a node may store or delete a name.
    pub fn binds(self) -> bool {
        use Class::*;
        matches!(self, Name | Function | Definition | Import | Binder | Handler) || self.is_comprehension() || self.is_plain()
    }

    /// Whether the bytecode treats a node of this class as any other that is evaluated.
    pub fn is_plain(self) -> bool {
        use Class::*;
        matches!(self, Evaluated | Assign | AugAssign | AnnAssign | Dict | Match | TypeAlias | Declaration)
    }
}

/// Which part of its parent a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Body,
    /// What runs instead of the body, or behind a loop that no `break` ends.
    Else,
    Test,
    Iter,
    Item,
    Decorator,
    Element,
    /// What runs last however a `try` is left.
    Finally,
    /// What a value is bound to.
    Target,
    Annotation,
    Default,
    Other,
}

impl Field {
    fn of(name: &str) -> Self {
        match name {
            "body" => Field::Body,
            "finalbody" => Field::Finally,
            "orelse" => Field::Else,
            "test" | "ifs" | "guard" => Field::Test,
            "iter" => Field::Iter,
            "context_expr" => Field::Item,
            "decorator_list" => Field::Decorator,
            "elt" | "key" | "value" => Field::Element,
            "target" | "targets" => Field::Target,
            "annotation" | "returns" => Field::Annotation,
            "defaults" | "kw_defaults" => Field::Default,
            _ => Field::Other,
        }
    }
}

/// The port `syntax`: rows in any order, brought into that of files and nodes.
pub struct Forest<'a> {
    numbers: &'a [i32],
    parents: &'a [i32],
    classes: &'a [Str],
    fields: &'a [Str],
    bstarts: &'a [i32],
    bends: &'a [i32],
    class_of: FxHashMap<Str, Class>,
    field_of: FxHashMap<Str, Field>,
    /// Rows of each file among `order`.
    files: FxHashMap<i64, std::ops::Range<usize>>,
    order: Vec<u32>,
}

impl<'a> Forest<'a> {
    pub fn new(table: &'a Table, strings: &Strings) -> Self {
        let [
            (_, Column::I64(files)),
            (_, Column::I32(numbers)),
            (_, Column::I32(parents)),
            (_, Column::Str(classes)),
            (_, Column::Str(fields)),
            (_, Column::I32(bstarts)),
            (_, Column::I32(bends)),
        ] = table.columns.as_slice()
        else {
            unreachable!("columns of the port `syntax`")
        };
        let mut order: Vec<u32> = (0..files.len() as u32).collect();
        let key = |&row: &u32| (files[row as usize], numbers[row as usize]);
        if !order.is_sorted_by_key(key) {
            order.sort_unstable_by_key(key);
        }
        let mut ranges = FxHashMap::default();
        let mut first = 0;
        for rows in order.chunk_by(|&left, &right| files[left as usize] == files[right as usize]) {
            ranges.insert(files[rows[0] as usize], first..first + rows.len());
            first += rows.len();
        }
        Self {
            numbers,
            parents,
            classes,
            fields,
            bstarts,
            bends,
            class_of: named(classes, strings, Class::of),
            field_of: named(fields, strings, Field::of),
            files: ranges,
            order,
        }
    }

    /// The files that have a tree, in any order.
    pub fn files(&self) -> impl Iterator<Item = i64> + '_ {
        self.files.keys().copied()
    }

    /// The tree of a file; empty where it has none.
    pub fn tree(&self, file: i64, path: &str) -> Result<Tree, OperatorError> {
        let rows = self.files.get(&file).map_or(&[][..], |range| &self.order[range.clone()]);
        let mut tree = Tree::default();
        tree.reserve(rows.len());
        for (node, &row) in rows.iter().enumerate() {
            let (row, node) = (row as usize, node as u32);
            let parent = u32::try_from(self.parents[row]).unwrap_or(NONE);
            if self.numbers[row] != node as i32 || (node == 0) != (parent == NONE) || (parent != NONE && parent >= node) {
                return Err(OperatorError::Input(format!("{path}: syntax node {} is not in pre-order", self.numbers[row])));
            }
            let class = self.class_of[&self.classes[row]];
            tree.push(class, self.field_of[&self.fields[row]], parent, (self.bstarts[row], self.bends[row]));
        }
        tree.close();
        Ok(tree)
    }
}

fn named<T>(column: &[Str], strings: &Strings, of: impl Fn(&str) -> T) -> FxHashMap<Str, T> {
    let mut known = FxHashMap::default();
    let mut last = None;
    for &text in column {
        if last != Some(text) {
            last = Some(text);
            known.entry(text).or_insert_with(|| of(strings.get(text).unwrap_or("")));
        }
    }
    known
}

/// The syntax of one file in pre-order: the subtree of `n` is `n..ends[n]`.
#[derive(Default)]
pub struct Tree {
    pub classes: Vec<Class>,
    pub fields: Vec<Field>,
    pub parents: Vec<u32>,
    pub ends: Vec<u32>,
    pub spans: Vec<(i32, i32)>,
    /// The deepest node of each span.
    deepest: FxHashMap<(i32, i32), u32>,
    /// Statements, in the order of their places.
    statements: Vec<u32>,
}

impl Tree {
    fn reserve(&mut self, nodes: usize) {
        self.classes.reserve(nodes);
        self.fields.reserve(nodes);
        self.parents.reserve(nodes);
        self.ends.reserve(nodes);
        self.spans.reserve(nodes);
        self.deepest.reserve(nodes);
    }

    fn push(&mut self, class: Class, field: Field, parent: u32, span: (i32, i32)) {
        let node = self.classes.len() as u32;
        self.classes.push(class);
        self.fields.push(field);
        self.parents.push(parent);
        self.ends.push(node + 1);
        self.spans.push(span);
        self.deepest.insert(span, node);
        if parent != NONE && self.is_statement(node) {
            self.statements.push(node);
        }
    }

    fn close(&mut self) {
        for node in (1..self.len()).rev() {
            let parent = self.parents[node as usize] as usize;
            self.ends[parent] = self.ends[parent].max(self.ends[node as usize]);
        }
    }

    pub fn len(&self) -> u32 {
        self.classes.len() as u32
    }

    pub fn class(&self, node: u32) -> Class {
        self.classes[node as usize]
    }

    pub fn field(&self, node: u32) -> Field {
        self.fields[node as usize]
    }

    pub fn parent(&self, node: u32) -> u32 {
        self.parents[node as usize]
    }

    /// Whether a node stands in the body of another as a statement.
    pub fn is_statement(&self, node: u32) -> bool {
        matches!(self.field(node), Field::Body | Field::Else | Field::Finally)
            && !matches!(self.class(self.parent(node)), Class::Lambda | Class::IfExp)
    }

    /// Whether `node` is `other` or stands in it.
    pub fn within(&self, node: u32, other: u32) -> bool {
        other <= node && node < self.ends[other as usize]
    }

    /// Whether a node is the last child of its parent.
    pub fn is_last(&self, node: u32) -> bool {
        self.ends[node as usize] == self.ends[self.parent(node) as usize]
    }

    /// The children of a node, in order.
    pub fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.ends[node as usize];
        let next = move |child: u32| (child < end).then_some(child);
        std::iter::successors(next(node + 1), move |&child| next(self.ends[child as usize]))
    }

    /// A node and what it stands in, from the inside out.
    pub fn upwards(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let some = |node: u32| (node != NONE).then_some(node);
        std::iter::successors(some(node), move |&node| some(self.parent(node)))
    }

    /// The deepest node of a span that `is` accepts.
    pub fn exactly(&self, span: (i32, i32), is: impl Fn(u32) -> bool) -> Option<u32> {
        let &deepest = self.deepest.get(&span)?;
        self.upwards(deepest).take_while(|&node| self.spans[node as usize] == span).find(|&node| is(node))
    }

    /// The deepest node that covers a span and that `is` accepts.
    pub fn around(&self, span: (i32, i32), is: impl Fn(u32) -> bool) -> Option<u32> {
        let covers = |node: &u32| self.spans[*node as usize].0 <= span.0 && span.1 <= self.spans[*node as usize].1;
        let before = self.statements.partition_point(|&node| self.spans[node as usize].0 <= span.0);
        let root = (self.len() > 0).then_some(0);
        let near = before.checked_sub(1).map(|index| self.statements[index]).or(root)?;
        let mut at = self.upwards(near).find(covers)?;
        while let Some(child) = self.children(at).find(covers) {
            at = child;
        }
        self.upwards(at).find(|&node| is(node))
    }
}
