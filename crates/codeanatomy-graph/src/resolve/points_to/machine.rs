//! The machine that runs every module and function on abstract values until nothing changes: activations, what they share, in which order.

use std::collections::VecDeque;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::operator::OperatorError;
use crate::resolve::definitions::{DefinitionKind, Flavour};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::{Limit, Limits};
use crate::resolve::points_to::annotations::{Moment, postponed};
use crate::resolve::points_to::below::base_names;
use crate::resolve::points_to::bounds::Bounded;
use crate::resolve::points_to::cell::{Cells, Key};
use crate::resolve::points_to::classes::{Ancestor, Class, Holder, Order};
use crate::resolve::points_to::fixtures::Fixtures;
use crate::resolve::points_to::found::Found;
use crate::resolve::points_to::frames::Frames;
use crate::resolve::points_to::identity::HandedBack;
use crate::resolve::points_to::models::Modelled;
use crate::resolve::points_to::name_bits::{NameBit, NameBits};
use crate::resolve::points_to::named::given_names;
use crate::resolve::points_to::state::{Held, State};
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Origin, Reason, Set, Sets, Value, Values};
use crate::resolve::points_to::words::Words;
use crate::resolve::resolver::{Repository, Resolver};
use crate::resolve::syntax::{NONE, Tree};
use crate::table::Str;

/// How deep calls are followed at once; deeper ones wait for their turn.
const DEPTH: usize = 40;
/// Stack that must be left before going deeper, and how much is added where it is not.
pub const RED_ZONE: usize = 256 << 10;
pub const STACK: usize = 8 << 20;

/// The classes below each class, itself included.
pub type Below = FxHashMap<Ancestor, Vec<Id>>;

/// A parameter of a function, in the order in which they are written.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub node: u32,
    pub definition: u32,
    pub name: Str,
    pub kind: Field,
}

/// One activation of a module, function or lambda, or several that are not told apart.
#[derive(Clone, Debug)]
pub struct Unit {
    pub definition: u32,
    /// The activation in which the function was made.
    pub parent: u32,
    pub parameters: Vec<Set>,
    frame: u32,
    is_queued: bool,
    /// Whether its last run is kept for the end.
    is_waiting: bool,
    is_running: bool,
    runs: usize,
    /// How many call sites share it; it grows in place only for one.
    users: u32,
    /// What it looked up in classes.
    asked: NameBits,
}

pub struct Machine<'m, 'a> {
    pub resolver: &'m mut Resolver<'a>,
    pub repository: &'a Repository,
    pub limits: Limits,
    /// What something is asked about while nothing runs.
    pub asked: u32,
    pub frames: Frames,
    pub words: Words,
    pub values: Values,
    pub sets: Sets<Id>,
    /// Unions that went beyond a limit.
    pub bounded: FxHashMap<(Set, Set), Bounded>,
    pub bindings: Sets<u32>,
    pub cells: Cells,
    /// The names under which something was stored on an object.
    pub field_names: FxHashSet<Str>,
    pub units: Vec<Unit>,
    pub state: State,
    pub found: Found,
    pub classes: FxHashMap<Id, Class>,
    /// The linearisations of classes, each with its cell, which grows when it changes.
    pub orders: FxHashMap<Id, (u32, Rc<Order>)>,
    /// Of each order those of one name side by side.
    pub holders: Vec<Holder>,
    /// The class in whose body a function was made.
    pub class_of: FxHashMap<Id, Id>,
    /// The classes that each class statement made.
    pub made_classes: FxHashMap<u32, Vec<Id>>,
    /// How many elements a list or tuple that is written out has.
    pub lengths: FxHashMap<Id, usize>,
    /// The classes of `collections` of which containers are that no display makes.
    pub collections: FxHashMap<Id, Str>,
    modules: FxHashMap<u32, u32>,
    parameters: FxHashMap<u32, Rc<Vec<Parameter>>>,
    by_parameters: FxHashMap<(Id, Vec<Set>), u32>,
    by_site: FxHashMap<(u32, u32, Id), u32>,
    merged: FxHashMap<(Id, Id), u32>,
    contexts: FxHashMap<(Id, Id), usize>,
    most_units: usize,
    /// The functions in whose bodies others are made, and those that are given the name of an attribute.
    pub factories: FxHashSet<u32>,
    units_of: FxHashMap<Id, Vec<u32>>,
    functions: Vec<Id>,
    made: FxHashSet<Id>,
    called: FxHashSet<Id>,
    /// By how often they ran.
    queue: Vec<VecDeque<u32>>,
    /// Those that have one run left: it comes when all else has settled, so that it sees what came meanwhile.
    waiting: Vec<u32>,
    running: Vec<Id>,
    stack: Vec<State>,
    open_calls: usize,
    /// The wrappers whose functions are being called.
    pub open_wrappers: Vec<Id>,
    /// The annotations of each file that wait for its end.
    pub postponed: Vec<Vec<u32>>,
    pub moment: Option<Moment>,
    /// The last names of what is written as bases.
    pub base_names: FxHashSet<Str>,
    /// Containers and the annotations of what they were assigned to, until these are needed.
    pub annotated: IndexSet<(Id, u32), FxBuildHasher>,
    /// Variables of modules that are annotated alone: their cells with the targets.
    pub declared_variables: IndexSet<(u32, u32), FxBuildHasher>,
    /// Objects made in a loop: one stands for many.
    pub repeated: FxHashSet<Id>,
    pub modelled: Modelled,
    pub fixtures: Fixtures,
    /// By name, whether it may be read before its scope bound it.
    pub falling_back: FxHashMap<u32, bool>,
    /// Comprehensions, and conditions with `and` or `or`, in which an assignment expression binds.
    pub binding_tests: FxHashSet<u32>,
    /// What was yielded where nothing known is sent, by activation and node.
    pub undriven: IndexMap<(u32, u32), Set, FxBuildHasher>,
    /// By function, the parameter that it hands back.
    pub handed_back: FxHashMap<u32, Option<HandedBack>>,
    /// By `__new__`, whether it may make an object of another class than the one that it is given.
    pub chooses_class: FxHashMap<u32, bool>,
}

