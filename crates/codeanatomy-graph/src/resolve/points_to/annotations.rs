//! Annotations: what their names mean where they stand or, postponed, at the end of their module; the objects that they allow.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::{Held, UNBOUND, joined};
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
use crate::resolve::quoted::{alternatives, subscript};
use crate::resolve::resolver::Repository;
use crate::resolve::scopes::{ScopeKind, postpones};
use crate::resolve::syntax::NONE;
use crate::table::{Str, Strings};

/// When a postponed annotation is being evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At the end of the function or class body that it stands in: names that neither its module nor its class binds.
    Around,
    /// At the end of its module, as `typing.get_type_hints` does: names of its module, then of its class.
    End,
}

/// The annotations of each file that are evaluated at its end: all of a stub, and of a file with `from __future__ import annotations`.
pub fn postponed(repository: &Repository, strings: &Strings) -> Vec<Vec<u32>> {
    let tree = &repository.tree;
    let of_file = |file: u32| {
        if !repository.files.files[file as usize].is_stub && !postpones(tree, strings, file) {
            return Vec::new();
        }
        tree.nodes(file).filter(|&node| matches!(tree.field[node as usize], Field::Annotation | Field::Returns)).collect()
    };
    (0..repository.files.files.len() as u32).map(of_file).collect()
}

/// The brackets inside each other that are followed in a text: one may have any number.
const DEEPEST: u32 = 16;

/// A part of an annotation: a node, or a text in a constant, which begins at a byte of that and stands in that many brackets.
#[derive(Clone, Copy)]
enum Part<'t> {
    Node(u32),
    Text { constant: u32, place: u32, text: &'t str, depth: u32 },
}

impl Machine<'_, '_> {
    /// Evaluates an annotation for what its names refer to, or leaves it for later.
    pub fn annotation(&mut self, node: u32) {
        if self.is_postponed(node) {
            self.state.postponed.push(node);
        } else {
            self.evaluate(node);
        }
    }

    /// Evaluates what the code of a frame postponed, in its last state.
    pub fn around_annotations(&mut self) {
        for annotation in std::mem::take(&mut self.state.postponed) {
            self.evaluate_at(Moment::Around, annotation);
        }
    }

    /// Evaluates the annotations of a function.
    pub fn annotations(&mut self, function: u32) {
        let tree = &self.repository.tree;
        let arguments = tree.children(function).find(|&child| tree.kind(child) == Syntax::Arguments);
        let of_parameters = arguments.into_iter().flat_map(|arguments| tree.children(arguments));
        for annotation in of_parameters.filter_map(|argument| tree.child(argument, Field::Annotation)) {
            self.annotation(annotation);
        }
        if let Some(annotation) = tree.child(function, Field::Returns) {
            self.annotation(annotation);
        }
    }

    /// Evaluates what a module postponed, in its last state.
    pub fn postponed_annotations(&mut self, file: u32) {
        for index in 0..self.postponed[file as usize].len() {
            self.evaluate_at(Moment::End, self.postponed[file as usize][index]);
        }
    }

    fn evaluate_at(&mut self, moment: Moment, annotation: u32) {
        let before = self.moment.replace(moment);
        self.evaluate(annotation);
        self.moment = before;
    }

    fn is_postponed(&self, node: u32) -> bool {
        !self.postponed[self.repository.tree.file(node) as usize].is_empty()
    }

    /// What a name in a postponed annotation holds; nothing where it is looked up as any other name.
    pub fn postponed_name(&mut self, node: u32) -> Option<Set> {
        let moment = self.moment?;
        let repository = self.repository;
        let scope = repository.scopes.of[node as usize];
        let key = repository.scopes.key(scope, repository.tree.name[node as usize]);
        let of_class = match repository.scopes.scopes[scope as usize].kind {
            ScopeKind::Class => repository.bindings.slot(scope, key),
            _ => None,
        };
        let of_module = repository.bindings.slot(repository.scopes.module(scope), key);
        if of_class.is_none() && of_module.is_none() {
            return (moment == Moment::End).then_some(EMPTY);
        }
        if moment == Moment::Around {
            return Some(EMPTY);
        }
        let mut held = of_module.map_or(UNBOUND, |slot| self.variable(slot));
        if held == UNBOUND && of_class.is_some() {
            held = self.in_class(repository.scopes.scopes[scope as usize].definition, key);
        }
        self.read_at(node, held.bindings);
        Some(held.values)
    }

