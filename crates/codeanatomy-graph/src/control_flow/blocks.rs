//! Basic blocks of one code object and every edge between them that the interpreter can take. Edges do not say how likely they are.

use super::exceptions::Protected;
use super::instructions::Instruction;
use super::interpreter::{Flow, Interpreter, Taken};

/// Instructions that run one after the other, as a range of indices, with one handler or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub first: usize,
    pub end: usize,
    /// Block of the handler that gets its exceptions.
    pub handler: Option<usize>,
    /// Whether control can leave the code object at its end: a return, or a raise that no handler here gets.
    pub exit: bool,
}

/// What sends control along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// No condition.
    Next,
    /// The condition held, the iterator had a value, the awaited one yielded.
    True,
    /// The condition did not hold, the iterator was exhausted, the awaited one returned.
    False,
    Exception,
    /// A generator gave a value away and is resumed.
    Yields,
    /// A coroutine waited and is resumed.
    Awaits,
}

impl Way {
    pub const ALL: [Way; 6] = [Way::Next, Way::True, Way::False, Way::Exception, Way::Yields, Way::Awaits];

    pub fn name(self) -> &'static str {
        match self {
            Way::Next => "next",
            Way::True => "true",
            Way::False => "false",
            Way::Exception => "exception",
            Way::Yields => "yields",
            Way::Awaits => "awaits",
        }
    }
}

/// An edge between blocks, ordered by its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub src: usize,
    pub dst: usize,
    pub way: Way,
}

/// What the source text of a jump on None asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    IsNone,
    IsNotNone,
}

/// One code object as blocks and edges.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// In order of offsets: the first one is the entry.
    pub blocks: Vec<Block>,
    /// In order, each once.
    pub edges: Vec<Edge>,
}

/// The blocks that each block leads to, in one list.
pub struct Successors {
    ends: Vec<usize>,
    targets: Vec<usize>,
}

impl Successors {
    /// From pairs in order of their first ends, of blocks below `count`; a pair that comes twice in a row counts once.
    pub fn new(count: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let (mut ends, mut targets) = (Vec::with_capacity(count), Vec::new());
        let mut last = None;
        for pair in pairs.filter(|&pair| last.replace(pair) != Some(pair)) {
            ends.resize(pair.0, targets.len());
            targets.push(pair.1);
        }
        ends.resize(count, targets.len());
        Self { ends, targets }
    }

    /// The same ways backwards; each of `starts` is led to by one block more, the last one.
    pub fn reversed(&self, starts: &[usize]) -> Self {
        let (mut ends, last) = (vec![0; self.ends.len() + 1], self.ends.len());
        self.targets.iter().for_each(|&target| ends[target] += 1);
        let mut sum = 0;
        for end in &mut ends {
            (*end, sum) = (sum, sum + *end);
        }
        let mut targets = vec![0; self.targets.len()];
        for block in 0..last {
            for &target in self.of(block) {
                targets[ends[target]] = block;
                ends[target] += 1;
            }
        }
        targets.extend(starts);
        ends[last] = targets.len();
        Self { ends, targets }
    }

    pub fn of(&self, block: usize) -> &[usize] {
        let first = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.targets[first..self.ends[block]]
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Cuts instructions into blocks and joins them. `asked` says what a jump on None asks, where the source has an `is`.
pub fn graph(
    interpreter: &Interpreter,
    instructions: &[Instruction],
    ranges: &[Protected],
    asked: impl Fn(&Instruction) -> Option<Asked>,
) -> Result<Graph, String> {
    if instructions.is_empty() {
        return Err("instructions: there are none".to_string());
    }
    let body = Body { interpreter, instructions, ranges };
    let mut graph = Graph { blocks: body.blocks()?, edges: Vec::new() };
    for number in 0..graph.blocks.len() {
        body.leave(&mut graph, number, &asked)?;
    }
    graph.edges.sort_unstable();
    graph.edges.dedup();
    Ok(graph)
}

struct Body<'a> {
    interpreter: &'a Interpreter,
    instructions: &'a [Instruction],
    ranges: &'a [Protected],
}

impl Body<'_> {
    fn flow(&self, instruction: &Instruction) -> Flow {
        self.interpreter.opcode(instruction.opcode).map_or(Flow::Next, |opcode| opcode.flow)
    }

    /// Index of the instruction that starts at a byte offset.
    fn index(&self, offset: i32) -> Result<usize, String> {
        let index = self.instructions.binary_search_by_key(&offset, |instruction| instruction.offset);
        index.map_err(|_| format!("instructions: control goes to {offset}, where none starts"))
    }

    fn blocks(&self) -> Result<Vec<Block>, String> {
        let leaders = self.leaders()?;
        let starts: Vec<usize> = (0..leaders.len()).filter(|&index| leaders[index]).collect();
        let ends = starts.iter().skip(1).copied().chain([leaders.len()]);
        starts.iter().zip(ends).map(|(&first, end)| Ok(Block { first, end, handler: self.handler(first, &starts)?, exit: false })).collect()
    }