impl<'m, 'a> Machine<'m, 'a> {
    pub fn new(resolver: &'m mut Resolver<'a>) -> Self {
        let repository = resolver.repository;
        let frames = Frames::read(resolver);
        let postponed = postponed(repository, resolver.strings);
        let words = Words::new(resolver.strings);
        let modelled = Modelled::read(repository, resolver.strings);
        let fixtures = Fixtures::new(&repository.files.files, resolver.strings);
        let code = || repository.definitions.all.iter().filter(|definition| definition.kind.is_code());
        let limits = repository.limits;
        let functions = code().count();
        let factories = code().map(|definition| definition.parent).filter(|&parent| parent != NONE);
        let factories = factories.chain(given_names(repository, &words)).collect();
        Self {
            found: Found::new(repository.tree.len()),
            resolver,
            repository,
            limits,
            asked: NONE,
            frames,
            words,
            values: Values::default(),
            sets: Sets::default(),
            bounded: FxHashMap::default(),
            bindings: Sets::default(),
            cells: Cells::default(),
            field_names: FxHashSet::default(),
            units: Vec::new(),
            state: State::new(NONE, NONE, 0),
            classes: FxHashMap::default(),
            orders: FxHashMap::default(),
            holders: Vec::new(),
            class_of: FxHashMap::default(),
            made_classes: FxHashMap::default(),
            lengths: FxHashMap::default(),
            collections: FxHashMap::default(),
            modules: FxHashMap::default(),
            parameters: FxHashMap::default(),
            by_parameters: FxHashMap::default(),
            by_site: FxHashMap::default(),
            merged: FxHashMap::default(),
            contexts: FxHashMap::default(),
            most_units: functions * limits.contexts_on_average + 1000,
            factories,
            units_of: FxHashMap::default(),
            functions: Vec::new(),
            made: FxHashSet::default(),
            called: FxHashSet::default(),
            queue: Vec::new(),
            waiting: Vec::new(),
            running: Vec::new(),
            stack: Vec::new(),
            open_calls: 0,
            open_wrappers: Vec::new(),
            postponed,
            moment: None,
            base_names: base_names(&repository.tree),
            falling_back: FxHashMap::default(),
            binding_tests: binding_tests(&repository.tree),
            annotated: IndexSet::default(),
            declared_variables: IndexSet::default(),
            repeated: FxHashSet::default(),
            modelled,
            fixtures,
            undriven: IndexMap::default(),
            handed_back: FxHashMap::default(),
            chooses_class: FxHashMap::default(),
        }
    }

