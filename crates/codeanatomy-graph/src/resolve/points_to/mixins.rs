//! Mixins: the methods that the abstract classes of `collections.abc` make of the few that their heirs have, and those of `UserDict` and `UserList`,
//! which keep what they hold in `data`. What each calls is what CPython's source of it calls.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value};
use crate::table::Str;

/// A class outside the repository whose methods call those of its heirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giver {
    UserDict,
    UserList,
    MutableMapping,
    Mapping,
    MutableSequence,
    Sequence,
    MutableSet,
    Set,
    Generator,
    Iterator,
    AsyncIterator,
    ContextManager,
    AsyncContextManager,
}

/// Classes whose `__enter__` gives the object itself.
const ENTERED: [&str; 14] = [
    "contextlib.AbstractContextManager",
    "typing.ContextManager",
    "concurrent.futures.Executor",
    "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.ThreadPoolExecutor",
    "io.BufferedIOBase",
    "io.BytesIO",
    "io.IOBase",
    "io.RawIOBase",
    "io.StringIO",
    "io.TextIOBase",
    "socket.socket",
    "tarfile.TarFile",
    "zipfile.ZipFile",
];

impl Giver {
    /// The givers among the ancestors of a class outside the repository, the class itself first.
    pub fn all_of(dotted: &str) -> &'static [Giver] {
        let Some((module, name)) = dotted.rsplit_once('.') else { return &[] };
        let is_abstract = matches!(module, "collections.abc" | "typing" | "typing_extensions");
        match name {
            "UserDict" if module == "collections" => &[Giver::UserDict, Giver::MutableMapping, Giver::Mapping],
            "UserList" if module == "collections" => &[Giver::UserList],
            "MutableMapping" if is_abstract => &[Giver::MutableMapping, Giver::Mapping],
            "Mapping" if is_abstract => &[Giver::Mapping],
            "MutableSequence" if is_abstract => &[Giver::MutableSequence, Giver::Sequence],
            "Sequence" if is_abstract => &[Giver::Sequence],
            "MutableSet" if is_abstract => &[Giver::MutableSet, Giver::Set],
            "AbstractSet" if module == "typing" => &[Giver::Set],
            "Set" if module == "collections.abc" => &[Giver::Set],
            "Generator" if is_abstract => &[Giver::Generator, Giver::Iterator],
            "Iterator" if is_abstract => &[Giver::Iterator],
            "AsyncIterator" | "AsyncGenerator" if is_abstract => &[Giver::AsyncIterator],
            _ if ENTERED.contains(&dotted) => &[Giver::ContextManager],
            "AbstractAsyncContextManager" | "AsyncContextManager" => &[Giver::AsyncContextManager],
            _ => &[],
        }
    }

    /// The methods that it gives, as far as they are followed. `__iter__` of sequences asks for item after item, as iterating does without it.
    const fn methods(self) -> &'static [&'static str] {
        match self {
            Giver::UserDict => &["__init__", "__getitem__", "__setitem__", "__delitem__", "__iter__", "__contains__"],
            Giver::UserList => &[
                "__init__",
                "__getitem__",
                "__setitem__",
                "__delitem__",
                "__iter__",
                "__contains__",
                "append",
                "insert",
                "pop",
                "remove",
                "clear",
                "copy",
                "count",
                "index",
                "reverse",
                "sort",
                "extend",
            ],
            Giver::MutableMapping => &["pop", "popitem", "clear", "update", "setdefault"],
            Giver::Mapping => &["get", "keys", "items", "values", "__contains__"],
            Giver::MutableSequence => &["append", "clear", "reverse", "extend", "pop", "remove", "__iadd__"],
            Giver::Sequence => &["index", "count", "__contains__"],
            Giver::MutableSet => &["remove", "pop", "clear", "__ior__", "__iand__", "__isub__", "__ixor__"],
            Giver::Set => &[
                "isdisjoint",
                "__le__",
                "__lt__",
                "__ge__",
                "__gt__",
                "__and__",
                "__or__",
                "__sub__",
                "__xor__",
                "__rand__",
                "__ror__",
                "__rsub__",
                "__rxor__",
            ],
            Giver::Generator => &["__next__"],
            Giver::Iterator => &["__iter__"],
            Giver::AsyncIterator => &["__aiter__"],
            Giver::ContextManager => &["__enter__"],
            Giver::AsyncContextManager => &["__aenter__"],
        }
    }
}

/// An object, where it is asked for something, and why.
#[derive(Clone, Copy)]
struct Asked {
    site: u32,
    object: Id,
    via: Via,
}

impl Machine<'_, '_> {
    /// Whom a class has a method from that no class of the repository gives it.
    pub fn giver(&mut self, class: Id, name: Str) -> Option<Giver> {
        let order = self.order(class);
        if order.givers.is_empty() {
            return None;
        }
        let text = self.resolver.strings.text(name);
        order.givers.iter().copied().find(|giver| giver.methods().contains(&text))
    }

