//! Calls of names outside the repository: those whose effect on values is declared or plain enough to say. Everything else gives a result of
//! which only the name is known.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::{OperatorError, Run};
use crate::resolve::kinds::Syntax;
use crate::resolve::points_to::calls::{Argument, Arguments, is_partial};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::enumerations::ENUMERATIONS;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::resolve::sources::texts;
use crate::resolve::syntax::NONE;
use crate::table::{NULL_STR, Str};

/// What a callable that is handed over is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passes {
    Nothing,
    /// The positional arguments behind it.
    Rest,
    /// The elements of the tuple given as `args`.
    Tuple,
    /// The elements of each of the positional arguments behind it.
    Elements,
    /// It is not called itself: methods of it are.
    Itself,
}

/// What a call gives that hands a callable over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    /// Nothing of what the callable gives.
    Nothing,
    Result,
    /// What awaiting its result gives.
    Awaited,
    /// Something that gives its result when it is awaited.
    Awaitable,
    /// A future of its result.
    Future,
    /// An iterable of its results.
    Elements,
}

/// Which argument something outside calls.
#[derive(Clone, Debug)]
pub struct Callback {
    position: usize,
    keyword: Str,
    passes: Passes,
    gives: Gives,
    /// The methods that are called of what it gives, or of what is handed over itself; `x*` are all whose names begin so.
    then: Vec<Str>,
}

/// What a class has beside what every object has.
struct Described {
    names: FxHashSet<Str>,
    /// Whether its objects have nothing more; else special names are not among these.
    is_closed: bool,
}

/// Whether an object of a class has an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// It may be: nothing is said of the class, or nothing against it.
    Perhaps,
    /// Not by its class: what was stored on the object alone.
    ItsOwn,
    Never,
}

/// What is declared of names outside the repository.
#[derive(Default)]
pub struct Outside {
    callbacks: FxHashMap<Str, Rc<Vec<Callback>>>,
    /// What methods of classes call of the objects of their heirs, by class and method; `x*` are all whose names begin so.
    hooks: FxHashMap<Str, FxHashMap<Str, Vec<Str>>>,
    /// Calls that give back one of their arguments: its position.
    passed_through: FxHashMap<Str, usize>,
    /// The class of what calls give, by the name of what is called.
    results: FxHashMap<Str, Ancestor>,
    /// The class of what attributes of objects hold, by the name of the class and their own.
    attributes: FxHashMap<Str, Ancestor>,
    described: FxHashMap<Str, Described>,
    /// Methods of classes, by their dotted names.
    methods: FxHashSet<Str>,
    /// What classes inherit, in the order of their linearisation, without `object`.
    ancestors: FxHashMap<Ancestor, Vec<Ancestor>>,
    /// Classes that give nothing but special names.
    bare: FxHashSet<Ancestor>,
    /// The class of what fixtures give that pytest brings, by their name.
    fixtures: FxHashMap<Str, Ancestor>,
    /// The methods of classes of `collections`, by class and name: dotted, or `type.method` of the builtin type that they inherit.
    collections: FxHashMap<Str, FxHashMap<Str, Str>>,
}