    /// Runs all modules, then every function that nothing called, until nothing changes.
    pub fn run(&mut self, cancelled: &dyn Fn() -> bool) -> Result<(), OperatorError> {
        for file in 0..self.repository.files.files.len() as u32 {
            self.import(file);
            if cancelled() {
                return Err(OperatorError::Cancelled);
            }
        }
        self.settle(cancelled)?;
        let below = self.below();
        self.enter_fixtures(&below, cancelled)?;
        let mut next = 0;
        while next < self.functions.len()
            || self.give_again(&below)
            || self.fill_annotated()
            || self.fill_declared_variables()
            || self.drive()
            || self.queue_waiting()
        {
            next = self.enter_all(next, cancelled)?;
        }
        self.forget();
        Ok(())
    }

    /// Runs the functions from one on that nothing calls. Gives their number, which may have grown.
    fn enter_all(&mut self, mut next: usize, cancelled: &dyn Fn() -> bool) -> Result<usize, OperatorError> {
        // What overrides something comes last: it is given what callers give to what it overrides.
        let mut overriding = Vec::new();
        let below = self.below();
        while let Some(&function) = self.functions.get(next) {
            next += 1;
            if self.called.contains(&function) {
                continue;
            }
            if self.overridden(function).is_empty() {
                self.enter(function, &[], &below);
            } else {
                overriding.push(function);
            }
        }
        self.settle(cancelled)?;
        for function in overriding {
            if !self.called.contains(&function) {
                let above = self.overridden(function);
                self.enter(function, &above, &below);
            }
        }
        self.settle(cancelled)?;
        Ok(next)
    }

    /// Gives back the memory of what only running needs.
    fn forget(&mut self) {
        self.found.settle();
        self.sets.forget_unions();
        self.bindings.forget_unions();
        self.bounded = FxHashMap::default();
        self.by_parameters = FxHashMap::default();
        self.by_site = FxHashMap::default();
        self.cells.forget_readers();
    }

    /// Runs what is queued, those that ran least often first: by the time that the others come, most of what they read has settled.
    pub fn settle(&mut self, cancelled: &dyn Fn() -> bool) -> Result<(), OperatorError> {
        while let Some(unit) = self.queue.iter_mut().find_map(VecDeque::pop_front) {
            if cancelled() {
                return Err(OperatorError::Cancelled);
            }
            if self.units[unit as usize].is_queued {
                self.execute(unit);
            }
        }
        Ok(())
    }

    /// Makes sure that a module has run.
    pub fn import(&mut self, file: u32) -> u32 {
        if let Some(&unit) = self.modules.get(&file) {
            return unit;
        }
        let unit = self.add_unit(file, NONE, Vec::new());
        self.modules.insert(file, unit);
        if !self.repository.scopes.known[file as usize] {
            let inner = self.repository.definitions.get(file).inner;
            self.asked = file;
            self.declare(unit, inner, unit);
        } else if !self.repository.tree.nodes(file).is_empty() {
            self.execute(unit);
        }
        unit
    }

    /// Without a symbol table nothing runs: a scope holds the functions and classes that its statements define.
    fn declare(&mut self, unit: u32, scope: u32, owner: u32) {
        let repository = self.repository;
        if scope == NONE {
            return;
        }
        for &slot in &self.frames.of_own_scope(scope).to_vec() {
            for binding in repository.bindings.of(slot).filter(|binding| binding.definition != NONE) {
                let definition = binding.definition;
                let value = match repository.definitions.get(definition).kind {
                    DefinitionKind::Function => Value::Function { definition, unit },
                    DefinitionKind::Class => Value::Class { origin: Origin::Statement(definition), unit },
                    _ => continue,
                };
                let id = self.values.id(value);
                let held = Held { values: self.sets.one(id), bindings: self.bindings.one(binding.node) };
                let is_module = repository.scopes.module(scope) == scope;
                let key = if is_module { Key::variable(slot) } else { Key::attribute(repository.bindings.slots[slot as usize].name) };
                let cell = self.cells.of(owner, key);
                self.write(cell, held);
                if let Value::Class { .. } = value {
                    let inner = repository.definitions.get(definition).inner;
                    self.declare(unit, inner, id.0);
                }
            }
        }
    }

    /// The functions that a method overrides.
    fn overridden(&mut self, function: Id) -> Vec<Id> {
        let Some(&class) = self.class_of.get(&function) else { return Vec::new() };
        let Value::Function { definition, .. } = self.values.get(function) else { return Vec::new() };
        self.asked = definition;
        let name = self.repository.definitions.get(definition).name;
        let Some(set) = self.look_up(class, name, Some(class)) else { return Vec::new() };
        let is_function = |id: &Id| matches!(self.values.get(*id), Value::Function { .. });
        self.elements(set).into_iter().filter(|id| *id != function && is_function(id)).collect()
    }

