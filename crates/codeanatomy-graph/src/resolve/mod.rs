//! `resolve`: from evidence to definitions, scopes, bindings, references, imports, calls and inheritance, by Python's rules.
//! It reads tables only, never source text.

mod bindings;
mod builtins;
mod calls;
mod classes;
mod confidence;
mod definitions;
mod facts;
mod flows;
mod guesses;
mod imports;
mod index;
mod kinds;
mod limits;
mod linearisation;
mod mangling;
mod modules;
mod names;
mod outline;
mod points_to;
mod quoted;
mod references;
mod resolver;
mod rows;
mod scopes;
mod sets;
mod sources;
mod syntax;
mod text;
mod type_texts;

use std::sync::Arc;

use crate::ids::Allocator;
use crate::operator::{Operator, OperatorError, Run};
use crate::positions::Lines;
use crate::resolve::bindings::Bindings;
use crate::resolve::builtins::Builtins;
use crate::resolve::confidence::Confidences;
use crate::resolve::definitions::Definitions;
use crate::resolve::guesses::Guesses;
use crate::resolve::limits::Limits;
use crate::resolve::modules::Modules;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::outside::Outside;
use crate::resolve::resolver::{Repository, Resolver, Target};
use crate::resolve::rows::{ExternalRow, FileTable, Places, Rows};
use crate::resolve::scopes::Scopes;
use crate::resolve::sources::{Columns, File, Files, texts};
use crate::resolve::syntax::Tree;
use crate::table::{NULL_STR, Table};

pub const RESOLVE: Operator = Operator {
    name: "resolve",
    sentence: "Resolves names, imports, attributes and calls of all files, from syntax trees and symbol tables.",
    inputs: sources::PORTS,
    outputs: rows::PORTS,
    run,
};

fn run(run: &mut Run<'_>) -> Result<Vec<Table>, OperatorError> {
    let [files, lines, syntax, scopes, symbols, outlines @ ..]: [Table; 8] = std::mem::take(&mut run.inputs)
        .try_into()
        .map_err(|inputs: Vec<Table>| OperatorError::Input(format!("{} tables where eight are read", inputs.len())))?;
    let mut ids = Allocator::new();
    let text = Text::read(lines)?;
    let repository = read(run, &mut ids, &text, files, syntax, (scopes, symbols), outlines)?;
    write(run, &mut ids, &text, &repository)
}

/// Facts, each from those before it.
fn read(
    run: &mut Run<'_>,
    ids: &mut Allocator,
    text: &Text,
    files: Table,
    mut syntax: Table,
    symbols: (Table, Table),
    outlines: [Table; 3],
) -> Result<Repository, OperatorError> {
    let limits = Limits::read(run.parameters)?;
    let standard_library = texts(run.parameters, "standard_library")?;
    let confidences = Confidences::read(run.parameters)?;
    let builtins = Builtins::read(run)?;
    let outside = Outside::read(run)?;
    let files = Files::read(files, run.strings)?;
    let outlined = outline::add_trees(&files, &text.lines, outlines, &mut syntax, run.strings)?;
    let tree = Tree::read(syntax, &files, run.strings)?;
    let mut scopes = Scopes::read(run, &files, &tree, &outlined, symbols)?;
    let mut definitions = Definitions::read(&files, &text.lengths(&files), &tree, &mut scopes, run.strings);
    let bindings = Bindings::read(run, &tree, &scopes, &mut definitions)?;
    let modules = Modules::read(&files, run.strings, standard_library, ids);
    definitions.number(ids, run.strings);
    scopes.number(&files, ids, run.strings);
    Ok(Repository { limits, confidences, files, outlined, tree, scopes, definitions, bindings, modules, builtins, outside })
}

