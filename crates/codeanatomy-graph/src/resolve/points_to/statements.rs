//! Statements: how each kind changes what variables hold, and where paths part and meet. Expressions are `expressions.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::{Machine, RED_ZONE, STACK};
use crate::resolve::points_to::state::{Delta, Held, Loop, UNBOUND, gathered};
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Origin, Reason, Set, Value, Wrapper};

/// Whether leaving a context ends exceptions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Swallows {
    Never,
    /// It is not known: what follows can be reached, but is taken to be reached by the end of the body.
    Perhaps,
    Known,
}

impl Machine<'_, '_> {
    /// A path on which nothing changed.
    pub fn nothing(&self) -> Delta {
        Delta { is_live: true, changes: Vec::new() }
    }

    pub fn join(&mut self, paths: &[Delta]) {
        self.state.join(paths, &mut self.sets, &mut self.bindings);
    }

    /// Runs the statements in a field as long as control goes on.
    pub fn body(&mut self, node: u32, field: Field) {
        for statement in self.repository.tree.in_field(node, field) {
            if !self.state.is_live {
                return;
            }
            self.statement(statement);
        }
    }

    pub fn statement(&mut self, node: u32) {
        stacker::maybe_grow(RED_ZONE, STACK, || self.statement_kind(node));
    }

    fn statement_kind(&mut self, node: u32) {
        let tree = &self.repository.tree;
        match tree.kind(node) {
            Syntax::Assign => {
                let set = self.child(node, Field::Value);
                for target in tree.in_field(node, Field::Targets) {
                    self.assign(target, set);
                }
            }
            Syntax::AugAssign => self.augmented(node),
            Syntax::AnnAssign => self.annotated(node),
            Syntax::Return => {
                if let Some(value) = tree.child(node, Field::Value) {
                    let set = self.evaluate(value);
                    self.give(Key::RETURNED, set);
                    self.return_besides(value, set);
                }
                self.publish();
                self.state.is_live = false;
            }
            Syntax::Raise => {
                self.raise(node);
                self.publish();
                self.state.is_live = false;
            }
            Syntax::Delete => {
                for target in tree.children(node) {
                    self.delete(target);
                }
            }
            Syntax::If => self.branch(node),
            Syntax::While => self.while_loop(node),
            Syntax::For | Syntax::AsyncFor => self.for_loop(node),
            Syntax::Try | Syntax::TryStar => self.attempt(node),
            Syntax::With | Syntax::AsyncWith => self.with(node),
            Syntax::Match => self.matched(node),
            Syntax::Import | Syntax::ImportFrom => {
                for alias in tree.in_field(node, Field::Names) {
                    self.import_alias(alias);
                }
            }
            Syntax::FunctionDef | Syntax::AsyncFunctionDef => self.function(node),
            Syntax::ClassDef => self.class(node),
            Syntax::Assert => {
                let Some(test) = tree.child(node, Field::Test) else { return };
                let [holds, fails] = self.condition(test);
                let mark = self.state.mark();
                self.join(&[fails]);
                if self.state.is_live {
                    tree.children(node).skip(1).for_each(|message| _ = self.evaluate(message));
                }
                self.state.take(mark);
                self.join(&[holds]);
            }
            Syntax::Break => {
                if let Some(mark) = self.state.loops.last().map(|around| around.mark) {
                    let delta = self.state.since(mark);
                    self.state.loops.last_mut().expect("a loop").breaks.push(delta);
                }
                self.state.is_live = false;
            }
            Syntax::Continue => {
                if let Some(mark) = self.state.loops.last().map(|around| around.mark) {
                    let delta = self.state.since(mark);
                    self.state.loops.last_mut().expect("a loop").continues.push(delta);
                }
                self.state.is_live = false;
            }
            Syntax::TypeAlias => {
                self.children(node);
                if let Some(name) = tree.child(node, Field::Name) {
                    let set = self.unknown(Reason::Dynamic);
                    self.assign(name, set);
                }
            }
            Syntax::Global | Syntax::Nonlocal | Syntax::Pass => {}
            _ => self.children(node),
        }
    }

    /// Binds the name of a node.
    pub fn bind(&mut self, node: u32, values: Set) {
        let Some(binding) = self.frames.binding(node) else { return };
        let slot = self.repository.bindings.all[binding as usize].slot;
        let held = Held { values, bindings: self.bindings.one(node) };
        self.put(slot, held);
    }

