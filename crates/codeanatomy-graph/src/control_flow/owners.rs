//! Which definition a code object belongs to, what it is called and which text it spans. It reads no instruction.

use rustc_hash::FxHashMap;

use crate::table::{Column, Str, Strings, Table};

use super::codes::Codes;
use super::sources::Source;

/// `CO_OPTIMIZED`: set for functions and what is compiled like them, not for modules and classes.
const OPTIMIZED: i32 = 1;

/// The definitions that have code: modules, functions, classes and lambdas.
pub struct Definitions<'a> {
    ids: &'a [i64],
    names: &'a [Str],
    qualified: &'a [Str],
    bstarts: &'a [i32],
    bends: &'a [i32],
    def_lines: &'a [i32],
    modules: FxHashMap<i64, usize>,
    /// By file and first line, decorators included: no two such statements start on one line.
    functions: FxHashMap<(i64, i32), usize>,
    classes: FxHashMap<(i64, i32), usize>,
    /// By file and span.
    lambdas: FxHashMap<(i64, i32, i32), usize>,
    /// By file and first line, where one lambda only starts on it.
    lone_lambdas: FxHashMap<(i64, i32), usize>,
}

/// What is known of one code object.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    pub kind: &'static str,
    /// Row of its definition.
    pub definition: Option<usize>,
    pub qualified: Str,
    pub bstart: i32,
    pub bend: i32,
}

/// A code object to be tied: its row, the owner of its parent, and the spans of the instructions that load it.
pub struct Loaded<'a> {
    pub row: usize,
    pub parent: Option<Owner>,
    pub loads: &'a [(i32, i32)],
}

/// A code object that is made of a syntax node of that span, first decorator included.
pub struct Made {
    pub file: i64,
    pub kind: &'static str,
    pub span: (i32, i32),
    pub name: Str,
    pub parent: Option<Owner>,
}

impl<'a> Definitions<'a> {
    /// From the port `definitions`.
    pub fn new(table: &'a Table, strings: &Strings) -> Self {
        let [
            (_, Column::I64(ids)),
            (_, Column::Str(kinds)),
            (_, Column::Str(names)),
            (_, Column::Str(qualified)),
            (_, Column::I64(files)),
            (_, Column::I32(bstarts)),
            (_, Column::I32(bends)),
            (_, Column::I32(lines)),
            (_, Column::I32(def_lines)),
        ] = table.columns.as_slice()
        else {
            unreachable!("columns of the port `definitions`")
        };
        let rows = |kind: &str| {
            let kind = strings.find(kind);
            (0..ids.len()).filter(move |&row| Some(kinds[row]) == kind)
        };
        Self {
            ids,
            names,
            qualified,
            bstarts,
            bends,
            def_lines,
            modules: rows("module").map(|row| (files[row], row)).collect(),
            functions: rows("function").map(|row| ((files[row], lines[row]), row)).collect(),
            classes: rows("class").map(|row| ((files[row], lines[row]), row)).collect(),
            lambdas: rows("lambda").map(|row| ((files[row], bstarts[row], bends[row]), row)).collect(),
            lone_lambdas: lone(rows("lambda").map(|row| ((files[row], lines[row]), row))),
        }
    }

    pub fn id(&self, row: usize) -> i64 {
        self.ids[row]
    }

    /// The line of the `def` or `class` of the statement that starts, with its decorators, on a line.
    pub fn def_line(&self, file: i64, line: i32) -> Option<i32> {
        let row = self.functions.get(&(file, line)).or_else(|| self.classes.get(&(file, line)))?;
        Some(self.def_lines[*row])
    }

    pub fn owner(&self, codes: &Codes<'_>, code: &Loaded<'_>, source: &Source<'_>, strings: &mut Strings) -> Owner {
        let kind = self.kind(codes, code, strings);
        let definition = self.definition(codes, code, kind);
        let kind = if kind == "function" && definition.is_none() && self.knows(codes.files[code.row]) { "type_expression" } else { kind };
        let (bstart, bend) = self.span(codes, code, kind, definition, source);
        let qualified =
            definition.map_or_else(|| undefined(codes.names[code.row], code.parent, source, strings), |row| self.qualified[row]);
        Owner { kind, definition, qualified, bstart, bend }
    }

