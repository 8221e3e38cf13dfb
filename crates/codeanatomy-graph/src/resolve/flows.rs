//! The rows of data flow: from bindings and stores to what reads them, from arguments to parameters, from results to calls.

use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::resolver::Target;
use crate::resolve::rows::{ArgumentRow, ArgumentRows, FlowRow, FlowRows, Places};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::NONE;
use crate::table::{NULL_I32, NULL_I64, NULL_STR};

impl Machine<'_, '_> {
    /// The flows that end in a file, in the order of its nodes.
    pub fn flow_rows(&mut self, file: u32, places: &mut Places<'_>, (flows, arguments): (&mut FlowRows, &mut ArgumentRows)) {
        let tree = &self.repository.tree;
        for node in tree.nodes(file) {
            match tree.kind(node) {
                Syntax::Name | Syntax::Attribute => self.reaching_rows(node, places, flows),
                Syntax::Call => {
                    self.returned_rows(node, places, flows);
                    self.argument_rows(node, places, arguments);
                }
                _ => {}
            }
        }
    }

    /// A row per place whose binding or store a name or an attribute may read.
    fn reaching_rows(&mut self, node: u32, places: &mut Places<'_>, rows: &mut FlowRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        let sources = self.reaching(node).to_vec();
        let (bstart, bend) = match tree.kind(node) {
            Syntax::Name => (tree.bstart[node as usize], tree.bend[node as usize]),
            _ => (tree.name_bstart[node as usize], tree.name_bend[node as usize]),
        };
        for source in sources {
            let kind = self.flow_kind(source, node);
            let row = FlowRow {
                place: places.place(bstart, bend),
                source_id: node_id(&repository.files, tree, source),
                target_id: node_id(&repository.files, tree, node),
                function_id: NULL_I64,
                kind: self.resolver.strings.word(kind),
                name: tree.name[node as usize],
                origin: self.resolver.strings.word(repository.origin(tree.file(node))),
            };
            rows.push(row);
        }
    }

    /// Within one frame, from a function around, from a module or class, or through an attribute.
    fn flow_kind(&self, source: u32, node: u32) -> &'static str {
        let (repository, frames) = (self.repository, &self.frames);
        let Some(binding) = frames.binding(source) else { return "attribute" };
        if repository.tree.kind(node) == Syntax::Attribute {
            return "attribute";
        }
        let frame = frames.of_slot[repository.bindings.all[binding as usize].slot as usize];
        let scope = repository.scopes.of[node as usize];
        if scope != NONE && frames.of_scope[scope as usize] == frame {
            return "local";
        }
        if repository.scopes.scopes[frame as usize].kind == ScopeKind::Module { "global" } else { "captured" }
    }

    /// A row per expression that a function called here may return.
    fn returned_rows(&mut self, call: u32, places: &mut Places<'_>, rows: &mut FlowRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        let kind = self.resolver.strings.word("return");
        let origin = self.resolver.strings.word(repository.origin(tree.file(call)));
        for function in self.found.called_at(call, Via::Written) {
            let Target::Definition(function) = function else { continue };
            let definition = repository.definitions.get(function);
            let body = match definition.kind {
                DefinitionKind::Lambda => tree.child(definition.node, Field::Body),
                _ => None,
            };
            for value in repository.bindings.returns(function).iter().map(|&(_, value)| value).chain(body) {
                let row = FlowRow {
                    place: places.place(tree.bstart[call as usize], tree.bend[call as usize]),
                    source_id: node_id(&repository.files, tree, value),
                    target_id: node_id(&repository.files, tree, call),
                    function_id: repository.definitions.id(function),
                    kind,
                    name: NULL_STR,
                    origin,
                };
                rows.push(row);
            }
        }
    }

    /// A row per argument of a call and parameter that it may fill.
    fn argument_rows(&mut self, call: u32, places: &mut Places<'_>, rows: &mut ArgumentRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        let origin = self.resolver.strings.word(repository.origin(tree.file(call)));
        for argument in tree.children(call).filter(|&child| matches!(tree.field[child as usize], Field::Args | Field::Keywords)) {
            let is_keyword = tree.kind(argument) == Syntax::Keyword;
            // An argument of a partial is passed on wherever that is called.
            let mut passed: Vec<u32> = self.found.passed_from(argument).map(|passed| passed.parameter).collect();
            passed.sort_unstable();
            passed.dedup();
            for parameter in passed {
                let row = ArgumentRow {
                    place: places.place(tree.bstart[argument as usize], tree.bend[argument as usize]),
                    site_id: node_id(&repository.files, tree, call),
                    argument_id: node_id(&repository.files, tree, argument),
                    callee_id: repository.definitions.id(repository.definitions.get(parameter).parent),
                    parameter_id: repository.definitions.id(parameter),
                    position: if is_keyword { NULL_I32 } else { tree.position[argument as usize] },
                    keyword: if is_keyword { tree.name[argument as usize] } else { NULL_STR },
                    origin,
                };
                rows.push(row);
            }
        }
    }
}
