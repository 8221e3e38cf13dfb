//! Expressions: what each kind of expression may be, evaluated where it stands. Calls are `calls.rs`, attributes `attributes.rs`.

use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::names::Meaning;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::frames::meaning_outside;
use crate::resolve::points_to::machine::{Machine, RED_ZONE, STACK};
use crate::resolve::points_to::state::{Delta, Held, UNBOUND, joined};
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::resolve::resolver::Target;
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::NONE;
use crate::table::Str;

impl Machine<'_, '_> {
    /// The values of an expression, with everything that evaluating it does.
    pub fn evaluate(&mut self, node: u32) -> Set {
        let set = stacker::maybe_grow(RED_ZONE, STACK, || self.evaluate_kind(node));
        let known = self.found.values[node as usize];
        self.found.reached[node as usize] = true;
        self.found.values[node as usize] = self.union(known, set);
        set
    }

    fn evaluate_kind(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        match tree.kind(node) {
            Syntax::Name => self.name(node),
            Syntax::Attribute => {
                let object = self.evaluate(node + 1);
                self.attributes(node, object)
            }
            Syntax::Call => self.written_call(node),
            Syntax::Constant => self.constant(node),
            Syntax::Lambda => self.lambda(node),
            Syntax::NamedExpr => {
                let set = self.child(node, Field::Value);
                if let Some(target) = tree.child(node, Field::Target) {
                    self.bind(target, set);
                }
                set
            }
            Syntax::IfExp => self.choice(node),
            Syntax::BoolOp => self.alternatives(node),
            Syntax::Subscript => self.subscript(node),
            Syntax::BinOp => self.operation(node),
            Syntax::UnaryOp => self.unary(node),
            Syntax::Compare => self.comparison(node),
            Syntax::List => self.display(node, Container::List),
            Syntax::Tuple => self.display(node, Container::Tuple),
            Syntax::Set => self.display(node, Container::Set),
            Syntax::Dict => self.dictionary(node),
            Syntax::ListComp => self.comprehension(node, Container::List),
            Syntax::SetComp => self.comprehension(node, Container::Set),
            Syntax::DictComp => self.comprehension(node, Container::Dict),
            Syntax::GeneratorExp => self.comprehension(node, Container::Iterator),
            Syntax::JoinedStr => self.joined(node),
            Syntax::FormattedValue => {
                let set = self.child(node, Field::Value);
                let specification = tree.children(node).nth(1);
                specification.into_iter().for_each(|node| _ = self.evaluate(node));
                let conversion = self.resolver.strings.get(tree.value[node as usize]);
                let is_as_it_is = specification.is_none() && matches!(conversion, None | Some("s"));
                match conversion {
                    None => self.formatted(node, set, Via::Format),
                    Some("s") => self.first_special(node, set, &[self.words.str_, self.words.repr], Via::Format),
                    Some(_) => self.first_special(node, set, &[self.words.repr], Via::Format),
                }
                let is_plain = is_as_it_is && set != EMPTY && self.texts(set).len() == self.sets.len(set);
                if is_plain { set } else { self.literal(self.words.str) }
            }
            Syntax::Await => {
                let awaited = self.evaluate(node + 1);
                self.awaited(node, awaited)
            }
            Syntax::Yield => {
                let set = self.child(node, Field::Value);
                self.give(Key::YIELDED, set);
                self.publish();
                let sent = self.taken(self.state.unit, Key::SENT);
                if !self.is_opaque(sent) {
                    return sent;
                }
                self.undriven.insert((self.state.unit, node), set);
                let driven = self.taken(self.state.unit, Key::driven(node));
                self.union(sent, driven)
            }
            Syntax::YieldFrom => self.delegation(node),
            Syntax::Starred => self.evaluate(node + 1),
            Syntax::Slice => {
                self.children(node);
                self.literal(self.words.slice)
            }
            kind if kind.is_statement() => {
                self.statement(node);
                EMPTY
            }
            _ => {
                self.children(node);
                self.unknown(Reason::Dynamic)
            }
        }
    }

