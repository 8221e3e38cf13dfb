//! Enumerations: which names of a class are members, what members are, and what their `name` and `value` is. `enum` may be a part of the
//! repository or lie outside.

use crate::resolve::kinds::Syntax;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value};
use crate::table::Str;

/// The classes of `enum` whose subclasses have members.
pub const ENUMERATIONS: [&str; 6] = ["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "enum.ReprEnum"];

impl Machine<'_, '_> {
    /// A member of an enumeration, one that stands for all; nothing where a class is none.
    pub fn enumerated(&mut self, class: Id) -> Option<Set> {
        if !self.is_enumeration(class) {
            return None;
        }
        let object = self.some_object(class);
        Some(self.sets.one(object))
    }

    /// Whether a class is an enumeration; those of `enum` itself have no members.
    pub fn is_enumeration(&mut self, class: Id) -> bool {
        self.order(class).is_enumeration
    }

    /// Whether that order of a class makes it an enumeration.
    pub fn is_order_of_enumeration(&self, class: Id, ancestors: &[Ancestor]) -> bool {
        if self.class_definition(class).is_some_and(|own| self.is_of_enum(own)) {
            return false;
        }
        ancestors.iter().any(|&ancestor| match ancestor {
            Ancestor::Class(id) => self.class_definition(id).is_some_and(|definition| self.modelled.enumerations.contains(&definition)),
            Ancestor::External(name) => ENUMERATIONS.contains(&self.resolver.strings.text(name)),
            Ancestor::Builtin(_) => false,
        })
    }

    /// Whether something is defined where `enum.Enum` is.
    fn is_of_enum(&self, definition: u32) -> bool {
        let definitions = &self.repository.definitions;
        let file = definitions.get(definition).file;
        self.modelled.enumerations.iter().any(|&known| definitions.get(known).file == file)
    }

    /// The member that a name of an enumeration is, given what its body bound the name to; nothing where it is none.
    pub fn member_named(&mut self, class: Id, name: Str, bound: Set) -> Option<Set> {
        if !self.is_enumeration(class) || self.resolver.strings.text(name).starts_with('_') {
            return None;
        }
        let order = self.order(class);
        let first = self.holders(&order, name).next()?;
        let Ancestor::Class(holder) = order.ancestors[self.holders[first].at as usize] else { return None };
        if !self.is_enumeration(holder) || !self.can_be_member(bound) {
            return None;
        }
        self.enumerated(class)
    }

    /// Functions and descriptors are no members.
    fn can_be_member(&mut self, bound: Set) -> bool {
        bound != EMPTY
            && self.elements(bound).into_iter().all(|id| match self.values.get(id) {
                Value::Function { .. } | Value::Method { .. } | Value::Wrapper { .. } => false,
                Value::Instance { class, .. } => self.look_up(class, self.words.get, None).is_none(),
                _ => true,
            })
    }

    /// `name` and `value` of a member.
    pub fn of_member(&mut self, node: u32, class: Id, name: Str) -> Option<Set> {
        let is_name = name == self.words.name_ || name == self.words.private_name;
        let is_value = name == self.words.value || name == self.words.private_value;
        if !(is_name || is_value) || !self.is_enumeration(class) {
            return None;
        }
        if is_name {
            return Some(self.literal(self.words.str));
        }
        let tree = &self.repository.tree;
        let is_written = tree.kind(node) == Syntax::Attribute && tree.kind(node + 1) == Syntax::Attribute;
        let member = is_written.then(|| tree.name[node as usize + 1]);
        let (mut all, mut of_member) = (EMPTY, EMPTY);
        let order = self.order(class);
        for ancestor in &order.ancestors {
            let Ancestor::Class(id) = *ancestor else { continue };
            if !self.is_enumeration(id) {
                continue;
            }
            for (name, bound) in self.body_of_class(id) {
                if self.resolver.strings.text(name).starts_with('_') || !self.can_be_member(bound) {
                    continue;
                }
                all = self.union(all, bound);
                if member == Some(name) {
                    of_member = bound;
                }
            }
        }
        let values = if of_member == EMPTY { all } else { of_member };
        Some(self.without_auto(class, values))
    }

    /// What the body of a class bound, by name.
    pub fn body_of_class(&mut self, class: Id) -> Vec<(Str, Set)> {
        let names: Vec<Str> = match self.class_definition(class) {
            Some(definition) => {
                let slots = self.frames.of_own_scope(self.repository.definitions.get(definition).inner);
                slots.iter().map(|&slot| self.repository.bindings.slots[slot as usize].name).collect()
            }
            None => {
                let cell = self.cells.of_value(class, Key::NAMES);
                self.read(cell);
                self.classes.get(&class).map(|known| known.names.clone()).unwrap_or_default()
            }
        };
        names.into_iter().map(|name| (name, self.read_values(class, Key::attribute(name)))).collect()
    }

    /// `auto()` stands for a number, or in a `StrEnum` for a text.
    fn without_auto(&mut self, class: Id, values: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(values) {
            let is_auto = match self.values.get(id) {
                Value::ExternalResult(name) => self.resolver.strings.text(name) == "enum.auto",
                Value::Instance { class, .. } => self.class_definition(class).is_some_and(|definition| {
                    self.is_of_enum(definition) && self.resolver.strings.text(self.repository.definitions.get(definition).name) == "auto"
                }),
                _ => false,
            };
            let one = if is_auto {
                let kind = if self.is_text(class) { self.words.str } else { self.words.int };
                self.literal(kind)
            } else {
                self.sets.one(id)
            };
            found = self.union(found, one);
        }
        found
    }

    fn is_text(&mut self, class: Id) -> bool {
        self.order(class).ancestors.contains(&Ancestor::Builtin(self.words.str))
    }

    /// `_missing_`, which an enumeration asks for the member of a value that none has.
    pub fn missed(&mut self, site: u32, class: Id, arguments: &Arguments) {
        let given = arguments.positional(0).unwrap_or(EMPTY);
        let Some(methods) = self.look_up(class, self.words.missing_, None) else { return };
        let mut held = EMPTY;
        for (_, bound) in self.body_of_class(class) {
            held = self.union(held, bound);
        }
        if given != EMPTY && self.elements(given).into_iter().all(|id| self.is_constant(id) && self.sets.contains(held, id)) {
            return;
        }
        for method in self.elements(methods) {
            for bound in self.bound(method, class, class) {
                self.call(site, bound, &Arguments::one(given), Via::Builtin);
            }
        }
    }

    fn is_constant(&self, id: Id) -> bool {
        matches!(self.values.get(id), Value::Text(_) | Value::Integer(_))
    }

    /// `__members__`: the members by name.
    pub fn members(&mut self, node: u32, class: Id, name: Str) -> Option<Set> {
        if name != self.words.members {
            return None;
        }
        let members = self.enumerated(class)?;
        let dict = self.make(node, Container::Dict);
        for (name, bound) in self.body_of_class(class) {
            if self.member_named(class, name, bound).is_some() {
                let key = self.one(Value::Text(name));
                self.store_item(dict, key, members);
            }
        }
        Some(self.sets.one(dict))
    }

    /// What `|`, `&`, `^` and `~` of members give where `enum` lies outside.
    pub fn combined_members(&mut self, class: Id, operator: &str) -> Option<Set> {
        if !matches!(operator, "BitOr" | "BitAnd" | "BitXor" | "Invert") {
            return None;
        }
        self.enumerated(class)
    }
}
