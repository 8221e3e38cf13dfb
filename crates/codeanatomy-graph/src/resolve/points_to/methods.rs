//! Methods of builtin objects: what they do to containers, which callables they call, what they give. Builtin functions are `functions.rs`.

use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::records::is_record;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::table::Str;

impl Machine<'_, '_> {
    /// Calls `type.method` on an object.
    pub fn call_builtin_method(&mut self, site: u32, name: Str, receiver: Id, arguments: &Arguments) -> Set {
        let text = self.resolver.strings.shared(name);
        let Some((kind, method)) = text.rsplit_once('.') else { return self.unknown(Reason::ExternalResult) };
        if kind == "property" {
            return self.property_method(site, method, receiver, arguments);
        }
        if is_record(kind) {
            return self.record_method(site, method, receiver, arguments);
        }
        match self.values.get(receiver) {
            Value::Container { .. } if kind.starts_with("asyncio.") && method == "get" => {
                let elements = self.read_values(receiver, Key::ELEMENTS);
                self.promise(site, elements)
            }
            Value::Container { kind, .. } => self.container_method(site, kind, method, receiver, arguments),
            Value::Generator(unit) => self.generator_method(site, unit, method, arguments),
            Value::Vars(of) => match self.vars_method(site, of, method, arguments) {
                Some(set) => set,
                None => self.simple_method(site, kind, method, arguments),
            },
            Value::Coroutine(unit) => match method {
                "send" => self.returned(unit),
                "__await__" => self.sets.one(receiver),
                _ => EMPTY,
            },
            Value::Function { .. } | Value::Method { .. } => match method {
                "__get__" => {
                    let (functions, objects) = (self.sets.one(receiver), arguments.positional(0).unwrap_or(EMPTY));
                    self.bound_method(functions, objects)
                }
                _ => self.call(site, receiver, arguments, Via::Written),
            },
            Value::Class { .. } if method == "__new__" => {
                let class = self.sets.one(receiver);
                let rest = arguments.rest();
                self.made_by_new(site, class, &rest)
            }
            Value::Instance { .. } | Value::Class { .. } => self.inherited_method(site, kind, method, receiver, arguments),
            Value::Text(template) if method == "format" => {
                self.filled_in(site, Some(template), arguments);
                self.literal(self.words.str)
            }
            Value::Text(template) if method == "format_map" => {
                self.filled_from(site, template, arguments.positional(0).unwrap_or(EMPTY));
                self.literal(self.words.str)
            }
            _ => self.simple_method(site, kind, method, arguments),
        }
    }