    /// Evaluates every child of a node.
    pub fn children(&mut self, node: u32) {
        let tree = &self.repository.tree;
        for child in tree.children(node) {
            if tree.kind(child).is_statement() {
                self.statement(child);
            } else {
                self.evaluate(child);
            }
        }
    }

    /// The values of the child in a field; nothing where there is none.
    pub fn child(&mut self, node: u32, field: Field) -> Set {
        self.repository.tree.child(node, field).map_or(EMPTY, |child| self.evaluate(child))
    }

    /// The values of a name where it stands, and the bindings that gave them.
    fn name(&mut self, node: u32) -> Set {
        if let Some(values) = self.postponed_name(node) {
            return values;
        }
        let slot = self.frames.slot(node);
        let held = match slot {
            Some(slot) => self.variable(slot),
            None => UNBOUND,
        };
        if held.bindings != EMPTY {
            self.read_at(node, held.bindings);
            if slot.is_some_and(|slot| self.falls_back(node, slot)) {
                let meant = self.meant(node, slot);
                return self.union(held.values, meant);
            }
            return held.values;
        }
        self.meant(node, slot)
    }

    /// What a name is that its scope has not bound yet.
    fn meant(&mut self, node: u32, slot: Option<u32>) -> Set {
        let scope = self.repository.scopes.of[node as usize];
        let holder = slot.map(|slot| self.repository.bindings.slots[slot as usize].scope);
        let kind = |scope: u32| self.repository.scopes.scopes[scope as usize].kind;
        let meaning = match holder {
            Some(holder) if kind(holder) == ScopeKind::Class => meaning_outside(self.resolver, holder, node),
            Some(holder) if kind(holder) == ScopeKind::Module => {
                // Nothing has bound it yet: what a star import brings, or a builtin.
                let name = self.repository.tree.name[node as usize];
                self.resolver.meaning_without(holder, self.repository.scopes.key(scope, name), name)
            }
            Some(_) => return EMPTY,
            None => self.resolver.meaning(node),
        };
        match meaning {
            Meaning::Slot(slot) => {
                let held = self.variable(slot);
                if held.bindings != EMPTY {
                    self.read_at(node, held.bindings);
                }
                held.values
            }
            Meaning::Targets(targets) => {
                let file = self.repository.tree.file(node);
                for target in self.resolver.targets.get(targets).to_vec() {
                    self.found.refer(node, target);
                }
                let held = self.starred(file, self.repository.tree.name[node as usize]);
                self.read_at(node, held.bindings);
                held.values
            }
            Meaning::Submodule(module) => {
                self.found.refer(node, module);
                self.target_value(module)
            }
            Meaning::Builtin(name) => {
                self.found.refer(node, Target::Builtin(name));
                let value = self.name_of_module(node, name).map_or(Value::Builtin(name), Value::Text);
                self.one(value)
            }
            Meaning::Nothing => match self.given_to_module(node) {
                EMPTY => self.starred_outside(node),
                values => values,
            },
        }
    }

    /// What was stored in the module under a name that no statement of it binds: `globals()[name] = x`.
    fn given_to_module(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let module = self.values.id(Value::Module(tree.file(node)));
        let cell = self.cells.of_value(module, Key::attribute(tree.name[node as usize]));
        let held = self.read(cell);
        self.read_at(node, held.bindings);
        held.values
    }

