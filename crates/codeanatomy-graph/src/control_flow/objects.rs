//! One code object after the other: decoded, tied to its definition, cut into blocks, written as rows.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ids::{Allocator, syntax_id};
use crate::operator::OperatorError;
use crate::table::{NULL_I32, NULL_I64, NULL_STR, Str, Strings, Table};

use super::Comparisons;
use super::blocks::{Graph, Way, graph};
use super::codes::Codes;
use super::dominance::dominance;
use super::exceptions::protected;
use super::instructions::{Instruction, decode};
use super::interpreter::Interpreter;
use super::owners::{Definitions, Loaded, Owner};
use super::rows::{BlockRows, CodeRows, DominanceRows, FlowRows, InstructionRows, StepRows};
use super::scope::Scope;
use super::sources::Source;
use super::steps::{Step, steps};
use super::syntax::{Class, Forest, NONE, Tree};
use super::tie::tie;

/// What all code objects of a run share, and the rows so far.
pub struct Objects<'a> {
    interpreter: &'a Interpreter,
    codes: &'a Codes<'a>,
    definitions: &'a Definitions<'a>,
    asked: &'a Comparisons,
    forest: &'a Forest<'a>,
    opcode_names: Vec<Str>,
    ways: [Str; Way::ALL.len()],
    /// `dominates`, `post_dominates`, `control_depends`.
    relations: [Str; 3],
    ids: Allocator,
    code_rows: CodeRows,
    block_rows: BlockRows,
    flow_rows: FlowRows,
    step_rows: StepRows,
    dominance_rows: DominanceRows,
    instruction_rows: InstructionRows,
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

