//! Annotations: what their names mean where they stand or, postponed, at the end of their module; the objects that they allow.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::{Held, UNBOUND, joined};
use crate::resolve::points_to::value::{ANYWHERE, EMPTY, Set, Value};
use crate::resolve::resolver::Repository;
use crate::resolve::scopes::{ScopeKind, postpones};
use crate::table::{Str, Strings};

/// When a postponed annotation is being evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Where it stands: only names that neither its class nor its module binds.
    Written,
    /// At the end of its module, as `typing.get_type_hints` does: names of its class, then of its module.
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
    /// Evaluates an annotation for what its names refer to.
    pub fn annotation(&mut self, node: u32) {
        let moment = self.is_postponed(node).then_some(Moment::Written);
        self.evaluate_at(moment, node);
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
            self.evaluate_at(Some(Moment::End), self.postponed[file as usize][index]);
        }
    }

    fn evaluate_at(&mut self, moment: Option<Moment>, annotation: u32) {
        let before = std::mem::replace(&mut self.moment, moment);
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
        if moment == Moment::Written {
            return Some(EMPTY);
        }
        let mut held = if of_class.is_some() { self.in_class(repository.scopes.scopes[scope as usize].definition, key) } else { UNBOUND };
        if let (UNBOUND, Some(slot)) = (held, of_module) {
            held = self.variable(slot);
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

    /// `Optional[X]`, `Union[X, Y]`, `Annotated[X, …]` are what they hold; `list[X]` is a list.
    fn declared_generic(&mut self, annotation: u32) -> Set {
        let tree = &self.repository.tree;
        let Some(arguments) = tree.children(annotation).nth(1) else { return EMPTY };
        let outer = self.annotated_classes(annotation + 1);
        let mut found = EMPTY;
        for id in self.elements(outer) {
            let form = match self.values.get(id) {
                Value::External(name) => self.resolver.strings.text(name).rsplit('.').next().unwrap_or_default().to_owned(),
                _ => String::new(),
            };
            let set = match form.as_str() {
                "Optional" | "Union" | "Final" | "ClassVar" | "Required" | "NotRequired" => self.declared(arguments),
                "Annotated" => {
                    let first = if tree.kind(arguments) == Syntax::Tuple { tree.children(arguments).next() } else { Some(arguments) };
                    first.map_or(EMPTY, |first| self.declared(first))
                }
                "Literal" | "Callable" | "Type" => EMPTY,
                _ => {
                    let one = self.sets.one(id);
                    self.objects(one)
                }
            };
            found = self.union(found, set);
        }
        found
    }

    /// Objects of some classes, made who knows where.
    pub fn objects(&mut self, classes: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(classes) {
            let set = match self.values.get(id) {
                Value::Class { .. } => self.one(Value::Instance { class: id, site: ANYWHERE }),
                Value::Builtin(name) if self.repository.builtins.is_type(name) => self.literal(name),
                Value::External(name) if !is_special_form(self.resolver.strings.text(name)) => self.one(Value::ExternalResult(name)),
                _ => EMPTY,
            };
            found = self.union(found, set);
        }
        found
    }
}

/// Names of `typing` that are no classes.
fn is_special_form(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some(("typing" | "typing_extensions" | "t", _)))
}