    /// A name that only a star import of a module outside the repository can bind: a member of each that may have run.
    fn starred_outside(&mut self, node: u32) -> Set {
        let repository = self.repository;
        let (tree, scope) = (&repository.tree, repository.scopes.of[node as usize]);
        let stars = repository.bindings.stars.get(&tree.file(node)).map_or(&[][..], Vec::as_slice);
        let is_later = scope != NONE && repository.scopes.scopes[self.frames.of_scope[scope as usize] as usize].kind != ScopeKind::Module;
        let mut found = EMPTY;
        for &star in stars.iter().filter(|&&star| is_later || star < node) {
            let modules = self.resolver.alias_targets(star);
            for target in self.resolver.targets.get(modules).to_vec() {
                let Target::External(path) = target else { continue };
                let dotted = self.resolver.dot(path, tree.name[node as usize]);
                let target = self.resolver.external(dotted);
                self.found.refer(node, target);
                let binding = self.bindings.one(star);
                self.read_at(node, binding);
                let one = self.one(Value::External(dotted));
                found = self.union(found, one);
            }
        }
        if found == EMPTY { self.unknown(Reason::UnresolvedName) } else { found }
    }

    /// Notes what a name or an attribute reads.
    pub fn read_at(&mut self, node: u32, bindings: Set) {
        let known = self.found.reads[node as usize];
        self.found.reads[node as usize] = self.bindings.union(known, bindings);
    }

    /// What a variable holds here: of this frame at this point, of another one whatever it ever showed.
    pub fn variable(&mut self, slot: u32) -> Held {
        let frame = self.frames.of_slot[slot as usize];
        if frame == self.state.frame {
            let held = self.state.get(self.frames.local[slot as usize]);
            if !self.frames.is_bound_outside[slot as usize] {
                return held;
            }
            let cell = self.cells.of(self.state.unit, Key::variable(slot));
            let shown = self.read(cell);
            return joined(held, shown, &mut self.sets, &mut self.bindings);
        }
        let Some(unit) = self.unit_of_frame(frame) else { return UNBOUND };
        let cell = self.cells.of(unit, Key::variable(slot));
        self.read(cell)
    }

    fn constant(&mut self, node: u32) -> Set {
        let known = self.found.values[node as usize];
        if known != EMPTY {
            return known;
        }
        let (kind, value) = (self.repository.tree.name[node as usize], self.repository.tree.value[node as usize]);
        if kind == self.words.none || kind.is_null() {
            return EMPTY;
        }
        if kind == self.words.str && !value.is_null() {
            return self.one(Value::Text(value));
        }
        if kind == self.words.int
            && let Some(integer) = self.integer(value)
        {
            return self.one(Value::Integer(integer));
        }
        self.literal(kind)
    }

    fn integer(&self, text: Str) -> Option<i64> {
        self.resolver.strings.get(text)?.parse().ok().filter(|integer: &i64| integer.abs() < 1 << 40)
    }

    /// An f-string: its pieces put together.
    fn joined(&mut self, node: u32) -> Set {
        let mut pieces = self.repository.tree.children(node);
        let mut found = pieces.next().map_or(EMPTY, |piece| self.evaluate(piece));
        for piece in pieces {
            let set = self.evaluate(piece);
            found = self.concatenated(found, set);
        }
        if found == EMPTY { self.literal(self.words.str) } else { found }
    }

    fn lambda(&mut self, node: u32) -> Set {
        let Some(&definition) = self.repository.definitions.of_node.get(&node) else { return self.unknown(Reason::Dynamic) };
        let function = self.make_function(definition);
        self.defaults(node, function, definition);
        self.sets.one(function)
    }

    fn choice(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let Some(test) = tree.child(node, Field::Test) else { return EMPTY };
        let mark = self.state.mark();
        let [holds, fails] = self.condition(test);
        let mut found = EMPTY;
        let paths = [(holds, Field::Body), (fails, Field::Orelse)].map(|(path, field)| {
            // One that is never chosen has a value all the same.
            self.join(&[Delta { is_live: true, ..path }]);
            let set = self.child(node, field);
            found = self.union(found, set);
            self.state.take(mark)
        });
        self.join(&paths);
        found
    }

    /// `a and b`, `a or b`: the first is always evaluated, the others perhaps, where those before them were true or false. The last one's truth is
    /// not asked for.
    fn alternatives(&mut self, node: u32) -> Set {
        let operands: Vec<u32> = self.repository.tree.children(node).collect();
        let goes_on_if = self.resolver.strings.get(self.repository.tree.value[node as usize]) == Some("And");
        self.alternative(&operands, goes_on_if)
    }