    /// A method that a class of the repository has from a builtin type.
    fn inherited_method(&mut self, site: u32, kind: &str, method: &str, receiver: Id, arguments: &Arguments) -> Set {
        if kind.contains('.') {
            let name = self.resolver.strings.intern(method);
            let given = self.mixin(site, receiver, name, arguments, Via::Builtin);
            let given = given.or_else(|| self.hooked(site, receiver, name, arguments)).unwrap_or(EMPTY);
            return if given == EMPTY { self.unknown(Reason::ExternalResult) } else { given };
        }
        let of = Container::of_type(kind).filter(|&kind| self.holds(receiver) == Some(kind));
        match (kind, method) {
            (_, "__new__") => {
                let classes = arguments.positional(0).unwrap_or(EMPTY);
                let rest = arguments.rest();
                self.made_by_new(site, classes, &rest)
            }
            (_, "__init__") => {
                if let Some(of) = of.filter(|&of| of != Container::Tuple) {
                    self.fill_object(site, receiver, of, arguments);
                } else if let Value::Instance { class, .. } = self.values.get(receiver) {
                    self.keep_args(site, class, receiver, arguments);
                }
                EMPTY
            }
            (_, "__setattr__") => {
                let object = self.sets.one(receiver);
                self.stored_by_name(site, object, arguments.positional(0).unwrap_or(EMPTY), arguments.positional(1).unwrap_or(EMPTY));
                EMPTY
            }
            (_, "__init_subclass__" | "__delattr__") => EMPTY,
            (_, "with_traceback") => self.sets.one(receiver),
            (_, "__getattribute__") => {
                let names = arguments.positional(0).unwrap_or(EMPTY);
                let mut found = EMPTY;
                for name in self.texts(names) {
                    let set = match self.values.get(receiver) {
                        Value::Instance { class, .. } => self.plain_attribute(site, receiver, class, name),
                        _ => self.attribute(site, receiver, name),
                    };
                    found = self.union(found, set);
                }
                if found == EMPTY { self.unknown(Reason::Dynamic) } else { found }
            }
            ("classmethod", "__get__") => {
                let (functions, owners) = (self.read_values(receiver, Key::attribute(self.words.func)), arguments.positional(1));
                let mut found = EMPTY;
                for function in self.elements(functions) {
                    for owner in self.elements(owners.unwrap_or(EMPTY)) {
                        let method = self.one(Value::Method { function, receiver: owner });
                        found = self.union(found, method);
                    }
                }
                found
            }
            ("staticmethod", "__get__") => self.read_values(receiver, Key::attribute(self.words.func)),
            ("type", "__call__") => self.instantiate(site, receiver, arguments),
            ("type", "mro") => {
                let ancestors = self.lineage(receiver);
                let ancestors = self.sets.of(ancestors);
                self.filled(site, Container::List, ancestors)
            }
            ("type", "__subclasses__") => {
                let heirs = self.read_values(receiver, Key::HEIRS);
                self.filled(site, Container::List, heirs)
            }
            _ => match of {
                Some(of) => {
                    let found = self.container_method(site, of, method, receiver, arguments);
                    if found != EMPTY {
                        return found;
                    }
                    let takes = matches!(method, "__getitem__" | "get" | "pop" | "popleft" | "setdefault" | "__next__");
                    if takes { self.unknown(Reason::Container) } else { self.simple_method(site, kind, method, arguments) }
                }
                None => self.simple_method(site, kind, method, arguments),
            },
        }
    }

    /// A method of a property, or of an object of a class that inherits `property`.
    fn property_method(&mut self, site: u32, method: &str, receiver: Id, arguments: &Arguments) -> Set {
        let called = match method {
            "__get__" => self.words.fget,
            "__set__" => self.words.fset,
            "__delete__" => self.words.fdel,
            "__init__" => {
                self.keep_accessors(receiver, arguments);
                return EMPTY;
            }
            _ => return self.accessor(site, method, receiver, arguments),
        };
        let mut given = arguments.clone();
        given.all.truncate(if method == "__set__" { 2 } else { 1 });
        self.call_accessors(site, receiver, called, &given)
    }

    /// Calls what a property has for reading, storing or deleting.
    pub fn call_accessors(&mut self, node: u32, property: Id, accessor: Str, arguments: &Arguments) -> Set {
        let functions = self.read_values(property, Key::attribute(accessor));
        self.call_all(node, functions, arguments, Via::Attribute)
    }

    fn accessor(&mut self, site: u32, method: &str, receiver: Id, arguments: &Arguments) -> Set {
        let id = match self.values.get(receiver) {
            Value::Wrapper { kind, .. } => self.make_wrapper(site, kind),
            Value::Instance { class, .. } => self.object(site, class),
            _ => return self.unknown(Reason::Dynamic),
        };
        for name in [self.words.fget, self.words.fset, self.words.fdel] {
            let set = self.read_values(receiver, Key::attribute(name));
            self.store_values(id, Key::attribute(name), set);
        }
        let name = match method {
            "setter" => self.words.fset,
            "deleter" => self.words.fdel,
            _ => self.words.fget,
        };
        let set = arguments.positional(0).unwrap_or(EMPTY);
        self.store_values(id, Key::attribute(name), set);
        self.sets.one(id)
    }

