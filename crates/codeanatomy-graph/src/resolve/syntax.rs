//! The syntax trees of all files in one set of columns. A node is a number; names are not resolved here.

use rustc_hash::FxHashMap;

use crate::ids::NODE_BITS;
use crate::operator::OperatorError;
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::sources::{Columns, Files, gather};
use crate::table::{Str, Strings, Table};

/// No node, scope, definition, slot or file.
pub const NONE: u32 = u32::MAX;

/// Nodes in pre-order, file after file: the subtree of `n` is `n..end[n]`, its first child `n + 1`.
pub struct Tree {
    /// The nodes of file `f` are `starts[f]..starts[f + 1]`.
    pub starts: Vec<u32>,
    pub class: Few,
    pub kind: Vec<Syntax>,
    pub field_name: Few,
    pub field: Vec<Field>,
    pub parent: Vec<u32>,
    pub position: Vec<i32>,
    pub bstart: Vec<i32>,
    pub bend: Vec<i32>,
    pub name: Vec<Str>,
    pub name_bstart: Vec<i32>,
    pub name_bend: Vec<i32>,
    pub access_name: Few,
    pub access: Vec<Access>,
    pub value: Vec<Str>,
    pub line: Vec<i32>,
    pub end: Vec<u32>,
    /// The type that the `name` of a text constant is.
    text: Option<Str>,
    /// The name of the form whose arguments are values.
    literal: Option<Str>,
}

/// Of each node one of few texts, which take half of the memory so.
pub struct Few {
    texts: Vec<Str>,
    numbers: Vec<u16>,
}

impl Few {
    fn new(column: &[Str]) -> Result<Self, OperatorError> {
        let (mut texts, mut known) = (Vec::new(), FxHashMap::default());
        let mut numbers = Vec::with_capacity(column.len());
        for &text in column {
            let number = *known.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() - 1
            });
            numbers
                .push(u16::try_from(number).map_err(|_| OperatorError::Input("`syntax` has too many kinds, fields or accesses".into()))?);
        }
        Ok(Self { texts, numbers })
    }

    pub fn of(&self, node: u32) -> Str {
        self.texts[usize::from(self.numbers[node as usize])]
    }
}

impl Tree {
    pub fn read(table: Table, files: &Files, strings: &Strings) -> Result<Self, OperatorError> {
        let mut columns = Columns::new(2, table);
        let (file_ids, numbers) = (columns.i64s()?, columns.i32s()?);
        let (order, starts) = files.order("syntax", &file_ids, &numbers)?;
        let numbers = gather(&order, numbers);
        let parents = gather(&order, columns.i32s()?);
        let class = gather(&order, columns.strs()?);
        let field_name = gather(&order, columns.strs()?);
        let position = gather(&order, columns.i32s()?);
        let (bstart, bend) = (gather(&order, columns.i32s()?), gather(&order, columns.i32s()?));
        let name = gather(&order, columns.strs()?);
        let (name_bstart, name_bend) = (gather(&order, columns.i32s()?), gather(&order, columns.i32s()?));
        let (access_name, value, line) =
            (gather(&order, columns.strs()?), gather(&order, columns.strs()?), gather(&order, columns.i32s()?));
        let (parent, end) = nest(files, strings, &starts, &numbers, &parents)?;
        let (kinds, fields, accesses) = (Syntax::reader(strings), Field::reader(strings), Access::reader(strings));
        let tree = Self {
            kind: class.iter().map(|&text| kinds(text)).collect(),
            field: field_name.iter().map(|&text| fields(text)).collect(),
            access: access_name.iter().map(|&text| accesses(text)).collect(),
            starts,
            class: Few::new(&class)?,
            field_name: Few::new(&field_name)?,
            parent,
            position,
            bstart,
            bend,
            name,
            name_bstart,
            name_bend,
            access_name: Few::new(&access_name)?,
            value,
            line,
            end,
            text: strings.find("str"),
            literal: strings.find("Literal"),
        };
        match (0..tree.len() as u32).find(|&node| !tree.is_well_formed(node)) {
            None => Ok(tree),
            Some(node) => {
                let (file, class) = (tree.file(node), strings.text(tree.class.of(node)));
                let (path, number) = (strings.text(files.files[file as usize].path), node - tree.starts[file as usize]);
                Err(OperatorError::Input(format!("{path}: node {number} is no {class} of the grammar")))
            }
        }
    }