    pub fn made_of(&self, code: &Made, source: &Source<'_>, strings: &mut Strings) -> Owner {
        let &Made { file, kind, span: (bstart, bend), name, parent } = code;
        let line = source.text.lines.position(bstart).line;
        let definition = match kind {
            "module" => self.modules.get(&file),
            "function" => self.functions.get(&(file, line)),
            "class" => self.classes.get(&(file, line)),
            _ => self.lambdas.get(&(file, bstart, bend)),
        };
        let definition = definition.copied();
        let qualified = definition.map_or_else(|| undefined(name, parent, source, strings), |row| self.qualified[row]);
        let (bstart, bend) = definition.map_or((bstart, bend), |row| (self.bstarts[row], self.bends[row]));
        Owner { kind, definition, qualified, bstart, bend }
    }

    /// Whether the definitions of a file are known: without them a function is a function all the same.
    fn knows(&self, file_id: i64) -> bool {
        self.modules.contains_key(&file_id)
    }

    fn kind(&self, codes: &Codes<'_>, code: &Loaded<'_>, strings: &Strings) -> &'static str {
        match strings.text(codes.names[code.row]) {
            _ if code.parent.is_none() => "module",
            "<lambda>" => "lambda",
            "<listcomp>" | "<setcomp>" | "<dictcomp>" | "<genexpr>" => "comprehension",
            name if name.starts_with("<generic parameters of ") => "generic",
            _ if codes.flags[code.row] & OPTIMIZED == 0 => "class",
            _ => "function",
        }
    }

    fn definition(&self, codes: &Codes<'_>, code: &Loaded<'_>, kind: &str) -> Option<usize> {
        let file = codes.files[code.row];
        let key = (file, codes.first_lines[code.row]);
        let named = |row: &usize| self.names[*row] == codes.names[code.row];
        match kind {
            "module" => self.modules.get(&file).copied(),
            "function" => self.functions.get(&key).copied().filter(named),
            "class" => self.classes.get(&key).copied().filter(named),
            // Nothing loads the lambda of a branch that the compiler dropped.
            "lambda" => self.loaded(file, code.loads).or_else(|| self.lone_lambdas.get(&key).copied()),
            _ => None,
        }
    }

    fn loaded(&self, file: i64, loads: &[(i32, i32)]) -> Option<usize> {
        loads.iter().find_map(|&(bstart, bend)| self.lambdas.get(&(file, bstart, bend)).copied())
    }

    /// The span of its definition; that of the expression it is loaded for; its parent's where that is unknown or not inside it.
    fn span(&self, codes: &Codes<'_>, code: &Loaded<'_>, kind: &str, definition: Option<usize>, source: &Source<'_>) -> (i32, i32) {
        if let Some(row) = definition.or_else(|| self.generic(codes, code, kind)) {
            return (self.bstarts[row], self.bends[row]);
        }
        let (start, end) = code.parent.map_or((0, source.text.length), |parent| (parent.bstart, parent.bend));
        code.loads.iter().copied().find(|&(bstart, bend)| start <= bstart && bend <= end).unwrap_or((start, end))
    }

    /// The function or class whose type parameters a code object makes.
    fn generic(&self, codes: &Codes<'_>, code: &Loaded<'_>, kind: &str) -> Option<usize> {
        let key = (codes.files[code.row], codes.first_lines[code.row]);
        let row = (kind == "generic").then(|| self.functions.get(&key).or_else(|| self.classes.get(&key)))?;
        row.copied()
    }
}

/// The rows whose key no other row has.
fn lone(rows: impl Iterator<Item = ((i64, i32), usize)>) -> FxHashMap<(i64, i32), usize> {
    let mut found: FxHashMap<(i64, i32), Option<usize>> = FxHashMap::default();
    for (key, row) in rows {
        found.entry(key).and_modify(|known| *known = None).or_insert(Some(row));
    }
    found.into_iter().filter_map(|(key, row)| Some((key, row?))).collect()
}

/// The qualified name of a code object without a definition.
fn undefined(name: Str, parent: Option<Owner>, source: &Source<'_>, strings: &mut Strings) -> Str {
    let Some(parent) = parent else { return source.module };
    let text = format!("{}.{}", strings.text(parent.qualified), strings.text(name));
    strings.intern(&text)
}