    /// What the callers of some functions pass at a place; of a receiver, nothing.
    fn passed_above(&mut self, above: &[Id], position: usize) -> Set {
        let mut found = EMPTY;
        for function in above {
            for unit in self.activations(*function) {
                if let Some(&set) = self.units[unit as usize].parameters.get(position) {
                    found = self.union(found, set);
                }
            }
        }
        found
    }

    /// Runs a function that nothing in the repository calls: its parameters are what their defaults and annotations say, what pytest gives them,
    /// and what is passed to what it overrides.
    pub fn enter(&mut self, function: Id, above: &[Id], below: &Below) {
        let Value::Function { definition, .. } = self.values.get(function) else { return };
        self.asked = definition;
        let parameters = self.parameters(definition);
        let receiver = self.open_receiver(function, definition, below);
        let unknown = self.unknown(Reason::Parameter);
        let mut sets = Vec::with_capacity(parameters.len());
        let mut is_given = false;
        for (position, parameter) in parameters.iter().enumerate() {
            let given = self.given(function, position, parameter.name, below);
            is_given |= given.is_some();
            let set = match receiver {
                Some(receiver) if position == 0 && matches!(parameter.kind, Field::Args | Field::PosOnlyArgs) => receiver,
                _ => match parameter.kind {
                    Field::VarArg => self.declared_rest(parameter.node, Container::Tuple),
                    Field::KwArg => self.declared_rest(parameter.node, Container::Dict),
                    _ => {
                        let cell = self.cells.of_value(function, Key::default(position));
                        let default = self.cells.peek(cell).0;
                        let passed = if receiver.is_some() { self.passed_above(above, position) } else { EMPTY };
                        let known = self.union(default, passed);
                        self.union(known, given.unwrap_or(unknown))
                    }
                },
            };
            sets.push(set);
        }
        self.called.insert(function);
        let unit = self.context(NONE, function, sets);
        if is_given || self.is_filled(function, definition) {
            self.was_given(function, unit);
        }
        self.queue_unit(unit);
    }

    /// Whether something in the repository calls a function.
    pub fn is_called(&self, function: Id) -> bool {
        self.called.contains(&function)
    }

    /// The activations of a function.
    pub fn activations(&self, function: Id) -> Vec<u32> {
        self.units_of.get(&function).cloned().unwrap_or_default()
    }

    /// Whether an activation is that of a module.
    pub fn is_of_module(&self, unit: u32) -> bool {
        self.resolver.is_module(self.units[unit as usize].definition)
    }

    /// The activation of a module that has run; `None` of what is no module.
    pub fn module_unit(&self, file: u32) -> Option<u32> {
        self.modules.get(&file).copied()
    }

    /// What `self` or `cls` may be in a method that nothing calls: of its class, or of one below that inherits the method.
    fn open_receiver(&mut self, function: Id, definition: u32, below: &Below) -> Option<Set> {
        let class = self.class_of.get(&function).copied()?;
        let definition = self.repository.definitions.get(definition);
        if definition.flavour == Flavour::Static && definition.name != self.words.new {
            return None;
        }
        let receivers = self.heirs(class, definition.name, below).into_iter().map(|class| match definition.flavour {
            Flavour::Static | Flavour::Class => class,
            _ => self.values.id(Value::Instance { class, site: ANYWHERE }),
        });
        let receivers = receivers.collect();
        Some(self.sets.of(receivers))
    }

    /// A class, and those below it that inherit what it has under a name.
    pub fn heirs(&mut self, class: Id, name: Str, below: &Below) -> Vec<Id> {
        let mut classes = vec![class];
        let own = self.look_up(class, name, None);
        for &heir in below.get(&Ancestor::Class(class)).map(Vec::as_slice).unwrap_or_default() {
            if heir != class && self.look_up(heir, name, None) == own {
                if classes.len() == self.limits.heirs_per_method {
                    self.reached(Limit::HeirsPerMethod);
                    break;
                }
                classes.push(heir);
            }
        }
        classes
    }

    /// The classes below each class, itself included, in the order of their statements.
    pub fn below(&mut self) -> Below {
        let mut below = Below::default();
        let mut definitions: Vec<u32> = self.made_classes.keys().copied().collect();
        definitions.sort_unstable();
        for definition in definitions {
            self.asked = definition;
            for class in self.made_classes[&definition].clone() {
                for &ancestor in &self.order(class).ancestors {
                    below.entry(ancestor).or_default().push(class);
                }
            }
        }
        below
    }