    fn alternative(&mut self, operands: &[u32], goes_on_if: bool) -> Set {
        let &[first, ref others @ ..] = operands else { return EMPTY };
        if others.is_empty() {
            return self.evaluate(first);
        }
        let set = self.test(first);
        let mark = self.state.mark();
        self.narrow(first, goes_on_if);
        let values = self.alternative(others, goes_on_if);
        let delta = self.state.take(mark);
        self.state.join(&[delta, self.nothing()], &mut self.sets, &mut self.bindings);
        self.union(set, values)
    }

    /// A condition: its value, and the truth of objects that define one.
    pub fn test(&mut self, node: u32) -> Set {
        let set = self.evaluate(node);
        // Of `a and b`, the truth of all but the last has been asked for.
        let mut asked = node;
        while self.repository.tree.kind(asked) == Syntax::BoolOp
            && let Some(last) = self.repository.tree.children(asked).last()
        {
            asked = last;
        }
        self.truth(asked, self.found.values[asked as usize]);
        set
    }

    /// What asking some values whether they are true runs.
    pub fn truth(&mut self, node: u32, set: Set) {
        self.first_special(node, set, &[self.words.bool_, self.words.len], Via::Truth);
    }

    fn display(&mut self, node: u32, kind: Container) -> Set {
        let tree = &self.repository.tree;
        if tree.access[node as usize] == Access::Write {
            return EMPTY;
        }
        let id = self.make(node, kind);
        let (mut index, mut is_exact) = (0, kind != Container::Set);
        for element in tree.in_field(node, Field::Elts) {
            let set = self.evaluate(element);
            if tree.kind(element) == Syntax::Starred {
                let elements = self.iterate(element, set, false);
                if kind == Container::Set {
                    self.hashed_from(node, set);
                }
                self.store_index(id, Key::SOMEWHERE, elements);
                is_exact = false;
            } else if is_exact {
                self.store_index(id, Key::index(index), set);
            } else {
                if kind == Container::Set {
                    self.hashed(node, set, Via::Builtin);
                }
                self.store_index(id, Key::SOMEWHERE, set);
            }
            index += 1;
        }
        if is_exact {
            self.lengths.insert(id, index as usize);
        } else {
            self.lengths.remove(&id);
        }
        self.sets.one(id)
    }

    fn dictionary(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let id = self.make(node, Container::Dict);
        let keys: Vec<(i32, u32)> = tree.in_field(node, Field::Keys).map(|key| (tree.position[key as usize], key)).collect();
        for value in tree.in_field(node, Field::Values) {
            let position = tree.position[value as usize];
            match keys.iter().find(|&&(at, _)| at == position) {
                Some(&(_, key)) => {
                    let key = self.evaluate(key);
                    let set = self.evaluate(value);
                    self.hashed(node, key, Via::Builtin);
                    self.store_item(id, key, set);
                }
                None => {
                    let set = self.evaluate(value);
                    self.pour(value, set, id);
                }
            }
        }
        self.sets.one(id)
    }

    /// A comprehension runs in the frame around it; its variables are its own.
    fn comprehension(&mut self, node: u32, kind: Container) -> Set {
        let id = self.make(node, kind);
        let mark = self.state.mark();
        // What it binds besides its own variables, an element may be made with that the one before bound.
        let passes = if self.binding_tests.contains(&node) { 2 } else { 1 };
        let mut paths = vec![self.nothing()];
        for _ in 0..passes {
            self.elements_made(node, kind, id, mark, &mut paths);
            paths.push(self.state.take(mark));
            if passes > 1 {
                let changes: Vec<(u32, Held)> = paths.iter().flat_map(|path| path.changes.iter().copied()).collect();
                self.state.add(&changes, &mut self.sets, &mut self.bindings);
            }
        }
        self.state.take(mark);
        self.state.join(&paths, &mut self.sets, &mut self.bindings);
        self.sets.one(id)
    }

