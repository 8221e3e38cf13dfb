//! What the syntax of files without bytecode says beside classes and spans: names, operators, constants. It reads no source.

use rustc_hash::FxHashMap;

use crate::table::{Column, NULL_STR, Str, Strings, Table};

use super::syntax::{Class, Tree};

/// The port `uncompiled`: rows in any order.
pub struct Uncompiled<'a> {
    nodes: &'a [i32],
    names: &'a [Str],
    texts: &'a [Str],
    /// Rows of each file.
    files: FxHashMap<i64, Vec<usize>>,
}

/// What control hangs on in a node, beside its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    Nothing,
    And,
    Not,
    Async,
    /// `except*`.
    Groups,
    /// A constant, and whether it is true, if that is easily seen.
    Constant(Option<bool>),
    /// The same of a string.
    Text(bool),
    /// Patterns that are tried one after the other.
    Alternatives,
    /// A pattern that fits if those in it do.
    Capture,
}

/// The facts of one file.
pub struct Facts {
    names: Vec<Str>,
    facts: Vec<Fact>,
    /// Whether the file says `from __future__ import annotations`.
    pub postpones_annotations: bool,
}

impl<'a> Uncompiled<'a> {
    pub fn new(table: &'a Table) -> Self {
        let [(_, Column::I64(files)), (_, Column::I32(nodes)), (_, Column::Str(names)), (_, Column::Str(texts))] = table.columns.as_slice()
        else {
            unreachable!("columns of the port `uncompiled`")
        };
        let mut of: FxHashMap<i64, Vec<usize>> = FxHashMap::default();
        files.iter().enumerate().for_each(|(row, &file)| of.entry(file).or_default().push(row));
        Self { nodes, names, texts, files: of }
    }

    pub fn facts(&self, file: i64, tree: &Tree, strings: &Strings) -> Facts {
        let count = tree.len() as usize;
        let mut facts = Facts { names: vec![NULL_STR; count], facts: vec![Fact::Nothing; count], postpones_annotations: false };
        for &row in self.files.get(&file).into_iter().flatten() {
            let node = self.nodes[row] as u32;
            if node < tree.len() {
                facts.names[node as usize] = self.names[row];
                facts.facts[node as usize] = fact(tree.class(node), strings.get(self.names[row]), strings.get(self.texts[row]));
            }
        }
        let is_named = |node: u32, name: &str| strings.get(facts.names[node as usize]) == Some(name);
        facts.postpones_annotations = (1..tree.len())
            .filter(|&node| tree.class(node) == Class::Binder && is_named(node, "annotations"))
            .any(|node| is_named(tree.parent(node), "__future__"));
        facts
    }
}

impl Facts {
    /// The identifier of a node, such as that of a function.
    pub fn name(&self, node: u32) -> Str {
        self.names[node as usize]
    }

    pub fn of(&self, node: u32) -> Fact {
        self.facts[node as usize]
    }
}

fn fact(class: Class, name: Option<&str>, text: Option<&str>) -> Fact {
    match (class, text.unwrap_or("")) {
        (Class::Constant, text) => constant(name.unwrap_or(""), text),
        (Class::Name, _) if name == Some("__debug__") => Fact::Constant(Some(true)),
        (_, "And") => Fact::And,
        (_, "Not") => Fact::Not,
        (Class::For | Class::With, "AsyncFor" | "AsyncWith") | (Class::Comprehension, "async") => Fact::Async,
        (Class::Try, "TryStar") => Fact::Groups,
        (Class::Binder, "MatchOr") => Fact::Alternatives,
        (Class::Binder, "MatchAs" | "MatchStar") => Fact::Capture,
        _ => Fact::Nothing,
    }
}

fn constant(kind: &str, text: &str) -> Fact {
    match kind {
        "str" => Fact::Text(!text.is_empty()),
        "bool" => Fact::Constant(Some(text == "True")),
        "NoneType" => Fact::Constant(Some(false)),
        "ellipsis" => Fact::Constant(Some(true)),
        "int" => Fact::Constant(Some(!text.trim_start_matches(['0', 'x', 'X', 'o', 'O', 'b', 'B', '_']).is_empty())),
        _ => Fact::Constant(None),
    }
}
