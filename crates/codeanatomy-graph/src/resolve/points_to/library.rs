//! What the standard library makes of what it is given: getters of `operator`, iterators of `itertools`, managers of `contextlib`, namespaces and
//! queues.

use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Getter, Id, Reason, Set, Value, Wrapper};
use crate::table::Str;

impl Machine<'_, '_> {
    /// The effect of calls whose name says enough; nothing of others.
    pub fn library_effect(&mut self, site: u32, name: Str, arguments: &Arguments) -> Option<Set> {
        let first = arguments.positional(0).unwrap_or(EMPTY);
        let text = self.resolver.strings.shared(name);
        Some(match &*text {
            "operator.methodcaller" => self.made_partial(site, Wrapper::Getter(Getter::Result), arguments),
            "operator.attrgetter" => self.made_partial(site, Wrapper::Getter(Getter::Attribute), arguments),
            "operator.itemgetter" => self.made_partial(site, Wrapper::Getter(Getter::Item), arguments),
            "functools.wraps" => self.wrapped(site, Wrapper::Wraps, first),
            "functools.update_wrapper" => {
                let wrapped = arguments.positional(1).or_else(|| arguments.keyword(self.words.wrapped_));
                self.updated(first, wrapped.unwrap_or(EMPTY))
            }
            "functools.cmp_to_key" => self.wrapped(site, Wrapper::Comparison, first),
            "contextlib.closing" | "contextlib.aclosing" => {
                let (close, enter) = if text.ends_with("aclosing") { ("aclose", self.words.aenter) } else { ("close", self.words.enter) };
                let close = self.resolver.strings.intern(close);
                let methods = self.load_attributes(site, first, close);
                self.called_back(site, methods, &Arguments::none());
                self.giving((site, self.state.unit), enter, first)
            }
            "contextlib.nullcontext" => {
                self.giving((site, self.state.unit), self.words.enter, first);
                self.giving((site, self.state.unit), self.words.aenter, first)
            }
            "contextlib.ExitStack.push" | "contextlib.AsyncExitStack.push" => {
                self.left(site, first, self.words.exit);
                first
            }
            "contextlib.AsyncExitStack.push_async_exit" => {
                self.left(site, first, self.words.aexit);
                first
            }
            "itertools.groupby" => self.grouped(site, arguments),
            "itertools.accumulate" => self.accumulated(site, arguments),
            "itertools.product" | "itertools.zip_longest" => {
                let mut columns = Vec::new();
                for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
                    columns.push(self.iterate(site, argument.set, false));
                }
                self.tuples(site, &columns)
            }
            "itertools.pairwise" => {
                let elements = self.iterate(site, first, false);
                self.tuples(site, &[elements, elements])
            }
            "itertools.combinations" | "itertools.combinations_with_replacement" | "itertools.permutations" | "itertools.batched" => {
                let elements = self.iterate(site, first, false);
                let chosen = self.filled(site, Container::Tuple, elements);
                self.filled(site, Container::Iterator, chosen)
            }
            "itertools.compress" => {
                let elements = self.iterate(site, first, false);
                self.filled(site, Container::Iterator, elements)
            }
            "itertools.tee" => {
                let elements = self.iterate(site, first, false);
                let iterator = self.filled(site, Container::Iterator, elements);
                self.filled(site, Container::Tuple, iterator)
            }
            "itertools.count" => {
                let numbers = self.literal(self.words.int);
                self.filled(site, Container::Iterator, numbers)
            }
            "types.SimpleNamespace" | "argparse.Namespace" => self.made_namespace(site, arguments),
            "threading.local" | "asgiref.local.Local" | "werkzeug.local.Local" | "gevent.local.local" => {
                self.made_namespace(site, &Arguments::none())
            }
            "types.new_class" => self.new_class(site, arguments),
            "random.choice" | "random.choices" | "random.sample" => {
                self.first_special(site, first, &[self.words.len], Via::Builtin);
                let index = Argument::unwritten(self.literal(self.words.int));
                let elements = self.items(site, first, index, false);
                if text.ends_with("choice") { elements } else { self.filled(site, Container::List, elements) }
            }
            "weakref.ref" | "weakref.WeakMethod" => {
                let object = self.one(Value::ExternalResult(name));
                let giving = self.giving((site, self.state.unit), self.words.call, first);
                self.union(object, giving)
            }
            "pickle.dumps" => self.pickled(site, first),
            "pickle.dump" => {
                self.pickled(site, first);
                EMPTY
            }
            "pickle.loads" => self.unpickled(site, first),
            "copy.copy" | "copy.deepcopy" => {
                let method = self.resolver.strings.intern(if text.ends_with("deepcopy") { "__deepcopy__" } else { "__copy__" });
                self.copied(site, first, method)
            }
            _ if text.starts_with("argparse.") && text.ends_with(".set_defaults") => {
                let parsed = self.parsed_object();
                for argument in arguments.all.iter().filter(|argument| !argument.is_spread) {
                    if let Some(name) = argument.keyword {
                        self.store_values(parsed, Key::attribute(name), argument.set);
                    }
                }
                EMPTY
            }
            "dataclasses.replace" | "attr.evolve" | "attrs.evolve" | "copy.replace" => self.replaced(site, first, arguments),
            "dataclasses.asdict" | "attr.asdict" | "attrs.asdict" => self.fields_in(site, first, Container::Dict),
            "dataclasses.astuple" | "attr.astuple" | "attrs.astuple" => self.fields_in(site, first, Container::Tuple),
            "dataclasses.fields" | "attr.fields" | "attrs.fields" => self.described_fields(site, &text, first),
            "collections.Counter" => {
                let id = self.make(site, Container::Dict);
                let (counts, sources) = (self.literal(self.words.int), self.elements(first));
                for source in sources {
                    let keys = self.elements_of(site, source, false);
                    self.store_item(id, keys, counts);
                }
                self.sets.one(id)
            }
            "math.floor" | "math.ceil" | "math.trunc" => {
                let method = self.resolver.strings.intern(&format!("__{}__", &text["math.".len()..]));
                let made = self.special_calls(site, first, method, Via::Builtin);
                if made == EMPTY { self.literal(self.words.int) } else { made }
            }
            "operator.index" => self.protocol(site, first, &[self.words.index_], self.words.int),
            _ if text.starts_with("heapq.") || text.starts_with("bisect.") => return self.in_order(site, &text, arguments),
            _ if text.starts_with("pytest.") => return self.patched(site, &text, arguments),
            _ => return text.strip_prefix("operator.").and_then(|name| self.operator_function(site, name, arguments)),
        })
    }

    /// What functions of `heapq` and `bisect` put into a list and take out of it, and that they compare what it holds.
    fn in_order(&mut self, site: u32, function: &str, arguments: &Arguments) -> Option<Set> {
        let [first, second] = [0, 1].map(|position| arguments.positional(position).unwrap_or(EMPTY));
        let mut key = arguments.keyword(self.words.key);
        let lists: Vec<Id> = self.elements(first).into_iter().filter(|&id| self.holds(id).is_some()).collect();
        let (mut elements, mut given) = (EMPTY, EMPTY);
        match function {
            "heapq.nlargest" | "heapq.nsmallest" => {
                key = key.or(arguments.positional(2));
                elements = self.iterate(site, second, false);
                given = self.filled(site, Container::List, elements);
            }
            "heapq.merge" => {
                for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
                    let set = self.iterate(site, argument.set, false);
                    elements = self.union(elements, set);
                }
                given = self.filled(site, Container::Iterator, elements);
            }
            "heapq.heappush"
            | "heapq.heappushpop"
            | "heapq.heapreplace"
            | "bisect.insort"
            | "bisect.insort_left"
            | "bisect.insort_right" => {
                lists.iter().for_each(|&list| self.add_element(list, second));
            }
            "heapq.heapify" | "heapq.heappop" => {}
            "bisect.bisect" | "bisect.bisect_left" | "bisect.bisect_right" => given = self.literal(self.words.int),
            _ => return None,
        }
        for list in lists {
            let held = self.read_values(list, Key::ELEMENTS);
            elements = self.union(elements, held);
        }
        self.ranked(site, Argument::unwritten(elements), key, true);
        let takes = matches!(function, "heapq.heappop" | "heapq.heappushpop" | "heapq.heapreplace");
        Some(if takes { elements } else { given })
    }

    /// What stands for whatever parsers of `argparse` give: which of them has set a default is not told apart.
    fn parsed_object(&mut self) -> Id {
        let name = self.resolver.strings.intern("argparse.Namespace");
        self.values.id(Value::External(name))
    }

    /// The default that parsers set for an attribute of what parsing gives.
    pub fn parsed(&mut self, path: Str, name: Str) -> Option<Set> {
        let text = self.resolver.strings.text(path);
        if !text.starts_with("argparse.") || !text.ends_with(".parse_args") {
            return None;
        }
        let object = self.parsed_object();
        Some(self.read_values(object, Key::attribute(name))).filter(|&set| set != EMPTY)
    }

    /// What leaving a manager runs.
    fn left(&mut self, site: u32, managers: Set, exit: Str) {
        let about = Arguments::of(vec![EMPTY; 3]);
        for id in self.elements(managers) {
            match self.values.get(id) {
                Value::Instance { .. } => _ = self.special(site, id, exit, about.clone(), Via::With),
                _ => _ = self.call(site, id, &about, Via::Callback),
            }
        }
    }

    /// Copies of some values: what the method for it makes, else the values themselves stand for them.
    fn copied(&mut self, site: u32, values: Set, method: Str) -> Set {
        let mut found = EMPTY;
        for id in self.elements(values) {
            let made = self.special(site, id, method, Arguments::one(EMPTY), Via::Builtin);
            let one = made.unwrap_or_else(|| self.rebuilt(site, id));
            found = self.union(found, one);
        }
        found
    }

    /// What `copy` and `pickle` ask an object for: how to make it again, else what it holds. Both may be nothing.
    fn taken_apart(&mut self, site: u32, object: Id) -> (Set, Set) {
        for (method, protocol) in [("__reduce_ex__", Some(self.words.int)), ("__reduce__", None)] {
            let method = self.resolver.strings.intern(method);
            let arguments = protocol.map_or_else(Arguments::none, |kind| Arguments::one(self.literal(kind)));
            if let Some(parts) = self.special(site, object, method, arguments, Via::Builtin) {
                return (parts, EMPTY);
            }
        }
        let method = self.resolver.strings.intern("__getstate__");
        (EMPTY, self.special(site, object, method, Arguments::none(), Via::Builtin).unwrap_or(EMPTY))
    }

    /// Bytes into which some objects were taken apart.
    fn pickled(&mut self, site: u32, objects: Set) -> Set {
        let bytes = self.make_wrapper(site, Wrapper::Pickled);
        self.store_values(bytes, Key::attribute(self.words.func), objects);
        for object in self.elements(objects) {
            let (parts, state) = self.taken_apart(site, object);
            let [of_parts, of_state] = places_in_bytes(object);
            self.store_values(bytes, of_parts, parts);
            self.store_values(bytes, of_state, state);
        }
        let (kind, bytes) = (self.literal(self.words.bytes), self.sets.one(bytes));
        self.union(kind, bytes)
    }

    /// The objects that are made again of some bytes.
    fn unpickled(&mut self, site: u32, bytes: Set) -> Set {
        let mut made = EMPTY;
        for bytes in self.elements(bytes) {
            let Value::Wrapper { kind: Wrapper::Pickled, .. } = self.values.get(bytes) else { continue };
            let objects = self.read_values(bytes, Key::attribute(self.words.func));
            for object in self.elements(objects) {
                let [parts, state] = places_in_bytes(object).map(|place| self.read_values(bytes, place));
                let one = self.put_together(site, object, parts, state);
                made = self.union(made, one);
            }
        }
        if made == EMPTY { self.unknown(Reason::ExternalResult) } else { made }
    }

    /// An object made again of what it was taken apart into; it stands for itself where nothing says how.
    fn rebuilt(&mut self, site: u32, object: Id) -> Set {
        let (parts, state) = self.taken_apart(site, object);
        self.put_together(site, object, parts, state)
    }

    fn put_together(&mut self, site: u32, object: Id, parts: Set, mut state: Set) -> Set {
        let mut made = EMPTY;
        let parts: Vec<Id> = self.elements(parts).into_iter().filter(|part| self.lengths.contains_key(part)).collect();
        for part in parts {
            let [makers, given, more] = [0, 1, 2].map(|place| self.load_index(part, place));
            let objects = self.called_back(site, makers, &Arguments::spread(given));
            (made, state) = (self.union(made, objects), self.union(state, more));
        }
        let made = if made == EMPTY { self.sets.one(object) } else { made };
        let method = self.resolver.strings.intern("__setstate__");
        self.specials(site, self.elements(made), method, &Arguments::one(state), Via::Builtin);
        made
    }

    /// `types.new_class(name, bases, kwds, exec_body)`: the body fills the names of the class.
    fn new_class(&mut self, site: u32, arguments: &Arguments) -> Set {
        let given = |place: usize, keyword: Str| arguments.positional(place).or_else(|| arguments.keyword(keyword)).unwrap_or(EMPTY);
        let [bases, keywords, body] =
            [(1, self.words.bases), (2, self.words.kwds), (3, self.words.exec_body)].map(|(place, keyword)| given(place, keyword));
        let names = self.filled(site, Container::Dict, EMPTY);
        self.called_back(site, body, &Arguments::one(names));
        let given = Arguments::of(vec![given(0, self.words.name_), bases, names]);
        let mut metaclasses = EMPTY;
        for id in self.elements(keywords) {
            let set = self.load_text(id, self.words.metaclass);
            metaclasses = self.union(metaclasses, set);
        }
        match metaclasses {
            EMPTY => self.called_type(site, &given),
            _ => self.called_back(site, metaclasses, &given),
        }
    }

    fn grouped(&mut self, site: u32, arguments: &Arguments) -> Set {
        let elements = self.each_of(site, arguments.at(0));
        let functions = arguments.positional(1).or_else(|| arguments.keyword(self.words.key));
        let keys = match functions {
            Some(functions) => self.brought_back(site, functions, &Arguments::given(elements)),
            None => elements.set,
        };
        let group = self.filled(site, Container::List, elements.set);
        self.tuples(site, &[keys, group])
    }

    fn accumulated(&mut self, site: u32, arguments: &Arguments) -> Set {
        let elements = self.each_of(site, arguments.at(0));
        let functions = arguments.positional(1).or_else(|| arguments.keyword(self.words.func_));
        let results = match functions {
            Some(functions) => self.brought_back(site, functions, &Arguments { all: vec![elements, elements] }),
            None => self.special_calls(site, elements.set, self.words.add, Via::Builtin),
        };
        let all = self.union(elements.set, results);
        self.filled(site, Container::Iterator, all)
    }

    fn made_namespace(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Namespace);
        for argument in &arguments.all {
            let Some(name) = argument.keyword else { continue };
            if !argument.is_spread {
                self.store_values(id, Key::attribute(name), argument.set);
                self.store_values(id, Key::ELEMENTS, argument.set);
                continue;
            }
            for source in self.elements(argument.set) {
                let (keys, held) = (self.read_values(source, Key::KEYS), self.read_values(source, Key::ELEMENTS));
                let names = self.texts(keys);
                for &name in &names {
                    let set = self.load_text(source, name);
                    self.store_values(id, Key::attribute(name), set);
                }
                if names.len() < self.sets.len(keys) {
                    self.store_values(id, Key::SOMEWHERE, held);
                }
                self.store_values(id, Key::ELEMENTS, held);
            }
        }
        self.sets.one(id)
    }

    /// Calls a getter of `operator`: with several names or keys it gives a tuple.
    pub fn call_getter(&mut self, site: u32, (getter, kind): (Id, Getter), arguments: &Arguments, via: Via) -> Set {
        let objects = arguments.positional(0).unwrap_or(EMPTY);
        let first = self.read_values(getter, Key::attribute(self.words.func));
        let given = self.partial_arguments(getter, &Arguments::none());
        let class = self.resolver.strings.intern(&format!("{}.__call__", kind.class()));
        let target = self.resolver.external(class);
        self.found.call(site, via, target);
        if kind == Getter::Result {
            return self.results_of(site, objects, first, &given);
        }
        let mut columns = Vec::new();
        for keys in std::iter::once(Argument::unwritten(first)).chain(given.all) {
            let set =
                if kind == Getter::Attribute { self.path_of(site, objects, keys.set) } else { self.items(site, objects, keys, false) };
            columns.push(set);
        }
        match columns[..] {
            [only] => only,
            _ => {
                let tuple = self.tuple(site, &columns);
                self.sets.one(tuple)
            }
        }
    }

    /// What the methods of some names give.
    fn results_of(&mut self, site: u32, objects: Set, names: Set, given: &Arguments) -> Set {
        let mut found = EMPTY;
        for name in self.texts(names) {
            let methods = self.load_attributes(site, objects, name);
            let results = self.called_back(site, methods, given);
            found = self.union(found, results);
        }
        found
    }

    /// `attrgetter("a.b")`: an attribute of an attribute.
    fn path_of(&mut self, site: u32, objects: Set, paths: Set) -> Set {
        let mut found = EMPTY;
        for path in self.texts(paths) {
            let path = self.resolver.strings.shared(path);
            let mut set = objects;
            for part in path.split('.') {
                let name = self.resolver.strings.intern(part);
                set = self.load_attributes(site, set, name);
            }
            found = self.union(found, set);
        }
        found
    }
}

/// Where bytes hold into what an object was taken apart: how it is made again, and its state.
fn places_in_bytes(object: Id) -> [Key; 2] {
    [2 * i64::from(object.0), 2 * i64::from(object.0) + 1].map(Key::index)
}
