//! What an expression may be: kinds of abstract values, and sets of them by number. How they come to be is `machine.rs`.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::resolve::index::Index;
use crate::resolve::sets;
pub use crate::resolve::sets::{EMPTY, Set};
use crate::table::Str;

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A parameter that no call in the repository fills.
    Parameter,
    /// What something outside the repository returned.
    ExternalResult,
    /// An element of a container whose contents are not known.
    Container,
    /// Known only when the program runs: a computed attribute name, a value of a form that is not followed.
    Dynamic,
    UnresolvedName,
    UnresolvedImport,
    /// A base class is not known, so an attribute may be anywhere.
    UnknownBase,
    NoSuchAttribute,
    /// A limit of the analysis was reached.
    Limit,
}

impl Reason {
    pub const fn text(self) -> &'static str {
        match self {
            Reason::Parameter => "parameter never bound",
            Reason::ExternalResult => "external result",
            Reason::Container => "container of unknown",
            Reason::Dynamic => "dynamic",
            Reason::UnresolvedName => "unresolved name",
            Reason::UnresolvedImport => "unresolved import",
            Reason::UnknownBase => "unknown base",
            Reason::NoSuchAttribute => "no such attribute",
            Reason::Limit => "limit reached",
        }
    }
}

/// The number of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u32);

/// No allocation site: any object of its kind.
pub const ANYWHERE: u32 = u32::MAX;
/// No allocation site, either: any object of its class, or of one below.
pub const BELOW: u32 = u32::MAX - 1;

/// The kind of an object that holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    List,
    Tuple,
    Dict,
    Set,
    /// What `iter`, `map`, `zip` and the like give.
    Iterator,
}

impl Container {
    /// What objects of a builtin type are, by its name.
    pub fn of_type(name: &str) -> Option<Self> {
        match name {
            "list" => Some(Container::List),
            "tuple" => Some(Container::Tuple),
            "dict" => Some(Container::Dict),
            "set" | "frozenset" => Some(Container::Set),
            _ => None,
        }
    }

    /// The name of the builtin type.
    pub const fn type_name(self) -> &'static str {
        match self {
            Container::List => "list",
            Container::Tuple => "tuple",
            Container::Dict => "dict",
            Container::Set => "set",
            Container::Iterator => "generator",
        }
    }
}

/// What a getter of `operator` gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Getter {
    /// Of `methodcaller`.
    Result,
    /// Of `attrgetter`.
    Attribute,
    /// Of `itemgetter`.
    Item,
}

impl Getter {
    pub const fn class(self) -> &'static str {
        match self {
            Getter::Result => "operator.methodcaller",
            Getter::Attribute => "operator.attrgetter",
            Getter::Item => "operator.itemgetter",
        }
    }
}

/// What wraps a function or a value and changes how it is found or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapper {
    Property,
    CachedProperty,
    StaticMethod,
    ClassMethod,
    Partial,
    /// A partial that binds like a function.
    PartialMethod,
    ContextManager,
    /// What `functools.singledispatch` makes of a function.
    Dispatch,
    /// Its `register`.
    Register,
    /// A class that `collections.namedtuple` made.
    Record,
    /// What `typing.TypeVar` or `typing.NewType` made.
    Type,
    /// What `pytest.fixture(…)` gives.
    Fixture,
    /// An object of a class outside the repository, of whose attributes some are known: the `request` of a fixture, what caught an exception.
    Holding,
    /// What `pytest.mark.parametrize(…)` gives.
    Parametrization,
    Getter(Getter),
    /// What `functools.cmp_to_key` makes of a function of two.
    Comparison,
    /// What `types.SimpleNamespace(…)` gives.
    Namespace,
    /// Of which is known only what calling, awaiting or entering it gives.
    Giving,
    /// What `functools.wraps(f)` gives.
    Wraps,
    /// What `pickle.dumps` gives.
    Pickled,
    /// `set_result` of a future.
    Settling,
    /// `add_done_callback` of a future or a task.
    Watching,
}

/// What makes a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A class statement, by its definition.
    Statement(u32),
    /// A call of `type`, of a metaclass or of an enumeration, by its syntax node.
    Call(u32),
}

/// One thing that an expression may be. `unit` is the activation of a function in which it was made; `site` the node that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Module(u32),
    Namespace(u32),
    Function {
        definition: u32,
        unit: u32,
    },
    Class {
        origin: Origin,
        unit: u32,
    },
    /// An object of a class of the repository.
    Instance {
        class: Id,
        site: u32,
    },
    /// A function with its first argument.
    Method {
        function: Id,
        receiver: Id,
    },
    Super {
        class: Id,
        receiver: Id,
    },
    /// A dotted name outside the repository.
    External(Str),
    /// What a call of that name gives.
    ExternalResult(Str),
    /// What an external class gives the subclasses and instances of the repository under a name.
    ExternalMember(Str),
    /// A name of `builtins`, with attributes: `range`, `str.join`.
    Builtin(Str),
    /// A method of a builtin type with its object.
    BuiltinMethod {
        name: Str,
        receiver: Id,
    },
    /// An object of a builtin type of which nothing else is known.
    Literal(Str),
    Text(Str),
    Integer(i64),
    Container {
        kind: Container,
        site: u32,
        unit: u32,
    },
    Wrapper {
        kind: Wrapper,
        site: u32,
        unit: u32,
    },
    Generator(u32),
    Coroutine(u32),
    /// The dictionary of what a module, a class or an object has.
    Vars(Id),
    Unknown(Reason),
}

