//! Which expression or statement each instruction takes part in evaluating. Spans say most of it; this module knows where CPython lends an
//! instruction a span that is not its own: jumps, what leaves a `with`, the call of a decorator, an iteration, the end of a handler.

use rustc_hash::FxHashSet;

use crate::table::NULL_I32;

use super::instructions::Instruction;
use super::interpreter::{Interpreter, Role};
use super::scope::Scope;
use super::syntax::{Class, Field, NONE, Tree};

/// The instruction evaluates nothing: control passes through it.
pub const KEPT: u32 = NONE - 1;
/// The instruction evaluates what no node of the scope stands for.
pub const OUTSIDE: u32 = NONE - 2;

/// Whether there is a node of that number.
pub fn is_node(owner: u32) -> bool {
    owner < OUTSIDE
}

/// The instructions of one code object, tied to the nodes of its scope.
pub struct Tied {
    /// The node that each instruction evaluates, or one of the marks above.
    pub owners: Vec<u32>,
    /// The deepest node that covers the span of each, or none.
    pub nodes: Vec<u32>,
    /// Second nodes of instructions that evaluate two.
    pub also: Vec<(usize, u32)>,
}

/// Ties the instructions of one code object.
pub fn tie(interpreter: &Interpreter, instructions: &[Instruction], tree: &Tree, scope: &Scope, is_lambda: bool) -> Tied {
    let roles: Vec<Role> = instructions.iter().map(|instruction| interpreter.role(instruction.opcode)).collect();
    let mut tie = Tie { instructions, roles: &roles, tree, scope, is_lambda, nodes: Vec::new(), owners: Vec::new() };
    let (mut prior, mut last, mut node) = (NONE, (NULL_I32, NULL_I32), NONE);
    for (index, instruction) in instructions.iter().enumerate() {
        let span = (instruction.bstart, instruction.bend);
        if span != last {
            (last, node) = (span, tie.node(span));
        }
        tie.nodes.push(node);
        let owner = if node == NONE { tie.without_node(index, prior) } else { tie.owner(index, node, prior) };
        tie.owners.push(owner);
        if owner != KEPT {
            prior = owner;
        }
    }
    let also = tie.second_names();
    Tied { owners: tie.owners, nodes: tie.nodes, also }
}

struct Tie<'a> {
    instructions: &'a [Instruction],
    roles: &'a [Role],
    tree: &'a Tree,
    scope: &'a Scope,
    is_lambda: bool,
    nodes: Vec<u32>,
    owners: Vec<u32>,
}

