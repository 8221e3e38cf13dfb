//! The rows of the outputs, column by column. It decides nothing.

use crate::operator::Kind;
use crate::positions::FileLines;
use crate::table::{Column, NULL_I32, Runs, Str, Table};

pub const CODE_OBJECTS: &[(&str, Kind)] = &[
    ("id", Kind::I64),
    ("kind", Kind::Str),
    ("name", Kind::Str),
    ("qualified_name", Kind::Str),
    ("file_id", Kind::I64),
    ("path", Kind::Str),
    ("bstart", Kind::I32),
    ("bend", Kind::I32),
    ("line", Kind::I32),
    ("col", Kind::I32),
    ("end_line", Kind::I32),
    ("end_col", Kind::I32),
    ("parent_id", Kind::I64),
    ("definition_id", Kind::I64),
    ("function_id", Kind::I64),
    ("number", Kind::I32),
    ("origin", Kind::Str),
];
pub const BLOCKS: &[(&str, Kind)] = &[
    ("id", Kind::I64),
    ("code_id", Kind::I64),
    ("function_id", Kind::I64),
    ("function", Kind::Str),
    ("path", Kind::Str),
    ("file_id", Kind::I64),
    ("block", Kind::I32),
    ("entry", Kind::Bool),
    ("exit", Kind::Bool),
    ("first_line", Kind::I32),
    ("last_line", Kind::I32),
    ("bstart", Kind::I32),
    ("bend", Kind::I32),
    ("line", Kind::I32),
    ("col", Kind::I32),
    ("end_line", Kind::I32),
    ("end_col", Kind::I32),
    ("origin", Kind::Str),
];
pub const FLOW: &[(&str, Kind)] = &[
    ("src_id", Kind::I64),
    ("dst_id", Kind::I64),
    ("function_id", Kind::I64),
    ("kind", Kind::Str),
    ("src_line", Kind::I32),
    ("dst_line", Kind::I32),
    ("path", Kind::Str),
    ("origin", Kind::Str),
];
pub const STEPS: &[(&str, Kind)] =
    &[("block_id", Kind::I64), ("node_id", Kind::I64), ("seq", Kind::I32), ("path", Kind::Str), ("line", Kind::I32), ("origin", Kind::Str)];
pub const DOMINANCE: &[(&str, Kind)] = &[
    ("kind", Kind::Str),
    ("src_id", Kind::I64),
    ("dst_id", Kind::I64),
    ("label", Kind::Str),
    ("path", Kind::Str),
    ("line", Kind::I32),
    ("origin", Kind::Str),
];
pub const INSTRUCTIONS: &[(&str, Kind)] = &[
    ("code_id", Kind::I64),
    ("offset", Kind::I32),
    ("opcode", Kind::I32),
    ("name", Kind::Str),
    ("argument", Kind::I32),
    ("line", Kind::I32),
    ("bstart", Kind::I32),
    ("bend", Kind::I32),
    ("block", Kind::I32),
];

/// A span in bytes and for people, as outputs show it.
#[derive(Default)]
pub struct Spans {
    bstart: Vec<i32>,
    bend: Vec<i32>,
    line: Vec<i32>,
    col: Vec<i32>,
    end_line: Vec<i32>,
    end_col: Vec<i32>,
}

impl Spans {
    /// A span of a file, or nulls.
    pub fn push(&mut self, span: Option<(i32, i32)>, lines: FileLines<'_>) {
        let (start, end) = (span.map(|span| lines.position(span.0)), span.map(|span| lines.position(span.1)));
        self.bstart.push(span.map_or(NULL_I32, |span| span.0));
        self.bend.push(span.map_or(NULL_I32, |span| span.1));
        self.line.push(start.map_or(NULL_I32, |position| position.line));
        self.col.push(start.map_or(NULL_I32, |position| position.col));
        self.end_line.push(end.map_or(NULL_I32, |position| position.line));
        self.end_col.push(end.map_or(NULL_I32, |position| position.col));
    }

