//! What the analysis found, by syntax node. It is filled while the machine runs and read when rows are written.

use std::hash::Hash;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::resolve::points_to::value::{EMPTY, Set};
use crate::resolve::resolver::Target;
use crate::resolve::syntax::NONE;

/// Which of the methods that make an object: they run one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// `__call__` of the metaclass.
    Metaclass,
    New,
    Init,
    /// `__post_init__` of a dataclass.
    PostInit,
}

/// Why something runs at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// A call expression.
    Written,
    Constructor(Maker),
    Decorator,
    Iteration,
    With,
    Operator,
    Subscript,
    Attribute,
    Truth,
    Format,
    Await,
    /// A callable given to something that calls it.
    Callback,
    /// A method that a builtin function, type or method calls, such as `__len__`.
    Builtin,
    Raise,
    Class,
    /// What the default of a field runs where an object is made without it; with the default, and what it runs there.
    Default(u32, Ran),
}

/// What runs for a default: what is called, or what makes an object of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ran {
    Callback,
    Constructor(Maker),
}

impl Via {
    /// The word in the column `via`; none for a written call.
    pub const fn text(self) -> Option<&'static str> {
        Some(match self {
            Via::Written => return None,
            Via::Constructor(_) | Via::Default(_, Ran::Constructor(_)) => "constructor",
            Via::Decorator => "decorator",
            Via::Iteration => "iteration",
            Via::With => "with",
            Via::Operator => "operator",
            Via::Subscript => "subscript",
            Via::Attribute => "attribute",
            Via::Truth => "truth",
            Via::Format => "format",
            Via::Await => "await",
            Via::Callback | Via::Default(_, Ran::Callback) => "callback",
            Via::Builtin => "builtin",
            Via::Raise => "raise",
            Via::Class => "class",
        })
    }
}

/// An argument that may fill a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Passed {
    pub call: u32,
    pub argument: u32,
    pub parameter: u32,
}

#[derive(Default)]
pub struct Found {
    /// The values of every expression that was reached.
    pub values: Vec<Set>,
    /// The nodes whose bindings or stores may be in force where a name or an attribute is read.
    pub reads: Vec<Set>,
    /// What names without a binding in the repository refer to.
    pub targets: FxHashMap<u32, Vec<Target>>,
    /// What runs at each place.
    calls: Log<(u32, Via, Target)>,
    /// The places to which the results of what is handed over there come back.
    pub brought_back: FxHashSet<u32>,
    /// The calls that say how a field is filled, with the places where that is done.
    deferred: FxHashMap<u32, FxHashSet<u32>>,
    /// By place, once all is found.
    pub called: Vec<(u32, Via, Target)>,
    /// What each argument fills.
    passes: Log<Passed>,
    /// By argument, once all is found.
    pub passed: Vec<Passed>,
    /// Whether an expression was ever evaluated.
    pub reached: Vec<bool>,
}

impl Found {
    pub fn new(nodes: usize) -> Self {
        Self {
            values: vec![EMPTY; nodes],
            reads: vec![EMPTY; nodes],
            calls: Log::new(nodes),
            passes: Log::new(nodes),
            reached: vec![false; nodes],
            ..Self::default()
        }
    }

    /// Puts what was found in the order in which rows are written. Nothing is found any more.
    pub fn settle(&mut self) {
        self.called = std::mem::take(&mut self.calls).all;
        self.passed = std::mem::take(&mut self.passes).all;
        self.move_deferred();
        self.called.sort_by_key(|&(site, via, _)| (site, via));
        self.passed.sort_by_key(|passed| (passed.argument, passed.call, passed.parameter));
    }

    /// What the call at a place makes run is not run there, but where `runs_at` says.
    pub fn defer(&mut self, site: u32) {
        self.deferred.entry(site).or_default();
    }

    /// What a default makes run, if that was deferred, runs at a place.
    pub fn runs_at(&mut self, default: u32, site: u32) {
        if let Some(sites) = self.deferred.get_mut(&default) {
            sites.insert(site);
        }
    }

