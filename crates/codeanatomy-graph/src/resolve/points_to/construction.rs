//! Construction: what calling a class runs and makes. Class statements are `classes.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::{Arguments, is_partial};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::{Maker, Via};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Set, Value, Wrapper};
use crate::resolve::resolver::Repository;

impl Machine<'_, '_> {
    /// Makes an object of a class: metaclass, `__new__`, `__init__`.
    pub fn construct(&mut self, site: u32, class: Id, arguments: &Arguments) -> Set {
        self.construct_each(site, &[class], arguments)
    }

    /// The same of several classes: a method that several share runs once for all of them.
    pub fn construct_each(&mut self, site: u32, classes: &[Id], arguments: &Arguments) -> Set {
        self.publish();
        let (mut found, mut plain) = (EMPTY, Vec::with_capacity(classes.len()));
        for &class in classes {
            match self.made_by_call(site, class, arguments) {
                Some(set) => found = self.union(found, set),
                None => plain.push(class),
            }
        }
        let made = self.instantiate_each(site, &plain, arguments);
        self.union(found, made)
    }

    /// What `__call__` of the metaclass of a class makes.
    fn made_by_call(&mut self, site: u32, class: Id, arguments: &Arguments) -> Option<Set> {
        let own = self.sets.one(class);
        for metaclass in self.metaclasses(class) {
            if let Some(methods) = self.look_up(metaclass, self.words.call, None) {
                let made = self.call_all(site, methods, &arguments.behind(own), Via::Constructor(Maker::Metaclass));
                if let Some(members) = self.enumerated(class) {
                    return Some(members);
                }
                if made == EMPTY || !self.is_unknown(made) {
                    return Some(made);
                }
            }
        }
        None
    }

    /// What `type.__call__` does: `__new__`, `__init__`.
    pub fn instantiate(&mut self, site: u32, class: Id, arguments: &Arguments) -> Set {
        self.instantiate_each(site, &[class], arguments)
    }

    fn instantiate_each(&mut self, site: u32, classes: &[Id], arguments: &Arguments) -> Set {
        let mut found = EMPTY;
        let mut made: Vec<(Id, Set)> = Vec::with_capacity(classes.len());
        let mut shared: Groups = Vec::new();
        for &class in classes {
            if let Some(members) = self.enumerated(class) {
                let set = self.made_enumeration(site, class, arguments).unwrap_or(members);
                found = self.union(found, set);
                self.missed(site, class, arguments);
                continue;
            }
            match self.look_up(class, self.words.new, None) {
                Some(makers) => add(&mut shared, makers, class),
                None if self.makes_classes(class, arguments) => made.push((class, self.made_class(site, Some(class), arguments))),
                None => {
                    let object = self.object(site, class);
                    made.push((class, self.sets.one(object)));
                }
            }
        }
        for (makers, classes) in shared {
            let receivers = self.sets.of(classes.clone());
            let objects = self.call_all(site, makers, &arguments.behind(receivers), Via::Constructor(Maker::New));
            for class in classes {
                made.push((class, self.made_of(site, class, makers, objects)));
            }
        }
        let mut initialised: Groups = Vec::new();
        for (class, objects) in made {
            for object in self.elements(objects) {
                self.initialise(site, class, object, arguments, &mut initialised);
            }
            found = self.union(found, objects);
        }
        for (methods, objects) in initialised {
            let receivers = self.sets.of(objects);
            self.call_all(site, methods, &arguments.behind(receivers), Via::Constructor(Maker::Init));
        }
        found
    }

    /// What becomes of an object that a class made. The `__init__` of the repository are left to be called, with the objects of each.
    fn initialise(&mut self, site: u32, class: Id, object: Id, arguments: &Arguments, left: &mut Groups) {
        if let Value::Class { .. } = self.values.get(object) {
            self.init_class(site, object, class, arguments);
        }
        let Value::Instance { class: of, .. } = self.values.get(object) else { return };
        if of != class && !self.derives(of, class) {
            return;
        }
        self.keep_args(site, of, object, arguments);
        let is_made = self.has_made_init(of);
        if let Some(methods) = self.look_up(of, self.words.init, None).filter(|_| !is_made) {
            return add(left, methods, object);
        }
        match self.outside(of, self.words.init, None).filter(|_| !is_made) {
            // A named tuple has all that it is given from `__new__`.
            Some(Ancestor::External(_)) if self.is_named(of) => {}
            Some(Ancestor::External(path)) if is_partial(self.resolver.strings.text(path)) => self.keep_partial(object, arguments),
            Some(Ancestor::External(path)) => {
                let name = self.resolver.dot(path, self.words.init);
                let target = self.resolver.external(name);
                self.found.call(site, Via::Constructor(Maker::Init), target);
                if self.mixin(site, object, self.words.init, arguments, Via::Builtin).is_none() {
                    self.hooked(site, object, self.words.init, arguments);
                }
            }
            Some(Ancestor::Builtin(kind)) if kind == self.words.property => self.keep_accessors(object, arguments),
            // A kind of `classmethod` or `staticmethod` holds the function that it is given.
            Some(Ancestor::Builtin(kind)) if kind == self.words.classmethod || kind == self.words.staticmethod => {
                let function = arguments.positional(0).unwrap_or(EMPTY);
                self.name_field(self.words.func);
                self.store_values(object, Key::attribute(self.words.func), function);
            }
            _ => {}
        }
        let is_made_by_new = self.look_up(of, self.words.new, None).is_some();
        match self.order(of).holds {
            Some(Container::Tuple | Container::Set) if is_made_by_new => {}
            Some(kind) if !self.is_named(of) && !self.has_fields(of) => self.fill_object(site, object, kind, arguments),
            _ => self.fill_fields(site, of, object, arguments),
        }
    }

