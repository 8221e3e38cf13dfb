//! Which nodes of the syntax a code object evaluates: those of its scope, without what nested functions, classes and comprehensions do.

use rustc_hash::FxHashSet;

use super::syntax::{Class, Field, NONE, Tree};
use super::tie::is_node;

/// The nodes of one code object of a file at a time, by a mark on each.
pub struct Scope {
    marks: Vec<i32>,
    mark: i32,
}

impl Scope {
    pub fn new(tree: &Tree) -> Self {
        Self { marks: vec![-1; tree.len() as usize], mark: -1 }
    }

    /// Marks the nodes that code object `number`, made of `root`, evaluates. `apart` are the comprehensions in it that have code of their own.
    pub fn enter(&mut self, tree: &Tree, number: i32, kind: &str, root: u32, apart: &FxHashSet<u32>) {
        self.mark = number;
        if root == NONE {
            return;
        }
        let body = Body { tree, root, header: kind == "generic", apart };
        let mut node = root + 1;
        while node < tree.ends[root as usize] {
            if body.leaves_out(node) {
                node = tree.ends[node as usize];
            } else {
                self.marks[node as usize] = number;
                node += 1;
            }
        }
    }

    pub fn has(&self, node: u32) -> bool {
        self.marks[node as usize] == self.mark
    }

    /// A node and what it stands in, from the inside out, as far as the scope reaches.
    pub fn upwards<'a>(&'a self, tree: &'a Tree, node: u32) -> impl Iterator<Item = u32> + 'a {
        let node = if is_node(node) { node } else { NONE };
        tree.upwards(node).take_while(|&node| self.has(node))
    }
}

struct Body<'a> {
    tree: &'a Tree,
    root: u32,
    /// Whether the code object makes the type parameters of its root: it evaluates the header, not the body.
    header: bool,
    apart: &'a FxHashSet<u32>,
}

impl Body<'_> {
    fn leaves_out(&self, node: u32) -> bool {
        let parent = self.tree.parent(node);
        if parent == self.root && !self.is_comprehension(parent) {
            let scoped = matches!(self.tree.class(parent), Class::Function | Class::Lambda | Class::Definition);
            return scoped && self.is_inner(node, parent) == self.header;
        }
        if self.tree.class(parent) == Class::Comprehension {
            let whole = self.tree.parent(parent);
            let outer = self.is_first_clause(parent) && self.tree.field(node) == Field::Iter;
            return if whole == self.root { outer } else { self.apart.contains(&whole) && !outer };
        }
        parent != self.root && self.is_inner(node, parent)
    }

    fn is_comprehension(&self, node: u32) -> bool {
        self.tree.class(node).is_comprehension()
    }

    /// Whether a child belongs to the scope that its parent opens, not to the one around it.
    fn is_inner(&self, node: u32, parent: u32) -> bool {
        match self.tree.class(parent) {
            Class::Function | Class::Lambda | Class::Definition => self.tree.field(node) == Field::Body,
            class if class.is_comprehension() => self.apart.contains(&parent) && !self.is_first_clause(node),
            _ => false,
        }
    }

    /// The first iterable of a comprehension is evaluated outside it.
    fn is_first_clause(&self, node: u32) -> bool {
        let is_clause = |child: &u32| self.tree.class(*child) == Class::Comprehension;
        self.tree.children(self.tree.parent(node)).find(is_clause) == Some(node)
    }
}
