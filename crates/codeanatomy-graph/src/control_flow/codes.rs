//! The code objects of a run as they came, file by file. Undecoded.

use crate::operator::OperatorError;
use crate::table::{Column, Ragged, Str, Strings, Table};

use super::instructions::Undecoded;
use super::sources::Sources;

/// The port `code`, column by column.
pub struct Codes<'a> {
    pub files: &'a [i64],
    pub numbers: &'a [i32],
    pub parents: &'a [i32],
    pub constants: &'a [i32],
    pub names: &'a [Str],
    pub first_lines: &'a [i32],
    pub flags: &'a [i32],
    instructions: &'a Ragged<u8>,
    positions: &'a Ragged<u8>,
    exceptions: &'a Ragged<u8>,
}

impl<'a> Codes<'a> {
    pub fn new(table: &'a Table) -> Self {
        let [
            (_, Column::I64(files)),
            (_, Column::I32(numbers)),
            (_, Column::I32(parents)),
            (_, Column::I32(constants)),
            (_, Column::Str(names)),
            (_, Column::I32(first_lines)),
            (_, Column::I32(flags)),
            (_, Column::Binary(instructions)),
            (_, Column::Binary(positions)),
            (_, Column::Binary(exceptions)),
        ] = table.columns.as_slice()
        else {
            unreachable!("columns of the port `code`")
        };
        Self { files, numbers, parents, constants, names, first_lines, flags, instructions, positions, exceptions }
    }

    pub fn undecoded(&self, row: usize) -> Undecoded<'a> {
        Undecoded { instructions: self.instructions.row(row), positions: self.positions.row(row), first_line: self.first_lines[row] }
    }

    pub fn exceptions(&self, row: usize) -> &'a [u8] {
        self.exceptions.row(row)
    }

    /// Rows in order of path and number: parents come before their children.
    pub fn ordered(&self, sources: &Sources<'_>, strings: &Strings) -> Result<Vec<usize>, OperatorError> {
        let mut rows: Vec<(&str, i32, usize)> = Vec::with_capacity(self.files.len());
        for row in 0..self.files.len() {
            rows.push((strings.text(sources.file(self.files[row])?.path), self.numbers[row], row));
        }
        rows.sort_unstable();
        Ok(rows.into_iter().map(|(_, _, row)| row).collect())
    }

    /// Fails unless the rows of one file are numbered from 0 without a gap and each but the first has a parent before it.
    pub fn check(&self, rows: &[usize], path: &str) -> Result<(), OperatorError> {
        for (place, &row) in (0i32..).zip(rows) {
            let sound = if place == 0 { self.parents[row] == -1 } else { (0..place).contains(&self.parents[row]) };
            if self.numbers[row] != place || !sound {
                let (number, parent) = (self.numbers[row], self.parents[row]);
                return Err(OperatorError::Input(format!("{path}: code object {number} with parent {parent} is row {place} of its file")));
            }
        }
        Ok(())
    }
}
