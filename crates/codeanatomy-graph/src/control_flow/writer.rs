//! Code objects as rows, whatever they were drawn from. It draws nothing.

use crate::ids::{Allocator, syntax_id};
use crate::table::{NULL_I64, NULL_STR, Str, Strings, Table};

use super::blocks::Way;
use super::dominance::dominance;
use super::drawing::Drawing;
use super::owners::{Definitions, Owner};
use super::rows::{BlockRows, CodeRows, DominanceRows, FlowRows, InstructionRows, StepRows};
use super::sources::Source;
use super::syntax::{Class, Tree};

/// What a code object was drawn from.
#[derive(Clone, Copy)]
pub enum Origin {
    Bytecode,
    Syntax,
}

/// One code object on its way into rows.
pub struct Object<'s> {
    pub file: i64,
    pub number: i32,
    pub id: i64,
    pub parent_id: i64,
    pub name: Str,
    pub owner: Owner,
    pub source: &'s Source<'s>,
    pub origin: Origin,
}

/// The rows so far.
pub struct Writer<'a> {
    definitions: &'a Definitions<'a>,
    ways: [Str; Way::ALL.len()],
    /// `dominates`, `post_dominates`, `control_depends`.
    relations: [Str; 3],
    /// By `Origin`.
    origins: [Str; 2],
    ids: Allocator,
    code_rows: CodeRows,
    block_rows: BlockRows,
    flow_rows: FlowRows,
    step_rows: StepRows,
    dominance_rows: DominanceRows,
}

impl<'a> Writer<'a> {
    pub fn new(definitions: &'a Definitions<'a>, strings: &mut Strings) -> Self {
        let ways = Way::ALL.map(|way| strings.intern(way.name()));
        let relations = ["dominates", "post_dominates", "control_depends"].map(|kind| strings.intern(kind));
        let origins = ["bytecode", "syntax"].map(|origin| strings.intern(origin));
        let (code_rows, block_rows, flow_rows, step_rows, dominance_rows) = Default::default();
        Self { definitions, ways, relations, origins, ids: Allocator::new(), code_rows, block_rows, flow_rows, step_rows, dominance_rows }
    }

    pub fn tables(self, instructions: InstructionRows) -> Vec<Table> {
        vec![
            self.code_rows.table(),
            self.block_rows.table(),
            self.flow_rows.table(),
            self.step_rows.table(),
            self.dominance_rows.table(),
            instructions.table(),
        ]
    }

    /// The id of a code object.
    pub fn id(&mut self, path: &str, number: i32) -> i64 {
        self.ids.id(&["code", path, &number.to_string()])
    }

    pub fn write(&mut self, object: &Object<'_>, path: &str, tree: &Tree, drawing: &Drawing, strings: &mut Strings) {
        self.write_code(object, strings);
        let ids = self.write_blocks(object, path, drawing);
        self.write_flow(object, drawing, &ids);
        self.write_steps(object, tree, drawing, &ids);
        self.write_dominance(object, drawing, &ids);
    }

    fn origin(&self, object: &Object<'_>) -> Str {
        self.origins[object.origin as usize]
    }

    fn function_id(&self, object: &Object<'_>) -> i64 {
        object.owner.definition.map_or(object.id, |row| self.definitions.id(row))
    }

    fn write_code(&mut self, object: &Object<'_>, strings: &mut Strings) {
        let (origin, function_id) = (self.origin(object), self.function_id(object));
        let rows = &mut self.code_rows;
        rows.id.push(object.id);
        rows.kind.push(strings.intern(object.owner.kind));
        rows.name.push(object.name);
        rows.qualified_name.push(object.owner.qualified);
        rows.file_id.push(object.file);
        rows.path.push(object.source.path);
        rows.spans.push(Some((object.owner.bstart, object.owner.bend)), object.source.text.lines);
        rows.parent_id.push(object.parent_id);
        rows.definition_id.push(object.owner.definition.map_or(NULL_I64, |row| self.definitions.id(row)));
        rows.function_id.push(function_id);
        rows.number.push(object.number);
        rows.origin.push(origin);
    }