impl Outside {
    /// Parameters: `callbacks`, lists of `{position, keyword, passes, gives, then}` by dotted name; `hooks`, lists of names by the
    /// name of a method by the dotted name of its class; `passed_through`, positions by dotted name;
    /// `results` and `attributes`, names of classes by dotted name; `described`, `{methods, others, is_closed}` by dotted name of a class; `ancestors`, lists of dotted names by
    /// dotted name; `bare`, a list of dotted names; `fixtures`, names of classes by name; `collections`, by dotted name of a class the dotted
    /// names of its members by their names. All but `bare` are optional.
    pub fn read(run: &mut Run<'_>) -> Result<Self, OperatorError> {
        let mut result = Self::default();
        let parameters = run.parameters;
        for (name, handed) in parameters.get("callbacks").and_then(|value| value.as_object()).into_iter().flatten() {
            let wrong = || {
                OperatorError::Parameter(format!(
                    "`callbacks.{name}` must be a list of objects with `position`, `keyword`, `passes`, `gives` and `then`"
                ))
            };
            let mut callbacks = Vec::new();
            for callback in handed.as_array().ok_or_else(wrong)? {
                let position = callback.get("position").and_then(|value| value.as_u64()).ok_or_else(wrong)? as usize;
                let keyword = callback.get("keyword").and_then(|value| value.as_str());
                let passes = match callback.get("passes").and_then(|value| value.as_str()) {
                    Some("nothing") => Passes::Nothing,
                    Some("rest") => Passes::Rest,
                    Some("args") => Passes::Tuple,
                    Some("elements") => Passes::Elements,
                    Some("itself") => Passes::Itself,
                    _ => return Err(wrong()),
                };
                let gives = match callback.get("gives").and_then(|value| value.as_str()) {
                    Some("nothing") => Gives::Nothing,
                    Some("result") => Gives::Result,
                    Some("awaited") => Gives::Awaited,
                    Some("awaitable") => Gives::Awaitable,
                    Some("future") => Gives::Future,
                    Some("elements") => Gives::Elements,
                    _ => return Err(wrong()),
                };
                let then = texts(callback, "then").map_err(|_| wrong())?.iter().map(|name| run.strings.intern(name)).collect();
                let keyword = keyword.map_or(NULL_STR, |keyword| run.strings.intern(keyword));
                callbacks.push(Callback { position, keyword, passes, gives, then });
            }
            result.callbacks.insert(run.strings.intern(name), Rc::new(callbacks));
        }
        for (class, methods) in parameters.get("hooks").and_then(|value| value.as_object()).into_iter().flatten() {
            let wrong = || OperatorError::Parameter(format!("`hooks.{class}` must map names of methods to lists of names"));
            let mut hooks = FxHashMap::default();
            for method in methods.as_object().ok_or_else(wrong)?.keys() {
                let called = texts(methods, method).map_err(|_| wrong())?;
                hooks.insert(run.strings.intern(method), called.iter().map(|name| run.strings.intern(name)).collect());
            }
            result.hooks.insert(run.strings.intern(class), hooks);
        }
        for (name, position) in parameters.get("passed_through").and_then(|value| value.as_object()).into_iter().flatten() {
            let wrong = || OperatorError::Parameter(format!("`passed_through.{name}` must be a position"));
            result.passed_through.insert(run.strings.intern(name), position.as_u64().ok_or_else(wrong)? as usize);
        }
        for (key, classes) in [("results", &mut result.results), ("attributes", &mut result.attributes), ("fixtures", &mut result.fixtures)]
        {
            for (name, class) in parameters.get(key).and_then(|value| value.as_object()).into_iter().flatten() {
                let wrong = || OperatorError::Parameter(format!("`{key}.{name}` must be the name of a class"));
                let class = Ancestor::outside(class.as_str().ok_or_else(wrong)?, run.strings);
                classes.insert(run.strings.intern(name), class);
            }
        }
        for (class, described) in parameters.get("described").and_then(|value| value.as_object()).into_iter().flatten() {
            let wrong = || OperatorError::Parameter(format!("`described.{class}` must have `methods`, `others` and `is_closed`"));
            let listed = |key| texts(described, key).map_err(|_| wrong());
            let (methods, others) = (listed("methods")?, listed("others")?);
            let is_closed = described.get("is_closed").and_then(|value| value.as_bool()).ok_or_else(wrong)?;
            let names = methods.iter().chain(&others).map(|name| run.strings.intern(name)).collect();
            result.methods.extend(methods.iter().map(|name| run.strings.intern(&format!("{class}.{name}"))));
            result.described.insert(run.strings.intern(class), Described { names, is_closed });
        }
        for (class, members) in parameters.get("collections").and_then(|value| value.as_object()).into_iter().flatten() {
            let wrong = || OperatorError::Parameter(format!("`collections.{class}` must map names to dotted names"));
            let mut methods = FxHashMap::default();
            for (name, dotted) in members.as_object().ok_or_else(wrong)? {
                let dotted = dotted.as_str().ok_or_else(wrong)?;
                let dotted = run.strings.intern(dotted.strip_prefix("builtins.").unwrap_or(dotted));
                methods.insert(run.strings.intern(name), dotted);
            }
            result.collections.insert(run.strings.intern(class), methods);
        }
        if parameters.get("ancestors").is_some_and(|ancestors| !ancestors.is_object()) {
            return Err(OperatorError::Parameter("`ancestors` must map names of classes to lists of names".into()));
        }
        for (name, _) in parameters.get("ancestors").and_then(|value| value.as_object()).into_iter().flatten() {
            let above = texts(&parameters["ancestors"], name)?;
            let above = above.iter().map(|name| Ancestor::outside(name, run.strings)).collect();
            result.ancestors.insert(Ancestor::outside(name, run.strings), above);
        }
        result.bare = texts(parameters, "bare")?.iter().map(|name| Ancestor::outside(name, run.strings)).collect();
        Ok(result)
    }

