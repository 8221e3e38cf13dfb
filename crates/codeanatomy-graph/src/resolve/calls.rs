//! Calls: which functions, classes, externals and builtins each call runs. What a callee may be is `values.rs`.

use crate::resolve::classes::Looked;
use crate::resolve::confidence::confidence;
use crate::resolve::definitions::{DefinitionKind, node_id};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::names::Meaning;
use crate::resolve::resolver::{BUILTIN, Resolver, Target};
use crate::resolve::rows::{CallRow, CallRows, CallSiteRow, CallSiteRows, Place, Places};
use crate::resolve::sets::{EMPTY, Set};
use crate::resolve::syntax::NONE;
use crate::resolve::values::Value;
use crate::table::{NULL_I64, NULL_STR, Str};

/// One thing that a call runs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Callee {
    target: Target,
    /// Runs because the class before it is called.
    constructor: bool,
    declared: bool,
}

/// Where a call is made.
struct Site {
    place: Place,
    id: i64,
    caller: i64,
    decorator: bool,
    origin: &'static str,
}

impl Resolver<'_> {
    /// The calls of a file, in the order of their places: those written, and those that decorators imply.
    pub fn call_rows(&mut self, file: u32, places: &mut Places<'_>, rows: (&mut CallRows, &mut CallSiteRows)) {
        let repository = self.repository;
        let tree = &repository.tree;
        let runs = |node: u32| tree.kind(node) == Syntax::Call || tree.field[node as usize] == Field::DecoratorList;
        for node in tree.in_order(file, runs) {
            let written = repository.tree.kind(node) == Syntax::Call;
            let scope = repository.scopes.of[node as usize];
            let owner = if scope == NONE { file } else { repository.scopes.scopes[scope as usize].definition };
            let site = Site {
                place: places.place(repository.tree.bstart[node as usize], repository.tree.bend[node as usize]),
                id: node_id(&repository.files, &repository.tree, node),
                caller: repository.definitions.id(repository.definitions.runner(owner)),
                decorator: !written,
                origin: repository.origin(file),
            };
            let callee = if written { repository.tree.child(node, Field::Func).unwrap_or(NONE) } else { node };
            self.call_row(&site, callee, rows.0, rows.1);
        }
    }

    fn call_row(&mut self, site: &Site, expression: u32, calls: &mut CallRows, sites: &mut CallSiteRows) {
        let values =
            if self.repository.scopes.known[self.repository.tree.file(expression) as usize] { self.evaluate(expression) } else { EMPTY };
        let callees = self.callees(values);
        let written = callees.iter().filter(|callee| !callee.constructor).count();
        let group = if written > 1 { site.id } else { NULL_I64 };
        let resolution = self.resolution(expression);
        for &callee in &callees {
            self.push_call(site, callee, resolution, group, calls);
        }
        if site.decorator {
            return;
        }
        let status = status(&callees, written);
        let reason = if status == "unresolved" { self.reason(expression, values) } else { NULL_STR };
        let row = CallSiteRow {
            place: site.place,
            site_id: site.id,
            caller_id: site.caller,
            callee_text: self.expression_text(expression),
            status: self.strings.intern(status),
            reason,
            targets: written as i32,
        };
        sites.push(row);
    }

    fn push_call(&mut self, site: &Site, callee: Callee, resolution: &'static str, group: i64, calls: &mut CallRows) {
        let (kind, resolution) = match callee.target {
            Target::Definition(number) if self.repository.definitions.get(number).kind == DefinitionKind::Class => ("class", resolution),
            Target::Definition(_) => ("function", resolution),
            Target::Namespace(_) | Target::External(_) => ("external", "external"),
            Target::Builtin(_) => (BUILTIN, "builtin"),
        };
        let resolution = if callee.declared && kind != BUILTIN { "annotation" } else { resolution };
        let via = match (site.decorator, callee.constructor) {
            (_, true) => self.strings.intern("constructor"),
            (true, false) => self.strings.intern("decorator"),
            (false, false) => NULL_STR,
        };
        let row = CallRow {
            place: site.place,
            site_id: site.id,
            caller_id: site.caller,
            callee_id: self.target_id(callee.target),
            callee_kind: self.strings.intern(kind),
            implicit: Some(site.decorator),
            via,
            origin: self.strings.intern(site.origin),
            resolution: self.strings.intern(resolution),
            confidence: Some(confidence(resolution)),
            ambiguity_group: group,
        };
        calls.push(row);
    }

    /// What calling some values runs.
    fn callees(&mut self, values: Set) -> Vec<Callee> {
        let mut found: Vec<Callee> = Vec::new();
        for index in 0..self.values.len(values) {
            let value = self.values.at(values, index);
            let declared = matches!(
                value,
                Value::Class { declared: true, .. } | Value::Instance { declared: true, .. } | Value::Function { declared: true, .. }
            );
            let mut push = |target, constructor| {
                if !found.iter().any(|callee: &Callee| callee.target == target && callee.constructor == constructor) {
                    found.push(Callee { target, constructor, declared });
                }
            };
            match value {
                Value::Function { function, .. } => push(Target::Definition(function), false),
                Value::External(name) | Value::ExternalMember(name) => push(Target::External(name), false),
                Value::Builtin(name) => push(Target::Builtin(name), false),
                Value::Class { class, .. } => {
                    push(Target::Definition(class), false);
                    for function in self.functions_run(value) {
                        push(Target::Definition(function), true);
                    }
                }
                Value::Instance { .. } => {
                    for function in self.functions_run(value) {
                        push(Target::Definition(function), false);
                    }
                }
                _ => {}
            }
        }
        for callee in &mut found {
            if let Target::External(name) = callee.target {
                callee.target = self.external(name);
            }
        }
        found
    }

    /// The functions of the repository that run when a value is called.
    pub fn functions_run(&mut self, value: Value) -> Vec<u32> {
        match value {
            Value::Function { function, .. } => vec![function],
            Value::Class { class, .. } => {
                let mut found = self.method(class, "__new__");
                found.extend(self.method(class, "__init__"));
                found
            }
            Value::Instance { class, .. } => self.method(class, "__call__"),
            _ => Vec::new(),
        }
    }

    fn method(&mut self, class: u32, name: &str) -> Vec<u32> {
        let name = self.strings.intern(name);
        let Looked::Slot(slot) = self.look_up(class, name, None) else { return Vec::new() };
        let values = self.slot_values(slot);
        let function = |value: &Value| match *value {
            Value::Function { function, .. } => Some(function),
            _ => None,
        };
        self.values.get(values).iter().filter_map(function).collect()
    }

    /// How a callee was resolved, by the form of its expression.
    fn resolution(&mut self, expression: u32) -> &'static str {
        match self.repository.tree.kind(expression) {
            Syntax::Name => self.name_targets(expression).1,
            Syntax::Attribute => "attribute",
            _ => "value",
        }
    }

    /// Why a callee is not known.
    fn reason(&mut self, expression: u32, values: Set) -> Str {
        let unknown = self.values.get(values).iter().find_map(|value| match value {
            Value::Unknown(reason) => Some(reason.text()),
            _ => None,
        });
        let text = match unknown {
            Some(text) => text,
            None if !self.repository.scopes.known[self.repository.tree.file(expression) as usize] => "no symbol table",
            None if self.repository.tree.kind(expression) == Syntax::Name && self.meaning(expression) == Meaning::Nothing => {
                "unresolved name"
            }
            None if values == EMPTY => "unknown receiver",
            None => "not callable",
        };
        self.strings.intern(text)
    }
}

fn status(callees: &[Callee], written: usize) -> &'static str {
    let of = |is: fn(&Target) -> bool| callees.iter().all(|callee| is(&callee.target));
    match written {
        0 => "unresolved",
        _ if of(|target| matches!(target, Target::Builtin(_))) => "builtin",
        _ if of(|target| matches!(target, Target::External(_))) => "external",
        1 => "resolved",
        _ => "ambiguous",
    }
}
