//! Sets of values within the limits: what becomes of one that grows beyond them.

use crate::resolve::limits::{Limit, Limits};
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{BELOW, Id, Reason, Set, Value, in_order};

/// A set within the limits, and which of them were reached.
#[derive(Clone, Copy)]
pub struct Bounded {
    set: Set,
    reached: [Option<Limit>; 2],
}

impl Machine<'_, '_> {
    /// What is in one of two sets, or, beyond a limit, what stands for it.
    pub fn union(&mut self, one: Set, two: Set) -> Set {
        if let Some(known) = self.sets.known_union(one, two)
            && (known == one || known == two || self.is_small(self.sets.len(known)))
        {
            return known;
        }
        let Bounded { set, reached } = match self.bounded.get(&(one, two)) {
            Some(&known) => known,
            None => {
                let merged = self.sets.merged(one, two);
                let largest = self.sets.len(one).max(self.sets.len(two));
                if merged.len() == largest || self.is_small(merged.len()) {
                    return self.sets.remember_union(one, two, &merged);
                }
                let known = self.bounded(merged, [one, two]);
                self.bounded.insert((one, two), known);
                known
            }
        };
        reached.into_iter().flatten().for_each(|limit| self.reached(limit));
        set
    }

    fn is_small(&self, length: usize) -> bool {
        let limits = &self.limits;
        length <= limits.constants_per_set.min(limits.values_per_set).min(limits.values_per_open_set)
    }

    /// The set that stands for the elements of two. What one of them holds already stands: it would shrink, grow and shrink again, and all who
    /// read it would run each time.
    fn bounded(&mut self, elements: Vec<Id>, of: [Set; 2]) -> Bounded {
        let (elements, reached) = self.within_limits(elements);
        let standing = of.into_iter().find(|&set| elements.iter().all(|&id| self.sets.contains(set, id)));
        Bounded { set: standing.unwrap_or_else(|| self.sets.of(elements)), reached }
    }

    /// Elements within the limits. Where one was reached before there is less room: what else is there is only what may be likely.
    /// Most of what is tried on the way is never seen again, so none of it becomes a set.
    fn within_limits(&mut self, mut elements: Vec<Id>) -> (Vec<Id>, [Option<Limit>; 2]) {
        let Limits { constants_per_set, values_per_set, values_per_open_set, .. } = self.limits;
        let length = elements.len();
        let without = if length > constants_per_set { self.details_as_types(&elements) } else { None };
        let details = without.as_ref().map(|_| Limit::ConstantsPerSet);
        elements = without.unwrap_or(elements);
        let unknown = self.values.id(Value::Unknown(Reason::Limit));
        let is_open = elements.contains(&unknown);
        let (room, limit) = if is_open { (values_per_open_set, Limit::ValuesPerOpenSet) } else { (values_per_set, Limit::ValuesPerSet) };
        if is_open && length > room {
            elements.retain(|&id| id == unknown || !matches!(self.values.get(id), Value::Unknown(_)));
        }
        if elements.len() <= room {
            return (elements, [details, None]);
        }
        for reduced in [Self::without_sites, Self::results_as_unknown, Self::without_subclasses] {
            elements = in_order(reduced(self, &elements));
            if elements.len() <= room {
                return (elements, [details, Some(limit)]);
            }
        }
        (vec![unknown], [details, Some(limit)])
    }

    /// Objects of many classes become one object of the class that they share, many classes the class that they share.
    fn without_subclasses(&mut self, all: &[Id]) -> Vec<Id> {
        let (mut elements, mut objects, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for &id in all {
            match self.values.get(id) {
                Value::Instance { class, .. } => objects.push((id, class)),
                Value::Class { .. } => classes.push((id, id)),
                _ => elements.push(id),
            }
        }
        match self.common_class(&objects) {
            Some(class) => elements.push(self.values.id(Value::Instance { class, site: BELOW })),
            None => elements.extend(objects.iter().map(|&(id, _)| id)),
        }
        match self.common_class(&classes) {
            Some(class) => elements.push(class),
            None => elements.extend(classes.iter().map(|&(id, _)| id)),
        }
        elements
    }

    /// Objects of one class become one, lists, dictionaries and the like each one of which nothing else is known.
    fn without_sites(&mut self, all: &[Id]) -> Vec<Id> {
        let mut elements = Vec::with_capacity(all.len());
        for &id in all {
            elements.push(match self.values.get(id) {
                Value::Instance { site: BELOW, .. } => id,
                Value::Instance { class, .. } => self.some_object(class),
                Value::Container { kind, .. } => {
                    let name = self.resolver.strings.intern(kind.type_name());
                    self.values.id(Value::Literal(name))
                }
                _ => id,
            });
        }
        elements
    }

    /// What calls outside gave becomes one that is not known: paths through results are many, and say little.
    fn results_as_unknown(&mut self, all: &[Id]) -> Vec<Id> {
        let unknown = self.values.id(Value::Unknown(Reason::ExternalResult));
        let is_result = |id: Id| matches!(self.values.get(id), Value::ExternalResult(_) | Value::ExternalMember(_));
        all.iter().map(|&id| if is_result(id) { unknown } else { id }).collect()
    }

    /// The nearest class of the repository that is, or is above, the class of each.
    fn common_class(&mut self, of: &[(Id, Id)]) -> Option<Id> {
        let mut common: Option<Vec<Id>> = None;
        for &(_, class) in of {
            let order = self.settled_order(class);
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
        let elements = self.elements(set);
        self.details_as_types(&elements).map_or(set, |elements| self.sets.of(elements))
    }

    /// The elements in order with the types of the constants among them; none where there is no constant.
    fn details_as_types(&mut self, all: &[Id]) -> Option<Vec<Id>> {
        let is_detail = |value: Value| matches!(value, Value::Text(_) | Value::Integer(_));
        if !all.iter().any(|&id| is_detail(self.values.get(id))) {
            return None;
        }
        let mut elements = Vec::with_capacity(all.len());
        for &id in all {
            elements.push(match self.values.get(id) {
                Value::Text(_) => self.values.id(Value::Literal(self.words.str)),
                Value::Integer(_) => self.values.id(Value::Literal(self.words.int)),
                _ => id,
            });
        }
        Some(in_order(elements))
    }
}