    pub fn put(&mut self, slot: u32, held: Held) {
        let frame = self.frames.of_slot[slot as usize];
        if frame == self.state.frame {
            self.state.set(self.frames.local[slot as usize], held, &mut self.sets, &mut self.bindings);
        } else if let Some(unit) = self.unit_of_frame(frame) {
            let cell = self.cells.of(unit, Key::variable(slot));
            self.write(cell, held);
        }
    }

    /// Assigns values to a target of any form.
    pub fn assign(&mut self, target: u32, set: Set) {
        let tree = &self.repository.tree;
        match tree.kind(target) {
            Syntax::Name => self.bind(target, set),
            Syntax::Attribute => {
                let objects = self.evaluate(target + 1);
                self.store_attributes(target, objects, set);
            }
            Syntax::Subscript => {
                let (objects, index) = self.subscripted(target);
                self.store_items(target, objects, index, set);
            }
            Syntax::Tuple | Syntax::List => self.unpack(target, set),
            Syntax::Starred => self.assign(target + 1, set),
            _ => {}
        }
    }

    fn unpack(&mut self, target: u32, set: Set) {
        let tree = &self.repository.tree;
        let targets: Vec<u32> = tree.children(target).collect();
        let starred = targets.iter().position(|&element| tree.kind(element) == Syntax::Starred);
        let mut sets = vec![EMPTY; targets.len()];
        for id in self.elements(set) {
            let length = self.lengths.get(&id).copied();
            let is_plain = starred.is_none_or(|_| length.is_some());
            if is_plain && self.is_laid_out(id) {
                for (position, values) in sets.iter_mut().enumerate() {
                    let set = self.unpacked(target, id, position, starred, (targets.len(), length));
                    *values = self.union(*values, set);
                }
                continue;
            }
            let one = self.sets.one(id);
            let elements = self.iterate(target, one, false);
            for (position, values) in sets.iter_mut().enumerate() {
                let set = if starred == Some(position) {
                    let made = self.make(targets[position], Container::List);
                    self.store_index(made, Key::SOMEWHERE, elements);
                    self.sets.one(made)
                } else {
                    elements
                };
                *values = self.union(*values, set);
            }
        }
        for (&element, set) in targets.iter().zip(sets) {
            self.assign(element, set);
        }
    }

    /// What the target at a position gets from a list or tuple.
    pub fn unpacked(
        &mut self,
        target: u32,
        id: Id,
        position: usize,
        starred: Option<usize>,
        (count, length): (usize, Option<usize>),
    ) -> Set {
        let Some(starred) = starred else { return self.load_index(id, position as i64) };
        let extra = (length.unwrap_or(count) + 1).saturating_sub(count);
        if position < starred {
            return self.load_index(id, position as i64);
        }
        if position > starred {
            return self.load_index(id, (position + extra) as i64 - 1);
        }
        let element = self.repository.tree.children(target).nth(position).unwrap_or(target);
        let made = self.make(element, Container::List);
        for offset in 0..extra {
            let set = self.load_index(id, (starred + offset) as i64);
            self.store_index(made, Key::index(offset as i64), set);
        }
        self.lengths.insert(made, extra);
        self.sets.one(made)
    }

    fn augmented(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let Some(target) = tree.child(node, Field::Target) else { return };
        let (mut objects, mut index) = (EMPTY, EMPTY);
        let before = match tree.kind(target) {
            Syntax::Name => {
                self.found.reached[target as usize] = true;
                let held = self.frames.slot(target).map_or(UNBOUND, |slot| self.variable(slot));
                if held.bindings != EMPTY {
                    self.read_at(target, held.bindings);
                }
                held.values
            }
            Syntax::Attribute => {
                objects = self.evaluate(target + 1);
                self.attributes(target, objects)
            }
            Syntax::Subscript => {
                (objects, index) = self.subscripted(target);
                self.subscript_of(target, objects, index)
            }
            _ => EMPTY,
        };
        let operand = self.child(node, Field::Value);
        let after = self.operate(node, before, operand, true);
        // What is stored into was evaluated before the operand, and is not again.
        match tree.kind(target) {
            Syntax::Attribute => self.store_attributes(target, objects, after),
            Syntax::Subscript => self.store_items(target, objects, index, after),
            _ => self.assign(target, after),
        }
    }