    fn columns(self) -> [(&'static str, Column); 6] {
        [
            ("bstart", Column::I32(self.bstart)),
            ("bend", Column::I32(self.bend)),
            ("line", Column::I32(self.line)),
            ("col", Column::I32(self.col)),
            ("end_line", Column::I32(self.end_line)),
            ("end_col", Column::I32(self.end_col)),
        ]
    }
}

/// Rows of `code_objects`.
#[derive(Default)]
pub struct CodeRows {
    pub id: Vec<i64>,
    pub kind: Vec<Str>,
    pub name: Vec<Str>,
    pub qualified_name: Vec<Str>,
    pub file_id: Vec<i64>,
    pub path: Vec<Str>,
    pub spans: Spans,
    pub parent_id: Vec<i64>,
    pub definition_id: Vec<i64>,
    pub function_id: Vec<i64>,
    pub number: Vec<i32>,
    pub origin: Runs<Str>,
}

impl CodeRows {
    pub fn table(self) -> Table {
        let mut columns = vec![
            ("id", Column::I64(self.id)),
            ("kind", Column::Str(self.kind)),
            ("name", Column::Str(self.name)),
            ("qualified_name", Column::Str(self.qualified_name)),
            ("file_id", Column::I64(self.file_id)),
            ("path", Column::Str(self.path)),
        ];
        columns.extend(self.spans.columns());
        columns.extend([
            ("parent_id", Column::I64(self.parent_id)),
            ("definition_id", Column::I64(self.definition_id)),
            ("function_id", Column::I64(self.function_id)),
            ("number", Column::I32(self.number)),
            ("origin", Column::StrRuns(self.origin)),
        ]);
        Table::new(columns)
    }
}

/// Rows of `blocks`.
#[derive(Default)]
pub struct BlockRows {
    pub id: Vec<i64>,
    pub code_id: Vec<i64>,
    pub function_id: Vec<i64>,
    pub function: Vec<Str>,
    pub path: Vec<Str>,
    pub file_id: Vec<i64>,
    pub block: Vec<i32>,
    pub entry: Vec<Option<bool>>,
    pub exit: Vec<Option<bool>>,
    pub first_line: Vec<i32>,
    pub last_line: Vec<i32>,
    pub spans: Spans,
    pub origin: Runs<Str>,
}

impl BlockRows {
    pub fn table(self) -> Table {
        let mut columns = vec![
            ("id", Column::I64(self.id)),
            ("code_id", Column::I64(self.code_id)),
            ("function_id", Column::I64(self.function_id)),
            ("function", Column::Str(self.function)),
            ("path", Column::Str(self.path)),
            ("file_id", Column::I64(self.file_id)),
            ("block", Column::I32(self.block)),
            ("entry", Column::Bool(self.entry)),
            ("exit", Column::Bool(self.exit)),
            ("first_line", Column::I32(self.first_line)),
            ("last_line", Column::I32(self.last_line)),
        ];
        columns.extend(self.spans.columns());
        columns.push(("origin", Column::StrRuns(self.origin)));
        Table::new(columns)
    }
}

/// Rows of `flow`.
#[derive(Default)]
pub struct FlowRows {
    pub src_id: Vec<i64>,
    pub dst_id: Vec<i64>,
    pub function_id: Vec<i64>,
    pub kind: Vec<Str>,
    pub src_line: Vec<i32>,
    pub dst_line: Vec<i32>,
    pub path: Vec<Str>,
    pub origin: Runs<Str>,
}

impl FlowRows {
    pub fn table(self) -> Table {
        Table::new(vec![
            ("src_id", Column::I64(self.src_id)),
            ("dst_id", Column::I64(self.dst_id)),
            ("function_id", Column::I64(self.function_id)),
            ("kind", Column::Str(self.kind)),
            ("src_line", Column::I32(self.src_line)),
            ("dst_line", Column::I32(self.dst_line)),
            ("path", Column::Str(self.path)),
            ("origin", Column::StrRuns(self.origin)),
        ])
    }
}

/// Rows of `steps`.
#[derive(Default)]
pub struct StepRows {
    pub block_id: Vec<i64>,
    pub node_id: Vec<i64>,
    pub seq: Vec<i32>,
    pub path: Vec<Str>,
    pub line: Vec<i32>,
    pub origin: Runs<Str>,
}

impl StepRows {
    pub fn table(self) -> Table {
        Table::new(vec![
            ("block_id", Column::I64(self.block_id)),
            ("node_id", Column::I64(self.node_id)),
            ("seq", Column::I32(self.seq)),
            ("path", Column::Str(self.path)),
            ("line", Column::I32(self.line)),
            ("origin", Column::StrRuns(self.origin)),
        ])
    }
}

/// Rows of `dominance`.
#[derive(Default)]
pub struct DominanceRows {
    pub kind: Vec<Str>,
    pub src_id: Vec<i64>,
    pub dst_id: Vec<i64>,
    pub label: Vec<Str>,
    pub path: Vec<Str>,
    pub line: Vec<i32>,
    pub origin: Runs<Str>,
}

impl DominanceRows {
    pub fn table(self) -> Table {
        Table::new(vec![
            ("kind", Column::Str(self.kind)),
            ("src_id", Column::I64(self.src_id)),
            ("dst_id", Column::I64(self.dst_id)),
            ("label", Column::Str(self.label)),
            ("path", Column::Str(self.path)),
            ("line", Column::I32(self.line)),
            ("origin", Column::StrRuns(self.origin)),
        ])
    }
}

/// Rows of `instructions`.
#[derive(Default)]
pub struct InstructionRows {
    pub code_id: Vec<i64>,
    pub offset: Vec<i32>,
    pub opcode: Vec<i32>,
    pub name: Vec<Str>,
    pub argument: Vec<i32>,
    pub line: Vec<i32>,
    pub bstart: Vec<i32>,
    pub bend: Vec<i32>,
    pub block: Vec<i32>,
}

impl InstructionRows {
    pub fn table(self) -> Table {
        Table::new(vec![
            ("code_id", Column::I64(self.code_id)),
            ("offset", Column::I32(self.offset)),
            ("opcode", Column::I32(self.opcode)),
            ("name", Column::Str(self.name)),
            ("argument", Column::I32(self.argument)),
            ("line", Column::I32(self.line)),
            ("bstart", Column::I32(self.bstart)),
            ("bend", Column::I32(self.bend)),
            ("block", Column::I32(self.block)),
        ])
    }
}
