//! Expressions, conditions, comprehensions and patterns of a code object as they are lowered: in order of evaluation.

use super::blocks::Way;
use super::facts::Fact;
use super::lowering::Lowering;
use super::syntax::{Class, Field};

impl Lowering<'_> {
    /// Everything in a node, in order, without the node itself.
    pub fn values(&mut self, node: u32) {
        let tree = self.tree;
        tree.children(node).filter(|&child| tree.class(child) != Class::Binder).for_each(|child| self.value(child));
    }

    /// A node that is evaluated for its value, or bound.
    pub fn value(&mut self, node: u32) {
        self.deeper(|lowering| lowering.evaluate(node));
    }

    fn evaluate(&mut self, node: u32) {
        match self.tree.class(node) {
            Class::BoolOp => self.operands(node),
            Class::IfExp => {
                let end = self.draft.block();
                let (held, failed) = self.test(node);
                for (way, field) in [(held, Field::Body), (failed, Field::Else)] {
                    self.draft.begin(way);
                    self.part(node, field).into_iter().for_each(|child| self.value(child));
                    self.draft.go(Way::Next, end);
                }
                self.draft.begin(end);
            }
            Class::Compare => self.comparison(node),
            Class::Dict => {
                let mut parts: Vec<u32> = self.tree.children(node).collect();
                parts.sort_unstable_by_key(|&part| self.tree.spans[part as usize]);
                parts.into_iter().for_each(|part| self.value(part));
            }
            Class::NamedExpr => {
                self.part(node, Field::Element).into_iter().for_each(|child| self.value(child));
                self.targets(node);
            }
            Class::Lambda => self.defaults(node),
            Class::Await => {
                self.values(node);
                self.wait(node, Way::Awaits);
            }
            Class::YieldFrom => {
                self.values(node);
                self.wait(node, Way::Yields);
            }
            Class::Yield => {
                self.values(node);
                self.give(node);
            }
            class if class.is_comprehension() => {
                let tree = self.tree;
                let first = tree.children(node).find(|&child| tree.class(child) == Class::Comprehension);
                first.and_then(|first| self.part(first, Field::Iter)).into_iter().for_each(|child| self.value(child));
                if class != Class::GeneratorExp && self.is_awaited(node) {
                    self.wait(node, Way::Awaits);
                }
            }
            _ => self.values(node),
        }
        if self.tree.class(node).is_evaluated() {
            self.draft.step(node);
        }
    }

    /// Whether a list, set or dictionary is gathered by a coroutine.
    fn is_awaited(&self, comprehension: u32) -> bool {
        let (tree, codes) = (self.tree, self.body.codes);
        let is_async = |node: u32| match tree.class(node) {
            Class::Comprehension => tree.parent(node) == comprehension && self.body.facts.of(node) == Fact::Async,
            Class::Await => codes[node as usize] == codes[comprehension as usize + 1],
            _ => false,
        };
        (comprehension + 1..tree.ends[comprehension as usize]).any(is_async)
    }

    /// What hands on what another iterator gives: it is asked until it returns, and may return when something is thrown into it.
    pub fn wait(&mut self, node: u32, way: Way) {
        let send = self.draft.block();
        self.draft.go(Way::Next, send);
        self.draft.begin(send);
        self.draft.pass(node);
        let (given, done) = self.draft.split();
        self.draft.begin(given);
        self.draft.pass(node);
        self.draft.go(way, send);
        self.draft.go(way, done);
        self.draft.begin(done);
    }

    fn give(&mut self, node: u32) {
        self.draft.pass(node);
        let resumed = self.draft.block();
        self.draft.go(Way::Yields, resumed);
        self.draft.begin(resumed);
    }

    fn operands(&mut self, node: u32) {
        let (tree, end) = (self.tree, self.draft.block());
        for operand in tree.children(node) {
            self.value(operand);
            if tree.is_last(operand) {
                self.draft.go(Way::Next, end);
            } else {
                let next = self.draft.block();
                let ways = if self.is_and(node) { [next, end] } else { [end, next] };
                self.draft.go(Way::True, ways[0]);
                self.draft.go(Way::False, ways[1]);
                self.draft.begin(next);
            }
        }
        self.draft.begin(end);
    }

    fn is_and(&self, node: u32) -> bool {
        self.body.facts.of(node) == Fact::And
    }

    fn is_not(&self, node: u32) -> bool {
        self.tree.class(node) == Class::UnaryOp && self.body.facts.of(node) == Fact::Not
    }

    /// `a < b < c`: what is behind a comparison that does not hold is not evaluated.
    fn comparison(&mut self, node: u32) {
        let (tree, end) = (self.tree, self.draft.block());
        for (at, operand) in tree.children(node).enumerate() {
            self.value(operand);
            if at > 0 && !tree.is_last(operand) {
                let next = self.draft.block();
                self.draft.go(Way::True, next);
                self.draft.go(Way::False, end);
                self.draft.begin(next);
            }
        }
        self.draft.go(Way::Next, end);
        self.draft.begin(end);
    }

    /// What a statement or expression tests, as the two blocks that control goes to.
    pub fn test(&mut self, node: u32) -> (usize, usize) {
        self.branch(node, Field::Test)
    }

    fn branch(&mut self, node: u32, field: Field) -> (usize, usize) {
        match self.part(node, field) {
            Some(condition) => self.condition(condition),
            None => self.draft.split(),
        }
    }

    /// An expression that is evaluated for its truth.
    pub fn condition(&mut self, node: u32) -> (usize, usize) {
        let mut ways = (0, 0);
        self.deeper(|lowering| ways = lowering.decide(node));
        ways
    }

    fn decide(&mut self, node: u32) -> (usize, usize) {
        if let Fact::Constant(Some(truth)) | Fact::Text(truth) = self.body.facts.of(node) {
            return self.decided(truth);
        }
        let tree = self.tree;
        match tree.class(node) {
            Class::BoolOp => {
                let is_and = self.is_and(node);
                let (mut short, mut last) = (Vec::new(), 0);
                for operand in tree.children(node) {
                    let (held, failed) = self.condition(operand);
                    let (on, off) = if is_and { (held, failed) } else { (failed, held) };
                    short.push(off);
                    last = on;
                    if !tree.is_last(operand) {
                        self.draft.begin(on);
                    }
                }
                let off = self.met(&short);
                self.finished(node, if is_and { (last, off) } else { (off, last) })
            }
            Class::Compare if tree.children(node).nth(2).is_some() => {
                let mut failed = Vec::new();
                let mut held = 0;
                for (at, operand) in tree.children(node).enumerate() {
                    self.value(operand);
                    if at > 0 {
                        let ways = self.draft.split();
                        held = ways.0;
                        failed.push(ways.1);
                        if !tree.is_last(operand) {
                            self.draft.begin(held);
                        }
                    }
                }
                let failed = self.met(&failed);
                self.finished(node, (held, failed))
            }
            Class::IfExp => {
                let (held, failed) = self.test(node);
                let mut ways = (Vec::new(), Vec::new());
                for (way, field) in [(held, Field::Body), (failed, Field::Else)] {
                    self.draft.begin(way);
                    let (held, failed) = self.branch(node, field);
                    ways.0.push(held);
                    ways.1.push(failed);
                }
                let ways = (self.met(&ways.0), self.met(&ways.1));
                self.finished(node, ways)
            }
            Class::UnaryOp if self.is_not(node) => {
                let operand = node + 1;
                if self.jumps(operand) {
                    let (held, failed) = self.condition(operand);
                    return self.finished(node, (failed, held));
                }
                self.value(node);
                let (held, failed) = self.draft.split();
                (failed, held)
            }
            _ => {
                self.value(node);
                self.draft.split()
            }
        }
    }

    /// Whether a condition is decided by jumps in it.
    fn jumps(&self, node: u32) -> bool {
        match self.tree.class(node) {
            Class::BoolOp | Class::IfExp | Class::Constant => true,
            Class::Compare => self.tree.children(node).nth(2).is_some(),
            _ => self.is_not(node),
        }
    }

    /// A condition that the compiler decides.
    fn decided(&mut self, truth: bool) -> (usize, usize) {
        let (held, failed) = (self.draft.block(), self.draft.block());
        self.draft.go(Way::Next, if truth { held } else { failed });
        (held, failed)
    }

    /// Both ways, with a node finished at the start of each.
    fn finished(&mut self, node: u32, ways: (usize, usize)) -> (usize, usize) {
        self.draft.step_in(ways.0, node);
        self.draft.step_in(ways.1, node);
        ways
    }

    /// One block that several lead to.
    fn met(&mut self, blocks: &[usize]) -> usize {
        let [block] = blocks else {
            let met = self.draft.block();
            for &block in blocks {
                self.draft.begin(block);
                self.draft.go(Way::Next, met);
            }
            return met;
        };
        *block
    }

    /// The head of a loop over what was evaluated last, and where it is done. Goes on with an item in hand.
    pub fn iterate(&mut self, node: u32) -> (usize, usize) {
        let over = self.part(node, Field::Iter).unwrap_or(node);
        let head = self.draft.block();
        if self.body.facts.of(node) != Fact::Async {
            self.draft.go(Way::Next, head);
            self.draft.begin(head);
            self.draft.pass(over);
            let (item, done) = self.draft.split();
            self.draft.begin(item);
            return (head, done);
        }
        // An asynchronous iterator says by an exception that it is done.
        let (outer, done) = (self.draft.handler(), self.draft.block());
        self.draft.catch_in(head, done);
        self.draft.go(Way::Next, head);
        self.draft.begin(head);
        self.wait(over, Way::Awaits);
        self.draft.protect(outer);
        (head, done)
    }

    /// What a comprehension evaluates in its own code object: all but its first iterable.
    pub fn elements(&mut self, node: u32) {
        let tree = self.tree;
        let mut behind = Vec::new();
        for (at, clause) in tree.children(node).filter(|&child| tree.class(child) == Class::Comprehension).enumerate() {
            if at > 0 {
                self.part(clause, Field::Iter).into_iter().for_each(|child| self.value(child));
            }
            let (head, done) = self.iterate(clause);
            behind.push((head, done));
            self.targets(clause);
            for test in tree.children(clause).filter(|&child| tree.field(child) == Field::Test) {
                let (held, failed) = self.condition(test);
                self.draft.begin(failed);
                self.draft.go(Way::Next, head);
                self.draft.begin(held);
            }
        }
        tree.children(node).filter(|&child| tree.field(child) == Field::Element).for_each(|child| self.value(child));
        if tree.class(node) == Class::GeneratorExp {
            self.give(node);
        }
        for (head, done) in behind.into_iter().rev() {
            self.draft.go(Way::Next, head);
            self.draft.begin(done);
        }
    }

    /// Tests a pattern: goes on where it fits, to `missed` where it does not.
    pub fn pattern(&mut self, node: u32, missed: usize) {
        self.deeper(|lowering| lowering.fit(node, missed));
    }

    fn fit(&mut self, node: u32, missed: usize) {
        let tree = self.tree;
        let is_pattern = |&child: &u32| tree.class(child) == Class::Binder;
        match self.body.facts.of(node) {
            Fact::Alternatives => {
                let fits = self.draft.block();
                for alternative in tree.children(node) {
                    let next = if tree.is_last(alternative) { missed } else { self.draft.block() };
                    self.pattern(alternative, next);
                    self.draft.go(Way::Next, fits);
                    if next != missed {
                        self.draft.begin(next);
                    }
                }
                self.draft.begin(fits);
            }
            Fact::Capture => tree.children(node).for_each(|child| self.pattern(child, missed)),
            _ => {
                self.values(node);
                self.draft.pass(node);
                let fits = self.draft.block();
                self.draft.go(Way::True, fits);
                self.draft.go(Way::False, missed);
                self.draft.begin(fits);
                tree.children(node).filter(is_pattern).for_each(|child| self.pattern(child, missed));
            }
        }
    }
}