    /// The ids of the blocks, in their order.
    fn write_blocks(&mut self, object: &Object<'_>, path: &str, drawing: &Drawing) -> Vec<i64> {
        let (origin, function_id, code) = (self.origin(object), self.function_id(object), object.number.to_string());
        let mut ids = Vec::with_capacity(drawing.graph.blocks.len());
        for (number, (block, place)) in drawing.graph.blocks.iter().zip(&drawing.places).enumerate() {
            let id = self.ids.id(&["block", path, &code, &number.to_string()]);
            let rows = &mut self.block_rows;
            ids.push(id);
            rows.id.push(id);
            rows.code_id.push(object.id);
            rows.function_id.push(function_id);
            rows.function.push(object.owner.qualified);
            rows.path.push(object.source.path);
            rows.file_id.push(object.file);
            rows.block.push(number as i32);
            rows.entry.push(Some(number == 0));
            rows.exit.push(Some(block.exit));
            rows.first_line.push(place.first_line);
            rows.last_line.push(place.last_line);
            rows.spans.push(place.span, object.source.text.lines);
            rows.origin.push(origin);
        }
        ids
    }

    fn write_flow(&mut self, object: &Object<'_>, drawing: &Drawing, ids: &[i64]) {
        let (origin, function_id) = (self.origin(object), self.function_id(object));
        for edge in &drawing.graph.edges {
            let rows = &mut self.flow_rows;
            rows.src_id.push(ids[edge.src]);
            rows.dst_id.push(ids[edge.dst]);
            rows.function_id.push(function_id);
            rows.kind.push(self.ways[edge.way as usize]);
            rows.src_line.push(drawing.places[edge.src].left);
            rows.dst_line.push(drawing.places[edge.dst].entered);
            rows.path.push(object.source.path);
            rows.origin.push(origin);
        }
    }

    fn write_steps(&mut self, object: &Object<'_>, tree: &Tree, drawing: &Drawing, ids: &[i64]) {
        let origin = self.origin(object);
        for of_block in drawing.steps.chunk_by(|left, right| left.block == right.block) {
            for (seq, step) in (0..).zip(of_block) {
                let rows = &mut self.step_rows;
                rows.block_id.push(ids[step.block]);
                rows.node_id.push(syntax_id(object.file, step.node as i32));
                rows.seq.push(seq);
                rows.path.push(object.source.path);
                let line = object.source.text.lines.position(tree.spans[step.node as usize].0).line;
                let is_definition = matches!(tree.class(step.node), Class::Function | Class::Definition);
                rows.line.push(is_definition.then(|| self.definitions.def_line(object.file, line)).flatten().unwrap_or(line));
                rows.origin.push(origin);
            }
        }
    }

    fn write_dominance(&mut self, object: &Object<'_>, drawing: &Drawing, ids: &[i64]) {
        let (origin, found) = (self.origin(object), dominance(&drawing.graph));
        let [dominates, post_dominates, control_depends] = self.relations;
        let over = found.dominates.iter().map(|&(src, dst)| (dominates, src, dst, NULL_STR));
        let under = found.post_dominates.iter().map(|&(src, dst)| (post_dominates, src, dst, NULL_STR));
        let ways = self.ways;
        let controls = found.controls.iter().map(|edge| (control_depends, edge.src, edge.dst, ways[edge.way as usize]));
        let rows = &mut self.dominance_rows;
        for (kind, src, dst, label) in over.chain(under).chain(controls) {
            rows.kind.push(kind);
            rows.src_id.push(ids[src]);
            rows.dst_id.push(ids[dst]);
            rows.label.push(label);
            rows.path.push(object.source.path);
            rows.line.push(drawing.places[src].left);
            rows.origin.push(origin);
        }
    }
}
