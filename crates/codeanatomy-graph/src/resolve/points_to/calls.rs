//! Calls: what calling each kind of value runs and gives, and how arguments fill parameters. Builtins are `functions.rs`, what lies outside `outside.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::{Passed, Via};
use crate::resolve::points_to::machine::{Machine, Parameter};
use crate::resolve::points_to::value::{BELOW, Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::resolve::resolver::Target;
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// One argument of a call. `node` is `NONE` where none is written.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    pub set: Set,
    pub node: u32,
    /// `*x` or `**x`.
    pub is_spread: bool,
    pub keyword: Option<Str>,
}

impl Argument {
    pub const fn plain(set: Set, node: u32) -> Self {
        Self { set, node, is_spread: false, keyword: None }
    }

    pub const fn unwritten(set: Set) -> Self {
        Self::plain(set, NONE)
    }
}

/// The arguments of a call, positional ones first.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    pub all: Vec<Argument>,
}

impl Arguments {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn one(set: Set) -> Self {
        Self::of(vec![set])
    }

    pub fn of(sets: Vec<Set>) -> Self {
        Self { all: sets.into_iter().map(Argument::unwritten).collect() }
    }

    /// One that stands somewhere, as an operand does.
    pub fn given(argument: Argument) -> Self {
        Self { all: vec![argument] }
    }

    /// What iterating something gives, one argument each.
    pub fn spread(set: Set) -> Self {
        Self { all: vec![Argument { set, node: NONE, is_spread: true, keyword: None }] }
    }

    /// The same with another first argument.
    pub fn behind(&self, first: Set) -> Self {
        let mut all = Vec::with_capacity(self.all.len() + 1);
        all.push(Argument::unwritten(first));
        all.extend_from_slice(&self.all);
        Self { all }
    }

    /// All behind the first.
    pub fn rest(&self) -> Self {
        Self { all: self.all.get(1..).unwrap_or_default().to_vec() }
    }

    /// The positional argument at a place, if no spread comes before it.
    pub fn positional(&self, position: usize) -> Option<Set> {
        self.at(position).map(|argument| argument.set)
    }

    /// The same with where it stands.
    pub fn at(&self, position: usize) -> Option<Argument> {
        let argument = self.all.get(position)?;
        let plain = self.all[..=position].iter().all(|argument| !argument.is_spread && argument.keyword.is_none());
        plain.then_some(*argument)
    }

    pub fn keyword(&self, name: Str) -> Option<Set> {
        self.all.iter().find(|argument| argument.keyword == Some(name) && !argument.is_spread).map(|argument| argument.set)
    }

    pub fn count(&self) -> usize {
        self.all.iter().filter(|argument| argument.keyword.is_none() && !argument.is_spread).count()
    }
}

impl Machine<'_, '_> {
    pub fn written_call(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let Some(function) = tree.child(node, Field::Func) else { return EMPTY };
        let callees = self.evaluate(function);
        let arguments = self.arguments(node);
        if let Some(set) = self.implicit_super(node, callees, &arguments) {
            return set;
        }
        self.call_all(node, callees, &arguments, Via::Written)
    }

    /// Evaluates the arguments of a call.
    pub fn arguments(&mut self, node: u32) -> Arguments {
        let tree = &self.repository.tree;
        let mut all = Vec::new();
        for argument in tree.in_field(node, Field::Args) {
            let is_spread = tree.kind(argument) == Syntax::Starred;
            all.push(Argument { set: self.evaluate(argument), node: argument, is_spread, keyword: None });
        }
        for keyword in tree.in_field(node, Field::Keywords) {
            let set = self.child(keyword, Field::Value);
            let name = tree.name[keyword as usize];
            all.push(Argument { set, node: keyword, is_spread: name.is_null(), keyword: Some(name) });
        }
        Arguments { all }
    }

    pub fn call_all(&mut self, site: u32, callees: Set, arguments: &Arguments, via: Via) -> Set {
        let found = self.call_each(site, &self.elements(callees), arguments, via);
        self.told(callees, found)
    }