    /// The linearisation of a class outside the repository, the class itself first. One that is not declared comes alone.
    pub fn linearisation(&self, class: Ancestor) -> Vec<Ancestor> {
        let above = self.ancestors.get(&class).into_iter().flatten().copied();
        std::iter::once(class).chain(above).collect()
    }

    /// Whether a class outside the repository may give those that inherit it a name.
    pub fn may_have(&self, class: Ancestor, is_special: bool) -> bool {
        matches!(class, Ancestor::External(_)) && (is_special || !self.bare.contains(&class))
    }

    /// Whether what a call of a class or function outside gave has an attribute; `is_special` is of the form `__name__`.
    pub fn result_has(&self, name: Str, attribute: Str, is_special: bool) -> Has {
        match self.described.get(&name) {
            Some(Described { names, is_closed: true }) if !names.contains(&attribute) => Has::Never,
            Some(Described { names, is_closed: false }) if !is_special && !names.contains(&attribute) => Has::ItsOwn,
            _ => Has::Perhaps,
        }
    }

    /// Whether a dotted name is that of a method, which has no attributes but special ones.
    pub fn is_method(&self, name: Str) -> bool {
        self.methods.contains(&name)
    }

    /// The class of what a fixture gives that pytest brings.
    pub fn fixture(&self, name: Str) -> Option<Ancestor> {
        self.fixtures.get(&name).copied()
    }

    /// What a method of a class calls of the objects of its heirs.
    pub fn hooks(&self, class: Ancestor, method: Str) -> Option<&[Str]> {
        match class {
            Ancestor::External(class) => self.hooks.get(&class)?.get(&method).map(Vec::as_slice),
            _ => None,
        }
    }

    /// Whether a class is one of `collections` whose objects are followed.
    pub fn is_collection(&self, class: Str) -> bool {
        self.collections.contains_key(&class)
    }

    /// What a class of `collections` has under a name.
    pub fn member_of_collection(&self, class: Str, name: Str) -> Option<Str> {
        self.collections.get(&class)?.get(&name).copied()
    }

    /// Whether a class outside the repository inherits another.
    pub fn inherits(&self, class: Ancestor, other: Ancestor) -> bool {
        self.ancestors.get(&class).is_some_and(|above| above.contains(&other))
    }
}

impl Machine<'_, '_> {
    /// Calls a dotted name outside the repository.
    pub fn call_external(&mut self, site: u32, name: Str, arguments: &Arguments, via: Via) -> Set {
        let target = self.resolver.external(name);
        self.found.call(site, via, target);
        match self.handed_over(site, name, arguments) {
            Some(set) => set,
            None => self.effect(site, name, arguments),
        }
    }

    /// Calls what a call hands over that is declared to run it. Gives what the call gives where that depends on it.
    pub fn handed_over(&mut self, site: u32, name: Str, arguments: &Arguments) -> Option<Set> {
        let callbacks = self.repository.outside.callbacks.get(&name)?.clone();
        let mut found = None;
        for callback in callbacks.iter() {
            let given = self.call_back(site, callback, arguments);
            found = match callback.gives {
                _ if given == EMPTY => found,
                Gives::Nothing => found,
                Gives::Result => Some(given),
                Gives::Awaited => Some(self.awaited(site, given)),
                Gives::Awaitable => Some(self.promise(site, given)),
                Gives::Future => Some(self.future(site, "concurrent.futures.Future", given)),
                Gives::Elements => Some(self.filled(site, Container::Iterator, given)),
            };
        }
        found
    }