    fn generator_method(&mut self, site: u32, unit: u32, method: &str, arguments: &Arguments) -> Set {
        if matches!(method, "send" | "asend") {
            let sent = arguments.positional(0).unwrap_or(EMPTY);
            let cell = self.cells.of(unit, Key::SENT);
            self.write_values(cell, sent);
        }
        match method {
            "send" | "__next__" | "throw" => self.next_of(unit),
            "asend" | "__anext__" | "athrow" => {
                let elements = self.yielded(unit);
                self.promise(site, elements)
            }
            "__iter__" | "__aiter__" => self.one(Value::Generator(unit)),
            _ => EMPTY,
        }
    }

    /// What a generator gives next. With what it ends, `StopIteration` carries to where the running function may catch it.
    pub fn next_of(&mut self, generator: u32) -> Set {
        let returned = self.returned(generator);
        self.give(Key::STOPPED, returned);
        self.yielded(generator)
    }

    fn container_method(&mut self, site: u32, kind: Container, method: &str, object: Id, arguments: &Arguments) -> Set {
        let (first, second) = (arguments.positional(0).unwrap_or(EMPTY), arguments.positional(1).unwrap_or(EMPTY));
        if kind == Container::Dict
            && let Some(set) = self.dict_method(site, method, object, arguments, (first, second))
        {
            return set;
        }
        match method {
            "add" | "discard" | "remove" | "index" | "count" | "__contains__" => {
                self.sought(site, object, first, Via::Builtin);
                if method == "add" {
                    self.add_element(object, first);
                }
                match method {
                    "index" | "count" => self.literal(self.words.int),
                    "__contains__" => self.literal(self.words.bool),
                    _ => EMPTY,
                }
            }
            "append" | "appendleft" | "put" | "put_nowait" | "set" => {
                self.add_element(object, first);
                EMPTY
            }
            "insert" => {
                self.add_element(object, second);
                EMPTY
            }
            "extend" | "extendleft" | "update" | "intersection_update" | "difference_update" | "symmetric_difference_update" => {
                if method == "extend" {
                    self.sized(site, first);
                }
                for argument in &arguments.all {
                    let elements = self.iterate(site, argument.set, false);
                    self.add_element(object, elements);
                }
                EMPTY
            }
            "pop" if kind == Container::List => self.popped(object, first),
            "get" if self.is_context_variable(object) => {
                let held = self.read_values(object, Key::ELEMENTS);
                self.union(held, first)
            }
            "pop" | "popleft" | "get" | "get_nowait" | "__next__" => self.read_values(object, Key::ELEMENTS),
            "__getitem__" => self.items_at(object, first),
            "__setitem__" => {
                self.store_item(object, first, second);
                EMPTY
            }
            "copy" | "union" | "intersection" | "difference" | "symmetric_difference" | "__add__" | "__or__" => {
                let from = self.sets.one(object);
                let made = self.collected(site, kind, from);
                let made = self.of_same_class(object, made);
                for argument in &arguments.all {
                    let elements = self.iterate(site, argument.set, false);
                    for id in self.elements(made) {
                        self.store_index(id, Key::SOMEWHERE, elements);
                    }
                }
                made
            }
            "sort" => {
                let elements = self.read_values(object, Key::ELEMENTS);
                self.ranked(site, Argument::unwritten(elements), arguments.keyword(self.words.key), true);
                // Which element is where is not known any more.
                self.store_index(object, Key::SOMEWHERE, elements);
                EMPTY
            }
            "reverse" => {
                let elements = self.read_values(object, Key::ELEMENTS);
                self.store_index(object, Key::SOMEWHERE, elements);
                EMPTY
            }
            "__iter__" => {
                let elements = self.read_values(object, Key::ELEMENTS);
                self.filled(site, Container::Iterator, elements)
            }
            "__len__" => self.literal(self.words.int),
            "issubset" | "issuperset" | "isdisjoint" => self.literal(self.words.bool),
            _ => EMPTY,
        }
    }