    /// Calls several values. A function that is a method of several objects runs once, with all of them, and what several classes share to make
    /// their objects likewise.
    pub fn call_each(&mut self, site: u32, callees: &[Id], arguments: &Arguments, via: Via) -> Set {
        if let &[callee] = callees {
            return self.call(site, callee, arguments, via);
        }
        let (mut found, mut classes) = (EMPTY, Vec::new());
        for (at, &callee) in callees.iter().enumerate() {
            let set = match self.values.get(callee) {
                Value::Class { .. } => match self.called_class(site, callee, arguments, via) {
                    Some(set) => set,
                    None => {
                        classes.push(callee);
                        continue;
                    }
                },
                Value::Method { function, .. } if callees[..at].iter().any(|&id| self.receiver_of(id, function).is_some()) => continue,
                Value::Method { function, receiver } => {
                    let mut receivers: Vec<Id> = callees[at + 1..].iter().filter_map(|&id| self.receiver_of(id, function)).collect();
                    receivers.push(receiver);
                    let receivers = self.sets.of(receivers);
                    self.call(site, function, &arguments.behind(receivers), via)
                }
                _ => self.call(site, callee, arguments, via),
            };
            found = self.union(found, set);
        }
        if classes.is_empty() {
            return found;
        }
        let made = self.deeper(|machine| machine.construct_each(site, &classes, arguments));
        self.union(found, made)
    }

    /// Notes that a class is called. What that gives if it is one that is modelled.
    fn called_class(&mut self, site: u32, class: Id, arguments: &Arguments, via: Via) -> Option<Set> {
        match self.class_definition(class) {
            Some(definition) => {
                self.found.call(site, via, Target::Definition(definition));
                self.modelled_class(site, class, definition, arguments)
            }
            None => {
                let target = self.nearest_named(class);
                self.found.call(site, via, target);
                None
            }
        }
    }

    /// The object of which something is a method, if that is a method with some function.
    fn receiver_of(&self, method: Id, of: Id) -> Option<Id> {
        match self.values.get(method) {
            Value::Method { function, receiver } if function == of => Some(receiver),
            _ => None,
        }
    }

    /// Calls one value: notes what runs, and gives what comes back.
    pub fn call(&mut self, site: u32, callee: Id, arguments: &Arguments, via: Via) -> Set {
        self.deeper(|machine| machine.call_one(site, callee, arguments, via))
    }

    fn call_one(&mut self, site: u32, callee: Id, arguments: &Arguments, via: Via) -> Set {
        match self.values.get(callee) {
            Value::Function { definition, .. } => {
                self.found.call(site, via, Target::Definition(definition));
                if let Some(set) = self.modelled_function(site, definition, arguments) {
                    return set;
                }
                self.call_function(site, callee, arguments)
            }
            Value::Method { function, receiver } => {
                let receiver = self.sets.one(receiver);
                self.call(site, function, &arguments.behind(receiver), via)
            }
            Value::Class { .. } => match self.called_class(site, callee, arguments, via) {
                Some(set) => set,
                None => self.construct(site, callee, arguments),
            },
            Value::Instance { class, .. } => match self.special(site, callee, self.words.call, arguments.clone(), via) {
                Some(set) => set,
                None if self.is_partial(class) => {
                    let (inner, bound) =
                        (self.read_values(callee, Key::attribute(self.words.func)), self.partial_arguments(callee, arguments));
                    self.call_all(site, inner, &bound, via)
                }
                None => self.given_outside(class, self.words.call),
            },
            Value::External(name) => self.call_external(site, name, arguments, via),
            Value::ExternalMember(name) => {
                let target = self.resolver.external(name);
                self.found.call(site, via, target);
                match self.handed_over(site, name, arguments) {
                    Some(set) => set,
                    None if self.is_modelled_member(name) => self.effect(site, name, arguments),
                    None => self.unknown(Reason::ExternalResult),
                }
            }
            Value::Builtin(name) => {
                self.found.call(site, via, Target::Builtin(name));
                self.call_builtin(site, name, arguments)
            }
            Value::BuiltinMethod { name, receiver } => {
                let target = self.method_target(name);
                self.found.call(site, via, target);
                self.call_builtin_method(site, name, receiver, arguments)
            }
            Value::Wrapper { kind, .. } => self.call_wrapper(site, callee, kind, arguments, via),
            Value::ExternalResult(name) => self.call_external_result(name, arguments),
            Value::Unknown(reason) => self.unknown(reason),
            _ => EMPTY,
        }
    }

