//! The output tables of `resolve`: one row type, one buffer and one port each, declared once. No row is computed here.

use std::sync::Arc;

use crate::operator::{Kind, Port};
use crate::positions::{Cursor, FileLines, Lines, Part};
use crate::table::{Column, Positions, Ragged, Runs, Str, Table};

/// Where something is: a span of a file. Lines and columns are computed from it when they are read.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub file_id: i64,
    pub path: Str,
    pub bstart: i32,
    pub bend: i32,
}

/// Makes places of the spans of one file.
pub struct Places<'a> {
    file_id: i64,
    path: Str,
    cursor: Cursor<'a>,
}

impl<'a> Places<'a> {
    pub fn new(file_id: i64, path: Str, lines: FileLines<'a>) -> Self {
        Self { file_id, path, cursor: Cursor::new(lines) }
    }

    /// Line and column of a byte offset.
    pub fn position(&mut self, offset: i32) -> (i32, i32) {
        let position = self.cursor.position(offset);
        (position.line, position.col)
    }

    pub fn place(&self, bstart: i32, bend: i32) -> Place {
        Place { file_id: self.file_id, path: self.path, bstart, bend }
    }
}

macro_rules! scalar {
    (Bool) => { Option<bool> };
    (I32) => { i32 };
    (I64) => { i64 };
    (F64) => { f64 };
    (I64Runs) => { i64 };
    (Str) => { Str };
    (StrRuns) => { Str };
}

macro_rules! buffer {
    (StrRuns) => { Runs<Str> };
    (I64Runs) => { Runs<i64> };
    ($kind:ident) => { Vec<scalar!($kind)> };
}

/// Runs take what they need.
macro_rules! reserve {
    ($column:expr, StrRuns, $rows:expr) => {};
    ($column:expr, I64Runs, $rows:expr) => {};
    ($column:expr, $kind:ident, $rows:expr) => {
        $column.reserve_exact($rows)
    };
}

macro_rules! kind {
    (StrRuns) => {
        Kind::Str
    };
    (I64Runs) => {
        Kind::I64
    };
    ($kind:ident) => {
        Kind::$kind
    };
}

/// The lines of all files.
pub type FileTable = Arc<Lines<Ragged<i32>>>;