    /// What is declared of the effect of calling a name of the standard library.
    pub fn effect(&mut self, site: u32, name: Str, arguments: &Arguments) -> Set {
        if let Some(&position) = self.repository.outside.passed_through.get(&name) {
            return arguments.positional(position).unwrap_or(EMPTY);
        }
        let text = self.resolver.strings.shared(name);
        if let Some(set) = self.unbound_mixin(site, &text, arguments) {
            return set;
        }
        if let Some(set) = self.library_effect(site, name, arguments) {
            return if self.repository.outside.is_collection(name) { self.made_as(name, set) } else { set };
        }
        let first = arguments.positional(0).unwrap_or(EMPTY);
        match &*self.resolver.strings.shared(name) {
            partial if is_partial(partial) => self.made_partial(site, Wrapper::Partial, arguments),
            "functools.partialmethod" => self.made_partial(site, Wrapper::PartialMethod, arguments),
            "functools.singledispatch" | "functools.singledispatchmethod" => self.wrapped(site, Wrapper::Dispatch, first),
            "functools.reduce" => self.reduced(site, first, arguments),
            "functools.cached_property" => self.wrapped_getter(site, first),
            "functools.lru_cache" | "functools.cache" if arguments.count() == 1 && self.is_function(first) => first,
            "contextlib.contextmanager" | "contextlib.asynccontextmanager" => self.wrapped(site, Wrapper::ContextManager, first),
            "contextlib.ExitStack.enter_context" | "contextlib.AsyncExitStack.enter_context" => self.entered(site, first, false),
            "contextlib.AsyncExitStack.enter_async_context" => {
                let entered = self.entered(site, first, true);
                self.promise(site, entered)
            }
            "abc.abstractproperty" | "enum.property" | "types.DynamicClassAttribute" => {
                let text = self.words.property;
                self.call_builtin(site, text, arguments)
            }
            "types.MethodType" => self.bound_method(first, arguments.positional(1).unwrap_or(EMPTY)),
            "weakref.WeakSet" => {
                let made = self.collected(site, Container::Set, first);
                self.made_as(name, made)
            }
            "collections.OrderedDict" | "collections.ChainMap" | "weakref.WeakKeyDictionary" | "weakref.WeakValueDictionary" => {
                let dict = self.words.dict;
                let made = self.call_builtin(site, dict, arguments);
                self.made_as(name, made)
            }
            "collections.namedtuple" | "typing.NamedTuple" => self.made_record(site, arguments),
            "collections.namedtuple.__new__" | "typing.NamedTuple.__new__" => {
                let rest = arguments.rest();
                self.made_by_new(site, first, &rest)
            }
            maker if let Some(class) = maker.strip_suffix(".__new__") => match self.heirs_of(class, first) {
                EMPTY => self.unknown(Reason::ExternalResult),
                heirs => {
                    let rest = arguments.rest();
                    self.made_by_new(site, heirs, &rest)
                }
            },
            "dataclasses.field" | "attr.ib" | "attr.attrib" | "attr.field" | "attrs.field" => self.made_field(site, name, arguments),
            "collections.defaultdict" => {
                let made = self.made_defaultdict(site, arguments);
                self.made_as(name, made)
            }
            "contextvars.ContextVar" => {
                let default = arguments.keyword(self.words.default).unwrap_or(EMPTY);
                let made = self.filled(site, Container::List, default);
                self.made_as(name, made)
            }
            "collections.deque"
            | "queue.Queue"
            | "queue.LifoQueue"
            | "queue.PriorityQueue"
            | "queue.SimpleQueue"
            | "asyncio.Queue"
            | "asyncio.LifoQueue"
            | "asyncio.PriorityQueue" => {
                // What a queue is given is its size.
                let from = if &*self.resolver.strings.shared(name) == "collections.deque" { first } else { EMPTY };
                let made = self.collected(site, Container::List, from);
                self.made_as(name, made)
            }
            "itertools.chain" | "itertools.chain.from_iterable" | "itertools.cycle" | "itertools.islice" => {
                self.chained(site, &self.resolver.strings.shared(name), arguments)
            }
            "itertools.repeat" => self.filled(site, Container::Iterator, first),
            "itertools.starmap" => {
                let rows = Argument { is_spread: true, ..self.each_of(site, arguments.at(1)) };
                let results = self.brought_back(site, first, &Arguments::given(rows));
                self.filled(site, Container::Iterator, results)
            }
            "itertools.takewhile" | "itertools.dropwhile" | "itertools.filterfalse" => {
                let elements = self.each_of(site, arguments.at(1));
                self.called_back(site, first, &Arguments::given(elements));
                self.filled(site, Container::Iterator, elements.set)
            }
            "asyncio.run"
            | "asyncio.Runner.run"
            | "asyncio.run_coroutine_threadsafe"
            | "asyncio.AbstractEventLoop.run_until_complete"
            | "asyncio.new_event_loop.run_until_complete" => self.awaited(site, first),
            "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.TaskGroup.create_task" | "asyncio.AbstractEventLoop.create_task" => {
                let result = self.awaited(site, first);
                self.future(site, "asyncio.Task", result)
            }
            "asyncio.Future" | "asyncio.AbstractEventLoop.create_future" | "asyncio.new_event_loop.create_future" => {
                self.future(site, "asyncio.Future", EMPTY)
            }
            "concurrent.futures.Future" => self.future(site, "concurrent.futures.Future", EMPTY),
            "asyncio.as_completed" | "concurrent.futures.as_completed" => {
                let futures = self.iterate(site, first, false);
                self.filled(site, Container::Iterator, futures)
            }
            "asyncio.wait" | "concurrent.futures.wait" => {
                let futures = self.iterate(site, first, false);
                let futures = self.filled(site, Container::Set, futures);
                let both = self.tuple(site, &[futures, futures]);
                let both = self.sets.one(both);
                if self.resolver.strings.text(name) == "asyncio.wait" { self.promise(site, both) } else { both }
            }
            "asyncio.gather" => {
                let mut results = EMPTY;
                for argument in &arguments.all {
                    let set = self.awaited(site, argument.set);
                    results = self.union(results, set);
                }
                self.filled(site, Container::List, results)
            }
            class if arguments.count() >= 2 && ENUMERATIONS.contains(&class) => {
                let class = self.values.id(Value::External(name));
                self.made_enumeration(site, class, arguments).unwrap_or(EMPTY)
            }
            "typing.TypeVar" | "typing_extensions.TypeVar" | "typing.NewType" | "typing_extensions.NewType" => {
                self.made_type(site, arguments)
            }
            "typing.cast" | "typing_extensions.cast" => self.cast(arguments),
            "pytest.fixture" | "pytest.yield_fixture" | "pytest_asyncio.fixture" => self.made_fixture(site, arguments),
            "pytest.mark.parametrize" => self.made_parametrization(site, arguments),
            "pytest.raises" => {
                let caught = self.caught(site, name, self.words.value, first);
                if arguments.positional(1).is_some() { caught } else { self.expecting(site, name, caught) }
            }
            expecting if is_of_test_case(expecting) => {
                let word = if expecting.contains(".assertRaises") { self.words.exception } else { self.words.warning };
                let caught = self.caught(site, name, word, first);
                self.expecting(site, name, caught)
            }
            "pytest.param" => self.made_row(site, arguments),
            "inspect.getmembers" => self.members_of(site, first, arguments.positional(1).unwrap_or(EMPTY)),
            "importlib.import_module" => self.imported_by_name(site, arguments),
            "sys.exc_info" if let Some(info) = self.exception_info(site) => info,
            "sys.exception" => self.state.handled.last().copied().unwrap_or(EMPTY),
            _ => {
                let class = self.repository.outside.results.get(&name).copied();
                self.object_of(class.unwrap_or(Ancestor::External(name)))
            }
        }
    }