    fn add_unit(&mut self, definition: u32, parent: u32, parameters: Vec<Set>) -> u32 {
        let frame = self.repository.definitions.get(definition).inner;
        self.units.push(Unit {
            definition,
            parent,
            parameters,
            frame,
            is_queued: false,
            is_waiting: false,
            is_running: false,
            runs: 0,
            users: 1,
            asked: NameBits::default(),
        });
        self.units.len() as u32 - 1
    }

    fn queue_unit(&mut self, unit: u32) {
        let known = &mut self.units[unit as usize];
        if known.is_queued || known.is_waiting {
            return;
        }
        let (definition, runs) = (known.definition, known.runs);
        let left = self.limits.runs_per_activation.saturating_sub(runs);
        if left == 0 {
            self.note(Limit::RunsPerActivation, definition);
            return;
        }
        if left == 1 && runs > 0 {
            known.is_waiting = true;
            self.waiting.push(unit);
            return;
        }
        self.enqueue(unit);
    }

    /// Queues those that have waited; says whether there were any.
    fn queue_waiting(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        for &unit in &waiting {
            self.units[unit as usize].is_waiting = false;
            self.enqueue(unit);
        }
        !waiting.is_empty()
    }

    fn enqueue(&mut self, unit: u32) {
        let known = &mut self.units[unit as usize];
        known.is_queued = true;
        let runs = known.runs;
        if self.queue.len() <= runs {
            self.queue.resize_with(runs + 1, VecDeque::new);
        }
        self.queue[runs].push_back(unit);
    }

    fn wake(&mut self, readers: Vec<u32>) {
        for reader in readers {
            self.queue_unit(reader);
        }
    }

    /// The activation that a call of a function with those arguments is.
    pub fn context(&mut self, site: u32, function: Id, parameters: Vec<Set>) -> u32 {
        self.called.insert(function);
        let Value::Function { definition, unit: parent } = self.values.get(function) else { unreachable!("contexts are of functions") };
        let key = (site, self.state.unit, function);
        if let Some(&unit) = self.by_site.get(&key) {
            let known = &self.units[unit as usize];
            if known.parameters == parameters {
                return unit;
            }
            if known.users == 1 || self.merged.get(&self.counted(function, definition, &parameters)) == Some(&unit) {
                self.grow(unit, &parameters);
                return unit;
            }
            self.units[unit as usize].users -= 1;
        }
        let unit = self.chosen(function, definition, parent, parameters);
        self.by_site.insert(key, unit);
        unit
    }

    fn chosen(&mut self, function: Id, definition: u32, parent: u32, parameters: Vec<Set>) -> u32 {
        let key = (function, parameters);
        if let Some(&unit) = self.by_parameters.get(&key) {
            self.units[unit as usize].users += 1;
            return unit;
        }
        let parameters = key.1.clone();
        let counted = self.counted(function, definition, &parameters);
        let count = self.contexts.get(&counted).copied().unwrap_or(0);
        let name = self.repository.definitions.get(definition).name;
        let is_factory = self.factories.contains(&definition)
            || name == self.words.getattr
            || name == self.words.getattribute
            || parameters.iter().any(|&set| self.is_made_of_code(set));
        let (most, limit) =
            if is_factory { self.most_contexts(definition) } else { (self.limits.contexts_per_function, Limit::ContextsPerFunction) };
        if count >= most {
            self.note(limit, definition);
        } else if self.units.len() >= self.most_units {
            self.note(Limit::ContextsOnAverage, definition);
        } else if !self.running.contains(&function) {
            let unit = self.add_unit(definition, parent, parameters);
            self.units_of.entry(function).or_default().push(unit);
            self.contexts.insert(counted, count + 1);
            self.by_parameters.insert(key, unit);
            return unit;
        }
        let unit = match self.merged.get(&counted) {
            Some(&unit) => unit,
            None => {
                let unit = self.add_unit(definition, parent, vec![EMPTY; parameters.len()]);
                self.units_of.entry(function).or_default().push(unit);
                self.merged.insert(counted, unit);
                unit
            }
        };
        let parameters: Vec<Set> = parameters.into_iter().map(|set| self.without_details(set)).collect();
        self.grow(unit, &parameters);
        unit
    }

