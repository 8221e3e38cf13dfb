//! Byte offsets to lines and columns. Lines and columns start at 1; columns count characters (code points).

use rustc_hash::FxHashMap;

use crate::table::Ragged;

/// Where a byte offset is for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: i32,
    pub col: i32,
}

/// The lines of every file, by file id (`file_lines`).
pub struct Lines<'a> {
    rows: FxHashMap<i64, usize>,
    starts: &'a Ragged<i32>,
    continuations: &'a Ragged<i32>,
}

/// The lines of one file.
#[derive(Clone, Copy)]
pub struct FileLines<'a> {
    pub starts: &'a [i32],
    pub continuations: &'a [i32],
}

impl<'a> Lines<'a> {
    pub fn new(file_ids: &[i64], starts: &'a Ragged<i32>, continuations: &'a Ragged<i32>) -> Self {
        let rows = file_ids.iter().enumerate().map(|(row, &file)| (file, row)).collect();
        Self { rows, starts, continuations }
    }

    /// The lines of a file, if the table has it.
    pub fn file(&self, file_id: i64) -> Option<FileLines<'a>> {
        self.rows.get(&file_id).map(|&row| FileLines { starts: self.starts.row(row), continuations: self.continuations.row(row) })
    }
}

impl FileLines<'_> {
    /// The position of a byte offset. An offset at the end of the file is on its last line.
    pub fn position(&self, offset: i32) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let wide = if self.continuations.is_empty() {
            0
        } else {
            self.continuations.partition_point(|&byte| byte < offset) - self.continuations.partition_point(|&byte| byte < start)
        };
        Position { line: line as i32, col: offset - start - wide as i32 + 1 }
    }

    /// The byte offset of a line (from 1) and a column in bytes (from 0), as CPython counts them.
    pub fn offset(&self, line: i32, col: i32) -> Option<i32> {
        self.starts.get(usize::try_from(line).ok()?.checked_sub(1)?).map(|start| start + col)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        // "é = 1\nx\n"
        let lines = FileLines { starts: &[0, 7], continuations: &[1] };
        assert_eq!(lines.position(0), Position { line: 1, col: 1 });
        assert_eq!(lines.position(2), Position { line: 1, col: 2 });
        assert_eq!(lines.position(7), Position { line: 2, col: 1 });
        assert_eq!(lines.position(9), Position { line: 2, col: 3 });
        assert_eq!(lines.offset(2, 1), Some(8));
        assert_eq!(lines.offset(3, 0), None);
    }
}