    /// Adds an element at a place that is not known.
    pub fn add_element(&mut self, object: Id, set: Set) {
        self.store_index(object, Key::SOMEWHERE, set);
    }

    fn popped(&mut self, object: Id, index: Set) -> Set {
        match self.elements(index)[..] {
            [key] => match self.values.get(key) {
                Value::Integer(index) if index >= 0 => self.load_index(object, index),
                _ => self.read_values(object, Key::ELEMENTS),
            },
            _ => self.read_values(object, Key::ELEMENTS),
        }
    }

    fn dict_method(&mut self, site: u32, method: &str, object: Id, arguments: &Arguments, (first, second): (Set, Set)) -> Option<Set> {
        let key = arguments.at(0).unwrap_or(Argument::unwritten(first));
        if matches!(method, "get" | "pop" | "setdefault" | "__getitem__" | "__setitem__" | "__delitem__") {
            self.looked_for(site, object, first, Via::Builtin);
        }
        Some(match method {
            "get" | "pop" | "setdefault" | "__getitem__" => {
                if method == "setdefault" {
                    self.store_item(object, first, second);
                }
                let held = match self.values.get(object) {
                    // `super().__getitem__(key)` is not `self[key]`, but what is missing is asked for.
                    Value::Instance { .. } => {
                        let held = self.items_under(object, first);
                        let missing = match method {
                            "__getitem__" => self.special(site, object, self.words.missing, Arguments::given(key), Via::Builtin),
                            _ => None,
                        };
                        self.union(held, missing.unwrap_or(EMPTY))
                    }
                    _ => {
                        let own = self.sets.one(object);
                        self.items(site, own, key, false)
                    }
                };
                self.union(held, second)
            }
            "__setitem__" => {
                self.store_item(object, first, second);
                EMPTY
            }
            "items" => {
                let (keys, elements) = (self.read_values(object, Key::KEYS), self.read_values(object, Key::ELEMENTS));
                self.tuples(site, &[keys, elements])
            }
            "popitem" => {
                let (keys, elements) = (self.read_values(object, Key::KEYS), self.read_values(object, Key::ELEMENTS));
                let id = self.make(site, Container::Tuple);
                self.store_index(id, Key::index(0), keys);
                self.store_index(id, Key::index(1), elements);
                self.lengths.insert(id, 2);
                self.sets.one(id)
            }
            "keys" | "__iter__" => {
                let keys = self.read_values(object, Key::KEYS);
                self.filled(site, Container::Iterator, keys)
            }
            "values" => {
                let elements = self.read_values(object, Key::ELEMENTS);
                self.filled(site, Container::Iterator, elements)
            }
            "update" => {
                self.update(site, object, arguments);
                EMPTY
            }
            "copy" | "new_child" => {
                let id = self.make(site, Container::Dict);
                for from in [first, self.sets.one(object)] {
                    self.pour(site, from, id);
                }
                let made = self.sets.one(id);
                self.of_same_class(object, made)
            }
            "most_common" => {
                let (keys, counts) = (self.read_values(object, Key::KEYS), self.literal(self.words.int));
                let pair = self.tuple(site, &[keys, counts]);
                let pairs = self.sets.one(pair);
                self.filled(site, Container::List, pairs)
            }
            "elements" => {
                let keys = self.read_values(object, Key::KEYS);
                self.filled(site, Container::Iterator, keys)
            }
            "fromkeys" => self.keys_of(site, first, second),
            _ => return None,
        })
    }

