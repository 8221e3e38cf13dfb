//! One code object as it is published, be it drawn from bytecode or from syntax: its graph, where its blocks stand, what each finishes.

use crate::table::NULL_I32;

use super::blocks::{Block, Graph};
use super::instructions::Instruction;
use super::steps::Step;

/// Where a block stands in the source; lines and spans may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Smallest and largest line.
    pub first_line: i32,
    pub last_line: i32,
    /// Lines of what runs first and last.
    pub entered: i32,
    pub left: i32,
    pub span: Option<(i32, i32)>,
}

pub struct Drawing {
    pub graph: Graph,
    /// One for each block.
    pub places: Vec<Place>,
    /// Block by block.
    pub steps: Vec<Step>,
}

impl Place {
    /// Of lines in the order in which they run.
    pub fn new(lines: impl DoubleEndedIterator<Item = i32> + Clone, span: Option<(i32, i32)>) -> Self {
        let or_null = |line: Option<i32>| line.unwrap_or(NULL_I32);
        Self {
            first_line: or_null(lines.clone().min()),
            last_line: or_null(lines.clone().max()),
            entered: or_null(lines.clone().next()),
            left: or_null(lines.clone().next_back()),
            span,
        }
    }

    /// Of a block of instructions, inside the span of their code object.
    pub fn of_instructions(instructions: &[Instruction], block: &Block, owner: (i32, i32)) -> Self {
        let body = &instructions[block.first..block.end];
        let lines = body.iter().map(|instruction| instruction.line).filter(|&line| line != NULL_I32);
        Self::new(lines, hull(body, owner))
    }
}

/// From the first byte to the last that a block's instructions cover, inside the span of their code object. Jumps count only where
/// there is nothing else: CPython gives many of them the whole statement that they belong to.
fn hull(body: &[Instruction], owner: (i32, i32)) -> Option<(i32, i32)> {
    let (bstart, bend) =
        cover(body.iter().filter(|instruction| instruction.target.is_none()).map(span)).or_else(|| cover(body.iter().map(span)))?;
    let (bstart, bend) = (bstart.max(owner.0), bend.min(owner.1));
    (bstart < bend).then_some((bstart, bend))
}

fn span(instruction: &Instruction) -> (i32, i32) {
    (instruction.bstart, instruction.bend)
}

/// The smallest span around all that are not empty.
pub fn cover(spans: impl Iterator<Item = (i32, i32)>) -> Option<(i32, i32)> {
    spans.filter(|(bstart, bend)| bstart < bend).reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)))
}