    /// `x: T = v`: `v`, and where no more is known of it than that it came from outside, some object of `T`. In a class body `x: T` alone says
    /// what objects have; in a module, what the variable holds if nothing else is known of it in the end.
    fn annotated(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let (Some(target), Some(annotation)) = (tree.child(node, Field::Target), tree.child(node, Field::Annotation)) else { return };
        self.annotation(annotation);
        let value = tree.child(node, Field::Value);
        let mut set = value.map_or(EMPTY, |value| self.evaluate(value));
        if self.is_opaque(set) {
            let declared = self.declared(annotation);
            set = self.union(set, declared);
        }
        self.annotate(set, annotation);
        if value.is_some() {
            self.assign(target, set);
        } else if let (Some(&class), Syntax::Name) = (self.state.classes.last(), tree.kind(target)) {
            let name = tree.name[target as usize];
            self.name_field(name);
            self.store_values(class, Key::of_instances(name), set);
            self.store_values(class, Key::declared(name), set);
        } else if let (true, Some(slot)) = (self.is_module_running(), self.frames.slot(target)) {
            let cell = self.cells.of(self.state.unit, Key::variable(slot));
            self.declared_variables.insert((cell, target));
        }
    }

    /// Whether the code of a module itself runs, outside functions and classes.
    fn is_module_running(&self) -> bool {
        self.state.classes.is_empty() && self.resolver.is_module(self.units[self.state.unit as usize].definition)
    }

    fn delete(&mut self, target: u32) {
        let tree = &self.repository.tree;
        match tree.kind(target) {
            Syntax::Name => {
                if let Some(slot) = self.frames.slot(target) {
                    let held = self.variable(slot);
                    self.read_at(target, held.bindings);
                    if self.frames.of_slot[slot as usize] == self.state.frame {
                        self.put(slot, UNBOUND);
                    }
                }
            }
            Syntax::Subscript => {
                let objects = self.evaluate(target + 1);
                let index = tree.children(target).nth(1).map_or(EMPTY, |index| self.evaluate(index));
                let argument = Arguments::one(index);
                let (_, others) = self.specials(target, self.elements(objects), self.words.delitem, &argument, Via::Subscript);
                for id in others {
                    self.looked_for(target, id, index, Via::Subscript);
                }
            }
            Syntax::Attribute => {
                let objects = self.evaluate(target + 1);
                self.delete_attributes(target, objects, self.attribute_name(target));
            }
            _ => {
                for child in tree.children(target) {
                    self.delete(child);
                }
            }
        }
    }

    fn branch(&mut self, node: u32) {
        let Some(test) = self.repository.tree.child(node, Field::Test) else { return };
        let mark = self.state.mark();
        let paths = self.condition(test);
        let paths = [(&paths[0], Field::Body), (&paths[1], Field::Orelse)].map(|(path, field)| {
            self.state.join(std::slice::from_ref(path), &mut self.sets, &mut self.bindings);
            self.body(node, field);
            self.state.take(mark)
        });
        self.join(&paths);
    }

    /// Evaluates a condition. Gives what changes where it is true and where it is false; the state is left as it was.
    pub fn condition(&mut self, test: u32) -> [Delta; 2] {
        let mark = self.state.mark();
        let [mut holds, mut fails] = self.decided(test);
        for (path, is_true) in [(&mut holds, true), (&mut fails, false)] {
            self.join(std::slice::from_ref(path));
            self.narrow(test, is_true);
            *path = self.state.take(mark);
        }
        match self.constant_truth(test) {
            Some(true) => fails.is_live = false,
            Some(false) => holds.is_live = false,
            None => {}
        }
        [holds, fails]
    }

