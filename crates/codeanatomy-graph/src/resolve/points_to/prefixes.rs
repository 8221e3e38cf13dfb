//! Names of which only a part is written: `getattr(self, "visit_" + name)`. Any attribute that begins so may be meant.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value};
use crate::table::Str;

/// A shorter beginning says too little.
const SHORTEST: usize = 2;

impl Machine<'_, '_> {
    /// The attributes of some objects whose names begin as the second argument of a call of `getattr` does.
    pub fn loaded_by_prefix(&mut self, site: u32, objects: Set) -> Set {
        let tree = &self.repository.tree;
        let name = if tree.kind(site) == Syntax::Call { tree.in_field(site, Field::Args).nth(1) } else { None };
        let Some(prefix) = name.and_then(|name| self.beginning(name)).filter(|prefix| is_telling(prefix)) else { return EMPTY };
        let mut found = EMPTY;
        for object in self.elements(objects) {
            let names = self.names_of(object, &prefix);
            if names.len() > self.limits.values_per_set {
                self.reached(Limit::ValuesPerSet);
                let unknown = self.unknown(Reason::Limit);
                found = self.union(found, unknown);
                continue;
            }
            let one = self.sets.one(object);
            for name in names {
                let set = self.load_attributes(site, one, name);
                found = self.union(found, set);
            }
        }
        found
    }

    /// The text that an expression begins with, as far as it is written.
    pub fn beginning(&self, node: u32) -> Option<String> {
        let tree = &self.repository.tree;
        match tree.kind(node) {
            Syntax::Constant if tree.name[node as usize] == self.words.str => {
                self.resolver.strings.get(tree.value[node as usize]).map(str::to_owned)
            }
            Syntax::JoinedStr => self.beginning(tree.children(node).next()?),
            Syntax::BinOp => {
                let text = self.beginning(tree.child(node, Field::Left)?)?;
                let operator = self.resolver.strings.get(tree.value[node as usize]).unwrap_or_default();
                Some(if operator == "Mod" { text.split('%').next().unwrap_or_default().to_owned() } else { text })
            }
            Syntax::Call => {
                let callee = tree.child(node, Field::Func).filter(|&callee| tree.kind(callee) == Syntax::Attribute)?;
                let method = self.resolver.strings.text(tree.name[callee as usize]);
                if !matches!(method, "format" | "lower" | "casefold" | "upper") {
                    return None;
                }
                let text = self.beginning(callee + 1)?;
                Some(match method {
                    "format" => text.split('{').next().unwrap_or_default().to_owned(),
                    "upper" => text.to_uppercase(),
                    _ => text.to_lowercase(),
                })
            }
            Syntax::Name => {
                let bindings = &self.repository.bindings;
                let slot = self.frames.slot(node).filter(|&slot| bindings.count(slot) == 1)?;
                let statement = tree.parent[bindings.nth(slot, 0).node as usize];
                let is_assigned = matches!(tree.kind(statement), Syntax::Assign | Syntax::NamedExpr);
                let value = tree.child(statement, Field::Value).filter(|&value| is_assigned && tree.kind(value) != Syntax::Name)?;
                self.beginning(value)
            }
            _ => None,
        }
    }

    /// The text that an expression ends with, as far as it is written behind what is not.
    pub fn ending(&self, node: u32) -> String {
        let tree = &self.repository.tree;
        let last = match tree.kind(node) {
            Syntax::JoinedStr => tree.children(node).last(),
            Syntax::BinOp => match self.resolver.strings.get(tree.value[node as usize]) {
                Some("Mod") => {
                    let template = tree.child(node, Field::Left).and_then(|left| self.beginning(left)).unwrap_or_default();
                    return template.rsplit_once("%s").map_or("", |(_, ending)| ending).to_owned();
                }
                _ => tree.child(node, Field::Right),
            },
            Syntax::Call => {
                let template = tree.child(node, Field::Func).and_then(|callee| self.beginning(callee + 1)).unwrap_or_default();
                return template.rsplit_once('}').map_or("", |(_, ending)| ending).to_owned();
            }
            _ => None,
        };
        last.filter(|&last| tree.kind(last) == Syntax::Constant).and_then(|last| self.beginning(last)).unwrap_or_default()
    }

    /// The names that begin so and that a class, the class of an object, or a module of the repository has.
    pub fn names_of(&mut self, object: Id, prefix: &str) -> Vec<Str> {
        let owners = match self.values.get(object) {
            Value::Instance { class, .. } => self.classes_above(class),
            Value::Class { .. } => self.classes_above(object),
            Value::Module(file) => vec![file],
            _ => Vec::new(),
        };
        let mut names = Vec::new();
        for owner in owners {
            let scope = self.repository.definitions.get(owner).inner;
            for &slot in self.frames.of_own_scope(scope) {
                let name = self.repository.bindings.slots[slot as usize].name;
                if self.resolver.strings.text(name).starts_with(prefix) && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    fn classes_above(&mut self, class: Id) -> Vec<u32> {
        let order = self.order(class);
        let definition = |ancestor: &Ancestor| match *ancestor {
            Ancestor::Class(id) => self.class_definition(id),
            _ => None,
        };
        order.ancestors.iter().filter_map(definition).collect()
    }
}

/// Whether a name can begin so, and not every name may.
fn is_telling(prefix: &str) -> bool {
    prefix.len() >= SHORTEST && prefix.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}
