//! The rows of data flow: from bindings and stores to what reads them, from arguments to parameters, from results to where they come back.

use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::kinds::{Access, Field, Syntax};
use crate::resolve::points_to::found::{Maker, Passed, Via};
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
        let nodes = tree.nodes(file);
        let (called, passed) = (self.found.called_in(&nodes).to_vec(), self.found.passed_in(&nodes).to_vec());
        let mut called = called.chunk_by(|one, other| one.0 == other.0).peekable();
        let mut passed = passed.chunk_by(|one, other| one.argument == other.argument).peekable();
        for node in nodes {
            if matches!(tree.kind(node), Syntax::Name | Syntax::Attribute) {
                self.reaching_rows(node, places, flows);
            }
            if let Some(called) = called.next_if(|called| called[0].0 == node) {
                self.result_rows(node, called, places, flows);
            }
            if let Some(passed) = passed.next_if(|passed| passed[0].argument == node) {
                self.argument_rows(node, passed, places, arguments);
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

    /// A row per expression that a function which runs here may return or yield.
    fn result_rows(&mut self, node: u32, called: &[(u32, Via, Target)], places: &mut Places<'_>, rows: &mut FlowRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        for (function, gives) in self.resulting(node, called) {
            let definition = repository.definitions.get(function);
            let body = match definition.kind {
                DefinitionKind::Lambda => tree.child(definition.node, Field::Body),
                _ => None,
            };
            let returned = repository.bindings.returns(function).iter().map(|&(_, value)| (value, "return"));
            let yielded = repository.bindings.yields(function).iter().map(|&(_, value)| (value, "yield"));
            let yielded = yielded.filter(|_| gives == Gives::All);
            for (value, kind) in returned.chain(body.map(|body| (body, "return"))).chain(yielded) {
                let row = FlowRow {
                    place: places.place(tree.bstart[node as usize], tree.bend[node as usize]),
                    source_id: node_id(&repository.files, tree, value),
                    target_id: node_id(&repository.files, tree, node),
                    function_id: repository.definitions.id(function),
                    kind: self.resolver.strings.word(kind),
                    name: NULL_STR,
                    origin: self.resolver.strings.word(repository.origin(tree.file(node))),
                };
                rows.push(row);
            }
        }
    }

    /// The functions that run at a place and whose results are what it gives, each once.
    fn resulting(&self, node: u32, called: &[(u32, Via, Target)]) -> Vec<(u32, Gives)> {
        let repository = self.repository;
        let mut found: Vec<(u32, Gives)> = Vec::new();
        for &(_, via, target) in called {
            let Target::Definition(function) = target else { continue };
            let name = self.resolver.strings.get(repository.definitions.get(function).name).unwrap_or_default();
            let gives = match via {
                Via::Written | Via::Decorator | Via::Operator | Via::Constructor(Maker::New | Maker::Metaclass) => Gives::All,
                Via::Callback if self.found.brought_back.contains(&node) => Gives::All,
                Via::Await => Gives::Returned,
                Via::With if !matches!(name, "__exit__" | "__aexit__") => Gives::All,
                Via::Attribute if self.is_stored_only(node) => continue,
                Via::Iteration | Via::Subscript | Via::Attribute | Via::Format if !is_aside(name) => Gives::All,
                Via::Builtin if !is_aside(name) || self.is_asked_for(called, name) => Gives::All,
                _ => continue,
            };
            if !found.iter().any(|&(other, _)| other == function) {
                found.push((function, gives));
            }
        }
        found
    }

    /// Whether a target gets a value, and is not read before.
    fn is_stored_only(&self, node: u32) -> bool {
        let tree = &self.repository.tree;
        tree.access[node as usize] != Access::Read && tree.kind(tree.parent[node as usize]) != Syntax::AugAssign
    }

    /// Whether a builtin is called for what a special method gives, as `len` is for `__len__`.
    fn is_asked_for(&self, called: &[(u32, Via, Target)], special: &str) -> bool {
        let plain = special.trim_matches('_');
        let is_it = |target: &Target| matches!(target, Target::Builtin(name) if self.resolver.strings.get(*name) == Some(plain));
        called.iter().any(|(_, via, target)| *via == Via::Written && is_it(target))
    }

    /// A row per parameter that what stands here may fill.
    fn argument_rows(&mut self, argument: u32, passed: &[Passed], places: &mut Places<'_>, rows: &mut ArgumentRows) {
        let repository = self.repository;
        let tree = &repository.tree;
        let is_written = matches!(tree.field[argument as usize], Field::Args | Field::Keywords);
        let is_keyword = tree.kind(argument) == Syntax::Keyword;
        let mut passed = passed.to_vec();
        passed.sort_unstable_by_key(|passed| (passed.parameter, passed.call));
        passed.dedup_by_key(|passed| passed.parameter);
        for Passed { call, parameter, .. } in passed {
            // An argument of a partial is passed on wherever that is called.
            let site = if is_written { tree.parent[argument as usize] } else { call };
            let row = ArgumentRow {
                place: places.place(tree.bstart[argument as usize], tree.bend[argument as usize]),
                site_id: node_id(&repository.files, tree, site),
                argument_id: node_id(&repository.files, tree, argument),
                callee_id: repository.definitions.id(repository.definitions.get(parameter).parent),
                parameter_id: repository.definitions.id(parameter),
                position: if is_keyword || !is_written { NULL_I32 } else { tree.position[argument as usize] },
                keyword: if is_keyword { tree.name[argument as usize] } else { NULL_STR },
                origin: self.resolver.strings.word(repository.origin(tree.file(argument))),
            };
            rows.push(row);
        }
    }
}

/// Which results of a function come back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    Returned,
    /// What it yields, too.
    All,
}

/// Special methods that store, compare or count on the way: what they give is not what is made of it.
fn is_aside(special: &str) -> bool {
    const STORING: [&str; 6] = ["__setattr__", "__delattr__", "__set__", "__delete__", "__setitem__", "__delitem__"];
    const ASKED: [&str; 11] =
        ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__", "__length_hint__", "__index__"];
    STORING.contains(&special) || ASKED.contains(&special)
}