    /// The same without what the condition says of variables. Of `a and (b := c)`, the name is bound wherever it is true.
    fn decided(&mut self, test: u32) -> [Delta; 2] {
        let tree = &self.repository.tree;
        let mark = self.state.mark();
        if tree.kind(test) != Syntax::BoolOp || !self.binding_tests.contains(&test) {
            self.test(test);
            let path = self.state.take(mark);
            return [path.clone(), path];
        }
        let is_and = self.resolver.strings.get(tree.value[test as usize]) == Some("And");
        let (mut values, mut others) = (EMPTY, Vec::new());
        for operand in tree.children(test) {
            let [holds, fails] = self.condition(operand);
            let (goes_on, leaves) = if is_and { (holds, fails) } else { (fails, holds) };
            let here = self.state.mark();
            self.join(&[leaves]);
            others.push(self.state.since(mark));
            self.state.take(here);
            self.join(&[goes_on]);
            values = self.union(values, self.found.values[operand as usize]);
        }
        self.found.reached[test as usize] = true;
        self.found.values[test as usize] = self.union(self.found.values[test as usize], values);
        let through = self.state.take(mark);
        self.join(&others);
        let left = self.state.take(mark);
        if is_and { [through, left] } else { [left, through] }
    }

    /// Whether a condition is a constant that the compiler decides.
    fn constant_truth(&self, test: u32) -> Option<bool> {
        let tree = &self.repository.tree;
        let text = |node: u32| self.resolver.strings.get(tree.value[node as usize]);
        match tree.kind(test) {
            Syntax::Constant => match self.resolver.strings.get(tree.name[test as usize]) {
                Some("bool" | "NoneType") | None => text(test).map(|value| value == "True"),
                Some("str" | "bytes") => text(test).map(|value| !value.is_empty()),
                Some("int" | "float" | "complex") => text(test).map(|value| value.bytes().any(|digit| matches!(digit, b'1'..=b'9'))),
                Some("ellipsis") => Some(true),
                _ => None,
            },
            Syntax::Name => (tree.name[test as usize] == self.words.debug).then_some(true),
            Syntax::Tuple => tree.children(test).next().is_none().then_some(false),
            Syntax::UnaryOp if text(test) == Some("Not") => self.constant_truth(test + 1).map(|truth| !truth),
            Syntax::BoolOp => {
                let decides = text(test) == Some("Or");
                let all: Vec<Option<bool>> = tree.children(test).map(|operand| self.constant_truth(operand)).collect();
                match all.contains(&Some(decides)) {
                    true => Some(decides),
                    false => all.iter().all(Option::is_some).then_some(!decides),
                }
            }
            _ => None,
        }
    }

    /// What a condition says of the variables in it: `isinstance(x, C)`, `x is None`.
    pub fn narrow(&mut self, test: u32, is_true: bool) {
        let tree = &self.repository.tree;
        match tree.kind(test) {
            Syntax::UnaryOp if self.resolver.strings.get(tree.value[test as usize]) == Some("Not") => self.narrow(test + 1, !is_true),
            Syntax::BoolOp if is_true == (self.resolver.strings.get(tree.value[test as usize]) == Some("And")) => {
                for operand in tree.children(test) {
                    self.narrow(operand, is_true);
                }
            }
            Syntax::Call if is_true => self.narrow_instance(test),
            _ => {}
        }
    }

    fn narrow_instance(&mut self, call: u32) {
        let tree = &self.repository.tree;
        let Some(function) = tree.child(call, Field::Func) else { return };
        let is_test = tree.kind(function) == Syntax::Name && self.resolver.strings.text(tree.name[function as usize]) == "isinstance";
        let arguments: Vec<u32> = tree.in_field(call, Field::Args).collect();
        let [subject, classes] = arguments[..] else { return };
        if !is_test {
            return;
        }
        let Some(slot) = self.own_slot(subject) else { return };
        let held = self.state.get(self.frames.local[slot as usize]);
        let classes = self.found.values[classes as usize];
        let mut wanted = EMPTY;
        for id in self.elements(classes) {
            let one = match self.values.get(id) {
                Value::Container { .. } => self.read_values(id, Key::ELEMENTS),
                _ => self.sets.one(id),
            };
            wanted = self.union(wanted, one);
        }
        let kept = self.among(held.values, wanted);
        if kept != EMPTY {
            self.put(slot, Held { values: kept, bindings: held.bindings });
        }
    }