    fn move_deferred(&mut self) {
        let deferred = std::mem::take(&mut self.deferred);
        let mut moved = Vec::new();
        self.called.retain(|&(site, via, target)| {
            let ran = match via {
                Via::Callback => Ran::Callback,
                Via::Constructor(maker) => Ran::Constructor(maker),
                _ => return true,
            };
            if deferred.contains_key(&site) {
                moved.push((site, Via::Default(site, ran), target));
            }
            !deferred.contains_key(&site)
        });
        let mut seen = FxHashSet::default();
        for (default, via, target) in moved {
            let ran = places(&deferred, default).into_iter().map(|site| (site, via, target));
            self.called.extend(ran.filter(|&ran| seen.insert(ran)));
        }
    }

    /// What runs at some nodes, by node.
    pub fn called_in(&self, nodes: &Range<u32>) -> &[(u32, Via, Target)] {
        let [first, last] = [nodes.start, nodes.end].map(|node| self.called.partition_point(|&(site, ..)| site < node));
        &self.called[first..last]
    }

    /// The parameters that what stands at some nodes fills, by node.
    pub fn passed_in(&self, nodes: &Range<u32>) -> &[Passed] {
        let [first, last] = [nodes.start, nodes.end].map(|node| self.passed.partition_point(|passed| passed.argument < node));
        &self.passed[first..last]
    }

    pub fn call(&mut self, site: u32, via: Via, target: Target) {
        self.calls.add(site, (site, via, target));
    }

    pub fn refer(&mut self, node: u32, target: Target) {
        let targets = self.targets.entry(node).or_default();
        if !targets.contains(&target) {
            targets.push(target);
        }
    }

    pub fn pass(&mut self, passed: Passed) {
        self.passes.add(passed.argument, passed);
    }
}

/// What was found at nodes, each thing once, in the order in which it came; it names its node. Most of it is found again each time that an activation
/// runs.
struct Log<T> {
    all: Vec<T>,
    /// What was found before at the same node.
    before: Vec<u32>,
    /// What was found last at each node.
    last: Vec<u32>,
    /// All that was found at nodes that have much.
    many: FxHashSet<T>,
}

/// So much at one node is looked through.
const FEW: usize = 8;

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { all: Vec::new(), before: Vec::new(), last: Vec::new(), many: FxHashSet::default() }
    }
}

impl<T: Copy + Eq + Hash> Log<T> {
    fn new(nodes: usize) -> Self {
        Self { last: vec![NONE; nodes], ..Self::default() }
    }

    fn add(&mut self, node: u32, one: T) {
        let last = self.last[node as usize];
        let (mut at, mut looked) = (last, 0);
        while at != NONE && looked < FEW {
            if self.all[at as usize] == one {
                return;
            }
            (at, looked) = (self.before[at as usize], looked + 1);
        }
        if looked == FEW {
            if at == NONE {
                let mut at = last;
                while at != NONE {
                    self.many.insert(self.all[at as usize]);
                    at = self.before[at as usize];
                }
            }
            if !self.many.insert(one) {
                return;
            }
        }
        self.last[node as usize] = self.all.len() as u32;
        self.before.push(last);
        self.all.push(one);
    }
}

/// Where something deferred runs, also by way of others that are.
fn places(deferred: &FxHashMap<u32, FxHashSet<u32>>, default: u32) -> Vec<u32> {
    let (mut found, mut seen, mut open) = (Vec::new(), FxHashSet::default(), vec![default]);
    while let Some(site) = open.pop() {
        match deferred.get(&site) {
            Some(sites) => open.extend(sites.iter().copied().filter(|&site| seen.insert(site))),
            None => found.push(site),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{FEW, Log};

    #[test]
    fn what_is_found_again_is_kept_once_however_much_there_is() {
        let mut log = Log::new(2);
        let found: Vec<(u32, usize)> = (0..3 * FEW).map(|n| (n as u32 % 2, n / 2)).collect();
        for _ in 0..2 {
            found.iter().for_each(|&one| log.add(one.0, one));
        }
        assert_eq!(log.all, found);
    }
}
