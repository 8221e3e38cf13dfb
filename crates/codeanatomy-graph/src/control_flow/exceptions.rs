//! CPython's exception table (`co_exceptiontable`, from 3.11): which instructions a handler protects. It says nothing of what is caught.

/// Instructions from `start` up to `end` (byte offsets) whose exceptions go to the instruction at `handler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected {
    pub start: i32,
    pub end: i32,
    pub handler: i32,
    /// Values left on the stack for the handler.
    pub depth: i32,
    /// Whether the handler also finds the offset of the instruction that raised.
    pub lasti: bool,
}

/// The ranges in order; they do not overlap (`Objects/exception_handling_notes.txt`).
pub fn protected(table: &[u8]) -> Result<Vec<Protected>, String> {
    let mut rest = table.iter();
    let mut ranges = Vec::new();
    while !rest.as_slice().is_empty() {
        let start = number(&mut rest)?.wrapping_mul(2);
        let end = start.wrapping_add(number(&mut rest)?.wrapping_mul(2));
        let handler = number(&mut rest)?.wrapping_mul(2);
        let depth = number(&mut rest)?;
        ranges.push(Protected { start, end, handler, depth: depth >> 1, lasti: depth & 1 == 1 });
    }
    Ok(ranges)
}

/// Six bits a byte, the highest first; bit 6 says that more follow.
fn number(rest: &mut std::slice::Iter<'_, u8>) -> Result<i32, String> {
    let mut value = 0i32;
    for _ in 0..5 {
        let byte = rest.next().ok_or("exception table: it ends inside an entry")?;
        value = value << 6 | i32::from(byte & 63);
        if byte & 64 == 0 {
            return Ok(value);
        }
    }
    Err("exception table: a number is too large".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_the_compiler_wrote_them() {
        // A range of units 4..9 to unit 20 with depth 0, then units 70..71 to unit 130 with depth 3 and lasti.
        let table = [0x80 | 4, 5, 20, 0, 0x80 | 0x40 | 1, 6, 1, 0x40 | 2, 2, 7];
        let expected = [
            Protected { start: 8, end: 18, handler: 40, depth: 0, lasti: false },
            Protected { start: 140, end: 142, handler: 260, depth: 3, lasti: true },
        ];
        assert_eq!(protected(&table), Ok(expected.to_vec()));
        assert_eq!(protected(&[]), Ok(vec![]));
    }

    #[test]
    fn a_broken_table_is_refused() {
        assert_eq!(protected(&[0x84, 5, 20]), Err("exception table: it ends inside an entry".to_string()));
        assert_eq!(protected(&[0xff, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f]), Err("exception table: a number is too large".to_string()));
    }
}
