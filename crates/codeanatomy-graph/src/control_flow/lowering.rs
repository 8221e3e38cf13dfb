//! The statements of one code object, drawn as CPython's compiler would lay them out. Expressions and patterns, and what is left by a jump
//! or an exception, are beside it.

use super::blocks::{Graph, Way};
use super::draft::{Draft, Item};
use super::facts::{Fact, Facts};
use super::syntax::{Class, Field, Tree};
use super::ways_out::Frame;

/// Stack that must be left before going deeper, and how much is added where it is not.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 8 << 20;
/// How many nodes may be drawn again, for each node of a code object: what runs last, for further ways out.
const COPIES: usize = 8;

/// What one code object is drawn from.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    pub tree: &'a Tree,
    pub facts: &'a Facts,
    /// The code object that evaluates each node.
    pub codes: &'a [i32],
    pub root: u32,
    /// Whether annotations are evaluated in this file.
    pub annotates: bool,
}

pub struct Lowering<'a> {
    pub body: Body<'a>,
    pub tree: &'a Tree,
    pub draft: Draft,
    pub frames: Vec<Frame>,
    /// How many nodes may still be drawn again.
    pub left: usize,
}

/// The graph of a code object and the items that its blocks are ranges of.
pub fn lower(body: Body<'_>) -> (Graph, Vec<Item>) {
    let tree = body.tree;
    let nodes = (tree.ends[body.root as usize] - body.root) as usize;
    let mut lowering = Lowering { body, tree, draft: Draft::new(), frames: Vec::new(), left: COPIES * nodes };
    match tree.class(body.root) {
        Class::Lambda => tree.children(body.root).filter(|&child| tree.field(child) == Field::Body).for_each(|value| lowering.value(value)),
        class if class.is_comprehension() => lowering.elements(body.root),
        _ => lowering.statements(body.root, Field::Body),
    }
    lowering.draft.leave();
    lowering.draft.finish()
}

