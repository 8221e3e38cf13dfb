//! Where each expression and statement of a code object is finished: the block and the place in it. Exceptions finish nothing.
//!
//! A node is finished where control leaves the instructions that are tied to it or to what stands in it. Where several ways out meet in
//! one block, as those of `a and b` do, it is finished at the start of that block.

use rustc_hash::FxHashSet;

use super::blocks::{Graph, Successors, Way};
use super::instructions::Instruction;
use super::interpreter::{Flow, Interpreter, Role};
use super::scope::Scope;
use super::syntax::{Class, Field, NONE, Tree};
use super::tie::{KEPT, OUTSIDE, Tied, is_node};

/// One evaluation of a node in a block; those of a block come in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub block: usize,
    pub node: u32,
}

/// The steps of one code object, block by block.
pub fn steps(
    interpreter: &Interpreter,
    instructions: &[Instruction],
    graph: &Graph,
    syntax: (&Tree, &Scope),
    tied: &mut Tied,
) -> Vec<Step> {
    let (tree, scope) = syntax;
    let mut block_of = Vec::with_capacity(instructions.len());
    graph.blocks.iter().zip(0..).for_each(|(block, number)| block_of.resize(block.end, number));
    let ways = graph.edges.iter().filter(|edge| edge.way != Way::Exception);
    let normal = Successors::new(graph.blocks.len(), ways.map(|edge| (edge.src, edge.dst)));
    let mut entries = vec![0; graph.blocks.len()];
    (0..normal.len()).flat_map(|block| normal.of(block)).for_each(|&target| entries[target] += 1);
    let mut walk =
        Walk { interpreter, instructions, graph, tree, scope, tied, block_of, normal, entries, exits: Vec::new(), places: Vec::new() };
    walk.delayed_returns();
    walk.leave_all();
    walk.place_all();
    walk.steps()
}

/// A way on which control leaves a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Exit {
    node: u32,
    /// Behind the last of it that runs.
    at: Point,
    /// The block that is entered, or none inside a block.
    target: u32,
}

/// A point between instructions: three times an index is before it, one more is between the two names of one instruction, two more is after it.
type Point = u32;

struct Walk<'a> {
    interpreter: &'a Interpreter,
    instructions: &'a [Instruction],
    graph: &'a Graph,
    tree: &'a Tree,
    scope: &'a Scope,
    tied: &'a mut Tied,
    block_of: Vec<u32>,
    /// Blocks that each block passes control to when nothing is raised.
    normal: Successors,
    /// From how many blocks each block is entered so.
    entries: Vec<usize>,
    exits: Vec<Exit>,
    places: Vec<(Point, u32)>,
}