    /// The values that may be objects of some classes; if none is known to be, any objects of these.
    pub fn among(&mut self, values: Set, classes: Set) -> Set {
        let classes_of_repository = self.elements(classes).iter().all(|&class| matches!(self.values.get(class), Value::Class { .. }));
        let mut kept = EMPTY;
        for id in self.elements(values) {
            let fits = match self.values.get(id) {
                Value::Instance { class, .. } => self.elements(classes).iter().any(|&other| self.derives(class, other)),
                Value::Unknown(_) => false,
                // A test for classes of the repository excludes what is none of them.
                _ => !classes_of_repository,
            };
            if fits {
                let one = self.sets.one(id);
                kept = self.union(kept, one);
            }
        }
        if kept == EMPTY { self.objects(classes) } else { kept }
    }

    /// The variable of the present frame that an expression names.
    pub fn own_slot(&self, node: u32) -> Option<u32> {
        if self.repository.tree.kind(node) != Syntax::Name {
            return None;
        }
        self.frames.slot(node).filter(|&slot| self.frames.of_slot[slot as usize] == self.state.frame)
    }

    fn while_loop(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let Some(test) = tree.child(node, Field::Test) else { return };
        self.repeat(node, |machine| machine.condition(test), |_| {});
    }

    fn for_loop(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let iterable = self.child(node, Field::Iter);
        let is_async = tree.kind(node) == Syntax::AsyncFor;
        let target = tree.child(node, Field::Target);
        self.repeat(
            node,
            |machine| [machine.nothing(), machine.nothing()],
            |machine| {
                let elements = machine.iterate(node, iterable, is_async);
                if let Some(target) = target {
                    machine.assign(target, elements);
                }
            },
        );
    }

    /// A loop: its body from the joined states of its beginning until they stand, then what follows. `head` decides whether the body runs: what
    /// changes where it does, and where it does not.
    fn repeat(&mut self, node: u32, head: impl Fn(&mut Self) -> [Delta; 2], enter: impl Fn(&mut Self)) {
        let (mut leaving, mut breaks) = (self.nothing(), Vec::new());
        let mut is_new = true;
        for _ in 0..self.limits.passes_per_loop {
            let mark = self.state.mark();
            self.state.loops.push(Loop { mark, ..Loop::default() });
            let [entering, left] = head(self);
            self.join(&[entering]);
            if self.state.is_live {
                enter(self);
                self.body(node, Field::Body);
            }
            let around = self.state.loops.pop().expect("the loop");
            let end = self.state.take(mark);
            is_new = false;
            for path in around.continues.iter().chain([&end]).filter(|path| path.is_live) {
                is_new |= self.state.add(&path.changes, &mut self.sets, &mut self.bindings);
            }
            (leaving, breaks) = (left, around.breaks);
            if !is_new {
                break;
            }
        }
        if is_new {
            self.reached(Limit::PassesPerLoop);
        }
        let mark = self.state.mark();
        self.join(&[leaving]);
        self.body(node, Field::Orelse);
        let mut paths = vec![self.state.take(mark)];
        paths.append(&mut breaks);
        self.join(&paths);
    }

    fn attempt(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let has_finally = tree.child(node, Field::Finalbody).is_some();
        let start = self.state.mark();
        let before = self.jumps();
        self.state.attempts.push(Default::default());
        self.state.attempts.push(Default::default());
        self.body(node, Field::Body);
        let raised = self.state.attempts.pop().expect("the attempt");
        let mut raised = gathered(&raised);
        self.regather(&raised);
        if self.state.is_live {
            self.body(node, Field::Orelse);
        }
        let mut paths = vec![self.state.take(start)];
        let is_of_group = tree.kind(node) == Syntax::TryStar;
        for handler in tree.in_field(node, Field::Handlers) {
            self.state.add(&raised, &mut self.sets, &mut self.bindings);
            self.handler(handler, is_of_group);
            let path = self.state.take(start);
            // The next one may handle the rest of the same group.
            if is_of_group && path.is_live {
                raised.extend_from_slice(&path.changes);
            }
            paths.push(path);
        }
        let all = self.state.attempts.pop().expect("the attempt with its handlers");
        let all = gathered(&all);
        self.regather(&all);
        if !has_finally {
            self.join(&paths);
            return;
        }
        self.finish(node, &paths, &all, before);
    }

    /// What an inner attempt bound counts for the one around it.
    fn regather(&mut self, changes: &[(u32, Held)]) {
        let Some(mut around) = self.state.attempts.pop() else { return };
        for &(place, held) in changes {
            let seen = around.entry(place).or_insert(held);
            *seen = crate::resolve::points_to::state::joined(*seen, held, &mut self.sets, &mut self.bindings);
        }
        self.state.attempts.push(around);
    }

