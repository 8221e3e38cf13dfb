//! The rows of calls: who runs what, where, and what became of every written call. What a callee may be is `points_to`.

use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::guesses::Guesses;
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::names::Meaning;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Reason, Value, Wrapper};
use crate::resolve::resolver::{BUILTIN, Target};
use crate::resolve::rows::{CallRow, CallRows, CallSiteRow, CallSiteRows, Place, Places};
use crate::resolve::syntax::NONE;
use crate::table::{NULL_I64, NULL_STR, Str};

/// One thing that runs at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Callee {
    via: Via,
    target: Target,
}

/// Where a call is made.
struct Site {
    place: Place,
    id: i64,
    caller: i64,
    is_written: bool,
    origin: &'static str,
}

/// Whether it is run to make an object of a class that is called.
fn is_maker(callee: &Callee) -> bool {
    matches!(callee.via, Via::Constructor(_))
}

impl Machine<'_, '_> {
    /// The calls of a file, in the order of their places: those written, and those that other syntax implies.
    pub fn call_rows(&mut self, file: u32, guesses: &Guesses, places: &mut Places<'_>, rows: (&mut CallRows, &mut CallSiteRows)) {
        let repository = self.repository;
        let tree = &repository.tree;
        let nodes = tree.nodes(file);
        let called: Vec<(u32, Callee)> =
            self.found.called_in(&nodes).iter().map(|&(site, via, target)| (site, Callee { via, target })).collect();
        let runs = |node: u32| tree.kind(node) == Syntax::Call || called.binary_search_by_key(&node, |&(site, _)| site).is_ok();
        for node in tree.in_order(file, runs) {
            let owner = repository.owner(node);
            self.asked = repository.definitions.runner(owner);
            let site = Site {
                place: places.place(tree.bstart[node as usize], tree.bend[node as usize]),
                id: node_id(&repository.files, tree, node),
                caller: repository.definitions.id(self.asked),
                is_written: tree.kind(node) == Syntax::Call,
                origin: repository.origin(file),
            };
            let from = called.partition_point(|&(other, _)| other < node);
            let callees: Vec<Callee> = called[from..].iter().take_while(|&&(other, _)| other == node).map(|&(_, callee)| callee).collect();
            self.site_rows(node, &site, &callees, guesses, (&mut *rows.0, &mut *rows.1));
        }
    }

    fn site_rows(
        &mut self,
        node: u32,
        site: &Site,
        callees: &[Callee],
        guesses: &Guesses,
        (calls, sites): (&mut CallRows, &mut CallSiteRows),
    ) {
        let tree = &self.repository.tree;
        let expression = if site.is_written { tree.child(node, Field::Func).unwrap_or(NONE) } else { node };
        let main = |callee: &&Callee| if site.is_written { callee.via == Via::Written } else { !is_maker(callee) };
        let written = callees.iter().filter(main).count();
        let resolution = self.resolution(expression);
        for (place, &callee) in callees.iter().enumerate() {
            // One function may be `__new__` and `__init__`, or fill two fields.
            if callees[..place].iter().any(|other| other.target == callee.target && other.via.text() == callee.via.text()) {
                continue;
            }
            // What makes an object of one class runs in turn; of several classes, or of several for one turn, it is one or the other.
            let alike = callees.iter().filter(|other| other.via == callee.via).count();
            let rivals = if is_maker(&callee) { alike.max(written) } else { alike };
            let group = if rivals > 1 { site.id } else { NULL_I64 };
            self.push_call(site, callee, resolution, group, calls);
        }
        if !site.is_written {
            return;
        }
        let targets: Vec<Target> = callees.iter().filter(main).map(|callee| callee.target).collect();
        let reason = if targets.is_empty() { self.reason(expression) } else { NULL_STR };
        let guessed = if targets.is_empty() { self.guess(site, expression, guesses, calls) } else { 0 };
        let status = if guessed > 0 { "ambiguous" } else { status(&targets) };
        let row = CallSiteRow {
            place: site.place,
            site_id: site.id,
            caller_id: site.caller,
            callee_text: self.resolver.expression_text(expression),
            status: self.resolver.strings.word(status),
            reason,
            targets: (written + guessed) as i32,
        };
        sites.push(row);
    }

