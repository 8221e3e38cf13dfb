//! Builtin functions and types: what calling them runs and gives. Methods of builtin objects are `methods.rs`.

use crate::resolve::kinds::Syntax;
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::resolve::syntax::NONE;
use crate::table::Str;

impl Machine<'_, '_> {
    /// Calls a name of `builtins`.
    pub fn call_builtin(&mut self, site: u32, name: Str, arguments: &Arguments) -> Set {
        let text = self.resolver.strings.shared(name);
        let first = arguments.positional(0).unwrap_or(EMPTY);
        match &*text {
            "list" | "tuple" => {
                self.sized(site, first);
                self.collected(site, if &*text == "list" { Container::List } else { Container::Tuple }, first)
            }
            "set" | "frozenset" => {
                self.hashed_from(site, first);
                self.collected(site, Container::Set, first)
            }
            "dict" => self.made_dict(site, arguments),
            "iter" if arguments.count() == 2 => {
                let results = self.brought_back(site, first, &Arguments::none());
                self.filled(site, Container::Iterator, results)
            }
            "iter" | "aiter" => self.iterator(site, first, &*text == "aiter"),
            "next" => self.advanced(site, first, arguments.positional(1).unwrap_or(EMPTY)),
            "anext" => {
                let elements = self.iterate_next(site, first);
                let elements = self.union(elements, arguments.positional(1).unwrap_or(EMPTY));
                self.promise(site, elements)
            }
            "reversed" => self.backwards(site, first),
            "enumerate" => {
                let (number, elements) = (self.literal(self.words.int), self.iterate(site, first, false));
                self.tuples(site, &[number, elements])
            }
            "zip" => {
                let mut columns = Vec::new();
                for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
                    columns.push(self.iterate(site, argument.set, false));
                }
                self.tuples(site, &columns)
            }
            "map" => self.mapped(site, first, arguments),
            "filter" => {
                let elements = self.each_of(site, arguments.at(1));
                self.called_back(site, first, &Arguments::given(elements));
                if self.is_written_none(arguments.all.first()) {
                    self.truth(site, elements.set);
                }
                self.filled(site, Container::Iterator, elements.set)
            }
            "sorted" => {
                self.sized(site, first);
                let elements = self.each_of(site, arguments.at(0));
                self.ranked(site, elements, arguments.keyword(self.words.key), true);
                self.filled(site, Container::List, elements.set)
            }
            "min" | "max" => self.extreme(site, arguments, &*text == "min"),
            "sum" => self.summed(site, arguments),
            "any" | "all" => {
                let elements = self.iterate(site, first, false);
                self.truth(site, elements);
                self.literal(self.words.bool)
            }
            "pow" if arguments.count() == 2 => self.operator_function(site, "pow", arguments).unwrap_or(EMPTY),
            "divmod" => {
                let (method, by) = (self.resolver.strings.intern("__divmod__"), arguments.positional(1).unwrap_or(EMPTY));
                let found = self.with_argument(site, first, method, by);
                if found != EMPTY {
                    return found;
                }
                let tuple = self.tuple(site, &[first, first]);
                self.sets.one(tuple)
            }
            "getattr" => self.loaded_by_name(site, first, arguments),
            "setattr" => {
                let names = arguments.positional(1).unwrap_or(EMPTY);
                let stored = arguments.at(2).unwrap_or(Argument::unwritten(EMPTY));
                self.told_of_store(site, first, names, stored);
                self.stored_by_name(site, first, names, stored.set);
                EMPTY
            }
            "delattr" => {
                for name in self.texts(arguments.positional(1).unwrap_or(EMPTY)) {
                    self.delete_attributes(site, first, name);
                }
                EMPTY
            }
            "type" => self.type_of(site, first, arguments),
            "__import__" => self.imported_by_builtin(site, arguments),
            "property" => self.made_property(site, arguments),
            "staticmethod" => self.wrapped(site, Wrapper::StaticMethod, first),
            "classmethod" => self.wrapped(site, Wrapper::ClassMethod, first),
            "isinstance" => self.checked(site, arguments, self.words.instancecheck),
            "issubclass" => self.checked(site, arguments, self.words.subclasscheck),
            "hasattr" => {
                for name in self.texts(arguments.positional(1).unwrap_or(EMPTY)) {
                    self.load_attributes(site, first, name);
                }
                self.literal(self.words.bool)
            }
            "callable" => self.literal(self.words.bool),
            "print" => {
                for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
                    self.shown(site, argument.set);
                }
                let (file, write) = (self.resolver.strings.intern("file"), self.resolver.strings.intern("write"));
                if let Some(file) = arguments.keyword(file) {
                    let text = self.literal(self.words.str);
                    self.with_argument(site, file, write, text);
                }
                EMPTY
            }
            "str" => {
                self.shown(site, first);
                self.literal(self.words.str)
            }
            "repr" | "ascii" => self.protocol(site, first, &[self.words.repr], self.words.str),
            "format" => {
                self.formatted(site, first, Via::Builtin);
                self.literal(self.words.str)
            }
            "bytes" => self.protocol(site, first, &[self.words.bytes_], self.words.bytes),
            "len" => self.protocol(site, first, &[self.words.len], self.words.int),
            "hash" => {
                self.hashed(site, first, Via::Builtin);
                self.literal(self.words.int)
            }
            "int" => self.protocol(site, first, &[self.words.int_, self.words.index_], self.words.int),
            "float" => self.protocol(site, first, &[self.words.float_, self.words.index_], self.words.float),
            "complex" => {
                let methods = ["__complex__", "__float__", "__index__"].map(|name| self.resolver.strings.intern(name));
                self.protocol(site, first, &methods, name)
            }
            "bool" => self.protocol(site, first, &[self.words.bool_, self.words.len], self.words.bool),
            "abs" => self.number(site, first, self.words.abs),
            "round" => self.number(site, first, self.words.round),
            "input" => self.literal(self.words.str),
            "chr" | "bin" | "hex" | "oct" => self.protocol(site, first, &[self.words.index_], self.words.str),
            "ord" | "id" => self.literal(self.words.int),
            "dir" => {
                let method = self.resolver.strings.intern("__dir__");
                self.special_calls(site, first, method, Via::Builtin);
                let names = self.literal(self.words.str);
                self.filled(site, Container::List, names)
            }
            "range" => {
                for argument in &arguments.all {
                    self.first_special(site, argument.set, &[self.words.index_], Via::Builtin);
                }
                let numbers = self.literal(self.words.int);
                self.filled(site, Container::Iterator, numbers)
            }
            "globals" => self.globals(),
            "locals" | "vars" => self.called_vars(arguments),
            "open" => self.one(Value::ExternalResult(name)),
            _ if self.repository.builtins.is_type(name) => self.literal(name),
            _ => match text.split_once('.') {
                // `str.join(…)`: a method called on its type, with the object first.
                Some((kind, _)) => self.called_on_type(site, name, kind, arguments),
                None => self.unknown(Reason::ExternalResult),
            },
        }
    }

    fn called_on_type(&mut self, site: u32, name: Str, kind: &str, arguments: &Arguments) -> Set {
        let Some(receivers) = arguments.positional(0) else { return self.unknown(Reason::ExternalResult) };
        // `object.__new__(cls)` and `dict.__new__(cls)` make an object of the class.
        if self.resolver.strings.text(name).ends_with(".__new__") {
            let rest = arguments.rest();
            return self.made_by_new(site, receivers, &rest);
        }
        if matches!(self.resolver.strings.text(name), "dict.fromkeys") {
            return self.keys_of(site, receivers, arguments.positional(1).unwrap_or(EMPTY));
        }
        let rest = arguments.rest();
        let mut found = EMPTY;
        for receiver in self.elements(receivers) {
            let set = self.call_builtin_method(site, name, receiver, &rest);
            found = self.union(found, set);
        }
        if receivers == EMPTY && kind == "str" { self.literal(self.words.str) } else { found }
    }

    /// What `__new__` of a builtin type makes of some classes.
    pub fn made_by_new(&mut self, site: u32, classes: Set, arguments: &Arguments) -> Set {
        let mut found = EMPTY;
        for class in self.elements(classes) {
            let set = match self.values.get(class) {
                Value::Class { .. } if self.makes_classes(class, arguments) => self.made_class(site, Some(class), arguments),
                Value::Class { .. } => {
                    let object = self.object(site, class);
                    match self.order(class).holds {
                        Some(Container::Tuple) if self.is_named(class) => self.fill_fields(site, class, object, arguments),
                        Some(kind @ (Container::Tuple | Container::Set)) => self.fill_object(site, object, kind, arguments),
                        _ => {}
                    }
                    self.sets.one(object)
                }
                Value::Builtin(name) if name == self.words.type_ && arguments.count() >= 3 => self.made_class(site, None, arguments),
                Value::Builtin(name) => self.literal(name),
                _ => EMPTY,
            };
            found = self.union(found, set);
        }
        if found == EMPTY { self.unknown(Reason::Dynamic) } else { found }
    }

    /// Whether an argument is `None`, as it is written.
    fn is_written_none(&self, argument: Option<&Argument>) -> bool {
        let tree = &self.repository.tree;
        let is_none = |node: u32| tree.kind(node) == Syntax::Constant && tree.name[node as usize] == self.words.none;
        argument.is_some_and(|argument| argument.node != NONE && is_none(argument.node))
    }

    /// A new container with elements at places that are not known.
    pub fn filled(&mut self, site: u32, kind: Container, elements: Set) -> Set {
        let id = self.make(site, kind);
        self.store_index(id, Key::SOMEWHERE, elements);
        self.sets.one(id)
    }

    /// `sum(x, start)`: of objects what the start and one of them give, then what that and another do.
    fn summed(&mut self, site: u32, arguments: &Arguments) -> Set {
        let elements = self.iterate(site, arguments.positional(0).unwrap_or(EMPTY), false);
        let start = arguments.positional(1).or_else(|| arguments.keyword(self.words.start));
        let (objects, others): (Vec<Id>, Vec<Id>) = self.elements(elements).into_iter().partition(|&id| self.is_object(id));
        let (objects, others) = (self.sets.of(objects), self.sets.of(others));
        let found = self.union(others, start.unwrap_or(EMPTY));
        if objects == EMPTY {
            return found;
        }
        let start = start.unwrap_or_else(|| self.literal(self.words.int));
        let [start, objects] = [start, objects].map(Argument::unwritten);
        let begun = self.operate_by(site, "Add", start, objects, false);
        let summed = self.operate_by(site, "Add", Argument::unwritten(begun), objects, false);
        let summed = self.union(begun, summed);
        self.union(found, summed)
    }

    /// What a new list asks an iterable for: how many elements there may be.
    pub fn sized(&mut self, site: u32, from: Set) {
        self.first_special(site, from, &[self.words.len, self.words.length_hint], Via::Builtin);
    }

    /// `list(x)` and the like: a copy of what is laid out, else the elements.
    pub fn collected(&mut self, site: u32, kind: Container, from: Set) -> Set {
        let id = self.make(site, kind);
        let sources = self.elements(from);
        if let [source] = sources[..]
            && kind != Container::Set
            && let Some(&length) = self.lengths.get(&source)
        {
            self.copy_laid_out(source, id, length);
            let more = self.read_values(source, Key::SOMEWHERE);
            self.store_index(id, Key::SOMEWHERE, more);
            self.lengths.insert(id, length);
            return self.sets.one(id);
        }
        let elements = self.iterate(site, from, false);
        self.store_index(id, Key::SOMEWHERE, elements);
        self.lengths.remove(&id);
        self.sets.one(id)
    }

    fn made_dict(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make(site, Container::Dict);
        self.update(site, id, arguments);
        self.sets.one(id)
    }

    /// `dict(x, **y)` and `d.update(x, a=b)`: mappings are poured in, pairs are taken apart, keywords are keys.
    pub fn update(&mut self, site: u32, dict: Id, arguments: &Arguments) {
        for argument in &arguments.all {
            match argument.keyword {
                Some(name) if !argument.is_spread => {
                    let key = self.one(Value::Text(name));
                    self.store_item(dict, key, argument.set);
                }
                Some(_) => self.pour(site, argument.set, dict),
                None => {
                    for source in self.elements(argument.set) {
                        self.pour_pairs(site, source, dict);
                    }
                }
            }
        }
    }

    fn pour_pairs(&mut self, site: u32, source: Id, dict: Id) {
        let one = self.sets.one(source);
        if self.holds(source) == Some(Container::Dict) {
            self.pour(site, one, dict);
            return;
        }
        if matches!(self.values.get(source), Value::Instance { .. }) && self.pour_mapping(site, source, dict) {
            return;
        }
        let pairs = self.iterate(site, one, false);
        for pair in self.elements(pairs) {
            if let Value::Container { .. } = self.values.get(pair) {
                let (keys, set) = (self.load_index(pair, 0), self.load_index(pair, 1));
                self.store_item(dict, keys, set);
            }
        }
    }

    pub fn keys_of(&mut self, site: u32, keys: Set, set: Set) -> Set {
        self.hashed_from(site, keys);
        let keys = self.iterate(site, keys, false);
        let id = self.make(site, Container::Dict);
        self.store_item(id, keys, set);
        self.sets.one(id)
    }

    fn iterator(&mut self, site: u32, from: Set, is_async: bool) -> Set {
        let mut found = EMPTY;
        for id in self.elements(from) {
            let set = match self.values.get(id) {
                Value::Instance { .. } => {
                    let name = if is_async { self.words.aiter } else { self.words.iter };
                    match self.special(site, id, name, Arguments::none(), Via::Builtin) {
                        Some(set) => set,
                        None if self.holds(id).is_some() => {
                            let elements = self.elements_of(site, id, is_async);
                            self.filled(site, Container::Iterator, elements)
                        }
                        None => EMPTY,
                    }
                }
                Value::Generator(_) | Value::Container { kind: Container::Iterator, .. } => self.sets.one(id),
                _ => {
                    let elements = self.elements_of(site, id, is_async);
                    self.filled(site, Container::Iterator, elements)
                }
            };
            found = self.union(found, set);
        }
        found
    }

    fn advanced(&mut self, site: u32, iterators: Set, default: Set) -> Set {
        let mut found = default;
        for id in self.elements(iterators) {
            let set = match self.values.get(id) {
                Value::Instance { class, .. } => match self.special(site, id, self.words.next, Arguments::none(), Via::Builtin) {
                    Some(set) => set,
                    None => self.given_outside(class, self.words.next),
                },
                Value::Generator(unit) => self.next_of(unit),
                _ => self.elements_of(site, id, false),
            };
            found = self.union(found, set);
        }
        found
    }

    /// What awaiting the next element of asynchronous iterators gives.
    fn iterate_next(&mut self, site: u32, iterators: Set) -> Set {
        let mut found = EMPTY;
        for id in self.elements(iterators) {
            let set = match self.values.get(id) {
                Value::Instance { class, .. } => match self.special(site, id, self.words.anext, Arguments::none(), Via::Builtin) {
                    Some(made) => self.awaited(site, made),
                    None => self.given_outside(class, self.words.anext),
                },
                _ => self.elements_of(site, id, true),
            };
            found = self.union(found, set);
        }
        found
    }

    fn backwards(&mut self, site: u32, from: Set) -> Set {
        let mut elements = EMPTY;
        for id in self.elements(from) {
            let set = match self.values.get(id) {
                Value::Instance { .. } | Value::Class { .. } => {
                    match self.special(site, id, self.words.reversed, Arguments::none(), Via::Builtin) {
                        Some(made) => self.iterate(site, made, false),
                        None => self.elements_of(site, id, false),
                    }
                }
                _ => self.elements_of(site, id, false),
            };
            elements = self.union(elements, set);
        }
        self.filled(site, Container::Iterator, elements)
    }

    /// An iterator over tuples with those columns.
    pub fn tuples(&mut self, site: u32, columns: &[Set]) -> Set {
        let pair = self.tuple(site, columns);
        let pairs = self.sets.one(pair);
        self.filled(site, Container::Iterator, pairs)
    }

    /// A tuple with those elements.
    pub fn tuple(&mut self, site: u32, elements: &[Set]) -> Id {
        let id = self.make(site, Container::Tuple);
        for (index, &set) in elements.iter().enumerate() {
            self.store_index(id, Key::index(index as i64), set);
        }
        self.lengths.insert(id, elements.len());
        id
    }

    fn mapped(&mut self, site: u32, functions: Set, arguments: &Arguments) -> Set {
        let all = arguments.all.iter().skip(1).map(|&argument| self.each_of(site, Some(argument))).collect();
        let results = self.brought_back(site, functions, &Arguments { all });
        self.filled(site, Container::Iterator, results)
    }

    /// Calls the function that makes keys on the elements, if there is one, and compares what is ordered by.
    pub fn ranked(&mut self, site: u32, elements: Argument, key: Option<Set>, is_least: bool) {
        let is_none = |id: &Id| self.values.get(*id) == Value::Literal(self.words.none);
        let ranks = match key.filter(|&functions| !self.sets.get(functions).iter().all(is_none)) {
            Some(functions) => self.called_back(site, functions, &Arguments::given(elements)),
            None => elements.set,
        };
        self.compared(site, ranks, is_least);
    }

    fn extreme(&mut self, site: u32, arguments: &Arguments, is_least: bool) -> Set {
        let mut elements = EMPTY;
        if arguments.count() == 1 {
            elements = arguments.positional(0).map_or(EMPTY, |set| self.iterate(site, set, false));
        } else {
            for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
                let set = if argument.is_spread { self.iterate(site, argument.set, false) } else { argument.set };
                elements = self.union(elements, set);
            }
        }
        let ranked = Argument { set: elements, ..arguments.at(0).unwrap_or(Argument::unwritten(EMPTY)) };
        self.ranked(site, ranked, arguments.keyword(self.words.key), is_least);
        let default = arguments.keyword(self.words.default).unwrap_or(EMPTY);
        self.union(elements, default)
    }

    /// What ordering asks of what it compares.
    fn compared(&mut self, site: u32, elements: Set, is_least: bool) {
        let [method, mirrored] =
            if is_least { ["__lt__", "__gt__"] } else { ["__gt__", "__lt__"] }.map(|name| self.resolver.strings.intern(name));
        let argument = Arguments::one(elements);
        let (_, others) = self.specials(site, self.elements(elements), method, &argument, Via::Builtin);
        let (_, others) = self.specials(site, others, mirrored, &argument, Via::Builtin);
        self.order_parts(site, others, elements, [method, mirrored], Via::Builtin);
    }

    /// What a special method with one argument gives.
    fn with_argument(&mut self, site: u32, objects: Set, method: Str, argument: Set) -> Set {
        self.specials(site, self.elements(objects), method, &Arguments::one(argument), Via::Builtin).0
    }

    /// The constant texts of a set.
    pub fn texts(&self, set: Set) -> Vec<Str> {
        let text = |&id: &Id| match self.values.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        };
        self.sets.get(set).iter().filter_map(text).collect()
    }

    fn loaded_by_name(&mut self, site: u32, objects: Set, arguments: &Arguments) -> Set {
        let names = arguments.positional(1).unwrap_or(EMPTY);
        let texts = self.texts(names);
        let mut found = arguments.positional(2).unwrap_or(EMPTY);
        for &name in &texts {
            let set = self.load_attributes(site, objects, name);
            found = self.union(found, set);
        }
        if texts.len() < self.sets.len(names) || texts.is_empty() {
            let unknown = self.unknown(Reason::Dynamic);
            let begun = self.loaded_by_prefix(site, objects);
            found = self.union(found, begun);
            for id in self.elements(objects) {
                if self.is_namespace(id) {
                    let all = self.read_values(id, Key::ELEMENTS);
                    found = self.union(found, all);
                }
            }
            found = self.union(found, unknown);
        }
        found
    }

    /// `setattr(object, name, value)`. Under a name that is not known, only what is nothing but names and values gets it.
    pub fn stored_by_name(&mut self, site: u32, objects: Set, names: Set, set: Set) {
        let texts = self.texts(names);
        for object in self.elements(objects) {
            for &name in &texts {
                self.store_attribute(site, object, name, set, false);
            }
            if texts.len() < self.sets.len(names) && self.is_namespace(object) {
                self.store_index(object, Key::SOMEWHERE, set);
            }
        }
    }

    fn is_namespace(&self, id: Id) -> bool {
        matches!(self.values.get(id), Value::Wrapper { kind: Wrapper::Namespace, .. })
    }

    fn type_of(&mut self, site: u32, objects: Set, arguments: &Arguments) -> Set {
        if arguments.count() >= 3 {
            return self.called_type(site, arguments);
        }
        if arguments.all.len() != 1 {
            return self.unknown(Reason::Dynamic);
        }
        let mut found = EMPTY;
        for id in self.elements(objects) {
            let set = match self.values.get(id) {
                Value::Instance { class, .. } => self.sets.one(class),
                Value::Class { .. } => {
                    let metaclasses = self.metaclasses(id);
                    if metaclasses.is_empty() { self.one(Value::Builtin(self.words.type_)) } else { self.sets.of(metaclasses) }
                }
                Value::ExternalResult(name) => self.one(Value::External(name)),
                Value::Container { .. } if let Some(&class) = self.collections.get(&id) => self.one(Value::External(class)),
                Value::Unknown(reason) => self.unknown(reason),
                value => match self.builtin_type(value) {
                    Some(name) => self.one(Value::Builtin(name)),
                    None => self.unknown(Reason::Dynamic),
                },
            };
            found = self.union(found, set);
        }
        found
    }

    /// The name of the builtin type of a value.
    pub fn builtin_type(&mut self, value: Value) -> Option<Str> {
        Some(match value {
            Value::Literal(name) => name,
            Value::Text(_) => self.words.str,
            Value::Integer(_) => self.words.int,
            Value::Container { kind, .. } => self.resolver.strings.intern(kind.type_name()),
            Value::Generator(_) => self.words.generator,
            Value::Vars(_) => self.words.dict,
            _ => return None,
        })
    }

    fn made_property(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Property);
        self.keep_accessors(id, arguments);
        self.sets.one(id)
    }

    /// What `property(…)` keeps.
    pub fn keep_accessors(&mut self, property: Id, arguments: &Arguments) {
        let names = [self.words.fget, self.words.fset, self.words.fdel];
        for (position, name) in names.into_iter().enumerate() {
            if let Some(set) = arguments.positional(position).or_else(|| arguments.keyword(name)) {
                self.store_values(property, Key::attribute(name), set);
            }
        }
    }

    /// A wrapper around some functions.
    pub fn wrapped(&mut self, site: u32, kind: Wrapper, functions: Set) -> Set {
        let id = self.make_wrapper(site, kind);
        self.store_values(id, Key::attribute(self.words.func), functions);
        self.sets.one(id)
    }

    /// `isinstance` and `issubclass`: the metaclass of each class may have a say.
    fn checked(&mut self, site: u32, arguments: &Arguments, method: Str) -> Set {
        let (subjects, mut classes) = (arguments.positional(0).unwrap_or(EMPTY), arguments.positional(1).unwrap_or(EMPTY));
        for id in self.elements(classes) {
            if let Value::Container { .. } = self.values.get(id) {
                let inner = self.read_values(id, Key::ELEMENTS);
                classes = self.union(classes, inner);
            }
        }
        let is_class = |id: &Id| matches!(self.values.get(*id), Value::Class { .. });
        let classes: Vec<Id> = self.elements(classes).into_iter().filter(is_class).collect();
        self.specials(site, classes, method, &Arguments::one(subjects), Via::Builtin);
        self.literal(self.words.bool)
    }

    fn number(&mut self, site: u32, set: Set, method: Str) -> Set {
        let found = self.special_calls(site, set, method, Via::Builtin);
        if found != EMPTY {
            return found;
        }
        set
    }
}
