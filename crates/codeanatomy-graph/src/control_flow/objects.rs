//! The code objects of compiled files, one after the other: decoded, tied to their definitions and syntax, drawn.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::OperatorError;
use crate::table::{NULL_I32, NULL_I64, NULL_STR, Str, Strings};

use super::Comparisons;
use super::blocks::{Graph, graph};
use super::codes::Codes;
use super::drawing::{Drawing, Place};
use super::exceptions::protected;
use super::instructions::{Instruction, decode};
use super::interpreter::Interpreter;
use super::owners::{Definitions, Loaded, Owner};
use super::rows::InstructionRows;
use super::scope::Scope;
use super::sources::Source;
use super::steps::steps;
use super::syntax::{Class, Forest, NONE, Tree};
use super::tie::tie;
use super::writer::{Object, Origin, Writer};

/// What all code objects of a run share, and the rows of their instructions so far.
pub struct Objects<'a> {
    interpreter: &'a Interpreter,
    codes: &'a Codes<'a>,
    definitions: &'a Definitions<'a>,
    asked: &'a Comparisons,
    forest: &'a Forest<'a>,
    opcode_names: Vec<Str>,
    /// None where nobody reads them.
    pub instruction_rows: Option<InstructionRows>,
}

/// What is known of the code objects of one file so far.
struct Known {
    path: String,
    tree: Tree,
    scope: Scope,
    /// Which code object a constant of a code object is.
    children: FxHashMap<(i32, i32), usize>,
    /// Numbers of the code objects among the constants of each.
    inner: Vec<Vec<usize>>,
    /// Spans of the instructions that load a code object, by its number.
    loads: Vec<Vec<(i32, i32)>>,
    owners: Vec<Owner>,
    ids: Vec<i64>,
}

impl<'a> Objects<'a> {
    pub fn new(
        interpreter: &'a Interpreter,
        codes: &'a Codes<'a>,
        definitions: &'a Definitions<'a>,
        asked: &'a Comparisons,
        forest: &'a Forest<'a>,
        strings: &mut Strings,
    ) -> Self {
        let opcode_names =
            (0..=u8::MAX).map(|number| interpreter.opcode(number).map_or(NULL_STR, |opcode| strings.intern(&opcode.name))).collect();
        Self { interpreter, codes, definitions, asked, forest, opcode_names, instruction_rows: None }
    }

    /// All code objects of one file; `rows` in order of their numbers.
    pub fn file(
        &mut self,
        rows: &[usize],
        source: &Source<'_>,
        writer: &mut Writer<'_>,
        strings: &mut Strings,
    ) -> Result<(), OperatorError> {
        let path = strings.text(source.path).to_string();
        self.codes.check(rows, &path)?;
        let children =
            rows.iter().map(|&row| ((self.codes.parents[row], self.codes.constants[row]), self.codes.numbers[row] as usize)).collect();
        let tree = self.forest.tree(self.codes.files[rows[0]], &path)?;
        let scope = Scope::new(&tree);
        let (mut inner, loads) = (vec![Vec::new(); rows.len()], vec![Vec::new(); rows.len()]);
        for (number, &row) in rows.iter().enumerate().skip(1) {
            inner[self.codes.parents[row] as usize].push(number);
        }
        let mut known = Known { path, tree, scope, children, inner, loads, owners: Vec::new(), ids: Vec::new() };
        let mut instructions = Vec::new();
        for &row in rows {
            let wrong = |text: String| OperatorError::Input(format!("{}, code object {}: {text}", known.path, self.codes.numbers[row]));
            decode(self.interpreter, self.codes.undecoded(row), source.text, &mut instructions).map_err(wrong)?;
            let graph = self.graph(row, &instructions).map_err(wrong)?;
            let object = self.tie(row, source, &mut known, writer, strings);
            self.keep_loads(&object, &instructions, &mut known);
            self.enter(&object, rows, &mut known, strings);
            let drawing = self.draw(&object, &known, &instructions, graph);
            writer.write(&object, &known.path, &known.tree, &drawing, strings);
            self.write_instructions(&object, &instructions, &drawing.graph);
        }
        Ok(())
    }