    /// What activations are counted by: the function, and of the `__get__` of a descriptor each descriptor.
    fn counted(&self, function: Id, definition: u32, parameters: &[Set]) -> (Id, Id) {
        let receiver = match parameters {
            [receiver, ..] if self.repository.definitions.get(definition).name == self.words.get => self.sets.get(*receiver),
            _ => &[],
        };
        match receiver {
            &[descriptor] if self.is_object(descriptor) => (function, descriptor),
            _ => (function, function),
        }
    }

    /// How many contexts a factory may have, and by which limit: fewer if it is large.
    fn most_contexts(&self, definition: u32) -> (usize, Limit) {
        let limits = &self.limits;
        let node = self.repository.definitions.get(definition).node;
        let size = (self.repository.tree.end[node as usize] - node) as usize;
        let by_size = (limits.nodes_per_factory / size).max(limits.contexts_per_function);
        if by_size < limits.contexts_per_factory {
            (by_size, Limit::NodesPerFactory)
        } else {
            (limits.contexts_per_factory, Limit::ContextsPerFactory)
        }
    }

    /// Whether a set holds a function or class of the repository and nothing else.
    fn is_made_of_code(&self, set: Set) -> bool {
        let is_code = |id: &Id| matches!(self.values.get(*id), Value::Function { .. } | Value::Class { .. } | Value::Method { .. });
        set != EMPTY && self.sets.get(set).iter().all(is_code)
    }

    pub fn grow(&mut self, unit: u32, parameters: &[Set]) -> bool {
        let mut grown = false;
        for (position, &set) in parameters.iter().enumerate() {
            let before = self.units[unit as usize].parameters[position];
            let after = self.union(before, set);
            grown |= after != before;
            self.units[unit as usize].parameters[position] = after;
        }
        if grown && self.units[unit as usize].runs > 0 {
            self.queue_unit(unit);
        }
        grown
    }

    /// Runs an activation that is new or has to run again, if calls are not too deep; else it waits.
    pub fn bring_up(&mut self, unit: u32) {
        let known = &self.units[unit as usize];
        if known.is_running || (known.runs > 0 && !known.is_queued) {
            return;
        }
        if self.stack.len() < DEPTH {
            self.execute(unit);
        } else {
            self.queue_unit(unit);
        }
    }

    /// Goes one call deeper, unless there are too many open, or what runs has led to too many already.
    pub fn deeper(&mut self, call: impl FnOnce(&mut Self) -> Set) -> Set {
        if self.open_calls >= self.limits.open_calls {
            self.reached(Limit::OpenCalls);
            return self.unknown(Reason::Limit);
        }
        if self.state.open == 0 {
            self.state.calls = 0;
        } else if self.state.calls >= self.limits.calls_at_once {
            self.reached(Limit::CallsAtOnce);
            return self.unknown(Reason::Limit);
        }
        (self.open_calls, self.state.open, self.state.calls) = (self.open_calls + 1, self.state.open + 1, self.state.calls + 1);
        let set = stacker::maybe_grow(RED_ZONE, STACK, || call(self));
        (self.open_calls, self.state.open) = (self.open_calls - 1, self.state.open - 1);
        set
    }

    fn execute(&mut self, unit: u32) {
        let Unit { definition, frame, .. } = self.units[unit as usize];
        if !self.repository.scopes.known[self.repository.definitions.get(definition).file as usize] {
            return;
        }
        let known = &mut self.units[unit as usize];
        (known.is_queued, known.is_running) = (false, true);
        known.runs += 1;
        let state = State::new(unit, frame, self.frames.slots(frame).len());
        self.stack.push(std::mem::replace(&mut self.state, state));
        let function = self.values.id(Value::Function { definition, unit: self.units[unit as usize].parent });
        self.running.push(function);
        let moment = self.moment.take();
        self.body_of(definition);
        self.moment = moment;
        self.publish();
        self.running.pop();
        self.state = self.stack.pop().expect("the state around an activation");
        self.units[unit as usize].is_running = false;
    }