/// One code object on its way into rows.
struct Object<'s> {
    row: usize,
    number: i32,
    id: i64,
    function_id: i64,
    owner: Owner,
    source: &'s Source<'s>,
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
        let ways = Way::ALL.map(|way| strings.intern(way.name()));
        let relations = ["dominates", "post_dominates", "control_depends"].map(|kind| strings.intern(kind));
        let (code_rows, block_rows, flow_rows, step_rows, dominance_rows, instruction_rows) = Default::default();
        Self {
            interpreter,
            codes,
            definitions,
            asked,
            forest,
            opcode_names,
            ways,
            relations,
            ids: Allocator::new(),
            code_rows,
            block_rows,
            flow_rows,
            step_rows,
            dominance_rows,
            instruction_rows,
        }
    }

    pub fn tables(self) -> Vec<Table> {
        vec![
            self.code_rows.table(),
            self.block_rows.table(),
            self.flow_rows.table(),
            self.step_rows.table(),
            self.dominance_rows.table(),
            self.instruction_rows.table(),
        ]
    }

    /// All code objects of one file; `rows` in order of their numbers.
    pub fn file(&mut self, rows: &[usize], source: &Source<'_>, strings: &mut Strings) -> Result<(), OperatorError> {
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
            let object = self.tie(row, source, &mut known, strings);
            self.keep_loads(&object, &instructions, &mut known);
            self.enter(&object, rows, &mut known, strings);
            self.write(&object, &known, &instructions, &graph, strings);
        }
        Ok(())
    }

    fn graph(&self, row: usize, instructions: &[Instruction]) -> Result<Graph, String> {
        let file = self.codes.files[row];
        let asked = |jump: &Instruction| self.asked.get(&(file, jump.bstart, jump.bend)).copied();
        graph(self.interpreter, instructions, &protected(self.codes.exceptions(row))?, asked)
    }

    fn tie<'s>(&mut self, row: usize, source: &'s Source<'s>, known: &mut Known, strings: &mut Strings) -> Object<'s> {
        let number = self.codes.numbers[row];
        let parent = known.owners.get(self.codes.parents[row] as usize).copied();
        let owner = self.definitions.owner(self.codes, &Loaded { row, parent, loads: &known.loads[number as usize] }, source, strings);
        let id = self.ids.id(&["code", &known.path, &number.to_string()]);
        known.owners.push(owner);
        known.ids.push(id);
        Object { row, number, id, function_id: owner.definition.map_or(id, |row| self.definitions.id(row)), owner, source }
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
        let class = |row: usize| Class::of_code(strings.text(self.codes.names[row]));
        let node = |row: usize, span| known.tree.exactly(span, |node| Some(known.tree.class(node)) == class(row));
        let own = (object.owner.bstart, object.owner.bend);
        let root = match object.owner.kind {
            "module" if known.tree.len() > 0 => Some(0),
            "class" => known.tree.exactly(own, |node| known.tree.class(node) == Class::Definition),
            "function" => known.tree.exactly(own, |node| known.tree.class(node) == Class::Function),
            "generic" => known.tree.exactly(own, |node| matches!(known.tree.class(node), Class::Function | Class::Definition)),
            "lambda" | "comprehension" => node(object.row, own),
            _ => None,
        };
        let mut apart = FxHashSet::default();
        for &child in &known.inner[object.number as usize] {
            apart.extend(known.loads[child].iter().filter_map(|&span| node(rows[child], span)));
        }
        known.scope.enter(&known.tree, object.number, object.owner.kind, root.unwrap_or(NONE), &apart);
    }

    fn write(&mut self, object: &Object<'_>, known: &Known, instructions: &[Instruction], graph: &Graph, strings: &mut Strings) {
        self.write_code(object, known, strings);
        let ids = self.write_blocks(object, known, instructions, graph);
        self.write_flow(object, instructions, graph, &ids);
        self.write_steps(object, known, instructions, graph, &ids);
        self.write_dominance(object, instructions, graph, &ids);
        self.write_instructions(object, instructions, graph);
    }

    fn write_code(&mut self, object: &Object<'_>, known: &Known, strings: &mut Strings) {
        let (row, rows) = (object.row, &mut self.code_rows);
        rows.id.push(object.id);
        rows.kind.push(strings.intern(object.owner.kind));
        rows.name.push(self.codes.names[row]);
        rows.qualified_name.push(object.owner.qualified);
        rows.file_id.push(self.codes.files[row]);
        rows.path.push(object.source.path);
        rows.spans.push(Some((object.owner.bstart, object.owner.bend)), object.source.text.lines);
        rows.parent_id.push(known.ids.get(self.codes.parents[row] as usize).copied().unwrap_or(NULL_I64));
        rows.definition_id.push(object.owner.definition.map_or(NULL_I64, |row| self.definitions.id(row)));
        rows.function_id.push(object.function_id);
        rows.number.push(object.number);
    }

    /// The ids of the blocks, in their order.
    fn write_blocks(&mut self, object: &Object<'_>, known: &Known, instructions: &[Instruction], graph: &Graph) -> Vec<i64> {
        let mut ids = Vec::with_capacity(graph.blocks.len());
        let code = object.number.to_string();
        for (number, block) in graph.blocks.iter().enumerate() {
            let body = &instructions[block.first..block.end];
            let id = self.ids.id(&["block", &known.path, &code, &number.to_string()]);
            let rows = &mut self.block_rows;
            ids.push(id);
            rows.id.push(id);
            rows.code_id.push(object.id);
            rows.function_id.push(object.function_id);
            rows.function.push(object.owner.qualified);
            rows.path.push(object.source.path);
            rows.file_id.push(self.codes.files[object.row]);
            rows.block.push(number as i32);
            rows.entry.push(Some(number == 0));
            rows.exit.push(Some(block.exit));
            rows.first_line.push(lines(body).min().unwrap_or(NULL_I32));
            rows.last_line.push(lines(body).max().unwrap_or(NULL_I32));
            rows.spans.push(hull(body, &object.owner), object.source.text.lines);
        }
        ids
    }

    fn write_flow(&mut self, object: &Object<'_>, instructions: &[Instruction], graph: &Graph, ids: &[i64]) {
        let body = |block: usize| &instructions[graph.blocks[block].first..graph.blocks[block].end];
        for edge in &graph.edges {
            let rows = &mut self.flow_rows;
            rows.src_id.push(ids[edge.src]);
            rows.dst_id.push(ids[edge.dst]);
            rows.function_id.push(object.function_id);
            rows.kind.push(self.ways[edge.way as usize]);
            rows.src_line.push(lines(body(edge.src)).next_back().unwrap_or(NULL_I32));
            rows.dst_line.push(lines(body(edge.dst)).next().unwrap_or(NULL_I32));
            rows.path.push(object.source.path);
        }
    }

    fn write_steps(&mut self, object: &Object<'_>, known: &Known, instructions: &[Instruction], graph: &Graph, ids: &[i64]) {
        let (tree, scope) = (&known.tree, &known.scope);
        let mut tied = tie(self.interpreter, instructions, tree, scope, object.owner.kind == "lambda");
        let found = steps(self.interpreter, instructions, graph, (tree, scope), &mut tied);
        let file = self.codes.files[object.row];
        for of_block in found.chunk_by(|left, right| left.block == right.block) {
            for (seq, &Step { block, node }) in (0..).zip(of_block) {
                let rows = &mut self.step_rows;
                rows.block_id.push(ids[block]);
                rows.node_id.push(syntax_id(file, node as i32));
                rows.seq.push(seq);
                rows.path.push(object.source.path);
                let line = object.source.text.lines.position(tree.spans[node as usize].0).line;
                let is_definition = matches!(tree.class(node), Class::Function | Class::Definition);
                rows.line.push(is_definition.then(|| self.definitions.def_line(file, line)).flatten().unwrap_or(line));
            }
        }
    }

    fn write_dominance(&mut self, object: &Object<'_>, instructions: &[Instruction], graph: &Graph, ids: &[i64]) {
        let found = dominance(graph);
        let [dominates, post_dominates, control_depends] = self.relations;
        let over = found.dominates.iter().map(|&(src, dst)| (dominates, src, dst, NULL_STR));
        let under = found.post_dominates.iter().map(|&(src, dst)| (post_dominates, src, dst, NULL_STR));
        let ways = self.ways;
        let controls = found.controls.iter().map(|edge| (control_depends, edge.src, edge.dst, ways[edge.way as usize]));
        let rows = &mut self.dominance_rows;
        for (kind, src, dst, label) in over.chain(under).chain(controls) {
            let block = graph.blocks[src];
            rows.kind.push(kind);
            rows.src_id.push(ids[src]);
            rows.dst_id.push(ids[dst]);
            rows.label.push(label);
            rows.path.push(object.source.path);
            rows.line.push(lines(&instructions[block.first..block.end]).next_back().unwrap_or(NULL_I32));
        }
    }

    fn write_instructions(&mut self, object: &Object<'_>, instructions: &[Instruction], graph: &Graph) {
        let rows = &mut self.instruction_rows;
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

/// The lines of a block's instructions, in their order.
fn lines(body: &[Instruction]) -> impl DoubleEndedIterator<Item = i32> {
    body.iter().map(|instruction| instruction.line).filter(|&line| line != NULL_I32)
}

/// From the first byte to the last that a block's instructions cover, inside the span of their code object. Jumps count only where
/// there is nothing else: CPython gives many of them the whole statement that they belong to.
fn hull(body: &[Instruction], owner: &Owner) -> Option<(i32, i32)> {
    let (bstart, bend) = cover(body.iter().filter(|instruction| instruction.target.is_none())).or_else(|| cover(body.iter()))?;
    let (bstart, bend) = (bstart.max(owner.bstart), bend.min(owner.bend));
    (bstart < bend).then_some((bstart, bend))
}

fn cover<'a>(instructions: impl Iterator<Item = &'a Instruction>) -> Option<(i32, i32)> {
    let spans = instructions.map(|instruction| (instruction.bstart, instruction.bend)).filter(|(bstart, bend)| bstart < bend);
    spans.reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)))
}