impl Lowering<'_> {
    /// Goes into a node on a stack that is deep enough.
    pub fn deeper(&mut self, draw: impl FnOnce(&mut Self)) {
        stacker::maybe_grow(RED_ZONE, STACK, || draw(self));
    }

    pub fn part(&self, node: u32, field: Field) -> Option<u32> {
        self.tree.children(node).find(|&child| self.tree.field(child) == field)
    }

    pub fn statements(&mut self, node: u32, field: Field) {
        let tree = self.tree;
        for statement in tree.children(node).filter(|&child| tree.field(child) == field) {
            self.deeper(|lowering| lowering.statement(statement));
        }
    }

    fn statement(&mut self, node: u32) {
        match self.tree.class(node) {
            Class::Function | Class::Definition => self.definition(node),
            Class::Assign => self.assign(node),
            Class::AugAssign => self.augment(node),
            Class::AnnAssign => self.annotate(node),
            Class::TypeAlias => self.draft.step(node),
            Class::Declaration => {}
            Class::If => self.choice(node),
            Class::While => self.while_loop(node),
            Class::For => self.for_loop(node),
            Class::Try => self.try_statement(node),
            Class::With => self.with(node),
            Class::Match => self.match_statement(node),
            Class::Assert => self.assert(node),
            Class::Return => self.return_statement(node),
            Class::Raise => {
                self.values(node);
                self.draft.step(node);
                self.raise();
            }
            Class::Break | Class::Continue => self.jump(node),
            Class::Evaluated if self.is_dropped(node) => {}
            _ => self.value(node),
        }
    }

    /// Whether the compiler drops a constant that is a statement. The docstring of a module or class is bound to its name.
    fn is_dropped(&self, node: u32) -> bool {
        let Some(constant) = self.tree.children(node).next().filter(|&value| self.tree.class(value) == Class::Constant) else {
            return false;
        };
        let root = self.body.root;
        let is_docstring = matches!(self.body.facts.of(constant), Fact::Text(_))
            && self.tree.class(root) != Class::Function
            && self.part(root, Field::Body) == Some(node);
        !is_docstring
    }

    fn definition(&mut self, node: u32) {
        let tree = self.tree;
        tree.children(node).filter(|&child| tree.field(child) == Field::Decorator).for_each(|child| self.value(child));
        self.defaults(node);
        let is_evaluated =
            |child: &u32| !matches!(tree.field(*child), Field::Decorator | Field::Body) && tree.class(*child) != Class::Binder;
        if tree.class(node) == Class::Definition {
            tree.children(node).filter(is_evaluated).for_each(|child| self.value(child));
        } else if self.body.annotates {
            self.annotations(node);
        }
        self.draft.step(node);
    }

    /// The default values of a function or lambda.
    pub fn defaults(&mut self, node: u32) {
        let tree = self.tree;
        let arguments = tree.children(node).filter(|&child| tree.class(child) == Class::Part && tree.class(node) != Class::Definition);
        let parts = arguments.flat_map(|arguments| tree.children(arguments));
        parts.filter(|&child| tree.field(child) == Field::Default).for_each(|child| self.value(child));
    }

    fn annotations(&mut self, node: u32) {
        let tree = self.tree;
        let arguments = tree.children(node).filter(|&child| tree.class(child) == Class::Part);
        let parameters = arguments.flat_map(|arguments| tree.children(arguments)).filter(|&child| tree.class(child) == Class::Part);
        parameters.flat_map(|parameter| tree.children(parameter)).for_each(|child| self.value(child));
        self.part(node, Field::Annotation).into_iter().for_each(|child| self.value(child));
    }

    fn assign(&mut self, node: u32) {
        self.part(node, Field::Element).into_iter().for_each(|child| self.value(child));
        self.targets(node);
        self.draft.step(node);
    }

    pub fn targets(&mut self, node: u32) {
        let tree = self.tree;
        tree.children(node).filter(|&child| tree.field(child) == Field::Target).for_each(|child| self.value(child));
    }

    /// The target is read before the value is evaluated, and bound behind it.
    fn augment(&mut self, node: u32) {
        self.values(node);
        self.part(node, Field::Target).into_iter().for_each(|target| self.draft.step(target));
        self.draft.step(node);
    }

    /// Without a value a name is not touched. Functions evaluate no annotation.
    fn annotate(&mut self, node: u32) {
        let value = self.part(node, Field::Element);
        value.into_iter().for_each(|child| self.value(child));
        let is_bound = |target: &u32| value.is_some() || self.tree.class(*target) != Class::Name;
        self.part(node, Field::Target).filter(is_bound).into_iter().for_each(|child| self.value(child));
        let is_evaluated = self.body.annotates && self.tree.class(self.body.root) != Class::Function;
        let annotation = self.part(node, Field::Annotation).filter(|_| is_evaluated);
        annotation.into_iter().for_each(|child| self.value(child));
        if value.is_some() || annotation.is_some() {
            self.draft.step(node);
        }
    }

    fn choice(&mut self, node: u32) {
        let end = self.draft.block();
        let (held, failed) = self.test(node);
        self.draft.begin(held);
        self.statements(node, Field::Body);
        self.draft.go(Way::Next, end);
        self.draft.begin(failed);
        self.statements(node, Field::Else);
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
        self.draft.step(node);
    }

    fn while_loop(&mut self, node: u32) {
        let (head, end) = (self.draft.block(), self.draft.block());
        self.draft.go(Way::Next, head);
        self.draft.begin(head);
        let (held, failed) = self.test(node);
        self.draft.begin(held);
        self.in_loop(node, head, end);
        self.draft.begin(failed);
        self.statements(node, Field::Else);
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
        self.draft.step(node);
    }

    fn in_loop(&mut self, node: u32, head: usize, end: usize) {
        self.frames.push(Frame::Loop { head, end });
        self.statements(node, Field::Body);
        self.frames.pop();
        self.draft.go(Way::Next, head);
    }

    fn for_loop(&mut self, node: u32) {
        let end = self.draft.block();
        self.part(node, Field::Iter).into_iter().for_each(|child| self.value(child));
        let (head, done) = self.iterate(node);
        self.targets(node);
        self.in_loop(node, head, end);
        self.draft.begin(done);
        self.statements(node, Field::Else);
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
        self.draft.step(node);
    }

    fn assert(&mut self, node: u32) {
        let (held, failed) = self.test(node);
        self.draft.begin(failed);
        let tree = self.tree;
        tree.children(node).filter(|&child| tree.field(child) != Field::Test).for_each(|child| self.value(child));
        self.draft.pass(node);
        self.draft.raise();
        self.draft.begin(held);
        self.draft.step(node);
    }

    fn match_statement(&mut self, node: u32) {
        let (tree, end) = (self.tree, self.draft.block());
        for child in tree.children(node) {
            if tree.class(child) == Class::MatchCase { self.case(child, end) } else { self.value(child) }
        }
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
        self.draft.step(node);
    }

    fn case(&mut self, node: u32, end: usize) {
        let next = self.draft.block();
        self.pattern(node + 1, next);
        if let Some(guard) = self.part(node, Field::Test) {
            let (held, failed) = self.condition(guard);
            self.draft.begin(failed);
            self.draft.go(Way::Next, next);
            self.draft.begin(held);
        }
        self.statements(node, Field::Body);
        self.draft.go(Way::Next, end);
        self.draft.begin(next);
    }
}
