//! Context managers: what `with` binds and runs, and which exceptions end there.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::gathered;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value, Wrapper};

/// Whether leaving a context ends exceptions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Swallows {
    Never,
    /// It is not known: what follows can be reached, but is taken to be reached by the end of the body.
    Perhaps,
    Known,
}

impl Machine<'_, '_> {
    pub fn with(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let items: Vec<u32> = tree.children(node).filter(|&child| tree.kind(child) == Syntax::WithItem).collect();
        self.within(node, &items);
    }

    /// The body of a `with` inside some of its items: each may end exceptions of the items behind it, too.
    fn within(&mut self, node: u32, items: &[u32]) {
        let [item, others @ ..] = items else { return self.body(node, Field::Body) };
        let tree = &self.repository.tree;
        let managers = self.child(*item, Field::ContextExpr);
        let swallows = self.may_swallow(managers);
        let entered = self.entered(*item, managers, tree.kind(node) == Syntax::AsyncWith);
        if let Some(target) = tree.child(*item, Field::OptionalVars) {
            self.assign(target, entered);
        }
        let mark = self.state.mark();
        self.state.attempts.push(Default::default());
        self.within(node, others);
        let raised = self.state.attempts.pop().expect("the body");
        let raised = gathered(&raised);
        self.regather(&raised);
        if swallows == Swallows::Known || (swallows == Swallows::Perhaps && !self.state.is_live) {
            let normal = self.state.take(mark);
            self.state.add(&raised, &mut self.sets, &mut self.bindings);
            let cut = self.state.take(mark);
            self.join(&[normal, cut]);
        }
    }

    /// What `as` gets, and the calls of entering and leaving.
    pub fn entered(&mut self, item: u32, managers: Set, is_async: bool) -> Set {
        let (enter, exit) = if is_async { (self.words.aenter, self.words.aexit) } else { (self.words.enter, self.words.exit) };
        let managers = self.telling(managers);
        let (objects, others): (Vec<Id>, Vec<Id>) = self.elements(managers).into_iter().partition(|&id| self.is_object(id));
        let (given, _) = self.specials(item, objects.clone(), enter, &Arguments::none(), Via::With);
        self.specials(item, objects, exit, &Arguments::of(vec![EMPTY; 3]), Via::With);
        let mut found = if is_async { self.awaited(item, given) } else { given };
        for id in others {
            let set = match self.values.get(id) {
                Value::Generator(unit) => self.yielded(unit),
                Value::Wrapper { kind: Wrapper::Giving, .. } => self.read_values(id, Key::attribute(enter)),
                Value::Unknown(reason) => self.unknown(reason),
                Value::ExternalMember(_) | Value::External(_) => self.unknown(Reason::ExternalResult),
                _ => self.sets.one(id),
            };
            found = self.union(found, set);
        }
        found
    }

    /// Whether leaving a context may end an exception: its `__exit__` returns something, or it is made for that. Of managers outside the repository
    /// and the standard library nobody knows.
    fn may_swallow(&mut self, managers: Set) -> Swallows {
        let mut found = Swallows::Never;
        for id in self.elements(managers) {
            let one = match self.values.get(id) {
                Value::ExternalResult(name) | Value::ExternalMember(name) => {
                    let text = self.resolver.strings.text(name);
                    let last = text.rsplit('.').next().unwrap_or_default();
                    if matches!(last, "suppress" | "raises" | "warns" | "ExitStack" | "AsyncExitStack") || last.starts_with("assert") {
                        Swallows::Known
                    } else if self.is_of_interpreter(text) {
                        Swallows::Never
                    } else {
                        Swallows::Perhaps
                    }
                }
                Value::Instance { class, .. } => self.may_swallow_in(class),
                Value::Generator(_) | Value::Unknown(_) => Swallows::Known,
                _ => Swallows::Never,
            };
            found = found.max(one);
        }
        found
    }

    /// Whether a dotted name is one of `builtins` or of the standard library.
    fn is_of_interpreter(&self, dotted: &str) -> bool {
        !dotted.contains('.') || self.repository.modules.is_standard(dotted)
    }

    fn may_swallow_in(&mut self, class: Id) -> Swallows {
        let mut found = Swallows::Never;
        for exit in [self.words.exit, self.words.aexit] {
            let Some(methods) = self.look_up(class, exit, None) else {
                if let Some(Ancestor::External(path)) = self.outside(class, exit, None)
                    && !self.is_of_interpreter(self.resolver.strings.text(path))
                {
                    found = found.max(Swallows::Perhaps);
                }
                continue;
            };
            for method in self.elements(methods) {
                if let Value::Function { definition, .. } = self.values.get(method)
                    && self.returns_truth(definition)
                {
                    return Swallows::Known;
                }
            }
        }
        found
    }

    /// Whether a function has a `return` of something else than `None` and `False`.
    fn returns_truth(&self, definition: u32) -> bool {
        let tree = &self.repository.tree;
        let text = |node: u32| self.resolver.strings.get(tree.value[node as usize]);
        self.repository
            .bindings
            .returns(definition)
            .iter()
            .any(|&(_, value)| tree.kind(value) != Syntax::Constant || !matches!(text(value), Some("None" | "False")))
    }
}
