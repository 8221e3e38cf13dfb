//! Annotations: what their names mean where they stand or, postponed, at the end of their module; the objects that they allow.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::{Held, UNBOUND, joined};
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Set, Value};
use crate::resolve::resolver::Repository;
use crate::resolve::scopes::{ScopeKind, postpones};
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
            Syntax::Subscript => self.declared_generic(annotation),
            Syntax::Constant if tree.name[annotation as usize] == self.words.str => {
                let targets = self.resolver.annotation_targets(annotation);
                let classes = self.target_values(targets);
                self.objects(classes)
            }
            Syntax::Tuple => {
                let mut found = EMPTY;
                for element in tree.children(annotation) {
                    let set = self.declared(element);
                    found = self.union(found, set);
                }
                found
            }
            _ => EMPTY,
        }
    }

    /// `Optional[X]`, `Union[X, Y]`, `Annotated[X, …]` are what they hold, `Type[X]` is `X` itself; a `list[X]` holds objects of `X`.
    fn declared_generic(&mut self, annotation: u32) -> Set {
        let tree = &self.repository.tree;
        let Some(arguments) = tree.children(annotation).nth(1) else { return EMPTY };
        let outer = self.annotated_classes(annotation + 1);
        let mut found = EMPTY;
        for id in self.elements(outer) {
            let form = match self.values.get(id) {
                Value::External(name) | Value::Builtin(name) => {
                    self.resolver.strings.text(name).rsplit('.').next().unwrap_or_default().to_owned()
                }
                _ => String::new(),
            };
            let set = match form.as_str() {
                "Optional" | "Union" | "Final" | "ClassVar" | "Required" | "NotRequired" => self.declared(arguments),
                "Annotated" => self.type_arguments(arguments).first().map_or(EMPTY, |&first| self.declared(first)),
                "Type" | "type" => self.declared_classes(arguments),
                "Literal" | "Callable" => EMPTY,
                _ => match self.container_of(id) {
                    Some(kind) => self.declared_container(annotation, kind, arguments, id),
                    None => {
                        let one = self.sets.one(id);
                        self.objects(one)
                    }
                },
            };
            found = self.union(found, set);
        }
        found
    }

    fn type_arguments(&self, arguments: u32) -> Vec<u32> {
        let tree = &self.repository.tree;
        if tree.kind(arguments) == Syntax::Tuple { tree.children(arguments).collect() } else { vec![arguments] }
    }

    /// The classes of the repository that `Type[X]` allows.
    fn declared_classes(&mut self, argument: u32) -> Set {
        let is_name = matches!(self.repository.tree.kind(argument), Syntax::Name | Syntax::Attribute);
        let classes = if is_name { self.annotated_classes(argument) } else { EMPTY };
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
                    "List" | "Sequence" | "MutableSequence" | "Collection" | "Reversible" => Some(Container::List),
                    "Tuple" => Some(Container::Tuple),
                    "Dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "defaultdict" | "OrderedDict" => Some(Container::Dict),
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

    /// Some container that holds what its type arguments allow; where these say nothing, some object of its class.
    fn declared_container(&mut self, annotation: u32, kind: Container, arguments: u32, class: Id) -> Set {
        let arguments = self.type_arguments(arguments);
        let sets: Vec<Set> = arguments.iter().map(|&argument| self.declared(argument)).collect();
        if sets.iter().all(|&set| set == EMPTY) {
            let one = self.sets.one(class);
            return self.objects(one);
        }
        let made = self.some_container(annotation, kind);
        let tree = &self.repository.tree;
        let is_open =
            arguments.last().is_some_and(|&last| tree.kind(last) == Syntax::Constant && tree.name[last as usize] == self.words.ellipsis);
        if kind == Container::Tuple && !is_open {
            for (index, &set) in sets.iter().enumerate() {
                let set = self.or_unknown(set);
                self.store_index(made, Key::index(index as i64), set);
            }
            self.lengths.insert(made, sets.len());
        } else if kind == Container::Dict {
            let keys = self.or_unknown(sets[0]);
            self.store_values(made, Key::KEYS, keys);
            let values = self.or_unknown(sets.get(1).copied().unwrap_or(EMPTY));
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
        let made = self.some_container(parameter, kind);
        if kind == Container::Dict {
            let keys = self.literal(self.words.str);
            self.store_values(made, Key::KEYS, keys);
        }
        self.store_index(made, Key::SOMEWHERE, set);
        self.sets.one(made)
    }

    /// Any container of which an annotation tells: no one object.
    fn some_container(&mut self, site: u32, kind: Container) -> Id {
        let id = self.values.id(Value::Container { kind, site, unit: 0 });
        self.repeated.insert(id);
        id
    }

    /// Objects of some classes, made who knows where.
    pub fn objects(&mut self, classes: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(classes) {
            let set = match self.values.get(id) {
                Value::Class { .. } => self.one(Value::Instance { class: id, site: ANYWHERE }),
                Value::Builtin(name) if self.repository.builtins.is_type(name) => self.literal(name),
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