    fn call_wrapper(&mut self, site: u32, wrapper: Id, kind: Wrapper, arguments: &Arguments, via: Via) -> Set {
        // One that holds itself, through a loop or a merged activation, adds nothing.
        if self.open_wrappers.contains(&wrapper) {
            return EMPTY;
        }
        let inner = self.read_values(wrapper, Key::attribute(self.words.func));
        self.open_wrappers.push(wrapper);
        let set = match kind {
            Wrapper::Register => self.register(site, wrapper, arguments, via),
            Wrapper::Record => self.call_record(site, wrapper, arguments, via),
            Wrapper::Type => self.call_type(site, wrapper, arguments, via),
            Wrapper::Fixture => self.call_fixture(site, wrapper, arguments),
            Wrapper::Parametrization => self.call_parametrization(site, wrapper, arguments),
            Wrapper::Getter(kind) => self.call_getter(site, (wrapper, kind), arguments, via),
            Wrapper::Comparison => {
                let compared = arguments.positional(0).unwrap_or(EMPTY);
                self.call_all(site, inner, &Arguments::of(vec![compared, compared]), via)
            }
            Wrapper::Settling => self.settle_futures(inner, arguments),
            Wrapper::Watching => self.watch_futures(site, inner, arguments),
            Wrapper::Wraps => self.wraps(site, inner, arguments, via),
            Wrapper::Namespace => EMPTY,
            Wrapper::Giving => self.read_values(wrapper, Key::attribute(self.words.call)),
            Wrapper::Partial => {
                let bound = self.partial_arguments(wrapper, arguments);
                self.call_all(site, inner, &bound, via)
            }
            Wrapper::PartialMethod => {
                let object = arguments.positional(0).unwrap_or(EMPTY);
                let bound = self.partial_arguments(wrapper, &arguments.rest()).behind(object);
                self.call_all(site, inner, &bound, via)
            }
            _ => self.call_all(site, inner, arguments, via),
        };
        self.open_wrappers.pop();
        set
    }

    /// A call of a `NewType` gives what it is given.
    fn call_type(&mut self, site: u32, wrapper: Id, arguments: &Arguments, via: Via) -> Set {
        let name = self.resolver.strings.intern("typing.NewType.__call__");
        let target = self.resolver.external(name);
        self.found.call(site, via, target);
        let given = arguments.positional(0).unwrap_or(EMPTY);
        if !self.is_opaque(given) {
            return given;
        }
        let declared = self.read_values(wrapper, Key::attribute(self.words.bound));
        self.union(given, declared)
    }

    /// Whether the objects of a class are partials.
    fn is_partial(&mut self, class: Id) -> bool {
        match self.outside(class, self.words.call, None) {
            Some(Ancestor::External(path)) => is_partial(self.resolver.strings.text(path)),
            _ => false,
        }
    }

    /// The arguments of a partial before those of its call.
    pub fn partial_arguments(&mut self, wrapper: Id, arguments: &Arguments) -> Arguments {
        let site = match self.values.get(wrapper) {
            Value::Wrapper { site, .. } => site,
            Value::Instance { site, .. } if site < BELOW => site,
            _ => return arguments.clone(),
        };
        let tree = &self.repository.tree;
        let written: Vec<u32> = tree.in_field(site, Field::Args).skip(1).collect();
        let mut all = Vec::new();
        for (position, &node) in written.iter().enumerate() {
            let set = self.read_values(wrapper, Key::index(position as i64));
            all.push(Argument { set, node, is_spread: tree.kind(node) == Syntax::Starred, keyword: None });
        }
        let (positional, named): (Vec<Argument>, Vec<Argument>) = arguments.all.iter().partition(|argument| argument.keyword.is_none());
        all.extend(positional);
        for keyword in tree.in_field(site, Field::Keywords) {
            let name = tree.name[keyword as usize];
            if name.is_null() || named.iter().any(|argument| argument.keyword == Some(name)) {
                continue;
            }
            let set = self.read_values(wrapper, Key::attribute(name));
            all.push(Argument { set, node: keyword, is_spread: false, keyword: Some(name) });
        }
        all.extend(named);
        Arguments { all }
    }