    /// What the bodies of a class statement left under a name.
    fn in_class(&mut self, definition: u32, name: Str) -> Held {
        let mut held = UNBOUND;
        for class in self.made_classes.get(&definition).cloned().unwrap_or_default() {
            let cell = self.cells.of_value(class, Key::attribute(name));
            let of_class = self.read(cell);
            held = joined(held, of_class, &mut self.sets, &mut self.bindings);
        }
        held
    }

    /// The values of a plain name in an annotation that was evaluated, or will be.
    fn annotated_classes(&mut self, node: u32) -> Set {
        if !self.is_postponed(node) {
            return self.found.values[node as usize];
        }
        let targets = self.resolver.expression_targets(node);
        self.target_values(targets)
    }

    /// The objects that an annotation stands for.
    pub fn declared(&mut self, annotation: u32) -> Set {
        let tree = &self.repository.tree;
        match tree.kind(annotation) {
            Syntax::Name | Syntax::Attribute => {
                let classes = self.annotated_classes(annotation);
                self.objects(classes)
            }
            Syntax::BinOp => {
                let (left, right) = (tree.child(annotation, Field::Left), tree.child(annotation, Field::Right));
                let one = left.map_or(EMPTY, |left| self.declared(left));
                let two = right.map_or(EMPTY, |right| self.declared(right));
                self.union(one, two)
            }
            Syntax::Subscript => {
                let Some(arguments) = tree.children(annotation).nth(1) else { return EMPTY };
                let is_tuple = tree.kind(arguments) == Syntax::Tuple;
                let arguments: Vec<Part> =
                    if is_tuple { tree.children(arguments).map(Part::Node).collect() } else { vec![Part::Node(arguments)] };
                let outer = self.annotated_classes(annotation + 1);
                self.declared_generic((annotation, 0), outer, &arguments)
            }
            Syntax::Constant if tree.name[annotation as usize] == self.words.str => {
                let Some(text) = self.resolver.strings.get(tree.value[annotation as usize]).map(str::to_owned) else { return EMPTY };
                self.declared_part(Part::Text { constant: annotation, place: 0, text: &text, depth: 0 })
            }
            _ => EMPTY,
        }
    }

    fn declared_part(&mut self, part: Part) -> Set {
        let (constant, place, whole, depth) = match part {
            Part::Node(node) => return self.declared(node),
            Part::Text { constant, place, text, depth } => (constant, place, text, depth),
        };
        let mut found = EMPTY;
        if depth > DEEPEST {
            return found;
        }
        let place_of = |text: &str| place + (text.as_ptr().addr() - whole.as_ptr().addr()) as u32;
        for text in alternatives(whole) {
            let set = match subscript(text) {
                Some((head, arguments)) => {
                    let outer = self.text_classes(constant, head);
                    let part = |text| Part::Text { constant, place: place_of(text), text, depth: depth + 1 };
                    let arguments: Vec<Part> = arguments.into_iter().map(part).collect();
                    self.declared_generic((constant, place_of(text)), outer, &arguments)
                }
                None => {
                    let classes = self.text_classes(constant, text);
                    self.objects(classes)
                }
            };
            found = self.union(found, set);
        }
        found
    }

    fn text_classes(&mut self, constant: u32, name: &str) -> Set {
        let targets = self.resolver.text_targets(constant, name);
        self.target_values(targets)
    }

    fn all_declared(&mut self, parts: &[Part]) -> Set {
        let mut found = EMPTY;
        for &part in parts {
            let set = self.declared_part(part);
            found = self.union(found, set);
        }
        found
    }

