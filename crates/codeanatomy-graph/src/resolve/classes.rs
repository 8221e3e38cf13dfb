//! Classes: bases, the method resolution order, where a name of a class is found, what overrides what.

use std::rc::Rc;

use crate::resolve::bindings::How;
use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::kinds::Field;
use crate::resolve::linearisation::{in_order_of_sight, merge};
use crate::resolve::resolver::{Resolver, Target};
use crate::resolve::rows::{InheritsRow, InheritsRows, MroRow, MroRows, OverrideRow, OverrideRows, Places};
use crate::resolve::syntax::NONE;
use crate::resolve::values::Value;
use crate::table::{NULL_I64, Str};

/// The linearisation of a class; the class itself comes first.
#[derive(Clone, Debug, Default)]
pub struct Mro {
    pub ancestors: Vec<Target>,
    /// Whether every base of every ancestor is known.
    pub complete: bool,
}

/// Where a name of a class is found.
pub enum Looked {
    /// The variable of the nearest class of the repository that has the name.
    Slot(u32),
    /// Not in the repository's classes; an ancestor outside may have it.
    Outside(Target),
    /// An ancestor is unknown.
    Incomplete,
    /// No ancestor has it, but one makes up attributes as they are asked for.
    Dynamic,
    /// No ancestor has it.
    Missing,
}