    fn call_function(&mut self, site: u32, function: Id, arguments: &Arguments) -> Set {
        let Value::Function { definition, .. } = self.values.get(function) else { return EMPTY };
        self.publish();
        let sets = self.fill(site, function, definition, arguments);
        let handed_back = self.handed_back(definition).map(|handed| (handed, sets[handed.place]));
        let unit = self.context(site, function, sets);
        self.bring_up(unit);
        match handed_back {
            // Shared with other calls, it was given more than this one gives.
            Some((handed, given)) if !self.is_opaque(given) && self.units[unit as usize].parameters[handed.place] != given => {
                self.shared_result(unit, handed, given)
            }
            _ => self.result(unit, definition),
        }
    }

    /// What a call of an activation gives back.
    fn result(&mut self, unit: u32, definition: u32) -> Set {
        let repository = self.repository;
        let node = repository.definitions.get(definition).node;
        let is_async = repository.tree.kind(node) == Syntax::AsyncFunctionDef;
        if repository.definitions.get(definition).is_generator {
            return self.one(Value::Generator(unit));
        }
        if is_async {
            return self.one(Value::Coroutine(unit));
        }
        self.returned(unit)
    }

    /// The values of every parameter in a call.
    fn fill(&mut self, site: u32, function: Id, definition: u32, arguments: &Arguments) -> Vec<Set> {
        let parameters = self.parameters(definition);
        let mut sets = vec![EMPTY; parameters.len()];
        let mut is_filled = vec![false; parameters.len()];
        let positional: Vec<usize> =
            (0..parameters.len()).filter(|&at| matches!(parameters[at].kind, Field::PosOnlyArgs | Field::Args)).collect();
        let rest = parameters.iter().position(|parameter| parameter.kind == Field::VarArg);
        let keywords = parameters.iter().position(|parameter| parameter.kind == Field::KwArg);
        let mut next = 0;
        let mut extra: Vec<Set> = Vec::new();
        let mut more = EMPTY;
        for argument in arguments.all.iter().filter(|argument| argument.keyword.is_none()) {
            if argument.is_spread {
                next = self.spread(site, argument, &parameters, &positional, next, (&mut sets, &mut is_filled), &mut more);
                continue;
            }
            match positional.get(next) {
                Some(&at) => {
                    sets[at] = self.union(sets[at], argument.set);
                    is_filled[at] = true;
                    self.pass(site, argument.node, &parameters[at]);
                }
                None => {
                    extra.push(argument.set);
                    if let Some(at) = rest {
                        self.pass(site, argument.node, &parameters[at]);
                    }
                }
            }
            next += 1;
        }
        if let Some(at) = rest {
            sets[at] = self.rest(site, &extra, more);
            is_filled[at] = true;
        }
        self.fill_keywords(site, &parameters, keywords, arguments, (&mut sets, &mut is_filled));
        for at in 0..parameters.len() {
            if !is_filled[at] {
                let default = self.read_values(function, Key::default(at));
                sets[at] = self.union(sets[at], default);
            }
        }
        sets
    }

    /// `*x` among the arguments: each element where it is known which, all of them where not. Gives the next free place.
    #[allow(clippy::too_many_arguments)]
    fn spread(
        &mut self,
        site: u32,
        argument: &Argument,
        parameters: &[Parameter],
        positional: &[usize],
        next: usize,
        (sets, is_filled): (&mut [Set], &mut [bool]),
        more: &mut Set,
    ) -> usize {
        let ids = self.elements(argument.set);
        if let [id] = ids[..]
            && let Some(&length) = self.lengths.get(&id)
        {
            // The present activation runs again when it gets longer.
            self.read_values(id, Key::ELEMENTS);
            for offset in 0..length {
                let set = self.load_index(id, offset as i64);
                match positional.get(next + offset) {
                    Some(&at) => {
                        sets[at] = self.union(sets[at], set);
                        is_filled[at] = true;
                        self.pass(site, argument.node, &parameters[at]);
                    }
                    None => {
                        *more = self.union(*more, set);
                        self.pass_rest(site, argument.node, parameters, Field::VarArg);
                    }
                }
            }
            return next + length;
        }
        let elements = self.iterate(argument.node, argument.set, false);
        for &at in &positional[next.min(positional.len())..] {
            sets[at] = self.union(sets[at], elements);
            self.pass(site, argument.node, &parameters[at]);
        }
        *more = self.union(*more, elements);
        self.pass_rest(site, argument.node, parameters, Field::VarArg);
        next
    }