    /// An object of a class outside the repository.
    fn object_of(&mut self, class: Ancestor) -> Set {
        match class {
            Ancestor::Builtin(class) => self.literal(class),
            Ancestor::External(class) => self.one(Value::ExternalResult(class)),
            Ancestor::Class(class) => {
                let object = self.some_object(class);
                self.sets.one(object)
            }
        }
    }

    /// What an attribute of an object of a class outside the repository holds, where that is declared.
    pub fn declared_attribute(&mut self, class: Str, name: Str) -> Option<Set> {
        let dotted = self.resolver.dot(class, name);
        let held = self.repository.outside.attributes.get(&dotted).copied()?;
        Some(self.object_of(held))
    }

    /// Whether it is known what a method gives that objects inherit from outside the repository.
    pub fn is_modelled_member(&self, name: Str) -> bool {
        let text = self.resolver.strings.text(name);
        text.ends_with(".__new__") || is_of_test_case(text)
    }

    /// What has, under a name, an exception of some classes that was expected.
    fn caught(&mut self, site: u32, class: Str, name: Str, classes: Set) -> Set {
        let object = self.make_wrapper(site, Wrapper::Holding);
        let (exceptions, class) = (self.exceptions(classes), self.one(Value::External(class)));
        self.store_values(object, Key::attribute(name), exceptions);
        self.store_values(object, Key::attribute(self.words.class), class);
        self.sets.one(object)
    }

