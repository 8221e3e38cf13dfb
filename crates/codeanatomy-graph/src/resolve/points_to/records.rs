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
        self.filled_record(site, record, arguments)
    }

    fn filled_record(&mut self, site: u32, record: Id, arguments: &Arguments) -> Set {
        let made = self.make(site, Container::Tuple);
        let class = self.sets.one(record);
        self.store_values(made, Key::attribute(self.words.class), class);
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

    /// What every named tuple has besides its fields: of its class `_make`, of its objects the others. `dotted` is its name.
    pub fn attribute_of_record(&mut self, node: u32, receiver: Id, dotted: Str, name: Str) -> Option<Set> {
        let is_class = matches!(self.values.get(receiver), Value::Class { .. } | Value::Wrapper { .. });
        match self.resolver.strings.text(name) {
            "_fields" => {
                let names: Vec<Set> = self.names_of_record(receiver).into_iter().map(|name| self.one(Value::Text(name))).collect();
                let names = self.tuple(node, &names);
                Some(self.sets.one(names))
            }
            "_make" => Some(self.one(Value::BuiltinMethod { name: dotted, receiver })),
            "_replace" | "_asdict" if !is_class => Some(self.one(Value::BuiltinMethod { name: dotted, receiver })),
            _ => None,
        }
    }

    /// Calls one of these methods.
    pub fn record_method(&mut self, site: u32, method: &str, receiver: Id, arguments: &Arguments) -> Set {
        let names = self.names_of_record(receiver);
        match method {
            "_make" => {
                let given = arguments.positional(0).unwrap_or(EMPTY);
                let elements = (0..names.len()).map(|place| self.element_at(site, given, place)).collect();
                self.made_again(site, receiver, elements)
            }
            "_replace" => {
                let fields = names.iter().map(|&name| arguments.keyword(name).unwrap_or_else(|| self.field_of_record(receiver, name)));
                let fields = fields.collect();
                self.made_again(site, receiver, fields)
            }
            _ => {
                let dict = self.make(site, Container::Dict);
                for name in names {
                    let (key, field) = (self.one(Value::Text(name)), self.field_of_record(receiver, name));
                    self.store_item(dict, key, field);
                }
                self.sets.one(dict)
            }
        }
    }

    /// The names of the fields of a named tuple or of its class.
    fn names_of_record(&mut self, receiver: Id) -> Vec<Str> {
        match self.values.get(receiver) {
            Value::Instance { class, .. } => self.matched_fields(class),
            Value::Class { .. } => self.matched_fields(receiver),
            Value::Wrapper { .. } => self.record_fields(receiver),
            _ => self.record_of(receiver).map(|record| self.record_fields(record)).unwrap_or_default(),
        }
    }

    /// The class of a tuple that a call of it made.
    pub fn record_of(&mut self, tuple: Id) -> Option<Id> {
        let class = self.read_values(tuple, Key::attribute(self.words.class));
        self.sets.get(class).first().copied()
    }

    fn field_of_record(&mut self, receiver: Id, name: Str) -> Set {
        match self.values.get(receiver) {
            Value::Instance { class, .. } => self.fields(receiver, class, name).values,
            _ => self.read_values(receiver, Key::attribute(name)),
        }
    }

    /// What iterating something gives at a place, where that is told apart.
    fn element_at(&mut self, site: u32, set: Set, place: usize) -> Set {
        let mut found = EMPTY;
        for id in self.elements(set) {
            let one = if self.lengths.contains_key(&id) && self.is_laid_out(id) {
                self.load_index(id, place as i64)
            } else {
                let own = self.sets.one(id);
                self.iterate(site, own, false)
            };
            found = self.union(found, one);
        }
        found
    }

    /// A named tuple like another, or of a class, with those fields.
    fn made_again(&mut self, site: u32, receiver: Id, fields: Vec<Set>) -> Set {
        let fields = Arguments::of(fields);
        let class = match self.values.get(receiver) {
            Value::Instance { class, .. } => class,
            Value::Class { .. } => receiver,
            Value::Wrapper { .. } => return self.filled_record(site, receiver, &fields),
            _ => match self.record_of(receiver) {
                Some(record) => return self.filled_record(site, record, &fields),
                None => return EMPTY,
            },
        };
        let object = self.object(site, class);
        self.fill_fields(site, class, object, &fields);
        self.sets.one(object)
    }
}