    /// How many paths break out of the loop around so far, and how many start it anew.
    pub fn jumps(&self) -> [usize; 2] {
        self.state.loops.last().map_or([0, 0], |around| [around.breaks.len(), around.continues.len()])
    }

    /// `finally`: once on the way of exceptions and early exits, once on the way of breaks and of continues, once on the way that goes on.
    fn finish(&mut self, node: u32, paths: &[Delta], all: &[(u32, Held)], jumps_before: [usize; 2]) {
        let start = self.state.mark();
        let goes_on = paths.iter().any(|path| path.is_live);
        let depth = self.state.attempts.len();
        // A `try` around counts twice: with its handlers, and without.
        if depth <= 2 * self.limits.finally_depth || !goes_on {
            self.state.add(all, &mut self.sets, &mut self.bindings);
            self.body(node, Field::Finalbody);
            self.state.take(start);
            self.finish_jumps(node, jumps_before);
        } else {
            self.reached(Limit::FinallyDepth);
        }
        self.join(paths);
        if goes_on {
            self.body(node, Field::Finalbody);
        }
    }

    /// Lets those paths out of the loop around pass through a `finally` that came since.
    fn finish_jumps(&mut self, node: u32, before: [usize; 2]) {
        let Some(around) = self.state.loops.last_mut() else { return };
        let (mark, since) = (around.mark, [around.breaks.split_off(before[0]), around.continues.split_off(before[1])]);
        for (kind, paths) in since.into_iter().enumerate().filter(|(_, paths)| !paths.is_empty()) {
            let here = self.state.mark();
            self.join(&paths);
            self.body(node, Field::Finalbody);
            let left = self.state.since(mark);
            self.state.take(here);
            let around = self.state.loops.last_mut().expect("the loop");
            let jumps = if kind == 0 { &mut around.breaks } else { &mut around.continues };
            if left.is_live {
                jumps.push(left);
            }
        }
    }

    fn with(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let items: Vec<u32> = tree.children(node).filter(|&child| tree.kind(child) == Syntax::WithItem).collect();
        self.within(node, &items);
    }

    /// The body of a `with` inside some of its items: each may end exceptions of the items behind it, too.
    fn within(&mut self, node: u32, items: &[u32]) {
        let [item, others @ ..] = items else { return self.body(node, Field::Body) };
        let tree = &self.repository.tree;
        let managers = self.child(*item, Field::ContextExpr);
        let swallows = self.may_swallow(managers);
        let entered = self.entered(*item, managers, tree.kind(node) == Syntax::AsyncWith);
        if let Some(target) = tree.child(*item, Field::OptionalVars) {
            self.assign(target, entered);
        }
        let mark = self.state.mark();
        self.state.attempts.push(Default::default());
        self.within(node, others);
        let raised = self.state.attempts.pop().expect("the body");
        let raised = gathered(&raised);
        self.regather(&raised);
        if swallows == Swallows::Known || (swallows == Swallows::Perhaps && !self.state.is_live) {
            let normal = self.state.take(mark);
            self.state.add(&raised, &mut self.sets, &mut self.bindings);
            let cut = self.state.take(mark);
            self.join(&[normal, cut]);
        }
    }

    /// What `as` gets, and the calls of entering and leaving.
    pub fn entered(&mut self, item: u32, managers: Set, is_async: bool) -> Set {
        let (enter, exit) = if is_async { (self.words.aenter, self.words.aexit) } else { (self.words.enter, self.words.exit) };
        let managers = self.telling(managers);
        let (objects, others): (Vec<Id>, Vec<Id>) = self.elements(managers).into_iter().partition(|&id| self.is_object(id));
        let (given, _) = self.specials(item, objects.clone(), enter, &Arguments::none(), Via::With);
        self.specials(item, objects, exit, &Arguments::of(vec![EMPTY; 3]), Via::With);
        let mut found = if is_async { self.awaited(item, given) } else { given };
        for id in others {
            let set = match self.values.get(id) {
                Value::Generator(unit) => self.yielded(unit),
                Value::Wrapper { kind: Wrapper::Giving, .. } => self.read_values(id, Key::attribute(enter)),
                Value::Unknown(reason) => self.unknown(reason),
                Value::ExternalMember(_) | Value::External(_) => self.unknown(Reason::ExternalResult),
                _ => self.sets.one(id),
            };
            found = self.union(found, set);
        }
        found
    }