impl Walk<'_> {
    fn role(&self, index: usize) -> Role {
        self.interpreter.role(self.instructions[index].opcode)
    }

    fn flow(&self, index: usize) -> Flow {
        self.interpreter.opcode(self.instructions[index].opcode).map_or(Flow::Next, |opcode| opcode.flow)
    }

    fn is_last_of_block(&self, index: usize) -> bool {
        self.graph.blocks[self.block_of[index] as usize].end == index + 1
    }

    /// What may run after an instruction when nothing is raised, and the block that is entered, if one is.
    fn nexts(&self, index: usize) -> impl Iterator<Item = (usize, u32)> {
        let is_last = self.is_last_of_block(index);
        let targets = if is_last { self.after_block(index) } else { &[] };
        let entered = targets.iter().map(|&target| (self.graph.blocks[target].first, target as u32));
        (!is_last).then_some((index + 1, NONE)).into_iter().chain(entered)
    }

    /// The blocks behind that of an instruction.
    fn after_block(&self, index: usize) -> &[usize] {
        self.normal.of(self.block_of[index] as usize)
    }

    /// A `return` out of `try … finally` or `with` runs behind what these do last, with a span of theirs: ties it to its statement.
    fn delayed_returns(&mut self) {
        if self.graph.blocks.iter().all(|block| block.handler.is_none()) {
            return;
        }
        let mut found = Vec::new();
        for index in (0..self.instructions.len()).filter(|&index| self.role(index) != Role::Return) {
            let owner = self.tied.owners[index];
            let is_return = |&node: &u32| self.tree.class(node) == Class::Return;
            let Some(statement) = self.scope.upwards(self.tree, owner).find(is_return) else { continue };
            for (next, _) in self.nexts(index) {
                let after = self.tied.owners[next];
                if !is_node(after) || !self.tree.within(after, statement) {
                    found.push((next, statement));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        for (start, statement) in found {
            self.tie_returns(start, statement);
        }
    }

    fn tie_returns(&mut self, start: usize, statement: u32) {
        let (mut waiting, mut seen) = (vec![start], FxHashSet::default());
        while let Some(index) = waiting.pop() {
            if !seen.insert(index) {
                continue;
            }
            if self.role(index) != Role::Return {
                waiting.extend(self.nexts(index).map(|(next, _)| next));
            } else if self.tied.owners[index] == OUTSIDE {
                self.tied.owners[index] = statement;
                self.tie_constant(index, statement);
            }
        }
    }

    /// The constant that a delayed return loads, if its statement has one.
    fn tie_constant(&mut self, index: usize, statement: u32) {
        let Some(before) = index.checked_sub(1).filter(|&before| self.role(before) == Role::Constant) else { return };
        if let Some(value) = self.tree.children(statement).next().filter(|&value| self.tree.class(value) == Class::Constant) {
            self.tied.owners[before] = value;
        }
    }

    /// Notes every way out of every node.
    fn leave_all(&mut self) {
        let mut also = std::mem::take(&mut self.tied.also).into_iter().peekable();
        for index in 0..self.instructions.len() {
            let owner = self.tied.owners[index];
            if let Some((_, second)) = also.next_if(|&(pair, _)| pair == index) {
                let next = Next { owner: second, around: NONE, raised: false };
                self.leave_towards(between(index), owner, &next, NONE);
                self.leave(index, second);
            } else if is_node(owner) {
                self.leave(index, owner);
            }
        }
    }

    fn leave(&mut self, index: usize, owner: u32) {
        match self.flow(index) {
            Flow::Return => {
                let value = self.tree.children(owner).next();
                let constant = value.filter(|_| self.interpreter.is(self.instructions[index].opcode, "RETURN_CONST"));
                self.places.extend(constant.map(|value| (after(index), value)));
                self.places.push((after(index), owner));
            }
            Flow::Raise => {
                if self.tree.class(owner) == Class::Raise {
                    self.places.push((after(index), owner));
                }
            }
            _ => {
                for way in 0.. {
                    let Some((next, target)) = self.nexts(index).nth(way) else { break };
                    let next = self.next_evaluated(index, next);
                    self.leave_towards(after(index), owner, &next, target);
                }
            }
        }
    }

    /// Notes the nodes around `owner` that control leaves on its way from one point to what comes next.
    fn leave_towards(&mut self, at: Point, owner: u32, next: &Next, target: u32) {
        let &Next { owner: next, around, raised } = next;
        let jumped = matches!(self.tree.class(owner), Class::Break | Class::Continue);
        for node in self.scope.upwards(self.tree, owner) {
            let stays =
                is_node(next) && self.tree.within(next, node) && (around == NONE || (is_node(around) && self.tree.within(around, node)));
            let class = self.tree.class(node);
            if stays || (raised && (class.is_comprehension() || matches!(class, Class::Try | Class::With))) {
                break;
            }
            if self.tree.class(node).is_evaluated() && (!jumped || node == owner || self.is_left_by_jump(owner, node)) {
                self.exits.push(Exit { node, at, target });
            }
        }
    }

    /// Whether a node is finished by a `break` in it: the loop that it ends, and what ends with that loop.
    fn is_left_by_jump(&self, jump: u32, node: u32) -> bool {
        let is_loop = |node: u32| matches!(self.tree.class(node), Class::For | Class::While);
        let is_ended = |&inner: &u32| is_loop(self.tree.parent(inner)) && self.tree.field(inner) != Field::Else;
        let ended = self.scope.upwards(self.tree, jump).find(is_ended).map(|inner| self.tree.parent(inner));
        self.tree.class(jump) == Class::Break && ended.is_some_and(|ended| self.tree.within(ended, node))
    }

    /// What is evaluated next from `next` on, and the loop that an iteration on the way there belongs to.
    fn next_evaluated(&self, index: usize, mut next: usize) -> Next {
        let (mut from, mut around) = (index, NONE);
        for _ in 0..=self.instructions.len() {
            if next <= from && self.is_iteration(from) {
                around = self.loop_of(from, next);
            }
            let owner = self.tied.owners[next];
            if owner != KEPT {
                return Next { owner, around, raised: false };
            }
            if self.flow(next) == Flow::Raise {
                return Next { owner: OUTSIDE, around, raised: true };
            }
            let mut ways = self.nexts(next);
            let (Some((after, _)), None) = (ways.next(), ways.next()) else { break };
            (from, next) = (next, after);
        }
        Next { owner: OUTSIDE, around, raised: false }
    }

    fn is_iteration(&self, jump: usize) -> bool {
        self.instructions[jump].target.is_some() && !self.interpreter.is(self.instructions[jump].opcode, "JUMP_BACKWARD_NO_INTERRUPT")
    }

    /// The loop that a jump backwards goes round: one that iterates starts with `FOR_ITER` or `GET_ANEXT`, else it is a `while`.
    fn loop_of(&self, jump: usize, mut head: usize) -> u32 {
        while self.instructions[head].opcode == self.interpreter.extended_arg {
            head += 1;
        }
        if matches!(self.role(head), Role::Iterate | Role::Send) {
            return self.tied.owners[head];
        }
        let node = self.tied.nodes[jump];
        if node == NONE {
            return OUTSIDE;
        }
        let covers = |&node: &u32| {
            self.tree.class(node) == Class::While && (self.tied.nodes[head] == NONE || self.tree.within(self.tied.nodes[head], node))
        };
        self.tree.upwards(node).find(covers).unwrap_or(OUTSIDE)
    }

    /// Turns ways out into points, node by node.
    fn place_all(&mut self) {
        let mut exits = std::mem::take(&mut self.exits);
        exits.sort_unstable();
        exits.dedup();
        for of_node in exits.chunk_by(|left, right| left.node == right.node) {
            self.place(of_node);
        }
    }

    fn place(&mut self, exits: &[Exit]) {
        let node = exits[0].node;
        if self.tree.class(node) == Class::Return {
            return;
        }
        if exits[0].at == exits[exits.len() - 1].at && self.is_whole(exits) {
            self.places.push((exits[0].at, node));
            return;
        }
        let leaving = exits.chunk_by(|left, right| left.at == right.at);
        let (whole, partial): (Vec<&[Exit]>, Vec<&[Exit]>) = leaving.partition(|exits| self.is_whole(exits));
        if partial.is_empty() && whole.iter().all(|exits| self.is_finished_by(instruction(exits[0].at), node)) {
            self.places.extend(whole.iter().map(|exits| (exits[0].at, node)));
            return;
        }
        let mut forced: Vec<usize> = partial.iter().flat_map(|exits| exits.iter().map(|exit| exit.target as usize)).collect();
        let landed = whole.iter().flat_map(|exits| self.landings(exits[0].at)).copied();
        let mut ways: Vec<usize> = forced.iter().copied().chain(landed).collect();
        forced.sort_unstable();
        forced.dedup();
        ways.sort_unstable();
        let count = |target: usize| ways.partition_point(|&way| way <= target) - ways.partition_point(|&way| way < target);
        let start = |target: usize| 3 * self.graph.blocks[target].first as Point;
        let is_ours = |target: &usize| forced.binary_search(target).is_ok() || count(*target) == self.entries[*target];
        let is_met = |target: &usize| forced.binary_search(target).is_ok() || count(*target) > 1;
        let mut points: Vec<Point> = forced.iter().map(|&target| start(target)).collect();
        for at in self.running(node, &whole) {
            match self.landings(at) {
                targets if targets.iter().all(is_ours) && targets.iter().any(is_met) => {
                    points.extend(targets.iter().map(|&target| start(target)))
                }
                _ => points.push(at),
            }
        }
        self.places.extend(points.into_iter().map(|point| (point, node)));
    }

    /// The last instructions of a node; a `break` or `continue` marks its place before what is left on the way, and jumps behind it.
    fn running(&self, node: u32, leaving: &[&[Exit]]) -> Vec<Point> {
        let all = leaving.iter().map(|exits| exits[0].at);
        let jumps: Vec<Point> = all.clone().filter(|&at| self.role(instruction(at)) != Role::Mark).collect();
        let is_jump = matches!(self.tree.class(node), Class::Break | Class::Continue);
        if is_jump && !jumps.is_empty() { jumps } else { all.collect() }
    }

    /// Whether an instruction makes the value of a node by itself: where the test of a loop is there twice, so is what it evaluates.
    fn is_finished_by(&self, index: usize, node: u32) -> bool {
        self.tied.owners[index] == node && !matches!(self.role(index), Role::Branch | Role::Mark | Role::Jump)
    }

    /// Whether a node is left whatever way control takes from an instruction.
    fn is_whole(&self, exits: &[Exit]) -> bool {
        let at = instruction(exits[0].at);
        exits[0].target == NONE || !self.is_last_of_block(at) || exits.len() == self.after_block(at).len()
    }

    /// The blocks that follow when nothing else is evaluated in the block of an instruction; a jump on its value may be left.
    fn landings(&self, at: Point) -> &[usize] {
        let index = instruction(at);
        let block = self.block_of[index] as usize;
        let mut rest = index + 1..self.graph.blocks[block].end;
        let is_nothing = |index: usize| self.tied.owners[index] == KEPT || self.role(index) == Role::Branch;
        if at == after(index) && rest.all(is_nothing) { self.normal.of(block) } else { &[] }
    }

    fn steps(mut self) -> Vec<Step> {
        let tree = self.tree;
        self.places.sort_unstable_by_key(|&(point, node)| (point, tree.ends[node as usize], std::cmp::Reverse(node)));
        self.places.dedup();
        self.places.iter().map(|&(point, node)| Step { block: self.block_of[instruction(point)] as usize, node }).collect()
    }
}

/// What control comes to when it leaves an instruction.
struct Next {
    owner: u32,
    around: u32,
    /// Whether an exception goes on being raised there.
    raised: bool,
}

fn between(index: usize) -> Point {
    3 * index as Point + 1
}

fn after(index: usize) -> Point {
    3 * index as Point + 2
}

/// The instruction that a point is next to.
fn instruction(at: Point) -> usize {
    at as usize / 3
}