    /// What expects an exception, and gives what will have it when it is entered.
    fn expecting(&mut self, site: u32, class: Str, caught: Set) -> Set {
        let manager = self.object_of(Ancestor::External(class));
        let entered = self.giving((site, self.state.unit), self.words.enter, caught);
        self.union(manager, entered)
    }

    /// The classes among some values that inherit one outside the repository, but enumerations: their members are there.
    fn heirs_of(&mut self, class: &str, values: Set) -> Set {
        let above = Ancestor::External(self.resolver.strings.intern(class));
        let mut heirs = Vec::new();
        for id in self.elements(values) {
            let is_class = matches!(self.values.get(id), Value::Class { .. });
            if is_class && self.order(id).ancestors.contains(&above) && self.enumerated(id).is_none() {
                heirs.push(id);
            }
        }
        self.sets.of(heirs)
    }

    fn is_function(&self, set: Set) -> bool {
        let is = |id: &_| matches!(self.values.get(*id), Value::Function { .. } | Value::Method { .. } | Value::Wrapper { .. });
        set != EMPTY && self.sets.get(set).iter().all(is)
    }

    pub fn is_context_variable(&self, object: Id) -> bool {
        self.collections.get(&object).is_some_and(|&class| self.resolver.strings.text(class) == "contextvars.ContextVar")
    }

    /// Notes the class of `collections` of which new containers are.
    fn made_as(&mut self, class: Str, made: Set) -> Set {
        for id in self.elements(made) {
            self.collections.insert(id, class);
        }
        made
    }

    /// Notes that new containers are of the class of another.
    pub fn of_same_class(&mut self, object: Id, made: Set) -> Set {
        match self.collections.get(&object) {
            Some(&class) => self.made_as(class, made),
            None => made,
        }
    }

    /// Calls what is handed over, then methods of what that gives. Gives the same.
    fn call_back(&mut self, site: u32, callback: &Callback, arguments: &Arguments) -> Set {
        let by_keyword = if callback.keyword.is_null() { None } else { arguments.keyword(callback.keyword) };
        let Some(handed) = by_keyword.or_else(|| arguments.positional(callback.position)) else { return EMPTY };
        let rest = arguments.all.iter().enumerate();
        let rest = rest.filter(|&(at, argument)| argument.keyword.is_none() && (by_keyword.is_some() || at > callback.position));
        let passed = match callback.passes {
            Passes::Nothing | Passes::Itself => Arguments::none(),
            Passes::Rest => Arguments { all: rest.map(|(_, &argument)| argument).collect() },
            Passes::Elements => Arguments { all: rest.map(|(_, &argument)| self.each_of(site, Some(argument))).collect() },
            Passes::Tuple => {
                let by_keyword = arguments.all.iter().copied().find(|argument| argument.keyword == Some(self.words.args));
                let tuple = by_keyword.or_else(|| arguments.at(callback.position + 2)).unwrap_or(Argument::unwritten(EMPTY));
                self.handed_in(Argument { keyword: None, node: self.value_of(tuple.node), ..tuple })
            }
        };
        let given = match (callback.passes, callback.gives) {
            (Passes::Itself, _) => handed,
            (_, Gives::Nothing) => self.called_back(site, handed, &passed),
            _ => self.brought_back(site, handed, &passed),
        };
        for object in self.elements(given) {
            for name in self.names_meant(object, &callback.then) {
                self.special(site, object, name, Arguments::none(), Via::Builtin);
            }
        }
        given
    }