    /// `Optional[X]`, `Union[X, Y]`, `Annotated[X, …]` are what they hold, `Type[X]` is `X` itself; a `list[X]` holds objects of `X`.
    fn declared_generic(&mut self, site: (u32, u32), outer: Set, arguments: &[Part]) -> Set {
        let mut found = EMPTY;
        for id in self.elements(outer) {
            let form = match self.values.get(id) {
                Value::External(name) | Value::Builtin(name) => {
                    self.resolver.strings.text(name).rsplit('.').next().unwrap_or_default().to_owned()
                }
                _ => String::new(),
            };
            let set = match form.as_str() {
                "Optional" | "Union" | "Final" | "ClassVar" | "Required" | "NotRequired" => self.all_declared(arguments),
                "Annotated" => arguments.first().map_or(EMPTY, |&first| self.declared_part(first)),
                "Type" | "type" => arguments.first().map_or(EMPTY, |&first| self.declared_classes(first)),
                "Literal" => EMPTY,
                "Callable" => self.declared_giving(site, self.words.call, arguments.last()),
                "Awaitable" | "Coroutine" => self.declared_giving(site, self.words.await_, arguments.last()),
                _ => match self.container_of(id) {
                    Some(kind) => self.declared_container(site, kind, arguments, id),
                    None => {
                        let one = self.sets.one(id);
                        let object = self.objects(one);
                        let given = match form.as_str() {
                            "Future" | "Task" => self.declared_giving(site, self.words.await_, arguments.first()),
                            "ContextManager" | "AbstractContextManager" => self.declared_giving(site, self.words.enter, arguments.first()),
                            "AsyncContextManager" | "AbstractAsyncContextManager" => {
                                self.declared_giving(site, self.words.aenter, arguments.first())
                            }
                            _ => EMPTY,
                        };
                        self.union(object, given)
                    }
                },
            };
            found = self.union(found, set);
        }
        found
    }

    /// An object whose special method gives what a type argument allows.
    fn declared_giving(&mut self, site: (u32, u32), special: Str, argument: Option<&Part>) -> Set {
        let given = argument.map_or(EMPTY, |&argument| self.declared_part(argument));
        if given == EMPTY { EMPTY } else { self.giving(site, special, given) }
    }

    /// The classes of the repository that `Type[X]` allows.
    fn declared_classes(&mut self, argument: Part) -> Set {
        let classes = match argument {
            Part::Node(node) if matches!(self.repository.tree.kind(node), Syntax::Name | Syntax::Attribute) => self.annotated_classes(node),
            Part::Node(_) => EMPTY,
            Part::Text { constant, text, .. } => self.text_classes(constant, text),
        };
        let mut found = EMPTY;
        for id in self.elements(classes) {
            if matches!(self.values.get(id), Value::Class { .. }) {
                let one = self.sets.one(id);
                found = self.union(found, one);
            }
        }
        found
    }