    /// What a `__new__` makes of a class. Where it was not told apart from its calls for other classes, their objects are left out.
    fn made_of(&mut self, site: u32, class: Id, makers: Set, made: Set) -> Set {
        let makers = self.functions_of(makers);
        let chooses = makers.iter().any(|&maker| self.chooses_class(maker));
        let mut kept = Vec::new();
        let (mut has_own, mut is_open) = (false, self.is_unknown(made));
        for id in self.elements(made) {
            match self.values.get(id) {
                Value::Instance { class: of, .. } if of != class && !chooses && self.are_made_together(&makers, class, of) => {
                    is_open = true;
                    continue;
                }
                Value::Instance { class: of, .. } if of == class || self.derives(of, class) => has_own = true,
                Value::Class { .. } if self.metaclasses(id).contains(&class) => has_own = true,
                Value::Instance { class: of, .. } if self.are_made_alike(&makers, of) => {
                    is_open = true;
                    continue;
                }
                Value::Unknown(_) => {
                    is_open = true;
                    continue;
                }
                _ => {}
            }
            kept.push(id);
        }
        if is_open && !has_own {
            kept.push(self.object(site, class));
        }
        self.sets.of(kept)
    }

    /// Whether a `__new__` may make an object of another class than the one that it is given: it binds its first parameter anew, or hands something
    /// else to the `__new__` that makes it.
    fn chooses_class(&mut self, maker: Id) -> bool {
        let Value::Function { definition, .. } = self.values.get(maker) else { return false };
        if let Some(&known) = self.chooses_class.get(&definition) {
            return known;
        }
        let first = self.parameters(definition).first().and_then(|parameter| self.frames.binding(parameter.node));
        let Repository { tree, bindings, definitions, .. } = self.repository;
        let node = definitions.get(definition).node;
        let chooses = first.is_some_and(|first| {
            let slot = bindings.all[first as usize].slot;
            let is_other = |argument: u32| tree.kind(argument) != Syntax::Name || self.frames.slot(argument) != Some(slot);
            let is_maker = |call: u32| tree.child(call, Field::Func).is_some_and(|function| tree.name[function as usize] == self.words.new);
            let mut calls = (node..tree.end[node as usize]).filter(|&at| tree.kind(at) == Syntax::Call && is_maker(at));
            bindings.count(slot) > 1 || calls.any(|call| tree.child(call, Field::Args).is_some_and(is_other))
        });
        self.chooses_class.insert(definition, chooses);
        chooses
    }

    /// Whether the objects of another class are made by the same `__new__`, or by one that the same statement made.
    fn are_made_alike(&mut self, makers: &[Id], class: Id) -> bool {
        let Some(others) = self.look_up(class, self.words.new, None) else { return false };
        let others = self.functions_of(others);
        let definition = |id: &Id| if let Value::Function { definition, .. } = self.values.get(*id) { Some(definition) } else { None };
        others.iter().filter_map(definition).any(|other| makers.iter().filter_map(definition).any(|maker| maker == other))
    }

    /// Whether an activation of a `__new__` was given two classes.
    fn are_made_together(&self, makers: &[Id], one: Id, other: Id) -> bool {
        let mut units = makers.iter().flat_map(|&maker| self.activations(maker));
        units.any(|unit| {
            let class = self.units[unit as usize].parameters.first();
            class.is_some_and(|&class| self.sets.contains(class, one) && self.sets.contains(class, other))
        })
    }

    /// Some functions, and those that static methods among them hold.
    fn functions_of(&mut self, makers: Set) -> Vec<Id> {
        let mut found = Vec::new();
        for id in self.elements(makers) {
            match self.values.get(id) {
                Value::Wrapper { kind: Wrapper::StaticMethod, .. } => {
                    let inner = self.read_values(id, Key::attribute(self.words.func));
                    found.extend(self.elements(inner));
                }
                _ => found.push(id),
            }
        }
        found
    }

    /// The object that a call of a class makes; a class that is called in many places has one for all further ones. Descriptors are all told apart:
    /// each stands for another attribute.
    pub fn object(&mut self, site: u32, class: Id) -> Id {
        let is_descriptor = self.look_up(class, self.words.get, None).is_some() || self.is_property_class(class);
        let known = self.classes.entry(class).or_default();
        let is_known = known.sites.contains(&site);
        let has_room = is_descriptor || known.sites.len() < self.limits.objects_per_class;
        if !is_known && has_room {
            known.sites.push(site);
        }
        let site = if is_known || has_room { site } else { ANYWHERE };
        if site == ANYWHERE
            && let Some(definition) = self.class_definition(class)
        {
            self.note(Limit::ObjectsPerClass, definition);
        }
        let id = self.values.id(Value::Instance { class, site });
        if !self.state.loops.is_empty() {
            self.repeated.insert(id);
        }
        id
    }
}

/// Classes or objects by what is called of them.
type Groups = Vec<(Set, Vec<Id>)>;

fn add(groups: &mut Groups, called: Set, one: Id) {
    match groups.iter_mut().find(|(known, _)| *known == called) {
        Some((_, all)) => all.push(one),
        None => groups.push((called, vec![one])),
    }
}