    /// Whether leaving a context may end an exception: its `__exit__` returns something, or it is made for that. Of managers outside the repository
    /// and the standard library nobody knows.
    fn may_swallow(&mut self, managers: Set) -> Swallows {
        let mut found = Swallows::Never;
        for id in self.elements(managers) {
            let one = match self.values.get(id) {
                Value::ExternalResult(name) | Value::ExternalMember(name) => {
                    let text = self.resolver.strings.text(name);
                    let last = text.rsplit('.').next().unwrap_or_default();
                    if matches!(last, "suppress" | "raises" | "warns" | "ExitStack" | "AsyncExitStack") || last.starts_with("assert") {
                        Swallows::Known
                    } else if self.is_of_interpreter(text) {
                        Swallows::Never
                    } else {
                        Swallows::Perhaps
                    }
                }
                Value::Instance { class, .. } => self.may_swallow_in(class),
                Value::Generator(_) | Value::Unknown(_) => Swallows::Known,
                _ => Swallows::Never,
            };
            found = found.max(one);
        }
        found
    }

    /// Whether a dotted name is one of `builtins` or of the standard library.
    fn is_of_interpreter(&self, dotted: &str) -> bool {
        !dotted.contains('.') || self.repository.modules.is_standard(dotted)
    }

    fn may_swallow_in(&mut self, class: Id) -> Swallows {
        let mut found = Swallows::Never;
        for exit in [self.words.exit, self.words.aexit] {
            let Some(methods) = self.look_up(class, exit, None) else {
                if let Some(Ancestor::External(path)) = self.outside(class, exit, None)
                    && !self.is_of_interpreter(self.resolver.strings.text(path))
                {
                    found = found.max(Swallows::Perhaps);
                }
                continue;
            };
            for method in self.elements(methods) {
                if let Value::Function { definition, .. } = self.values.get(method)
                    && self.returns_truth(definition)
                {
                    return Swallows::Known;
                }
            }
        }
        found
    }

    /// Whether a function has a `return` of something else than `None` and `False`.
    fn returns_truth(&self, definition: u32) -> bool {
        let tree = &self.repository.tree;
        let text = |node: u32| self.resolver.strings.get(tree.value[node as usize]);
        self.repository
            .bindings
            .returns(definition)
            .iter()
            .any(|&(_, value)| tree.kind(value) != Syntax::Constant || !matches!(text(value), Some("None" | "False")))
    }

    /// Binds what an alias of an import statement brings.
    fn import_alias(&mut self, alias: u32) {
        let tree = &self.repository.tree;
        let (statement, name) = (tree.parent[alias as usize], tree.name[alias as usize]);
        self.publish();
        if tree.kind(statement) == Syntax::Import {
            let all = self.resolver.alias_targets(alias);
            self.target_values(all);
            let bound = self.resolver.alias_binding(alias);
            let set = if bound.is_empty() { self.unknown(Reason::UnresolvedImport) } else { self.target_values(bound) };
            self.bind(alias, set);
            return;
        }
        let origin = self.resolver.origin(statement).targets;
        let modules = self.target_values(origin);
        if name == self.words.star {
            return self.import_star(alias);
        }
        let mut set = EMPTY;
        for module in self.elements(modules) {
            let one = self.imported(alias, module, name);
            set = self.union(set, one);
        }
        if self.is_unknown(set) && self.resolver.alias_targets(alias).is_empty() {
            set = self.unknown(Reason::UnresolvedImport);
        }
        self.bind(alias, set);
    }

    /// `from m import *` binds anew what the module itself binds, too; other names are looked for where they are read.
    fn import_star(&mut self, star: u32) {
        let file = self.repository.tree.file(star);
        let slots = self.frames.of_own_scope(self.repository.definitions.get(file).inner).to_vec();
        for slot in slots {
            let held = self.starred_by(star, self.repository.bindings.slots[slot as usize].name);
            if held != UNBOUND {
                self.put(slot, held);
            }
        }
    }