/// Rows, file by file: first what was found out, then, when the memory for finding out is given back, the facts.
fn write(run: &mut Run<'_>, ids: &mut Allocator, text: &Text, repository: &Repository) -> Result<Vec<Table>, OperatorError> {
    let mut rows = Rows::default();
    let places = |file: &File| Places::new(file.id, file.path, text.lines.of(file.id));
    let mut resolver = Resolver::new(repository, run.strings, ids);
    let mut machine = Machine::new(&mut resolver);
    machine.run(run.cancelled)?;
    let guesses = Guesses::of(&mut machine);
    for (number, file) in repository.files.files.iter().enumerate() {
        if (run.cancelled)() {
            return Err(OperatorError::Cancelled);
        }
        machine.rows(number as u32, &guesses, &mut places(file), &mut rows);
    }
    drop((machine, guesses));
    resolver.external_rows(&mut rows);
    let reached = std::mem::take(&mut resolver.reached);
    drop(resolver);
    run.notes = reached.notes(&repository.limits, &repository.definitions, run.strings);
    let reached = reached.by_definition(run.strings);
    repository.modules.rows(&repository.files, &repository.definitions, run.strings, &mut rows.modules);
    rows.syntax.reserve(repository.tree.len());
    rows.definitions.reserve(repository.definitions.all.len());
    rows.bindings.reserve(repository.bindings.all.len());
    for (number, file) in repository.files.files.iter().enumerate() {
        if (run.cancelled)() {
            return Err(OperatorError::Cancelled);
        }
        let (number, places) = (number as u32, &mut places(file));
        for &definition in repository.definitions.of_file(number) {
            let limits = reached.get(&definition).copied().unwrap_or(NULL_STR);
            repository.definition_row(definition, limits, run.strings, places, &mut rows.definitions);
        }
        repository.syntax_rows(number, run.strings, places, &mut rows.syntax);
        repository.scope_rows(number, run.strings, places, (&mut rows.scopes, &mut rows.symbols, &mut rows.captures));
        repository.binding_rows(number, run.strings, places, &mut rows.bindings);
    }
    Ok(rows.into_tables(&text.lines))
}

impl Machine<'_, '_> {
    /// What was found out of a file.
    fn rows(&mut self, file: u32, guesses: &Guesses, places: &mut Places<'_>, rows: &mut Rows) {
        self.asked = file;
        if self.repository.scopes.known[file as usize] {
            self.resolver.import_rows(file, places, &mut rows.imports);
            self.reference_rows(file, places, &mut rows.references);
            self.flow_rows(file, places, (&mut rows.data_flow, &mut rows.arguments));
            self.class_rows(file, places, (&mut rows.inherits, &mut rows.mro, &mut rows.overrides));
        }
        self.call_rows(file, guesses, places, (&mut rows.calls, &mut rows.call_sites));
    }
}

impl Resolver<'_> {
    /// What is referred to outside the repository, by name.
    fn external_rows(&mut self, rows: &mut Rows) {
        let mut externals = std::mem::take(&mut self.externals);
        externals.sort_by(|one, two| self.strings.text(one.1).cmp(self.strings.text(two.1)));
        for (target, qualified_name, id) in externals {
            let text = self.strings.text(qualified_name).to_owned();
            let kind = match target {
                Target::Builtin(_) => resolver::BUILTIN,
                _ if text.contains('.') => "external_symbol",
                _ => "external_package",
            };
            let name = self.strings.intern(text.rsplit('.').next().unwrap_or_default());
            rows.externals.push(ExternalRow { id, kind: self.strings.intern(kind), name, qualified_name });
        }
    }
}

/// Lines and lengths of the files.
struct Text {
    file_ids: Vec<i64>,
    lines: FileTable,
    length: Vec<i32>,
}

impl Text {
    fn read(table: Table) -> Result<Self, OperatorError> {
        let mut columns = Columns::new(1, table);
        let (file_ids, starts, continuations) = (columns.i64s()?, columns.i32_lists()?, columns.i32_lists()?);
        let lines = Arc::new(Lines::new(&file_ids, starts, continuations));
        Ok(Self { file_ids, lines, length: columns.i32s()? })
    }

    /// The length of every file; 0 where it is not known.
    fn lengths(&self, files: &Files) -> Vec<i32> {
        let mut lengths = vec![0; files.files.len()];
        for (row, file_id) in self.file_ids.iter().enumerate() {
            if let Some(&rank) = files.ranks.get(file_id) {
                lengths[rank as usize] = self.length[row];
            }
        }
        lengths
    }
}