    /// Whether a node has the name, the operand and the parent that its class always has, as far as resolution relies on it.
    fn is_well_formed(&self, node: u32) -> bool {
        use Syntax::*;
        let (at, above) = (node as usize, self.parent[node as usize]);
        let named = !self.name[at].is_null();
        match self.kind[at] {
            Module => above == NONE,
            _ if above == NONE => false,
            Attribute => named && self.end[at] > node + 1,
            Subscript | Await => self.end[at] > node + 1,
            Name | FunctionDef | AsyncFunctionDef | ClassDef | TypeVar | ParamSpec | TypeVarTuple => named,
            Alias => named && matches!(self.kind(above), Import | ImportFrom),
            Arguments => self.kind(above).is_function() || self.kind(above) == Lambda,
            Arg => named && self.kind(above) == Arguments,
            _ => true,
        }
    }

    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// The nodes of a file; none if its tree is missing.
    pub fn nodes(&self, file: u32) -> std::ops::Range<u32> {
        self.starts[file as usize]..self.starts[file as usize + 1]
    }

    /// The nodes of a file that `is` picks, in the order of their places in the text.
    pub fn in_order(&self, file: u32, is: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut nodes: Vec<u32> = self.nodes(file).filter(|&node| is(node)).collect();
        nodes.sort_by_key(|&node| (self.bstart[node as usize], node));
        nodes
    }

    /// The file of a node.
    pub fn file(&self, node: u32) -> u32 {
        self.starts.partition_point(|&start| start <= node) as u32 - 1
    }

    /// The children of a node; of no node, none.
    pub fn children(&self, node: u32) -> Children<'_> {
        if node == NONE {
            return Children { tree: self, next: 0, end: 0 };
        }
        Children { tree: self, next: node + 1, end: self.end[node as usize] }
    }

    /// The children in one field, in order.
    pub fn in_field(&self, node: u32, field: Field) -> impl Iterator<Item = u32> + '_ {
        self.children(node).filter(move |&child| self.field[child as usize] == field)
    }

    /// The only or first child in a field.
    pub fn child(&self, node: u32, field: Field) -> Option<u32> {
        self.in_field(node, field).next()
    }

    pub fn kind(&self, node: u32) -> Syntax {
        self.kind[node as usize]
    }

    /// Whether an expression is an annotation or part of one, outside `Literal[…]`.
    pub fn is_annotation(&self, node: u32) -> bool {
        let mut at = node;
        loop {
            if matches!(self.field[at as usize], Field::Annotation | Field::Returns) {
                return true;
            }
            let above = self.parent[at as usize];
            let goes_on = matches!(self.kind(above), Syntax::Subscript | Syntax::Tuple | Syntax::BinOp | Syntax::List | Syntax::Starred);
            if !goes_on || (self.kind(above) == Syntax::Subscript && Some(self.name[above as usize + 1]) == self.literal) {
                return false;
            }
            at = above;
        }
    }

    /// Whether a node is the docstring of its module, class or function.
    pub fn is_docstring(&self, node: u32) -> bool {
        let statement = self.parent[node as usize];
        let is_text = self.kind(node) == Syntax::Constant && Some(self.name[node as usize]) == self.text;
        if !is_text || statement == NONE || self.kind(statement) != Syntax::Expr || self.position[statement as usize] != 0 {
            return false;
        }
        let owner = self.parent[statement as usize];
        self.field[statement as usize] == Field::Body && (self.kind(owner) == Syntax::Module || self.kind(owner).is_definition())
    }
}

/// The children of a node, in order.
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let child = self.next;
        self.next = self.tree.end[child as usize];
        Some(child)
    }
}

/// Parents as nodes of the whole, and the ends of subtrees. Fails where the rows of a file are not one tree in pre-order.
fn nest(files: &Files, strings: &Strings, starts: &[u32], numbers: &[i32], parents: &[i32]) -> Result<(Vec<u32>, Vec<u32>), OperatorError> {
    let mut parent = vec![NONE; numbers.len()];
    let mut end = vec![0u32; numbers.len()];
    let mut open: Vec<u32> = Vec::new();
    for (file, range) in starts.windows(2).enumerate() {
        let wrong =
            |number: usize| OperatorError::Input(format!("{}: node {number} is not in pre-order", strings.text(files.files[file].path)));
        for node in range[0]..range[1] {
            let number = (node - range[0]) as usize;
            let above = parents[node as usize];
            if numbers[node as usize] != number as i32 || above >= number as i32 || (above < 0) != (number == 0) || number >> NODE_BITS != 0
            {
                return Err(wrong(number));
            }
            while let Some(&last) = open.last() {
                if above >= 0 && last == range[0] + above as u32 {
                    break;
                }
                end[last as usize] = node;
                open.pop();
            }
            match open.last() {
                Some(&last) => parent[node as usize] = last,
                None if number > 0 => return Err(wrong(number)),
                None => {}
            }
            open.push(node);
        }
        for last in open.drain(..) {
            end[last as usize] = range[1];
        }
    }
    Ok((parent, end))
}
