//! Classes as values: bases, the method resolution order, metaclasses, what a class has under a name.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::resolve::definitions::Flavour;
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::linearisation::{in_order_of_sight, merge};
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::dataclasses::Dataclass;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::{Machine, RED_ZONE, STACK};
use crate::resolve::points_to::metaclasses::MadeAnew;
use crate::resolve::points_to::mixins::Giver;
use crate::resolve::points_to::name_bits::NameBit;
use crate::resolve::points_to::records::{MAKER, is_record};
use crate::resolve::points_to::state::{Held, UNBOUND};
use crate::resolve::points_to::value::{Container, EMPTY, Id, Origin, Reason, Set, Value, Wrapper};
use crate::resolve::resolver::Target;
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::NONE;
use crate::table::{Str, Strings};

/// What a class can inherit from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ancestor {
    Class(Id),
    External(Str),
    Builtin(Str),
}

impl Ancestor {
    /// A class outside the repository by its dotted name.
    pub fn outside(name: &str, strings: &mut Strings) -> Self {
        match name.strip_prefix("builtins.") {
            Some(name) => Self::Builtin(strings.intern(name)),
            None => Self::External(strings.intern(name)),
        }
    }
}

/// A class of an order that may have a name.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// Where it stands.
    pub at: u32,
    /// The cell of what it has under the name.
    cell: u32,
}

/// Where those of one name are among all holders.
#[derive(Clone, Copy, Debug)]
struct Holders {
    name: NameBit,
    start: u32,
    count: u32,
}

impl Holders {
    fn places(self) -> Range<usize> {
        self.start as usize..(self.start + self.count) as usize
    }
}

/// The linearisation of a class; the class itself comes first.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pub ancestors: Vec<Ancestor>,
    /// Whether every base of every ancestor is known.
    pub is_complete: bool,
    pub is_enumeration: bool,
    /// What its objects are besides, where it derives from the type of a container.
    pub holds: Option<Container>,
    /// The classes outside the repository among the ancestors whose methods call those of their heirs.
    pub givers: Vec<Giver>,
    /// What metaclasses made of classes in it, each behind its class: no ancestors for Python.
    stand_ins: Vec<Ancestor>,
    /// By the names that were asked for.
    holders: RefCell<FxHashMap<Str, Holders>>,
}

impl Order {
    /// The place behind a class, from which on it is searched for its `super()`; without one the first.
    pub fn behind(&self, class: Option<Id>) -> usize {
        let place = class.and_then(|class| self.ancestors.iter().position(|&other| other == Ancestor::Class(class)));
        place.map_or(0, |at| at + 1)
    }