    /// The arguments that a tuple holds; where it is written with all its elements, each where it stands.
    fn handed_in(&mut self, tuple: Argument) -> Arguments {
        let tree = &self.repository.tree;
        let is_display = tuple.node != NONE && matches!(tree.kind(tuple.node), Syntax::Tuple | Syntax::List);
        let written: Vec<u32> = if is_display { tree.children(tuple.node).collect() } else { Vec::new() };
        match self.elements(tuple.set)[..] {
            [id] if self.lengths.get(&id) == Some(&written.len()) && written.iter().all(|&node| tree.kind(node) != Syntax::Starred) => {
                let all = written.into_iter().enumerate();
                Arguments { all: all.map(|(at, node)| Argument::plain(self.load_index(id, at as i64), node)).collect() }
            }
            _ => Arguments::given(Argument { is_spread: true, ..tuple }),
        }
    }

    /// What is passed by an argument: of a keyword its value.
    fn value_of(&self, argument: u32) -> u32 {
        let tree = &self.repository.tree;
        if argument != NONE && tree.kind(argument) == Syntax::Keyword { argument + 1 } else { argument }
    }

    pub fn made_partial(&mut self, site: u32, kind: Wrapper, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, kind);
        self.keep_partial(id, arguments);
        self.sets.one(id)
    }

    /// Puts what a partial is made with into what stands for it.
    pub fn keep_partial(&mut self, id: Id, arguments: &Arguments) {
        self.store_values(id, Key::attribute(self.words.func), arguments.positional(0).unwrap_or(EMPTY));
        for (position, argument) in arguments.all.iter().skip(1).enumerate() {
            match argument.keyword {
                Some(name) if !argument.is_spread => self.store_values(id, Key::attribute(name), argument.set),
                Some(_) => {}
                None => self.store_values(id, Key::index(position as i64), argument.set),
            }
        }
    }

    fn reduced(&mut self, site: u32, functions: Set, arguments: &Arguments) -> Set {
        let elements = self.each_of(site, arguments.at(1));
        let start = arguments.at(2).unwrap_or(Argument::unwritten(EMPTY));
        let node = if start.node == NONE { elements.node } else { start.node };
        let before = Argument::plain(self.union(elements.set, start.set), node);
        let results = self.brought_back(site, functions, &Arguments { all: vec![before, elements] });
        self.union(results, start.set)
    }

    pub fn bound_method(&mut self, functions: Set, receivers: Set) -> Set {
        let mut found = EMPTY;
        for function in self.elements(functions) {
            for receiver in self.elements(receivers) {
                let set = self.one(Value::Method { function, receiver });
                found = self.union(found, set);
            }
        }
        found
    }

    /// `cast(X, value)`: the value, or an `X` where nothing is known of it.
    fn cast(&mut self, arguments: &Arguments) -> Set {
        let given = arguments.positional(1).or_else(|| arguments.keyword(self.words.val)).unwrap_or(EMPTY);
        let class = arguments.all.iter().find(|argument| argument.keyword.is_none_or(|keyword| keyword == self.words.typ));
        match class.and_then(|argument| self.written(argument)) {
            Some(written) if self.is_opaque(given) => {
                let declared = self.declared(written);
                self.union(given, declared)
            }
            _ => given,
        }
    }

    fn made_defaultdict(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make(site, Container::Dict);
        if let Some(factory) = arguments.positional(0) {
            self.store_values(id, Key::attribute(self.words.default_factory), factory);
        }
        let rest = arguments.rest();
        self.update(site, id, &rest);
        self.sets.one(id)
    }

    fn chained(&mut self, site: u32, name: &str, arguments: &Arguments) -> Set {
        let mut elements = EMPTY;
        for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
            let mut set = self.iterate(site, argument.set, false);
            if name == "itertools.chain.from_iterable" || argument.is_spread {
                set = self.iterate(site, set, false);
            }
            elements = self.union(elements, set);
        }
        self.filled(site, Container::Iterator, elements)
    }
}

/// Whether a method is one of the test cases of `unittest` that expect an exception or a warning.
fn is_of_test_case(name: &str) -> bool {
    let method = name.strip_prefix("unittest.").and_then(|rest| rest.rsplit('.').next());
    matches!(method, Some("assertRaises" | "assertRaisesRegex" | "assertWarns" | "assertWarnsRegex"))
}
