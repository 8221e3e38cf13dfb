//! Statements: how each kind changes what variables hold, and where paths part and meet. Expressions are `expressions.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::{Machine, RED_ZONE, STACK};
use crate::resolve::points_to::state::{Delta, Held, Loop, UNBOUND, gathered};
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Origin, Reason, Set, Value};

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
        let (mut objects, mut index) = (EMPTY, Argument::unwritten(EMPTY));
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
        let operand = self.operand(node, Field::Value);
        let after = self.operate(node, Argument::plain(before, target), operand, true);
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
                let index = self.operand(target, Field::Slice);
                let argument = Arguments::given(index);
                let (_, others) = self.specials(target, self.elements(objects), self.words.delitem, &argument, Via::Subscript);
                for id in others {
                    self.looked_for(target, id, index.set, Via::Subscript);
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
    pub fn regather(&mut self, changes: &[(u32, Held)]) {
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
        let arguments = Arguments::given(Argument::plain(decorated, self.decorated(decorator)));
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

    /// What a decorator is given: what the one below it gives, the definition for the last.
    fn decorated(&self, decorator: u32) -> u32 {
        let tree = &self.repository.tree;
        let definition = tree.parent[decorator as usize];
        tree.in_field(definition, Field::DecoratorList).find(|&below| below > decorator).unwrap_or(definition)
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