    /// Methods of texts, numbers and whatever else holds nothing that is followed.
    fn simple_method(&mut self, site: u32, kind: &str, method: &str, arguments: &Arguments) -> Set {
        match method {
            "format" => self.filled_in(site, None, arguments),
            "join" => arguments.all.iter().for_each(|argument| {
                self.iterate(site, argument.set, false);
            }),
            _ => {}
        }
        if kind == "list" && method == "sort" {
            self.ranked(site, Argument::unwritten(EMPTY), arguments.keyword(self.words.key), true);
            return EMPTY;
        }
        if method == "with_traceback" {
            let kind = self.resolver.strings.intern(kind);
            return self.literal(kind);
        }
        let Some(result) = result_of(kind, method) else { return self.unknown(Reason::ExternalResult) };
        let (outer, inner) = result.split_once(' ').unwrap_or((result, ""));
        let outer = self.resolver.strings.intern(outer);
        if inner.is_empty() {
            return if outer == self.words.none { EMPTY } else { self.literal(outer) };
        }
        let inner = self.resolver.strings.intern(inner);
        let (elements, kind) = (self.literal(inner), if outer == self.words.tuple { Container::Tuple } else { Container::List });
        self.filled(site, kind, elements)
    }

    /// The cached property, or the manager, that a decorator of the standard library makes of a function.
    pub fn wrapped_getter(&mut self, site: u32, functions: Set) -> Set {
        let id = self.make_wrapper(site, Wrapper::CachedProperty);
        self.store_values(id, Key::attribute(self.words.fget), functions);
        self.sets.one(id)
    }

    /// Calls what was handed over to be called.
    pub fn called_back(&mut self, site: u32, functions: Set, arguments: &Arguments) -> Set {
        self.call_all(site, functions, arguments, Via::Callback)
    }

    /// The same where its results come back to who handed it over.
    pub fn brought_back(&mut self, site: u32, functions: Set, arguments: &Arguments) -> Set {
        self.found.brought_back.insert(site);
        self.called_back(site, functions, arguments)
    }

    /// What iterating an argument gives, as something that is passed on.
    pub fn each_of(&mut self, site: u32, argument: Option<Argument>) -> Argument {
        match argument {
            Some(argument) => Argument::plain(self.iterate(site, argument.set, false), argument.node),
            None => Argument::unwritten(EMPTY),
        }
    }
}

/// The builtin type of what a method gives, and of its elements.
fn result_of(kind: &str, method: &str) -> Option<&'static str> {
    Some(match (kind, method) {
        ("str", "split" | "rsplit" | "splitlines") => "list str",
        ("str", "partition" | "rpartition") => "tuple str",
        ("str", "encode") => "bytes",
        ("str", "find" | "rfind" | "index" | "rindex" | "count" | "__len__") => "int",
        ("str", "startswith" | "endswith" | "isdigit" | "isalpha" | "isalnum" | "isspace" | "isupper" | "islower" | "isidentifier") => {
            "bool"
        }
        ("str", "isnumeric" | "isdecimal" | "isascii" | "istitle" | "isprintable" | "__contains__") => "bool",
        ("str", "maketrans") => "dict",
        ("str", _) => "str",
        ("bytes" | "bytearray", "split" | "rsplit" | "splitlines") => "list bytes",
        ("bytes" | "bytearray", "decode" | "hex") => "str",
        ("bytes" | "bytearray", "find" | "rfind" | "index" | "rindex" | "count") => "int",
        ("bytes" | "bytearray", "startswith" | "endswith" | "isdigit" | "isspace") => "bool",
        ("bytes", _) => "bytes",
        ("int" | "bool", "bit_length" | "bit_count" | "conjugate") => "int",
        ("int", "to_bytes") => "bytes",
        ("float", "is_integer") => "bool",
        ("float", "hex") => "str",
        ("dict", "items" | "keys" | "values" | "copy") => "dict",
        ("list" | "set" | "dict", "append" | "extend" | "clear" | "update" | "remove" | "reverse" | "add" | "discard") => "NoneType",
        (_, "__str__" | "__repr__" | "__format__") => "str",
        (_, "__len__" | "__hash__") => "int",
        (_, "__eq__" | "__ne__" | "__lt__" | "__le__" | "__gt__" | "__ge__" | "__contains__" | "__bool__") => "bool",
        _ => return None,
    })
}