    fn graph(&self, row: usize, instructions: &[Instruction]) -> Result<Graph, String> {
        let file = self.codes.files[row];
        let asked = |jump: &Instruction| self.asked.get(&(file, jump.bstart, jump.bend)).copied();
        graph(self.interpreter, instructions, &protected(self.codes.exceptions(row))?, asked)
    }

    fn tie<'s>(&self, row: usize, source: &'s Source<'s>, known: &mut Known, writer: &mut Writer<'_>, strings: &mut Strings) -> Object<'s> {
        let (number, parent) = (self.codes.numbers[row], self.codes.parents[row] as usize);
        let loaded = Loaded { row, parent: known.owners.get(parent).copied(), loads: &known.loads[number as usize] };
        let owner = self.definitions.owner(self.codes, &loaded, source, strings);
        let id = writer.id(&known.path, number);
        let parent_id = known.ids.get(parent).copied().unwrap_or(NULL_I64);
        known.owners.push(owner);
        known.ids.push(id);
        let (file, name) = (self.codes.files[row], self.codes.names[row]);
        Object { file, number, id, parent_id, name, owner, source, origin: Origin::Bytecode }
    }

    /// Notes where the code objects among the constants are loaded.
    fn keep_loads(&self, object: &Object<'_>, instructions: &[Instruction], known: &mut Known) {
        for load in instructions.iter().filter(|load| load.opcode == self.interpreter.load_const && load.bstart != NULL_I32) {
            if let Some(&child) = known.children.get(&(object.number, load.argument)) {
                known.loads[child].push((load.bstart, load.bend));
            }
        }
    }

    /// Marks the syntax that a code object evaluates.
    fn enter(&self, object: &Object<'_>, rows: &[usize], known: &mut Known, strings: &Strings) {
        let node = |name: Str, span| {
            let class = Class::of_code(strings.text(name));
            known.tree.exactly(span, |node| Some(known.tree.class(node)) == class)
        };
        let own = (object.owner.bstart, object.owner.bend);
        let root = match object.owner.kind {
            "module" if known.tree.len() > 0 => Some(0),
            "class" => known.tree.exactly(own, |node| known.tree.class(node) == Class::Definition),
            "function" => known.tree.exactly(own, |node| known.tree.class(node) == Class::Function),
            "generic" => known.tree.exactly(own, |node| matches!(known.tree.class(node), Class::Function | Class::Definition)),
            "lambda" | "comprehension" => node(object.name, own),
            _ => None,
        };
        let mut apart = FxHashSet::default();
        for &child in &known.inner[object.number as usize] {
            apart.extend(known.loads[child].iter().filter_map(|&span| node(self.codes.names[rows[child]], span)));
        }
        known.scope.enter(&known.tree, object.number, object.owner.kind, root.unwrap_or(NONE), &apart);
    }

    fn draw(&self, object: &Object<'_>, known: &Known, instructions: &[Instruction], graph: Graph) -> Drawing {
        let (tree, scope) = (&known.tree, &known.scope);
        let mut tied = tie(self.interpreter, instructions, tree, scope, object.owner.kind == "lambda");
        let steps = steps(self.interpreter, instructions, &graph, (tree, scope), &mut tied);
        let own = (object.owner.bstart, object.owner.bend);
        let places = graph.blocks.iter().map(|block| Place::of_instructions(instructions, block, own)).collect();
        Drawing { graph, places, steps }
    }

    fn write_instructions(&mut self, object: &Object<'_>, instructions: &[Instruction], graph: &Graph) {
        let Some(rows) = &mut self.instruction_rows else { return };
        for (number, block) in graph.blocks.iter().enumerate() {
            for instruction in &instructions[block.first..block.end] {
                rows.code_id.push(object.id);
                rows.offset.push(instruction.offset);
                rows.opcode.push(i32::from(instruction.opcode));
                rows.name.push(self.opcode_names[usize::from(instruction.opcode)]);
                rows.argument.push(instruction.argument);
                rows.line.push(instruction.line);
                rows.bstart.push(instruction.bstart);
                rows.bend.push(instruction.bend);
                rows.block.push(number as i32);
            }
        }
    }
}
