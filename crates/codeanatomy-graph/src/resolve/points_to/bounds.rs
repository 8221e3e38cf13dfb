//! Sets of values within the limits: what becomes of one that grows beyond them.

use crate::resolve::limits::{Limit, Limits};
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Id, Reason, Set, Value};

/// A set within the limits, and which of them were reached.
#[derive(Clone, Copy)]
pub struct Bounded {
    set: Set,
    reached: [Option<Limit>; 2],
}

impl Machine<'_, '_> {
    /// What is in one of two sets, or, beyond a limit, what stands for it.
    pub fn union(&mut self, one: Set, two: Set) -> Set {
        let union = self.sets.union(one, two);
        let length = self.sets.len(union);
        let limits = &self.limits;
        let is_small = length <= limits.constants_per_set && length <= limits.values_per_set && length <= limits.values_per_open_set;
        if is_small || union == one || union == two {
            return union;
        }
        let Bounded { set, reached } = match self.bounded.get(&(one, two)) {
            Some(&known) => known,
            None => {
                let Bounded { set: bounded, reached } = self.bounded(union);
                // What one of them holds already stands: it would shrink, grow and shrink again, and all who read it would run each time.
                let standing = [one, two].into_iter().find(|&set| self.sets.get(bounded).iter().all(|&id| self.sets.contains(set, id)));
                let known = Bounded { set: standing.unwrap_or(bounded), reached };
                self.bounded.insert((one, two), known);
                known
            }
        };
        reached.into_iter().flatten().for_each(|limit| self.reached(limit));
        set
    }

    /// A set within the limits. Where one was reached before there is less room: what else it holds is only what may be likely.
    fn bounded(&mut self, set: Set) -> Bounded {
        let Limits { constants_per_set, values_per_set, values_per_open_set, .. } = self.limits;
        let length = self.sets.len(set);
        let (mut set, all) = (set, set);
        if length > constants_per_set {
            set = self.without_details(all);
        }
        let details = (set != all).then_some(Limit::ConstantsPerSet);
        let unknown = self.values.id(Value::Unknown(Reason::Limit));
        let is_open = self.sets.contains(set, unknown);
        let (room, limit) = if is_open { (values_per_open_set, Limit::ValuesPerOpenSet) } else { (values_per_set, Limit::ValuesPerSet) };
        if is_open && length > room {
            let elements = self.elements(set).into_iter().filter(|&id| id == unknown || !matches!(self.values.get(id), Value::Unknown(_)));
            set = self.sets.of(elements.collect());
        }
        if self.sets.len(set) <= room {
            return Bounded { set, reached: [details, None] };
        }
        for reduced in [Self::without_sites, Self::without_subclasses] {
            set = reduced(self, set);
            if self.sets.len(set) <= room {
                return Bounded { set, reached: [details, Some(limit)] };
            }
        }
        Bounded { set: self.sets.one(unknown), reached: [details, Some(limit)] }
    }

    /// Objects of many classes become one object of the class that they share, many classes the class that they share.
    fn without_subclasses(&mut self, set: Set) -> Set {
        let (mut elements, mut objects, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for id in self.elements(set) {
            match self.values.get(id) {
                Value::Instance { class, .. } => objects.push((id, class)),
                Value::Class { .. } => classes.push((id, id)),
                _ => elements.push(id),
            }
        }
        match self.common_class(&objects) {
            Some(class) => elements.push(self.some_object(class)),
            None => elements.extend(objects.iter().map(|&(id, _)| id)),
        }
        match self.common_class(&classes) {
            Some(class) => elements.push(class),
            None => elements.extend(classes.iter().map(|&(id, _)| id)),
        }
        self.sets.of(elements)
    }

    /// Objects of one class become one, lists, dictionaries and the like each one of which nothing else is known.
    fn without_sites(&mut self, set: Set) -> Set {
        let mut elements = Vec::with_capacity(self.sets.len(set));
        for id in self.elements(set) {
            elements.push(match self.values.get(id) {
                Value::Instance { class, .. } => self.some_object(class),
                Value::Container { kind, .. } => {
                    let name = self.resolver.strings.intern(kind.type_name());
                    self.values.id(Value::Literal(name))
                }
                _ => id,
            });
        }
        self.sets.of(elements)
    }

    /// The nearest class of the repository that is, or is above, the class of each.
    fn common_class(&mut self, of: &[(Id, Id)]) -> Option<Id> {
        let mut common: Option<Vec<Id>> = None;
        for &(_, class) in of {
            let order = self.order(class);
            let classes = order.ancestors.iter().filter_map(|ancestor| match *ancestor {
                Ancestor::Class(id) => Some(id),
                _ => None,
            });
            common = Some(match common {
                None => classes.collect(),
                Some(known) => {
                    let classes: Vec<Id> = classes.collect();
                    known.into_iter().filter(|id| classes.contains(id)).collect()
                }
            });
        }
        common?.first().copied()
    }

    /// Constants become their types.
    pub fn without_details(&mut self, set: Set) -> Set {
        let is_detail = |value: Value| matches!(value, Value::Text(_) | Value::Integer(_));
        if !self.sets.get(set).iter().any(|&id| is_detail(self.values.get(id))) {
            return set;
        }
        let mut elements = Vec::with_capacity(self.sets.len(set));
        for index in 0..self.sets.len(set) {
            let id = self.sets.at(set, index);
            elements.push(match self.values.get(id) {
                Value::Text(_) => self.values.id(Value::Literal(self.words.str)),
                Value::Integer(_) => self.values.id(Value::Literal(self.words.int)),
                _ => id,
            });
        }
        self.sets.of(elements)
    }
}
