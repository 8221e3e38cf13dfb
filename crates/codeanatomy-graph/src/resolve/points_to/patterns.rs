//! `match`: what its patterns bind, and what of a subject each lets through.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value};
use crate::table::Str;

/// The builtin classes of whose objects a class pattern takes the object itself, as the language says.
const MATCHED_THEMSELVES: [&str; 11] = ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

impl Machine<'_, '_> {
    pub fn matched(&mut self, node: u32) {
        let tree = &self.repository.tree;
        let Some(matched) = tree.children(node).next() else { return };
        let subject = self.evaluate(matched);
        // Where cases begin, and the paths through their bodies; a case behind a guard begins with what the guarded pattern may have bound.
        let mut open = vec![(self.state.mark(), Vec::new())];
        let mut is_complete = false;
        for case in tree.children(node).filter(|&child| tree.kind(child) == Syntax::MatchCase) {
            let Some(pattern) = tree.children(case).next() else { continue };
            let mark = open.last().expect("the first is never taken").0;
            self.pattern(pattern, subject);
            let accepted = self.accepted(pattern, subject);
            if accepted != subject
                && let Some(slot) = self.own_slot(matched)
            {
                let held = self.variable(slot);
                self.put(slot, Held { values: accepted, bindings: held.bindings });
            }
            let guard = tree.in_field(case, Field::Guard).next();
            let refused = guard.map(|guard| {
                let captured = self.state.since(mark);
                self.test(guard);
                [self.nothing(), captured, self.state.since(mark)]
            });
            is_complete |= guard.is_none() && tree.kind(pattern) == Syntax::MatchAs && tree.end[pattern as usize] == pattern + 1;
            self.body(case, Field::Body);
            let path = self.state.take(mark);
            open.last_mut().expect("the first is never taken").1.push(path);
            if let Some(refused) = refused {
                self.join(&refused);
                open.push((self.state.mark(), Vec::new()));
            }
        }
        let mut rest = if is_complete { None } else { Some(self.nothing()) };
        while let Some((_, mut paths)) = open.pop() {
            paths.extend(rest);
            self.join(&paths);
            rest = open.last().map(|&(mark, _)| self.state.take(mark));
        }
    }

    /// Binds what a pattern captures.
    fn pattern(&mut self, pattern: u32, subject: Set) {
        let tree = &self.repository.tree;
        match tree.kind(pattern) {
            Syntax::MatchAs => {
                for child in tree.children(pattern) {
                    self.pattern(child, subject);
                }
                if !tree.name[pattern as usize].is_null() {
                    let captured = self.accepted(pattern, subject);
                    self.bind(pattern, captured);
                }
            }
            Syntax::MatchStar => {
                let is_list =
                    |id: &Id| matches!(self.values.get(*id), Value::Container { kind: Container::List, site, .. } if site == pattern);
                if subject != EMPTY && self.elements(subject).iter().all(is_list) {
                    self.bind(pattern, subject);
                    return;
                }
                let made = self.make(pattern, Container::List);
                self.store_index(made, Key::SOMEWHERE, subject);
                let set = self.sets.one(made);
                self.bind(pattern, set);
            }
            Syntax::MatchSequence => {
                let children: Vec<u32> = tree.children(pattern).collect();
                let starred = children.iter().position(|&child| tree.kind(child) == Syntax::MatchStar);
                for (position, &child) in children.iter().enumerate() {
                    let mut elements = EMPTY;
                    for id in self.elements(subject) {
                        let length = self.lengths.get(&id).copied();
                        let set = match self.is_laid_out(id) {
                            true if starred.is_none() || length.is_some() => {
                                self.unpacked(pattern, id, position, starred, (children.len(), length))
                            }
                            true => self.read_values(id, Key::ELEMENTS),
                            false => self.unknown(Reason::Container),
                        };
                        elements = self.union(elements, set);
                    }
                    self.pattern(child, elements);
                }
            }
            Syntax::MatchMapping => {
                let mut elements = EMPTY;
                for id in self.elements(subject) {
                    let set = match self.holds(id) {
                        Some(_) => self.read_values(id, Key::ELEMENTS),
                        None => self.unknown(Reason::Container),
                    };
                    elements = self.union(elements, set);
                }
                for child in tree.children(pattern) {
                    if tree.kind(child).is_pattern() {
                        self.pattern(child, elements);
                    } else {
                        self.evaluate(child);
                    }
                }
                if !tree.name[pattern as usize].is_null() {
                    let made = self.make(pattern, Container::Dict);
                    self.store_index(made, Key::SOMEWHERE, elements);
                    let set = self.sets.one(made);
                    self.bind(pattern, set);
                }
            }
            Syntax::MatchClass => {
                let objects = self.of_class(pattern, subject);
                let names: Vec<String> = self
                    .resolver
                    .strings
                    .get(tree.value[pattern as usize])
                    .map(|names| names.split(' ').map(str::to_owned).collect())
                    .unwrap_or_default();
                let patterns: Vec<u32> = tree.children(pattern).filter(|&child| tree.kind(child).is_pattern()).collect();
                let unnamed = patterns.len().saturating_sub(names.len());
                for (position, &child) in patterns.iter().enumerate() {
                    let set = match position.checked_sub(unnamed).and_then(|index| names.get(index)) {
                        Some(name) => {
                            let name = self.resolver.strings.intern(name);
                            self.load_attributes(pattern, objects, name)
                        }
                        None => self.matched_field(pattern, objects, position),
                    };
                    self.pattern(child, set);
                }
            }
            Syntax::MatchOr => {
                for child in tree.children(pattern) {
                    self.pattern(child, subject);
                }
            }
            _ => self.children(pattern),
        }
    }

