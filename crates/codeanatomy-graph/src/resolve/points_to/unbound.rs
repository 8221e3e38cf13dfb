//! Names of modules and classes that only some paths bind: where none did, what lies further out is meant, as `LOAD_NAME` and `LOAD_GLOBAL` find it.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::{NONE, Tree};

impl Machine<'_, '_> {
    /// Whether a name may be read before its module or class bound it, and something else has the name then.
    pub fn falls_back(&mut self, node: u32, slot: u32) -> bool {
        if let Some(&known) = self.falling_back.get(&node) {
            return known;
        }
        let repository = self.repository;
        let holder = repository.bindings.slots[slot as usize].scope;
        let has_other = match repository.scopes.scopes[holder as usize].kind {
            ScopeKind::Module => repository.builtins.contains(repository.tree.name[node as usize]),
            ScopeKind::Class => true,
            _ => false,
        };
        let known = has_other && self.may_be_unbound(node, slot, holder);
        self.falling_back.insert(node, known);
        known
    }

    fn may_be_unbound(&self, node: u32, slot: u32, holder: u32) -> bool {
        let (tree, bindings) = (&self.repository.tree, &self.repository.bindings);
        let binders: Vec<u32> = (0..bindings.count(slot)).map(|index| bindings.nth(slot, index).node).collect();
        let around = Around { tree, binders: &binders };
        let owner = self.repository.scopes.scopes[holder as usize].node;
        let mut at = node;
        while at != owner && tree.parent[at as usize] != NONE {
            let parent = tree.parent[at as usize];
            if matches!(tree.kind(at), Syntax::FunctionDef | Syntax::AsyncFunctionDef | Syntax::Lambda) && at != node {
                // It runs later: all of the module has run then.
                return !around.block(owner, Field::Body);
            }
            if tree.in_field(parent, tree.field[at as usize]).take_while(|&other| other < at).any(|other| around.binds(other))
                || around.heads(parent, at)
            {
                return false;
            }
            at = parent;
        }
        true
    }
}

/// The nodes that bind a name, and the statements in which they stand.
struct Around<'a> {
    tree: &'a Tree,
    binders: &'a [u32],
}

impl Around<'_> {
    fn is_in(&self, node: u32) -> bool {
        self.binders.iter().any(|&binder| (node..self.tree.end[node as usize]).contains(&binder))
    }

    fn is_in_field(&self, node: u32, field: Field) -> bool {
        self.tree.in_field(node, field).any(|child| self.is_in(child))
    }

    /// Whether what stands before a part of a statement binds the name wherever that part runs.
    fn heads(&self, parent: u32, part: u32) -> bool {
        let in_body = self.tree.field[part as usize] == Field::Body;
        match self.tree.kind(parent) {
            Syntax::With | Syntax::AsyncWith => {
                in_body && self.tree.children(parent).any(|item| self.tree.kind(item) == Syntax::WithItem && self.is_in(item))
            }
            Syntax::For | Syntax::AsyncFor => in_body && self.is_in_field(parent, Field::Target),
            Syntax::If | Syntax::While => self.tree.field[part as usize] != Field::Test && self.is_in_field(parent, Field::Test),
            Syntax::ExceptHandler => self.binders.contains(&parent),
            Syntax::MatchCase => in_body && self.tree.children(parent).take_while(|&child| child < part).any(|child| self.is_in(child)),
            Syntax::Try | Syntax::TryStar => self.tree.field[part as usize] == Field::Orelse && self.block(parent, Field::Body),
            _ => false,
        }
    }

    /// Whether a list of statements binds the name wherever it comes to its end.
    fn block(&self, node: u32, field: Field) -> bool {
        self.tree.in_field(node, field).any(|statement| self.binds(statement))
    }

    /// The same of one statement.
    fn binds(&self, statement: u32) -> bool {
        let tree = self.tree;
        match tree.kind(statement) {
            Syntax::Raise | Syntax::Return | Syntax::Break | Syntax::Continue => true,
            Syntax::FunctionDef | Syntax::AsyncFunctionDef | Syntax::ClassDef => self.binders.contains(&statement),
            Syntax::If => {
                self.is_in_field(statement, Field::Test) || (self.block(statement, Field::Body) && self.block(statement, Field::Orelse))
            }
            Syntax::While => self.is_in_field(statement, Field::Test),
            Syntax::For | Syntax::AsyncFor => self.is_in_field(statement, Field::Iter),
            Syntax::With | Syntax::AsyncWith => {
                tree.children(statement).any(|child| tree.kind(child) == Syntax::WithItem && self.is_in(child))
                    || self.block(statement, Field::Body)
            }
            Syntax::Try | Syntax::TryStar => {
                let mut handlers = tree.in_field(statement, Field::Handlers);
                let goes_well = self.block(statement, Field::Body) || self.block(statement, Field::Orelse);
                self.block(statement, Field::Finalbody) || (goes_well && handlers.all(|handler| self.block(handler, Field::Body)))
            }
            Syntax::Match => tree.children(statement).next().is_some_and(|subject| self.is_in(subject)),
            _ => self.is_in(statement),
        }
    }
}
