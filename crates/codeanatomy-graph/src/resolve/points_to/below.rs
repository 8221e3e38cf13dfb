//! Objects of a class or of one below, of which annotations and tests tell: what they have may be what a class below has instead.

use rustc_hash::FxHashSet;

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{BELOW, EMPTY, Id, Set, Value};
use crate::resolve::syntax::Tree;
use crate::table::Str;

/// The last names of what class statements name as bases: `b` of `class C(a.b[T])`.
pub fn base_names(tree: &Tree) -> FxHashSet<Str> {
    let classes = (0..tree.len() as u32).filter(|&node| tree.kind(node) == Syntax::ClassDef);
    let bases = classes.flat_map(|class| tree.in_field(class, Field::Bases));
    let unsubscripted = bases.map(|base| if tree.kind(base) == Syntax::Subscript { base + 1 } else { base });
    unsubscripted.map(|base| tree.name[base as usize]).filter(|name| !name.is_null()).collect()
}

impl Machine<'_, '_> {
    /// An object of a class, or of one below where its name is that of a base.
    pub fn object_below(&mut self, class: Id) -> Id {
        let name = self.class_definition(class).map(|definition| self.repository.definitions.get(definition).name);
        match name {
            Some(name) if self.base_names.contains(&name) => self.values.id(Value::Instance { class, site: BELOW }),
            _ => self.some_object(class),
        }
    }

    /// What holds the fields of an object: one that may be of classes below has those of any object of its class.
    pub fn holder(&mut self, object: Id) -> Id {
        match self.values.get(object) {
            Value::Instance { class, site: BELOW } => self.some_object(class),
            _ => object,
        }
    }

    /// What the classes below that of an object, of which it may be, have under a name themselves, got of their objects.
    pub fn overriding(&mut self, node: u32, object: Id, name: Str) -> Set {
        let mut found = EMPTY;
        for class in self.overriding_classes(object, name) {
            let cell = self.cells.of_value(class, Key::attribute(name));
            let held = self.read(cell);
            self.read_at(node, held.bindings);
            let object = self.object_below(class);
            let of_class = self.on_object(node, held.values, object, class);
            found = self.union(found, of_class);
        }
        found
    }

    /// Whether functions do nothing but say that classes below must have their own: marked so, or with nothing but `raise NotImplementedError`.
    pub fn is_left_to_others(&self, functions: Set) -> bool {
        let tree = &self.repository.tree;
        let is_named = |node: u32, name: &str| {
            let node = if tree.kind(node) == Syntax::Call { node + 1 } else { node };
            let name_of = tree.name[node as usize];
            !name_of.is_null() && self.resolver.strings.text(name_of) == name
        };
        self.sets.get(functions).iter().all(|&function| {
            let Value::Function { definition, .. } = self.values.get(function) else { return false };
            let node = self.repository.definitions.get(definition).node;
            let is_text = |statement: &u32| tree.kind(*statement) == Syntax::Expr && tree.kind(statement + 1) == Syntax::Constant;
            let first = tree.in_field(node, Field::Body).find(|statement| !is_text(statement));
            let raised = first.filter(|&first| tree.kind(first) == Syntax::Raise).and_then(|first| tree.children(first).next());
            tree.in_field(node, Field::DecoratorList).any(|decorator| is_named(decorator, "abstractmethod"))
                || raised.is_some_and(|raised| is_named(raised, "NotImplementedError"))
        })
    }

    /// The classes below that of an object, of which it may be, that have a name themselves; none if there are more than are followed.
    pub fn overriding_classes(&mut self, object: Id, name: Str) -> Vec<Id> {
        let Value::Instance { class, site: BELOW } = self.values.get(object) else { return Vec::new() };
        let (mut known, mut next, mut overriding) = (FxHashSet::from_iter([class]), vec![class], Vec::new());
        while let Some(class) = next.pop() {
            let heirs = self.read_values(class, Key::HEIRS);
            for heir in self.elements(heirs) {
                if !matches!(self.values.get(heir), Value::Class { .. }) || !known.insert(heir) {
                    continue;
                }
                next.push(heir);
                if self.may_have(heir, name) {
                    overriding.push(heir);
                }
            }
            if overriding.len() > self.limits.overrides_per_object {
                self.reached(Limit::OverridesPerObject);
                return Vec::new();
            }
        }
        overriding
    }
}