/// The columns of places, behind so many others.
fn placed(
    file_id: Runs<i64>,
    path: Runs<Str>,
    bstart: Vec<i32>,
    bend: Vec<i32>,
    others: usize,
    lines: &FileTable,
) -> [(&'static str, Column); 8] {
    let rows = bstart.len();
    let [files, starts, ends] = [others, others + 2, others + 3];
    let positions = |part, offsets| Column::Positions(Positions { part, offsets, files, rows, lines: lines.clone() });
    [
        ("file_id", Column::I64Runs(file_id)),
        ("path", Column::StrRuns(path)),
        ("bstart", Column::I32(bstart)),
        ("bend", Column::I32(bend)),
        ("line", positions(Part::Line, starts)),
        ("col", positions(Part::Col, starts)),
        ("end_line", positions(Part::Line, ends)),
        ("end_col", positions(Part::Col, ends)),
    ]
}

/// Declares a row, its buffer and its port. With `place`, the row has a `place` and the table its eight columns.
macro_rules! rows {
    ($row:ident, $rows:ident, $name:literal, place, { $($column:ident: $kind:ident),* $(,)? }) => {
        pub struct $row { pub place: Place, $(pub $column: scalar!($kind)),* }

        #[derive(Default)]
        pub struct $rows {
            file_id: Runs<i64>, path: Runs<Str>, bstart: Vec<i32>, bend: Vec<i32>,
            $($column: buffer!($kind)),*
        }

        impl $rows {
            pub const PORT: Port = Port {
                name: $name,
                columns: &[
                    $((stringify!($column), kind!($kind)),)*
                    ("file_id", Kind::I64), ("path", Kind::Str), ("bstart", Kind::I32), ("bend", Kind::I32),
                    ("line", Kind::I32), ("col", Kind::I32), ("end_line", Kind::I32), ("end_col", Kind::I32),
                ],
            };

            #[allow(dead_code, reason = "only tables whose length is known before reserve")]
            pub fn reserve(&mut self, rows: usize) {
                $(reserve!(self.$column, $kind, rows);)*
                self.bstart.reserve_exact(rows);
                self.bend.reserve_exact(rows);
            }

            pub fn push(&mut self, row: $row) {
                $(self.$column.push(row.$column);)*
                self.file_id.push(row.place.file_id);
                self.path.push(row.place.path);
                self.bstart.push(row.place.bstart);
                self.bend.push(row.place.bend);
            }

            pub fn into_table(self, lines: &FileTable) -> Table {
                let mut columns = vec![$((stringify!($column), Column::$kind(self.$column)),)*];
                columns.extend(placed(self.file_id, self.path, self.bstart, self.bend, columns.len(), lines));
                Table::new(columns)
            }
        }
    };
    ($row:ident, $rows:ident, $name:literal, { $($column:ident: $kind:ident),* $(,)? }) => {
        pub struct $row { $(pub $column: scalar!($kind)),* }

        #[derive(Default)]
        pub struct $rows { $($column: buffer!($kind)),* }

        impl $rows {
            pub const PORT: Port = Port { name: $name, columns: &[$((stringify!($column), kind!($kind))),*] };

            pub fn push(&mut self, row: $row) {
                $(self.$column.push(row.$column);)*
            }

            pub fn into_table(self) -> Table {
                Table::new(vec![$((stringify!($column), Column::$kind(self.$column))),*])
            }
        }
    };
}

rows!(ModuleRow, ModuleRows, "modules", { id: I64, kind: Str, name: Str, qualified_name: Str, file_id: I64, path: Str, parent_id: I64 });

rows!(SyntaxRow, SyntaxRows, "syntax", place, {
    id: I64, kind: Str, syntax: Str, name: Str, parent_id: I64, field: Str, position: I32, value: Str, next_id: I64, origin: StrRuns,
});

rows!(DefinitionRow, DefinitionRows, "definitions", place, {
    id: I64, kind: Str, name: Str, qualified_name: Str, name_line: I32, name_col: I32, name_end_line: I32, name_end_col: I32, def_line: I32,
    parent_id: I64, syntax_id: I64, scope_id: I64, decorators: Str, docstring: Str, position: I32, how: Str,
    annotation_id: I64, default_id: I64, returns_id: I64, is_async: Bool, is_generator: Bool, name_bend: I32, docstring_id: I64, origin: StrRuns, limits_reached: StrRuns,
});

rows!(ScopeRow, ScopeRows, "scopes", place, { id: I64, kind: Str, name: Str, parent_id: I64, definition_id: I64, number: I32, syntax_id: I64, symbols: Str });

rows!(SymbolRow, SymbolRows, "symbols", { scope_id: I64, name: Str, scope_kind: Str, binding_scope_id: I64, definition_id: I64 });

rows!(CaptureRow, CaptureRows, "captures", { scope_id: I64, name: Str, definition_id: I64, binding_scope_id: I64 });

rows!(BindingRow, BindingRows, "bindings", place, { definition_id: I64, name: Str, how: Str, syntax_id: I64, scope_id: I64, origin: StrRuns });

rows!(ReferenceRow, ReferenceRows, "references", place, {
    syntax_id: I64, name: Str, access: Str, target_id: I64, target_kind: Str, origin: StrRuns, resolution: Str, confidence: F64, ambiguity_group: I64Runs,
});

rows!(ExternalRow, ExternalRows, "externals", { id: I64, kind: Str, name: Str, qualified_name: Str });

rows!(ImportRow, ImportRows, "imports", place, {
    syntax_id: I64, module: Str, name: Str, alias: Str, target: Str, target_id: I64, target_kind: Str, scope_id: I64, definition_id: I64, origin: StrRuns,
});

rows!(CallRow, CallRows, "calls", place, {
    site_id: I64, caller_id: I64, callee_id: I64, callee_kind: Str, implicit: Bool, via: Str, origin: StrRuns, resolution: Str, confidence: F64, ambiguity_group: I64Runs,
});

rows!(CallSiteRow, CallSiteRows, "call_sites", place, { site_id: I64, caller_id: I64, callee_text: Str, status: Str, reason: Str, targets: I32 });

rows!(FlowRow, FlowRows, "data_flow", place, {
    source_id: I64, target_id: I64, function_id: I64Runs, kind: Str, name: Str, origin: StrRuns,
});

rows!(ArgumentRow, ArgumentRows, "arguments", place, {
    site_id: I64, argument_id: I64, callee_id: I64, parameter_id: I64, position: I32, keyword: Str, origin: StrRuns,
});

rows!(InheritsRow, InheritsRows, "inherits", place, { class_id: I64, base_id: I64, position: I32, base: Str, syntax_id: I64 });

rows!(MroRow, MroRows, "mro", { class_id: I64, ancestor_id: I64, position: I32 });

rows!(OverrideRow, OverrideRows, "overrides", { method_id: I64, overridden_id: I64 });

/// Every output of the operator, filled pass by pass.
#[derive(Default)]
pub struct Rows {
    pub modules: ModuleRows,
    pub syntax: SyntaxRows,
    pub definitions: DefinitionRows,
    pub scopes: ScopeRows,
    pub symbols: SymbolRows,
    pub captures: CaptureRows,
    pub bindings: BindingRows,
    pub references: ReferenceRows,
    pub externals: ExternalRows,
    pub imports: ImportRows,
    pub calls: CallRows,
    pub call_sites: CallSiteRows,
    pub data_flow: FlowRows,
    pub arguments: ArgumentRows,
    pub inherits: InheritsRows,
    pub mro: MroRows,
    pub overrides: OverrideRows,
}

/// The ports, in the order of `Rows::into_tables`.
pub const PORTS: &[Port] = &[
    ModuleRows::PORT,
    SyntaxRows::PORT,
    DefinitionRows::PORT,
    ScopeRows::PORT,
    SymbolRows::PORT,
    CaptureRows::PORT,
    BindingRows::PORT,
    ReferenceRows::PORT,
    ExternalRows::PORT,
    ImportRows::PORT,
    CallRows::PORT,
    CallSiteRows::PORT,
    FlowRows::PORT,
    ArgumentRows::PORT,
    InheritsRows::PORT,
    MroRows::PORT,
    OverrideRows::PORT,
];

impl Rows {
    pub fn into_tables(self, lines: &FileTable) -> Vec<Table> {
        vec![
            self.modules.into_table(),
            self.syntax.into_table(lines),
            self.definitions.into_table(lines),
            self.scopes.into_table(lines),
            self.symbols.into_table(),
            self.captures.into_table(),
            self.bindings.into_table(lines),
            self.references.into_table(lines),
            self.externals.into_table(),
            self.imports.into_table(lines),
            self.calls.into_table(lines),
            self.call_sites.into_table(lines),
            self.data_flow.into_table(lines),
            self.arguments.into_table(lines),
            self.inherits.into_table(lines),
            self.mro.into_table(),
            self.overrides.into_table(),
        ]
    }
}