    /// What a pattern at a place of a class pattern gets: by the `__match_args__` of the class, which for a dataclass or a named tuple are its
    /// fields. Of a builtin class, `str(x)`, it gets the object itself.
    fn matched_field(&mut self, pattern: u32, objects: Set, position: usize) -> Set {
        let mut found = EMPTY;
        for object in self.elements(objects) {
            let one = self.sets.one(object);
            let set = match self.values.get(object) {
                Value::Instance { class, .. } => {
                    let names = self.matched_names(class, position);
                    let mut set = if names.is_empty() && position == 0 && self.matches_itself(class) { one } else { EMPTY };
                    for name in names {
                        let named = self.load_attributes(pattern, one, name);
                        set = self.union(set, named);
                    }
                    set
                }
                value if position == 0 && self.builtin_type(value).is_some() => one,
                _ => EMPTY,
            };
            found = self.union(found, set);
        }
        if found == EMPTY { self.unknown(Reason::Dynamic) } else { found }
    }

    /// Whether a pattern of a class takes the object itself at its only place: it derives from one of the builtin classes that say so.
    fn matches_itself(&mut self, class: Id) -> bool {
        let order = self.order(class);
        let is_such = |ancestor: &Ancestor| match *ancestor {
            Ancestor::Builtin(name) => MATCHED_THEMSELVES.contains(&self.resolver.strings.text(name)),
            _ => false,
        };
        order.ancestors.iter().any(is_such)
    }

    /// The names of the attribute that a class pattern takes at a place: as the class says, else by its fields.
    fn matched_names(&mut self, class: Id, position: usize) -> Vec<Str> {
        let Some(written) = self.look_up(class, self.words.match_args, None) else {
            return self.matched_fields(class).get(position).copied().into_iter().collect();
        };
        let mut names = EMPTY;
        for tuple in self.elements(written) {
            let set = self.load_index(tuple, position as i64);
            names = self.union(names, set);
        }
        self.texts(names)
    }

    /// What of the subject goes on behind a pattern.
    fn accepted(&mut self, pattern: u32, subject: Set) -> Set {
        let tree = &self.repository.tree;
        let patterns: Vec<u32> = tree.children(pattern).filter(|&child| tree.kind(child).is_pattern()).collect();
        match tree.kind(pattern) {
            Syntax::MatchClass => self.of_class(pattern, subject),
            Syntax::MatchAs | Syntax::MatchOr if !patterns.is_empty() => {
                let mut found = EMPTY;
                for pattern in patterns {
                    let set = self.accepted(pattern, subject);
                    found = self.union(found, set);
                }
                found
            }
            _ => subject,
        }
    }

    /// The objects of the subject that a class pattern accepts.
    fn of_class(&mut self, pattern: u32, subject: Set) -> Set {
        let classes = self.evaluate(pattern + 1);
        self.among(subject, classes)
    }
}