    /// Calls such a method of an object; nothing where it has none.
    pub fn mixin(&mut self, site: u32, object: Id, name: Str, arguments: &Arguments, via: Via) -> Option<Set> {
        let Value::Instance { class, .. } = self.values.get(object) else { return None };
        let giver = self.giver(class, name)?;
        let asked = Asked { site, object, via };
        let method = self.resolver.strings.shared(name);
        Some(match giver {
            Giver::UserDict | Giver::UserList => self.method_of_user(asked, class, giver, &method, arguments),
            Giver::MutableMapping | Giver::Mapping => self.method_of_mapping(asked, &method, arguments),
            Giver::MutableSequence | Giver::Sequence => self.method_of_sequence(asked, &method, arguments),
            Giver::MutableSet | Giver::Set => self.method_of_set(asked, class, &method, arguments),
            Giver::Generator => self.ask(asked, "send", &[EMPTY]),
            Giver::Iterator | Giver::AsyncIterator | Giver::ContextManager => self.sets.one(object),
            Giver::AsyncContextManager => {
                let own = self.sets.one(object);
                self.promise(site, own)
            }
        })
    }

    /// `Mapping.get(x, key)`, `Thread.start(x)`: a method that calls those of its object, called on its class. Gives what that gives, if anything.
    pub fn unbound_mixin(&mut self, site: u32, dotted: &str, arguments: &Arguments) -> Option<Set> {
        let (class, method) = dotted.rsplit_once('.')?;
        let (class, name) = (self.resolver.strings.intern(class), self.resolver.strings.intern(method));
        let has_hooks = self.repository.outside.hooks(Ancestor::External(class), name).is_some();
        if !has_hooks && Giver::all_of(self.resolver.strings.text(class)).is_empty() {
            return None;
        }
        let rest = arguments.rest();
        let mut found = None;
        for object in self.elements(arguments.positional(0).unwrap_or(EMPTY)) {
            let given = self.mixin(site, object, name, &rest, Via::Builtin);
            if let Some(set) = given.or_else(|| self.hooked(site, object, name, &rest)) {
                found = Some(self.union(found.unwrap_or(EMPTY), set));
            }
        }
        found.filter(|&set| set != EMPTY)
    }

    /// Calls a method of the object by its name.
    fn ask(&mut self, Asked { site, object, via }: Asked, name: &str, arguments: &[Set]) -> Set {
        let name = self.resolver.strings.intern(name);
        self.special(site, object, name, Arguments::of(arguments.to_vec()), via).unwrap_or(EMPTY)
    }

    /// What iterating over the object gives.
    fn all_in(&mut self, asked: Asked) -> Set {
        let own = self.sets.one(asked.object);
        self.iterate(asked.site, own, false)
    }

    fn method_of_mapping(&mut self, asked: Asked, method: &str, arguments: &Arguments) -> Set {
        let site = asked.site;
        let key = arguments.positional(0).unwrap_or(EMPTY);
        let default = arguments.positional(1).or_else(|| arguments.keyword(self.words.default)).unwrap_or(EMPTY);
        match method {
            "__contains__" => {
                self.ask(asked, "__getitem__", &[key]);
                self.literal(self.words.bool)
            }
            "get" => {
                let item = self.ask(asked, "__getitem__", &[key]);
                self.union(item, default)
            }
            "pop" => {
                let item = self.ask(asked, "__getitem__", &[key]);
                self.ask(asked, "__delitem__", &[key]);
                self.union(item, default)
            }
            "setdefault" => {
                let item = self.ask(asked, "__getitem__", &[key]);
                self.ask(asked, "__setitem__", &[key, default]);
                self.union(item, default)
            }
            "update" => {
                let given = self.make(site, Container::Dict);
                self.update(site, given, arguments);
                let [keys, items] = [Key::KEYS, Key::ELEMENTS].map(|part| self.read_values(given, part));
                self.ask(asked, "__setitem__", &[keys, items]);
                EMPTY
            }
            "keys" => {
                let keys = self.all_in(asked);
                self.filled(site, Container::Iterator, keys)
            }
            _ => {
                let keys = self.all_in(asked);
                let items = self.ask(asked, "__getitem__", &[keys]);
                match method {
                    "values" => self.filled(site, Container::Iterator, items),
                    "items" => self.tuples(site, &[keys, items]),
                    _ => {
                        self.ask(asked, "__delitem__", &[keys]);
                        let pair = self.tuple(site, &[keys, items]);
                        if method == "popitem" { self.sets.one(pair) } else { EMPTY }
                    }
                }
            }
        }
    }

