//! Functions that hand back an argument as it is, as most decorators that register something do. What a call of one gives is what it was given, also
//! where its calls are no longer told apart.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::machine::Machine;

impl Machine<'_, '_> {
    /// The place of the parameter that is all that a function returns, if nothing else is bound to it.
    pub fn handed_back(&mut self, definition: u32) -> Option<usize> {
        if let Some(&known) = self.handed_back.get(&definition) {
            return known;
        }
        let found = self.parameter_returned(definition);
        self.handed_back.insert(definition, found);
        found
    }

    fn parameter_returned(&mut self, definition: u32) -> Option<usize> {
        let (bindings, tree) = (&self.repository.bindings, &self.repository.tree);
        let known = self.repository.definitions.get(definition);
        let node = known.node;
        if known.is_generator || tree.kind(node) != Syntax::FunctionDef {
            return None;
        }
        let last = tree.in_field(node, Field::Body).last()?;
        let is_left_there = tree.kind(last) == Syntax::Return && tree.child(last, Field::Value).is_some();
        let (_, first) = *bindings.returns(definition).first().filter(|_| is_left_there)?;
        let slot = self.frames.slot(first).filter(|&slot| bindings.count(slot) == 1)?;
        if bindings.returns(definition).iter().any(|&(_, value)| tree.kind(value) != Syntax::Name || self.frames.slot(value) != Some(slot))
        {
            return None;
        }
        let bound = bindings.nth(slot, 0).node;
        self.parameters(definition).iter().position(|parameter| parameter.node == bound)
    }
}