    /// The tuple of the arguments behind the last positional parameter.
    fn rest(&mut self, site: u32, extra: &[Set], more: Set) -> Set {
        let id = self.make(site, Container::Tuple);
        for (index, &set) in extra.iter().enumerate() {
            self.store_index(id, Key::index(index as i64), set);
        }
        if more == EMPTY {
            // One place may call several functions, or one with more and with fewer arguments.
            let length = self.lengths.entry(id).or_default();
            *length = extra.len().max(*length);
        } else {
            self.lengths.remove(&id);
            self.store_index(id, Key::SOMEWHERE, more);
        }
        self.sets.one(id)
    }

    fn fill_keywords(
        &mut self,
        site: u32,
        parameters: &[Parameter],
        rest: Option<usize>,
        arguments: &Arguments,
        (sets, is_filled): (&mut [Set], &mut [bool]),
    ) {
        let can_name = |parameter: &Parameter| matches!(parameter.kind, Field::Args | Field::KwOnlyArgs);
        let mut collected = None;
        if let Some(at) = rest {
            let id = self.make(site, Container::Dict);
            sets[at] = self.sets.one(id);
            is_filled[at] = true;
            collected = Some(id);
        }
        for argument in &arguments.all {
            let Some(name) = argument.keyword else { continue };
            if argument.is_spread {
                for id in self.elements(argument.set) {
                    let id = match self.values.get(id) {
                        Value::Container { kind: Container::Dict, .. } => id,
                        Value::Instance { .. } => {
                            let poured = self.make(argument.node, Container::Dict);
                            self.pour_mapping(site, id, poured);
                            poured
                        }
                        _ => {
                            // Nobody knows which keys it has.
                            for at in (0..parameters.len()).filter(|&at| can_name(&parameters[at]) && !is_filled[at]) {
                                self.pass(site, argument.node, &parameters[at]);
                            }
                            self.pass_rest(site, argument.node, parameters, Field::KwArg);
                            continue;
                        }
                    };
                    self.pass_rest(site, argument.node, parameters, Field::KwArg);
                    for (at, parameter) in parameters.iter().enumerate().filter(|(_, parameter)| can_name(parameter)) {
                        let set = self.load_text(id, parameter.name);
                        if set != EMPTY {
                            sets[at] = self.union(sets[at], set);
                            self.pass(site, argument.node, parameter);
                        }
                    }
                    if let Some(rest) = collected {
                        let one = self.sets.one(id);
                        self.pour(site, one, rest);
                    }
                }
                continue;
            }
            match parameters.iter().position(|parameter| can_name(parameter) && parameter.name == name) {
                Some(at) => {
                    sets[at] = self.union(sets[at], argument.set);
                    is_filled[at] = true;
                    self.pass(site, argument.node, &parameters[at]);
                }
                None => {
                    if let (Some(id), Some(at)) = (collected, rest) {
                        let key = self.one(Value::Text(name));
                        self.store_item(id, key, argument.set);
                        self.pass(site, argument.node, &parameters[at]);
                    }
                }
            }
        }
    }

    /// What is given to the parameter that takes the rest, if there is one.
    fn pass_rest(&mut self, site: u32, argument: u32, parameters: &[Parameter], kind: Field) {
        if let Some(rest) = parameters.iter().find(|parameter| parameter.kind == kind) {
            self.pass(site, argument, rest);
        }
    }

    fn pass(&mut self, site: u32, argument: u32, parameter: &Parameter) {
        if argument != NONE && site != NONE {
            self.found.pass(Passed { call: site, argument, parameter: parameter.definition });
        }
    }
}

/// Whether a class outside the repository is that of partials.
pub fn is_partial(name: &str) -> bool {
    matches!(name, "functools.partial" | "_functools.partial")
}
