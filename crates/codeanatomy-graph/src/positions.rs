//! Byte offsets to lines and columns. Lines and columns start at 1; columns count characters (code points).

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::table::{NULL_I32, Ragged, Runs};

/// Where a byte offset is for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: i32,
    pub col: i32,
}

/// The lines of every file, by file id (`file_lines`): its own, or columns that it borrows.
#[derive(Debug)]
pub struct Lines<T> {
    rows: FxHashMap<i64, usize>,
    starts: T,
    continuations: T,
}

/// The lines of one file.
#[derive(Clone, Copy)]
pub struct FileLines<'a> {
    pub starts: &'a [i32],
    pub continuations: &'a [i32],
}

impl<T> Lines<T> {
    pub fn new(file_ids: &[i64], starts: T, continuations: T) -> Self {
        let rows = file_ids.iter().enumerate().map(|(row, &file)| (file, row)).collect();
        Self { rows, starts, continuations }
    }
}

impl<'a> Lines<&'a Ragged<i32>> {
    /// The lines of a file, if the table has it.
    pub fn file(&self, file_id: i64) -> Option<FileLines<'a>> {
        self.rows.get(&file_id).map(|&row| FileLines { starts: self.starts.row(row), continuations: self.continuations.row(row) })
    }
}

impl Lines<Ragged<i32>> {
    /// The lines of a file; one line where the table does not have it.
    pub fn of(&self, file_id: i64) -> FileLines<'_> {
        match self.rows.get(&file_id) {
            Some(&row) => FileLines { starts: self.starts.row(row), continuations: self.continuations.row(row) },
            None => FileLines { starts: &[0], continuations: &[] },
        }
    }
}

/// Positions of one file's offsets. Remembers the last line: offsets mostly come in order.
pub struct Cursor<'a> {
    lines: FileLines<'a>,
    line: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(lines: FileLines<'a>) -> Self {
        Self { lines, line: 0 }
    }

    /// The position of a byte offset.
    pub fn position(&mut self, offset: i32) -> Position {
        let starts = self.lines.starts;
        let offset = self.lines.behind_mark(offset);
        let holds =
            |line: usize| starts.get(line).is_some_and(|&start| start <= offset) && starts.get(line + 1).is_none_or(|&next| next > offset);
        if holds(self.line + 1) {
            self.line += 1;
        } else if !holds(self.line) {
            self.line = starts.partition_point(|&start| start <= offset).max(1) - 1;
        }
        if self.lines.continuations.is_empty() {
            return Position { line: self.line as i32 + 1, col: offset - starts.get(self.line).copied().unwrap_or(0) + 1 };
        }
        self.lines.position(offset)
    }
}

/// One half of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Line,
    Col,
}

/// That half of the positions of some rows' offsets, of which the file ids are in runs. A null stays one.
pub fn parts(part: Part, lines: &Lines<Ragged<i32>>, files: &Runs<i64>, offsets: &[i32], rows: Range<usize>) -> Vec<i32> {
    let mut parts = Vec::with_capacity(rows.len());
    for (file, rows) in files.pieces(rows) {
        let mut cursor = Cursor::new(lines.of(file));
        parts.extend(offsets[rows].iter().map(|&offset| match part {
            _ if offset == NULL_I32 => NULL_I32,
            Part::Line => cursor.position(offset).line,
            Part::Col => cursor.position(offset).col,
        }));
    }
    parts
}

impl FileLines<'_> {
    /// The position of a byte offset. An offset at the end of the file is on its last line.
    pub fn position(&self, offset: i32) -> Position {
        let offset = self.behind_mark(offset);
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let wide = if self.continuations.is_empty() {
            0
        } else {
            self.continuations.partition_point(|&byte| byte < offset) - self.continuations.partition_point(|&byte| byte < start)
        };
        Position { line: line as i32, col: offset - start - wide as i32 + 1 }
    }

    /// A byte order mark stands before the first line: what begins there begins with that.
    fn behind_mark(&self, offset: i32) -> i32 {
        offset.max(self.starts.first().copied().unwrap_or(0))
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
    fn a_cursor_finds_what_a_search_finds() {
        for lines in [FileLines { starts: &[0, 7, 8, 30], continuations: &[] }, FileLines { starts: &[3, 7, 8], continuations: &[10, 11] }]
        {
            let mut cursor = Cursor::new(lines);
            for offset in [0, 3, 4, 7, 8, 29, 30, 5, 31, 7, 3, 10, 12] {
                assert_eq!(cursor.position(offset), lines.position(offset), "{offset}");
            }
        }
        // Before the first line, where a byte order mark is.
        assert_eq!(Cursor::new(FileLines { starts: &[3], continuations: &[] }).position(0), Position { line: 1, col: 1 });
    }

    #[test]
    fn parts_are_those_of_the_file_of_each_row() {
        let (mut starts, mut continuations) = (Ragged::default(), Ragged::default());
        starts.push(&[0, 10]);
        starts.push(&[0, 4]);
        continuations.push(&[]);
        continuations.push(&[5]);
        let lines = Lines::new(&[8, 9], starts, continuations);
        let mut files = Runs::default();
        [8, 8, 9, 9, 9].into_iter().for_each(|file| files.push(file));
        let offsets = [3, 12, 3, NULL_I32, 7];
        assert_eq!(parts(Part::Line, &lines, &files, &offsets, 0..5), [1, 2, 1, NULL_I32, 2]);
        assert_eq!(parts(Part::Col, &lines, &files, &offsets, 1..5), [3, 4, NULL_I32, 3]);
    }

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