    fn body_of(&mut self, definition: u32) {
        let (kind, node) = {
            let definition = self.repository.definitions.get(definition);
            (definition.kind, definition.node)
        };
        if kind == DefinitionKind::Module {
            self.body(node, Field::Body);
            self.around_annotations();
            self.postponed_annotations(definition);
            return;
        }
        let parameters = self.parameters(definition);
        for (position, parameter) in parameters.iter().enumerate() {
            let mut set = self.units[self.state.unit as usize].parameters[position];
            if self.is_opaque(set) {
                let own = if position == 0 && set != EMPTY { self.own_receiver(definition) } else { EMPTY };
                let declared = if own == EMPTY { self.declared_parameter(parameter) } else { own };
                set = self.union(set, declared);
            }
            self.bind(parameter.node, set);
        }
        if kind == DefinitionKind::Lambda {
            if let Some(body) = self.repository.tree.child(node, Field::Body) {
                let set = self.evaluate(body);
                self.give(Key::RETURNED, set);
            }
            return;
        }
        self.body(node, Field::Body);
        self.around_annotations();
    }

    /// What `self` or `cls` is in a method of which callers pass nothing known: a decorator hands on arguments that it does not name.
    fn own_receiver(&mut self, definition: u32) -> Set {
        let function = self.values.id(Value::Function { definition, unit: self.units[self.state.unit as usize].parent });
        let Some(&class) = self.class_of.get(&function) else { return EMPTY };
        match self.repository.definitions.get(definition).flavour {
            Flavour::Static => EMPTY,
            Flavour::Class => self.sets.one(class),
            _ => {
                let object = self.some_object(class);
                self.sets.one(object)
            }
        }
    }

    /// The values that an annotation gives a parameter of which nothing in the repository knows more.
    fn declared_parameter(&mut self, parameter: &Parameter) -> Set {
        let tree = &self.repository.tree;
        if matches!(parameter.kind, Field::VarArg | Field::KwArg) {
            return EMPTY;
        }
        tree.child(parameter.node, Field::Annotation).map_or(EMPTY, |annotation| self.declared(annotation))
    }

    /// The parameters of a function.
    pub fn parameters(&mut self, definition: u32) -> Rc<Vec<Parameter>> {
        if let Some(known) = self.parameters.get(&definition) {
            return known.clone();
        }
        let repository = self.repository;
        let node = repository.definitions.get(definition).node;
        let tree = &repository.tree;
        let arguments = tree.children(node).find(|&child| tree.kind(child) == Syntax::Arguments).unwrap_or(NONE);
        let mut parameters = Vec::new();
        for argument in tree.children(arguments).filter(|&child| tree.kind(child) == Syntax::Arg) {
            let Some(binding) = self.frames.binding(argument) else { continue };
            let binding = &repository.bindings.all[binding as usize];
            parameters.push(Parameter {
                node: argument,
                definition: binding.definition,
                name: tree.name[argument as usize],
                kind: tree.field[argument as usize],
            });
        }
        // Positional ones first, whatever the order of the fields.
        let rank = |parameter: &Parameter| match parameter.kind {
            Field::PosOnlyArgs => 0,
            Field::Args => 1,
            Field::VarArg => 2,
            Field::KwOnlyArgs => 3,
            _ => 4,
        };
        parameters.sort_by_key(|parameter| (rank(parameter), repository.tree.bstart[parameter.node as usize]));
        let parameters = Rc::new(parameters);
        self.parameters.insert(definition, parameters.clone());
        parameters
    }

    /// A function that a statement or expression made.
    pub fn make_function(&mut self, definition: u32) -> Id {
        let unit = self.state.unit;
        let id = self.values.id(Value::Function { definition, unit });
        if self.made.insert(id) {
            self.functions.push(id);
        }
        if let Some(&class) = self.state.classes.last() {
            self.class_of.entry(id).or_insert(class);
        }
        id
    }

    /// The activation around the present one whose frame a variable lives in.
    pub fn unit_of_frame(&self, frame: u32) -> Option<u32> {
        let mut unit = self.state.unit;
        while unit != NONE {
            let known = &self.units[unit as usize];
            if known.frame == frame {
                return Some(unit);
            }
            unit = known.parent;
        }
        None
    }

    /// Shows other frames the present values of the variables that they may read.
    pub fn publish(&mut self) {
        let unseen = std::mem::take(&mut self.state.unseen);
        for &place in &unseen {
            let slot = self.frames.slots(self.state.frame)[place as usize];
            if self.frames.is_captured[slot as usize] {
                let held = self.state.get(place);
                let cell = self.cells.of(self.state.unit, Key::variable(slot));
                self.write(cell, held);
            }
        }
    }

    /// Adds to a cell and tells its readers.
    pub fn write(&mut self, cell: u32, held: Held) {
        let (values, bindings) = self.cells.peek(cell);
        let values = self.union(values, held.values);
        let bindings = self.bindings.union(bindings, held.bindings);
        let readers = self.cells.write(cell, values, bindings, self.state.unit);
        self.wake(readers);
    }

