//! Functions that hand back an argument as it is, as most decorators that register something do. What a call of one gives of that is what it was
//! given, also where its calls are no longer told apart.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::Set;

/// A parameter that a function hands back.
#[derive(Clone, Copy, Debug)]
pub struct HandedBack {
    /// Its place among the parameters.
    pub place: usize,
    /// Whether the function returns nothing else, and nothing else is bound to it.
    is_all: bool,
}

impl Machine<'_, '_> {
    /// The parameter that a function hands back: of several the first that is returned.
    pub fn handed_back(&mut self, definition: u32) -> Option<HandedBack> {
        if let Some(&known) = self.handed_back.get(&definition) {
            return known;
        }
        let found = self.parameter_returned(definition);
        self.handed_back.insert(definition, found);
        found
    }

    fn parameter_returned(&mut self, definition: u32) -> Option<HandedBack> {
        let (bindings, tree) = (&self.repository.bindings, &self.repository.tree);
        let known = self.repository.definitions.get(definition);
        let node = known.node;
        if known.is_generator || tree.kind(node) != Syntax::FunctionDef {
            return None;
        }
        let parameters = self.parameters(definition);
        let returned = |value: u32| (tree.kind(value) == Syntax::Name).then(|| self.frames.slot(value)).flatten();
        let bound_by =
            |slot: u32| bindings.of(slot).find_map(|binding| parameters.iter().position(|parameter| parameter.node == binding.node));
        let returns = bindings.returns(definition);
        let (slot, place) = returns.iter().find_map(|&(_, value)| returned(value).and_then(|slot| Some((slot, bound_by(slot)?))))?;
        let last = tree.in_field(node, Field::Body).last()?;
        let is_left_there = tree.kind(last) == Syntax::Return && tree.child(last, Field::Value).is_some();
        let is_all = is_left_there && bindings.count(slot) == 1 && returns.iter().all(|&(_, value)| returned(value) == Some(slot));
        Some(HandedBack { place, is_all })
    }

    /// Notes what the running function returns but the argument that it hands back: `set` is what stands at the returned expression.
    pub fn return_besides(&mut self, value: u32, set: Set) {
        let unit = self.state.unit;
        let definition = self.units[unit as usize].definition;
        let Some(handed) = self.handed_back(definition).filter(|handed| !handed.is_all) else { return };
        let parameter = self.parameters(definition)[handed.place].node;
        let slot = self.frames.slot(value).filter(|_| self.repository.tree.kind(value) == Syntax::Name);
        let is_handed = slot.is_some_and(|slot| {
            let bindings = self.variable(slot).bindings;
            self.bindings.contains(bindings, parameter)
        });
        let set = if is_handed { self.without(set, self.units[unit as usize].parameters[handed.place]) } else { set };
        self.give(Key::BESIDES, set);
    }

    /// What a call gives of an activation that is shared with calls that gave other arguments: `given` is its own for the parameter that is handed back.
    pub fn shared_result(&mut self, unit: u32, handed: HandedBack, given: Set) -> Set {
        if handed.is_all {
            return given;
        }
        let besides = self.taken(unit, Key::BESIDES);
        self.union(given, besides)
    }

    fn without(&mut self, set: Set, others: Set) -> Set {
        let kept = self.elements(set).into_iter().filter(|&id| !self.sets.contains(others, id)).collect();
        self.sets.of(kept)
    }
}
