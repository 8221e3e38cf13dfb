//! The rows of classes: bases, method resolution orders, what overrides what. Orders are made in `points_to/classes.rs`.

use std::rc::Rc;

use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::kinds::Field;
use crate::resolve::points_to::classes::{Ancestor, Order};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::records::is_record;
use crate::resolve::points_to::value::Id;
use crate::resolve::resolver::Target;
use crate::resolve::rows::{InheritsRow, InheritsRows, MroRow, MroRows, OverrideRow, OverrideRows, Places};
use crate::resolve::sets::add;
use crate::resolve::syntax::NONE;
use crate::table::{NULL_I64, Str};

impl Machine<'_, '_> {
    /// The rows of the classes of a file. A class that is made several times is one.
    pub fn class_rows(&mut self, file: u32, places: &mut Places<'_>, rows: (&mut InheritsRows, &mut MroRows, &mut OverrideRows)) {
        let definitions = &self.repository.definitions;
        for &class in definitions.of_file(file).iter().filter(|&&definition| definitions.get(definition).kind == DefinitionKind::Class) {
            let made = self.made_classes.get(&class).cloned().unwrap_or_default();
            self.inherits_rows(class, &made, places, rows.0);
            let order = match made.first() {
                Some(&id) => self.order(id),
                None => Rc::default(),
            };
            let ancestors = self.ancestors(class, &order);
            let class_id = self.repository.definitions.id(class);
            for (position, &ancestor) in ancestors.iter().enumerate() {
                let ancestor_id = self.resolver.target_id(ancestor);
                rows.1.push(MroRow { class_id, ancestor_id, position: position as i32 });
            }
            self.override_rows(class, &ancestors, rows.2);
        }
    }

    /// The order as targets; a class that was never made comes alone.
    fn ancestors(&mut self, class: u32, order: &Order) -> Vec<Target> {
        if order.ancestors.is_empty() {
            return vec![Target::Definition(class)];
        }
        let mut found = Vec::new();
        for &ancestor in &order.ancestors {
            let is_record = matches!(ancestor, Ancestor::External(name) if is_record(self.resolver.strings.text(name)));
            // What makes named tuples is no class.
            let ancestor = if is_record { Ancestor::Builtin(self.words.tuple) } else { ancestor };
            if let Some(target) = self.ancestor_target(ancestor) {
                add(&mut found, target);
            }
        }
        found
    }

    /// What stands for an ancestor in rows: nothing for a class that a call made, for that has no definition.
    pub fn ancestor_target(&self, ancestor: Ancestor) -> Option<Target> {
        match ancestor {
            Ancestor::Class(id) => self.class_definition(id).map(Target::Definition),
            Ancestor::External(name) => Some(Target::External(name)),
            Ancestor::Builtin(name) => Some(Target::Builtin(name)),
        }
    }

    fn inherits_rows(&mut self, class: u32, made: &[Id], places: &mut Places<'_>, rows: &mut InheritsRows) {
        let repository = self.repository;
        let node = repository.definitions.get(class).node;
        let written: Vec<u32> = repository.tree.in_field(node, Field::Bases).collect();
        // `*bases` are several.
        let known = made.iter().filter_map(|id| self.classes.get(id)).map(|known| known.bases());
        let bases = match known.max_by_key(|bases| bases.len()) {
            Some(bases) if bases.len() > written.len() => bases.iter().map(|&(base, _)| base).collect(),
            _ => written,
        };
        for (position, base) in bases.into_iter().enumerate() {
            let mut targets: Vec<Target> = Vec::new();
            for id in made {
                let set = self.classes.get(id).and_then(|known| known.bases().get(position)).map(|&(_, set)| set);
                for id in set.map_or(Vec::new(), |set| self.elements(set)) {
                    if let Some(target) = self.ancestor(id).and_then(|ancestor| self.ancestor_target(ancestor)) {
                        add(&mut targets, target);
                    }
                }
            }
            let place = places.place(repository.tree.bstart[base as usize], repository.tree.bend[base as usize]);
            let text = self.resolver.expression_text(base);
            let known = targets.into_iter().map(Some).collect::<Vec<_>>();
            for target in if known.is_empty() { vec![None] } else { known } {
                let row = InheritsRow {
                    place,
                    class_id: repository.definitions.id(class),
                    base_id: target.map_or(NULL_I64, |target| self.resolver.target_id(target)),
                    position: position as i32,
                    base: target.map_or(text, |target| self.resolver.target_name(target)),
                    syntax_id: node_id(&repository.files, &repository.tree, base),
                };
                rows.push(row);
            }
        }
    }

    /// The next definition of the same name behind the class, for each of its functions.
    fn override_rows(&mut self, class: u32, ancestors: &[Target], rows: &mut OverrideRows) {
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
            if let Some(overridden) = self.next_definition(ancestors, name) {
                rows.push(OverrideRow {
                    method_id: repository.definitions.id(method),
                    overridden_id: repository.definitions.id(overridden),
                });
            }
        }
    }

    /// The definition in force of a name in the ancestors behind the first.
    fn next_definition(&self, ancestors: &[Target], name: Str) -> Option<u32> {
        let repository = self.repository;
        ancestors[1..].iter().find_map(|&ancestor| {
            let Target::Definition(number) = ancestor else { return None };
            let slot = repository.bindings.slot(repository.definitions.get(number).inner, name)?;
            let bindings: Vec<u32> =
                repository.bindings.of(slot).map(|binding| binding.definition).filter(|&number| number != NONE).collect();
            let function = bindings.iter().rev().find(|&&number| repository.definitions.get(number).kind == DefinitionKind::Function);
            function.or(bindings.last()).copied()
        })
    }
}