    /// Which instructions start a block.
    fn leaders(&self) -> Result<Vec<bool>, String> {
        let mut leaders = vec![false; self.instructions.len() + 1];
        leaders[0] = true;
        for (index, instruction) in self.instructions.iter().enumerate() {
            if let Some(target) = instruction.target {
                leaders[self.index(target)?] = true;
            }
            if self.flow(instruction) != Flow::Next {
                leaders[index + 1] = true;
            }
        }
        for range in self.ranges {
            leaders[self.index(range.handler)?] = true;
            for border in [range.start, range.end] {
                leaders[self.instructions.partition_point(|instruction| instruction.offset < border)] = true;
            }
        }
        leaders.pop();
        Ok(leaders)
    }

    fn handler(&self, first: usize, starts: &[usize]) -> Result<Option<usize>, String> {
        let offset = self.instructions[first].offset;
        let after = self.ranges.partition_point(|range| range.start <= offset);
        let Some(range) = after.checked_sub(1).map(|index| self.ranges[index]).filter(|range| offset < range.end) else {
            return Ok(None);
        };
        Ok(Some(block_of(starts, self.index(range.handler)?)))
    }

    /// Adds the edges that leave one block, and says whether it is an exit.
    fn leave(&self, graph: &mut Graph, number: usize, asked: &impl Fn(&Instruction) -> Option<Asked>) -> Result<(), String> {
        let block = graph.blocks[number];
        let last = block.end - 1;
        let flow = self.flow(&self.instructions[last]);
        let blocks = &graph.blocks;
        let mut ways = self.ways(last, flow, asked)?;
        let falls_off = ways.iter().any(|&(_, index)| index == self.instructions.len());
        ways.retain(|&(_, index)| index < self.instructions.len());
        let edges = ways.iter().map(|&(way, index)| Edge { src: number, dst: blocks.partition_point(|other| other.end <= index), way });
        graph.edges.extend(edges);
        graph.edges.extend(block.handler.map(|dst| Edge { src: number, dst, way: Way::Exception }));
        graph.blocks[number].exit = flow == Flow::Return || falls_off || (flow == Flow::Raise && block.handler.is_none());
        Ok(())
    }

    /// The instructions that may run after `last`, the last one of a block, when it raises nothing.
    fn ways(&self, last: usize, flow: Flow, asked: &impl Fn(&Instruction) -> Option<Asked>) -> Result<Vec<(Way, usize)>, String> {
        let instruction = &self.instructions[last];
        let after = last + 1;
        let target = || instruction.target.map_or(Ok(after), |target| self.index(target));
        Ok(match flow {
            Flow::Return | Flow::Raise => vec![],
            Flow::Next => vec![(Way::Next, after)],
            Flow::Jump => vec![(Way::Next, target()?)],
            Flow::Branch(taken) => branch(holds(taken, asked(instruction)), target()?, after),
            Flow::Send => branch(false, target()?, after),
            Flow::Iterate => {
                let mut ways = branch(false, target()?, after);
                ways.extend(self.behind_end_for(target()?).map(|index| (Way::False, index)));
                ways
            }
            Flow::Yield => {
                let way = self.resumption(last);
                let mut ways = vec![(way, after)];
                if let Some(target) = self.thrown_through(last) {
                    ways.push((way, self.index(target)?));
                }
                ways
            }
        })
    }

    /// From 3.12 an exhausted `FOR_ITER` jumps to an `END_FOR`, but only an inlined generator runs it: others go on behind it,
    /// from 3.13 behind the `POP_TOP` too. That is a way of its own where `break` has made it the start of a block.
    fn behind_end_for(&self, target: usize) -> Option<usize> {
        if !self.interpreter.is(self.instructions[target].opcode, "END_FOR") {
            return None;
        }
        let pops = self.instructions.get(target + 1).is_some_and(|next| self.interpreter.is(next.opcode, "POP_TOP"));
        Some(target + 1 + usize::from(self.interpreter.version >= (3, 13) && pops))
    }

    /// Whether what suspends here gives a value away or waits: a `SEND` before it hands on what another iterator yields.
    fn resumption(&self, last: usize) -> Way {
        let sends = last.checked_sub(1).is_some_and(|before| self.flow(&self.instructions[before]) == Flow::Send);
        let opens =
            |name: &str| self.instructions[last.saturating_sub(5)..last].iter().any(|before| self.interpreter.is(before.opcode, name));
        if sends && !opens("GET_YIELD_FROM_ITER") { Way::Awaits } else { Way::Yields }
    }

    /// In 3.11 `throw()` goes through a `yield from` to the inner generator; when that returns, control goes on where its `SEND` jumps to.
    fn thrown_through(&self, last: usize) -> Option<i32> {
        let before = &self.instructions[last.checked_sub(1)?];
        (self.interpreter.version == (3, 11) && self.flow(before) == Flow::Send).then_some(before.target)?
    }
}

fn block_of(starts: &[usize], index: usize) -> usize {
    starts.partition_point(|&start| start <= index) - 1
}

/// Both ways out of a jump: `holds` is whether the condition holds when it is taken.
fn branch(holds: bool, target: usize, after: usize) -> Vec<(Way, usize)> {
    let (taken, passed) = if holds { (Way::True, Way::False) } else { (Way::False, Way::True) };
    vec![(taken, target), (passed, after)]
}

/// Whether the condition in the source holds when the jump is taken. Without an `is` (patterns, `except*`) a value means success.
fn holds(taken: Taken, asked: Option<Asked>) -> bool {
    match taken {
        Taken::True => true,
        Taken::False => false,
        Taken::None => asked == Some(Asked::IsNone),
        Taken::NotNone => asked != Some(Asked::IsNone),
    }
}
