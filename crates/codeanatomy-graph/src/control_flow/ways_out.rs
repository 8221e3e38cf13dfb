//! Statements that are left by jumps and exceptions, and jumps: `try`, `with`, `return`, `raise`, `break`, `continue`. No other statement.
//!
//! What a `finally` or `with` does last is drawn once for every way out of it, up to a bound on all of it; further ways share one.

use super::blocks::Way;
use super::facts::Fact;
use super::lowering::Lowering;
use super::syntax::{Class, Field};

/// What is to be run, or gone to, by a way out of it.
pub enum Frame {
    Loop {
        head: usize,
        end: usize,
    },
    /// The body of a `try`, whose handlers do not get what is raised behind it.
    Handled {
        outer: Option<usize>,
    },
    Finally(Finally),
    With(With),
}

/// A `try` whose `finally` is pending.
pub struct Finally {
    node: u32,
    /// Where exceptions go.
    entry: usize,
    outer: Option<usize>,
    /// Blocks that go on behind the copy for exceptions: it is theirs too.
    sharing: Vec<usize>,
}

/// A context that was entered.
#[derive(Clone, Copy)]
pub struct With {
    context: u32,
    is_async: bool,
    entry: usize,
    outer: Option<usize>,
}

impl Lowering<'_> {
    pub fn return_statement(&mut self, node: u32) {
        self.values(node);
        let handler = self.draft.handler();
        self.leave_frames(0);
        self.draft.step(node);
        self.draft.leave();
        self.draft.begin_dead(handler);
    }

    pub fn raise(&mut self) {
        self.draft.raise();
        self.draft.begin_dead(self.draft.handler());
    }

    /// `break` and `continue`; outside a loop, where they cannot be compiled, control goes on.
    pub fn jump(&mut self, node: u32) {
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
        let first = self.part(pending.node, Field::Finally).unwrap_or(pending.node);
        if let Some(left) = self.left.checked_sub((self.tree.ends[pending.node as usize] - first) as usize) {
            self.left = left;
            self.draft.protect(pending.outer);
            return self.statements(pending.node, Field::Finally);
        }
        self.draft.go(Way::Next, pending.entry);
        self.draft.begin_dead(pending.outer);
        let behind = self.draft.block();
        self.draft.begin(behind);
        pending.sharing.push(behind);
    }

    pub fn try_statement(&mut self, node: u32) {
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

    pub fn with(&mut self, node: u32) {
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
}
