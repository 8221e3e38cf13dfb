//! Classes that `collections.namedtuple` and `typing.NamedTuple` make when they are called: tuples whose elements have names. Classes that
//! derive from one are `classes.rs`.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
use crate::resolve::resolver::Target;
use crate::table::Str;

/// What its attributes are called in rows of calls.
pub const MAKER: &str = "collections.namedtuple";

/// Whether what derives from a class outside the repository is a named tuple.
pub fn is_record(name: &str) -> bool {
    matches!(name, MAKER | "typing.NamedTuple" | "typing_extensions.NamedTuple")
}

impl Machine<'_, '_> {
    /// `namedtuple("P", "x y")`, `namedtuple("P", ["x", "y"])`, `NamedTuple("P", [("x", int), ("y", int)])`.
    pub fn made_record(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Record);
        let fields = arguments.positional(1).or_else(|| arguments.keyword(self.words.field_names)).unwrap_or(EMPTY);
        for (index, name) in self.field_names(fields).into_iter().enumerate() {
            let name = self.one(Value::Text(name));
            self.store_values(id, Key::index(index as i64), name);
        }
        self.sets.one(id)
    }

    pub fn field_names(&mut self, fields: Set) -> Vec<Str> {
        if let [text] = self.texts(fields)[..] {
            let text = self.resolver.strings.text(text).replace(',', " ");
            return text.split_whitespace().map(|name| self.resolver.strings.intern(name)).collect();
        }
        let [container] = self.elements(fields)[..] else { return Vec::new() };
        self.elements_in_order(container).into_iter().map_while(|set| self.field_name(set)).collect()
    }

    /// A name, or the first of a pair of a name and a type.
    fn field_name(&mut self, set: Set) -> Option<Str> {
        let [one] = self.elements(set)[..] else { return None };
        let set = if let Value::Container { .. } = self.values.get(one) { self.read_values(one, Key::index(0)) } else { set };
        if let [name] = self.texts(set)[..] { Some(name) } else { None }
    }

    /// Elements up to the first that is not told apart from others.
    fn elements_in_order(&mut self, container: Id) -> Vec<Set> {
        (0..).map(|index| self.read_values(container, Key::index(index))).take_while(|&set| set != EMPTY).collect()
    }

    /// The names that such a class has for its elements.
    pub fn record_fields(&mut self, record: Id) -> Vec<Str> {
        self.elements_in_order(record).into_iter().flat_map(|set| self.texts(set)).collect()
    }

    /// Calls such a class: a tuple, with what was given under the names too.
    pub fn call_record(&mut self, site: u32, record: Id, arguments: &Arguments, via: Via) -> Set {
        self.found.call(site, via, Target::Builtin(self.words.tuple));
        let made = self.make(site, Container::Tuple);
        let names = self.record_fields(record);
        let mut is_exact = !names.is_empty();
        for (position, argument) in arguments.all.iter().enumerate() {
            let place = match argument.keyword {
                _ if argument.is_spread => None,
                Some(keyword) => names.iter().position(|&name| name == keyword),
                None => arguments.positional(position).map(|_| position),
            };
            let Some(place) = place else {
                let elements = if argument.is_spread { self.iterate(site, argument.set, false) } else { argument.set };
                self.store_index(made, Key::SOMEWHERE, elements);
                is_exact = false;
                continue;
            };
            self.store_index(made, Key::index(place as i64), argument.set);
            if let Some(&name) = names.get(place) {
                self.store_values(made, Key::attribute(name), argument.set);
            }
        }
        if is_exact {
            self.lengths.insert(made, names.len());
        } else {
            self.lengths.remove(&made);
        }
        self.sets.one(made)
    }
}
