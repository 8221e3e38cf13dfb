//! The control-flow operator: from undecoded code objects, or from syntax where there are none, to blocks and the edges between them. It
//! runs no code and reads no source text.

mod blocks;
mod codes;
mod dominance;
mod draft;
mod drawing;
mod exceptions;
mod expressions;
mod facts;
mod instructions;
mod interpreter;
mod locations;
mod lowering;
mod objects;
mod owners;
mod rows;
mod scope;
mod sources;
#[cfg(test)]
mod step_tests;
mod steps;
mod syntax;
#[cfg(test)]
mod syntax_tests;
#[cfg(test)]
mod tests;
mod tie;
mod uncompiled;
mod ways_out;
mod writer;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::{Kind, Operator, OperatorError, Port, Run};
use crate::table::{Column, Strings, Table};

use blocks::Asked;
use codes::Codes;
use facts::Uncompiled;
use interpreter::Interpreter;
use objects::Objects;
use owners::Definitions;
use rows::InstructionRows;
use sources::Sources;
use syntax::Forest;
use uncompiled::FromSyntax;
use writer::Writer;

/// The largest of the outputs, and no view of the product reads it.
const INSTRUCTIONS: &str = "instructions";

/// Parameters: what the interpreter that compiled the code says of its opcodes. `opcodes` ({name: number}, `dis.opmap`), `relative_jumps`
/// and `absolute_jumps` ([number], `dis.hasjrel` and `dis.hasjabs`), `caches` ({number: code units}), `version` ([3, 11]).
pub const CONTROL_FLOW: Operator = Operator {
    name: "control_flow",
    sentence: "Decodes code objects into instructions, blocks, the edges that the interpreter can take between them, and the steps in each; \
               files with syntax and without code objects get theirs from syntax.",
    inputs: &[
        Port { name: "files", columns: &[("file_id", Kind::I64), ("path", Kind::Str), ("module", Kind::Str)] },
        Port {
            name: "lines",
            columns: &[("file_id", Kind::I64), ("line_starts", Kind::I32List), ("continuations", Kind::I32List), ("length", Kind::I32)],
        },
        Port {
            name: "code",
            columns: &[
                ("file_id", Kind::I64),
                ("code", Kind::I32),
                ("parent", Kind::I32),
                ("constant", Kind::I32),
                ("name", Kind::Str),
                ("first_line", Kind::I32),
                ("flags", Kind::I32),
                ("instructions", Kind::Binary),
                ("positions", Kind::Binary),
                ("exceptions", Kind::Binary),
            ],
        },
        Port {
            name: "definitions",
            columns: &[
                ("id", Kind::I64),
                ("kind", Kind::Str),
                ("name", Kind::Str),
                ("qualified_name", Kind::Str),
                ("file_id", Kind::I64),
                ("bstart", Kind::I32),
                ("bend", Kind::I32),
                ("line", Kind::I32),
                ("def_line", Kind::I32),
            ],
        },
        // Comparisons of the source (`value`: names of the operators): bytecode does not say whether a jump on None was `is` or `is not`.
        Port { name: "comparisons", columns: &[("file_id", Kind::I64), ("bstart", Kind::I32), ("bend", Kind::I32), ("value", Kind::Str)] },
        Port {
            name: "syntax",
            columns: &[
                ("file_id", Kind::I64),
                ("node", Kind::I32),
                ("parent", Kind::I32),
                ("kind", Kind::Str),
                ("field", Kind::Str),
                ("bstart", Kind::I32),
                ("bend", Kind::I32),
            ],
        },
        // Of files with syntax and without code: names and what else a node says, or its kind where `syntax` does not tell it from others.
        Port { name: "uncompiled", columns: &[("file_id", Kind::I64), ("node", Kind::I32), ("name", Kind::Str), ("text", Kind::Str)] },
    ],
    outputs: &[
        Port { name: "code_objects", columns: rows::CODE_OBJECTS },
        Port { name: "blocks", columns: rows::BLOCKS },
        Port { name: "flow", columns: rows::FLOW },
        Port { name: "steps", columns: rows::STEPS },
        Port { name: "dominance", columns: rows::DOMINANCE },
        Port { name: INSTRUCTIONS, columns: rows::INSTRUCTIONS },
    ],
    run,
};

fn run(run: &mut Run<'_>) -> Result<Vec<Table>, OperatorError> {
    let inputs = std::mem::take(&mut run.inputs);
    let [files, lines, code, definitions, comparisons, syntax, uncompiled] = inputs.as_slice() else {
        unreachable!("the input ports of the operator")
    };
    let interpreter = Interpreter::new(run.parameters)?;
    let sources = Sources::new(files, lines);
    let codes = Codes::new(code);
    let definitions = Definitions::new(definitions, run.strings);
    let asked = asked(comparisons, run.strings);
    let forest = Forest::new(syntax, run.strings);
    run.check()?;
    let order = codes.ordered(&sources, run.strings)?;
    let mut writer = Writer::new(&definitions, run.strings);
    let mut objects = Objects::new(&interpreter, &codes, &definitions, &asked, &forest, run.strings);
    objects.instruction_rows = (!run.unread.contains(&INSTRUCTIONS)).then(InstructionRows::default);
    for file in order.chunk_by(|&left, &right| codes.files[left] == codes.files[right]) {
        run.check()?;
        objects.file(file, &sources.file(codes.files[file[0]])?, &mut writer, run.strings)?;
    }
    let from_syntax = FromSyntax::new(&interpreter, &definitions, &forest, Uncompiled::new(uncompiled));
    for file in without_code(&codes, &forest, &sources, run.strings)? {
        run.check()?;
        from_syntax.file(file, &sources.file(file)?, &mut writer, run.strings)?;
    }
    Ok(writer.tables(objects.instruction_rows.unwrap_or_default()))
}

/// The files that have a syntax tree and no code, in the order of their paths.
fn without_code(codes: &Codes<'_>, forest: &Forest<'_>, sources: &Sources<'_>, strings: &Strings) -> Result<Vec<i64>, OperatorError> {
    let compiled: FxHashSet<i64> = codes.files.iter().copied().collect();
    let mut found = Vec::new();
    for file in forest.files().filter(|file| !compiled.contains(file)) {
        found.push((strings.text(sources.file(file)?.path), file));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, file)| file).collect())
}

/// What each comparison with `is` or `is not` asks, by file and span.
type Comparisons = FxHashMap<(i64, i32, i32), Asked>;

fn asked(comparisons: &Table, strings: &Strings) -> Comparisons {
    let [(_, Column::I64(files)), (_, Column::I32(bstarts)), (_, Column::I32(bends)), (_, Column::Str(values))] =
        comparisons.columns.as_slice()
    else {
        unreachable!("columns of the port `comparisons`")
    };
    let known = |row: usize| {
        let asked = match strings.get(values[row])? {
            "Is" => Asked::IsNone,
            "IsNot" => Asked::IsNotNone,
            _ => return None,
        };
        Some(((files[row], bstarts[row], bends[row]), asked))
    };
    (0..files.len()).filter_map(known).collect()
}