    /// Rows of what a call of an attribute may run by classes and names alone; says how many.
    fn guess(&mut self, site: &Site, expression: u32, guesses: &Guesses, calls: &mut CallRows) -> usize {
        let tree = &self.repository.tree;
        if tree.kind(expression) != Syntax::Attribute || !self.found.reached[expression as usize] {
            return 0;
        }
        let objects = self.elements(self.found.values[expression as usize + 1]);
        let (targets, resolution) = self.guessed(guesses, &objects, tree.name[expression as usize]);
        for &target in &targets {
            self.push_call(site, Callee { via: Via::Written, target }, resolution, site.id, calls);
        }
        targets.len()
    }

    fn push_call(&mut self, site: &Site, callee: Callee, resolution: &'static str, group: i64, calls: &mut CallRows) {
        let definitions = &self.repository.definitions;
        let (kind, resolution) = match callee.target {
            Target::Definition(number) if definitions.get(number).kind == DefinitionKind::Class => ("class", resolution),
            Target::Definition(_) => ("function", resolution),
            Target::Namespace(_) | Target::External(_) => ("external", "external"),
            Target::Builtin(_) => (BUILTIN, "builtin"),
        };
        let is_implicit = match callee.via {
            Via::Written => false,
            Via::Constructor(_) => !site.is_written,
            _ => true,
        };
        let resolution = if is_implicit && kind != BUILTIN && kind != "external" { "value" } else { resolution };
        let row = CallRow {
            place: site.place,
            site_id: site.id,
            caller_id: site.caller,
            callee_id: self.resolver.target_id(callee.target),
            callee_kind: self.resolver.strings.word(kind),
            implicit: Some(is_implicit),
            via: callee.via.text().map_or(NULL_STR, |text| self.resolver.strings.word(text)),
            origin: self.resolver.strings.word(site.origin),
            resolution: self.resolver.strings.word(resolution),
            confidence: self.repository.confidences.of(resolution, group == NULL_I64),
            ambiguity_group: group,
        };
        calls.push(row);
    }

    /// How a callee was resolved, by the form of its expression.
    fn resolution(&mut self, expression: u32) -> &'static str {
        match self.repository.tree.kind(expression) {
            Syntax::Name => self.resolver.name_targets(expression).1,
            Syntax::Attribute => "attribute",
            _ => "value",
        }
    }

    /// Why a callee is not known.
    fn reason(&mut self, expression: u32) -> Str {
        let repository = self.repository;
        let values = self.elements(self.found.values[expression as usize]);
        let unknown = values.iter().find_map(|&id| match self.values.get(id) {
            Value::Unknown(reason) => Some(reason.text()),
            Value::ExternalResult(_) => Some(Reason::ExternalResult.text()),
            Value::Wrapper { kind: Wrapper::Giving, .. } => Some(Reason::Dynamic.text()),
            _ => None,
        });
        let text = match unknown {
            Some(text) => text,
            None if !repository.scopes.known[repository.tree.file(expression) as usize] => "no symbol table",
            None if !self.found.reached[expression as usize] => "unreachable code",
            None if repository.tree.kind(expression) == Syntax::Name && self.resolver.meaning(expression) == Meaning::Nothing => {
                "unresolved name"
            }
            None if values.is_empty() => "no value",
            None => "not callable",
        };
        self.resolver.strings.intern(text)
    }
}

fn status(targets: &[Target]) -> &'static str {
    match targets {
        [] => "unresolved",
        _ if targets.iter().all(|target| matches!(target, Target::Builtin(_))) => "builtin",
        _ if targets.iter().all(|target| matches!(target, Target::External(_) | Target::Builtin(_))) => "external",
        _ => "resolved",
    }
}
