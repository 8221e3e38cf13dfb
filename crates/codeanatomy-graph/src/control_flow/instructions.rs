//! The instructions of one code object, with their arguments, jump targets and places. Nothing is said about blocks.

use crate::positions::FileLines;
use crate::table::NULL_I32;

use super::interpreter::{Interpreter, Jump};
use super::locations::{Location, Locations};

/// One instruction; its inline caches belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Byte offset in the code.
    pub offset: i32,
    pub opcode: u8,
    /// With the bits of the `EXTENDED_ARG`s before it; 0 where the opcode takes none.
    pub argument: i32,
    /// Byte offset of the jump target.
    pub target: Option<i32>,
    /// Line from 1, or null.
    pub line: i32,
    /// Bytes of the source, or null; may be empty, where the interpreter marks a place and no text.
    pub bstart: i32,
    pub bend: i32,
}

/// The undecoded parts of a code object that say what its instructions are.
#[derive(Clone, Copy)]
pub struct Undecoded<'a> {
    pub instructions: &'a [u8],
    pub positions: &'a [u8],
    pub first_line: i32,
}

/// The text that positions refer to: its lines and its length in bytes.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub lines: FileLines<'a>,
    pub length: i32,
}

/// Decodes `code` into `out`, which is emptied first.
pub fn decode(interpreter: &Interpreter, code: Undecoded<'_>, text: Text<'_>, out: &mut Vec<Instruction>) -> Result<(), String> {
    out.clear();
    if !code.instructions.len().is_multiple_of(2) {
        return Err("instructions: half a code unit at the end".to_string());
    }
    let mut locations = Locations::new(code.positions, code.first_line);
    let (mut unit, mut extended) = (0usize, 0i32);
    while let Some(&[number, low]) = code.instructions.get(unit * 2..unit * 2 + 2) {
        let opcode = interpreter.opcode(number).ok_or_else(|| format!("instructions: {number} at {} is no opcode", unit * 2))?;
        let argument = extended | i32::from(low);
        // Wraps where the interpreter's does: an argument is a signed 32-bit number.
        extended = if number == interpreter.extended_arg { argument.wrapping_shl(8) } else { 0 };
        let next = unit + 1 + usize::from(opcode.caches);
        let location = locations.unit(unit)?;
        let (bstart, bend) = text.span(location).unwrap_or((NULL_I32, NULL_I32));
        let line = location.line.filter(|&line| line > 0).unwrap_or(NULL_I32);
        let target = target(opcode.jump, next, argument);
        out.push(Instruction { offset: unit as i32 * 2, opcode: number, argument, target, line, bstart, bend });
        unit = next;
    }
    Ok(())
}

/// A jump counts code units from behind the caches of its instruction.
fn target(jump: Jump, next: usize, argument: i32) -> Option<i32> {
    let next = next as i32;
    let unit = match jump {
        Jump::None => return None,
        Jump::Forward => next.wrapping_add(argument),
        Jump::Backward => next.wrapping_sub(argument),
        Jump::Absolute => argument,
    };
    Some(unit.wrapping_mul(2))
}

impl Text<'_> {
    /// The bytes of a location; none where it has no columns or points outside the text (old f-strings).
    fn span(&self, location: Location) -> Option<(i32, i32)> {
        let (start, end) = location.columns?;
        let bstart = self.lines.offset(location.line?, start)?;
        let bend = self.lines.offset(location.end_line?, end)?;
        (bstart >= 0 && bstart <= bend && bend <= self.length).then_some((bstart, bend))
    }
}