    /// Whether another says the same.
    fn is_same(&self, other: &Self) -> bool {
        let facts = |order: &Self| (order.is_complete, order.is_enumeration, order.holds);
        self.ancestors == other.ancestors && self.stand_ins == other.stand_ins && facts(self) == facts(other)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Class {
    /// The values of each base expression, with its node.
    pub written: Vec<(u32, Set)>,
    pub metaclasses: Set,
    /// Classes whose linearisation rests on this one's.
    below: Vec<Id>,
    /// The calls whose objects are told apart.
    pub sites: Vec<u32>,
    /// If it is one.
    pub dataclass: Option<Dataclass>,
    /// The named tuples made by a call that it derives from.
    pub records: Vec<Id>,
    /// Of one that a call made: the names that it was given.
    pub names: Vec<Str>,
    /// Whether it was given names that are not known.
    pub has_more: bool,
    /// Of a metaclass, the classes that are told apart where it makes them.
    pub makes: Vec<Id>,
    /// What the `__new__` of its metaclass made of other names than its body: it has what is stored on those.
    pub made_as: Vec<Id>,
    /// What a metaclass made of it, where that is not what its statement says.
    pub made_anew: Option<MadeAnew>,
    /// The names under which something was stored on it that its body does not bind.
    stored: FxHashSet<Str>,
}

impl Class {
    /// The bases that count: what its metaclass made of them, else what is written.
    pub fn bases(&self) -> &[(u32, Set)] {
        self.made_anew.as_ref().map_or(&self.written, |made| &made.bases)
    }
}

impl Machine<'_, '_> {
    /// Notes the bases and the metaclass of a class where it is made.
    pub fn declare_class(&mut self, node: u32, class: Id) {
        let tree = &self.repository.tree;
        let mut bases = Vec::new();
        for base in tree.in_field(node, Field::Bases) {
            let set = self.evaluate(base);
            bases.extend(self.base_sets(base, set).into_iter().map(|set| (base, set)));
        }
        let mut metaclasses = EMPTY;
        for keyword in tree.in_field(node, Field::Keywords) {
            let set = self.child(keyword, Field::Value);
            if tree.name[keyword as usize] == self.words.metaclass {
                metaclasses = set;
            }
        }
        if let Some(definition) = self.class_definition(class) {
            let made = self.made_classes.entry(definition).or_default();
            if !made.contains(&class) {
                made.push(class);
            }
        }
        self.set_bases(class, bases, metaclasses);
    }

    /// Notes what stands at the nodes of bases, as far as it was not known before, and the metaclasses.
    pub fn set_bases(&mut self, class: Id, mut bases: Vec<(u32, Set)>, metaclasses: Set) {
        let mut records = Vec::new();
        for (base, set) in &mut bases {
            let is_record = |id: &Id| matches!(self.values.get(*id), Value::Wrapper { kind: Wrapper::Record, .. });
            records.extend(self.elements(*set).into_iter().filter(is_record));
            *set = self.stood_for(*base, *set);
        }
        let before = self.classes.get(&class).map(|known| known.written.clone()).unwrap_or_default();
        for (index, base) in bases.iter_mut().enumerate() {
            if let Some(&(_, set)) = before.get(index) {
                base.1 = self.union(base.1, set);
            }
        }
        let heir = self.sets.one(class);
        for &(_, set) in &bases {
            for base in self.elements(set) {
                if matches!(self.values.get(base), Value::Class { .. }) {
                    self.store_values(base, Key::HEIRS, heir);
                }
            }
        }
        let before = self.classes.get(&class).map_or(EMPTY, |known| known.metaclasses);
        // One call that is not told apart makes classes of several.
        let metaclasses = self.union(before, metaclasses);
        let known = self.classes.entry(class).or_default();
        let changed = known.written != bases;
        known.written = bases;
        known.metaclasses = metaclasses;
        known.records = records;
        if changed {
            self.renew_order(class);
        }
    }

    /// The class statement that made a class, if one did.
    pub fn class_definition(&self, class: Id) -> Option<u32> {
        match self.values.get(class) {
            Value::Class { origin: Origin::Statement(definition), .. } => Some(definition),
            _ => None,
        }
    }

    /// What is written as a base: `*bases` are the elements of a tuple.
    fn base_sets(&mut self, base: u32, set: Set) -> Vec<Set> {
        if self.repository.tree.kind(base) == Syntax::Starred { self.one_by_one(base, set) } else { vec![set] }
    }

    /// The elements of a tuple, each by itself; of anything else all together.
    pub fn one_by_one(&mut self, site: u32, set: Set) -> Vec<Set> {
        match self.sets.get(set) {
            &[tuple] if let Some(&length) = self.lengths.get(&tuple) => (0..length as i64).map(|at| self.load_index(tuple, at)).collect(),
            _ => vec![self.iterate(site, set, false)],
        }
    }

    /// What a base that is no class stands for: what its `__mro_entries__` gives.
    fn stood_for(&mut self, base: u32, set: Set) -> Set {
        if self.elements(set).into_iter().any(|id| self.ancestor(id).is_some()) {
            return set;
        }
        let mut found = EMPTY;
        for id in self.elements(set) {
            let mut one = self.sets.one(id);
            match self.values.get(id) {
                Value::Instance { .. } => {
                    let written = self.literal(self.words.tuple);
                    if let Some(entries) = self.special(base, id, self.words.mro_entries, Arguments::one(written), Via::Class) {
                        one = self.iterate(base, entries, false);
                    }
                }
                Value::Wrapper { kind: Wrapper::Record, .. } => {
                    let maker = self.resolver.strings.intern(MAKER);
                    one = self.one(Value::External(maker));
                }
                _ => {}
            }
            found = self.union(found, one);
        }
        found
    }

    /// Tells the descriptors in the body of a class their names.
    pub fn name_descriptors(&mut self, node: u32, class: Id, bound: &[(Str, Set)]) {
        for &(name, set) in bound {
            for id in self.elements(set) {
                if let Value::Instance { .. } = self.values.get(id) {
                    let arguments = Arguments::of(vec![self.sets.one(class), self.one(Value::Text(name))]);
                    self.special(node, id, self.words.set_name, arguments, Via::Class);
                }
            }
        }
    }

    /// What follows once a class has its body: `__init_subclass__`, `__set_name__`, what a dataclass adds.
    pub fn class_made(&mut self, node: u32, class: Id) {
        let mut named = self.arguments(node);
        named.all.retain(|argument| argument.keyword.is_some_and(|name| name != self.words.metaclass));
        self.made_by_metaclass(node, class, &named);
        self.tell_bases(node, class, &named);
        self.classes.entry(class).or_default().dataclass = self.dataclass(node);
    }

    /// Runs the `__init_subclass__` that a class has from its bases.
    pub fn tell_bases(&mut self, node: u32, class: Id, named: &Arguments) {
        let order = self.order(class);
        if order.ancestors.len() > 1
            && let Some(methods) = self.look_up(class, self.words.init_subclass, Some(class))
        {
            for method in self.elements(methods) {
                for bound in self.bound(method, class, class) {
                    self.call(node, bound, named, Via::Class);
                }
            }
        }
    }

    /// Whether objects of a class are named tuples.
    pub fn is_named(&mut self, class: Id) -> bool {
        self.inherits_external(class, is_record)
    }

    /// Whether an ancestor outside the repository has a name like that.
    pub fn inherits_external(&mut self, class: Id, is: impl Fn(&str) -> bool) -> bool {
        let order = self.order(class);
        order.ancestors.iter().any(|ancestor| match *ancestor {
            Ancestor::External(name) => is(self.resolver.strings.text(name)),
            _ => false,
        })
    }

    /// Works out anew the order of a class, and those that rest on it; tells those who read one that is another now.
    pub fn renew_order(&mut self, class: Id) {
        let (mut former, mut open) = (Vec::new(), vec![class]);
        while let Some(class) = open.pop() {
            let Some(order) = self.orders.remove(&class) else { continue };
            open.extend(std::mem::take(&mut self.classes.entry(class).or_default().below).into_iter().rev());
            former.push((class, order));
        }
        for (class, (cell, order)) in former {
            if self.settled_order(class).is_same(&order) {
                self.orders.insert(class, (cell, order));
            } else {
                self.touch(cell);
            }
        }
    }

    /// The method resolution order of a class; the present activation runs again when it changes.
    pub fn order(&mut self, class: Id) -> Rc<Order> {
        if let Some((cell, known)) = self.orders.get(&class) {
            let (cell, known) = (*cell, known.clone());
            self.read(cell);
            return known;
        }
        let cell = self.cells.of_value(class, Key::ORDER);
        self.read(cell);
        self.settled_order(class)
    }

    /// The same for what is remembered anyway: nothing runs again when it changes.
    pub fn settled_order(&mut self, class: Id) -> Rc<Order> {
        self.linearised(class, &mut Vec::new())
    }

    fn linearised(&mut self, class: Id, open: &mut Vec<Id>) -> Rc<Order> {
        if let Some((_, known)) = self.orders.get(&class) {
            return known.clone();
        }
        if open.contains(&class) {
            return Rc::new(Order { ancestors: vec![Ancestor::Class(class)], ..Order::default() });
        }
        open.push(class);
        let bases = self.classes.get(&class).map(|known| known.bases().to_vec()).unwrap_or_default();
        let mut is_complete = self.classes.get(&class).is_some_and(|known| !known.has_more);
        let (mut sequences, mut direct) = (Vec::new(), Vec::new());
        for (_, set) in bases {
            let base = self.elements(set).into_iter().find_map(|id| self.ancestor(id).filter(|&base| base != Ancestor::Class(class)));
            let Some(base) = base else {
                is_complete = false;
                continue;
            };
            if let Ancestor::Class(id) = base {
                let above = stacker::maybe_grow(RED_ZONE, STACK, || self.linearised(id, open));
                is_complete &= above.is_complete;
                sequences.push(above.ancestors.iter().copied().filter(|other| !above.stand_ins.contains(other)).collect());
                let known = self.classes.entry(id).or_default();
                if !known.below.contains(&class) {
                    known.below.push(class);
                }
            } else {
                sequences.push(self.repository.outside.linearisation(base));
            }
            direct.push(base);
        }
        sequences.push(direct);
        let above = merge(sequences.clone()).unwrap_or_else(|| in_order_of_sight(&sequences));
        let mut ancestors = Vec::with_capacity(above.len() + 1);
        let mut stand_ins = Vec::new();
        for ancestor in std::iter::once(Ancestor::Class(class)).chain(above.into_iter().filter(|&other| other != Ancestor::Class(class))) {
            ancestors.push(ancestor);
            let Ancestor::Class(id) = ancestor else { continue };
            for made in self.classes.get(&id).map(|known| known.made_as.clone()).unwrap_or_default() {
                let known = self.classes.entry(made).or_default();
                is_complete &= !known.has_more;
                if !known.below.contains(&id) {
                    known.below.push(id);
                }
                if !stand_ins.contains(&Ancestor::Class(made)) {
                    stand_ins.push(Ancestor::Class(made));
                    ancestors.push(Ancestor::Class(made));
                }
            }
        }
        open.pop();
        let is_enumeration = self.is_order_of_enumeration(class, &ancestors);
        let holds = ancestors.iter().find_map(|&ancestor| self.held_by(ancestor));
        let givers = self.givers_among(&ancestors);
        let order = Rc::new(Order { ancestors, is_complete, is_enumeration, holds, givers, stand_ins, ..Order::default() });
        let cell = self.cells.of_value(class, Key::ORDER);
        self.orders.insert(class, (cell, order.clone()));
        order
    }

    fn held_by(&self, ancestor: Ancestor) -> Option<Container> {
        match ancestor {
            Ancestor::Builtin(name) => Container::of_type(self.resolver.strings.text(name)),
            Ancestor::External(name) => is_record(self.resolver.strings.text(name)).then_some(Container::Tuple),
            Ancestor::Class(_) => None,
        }
    }

    pub fn ancestor(&self, id: Id) -> Option<Ancestor> {
        match self.values.get(id) {
            Value::Class { .. } => Some(Ancestor::Class(id)),
            Value::External(name) => {
                let behind = self.words.container_behind(self.resolver.strings.text(name));
                Some(behind.map_or(Ancestor::External(name), Ancestor::Builtin))
            }
            Value::Builtin(name) => Some(Ancestor::Builtin(name)),
            _ => None,
        }
    }

    /// Whether objects of a class are objects of another.
    pub fn derives(&mut self, class: Id, other: Id) -> bool {
        match self.ancestor(other) {
            Some(other) => self.order(class).ancestors.contains(&other),
            None => false,
        }
    }

    /// What the classes of the repository in the order of a class have under a name; with `after`, only behind that class.
    pub fn look_up(&mut self, class: Id, name: Str, after: Option<Id>) -> Option<Set> {
        self.look_up_held(class, name, after).map(|held| held.values)
    }

    /// The same with the places that bound it.
    pub fn look_up_held(&mut self, class: Id, name: Str, after: Option<Id>) -> Option<Held> {
        let order = self.order(class);
        let skip = order.behind(after);
        for place in self.holders(&order, name) {
            let Holder { at, cell } = self.holders[place];
            if at as usize >= skip {
                let held = self.read(cell);
                if held != UNBOUND {
                    return Some(held);
                }
            }
        }
        None
    }

    /// The places of the classes of an order that may have a name: most have not, and need not be asked.
    pub fn holders(&mut self, order: &Order, name: Str) -> Range<usize> {
        let known = order.holders.borrow().get(&name).copied();
        let known = known.unwrap_or_else(|| {
            let start = self.holders.len();
            for (at, ancestor) in order.ancestors.iter().enumerate() {
                if let Ancestor::Class(id) = *ancestor
                    && self.may_have(id, name)
                {
                    let cell = self.cells.of_value(id, Key::attribute(name));
                    self.holders.push(Holder { at: at as u32, cell });
                }
            }
            let bit = NameBit::of(self.resolver.strings.text(name));
            let new = Holders { name: bit, start: start as u32, count: (self.holders.len() - start) as u32 };
            order.holders.borrow_mut().insert(name, new);
            new
        });
        self.asks_for(known.name);
        known.places()
    }

    /// Whether a class itself may have a name.
    pub fn may_have(&self, class: Id, name: Str) -> bool {
        let is_bound = self.class_definition(class).is_some_and(|definition| {
            let inner = self.repository.definitions.get(definition).inner;
            self.repository.bindings.slot(inner, name).is_some()
        });
        is_bound || self.classes.get(&class).is_some_and(|known| known.stored.contains(&name) || known.names.contains(&name))
    }

    /// Notes that something is stored on a class; what was looked up in it before may be found now.
    pub fn name_on_class(&mut self, class: Id, name: Str) {
        if !self.may_have(class, name) {
            self.classes.entry(class).or_default().stored.insert(name);
            self.touch_order(class, name);
        }
    }

    /// Tells those who looked up a name in a class or in one below it.
    pub fn touch_order(&mut self, class: Id, name: Str) {
        // What a metaclass makes of a class may stand behind it and inherit from it.
        let (mut seen, mut open) = (FxHashSet::default(), vec![class]);
        while let Some(class) = open.pop() {
            let Some(known) = self.classes.get(&class).filter(|_| seen.insert(class)) else { continue };
            open.extend(known.below.iter().rev());
            let Some((cell, order)) = self.orders.get(&class) else { continue };
            let (cell, asked) = (*cell, order.holders.borrow_mut().remove(&name));
            if let Some(Holders { name, .. }) = asked {
                self.touch_name(cell, name);
            }
        }
    }

    /// The definitions under a name that the order of a class finds first.
    pub fn class_targets(&mut self, class: Id, name: Str, after: Option<Id>, of_class: bool) -> Vec<Target> {
        let order = self.order(class);
        let skip = order.behind(after);
        for ancestor in &order.ancestors[skip..] {
            let Ancestor::Class(id) = *ancestor else { continue };
            let Some(definition) = self.class_definition(id) else {
                let given = self.functions_named(id, name);
                if given.is_empty() {
                    continue;
                }
                return given;
            };
            let inner = self.repository.definitions.get(definition).inner;
            if let Some(slot) = self.repository.bindings.slot(inner, name)
                && !(of_class && self.is_of_instances(slot))
            {
                let set = self.resolver.slot_targets(slot);
                if !set.is_empty() {
                    return self.resolver.targets.get(set).to_vec();
                }
            }
        }
        Vec::new()
    }

    /// Whether only objects of a class have an attribute: every binding is `self.x = …`, none in the class body or through `cls`.
    fn is_of_instances(&self, slot: u32) -> bool {
        let repository = self.repository;
        let through_class = |node: u32| {
            let mut at = repository.scopes.of[node as usize];
            while at != NONE && repository.scopes.scopes[at as usize].kind != ScopeKind::Class {
                let scope = &repository.scopes.scopes[at as usize];
                let definition = (scope.definition != NONE).then(|| repository.definitions.get(scope.definition));
                if definition.is_some_and(|definition| definition.flavour == Flavour::Class || definition.name == self.words.new) {
                    return true;
                }
                at = scope.parent;
            }
            false
        };
        repository.bindings.of(slot).all(|binding| binding.instance && !through_class(binding.node))
    }

    /// The first ancestor outside the repository that may have a name; and whether the repository knows all ancestors.
    pub fn outside(&mut self, class: Id, name: Str, after: Option<Id>) -> Option<Ancestor> {
        let order = self.order(class);
        let skip = order.behind(after);
        let is_special = self.resolver.strings.text(name).starts_with("__");
        let external = order.ancestors[skip..].iter().copied().find(|&ancestor| self.repository.outside.may_have(ancestor, is_special));
        // A builtin that is there as the base of an external class says nothing of what that class itself has.
        let of_external = |builtin: Ancestor| external.is_some_and(|external| self.repository.outside.inherits(external, builtin));
        let builtin = order.ancestors[skip..].iter().copied().find(|&ancestor| match ancestor {
            Ancestor::Builtin(of) => self.repository.builtins.has(of, name) && !of_external(ancestor),
            _ => false,
        });
        builtin.or(external)
    }

    /// What a special method gives that no class of the repository has.
    pub fn given_outside(&mut self, class: Id, name: Str) -> Set {
        match self.outside(class, name, None) {
            Some(Ancestor::External(_)) => self.unknown(Reason::ExternalResult),
            None if !self.order(class).is_complete => self.unknown(Reason::UnknownBase),
            _ => EMPTY,
        }
    }
}

/// Whether what derives from a class outside the repository is a dictionary with declared keys.
pub fn is_typed_dict(name: &str) -> bool {
    matches!(name, "typing.TypedDict" | "typing_extensions.TypedDict")
}
