//! The statements of one code object, drawn as CPython's compiler would lay them out. Expressions and patterns are beside it.
//!
//! What a `finally` or `with` does last is drawn once for every way out of it, up to a bound on all of it; further ways share one.

use super::blocks::{Graph, Way};
use super::draft::{Draft, Item};
use super::facts::{Fact, Facts};
use super::syntax::{Class, Field, Tree};

/// Stack that must be left before going deeper, and how much is added where it is not.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 8 << 20;
/// How often the nodes of a code object may be drawn, all copies of what runs last together.
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

/// What is to be run, or gone to, by a way out of it.
enum Frame {
    Loop { head: usize, end: usize },
    /// The body of a `try`, whose handlers do not get what is raised behind it.
    Handled { outer: Option<usize> },
    Finally(Finally),
    With(With),
}

/// A `try` whose `finally` is pending.
struct Finally {
    node: u32,
    /// Where exceptions go.
    entry: usize,
    outer: Option<usize>,
    /// Blocks that go on behind the copy for exceptions: it is theirs too.
    sharing: Vec<usize>,
}

/// A context that was entered.
#[derive(Clone, Copy)]
struct With {
    context: u32,
    is_async: bool,
    entry: usize,
    outer: Option<usize>,
}

pub struct Lowering<'a> {
    pub body: Body<'a>,
    pub tree: &'a Tree,
    pub draft: Draft,
    frames: Vec<Frame>,
    /// How many nodes may still be drawn before copies are shared.
    left: usize,
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
        self.left = self.left.saturating_sub(1);
        stacker::maybe_grow(RED_ZONE, STACK, || draw(self));
    }

    pub fn part(&self, node: u32, field: Field) -> Option<u32> {
        self.tree.children(node).find(|&child| self.tree.field(child) == field)
    }

    fn statements(&mut self, node: u32, field: Field) {
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
        let is_evaluated = |child: &u32| !matches!(tree.field(*child), Field::Decorator | Field::Body) && tree.class(*child) != Class::Binder;
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

    fn return_statement(&mut self, node: u32) {
        self.values(node);
        let handler = self.draft.handler();
        self.leave_frames(0);
        self.draft.step(node);
        self.draft.leave();
        self.draft.begin_dead(handler);
    }

    fn raise(&mut self) {
        self.draft.raise();
        self.draft.begin_dead(self.draft.handler());
    }

    /// `break` and `continue`; outside a loop, where they cannot be compiled, control goes on.
    fn jump(&mut self, node: u32) {
        let Some(depth) = self.frames.iter().rposition(|frame| matches!(frame, Frame::Loop { .. })) else {
            return self.draft.step(node);
        };
        let handler = self.draft.handler();
        self.leave_frames(depth + 1);
        self.draft.step(node);
        if let Frame::Loop { head, end } = self.frames[depth] {
            self.draft.go(Way::Next, if self.tree.class(node) == Class::Break { end } else { head });
        }
        self.draft.begin_dead(handler);
    }

    /// Runs what is pending of the frames above a depth, the innermost first.
    fn leave_frames(&mut self, depth: usize) {
        let (mut left, mut outer) = (Vec::new(), self.draft.handler());
        while self.frames.len() > depth {
            let Some(mut frame) = self.frames.pop() else { break };
            match &mut frame {
                Frame::Loop { .. } => {}
                Frame::Handled { outer: handler } => outer = *handler,
                Frame::Finally(pending) => {
                    self.run_last(pending);
                    outer = pending.outer;
                }
                Frame::With(entered) => {
                    if self.left > 0 {
                        self.exit(*entered);
                    }
                    outer = entered.outer;
                }
            }
            left.push(frame);
        }
        self.frames.extend(left.into_iter().rev());
        self.draft.protect(outer);
    }

    fn run_last(&mut self, pending: &mut Finally) {
        if self.left > 0 {
            self.draft.protect(pending.outer);
            return self.statements(pending.node, Field::Finally);
        }
        self.draft.go(Way::Next, pending.entry);
        self.draft.begin_dead(pending.outer);
        let behind = self.draft.block();
        self.draft.begin(behind);
        pending.sharing.push(behind);
    }

    fn try_statement(&mut self, node: u32) {
        let (end, outer) = (self.draft.block(), self.draft.handler());
        if self.part(node, Field::Finally).is_none() {
            self.try_except(node);
        } else {
            let entry = self.draft.block();
            self.frames.push(Frame::Finally(Finally { node, entry, outer, sharing: Vec::new() }));
            self.draft.protect(Some(entry));
            self.try_except(node);
            let Some(Frame::Finally(mut pending)) = self.frames.pop() else { unreachable!("frames are left as they were found") };
            self.run_last(&mut pending);
            self.draft.go(Way::Next, end);
            self.draft.begin(entry);
            self.statements(node, Field::Finally);
            pending.sharing.into_iter().for_each(|behind| self.draft.go(Way::Next, behind));
            self.draft.raise();
            self.draft.begin_dead(outer);
        }
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
        self.draft.step(node);
    }

    fn try_except(&mut self, node: u32) {
        let (tree, outer) = (self.tree, self.draft.handler());
        let handlers: Vec<u32> = tree.children(node).filter(|&child| tree.class(child) == Class::Handler).collect();
        let (done, entry) = (self.draft.block(), self.draft.block());
        self.frames.push(Frame::Handled { outer });
        self.draft.protect(if handlers.is_empty() { outer } else { Some(entry) });
        self.statements(node, Field::Body);
        self.frames.pop();
        self.draft.protect(outer);
        self.statements(node, Field::Else);
        self.draft.go(Way::Next, done);
        if !handlers.is_empty() {
            self.draft.begin(entry);
            if self.body.facts.of(node) == Fact::Groups { self.groups(&handlers, done) } else { self.handlers(&handlers, done) }
        }
        self.draft.begin(done);
    }

    fn handlers(&mut self, handlers: &[u32], done: usize) {
        for &handler in handlers {
            match self.caught(handler) {
                Some(kind) => {
                    self.value(kind);
                    let (matched, missed) = self.draft.split();
                    self.draft.begin(matched);
                    self.statements(handler, Field::Body);
                    self.draft.go(Way::Next, done);
                    self.draft.begin(missed);
                }
                None => {
                    self.statements(handler, Field::Body);
                    self.draft.go(Way::Next, done);
                    self.draft.begin_dead(self.draft.handler());
                }
            }
        }
        self.draft.raise();
    }

    fn caught(&self, handler: u32) -> Option<u32> {
        self.tree.children(handler).find(|&child| self.tree.field(child) != Field::Body)
    }

    /// `except*`: each handler takes its part of the group; what they raise is gathered, and raised with the rest behind the last.
    fn groups(&mut self, handlers: &[u32], done: usize) {
        let outer = self.draft.handler();
        for &handler in handlers {
            self.caught(handler).into_iter().for_each(|kind| self.value(kind));
            let (matched, next) = self.draft.split();
            let gathered = self.draft.block();
            self.draft.begin(matched);
            self.draft.protect(Some(gathered));
            self.statements(handler, Field::Body);
            self.draft.protect(outer);
            self.draft.go(Way::Next, next);
            self.draft.begin(gathered);
            self.draft.go(Way::Next, next);
            self.draft.begin(next);
        }
        let (rest, nothing) = self.draft.split();
        self.draft.begin(rest);
        self.draft.raise();
        self.draft.begin(nothing);
        self.draft.go(Way::Next, done);
    }

    fn with(&mut self, node: u32) {
        let (tree, depth) = (self.tree, self.frames.len());
        let is_async = self.body.facts.of(node) == Fact::Async;
        for item in tree.children(node).filter(|&child| tree.class(child) == Class::Part) {
            let context = item + 1;
            self.value(context);
            if is_async {
                self.wait(context, Way::Awaits);
            }
            let (entry, outer) = (self.draft.block(), self.draft.handler());
            self.frames.push(Frame::With(With { context, is_async, entry, outer }));
            self.draft.protect(Some(entry));
            tree.children(item).skip(1).for_each(|target| self.value(target));
        }
        self.statements(node, Field::Body);
        while self.frames.len() > depth {
            let Some(Frame::With(entered)) = self.frames.pop() else { unreachable!("frames are left as they were found") };
            self.exit(entered);
            let done = self.draft.block();
            self.draft.go(Way::Next, done);
            self.draft.begin(entered.entry);
            self.call_exit(entered);
            let (suppressed, raised) = self.draft.split();
            self.draft.begin(suppressed);
            self.draft.go(Way::Next, done);
            self.draft.begin(raised);
            self.draft.raise();
            self.draft.begin(done);
        }
        self.draft.step(node);
    }

    /// Leaves a context without an exception.
    fn exit(&mut self, entered: With) {
        self.draft.protect(entered.outer);
        self.call_exit(entered);
    }

    fn call_exit(&mut self, entered: With) {
        self.left = self.left.saturating_sub(1);
        self.draft.pass(entered.context);
        if entered.is_async {
            self.wait(entered.context, Way::Awaits);
        }
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