impl Resolver<'_> {
    /// The possible values of each base expression, in order.
    fn bases(&mut self, class: u32) -> Vec<(u32, Vec<Target>)> {
        let repository = self.repository;
        let node = repository.definitions.get(class).node;
        let mut bases = Vec::new();
        for base in repository.tree.in_field(node, Field::Bases) {
            let values = self.evaluate(base);
            let targets: Vec<Target> = self.values.get(values).iter().filter_map(base_target).collect();
            bases.push((base, targets));
        }
        bases
    }

    /// The method resolution order of a class. A base that depends on the order itself counts as unknown.
    pub fn mro(&mut self, class: u32) -> Rc<Mro> {
        if let Some(known) = self.mros.get(&class) {
            return known.clone();
        }
        self.mros.insert(class, Rc::new(Mro { ancestors: vec![Target::Definition(class)], complete: false }));
        let mut complete = true;
        let (mut sequences, mut direct) = (Vec::new(), Vec::new());
        for (_, targets) in self.bases(class) {
            let Some(&base) = targets.iter().find(|target| **target != Target::Definition(class)) else {
                complete = false;
                continue;
            };
            if let Target::Definition(base) = base {
                let above = self.mro(base);
                complete &= above.complete;
                sequences.push(above.ancestors.clone());
            } else {
                sequences.push(vec![base]);
            }
            direct.push(base);
        }
        sequences.push(direct);
        let mut ancestors = vec![Target::Definition(class)];
        let above = merge(sequences.clone()).unwrap_or_else(|| in_order_of_sight(&sequences));
        ancestors.extend(above.into_iter().filter(|target| *target != Target::Definition(class)));
        let mro = Rc::new(Mro { ancestors, complete });
        self.mros.insert(class, mro.clone());
        mro
    }

    /// Looks a name (mangled) up in a class; with `after`, only behind that class in the order.
    pub fn look_up(&mut self, class: u32, name: Str, after: Option<u32>) -> Looked {
        let mro = self.mro(class);
        let skip =
            after.and_then(|after| mro.ancestors.iter().position(|target| *target == Target::Definition(after))).map_or(0, |at| at + 1);
        let mut outside = None;
        for &ancestor in &mro.ancestors[skip..] {
            match ancestor {
                Target::Definition(number) => {
                    let inner = self.repository.definitions.get(number).inner;
                    if let Some(slot) = self.repository.bindings.slot(inner, name).filter(|&slot| self.is_bound(slot)) {
                        return Looked::Slot(slot);
                    }
                }
                other => outside = outside.or(Some(other)),
            }
        }
        match outside {
            Some(Target::External(path)) => {
                let dotted = self.dot(path, name);
                Looked::Outside(self.external(dotted))
            }
            Some(Target::Builtin(path)) => match self.builtin_member(path, name) {
                Some(member) => Looked::Outside(Target::Builtin(member)),
                None => self.nowhere(&mro),
            },
            _ => self.nowhere(&mro),
        }
    }

    /// Why a name is in no class.
    fn nowhere(&self, mro: &Mro) -> Looked {
        if !mro.complete {
            return Looked::Incomplete;
        }
        let repository = self.repository;
        let dynamic = ["__getattr__", "__getattribute__"].map(|name| self.strings.find(name));
        let makes_up = |target: &Target| {
            let Target::Definition(class) = *target else { return false };
            let definition = repository.definitions.get(class);
            let has = |name: &Option<Str>| name.is_some_and(|name| repository.bindings.slot(definition.inner, name).is_some());
            // A metaclass, or another class keyword, may add attributes.
            dynamic.iter().any(has) || repository.tree.child(definition.node, Field::Keywords).is_some()
        };
        if mro.ancestors.iter().any(makes_up) { Looked::Dynamic } else { Looked::Missing }
    }

    fn is_bound(&self, slot: u32) -> bool {
        self.repository.bindings.of(slot).any(|binding| binding.how != How::Del)
    }

    /// The rows of some classes of one file.
    pub fn class_rows(&mut self, classes: &[u32], places: &mut Places<'_>, rows: (&mut InheritsRows, &mut MroRows, &mut OverrideRows)) {
        for &class in classes {
            self.inherits_rows(class, places, rows.0);
            let mro = self.mro(class);
            let class_id = self.repository.definitions.id(class);
            for (position, &ancestor) in mro.ancestors.iter().enumerate() {
                let ancestor_id = self.target_id(ancestor);
                rows.1.push(MroRow { class_id, ancestor_id, position: position as i32 });
            }
            self.override_rows(class, &mro, rows.2);
        }
    }

    fn inherits_rows(&mut self, class: u32, places: &mut Places<'_>, rows: &mut InheritsRows) {
        let repository = self.repository;
        for (position, (node, targets)) in self.bases(class).into_iter().enumerate() {
            let place = places.place(repository.tree.bstart[node as usize], repository.tree.bend[node as usize]);
            let text = self.expression_text(node);
            let known = targets.into_iter().map(Some).collect::<Vec<_>>();
            for target in if known.is_empty() { vec![None] } else { known } {
                let row = InheritsRow {
                    place,
                    class_id: repository.definitions.id(class),
                    base_id: target.map_or(NULL_I64, |target| self.target_id(target)),
                    position: position as i32,
                    base: target.map_or(text, |target| self.target_name(target)),
                    syntax_id: node_id(&repository.files, &repository.tree, node),
                };
                rows.push(row);
            }
        }
    }

    /// The next definition of the same name behind the class, for each of its functions.
    fn override_rows(&mut self, class: u32, mro: &Mro, rows: &mut OverrideRows) {
        let repository = self.repository;
        let inner = repository.definitions.get(class).inner;
        let node = repository.definitions.get(class).node;
        for child in node + 1..repository.tree.end[node as usize] {
            if !repository.tree.kind(child).is_function() || repository.scopes.of[child as usize] != inner {
                continue;
            }
            let method = repository.definitions.of_node[&child];
            let slot = repository.definitions.get(method).slot;
            if slot == NONE || repository.bindings.slots[slot as usize].scope != inner {
                continue;
            }
            let name = repository.bindings.slots[slot as usize].name;
            if let Some(overridden) = self.next_definition(mro, name) {
                rows.push(OverrideRow {
                    method_id: repository.definitions.id(method),
                    overridden_id: repository.definitions.id(overridden),
                });
            }
        }
    }

    /// The definition in force of a name in the ancestors behind the first.
    fn next_definition(&self, mro: &Mro, name: Str) -> Option<u32> {
        let repository = self.repository;
        mro.ancestors[1..].iter().find_map(|&ancestor| {
            let Target::Definition(number) = ancestor else { return None };
            let slot = repository.bindings.slot(repository.definitions.get(number).inner, name)?;
            let bindings: Vec<u32> =
                repository.bindings.of(slot).map(|binding| binding.definition).filter(|&number| number != NONE).collect();
            let function = bindings.iter().rev().find(|&&number| repository.definitions.get(number).kind == DefinitionKind::Function);
            function.or(bindings.last()).copied()
        })
    }
}

/// What a base can be: a class, or something outside the repository.
fn base_target(value: &Value) -> Option<Target> {
    match *value {
        Value::Class { class, .. } => Some(Target::Definition(class)),
        Value::External(name) => Some(Target::External(name)),
        Value::Builtin(name) => Some(Target::Builtin(name)),
        _ => None,
    }
}