    /// The kind of container that a class outside the repository stands for in an annotation.
    fn container_of(&self, class: Id) -> Option<Container> {
        match self.values.get(class) {
            Value::Builtin(name) => Container::of_type(self.resolver.strings.text(name)),
            Value::External(name) => {
                let (module, name) = self.resolver.strings.text(name).rsplit_once('.')?;
                if !TYPE_MODULES.contains(&module) {
                    return None;
                }
                match name {
                    "List" | "Sequence" | "MutableSequence" | "Collection" | "Reversible" | "Deque" | "deque" => Some(Container::List),
                    "Tuple" => Some(Container::Tuple),
                    "Dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "defaultdict" | "OrderedDict" | "Counter" | "ChainMap" => {
                        Some(Container::Dict)
                    }
                    "Set" | "FrozenSet" | "AbstractSet" | "MutableSet" => Some(Container::Set),
                    "Iterable" | "Iterator" | "Generator" | "AsyncIterable" | "AsyncIterator" | "AsyncGenerator" => {
                        Some(Container::Iterator)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The class of `collections` that a class in an annotation is, by its own name or by that of `typing`.
    fn collection_of(&mut self, class: Id) -> Option<Str> {
        let Value::External(name) = self.values.get(class) else { return None };
        let (module, name) = self.resolver.strings.text(name).rsplit_once('.')?;
        if !TYPE_MODULES.contains(&module) {
            return None;
        }
        let name = match name {
            "Deque" => "deque",
            "DefaultDict" => "defaultdict",
            name => name,
        };
        let dotted = format!("collections.{name}");
        let class = self.resolver.strings.intern(&dotted);
        self.repository.outside.is_collection(class).then_some(class)
    }

    /// Some container that holds what its type arguments allow; where these say nothing, some object of its class.
    fn declared_container(&mut self, site: (u32, u32), kind: Container, arguments: &[Part], class: Id) -> Set {
        let sets: Vec<Set> = arguments.iter().map(|&argument| self.declared_part(argument)).collect();
        if sets.iter().all(|&set| set == EMPTY) {
            let one = self.sets.one(class);
            return self.objects(one);
        }
        let made = self.some_container(site, kind);
        if let Some(collection) = self.collection_of(class) {
            self.collections.insert(made, collection);
        }
        let tree = &self.repository.tree;
        let is_open = arguments.last().is_some_and(|&last| match last {
            Part::Node(node) => tree.kind(node) == Syntax::Constant && tree.name[node as usize] == self.words.ellipsis,
            Part::Text { text, .. } => text == "...",
        });
        if kind == Container::Tuple && !is_open {
            for (index, &set) in sets.iter().enumerate() {
                let set = self.or_unknown(set);
                self.store_index(made, Key::index(index as i64), set);
            }
            self.lengths.insert(made, sets.len());
        } else if kind == Container::Dict {
            let keys = self.or_unknown(sets[0]);
            self.store_values(made, Key::KEYS, keys);
            // What a `Counter` counts is its only argument.
            let values = match sets.get(1) {
                Some(&set) => self.or_unknown(set),
                None => self.literal(self.words.int),
            };
            self.store_index(made, Key::SOMEWHERE, values);
        } else {
            let elements = self.or_unknown(sets[0]);
            self.store_index(made, Key::SOMEWHERE, elements);
        }
        self.sets.one(made)
    }

    /// What `*args: X` and `**kwargs: X` are when nobody says what they hold.
    pub fn declared_rest(&mut self, parameter: u32, kind: Container) -> Set {
        let annotation = self.repository.tree.child(parameter, Field::Annotation);
        let set = annotation.map_or(EMPTY, |annotation| self.declared(annotation));
        if set == EMPTY {
            return self.literal(if kind == Container::Dict { self.words.dict } else { self.words.tuple });
        }
        let made = self.some_container((parameter, 0), kind);
        if kind == Container::Dict {
            let keys = self.literal(self.words.str);
            self.store_values(made, Key::KEYS, keys);
        }
        self.store_index(made, Key::SOMEWHERE, set);
        self.sets.one(made)
    }

    /// Any container of which an annotation tells, at a place in it: no one object.
    fn some_container(&mut self, (site, place): (u32, u32), kind: Container) -> Id {
        let id = self.values.id(Value::Container { kind, site, unit: place });
        self.repeated.insert(id);
        id
    }

    /// `TypeVar(name, A, B, bound=C)` and `NewType(name, C)`: what stands for a class in annotations.
    pub fn made_type(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Type);
        let is_class = |argument: &&Argument| argument.keyword.is_none_or(|keyword| keyword == self.words.bound);
        let classes: Vec<u32> = arguments.all.iter().skip(1).filter(is_class).filter_map(|argument| self.written(argument)).collect();
        for node in classes {
            let set = self.declared(node);
            self.store_values(id, Key::attribute(self.words.bound), set);
        }
        self.sets.one(id)
    }

    /// The expression that is written as an argument.
    pub fn written(&self, argument: &Argument) -> Option<u32> {
        let tree = &self.repository.tree;
        match argument.node {
            NONE => None,
            node if tree.kind(node) == Syntax::Keyword => tree.child(node, Field::Value),
            node => Some(node),
        }
    }

    /// Notes that containers hold what an annotation says, if nothing else says more.
    pub fn annotate(&mut self, containers: Set, annotation: u32) {
        for id in self.elements(containers) {
            if matches!(self.values.get(id), Value::Container { .. }) {
                self.annotated.insert((id, annotation));
            }
        }
    }

    /// Fills the annotated containers in which nothing known is once all else has run. Whether there were any.
    pub fn fill_annotated(&mut self) -> bool {
        let mut is_more = false;
        for (container, annotation) in std::mem::take(&mut self.annotated) {
            let held = self.cells.of_value(container, Key::ELEMENTS);
            if !self.is_opaque(self.cells.peek(held).0) {
                continue;
            }
            self.asked = self.repository.tree.file(annotation);
            let declared = self.declared(annotation);
            for other in self.elements(declared) {
                if !matches!(self.values.get(other), Value::Container { .. }) {
                    continue;
                }
                let [keys, elements] = [Key::KEYS, Key::ELEMENTS].map(|key| {
                    let cell = self.cells.of_value(other, key);
                    self.cells.peek(cell).0
                });
                self.store_values(container, Key::KEYS, keys);
                self.store_index(container, Key::SOMEWHERE, elements);
                is_more |= elements != EMPTY;
            }
        }
        is_more
    }

    /// Gives the variables of modules that are annotated alone what their annotations say, once all else has run and nothing was put into
    /// them. Whether there were any.
    pub fn fill_declared_variables(&mut self) -> bool {
        let mut is_more = false;
        for (cell, target) in std::mem::take(&mut self.declared_variables) {
            if !self.is_opaque(self.cells.peek(cell).0) {
                continue;
            }
            let tree = &self.repository.tree;
            self.asked = tree.file(target);
            let annotation = tree.child(tree.parent[target as usize], Field::Annotation);
            let declared = annotation.map_or(EMPTY, |annotation| self.declared(annotation));
            let bindings = self.bindings.one(target);
            self.write(cell, Held { values: declared, bindings });
            is_more |= declared != EMPTY;
        }
        is_more
    }

    /// Objects of some classes or of ones below, made who knows where.
    pub fn objects(&mut self, classes: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(classes) {
            let set = match self.values.get(id) {
                Value::Class { .. } => {
                    let object = self.object_below(id);
                    self.sets.one(object)
                }
                Value::Builtin(name) if self.repository.builtins.is_type(name) => self.literal(name),
                Value::Wrapper { kind: Wrapper::Type, .. } => self.read_values(id, Key::attribute(self.words.bound)),
                Value::External(_) if let Some(class) = self.collection_of(id) => self.one(Value::ExternalResult(class)),
                Value::External(name) if let Some(class) = class_of_alias(self.resolver.strings.text(name)) => {
                    let class = self.resolver.strings.intern(class);
                    self.one(Value::ExternalResult(class))
                }
                Value::External(name) => match self.container_of(id) {
                    Some(kind) if kind != Container::Iterator => {
                        let name = self.resolver.strings.intern(kind.type_name());
                        self.literal(name)
                    }
                    None if !is_special_form(self.resolver.strings.text(name)) => self.one(Value::ExternalResult(name)),
                    _ => EMPTY,
                },
                _ => EMPTY,
            };
            found = self.union(found, set);
        }
        found
    }
}

/// Where the generic classes are that annotations name.
const TYPE_MODULES: [&str; 4] = ["typing", "typing_extensions", "collections", "collections.abc"];

/// Names of `typing` that are no classes.
fn is_special_form(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some(("typing" | "typing_extensions" | "t", _)))
}

/// The class that a name of `typing` is another name of, or is by itself.
fn class_of_alias(name: &str) -> Option<&'static str> {
    let (module, name) = name.rsplit_once('.')?;
    if !matches!(module, "typing" | "typing_extensions" | "typing.re") {
        return None;
    }
    match name {
        "IO" => Some("typing.IO"),
        "TextIO" => Some("typing.TextIO"),
        "BinaryIO" => Some("typing.BinaryIO"),
        "Pattern" => Some("re.Pattern"),
        "Match" => Some("re.Match"),
        _ => None,
    }
}