    fn method_of_sequence(&mut self, asked: Asked, method: &str, arguments: &Arguments) -> Set {
        let site = asked.site;
        let first = arguments.positional(0).unwrap_or(EMPTY);
        let index = self.literal(self.words.int);
        match method {
            "index" | "count" | "__contains__" | "remove" => {
                let elements = self.all_in(asked);
                self.specials(site, self.elements(elements), self.words.eq, &Arguments::one(first), asked.via);
                match method {
                    "__contains__" => self.literal(self.words.bool),
                    "remove" => self.ask(asked, "__delitem__", &[index]),
                    _ => index,
                }
            }
            "append" => {
                self.ask(asked, "__len__", &[]);
                self.ask(asked, "insert", &[index, first]);
                EMPTY
            }
            "extend" | "__iadd__" => {
                let elements = self.iterate(site, first, false);
                self.ask(asked, "append", &[elements]);
                if method == "extend" { EMPTY } else { self.sets.one(asked.object) }
            }
            "reverse" => {
                self.ask(asked, "__len__", &[]);
                let item = self.ask(asked, "__getitem__", &[index]);
                self.ask(asked, "__setitem__", &[index, item])
            }
            _ => {
                let place = if first == EMPTY { index } else { first };
                let item = self.ask(asked, "__getitem__", &[place]);
                self.ask(asked, "__delitem__", &[place]);
                if method == "pop" { item } else { EMPTY }
            }
        }
    }

    fn method_of_set(&mut self, asked: Asked, class: Id, method: &str, arguments: &Arguments) -> Set {
        let site = asked.site;
        let first = arguments.positional(0).unwrap_or(EMPTY);
        let own = self.sets.one(asked.object);
        match method {
            "remove" => {
                self.ask(asked, "__contains__", &[first]);
                self.ask(asked, "discard", &[first])
            }
            "pop" | "clear" => {
                let elements = self.all_in(asked);
                self.ask(asked, "discard", &[elements]);
                if method == "pop" { elements } else { EMPTY }
            }
            "__ior__" | "__isub__" | "__ixor__" => {
                let others = self.iterate(site, first, false);
                if method != "__ior__" {
                    self.ask(asked, "discard", &[others]);
                }
                if method != "__isub__" {
                    self.ask(asked, "add", &[others]);
                }
                own
            }
            "__iand__" => {
                let elements = self.all_in(asked);
                self.ask(asked, "discard", &[elements]);
                own
            }
            "isdisjoint" => {
                let others = self.iterate(site, first, false);
                self.ask(asked, "__contains__", &[others]);
                self.literal(self.words.bool)
            }
            "__le__" | "__lt__" | "__ge__" | "__gt__" => {
                if matches!(method, "__ge__" | "__gt__") {
                    let others = self.iterate(site, first, false);
                    self.ask(asked, "__contains__", &[others]);
                } else {
                    let elements = self.all_in(asked);
                    let contains = self.resolver.strings.intern("__contains__");
                    self.specials(site, self.elements(first), contains, &Arguments::one(elements), asked.via);
                }
                self.literal(self.words.bool)
            }
            _ => {
                let others = self.iterate(site, first, false);
                let kept = match method {
                    "__and__" | "__rand__" | "__rsub__" => {
                        self.ask(asked, "__contains__", &[others]);
                        others
                    }
                    "__sub__" => self.all_in(asked),
                    _ => {
                        let elements = self.all_in(asked);
                        self.union(elements, others)
                    }
                };
                let chosen = self.filled(site, Container::Iterator, kept);
                let class = self.sets.one(class);
                self.called_back(site, class, &Arguments::one(chosen))
            }
        }
    }

    /// A method of `UserDict` or `UserList`: that of the dictionary or list in `data`.
    fn method_of_user(&mut self, asked: Asked, class: Id, giver: Giver, method: &str, arguments: &Arguments) -> Set {
        let Asked { site, object, .. } = asked;
        let (kind, name) = if giver == Giver::UserDict { (Container::Dict, "dict") } else { (Container::List, "list") };
        let data = self.resolver.strings.intern("data");
        if method == "__init__" {
            let made = self.make(site, kind);
            let values = self.sets.one(made);
            self.store_field(object, data, Held { values, bindings: EMPTY });
            if giver == Giver::UserDict {
                let update = self.resolver.strings.intern("update");
                self.special(site, object, update, arguments.clone(), asked.via);
            } else {
                self.fill_object(site, made, kind, arguments);
            }
            return EMPTY;
        }
        let method_name = self.resolver.strings.intern(&format!("{name}.{method}"));
        let held = self.fields(object, class, data).values;
        let mut found = EMPTY;
        for id in self.elements(held).into_iter().filter(|&id| id != object) {
            let set = self.call_builtin_method(site, method_name, id, arguments);
            found = self.union(found, set);
        }
        if (giver, method) == (Giver::UserDict, "__getitem__") {
            let key = arguments.positional(0).unwrap_or(EMPTY);
            let missing = self.special(site, object, self.words.missing, Arguments::one(key), asked.via).unwrap_or(EMPTY);
            found = self.union(found, missing);
        }
        found
    }

    /// The givers among the ancestors of a class, in their order.
    pub fn givers_among(&self, ancestors: &[Ancestor]) -> Vec<Giver> {
        let mut givers = Vec::new();
        for &ancestor in ancestors {
            let Ancestor::External(name) = ancestor else { continue };
            for &giver in Giver::all_of(self.resolver.strings.text(name)) {
                if !givers.contains(&giver) {
                    givers.push(giver);
                }
            }
        }
        givers
    }
}
