//! The files of a run: path, module name and lines of each. No contents.

use rustc_hash::FxHashMap;

use crate::operator::OperatorError;
use crate::positions::Lines;
use crate::table::{Column, Str, Table};

use super::instructions::Text;

/// One file.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub path: Str,
    pub module: Str,
    pub text: Text<'a>,
}

/// The files, by file id.
pub struct Sources<'a> {
    sources: FxHashMap<i64, Source<'a>>,
}

impl<'a> Sources<'a> {
    /// From the ports `files` and `lines`.
    pub fn new(files: &Table, lines: &'a Table) -> Self {
        let [(_, Column::I64(ids)), (_, Column::Str(paths)), (_, Column::Str(modules))] = files.columns.as_slice() else {
            unreachable!("columns of the port `files`")
        };
        let [(_, Column::I64(line_ids)), (_, Column::I32List(starts)), (_, Column::I32List(continuations)), (_, Column::I32(lengths))] =
            lines.columns.as_slice()
        else {
            unreachable!("columns of the port `lines`")
        };
        let lines = Lines::new(line_ids, starts, continuations);
        let lengths: FxHashMap<i64, i32> = line_ids.iter().copied().zip(lengths.iter().copied()).collect();
        let source = |row: usize| {
            let text = Text { lines: lines.file(ids[row])?, length: lengths[&ids[row]] };
            Some((ids[row], Source { path: paths[row], module: modules[row], text }))
        };
        Self { sources: (0..ids.len()).filter_map(source).collect() }
    }

    pub fn file(&self, file_id: i64) -> Result<Source<'a>, OperatorError> {
        self.sources
            .get(&file_id)
            .copied()
            .ok_or_else(|| OperatorError::Input(format!("code_objects: file {file_id} has no path or no lines")))
    }
}
