//! How far the analysis goes: its limits, as the parameters give them, and for which definitions one was reached.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::operator::{Note, OperatorError};
use crate::resolve::definitions::Definitions;
use crate::resolve::syntax::NONE;
use crate::table::{Str, Strings};

/// Declares every limit: its name, its number, and the least that it may be.
macro_rules! limits {
    ($($(#[$sentence:meta])* $limit:ident $name:ident $least:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Limit { $($(#[$sentence])* $limit),* }

        impl Limit {
            pub const fn name(self) -> &'static str {
                match self { $(Limit::$limit => stringify!($name)),* }
            }
        }

        /// The numbers of one run.
        #[derive(Clone, Copy, Debug)]
        pub struct Limits { $($(#[$sentence])* pub $name: usize),* }

        impl Limits {
            /// The parameter `limits`: a number for each.
            pub fn read(parameters: &Value) -> Result<Self, OperatorError> {
                Ok(Self { $($name: number(parameters, stringify!($name), $least)?),* })
            }

            fn of(&self, limit: Limit) -> usize {
                match limit { $(Limit::$limit => self.$name),* }
            }
        }
    };
}

limits! {
    /// Activations of one function that are told apart; the rest are one.
    ContextsPerFunction contexts_per_function 1;
    /// The same for functions that make functions or classes, or are given them or the name of an attribute: decorators, factories,
    /// `__getattr__`. What they give back or store is told apart or useless.
    ContextsPerFactory contexts_per_factory 1;
    /// Nodes of all contexts of one factory together.
    NodesPerFactory nodes_per_factory 1;
    /// Activations of all functions together, for each function there is.
    ContextsOnAverage contexts_on_average 1;
    /// How often one activation is run before its present result stands.
    RunsPerActivation runs_per_activation 1;
    /// How often a loop is run before its present states stand.
    PassesPerLoop passes_per_loop 1;
    /// How many calls may be open at once, those that run no body of the repository included.
    OpenCalls open_calls 1;
    /// To how many calls one may lead without running a body of the repository: classes and callables that make and call each other.
    CallsAtOnce calls_at_once 1;
    /// Sets that grow larger lose their elements.
    ValuesPerSet values_per_set 1;
    /// The same of sets that hold "a limit was reached".
    ValuesPerOpenSet values_per_open_set 1;
    /// Of larger sets, constants become their types.
    ConstantsPerSet constants_per_set 1;
    /// Texts that the sum of two may be.
    TextsPerSum texts_per_sum 1;
    /// Objects of one class that are told apart by the call that made them.
    ObjectsPerClass objects_per_class 1;
    /// A class and those below it: of no more than so many, `self` of a method that nothing calls may be of each; of more, only of its own.
    HeirsPerMethod heirs_per_method 1;
    /// Classes below the one that an object is known to be of, or below, that have what it is asked for; of more, only that one says what it is.
    OverridesPerObject overrides_per_object 1;
    /// Classes of one metaclass that are told apart where it makes them.
    ClassesPerMetaclass classes_per_metaclass 1;
    /// Inside more `try` statements, a `finally` is only on the way that goes on.
    FinallyDepth finally_depth 1;
    /// At most so many targets of one name are kept.
    TargetsPerName targets_per_name 1;
    /// Methods of one call before the hierarchy says nothing.
    HierarchyMethods hierarchy_methods 0;
    /// Classes that may define a method of a name before the name says nothing.
    NameMatchClasses name_match_classes 0;
}

fn number(parameters: &Value, name: &str, least: u32) -> Result<usize, OperatorError> {
    let number = parameters.get("limits").and_then(|limits| limits.get(name)).and_then(Value::as_u64);
    match number.and_then(|number| u32::try_from(number).ok()).filter(|&number| number >= least) {
        Some(number) => Ok(number as usize),
        None => Err(OperatorError::Parameter(format!("`limits.{name}` must be a whole number from {least} to {}", u32::MAX))),
    }
}

/// The limits that were reached, and the definitions for which each was.
#[derive(Default)]
pub struct Reached(FxHashSet<(Limit, u32)>);

impl Reached {
    pub fn note(&mut self, limit: Limit, definition: u32) {
        debug_assert_ne!(definition, NONE, "{} was reached for nothing", limit.name());
        self.0.insert((limit, definition));
    }

    /// The names of the limits of each definition, in their order, as one text.
    pub fn by_definition(&self, strings: &mut Strings) -> FxHashMap<u32, Str> {
        let mut names: FxHashMap<u32, Vec<&str>> = FxHashMap::default();
        for &(limit, definition) in &self.0 {
            names.entry(definition).or_default().push(limit.name());
        }
        let text = |(definition, mut names): (u32, Vec<&str>)| {
            names.sort_unstable();
            (definition, strings.intern(&names.join(" ")))
        };
        names.into_iter().map(text).collect()
    }

    /// What a run tells of them.
    pub fn notes(&self, limits: &Limits, definitions: &Definitions, strings: &Strings) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for &(limit, definition) in &self.0 {
            let name = strings.text(definitions.get(definition).qualified_name).to_owned();
            match notes.iter_mut().find(|note| note.limit == limit.name()) {
                Some(note) => note.names.push(name),
                None => notes.push(Note { limit: limit.name(), value: limits.of(limit), names: vec![name] }),
            }
        }
        notes.iter_mut().for_each(|note| note.names.sort_unstable());
        notes.sort_unstable_by_key(|note| note.limit);
        notes
    }
}