impl Tie<'_> {
    fn node(&self, span: (i32, i32)) -> u32 {
        if span.0 == NULL_I32 || span.0 == span.1 {
            return NONE;
        }
        let is_ours = |node| self.scope.has(node);
        self.tree.exactly(span, is_ours).or_else(|| self.tree.around(span, is_ours)).unwrap_or(NONE)
    }

    /// For a span that no node of the scope covers: a comprehension lends its own to all that tests in it.
    fn without_node(&self, index: usize, prior: u32) -> u32 {
        match self.roles[index] {
            Role::Keep | Role::Jump | Role::Mark => KEPT,
            Role::Return => OUTSIDE,
            Role::Branch => self.branch(index, OUTSIDE, prior),
            _ if self.instructions[index].bstart == NULL_I32 => KEPT,
            _ => OUTSIDE,
        }
    }

    fn owner(&self, index: usize, node: u32, prior: u32) -> u32 {
        if let (Role::Gather | Role::Yield, Some(whole)) = (self.roles[index], self.gathers(node, prior)) {
            return whole;
        }
        let class = self.tree.class(node);
        let exact = self.tree.spans[node as usize] == (self.instructions[index].bstart, self.instructions[index].bend);
        match self.roles[index] {
            Role::Keep => KEPT,
            Role::Jump if exact && matches!(class, Class::Break | Class::Continue) => node,
            Role::Jump => KEPT,
            Role::Mark if exact && self.is_marked(node) => node,
            Role::Mark => KEPT,
            Role::Return if class == Class::Return => node,
            Role::Return if self.is_returned_constant(index, node) => self.tree.parent(node),
            Role::Return => OUTSIDE,
            Role::Constant | Role::Bind if self.clears_a_name(index) => KEPT,
            Role::Bind if !class.binds() => KEPT,
            Role::Constant if self.is_returned(index) => OUTSIDE,
            Role::Constant if class == Class::Return => self.tree.children(node).next().unwrap_or(node),
            Role::Constant if self.leaves_with(node, prior) => self.statement(node),
            // Names of keywords, with the span of what is called.
            Role::Constant if self.roles[index + 1..].iter().find(|&&role| role != Role::Keep) == Some(&Role::NamedCall) => KEPT,
            Role::Constant => self.piece(node, prior),
            Role::LoadName | Role::TwoNames | Role::Bind => node,
            Role::Call if self.tree.field(node) == Field::Decorator && prior == self.tree.parent(node) => prior,
            Role::With => self.statement(node),
            Role::Iterate if self.tree.field(node) == Field::Iter => self.statement(node),
            Role::Gather if self.is_element(node) => self.statement(node),
            Role::Format if self.is_piece(node) => self.above(prior, Class::FormattedValue).unwrap_or(node),
            Role::Join => self.above(prior, Class::JoinedStr).filter(|_| self.is_piece(node)).unwrap_or(node),
            Role::Branch => self.branch(index, node, prior),
            _ if self.follows_outside_yield(index) => OUTSIDE,
            Role::Yield if self.is_element(node) && class != Class::Yield && class != Class::Await => self.statement(node),
            _ if exact && self.lends(node) && prior == self.statement(node) => prior,
            _ if self.is_piece(node) => self.whole(node),
            _ => node,
        }
    }

    /// Whether a `NOP` stands for a node, not for the end of what came before.
    fn is_marked(&self, node: u32) -> bool {
        use Class::*;
        let class = self.tree.class(node);
        matches!(class, Break | Continue | Return | While | Try | With | Constant) || class.is_plain()
    }

    /// `e = None; del e` at the end of `except … as e`, with the span of whatever came last.
    fn clears_a_name(&self, index: usize) -> bool {
        (0..3).any(|back| index >= back && self.clears_from(index - back))
    }

    fn clears_from(&self, first: usize) -> bool {
        if self.roles[first] != Role::Constant {
            return false;
        }
        let Some([constant, store, delete]) = self.instructions.get(first..first + 3) else { return false };
        let place = |instruction: &Instruction| (instruction.bstart, instruction.bend);
        self.roles[first + 1] == Role::Bind
            && self.roles[first + 2] == Role::Bind
            && store.argument == delete.argument
            && store.opcode != delete.opcode
            && place(constant) == place(store)
            && place(store) == place(delete)
    }

    /// The `None` of a return that nobody wrote.
    fn is_returned(&self, index: usize) -> bool {
        let (this, Some(next)) = (&self.instructions[index], self.instructions.get(index + 1)) else { return false };
        !self.is_lambda
            && self.roles[index + 1] == Role::Return
            && (this.bstart, this.bend) == (next.bstart, next.bend)
            && self.tree.class(self.nodes[index]) != Class::Return
            && !self.is_returned_constant(index, self.nodes[index])
    }

    /// Whether an instruction has the span of the constant that a `return` gives: up to 3.11 CPython lends it to the `return` as well.
    fn is_returned_constant(&self, index: usize, node: u32) -> bool {
        let instruction = &self.instructions[index];
        self.tree.spans[node as usize] == (instruction.bstart, instruction.bend) && self.tree.class(self.tree.parent(node)) == Class::Return
    }

    /// Whether a constant is the first of three that `__exit__` is called with: nothing of the context is evaluated before it.
    fn leaves_with(&self, node: u32, prior: u32) -> bool {
        let inside = is_node(prior) && self.tree.within(prior, node);
        self.tree.field(node) == Field::Item && self.tree.class(node) != Class::Constant && !inside
    }

    /// The statement or comprehension that a part of it lends its span to; not a node of this scope: outside.
    fn statement(&self, node: u32) -> u32 {
        let found = match self.tree.field(node) {
            Field::Decorator => self.tree.parent(node),
            Field::Item => self.above(node, Class::With).unwrap_or(node),
            _ if self.tree.class(node) == Class::With => node,
            _ => match self.tree.parent(node) {
                parent if self.tree.class(parent) == Class::Comprehension => self.tree.parent(parent),
                parent => parent,
            },
        };
        if self.scope.has(found) { found } else { OUTSIDE }
    }

    /// Whether CPython gives instructions of the statement around it the span of a node.
    fn lends(&self, node: u32) -> bool {
        matches!(self.tree.field(node), Field::Iter | Field::Item | Field::Decorator)
    }

    /// Whether a node is what a comprehension gathers.
    fn is_element(&self, node: u32) -> bool {
        self.tree.field(node) == Field::Element && self.tree.class(self.tree.parent(node)).is_comprehension()
    }

    /// The comprehension that takes the element evaluated last. Up to 3.11 CPython gives that instruction the span of its last condition.
    fn gathers(&self, node: u32, prior: u32) -> Option<u32> {
        let element = self.scope.upwards(self.tree, prior).find(|&node| self.is_element(node))?;
        (!self.tree.within(node, element)).then(|| self.statement(element))
    }

    /// The nearest node of a class around `node`, without itself.
    fn above(&self, node: u32, class: Class) -> Option<u32> {
        if !is_node(node) {
            return None;
        }
        self.tree.upwards(node).skip(1).find(|&above| self.tree.class(above) == class)
    }

    /// `RESUME` and `POP_TOP` behind the `yield` that a generator expression makes of its element.
    fn follows_outside_yield(&self, index: usize) -> bool {
        (1..=2).any(|back| index >= back && self.roles[index - back] == Role::Yield && self.owners[index - back] == OUTSIDE)
    }

    /// Whether a node is a piece of a formatted string that has the span of the whole (up to 3.11).
    fn is_piece(&self, node: u32) -> bool {
        matches!(self.tree.class(node), Class::Constant | Class::FormattedValue | Class::JoinedStr) && self.whole(node) != node
    }

    /// The outermost formatted string with the span of a node.
    fn whole(&self, node: u32) -> u32 {
        let spans = &self.tree.spans;
        let same = self.tree.upwards(node).take_while(|&above| spans[above as usize] == spans[node as usize]);
        same.filter(|&above| self.tree.class(above) == Class::JoinedStr).last().unwrap_or(node)
    }

    /// The constant among the pieces of a formatted string that comes after what was evaluated last.
    fn piece(&self, node: u32, prior: u32) -> u32 {
        if !self.is_piece(node) {
            return node;
        }
        let whole = self.whole(node);
        let next = if !is_node(prior) || !self.tree.within(prior, whole) || prior == whole {
            self.tree.children(whole).next()
        } else if self.tree.class(prior) == Class::FormattedValue {
            Some(self.tree.ends[prior as usize]).filter(|&next| next < self.tree.ends[self.tree.parent(prior) as usize])
        } else {
            let value = self.above(prior, Class::FormattedValue);
            value.and_then(|value| self.tree.children(value).nth(1)).and_then(|specification| self.tree.children(specification).next())
        };
        next.filter(|&next| self.tree.class(next) == Class::Constant).unwrap_or(node)
    }

    /// What a conditional jump decides: an operator that still has operands, else the statement that tests.
    fn branch(&self, index: usize, node: u32, prior: u32) -> u32 {
        if !is_node(prior) {
            return node;
        }
        if is_node(node) && self.lends(node) && prior == self.statement(node) {
            return prior;
        }
        if self.is_inside_comparison(index) {
            return prior;
        }
        let mut at = prior;
        loop {
            let parent = self.tree.parent(at);
            match self.tree.class(parent) {
                Class::BoolOp if !self.tree.is_last(at) => return parent,
                Class::IfExp if self.tree.field(at) == Field::Test => return parent,
                Class::BoolOp | Class::IfExp | Class::UnaryOp | Class::NamedExpr => at = parent,
                Class::Comprehension if self.tree.field(at) == Field::Test => return self.statement(at),
                _ if self.tree.field(at) == Field::Test => return parent,
                _ => return node,
            }
        }
    }

    /// Whether the jump is that of `a < b` in `a < b < c`: the comparison has kept a copy of `b`.
    fn is_inside_comparison(&self, index: usize) -> bool {
        let compared = (1..=2).find(|&back| index >= back && self.roles[index - back] == Role::Compare);
        compared.is_some_and(|back| index > back && self.roles[index - back - 1] == Role::Copy)
    }

    /// The comprehension or statement that a name stands in.
    fn evaluated_with(&self, name: u32) -> u32 {
        let is_whole = |&node: &u32| self.tree.class(node).is_comprehension() || self.tree.is_statement(node);
        self.tree.upwards(name).find(is_whole).unwrap_or(name)
    }

    /// For an instruction that evaluates two names: the next name that no instruction has the span of. A statement and a comprehension
    /// evaluate last what they begin with.
    fn second_names(&self) -> Vec<(usize, u32)> {
        let pairs: Vec<usize> = (0..self.roles.len()).filter(|&index| self.roles[index] == Role::TwoNames).collect();
        if pairs.is_empty() {
            return Vec::new();
        }
        let is_name = |role: Role| matches!(role, Role::LoadName | Role::TwoNames | Role::Bind);
        let named = self.nodes.iter().zip(self.roles).filter(|&(_, &role)| is_name(role));
        let mut taken: FxHashSet<u32> = named.map(|(&node, _)| node).collect();
        let mut found = Vec::new();
        for index in pairs.into_iter().filter(|&index| is_node(self.owners[index])) {
            let first = self.owners[index];
            let around = self.evaluated_with(first);
            let end = self.tree.ends[around as usize];
            let order = (first + 1..end).chain(around..first).chain(end..self.tree.len().min(end.saturating_add(REACH)));
            let is_free = |node: &u32| self.tree.class(*node) == Class::Name && self.scope.has(*node) && !taken.contains(node);
            if let Some(node) = order.take(2 * REACH as usize).find(is_free) {
                taken.insert(node);
                found.push((index, node));
            }
        }
        found
    }
}

/// How many nodes behind the first name of an instruction the second one is looked for.
const REACH: u32 = 256;