/// Numbers of values.
#[derive(Default)]
pub struct Values {
    all: Vec<Value>,
    known: Index,
}

impl Values {
    pub fn id(&mut self, value: Value) -> Id {
        let hash = FxBuildHasher.hash_one(value);
        if let Some(known) = self.known.find(hash, |number| self.all[number as usize] == value) {
            return Id(known);
        }
        let id = Id(self.all.len() as u32);
        self.all.push(value);
        self.known.insert(hash, id.0);
        id
    }

    pub fn get(&self, id: Id) -> Value {
        self.all[id.0 as usize]
    }
}

/// Of sets up to this size it is faster to look whether another has all their elements than what their union was.
const SMALL: usize = 8;

/// Sets in order, with what unions of them are.
pub struct Sets<T> {
    stored: sets::Sets<T>,
    unions: FxHashMap<(Set, Set), Set>,
    /// By the number of their element; the empty set where there is none yet.
    singles: Vec<Set>,
}

/// What sets hold: numbered from zero.
pub trait Element: Copy + Ord + Hash {
    fn number(self) -> usize;
}

impl Element for Id {
    fn number(self) -> usize {
        self.0 as usize
    }
}

impl Element for u32 {
    fn number(self) -> usize {
        self as usize
    }
}

impl<T: Element> Default for Sets<T> {
    fn default() -> Self {
        Self { stored: sets::Sets::new(), unions: FxHashMap::default(), singles: Vec::new() }
    }
}

impl<T: Element> Sets<T> {
    pub fn one(&mut self, element: T) -> Set {
        let number = element.number();
        if number >= self.singles.len() {
            self.singles.resize(number + 1, EMPTY);
        }
        if self.singles[number] == EMPTY {
            self.singles[number] = self.stored.intern(&[element]);
        }
        self.singles[number]
    }

    /// The set of some elements, in any order.
    pub fn of(&mut self, elements: Vec<T>) -> Set {
        if let [element] = elements[..] {
            return self.one(element);
        }
        self.stored.intern(&in_order(elements))
    }

    /// Gives back the memory of remembered unions.
    pub fn forget_unions(&mut self) {
        self.unions = FxHashMap::default();
    }

    pub fn get(&self, set: Set) -> &[T] {
        self.stored.get(set)
    }

    pub fn len(&self, set: Set) -> usize {
        self.stored.len(set)
    }

    pub fn contains(&self, set: Set, element: T) -> bool {
        self.get(set).binary_search(&element).is_ok()
    }

    /// Whether a set has all elements of a small one.
    fn adds_nothing(&self, set: Set, small: Set) -> bool {
        self.len(small) <= SMALL && self.get(small).iter().all(|&element| self.contains(set, element))
    }

    pub fn union(&mut self, one: Set, two: Set) -> Set {
        match self.known_union(one, two) {
            Some(known) => known,
            None => self.remember_union(one, two, &self.merged(one, two)),
        }
    }

    /// The union of two sets where it is one of them or is remembered.
    pub fn known_union(&self, one: Set, two: Set) -> Option<Set> {
        // Most unions add what is there already.
        if one == two || two == EMPTY || (one != EMPTY && self.adds_nothing(one, two)) {
            return Some(one);
        }
        if one == EMPTY || self.adds_nothing(two, one) {
            return Some(two);
        }
        self.unions.get(&pair(one, two)).copied()
    }

    /// The elements of two sets, in order.
    pub fn merged(&self, one: Set, two: Set) -> Vec<T> {
        let (left, right) = (self.get(one), self.get(two));
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut at, mut other) = (0, 0);
        while at < left.len() && other < right.len() {
            let (a, b) = (left[at], right[other]);
            merged.push(a.min(b));
            at += usize::from(a <= b);
            other += usize::from(b <= a);
        }
        merged.extend_from_slice(&left[at..]);
        merged.extend_from_slice(&right[other..]);
        merged
    }

    /// The set of the merged elements of two, from now on known as their union.
    pub fn remember_union(&mut self, one: Set, two: Set, merged: &[T]) -> Set {
        let set = self.stored.intern(merged);
        self.unions.insert(pair(one, two), set);
        set
    }
}

fn pair(one: Set, two: Set) -> (Set, Set) {
    (one.min(two), one.max(two))
}

/// Elements as a set holds them.
pub fn in_order<T: Element>(mut elements: Vec<T>) -> Vec<T> {
    elements.sort_unstable();
    elements.dedup();
    elements
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, Sets};

    #[test]
    fn a_union_is_a_set_in_order() {
        let mut sets: Sets<u32> = Sets::default();
        let (one, two) = (sets.of(vec![3, 1]), sets.of(vec![2, 3]));
        let union = sets.union(one, two);
        assert_eq!(sets.get(union), &[1, 2, 3]);
        assert_eq!(sets.union(two, one), union);
        assert_eq!(sets.union(union, EMPTY), union);
        assert_eq!(sets.union(union, one), union);
    }
}