    fn function(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let decorators: Vec<(u32, Set)> =
            tree.in_field(node, Field::DecoratorList).map(|decorator| (decorator, self.evaluate(decorator))).collect();
        let definition = self.repository.definitions.of_node[&node];
        let function = self.make_function(definition);
        self.defaults(node, function, definition);
        self.annotations(node);
        let mut set = self.sets.one(function);
        for (decorator, callables) in decorators.into_iter().rev() {
            set = self.decorate(decorator, callables, set);
        }
        self.bind(node, set);
    }

    /// What a decorator makes of something. One that is not known is taken to give back what it got.
    pub fn decorate(&mut self, decorator: u32, callables: Set, decorated: Set) -> Set {
        let mut found = EMPTY;
        let mut is_known = false;
        let arguments = Arguments::one(decorated);
        for id in self.elements(callables) {
            let result = self.call(decorator, id, &arguments, Via::Decorator);
            let outside =
                matches!(self.values.get(id), Value::External(_) | Value::ExternalResult(_) | Value::ExternalMember(_) | Value::Unknown(_));
            if !outside || !self.is_external(result) {
                is_known |= !self.is_unknown(result);
                found = self.union(found, result);
            }
        }
        if is_known { found } else { self.union(found, decorated) }
    }

    fn is_external(&self, set: Set) -> bool {
        self.sets.get(set).iter().all(|&id| matches!(self.values.get(id), Value::ExternalResult(_) | Value::Unknown(_)))
    }

    /// Evaluates the defaults of a function where it is made.
    pub fn defaults(&mut self, node: u32, function: Id, definition: u32) {
        let tree = &self.repository.tree;
        let arguments = tree.children(node).find(|&child| tree.kind(child) == Syntax::Arguments);
        let Some(arguments) = arguments else { return };
        let parameters = self.parameters(definition);
        let positional = parameters.iter().filter(|parameter| matches!(parameter.kind, Field::PosOnlyArgs | Field::Args)).count();
        let defaults: Vec<u32> = tree.in_field(arguments, Field::Defaults).collect();
        let first = positional.saturating_sub(defaults.len());
        for (index, &default) in defaults.iter().enumerate() {
            let set = self.evaluate(default);
            self.store_values(function, Key::default(first + index), set);
        }
        let keyword_only = parameters.iter().position(|parameter| parameter.kind == Field::KwOnlyArgs).unwrap_or(parameters.len());
        for default in tree.in_field(arguments, Field::KwDefaults) {
            let set = self.evaluate(default);
            self.store_values(function, Key::default(keyword_only + tree.position[default as usize] as usize), set);
        }
    }

    fn class(&mut self, node: u32) {
        let repository = self.repository;
        let tree = &repository.tree;
        let decorators: Vec<(u32, Set)> =
            tree.in_field(node, Field::DecoratorList).map(|decorator| (decorator, self.evaluate(decorator))).collect();
        let definition = repository.definitions.of_node[&node];
        let class = self.values.id(Value::Class { origin: Origin::Statement(definition), unit: self.state.unit });
        self.declare_class(node, class);
        let inner = repository.definitions.get(definition).inner;
        let slots: Vec<u32> = self.frames.of_own_scope(inner).to_vec();
        for &slot in &slots {
            self.put(slot, UNBOUND);
        }
        self.state.classes.push(class);
        self.body(node, Field::Body);
        self.state.classes.pop();
        let mut objects = Vec::new();
        for slot in slots {
            let held = self.state.get(self.frames.local[slot as usize]);
            if held.values != EMPTY || held.bindings != EMPTY {
                let name = repository.bindings.slots[slot as usize].name;
                let cell = self.cells.of_value(class, Key::attribute(name));
                self.write(cell, held);
                if self.sets.get(held.values).iter().any(|&id| self.is_object(id)) {
                    objects.push((name, held.values));
                }
            }
        }
        self.name_descriptors(node, class, &objects);
        self.class_made(node, class);
        let mut set = self.made_by_base(node, class).unwrap_or_else(|| self.sets.one(class));
        for (decorator, callables) in decorators.into_iter().rev() {
            set = self.decorate(decorator, callables, set);
        }
        self.bind(node, set);
    }

    /// An object of a class that was made somewhere.
    pub fn some_object(&mut self, class: Id) -> Id {
        self.values.id(Value::Instance { class, site: ANYWHERE })
    }
}