    /// Makes the elements of a comprehension once. Where a filter keeps one out, what it bound stays: those are further `paths`.
    fn elements_made(&mut self, node: u32, kind: Container, id: Id, mark: usize, paths: &mut Vec<Delta>) {
        let tree = &self.repository.tree;
        for generator in tree.in_field(node, Field::Generators) {
            let iterable = self.child(generator, Field::Iter);
            let is_async = !tree.value[generator as usize].is_null();
            let elements = self.iterate(generator, iterable, is_async);
            if let Some(target) = tree.child(generator, Field::Target) {
                self.assign(target, elements);
            }
            for filter in tree.in_field(generator, Field::Ifs) {
                let [holds, fails] = self.condition(filter);
                if self.binding_tests.contains(&node) {
                    let here = self.state.mark();
                    self.join(&[fails]);
                    paths.push(self.state.since(mark));
                    self.state.take(here);
                }
                self.join(&[Delta { is_live: true, ..holds }]);
            }
        }
        if kind == Container::Dict {
            let key = self.child(node, Field::Key);
            let value = self.child(node, Field::Value);
            self.hashed(node, key, Via::Builtin);
            self.store_item(id, key, value);
        } else {
            let set = self.child(node, Field::Elt);
            if kind == Container::Set {
                self.hashed(node, set, Via::Builtin);
            }
            self.store_index(id, Key::SOMEWHERE, set);
        }
    }

    /// What a generator, a coroutine or a future ends with.
    pub fn end_of(&mut self, id: Id) -> Option<Set> {
        Some(match self.values.get(id) {
            Value::Generator(unit) => self.taken(unit, Key::RETURNED),
            Value::Coroutine(unit) => self.returned(unit),
            Value::Wrapper { kind: Wrapper::Giving, .. } => self.read_values(id, Key::attribute(self.words.await_)),
            _ => return None,
        })
    }

    fn delegation(&mut self, node: u32) -> Set {
        let set = self.evaluate(node + 1);
        let elements = self.iterate(node, set, false);
        self.give(Key::YIELDED, elements);
        self.publish();
        let sent = self.taken(self.state.unit, Key::SENT);
        let mut found = EMPTY;
        for id in self.elements(set) {
            if let Value::Generator(inner) = self.values.get(id) {
                let cell = self.cells.of(inner, Key::SENT);
                self.write_values(cell, sent);
            }
            let result = match self.values.get(id) {
                Value::ExternalResult(_) => self.unknown(Reason::ExternalResult),
                _ => self.end_of(id).unwrap_or(EMPTY),
            };
            found = self.union(found, result);
        }
        found
    }

    /// What awaiting some values gives.
    pub fn awaited(&mut self, node: u32, set: Set) -> Set {
        let mut found = EMPTY;
        let set = self.telling(set);
        for id in self.elements(set) {
            let result = match self.values.get(id) {
                Value::Coroutine(unit) => self.returned(unit),
                Value::Wrapper { kind: Wrapper::Giving, .. } => self.read_values(id, Key::attribute(self.words.await_)),
                Value::Instance { class, .. } => match self.special(node, id, self.words.await_, Arguments::none(), Via::Await) {
                    Some(made) => self.generator_results(made),
                    None => self.given_outside(class, self.words.await_),
                },
                _ => self.sets.one(id),
            };
            found = self.union(found, result);
        }
        found
    }

    /// What iterators that `__await__` made end with.
    fn generator_results(&mut self, set: Set) -> Set {
        let mut found = EMPTY;
        let set = self.telling(set);
        for id in self.elements(set) {
            let result = match self.values.get(id) {
                Value::Unknown(_) | Value::ExternalResult(_) => self.sets.one(id),
                _ => self.end_of(id).unwrap_or(EMPTY),
            };
            found = self.union(found, result);
        }
        found
    }
}