    pub fn write_values(&mut self, cell: u32, values: Set) {
        self.write(cell, Held { values, bindings: EMPTY });
    }

    /// What a cell holds; the present activation, if there is one, runs again when that grows.
    pub fn read(&mut self, cell: u32) -> Held {
        let unit = self.state.unit;
        let (values, bindings) = if unit == NONE { self.cells.peek(cell) } else { self.cells.read(cell, unit) };
        Held { values, bindings }
    }

    pub fn read_values(&mut self, owner: Id, key: Key) -> Set {
        let cell = self.cells.of_value(owner, key);
        self.read(cell).values
    }

    pub fn store_values(&mut self, owner: Id, key: Key, set: Set) {
        let cell = self.cells.of_value(owner, key);
        self.write_values(cell, set);
    }

    pub fn store_held(&mut self, owner: Id, key: Key, held: Held) {
        let cell = self.cells.of_value(owner, key);
        self.write(cell, held);
    }

    /// Adds to what the present activation returns or yields.
    pub fn give(&mut self, key: Key, set: Set) {
        let cell = self.cells.of(self.state.unit, key);
        self.write_values(cell, set);
    }

    pub fn taken(&mut self, unit: u32, key: Key) -> Set {
        let cell = self.cells.of(unit, key);
        self.read(cell).values
    }

    /// Tells the readers of a cell that something behind it changed.
    pub fn touch(&mut self, cell: u32) {
        let readers = self.cells.take_readers(cell);
        self.wake(readers);
    }

    pub fn one(&mut self, value: Value) -> Set {
        let id = self.values.id(value);
        self.sets.one(id)
    }

    pub fn unknown(&mut self, reason: Reason) -> Set {
        self.one(Value::Unknown(reason))
    }

    pub fn literal(&mut self, name: Str) -> Set {
        self.one(Value::Literal(name))
    }

    /// Tells those readers of a cell that ever looked a name up in a class.
    pub fn touch_name(&mut self, cell: u32, name: NameBit) {
        let units = &self.units;
        let readers = self.cells.take_readers_if(cell, |reader| units[reader as usize].asked.may_have(name));
        self.wake(readers);
    }

    /// Notes that the present activation, if there is one, looks a name up in a class.
    pub fn asks_for(&mut self, name: NameBit) {
        if let Some(unit) = self.units.get_mut(self.state.unit as usize) {
            unit.asked.add(name);
        }
    }

    /// Whether a value is an object of a class of the repository.
    pub fn is_object(&self, id: Id) -> bool {
        matches!(self.values.get(id), Value::Instance { .. })
    }

    /// Whether nothing is known of what a set holds.
    pub fn is_unknown(&self, set: Set) -> bool {
        self.sets.get(set).iter().all(|&id| matches!(self.values.get(id), Value::Unknown(_)))
    }

    /// Whether nothing is known of what a set holds but that some of it came from outside.
    pub fn is_opaque(&self, set: Set) -> bool {
        let is_outside = |id: Id| matches!(self.values.get(id), Value::Unknown(_) | Value::ExternalResult(_));
        self.sets.get(set).iter().all(|&id| is_outside(id) || self.is_unsettled(id))
    }

    /// Notes that a limit was reached: for what runs, or, while nothing does, for what is asked about.
    pub fn reached(&mut self, limit: Limit) {
        let definition = if self.state.unit == NONE { self.asked } else { self.units[self.state.unit as usize].definition };
        self.note(limit, definition);
    }

    pub fn note(&mut self, limit: Limit, definition: u32) {
        self.resolver.reached.note(limit, definition);
    }

    pub fn elements(&self, set: Set) -> Vec<Id> {
        self.sets.get(set).to_vec()
    }
}

/// The comprehensions and the `and`s and `or`s around assignment expressions.
fn binding_tests(tree: &Tree) -> FxHashSet<u32> {
    let mut found = FxHashSet::default();
    for named in (0..tree.len() as u32).filter(|&node| tree.kind(node) == Syntax::NamedExpr) {
        let mut node = tree.parent[named as usize];
        while node != NONE && !tree.kind(node).is_statement() {
            let is_one =
                matches!(tree.kind(node), Syntax::BoolOp | Syntax::ListComp | Syntax::SetComp | Syntax::DictComp | Syntax::GeneratorExp);
            if is_one {
                found.insert(node);
            }
            node = tree.parent[node as usize];
        }
    }
    found
}
