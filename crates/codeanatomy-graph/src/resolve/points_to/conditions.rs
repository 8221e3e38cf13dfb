//! Conditions: what they decide of paths, and what they say of the values of variables.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::{Delta, Held};
use crate::resolve::points_to::value::{EMPTY, Set, Value};

impl Machine<'_, '_> {
    /// Evaluates a condition. Gives what changes where it is true and where it is false; the state is left as it was.
    pub fn condition(&mut self, test: u32) -> [Delta; 2] {
        let mark = self.state.mark();
        let [mut holds, mut fails] = self.decided(test);
        for (path, is_true) in [(&mut holds, true), (&mut fails, false)] {
            self.join(std::slice::from_ref(path));
            self.narrow(test, is_true);
            *path = self.state.take(mark);
        }
        match self.constant_truth(test) {
            Some(true) => fails.is_live = false,
            Some(false) => holds.is_live = false,
            None => {}
        }
        [holds, fails]
    }

    /// The same without what the condition says of variables. Of `a and (b := c)`, the name is bound wherever it is true.
    fn decided(&mut self, test: u32) -> [Delta; 2] {
        let tree = &self.repository.tree;
        let mark = self.state.mark();
        if tree.kind(test) != Syntax::BoolOp || !self.binding_tests.contains(&test) {
            self.test(test);
            let path = self.state.take(mark);
            return [path.clone(), path];
        }
        let is_and = self.resolver.strings.get(tree.value[test as usize]) == Some("And");
        let (mut values, mut others) = (EMPTY, Vec::new());
        for operand in tree.children(test) {
            let [holds, fails] = self.condition(operand);
            let (goes_on, leaves) = if is_and { (holds, fails) } else { (fails, holds) };
            let here = self.state.mark();
            self.join(&[leaves]);
            others.push(self.state.since(mark));
            self.state.take(here);
            self.join(&[goes_on]);
            values = self.union(values, self.found.values[operand as usize]);
        }
        self.found.reached[test as usize] = true;
        self.found.values[test as usize] = self.union(self.found.values[test as usize], values);
        let through = self.state.take(mark);
        self.join(&others);
        let left = self.state.take(mark);
        if is_and { [through, left] } else { [left, through] }
    }

    /// Whether a condition is a constant that the compiler decides.
    fn constant_truth(&self, test: u32) -> Option<bool> {
        let tree = &self.repository.tree;
        let text = |node: u32| self.resolver.strings.get(tree.value[node as usize]);
        match tree.kind(test) {
            Syntax::Constant => match self.resolver.strings.get(tree.name[test as usize]) {
                Some("bool" | "NoneType") | None => text(test).map(|value| value == "True"),
                Some("str" | "bytes") => text(test).map(|value| !value.is_empty()),
                Some("int" | "float" | "complex") => text(test).map(|value| value.bytes().any(|digit| matches!(digit, b'1'..=b'9'))),
                Some("ellipsis") => Some(true),
                _ => None,
            },
            Syntax::Name => (tree.name[test as usize] == self.words.debug).then_some(true),
            Syntax::Tuple => tree.children(test).next().is_none().then_some(false),
            Syntax::UnaryOp if text(test) == Some("Not") => self.constant_truth(test + 1).map(|truth| !truth),
            Syntax::BoolOp => {
                let decides = text(test) == Some("Or");
                let all: Vec<Option<bool>> = tree.children(test).map(|operand| self.constant_truth(operand)).collect();
                match all.contains(&Some(decides)) {
                    true => Some(decides),
                    false => all.iter().all(Option::is_some).then_some(!decides),
                }
            }
            _ => None,
        }
    }

    /// What a condition says of the variables in it: `isinstance(x, C)`, `x is None`.
    pub fn narrow(&mut self, test: u32, is_true: bool) {
        let tree = &self.repository.tree;
        match tree.kind(test) {
            Syntax::UnaryOp if self.resolver.strings.get(tree.value[test as usize]) == Some("Not") => self.narrow(test + 1, !is_true),
            Syntax::BoolOp if is_true == (self.resolver.strings.get(tree.value[test as usize]) == Some("And")) => {
                for operand in tree.children(test) {
                    self.narrow(operand, is_true);
                }
            }
            Syntax::Call if is_true => self.narrow_instance(test),
            _ => {}
        }
    }

    fn narrow_instance(&mut self, call: u32) {
        let tree = &self.repository.tree;
        let Some(function) = tree.child(call, Field::Func) else { return };
        let is_test = tree.kind(function) == Syntax::Name && self.resolver.strings.text(tree.name[function as usize]) == "isinstance";
        let arguments: Vec<u32> = tree.in_field(call, Field::Args).collect();
        let [subject, classes] = arguments[..] else { return };
        if !is_test {
            return;
        }
        let Some(slot) = self.own_slot(subject) else { return };
        let held = self.state.get(self.frames.local[slot as usize]);
        let classes = self.found.values[classes as usize];
        let mut wanted = EMPTY;
        for id in self.elements(classes) {
            let one = match self.values.get(id) {
                Value::Container { .. } => self.read_values(id, Key::ELEMENTS),
                _ => self.sets.one(id),
            };
            wanted = self.union(wanted, one);
        }
        let kept = self.among(held.values, wanted);
        if kept != EMPTY {
            self.put(slot, Held { values: kept, bindings: held.bindings });
        }
    }

    /// The values that may be objects of some classes; if none is known to be, any objects of these.
    pub fn among(&mut self, values: Set, classes: Set) -> Set {
        let classes_of_repository = self.elements(classes).iter().all(|&class| matches!(self.values.get(class), Value::Class { .. }));
        let mut kept = EMPTY;
        for id in self.elements(values) {
            let fits = match self.values.get(id) {
                Value::Instance { class, .. } => self.elements(classes).iter().any(|&other| self.derives(class, other)),
                Value::Unknown(_) => false,
                // A test for classes of the repository excludes what is none of them.
                _ => !classes_of_repository,
            };
            if fits {
                let one = self.sets.one(id);
                kept = self.union(kept, one);
            }
        }
        if kept == EMPTY { self.objects(classes) } else { kept }
    }

    /// The variable of the present frame that an expression names.
    pub fn own_slot(&self, node: u32) -> Option<u32> {
        if self.repository.tree.kind(node) != Syntax::Name {
            return None;
        }
        self.frames.slot(node).filter(|&slot| self.frames.of_slot[slot as usize] == self.state.frame)
    }
}
