//! Dataclasses, of `dataclasses` and of `attrs`: their options, their fields, and what the `__init__` that they get does. Named tuples by `class` fill
//! their fields alike.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::{Maker, Via};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::parts::Asks;
use crate::resolve::points_to::state::Held;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// The options of a dataclass.
#[derive(Clone, Copy, Debug)]
pub struct Dataclass {
    has_init: bool,
    by_keyword: bool,
    has_repr: bool,
    has_eq: bool,
    has_order: bool,
    has_hash: bool,
    /// Of `attrs`: assignments of `attr.ib` are fields too, and arguments have the names of fields without underscores before them.
    is_attrs: bool,
}

/// How a call of a class fills a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    ByPlace,
    ByKeyword,
    /// `init=False`.
    Never,
}

/// A field of a dataclass or of a named tuple.
#[derive(Clone, Copy, Debug)]
struct Slot {
    name: Str,
    /// The name of its argument.
    argument: Str,
    filled: Filled,
    /// Its default as written; `NONE` without one.
    default: u32,
    /// `InitVar`: what is given goes to `__post_init__`, and is not stored.
    is_passed_on: bool,
    /// Whether `repr` shows it, and whether it counts where objects are compared.
    is_shown: bool,
    is_compared: bool,
    /// Of `attrs`: what is called for it, as written in the call that describes it, and the methods that `@field.validator` and `@field.default`
    /// make of functions of the class.
    converter: Option<u32>,
    validator: Option<u32>,
    validating: Option<Str>,
    defaulting: Option<Str>,
}

impl Slot {
    /// One that a call fills in its place, without options.
    fn plain(name: Str) -> Self {
        let filled = Filled::ByPlace;
        Self {
            name,
            argument: name,
            filled,
            default: NONE,
            is_passed_on: false,
            is_shown: true,
            is_compared: true,
            converter: None,
            validator: None,
            validating: None,
            defaulting: None,
        }
    }
}

impl Machine<'_, '_> {
    /// What the decorators of a class statement make of it.
    pub fn dataclass(&self, node: u32) -> Option<Dataclass> {
        let tree = &self.repository.tree;
        tree.in_field(node, Field::DecoratorList).find_map(|decorator| {
            let is_call = tree.kind(decorator) == Syntax::Call;
            let callee = if is_call { tree.child(decorator, Field::Func).unwrap_or(decorator) } else { decorator };
            let name = self.resolver.strings.get(tree.name[callee as usize]).unwrap_or_default();
            let is_attrs = matches!(name, "define" | "attrs" | "frozen" | "mutable") || (name == "s" && self.is_of_attr(callee));
            (is_attrs || name == "dataclass").then(|| {
                let is_set = |option: &str| self.option(decorator, option) == Some(true);
                let is_left = |option: &str| self.option(decorator, option) != Some(false);
                let has_eq = is_left("eq") && is_left("cmp");
                let is_frozen = name == "frozen" || is_set("frozen");
                Dataclass {
                    has_init: is_left("init"),
                    by_keyword: is_set("kw_only"),
                    has_repr: is_left("repr"),
                    has_eq,
                    // The older functions of `attrs` order what they do not leave out.
                    has_order: is_set("order") || (matches!(name, "s" | "attrs") && has_eq && is_left("order")),
                    has_hash: (has_eq && is_frozen) || is_set("unsafe_hash") || is_set("hash"),
                    is_attrs,
                }
            })
        })
    }

    /// Whether an expression is an attribute of the name `attr`.
    fn is_of_attr(&self, node: u32) -> bool {
        let tree = &self.repository.tree;
        tree.kind(node) == Syntax::Attribute && self.resolver.strings.get(tree.name[node as usize + 1]) == Some("attr")
    }

    /// What is written for a keyword of a call.
    fn written_option(&self, call: u32, name: &str) -> Option<u32> {
        let tree = &self.repository.tree;
        let keyword =
            tree.in_field(call, Field::Keywords).find(|&keyword| self.resolver.strings.get(tree.name[keyword as usize]) == Some(name))?;
        tree.child(keyword, Field::Value)
    }

    /// The method of a class that `@field.kind` decorates.
    fn method_for(&self, class: u32, field: Str, kind: &str) -> Option<Str> {
        let tree = &self.repository.tree;
        let is_for_it = |&decorator: &u32| {
            tree.kind(decorator) == Syntax::Attribute
                && self.resolver.strings.get(tree.name[decorator as usize]) == Some(kind)
                && tree.kind(decorator + 1) == Syntax::Name
                && tree.name[decorator as usize + 1] == field
        };
        let mut functions = tree.in_field(class, Field::Body).filter(|&statement| tree.kind(statement) == Syntax::FunctionDef);
        let function = functions.find(|&function| tree.in_field(function, Field::DecoratorList).any(|decorator| is_for_it(&decorator)))?;
        Some(tree.name[function as usize])
    }

    /// A keyword of a call that is written as `True` or `False`.
    fn option(&self, call: u32, name: &str) -> Option<bool> {
        let tree = &self.repository.tree;
        match self.resolver.strings.get(tree.value[self.written_option(call, name)? as usize]) {
            Some("True") => Some(true),
            Some("False") => Some(false),
            _ => None,
        }
    }

    /// Whether the first `__init__` in the order of a class is the one that a dataclass gets.
    pub fn has_made_init(&mut self, class: Id) -> bool {
        let order = self.order(class);
        let holders = self.holders(&order, self.words.init);
        let holders: Vec<usize> = self.holders[holders].iter().map(|holder| holder.at as usize).collect();
        for (at, ancestor) in order.ancestors.iter().enumerate() {
            let Ancestor::Class(id) = *ancestor else { continue };
            if holders.contains(&at) && self.read_values(id, Key::attribute(self.words.init)) != EMPTY {
                return false;
            }
            if self.classes.get(&id).and_then(|known| known.dataclass).is_some_and(|options| options.has_init) {
                return true;
            }
        }
        false
    }

    /// The names of fields that `__match_args__` has.
    pub fn matched_fields(&mut self, class: Id) -> Vec<Str> {
        self.slots_of(class).into_iter().filter(|slot| slot.filled == Filled::ByPlace).map(|slot| slot.name).collect()
    }

    /// What the fields of an object hold that the method asks which its class gets as a dataclass.
    pub fn fields_asked(&mut self, object: Id, asks: Asks) -> Set {
        let Value::Instance { class, .. } = self.values.get(object) else { return EMPTY };
        let order = self.order(class);
        let has_method = order.ancestors.iter().any(|&ancestor| match ancestor {
            Ancestor::Class(id) => self.classes.get(&id).and_then(|known| known.dataclass).is_some_and(|options| match asks {
                Asks::Text => options.has_repr,
                Asks::Hash => options.has_hash,
                Asks::Equality => options.has_eq,
                Asks::Order => options.has_order,
            }),
            _ => false,
        });
        let mut found = EMPTY;
        if has_method {
            for slot in self.slots_of(class).into_iter().filter(|slot| if asks == Asks::Text { slot.is_shown } else { slot.is_compared }) {
                let held = self.fields(object, class, slot.name).values;
                found = self.union(found, held);
            }
        }
        found
    }

    /// `dataclasses.astuple` and `asdict`: what the fields of objects hold. What dataclasses among that become is not followed.
    pub fn fields_in(&mut self, site: u32, objects: Set, kind: Container) -> Set {
        let made = self.make(site, kind);
        for object in self.elements(objects) {
            let Value::Instance { class, .. } = self.values.get(object) else { continue };
            for (place, slot) in self.slots_of(class).into_iter().enumerate() {
                let held = self.fields(object, class, slot.name).values;
                let kept = self.elements(held).into_iter().filter(|&id| match self.values.get(id) {
                    Value::Instance { class, .. } => !self.has_fields(class),
                    _ => true,
                });
                let kept = kept.collect();
                let kept = self.sets.of(kept);
                if kind == Container::Dict {
                    let key = self.one(Value::Text(slot.name));
                    self.store_item(made, key, kept);
                } else {
                    self.store_index(made, Key::index(place as i64), kept);
                }
            }
        }
        self.sets.one(made)
    }

    /// `dataclasses.replace(x, a=y)`: objects made anew of what their fields hold but for those that are given.
    pub fn replaced(&mut self, site: u32, objects: Set, arguments: &Arguments) -> Set {
        let mut found = EMPTY;
        for object in self.elements(objects) {
            let Value::Instance { class, .. } = self.values.get(object) else {
                let own = self.sets.one(object);
                found = self.union(found, own);
                continue;
            };
            if let Some(made) = self.special(site, object, self.words.replace, arguments.rest(), Via::Builtin) {
                found = self.union(found, made);
                continue;
            }
            let mut all = Vec::new();
            for slot in self.slots_of(class).into_iter().filter(|slot| slot.filled != Filled::Never) {
                let set = arguments.keyword(slot.argument).unwrap_or_else(|| self.fields(object, class, slot.name).values);
                all.push(Argument { set, node: NONE, is_spread: false, keyword: Some(slot.argument) });
            }
            let class = self.sets.one(class);
            let made = self.called_back(site, class, &Arguments { all });
            found = self.union(found, made);
        }
        found
    }

    /// What `dataclasses.fields` gives of a class or an object: descriptions of fields, of which the names are known.
    pub fn described_fields(&mut self, site: u32, function: &str, of: Set) -> Set {
        let mut names = EMPTY;
        for id in self.elements(of) {
            let class = match self.values.get(id) {
                Value::Instance { class, .. } => class,
                Value::Class { .. } => id,
                _ => continue,
            };
            for slot in self.slots_of(class) {
                let name = self.one(Value::Text(slot.name));
                names = self.union(names, name);
            }
        }
        let class = if function == "dataclasses.fields" { "dataclasses.Field" } else { "attr.Attribute" };
        let class = self.resolver.strings.intern(class);
        let class = self.one(Value::External(class));
        let field = self.make_wrapper(site, Wrapper::Holding);
        self.store_values(field, Key::attribute(self.words.class), class);
        self.store_values(field, Key::attribute(self.words.name_), names);
        let field = self.sets.one(field);
        self.filled(site, Container::Tuple, field)
    }

    pub fn has_fields(&mut self, class: Id) -> bool {
        !self.slots_of(class).is_empty()
    }

    /// The fields of a class and its ancestors, in order.
    fn slots_of(&mut self, class: Id) -> Vec<Slot> {
        let order = self.order(class);
        let mut slots: Vec<Slot> = Vec::new();
        for ancestor in order.ancestors.iter().rev() {
            let Ancestor::Class(id) = *ancestor else { continue };
            let records = self.classes.get(&id).map(|known| known.records.clone()).unwrap_or_default();
            let names = records.into_iter().flat_map(|record| self.record_fields(record));
            let mut own: Vec<Slot> = names.map(Slot::plain).collect();
            own.extend(self.written_slots(id));
            for slot in own {
                // One that is defined again keeps its place.
                match slots.iter_mut().find(|known| known.name == slot.name) {
                    Some(known) => *known = slot,
                    None => slots.push(slot),
                }
            }
        }
        slots
    }

    /// The fields that the body of a class itself has.
    fn written_slots(&mut self, class: Id) -> Vec<Slot> {
        let options = self.classes.get(&class).and_then(|known| known.dataclass);
        let is_tuple = options.is_none() && self.is_written_tuple(class);
        let Some(definition) = self.class_definition(class) else { return Vec::new() };
        if options.is_none() && !is_tuple {
            return Vec::new();
        }
        let node = self.repository.definitions.get(definition).node;
        let tree = &self.repository.tree;
        let mut all_by_keyword = options.is_some_and(|options| options.by_keyword);
        let mut slots = Vec::new();
        let is_attrs = options.is_some_and(|options| options.is_attrs);
        for statement in tree.in_field(node, Field::Body) {
            let target = match tree.kind(statement) {
                Syntax::AnnAssign => tree.child(statement, Field::Target),
                Syntax::Assign if is_attrs && self.makes_field(statement) => tree.child(statement, Field::Targets),
                _ => None,
            };
            let Some(target) = target.filter(|&target| tree.kind(target) == Syntax::Name) else { continue };
            let form = tree.child(statement, Field::Annotation).map_or("", |annotation| self.form(annotation));
            match form {
                "ClassVar" if !is_tuple => continue,
                "KW_ONLY" if !is_tuple => {
                    all_by_keyword = true;
                    continue;
                }
                _ => {}
            }
            let default = tree.child(statement, Field::Value).unwrap_or(NONE);
            let is_call = default != NONE && tree.kind(default) == Syntax::Call && !is_tuple;
            let filled = if is_call && self.option(default, "init") == Some(false) {
                Filled::Never
            } else if is_call.then(|| self.option(default, "kw_only")).flatten().unwrap_or(all_by_keyword) {
                Filled::ByKeyword
            } else {
                Filled::ByPlace
            };
            let is_passed_on = form == "InitVar" && !is_tuple;
            let name = tree.name[target as usize];
            let text = self.resolver.strings.shared(name);
            let argument = if is_attrs { self.resolver.strings.intern(text.trim_start_matches('_')) } else { name };
            let is_left = |option: &str| !is_call || self.option(default, option) != Some(false);
            let (is_shown, is_compared) = (is_left("repr"), is_left("compare") && is_left("eq"));
            let called = |keyword: &str| if is_attrs && is_call { self.written_option(default, keyword) } else { None };
            let method = |kind: &str| if is_attrs { self.method_for(node, name, kind) } else { None };
            slots.push(Slot {
                name,
                argument,
                filled,
                default,
                is_passed_on,
                is_shown,
                is_compared,
                converter: called("converter"),
                validator: called("validator"),
                validating: method("validator"),
                defaulting: method("default"),
            });
        }
        slots
    }

    /// Whether an assignment is of what a function of `attrs` for fields gives.
    fn makes_field(&self, statement: u32) -> bool {
        let tree = &self.repository.tree;
        let call = tree.child(statement, Field::Value).filter(|&value| tree.kind(value) == Syntax::Call);
        let function = call.and_then(|call| tree.child(call, Field::Func));
        function.is_some_and(|function| matches!(self.resolver.strings.get(tree.name[function as usize]), Some("ib" | "attrib" | "field")))
    }

    /// Whether a class statement names `NamedTuple` itself: what derives from one has no more fields.
    fn is_written_tuple(&self, class: Id) -> bool {
        let bases = self.classes.get(&class).map(|known| known.bases()).unwrap_or_default();
        let is_maker =
            |id: &Id| matches!(self.values.get(*id), Value::External(name) if self.resolver.strings.text(name).ends_with(".NamedTuple"));
        bases.iter().any(|&(_, set)| self.sets.get(set).iter().any(is_maker))
    }

    /// The last name of what an annotation is of: `ClassVar` of `typing.ClassVar[int]`, quoted or not.
    fn form(&self, annotation: u32) -> &str {
        let tree = &self.repository.tree;
        let at = if tree.kind(annotation) == Syntax::Subscript { annotation + 1 } else { annotation };
        match tree.kind(at) {
            Syntax::Name | Syntax::Attribute => self.resolver.strings.text(tree.name[at as usize]),
            Syntax::Constant => {
                let text = self.resolver.strings.get(tree.value[at as usize]).unwrap_or_default();
                let outer = text.split('[').next().unwrap_or_default();
                outer.rsplit('.').next().unwrap_or_default().trim()
            }
            _ => "",
        }
    }

    /// What the `__init__` that a dataclass gets, or the `__new__` that a named tuple has, would do. What fills one may make others, and these it again,
    /// where `__post_init__` or a converter may be any of many classes: each is filled once, or every order in which they can make each other would be tried.
    pub fn fill_fields(&mut self, site: u32, class: Id, object: Id, arguments: &Arguments) {
        let is_outermost = self.state.filled.is_empty();
        if self.state.filled.insert(object) {
            self.fill_once(site, class, object, arguments);
        }
        if is_outermost {
            self.state.filled.clear();
        }
    }

    fn fill_once(&mut self, site: u32, class: Id, object: Id, arguments: &Arguments) {
        let slots = self.slots_of(class);
        if slots.is_empty() && !self.has_made_init(class) {
            return;
        }
        let is_tuple = self.order(class).holds == Some(Container::Tuple);
        self.call_beside(site, class, object, self.words.attrs_pre_init);
        let mut by_place = (0..slots.len()).filter(|&place| slots[place].filled == Filled::ByPlace);
        let mut given: Vec<Option<Argument>> = vec![None; slots.len()];
        for argument in arguments.all.iter().filter(|argument| !argument.is_spread) {
            let place = match argument.keyword {
                Some(name) => slots.iter().position(|slot| slot.argument == name && slot.filled != Filled::Never),
                None => by_place.next(),
            };
            let Some(place) = place else { continue };
            given[place] = Some(*argument);
            if slots[place].is_passed_on {
                continue;
            }
            let values = self.as_converted(site, &slots[place], argument.set);
            self.validate(site, class, object, &slots[place], values);
            self.store_field(object, slots[place].name, Held { values, bindings: EMPTY });
            if is_tuple {
                self.store_index(object, Key::index(place as i64), argument.set);
            }
        }
        if is_tuple {
            self.lengths.insert(object, slots.len());
        }
        for (place, slot) in slots.iter().enumerate().filter(|&(place, _)| given[place].is_none()) {
            if slot.default != NONE {
                self.found.runs_at(slot.default, site);
                if is_tuple {
                    let default = self.look_up(class, slot.name, None).unwrap_or(EMPTY);
                    self.store_index(object, Key::index(place as i64), default);
                }
            }
            self.fill_default(site, class, object, slot);
        }
        self.call_beside(site, class, object, self.words.attrs_post_init);
        if let Some(methods) = self.look_up(class, self.words.post_init, None) {
            let mut all = Arguments::one(self.sets.one(object)).all;
            for (slot, given) in slots.iter().zip(&given).filter(|(slot, _)| slot.is_passed_on) {
                let passed = match given {
                    Some(argument) => Argument { keyword: None, ..*argument },
                    None => {
                        Argument { set: self.look_up(class, slot.name, None).unwrap_or(EMPTY), node: NONE, is_spread: false, keyword: None }
                    }
                };
                all.push(passed);
            }
            self.call_all(site, methods, &Arguments { all }, Via::Constructor(Maker::PostInit));
        }
    }

    /// Calls a method of an object that `attrs` knows by its name, if its class has it.
    fn call_beside(&mut self, site: u32, class: Id, object: Id, name: Str) {
        if let Some(methods) = self.look_up(class, name, None) {
            let object = self.sets.one(object);
            self.call_all(site, methods, &Arguments::one(object), Via::Constructor(Maker::PostInit));
        }
    }

    /// What the converter of a field makes of a value; the value where nobody knows.
    fn as_converted(&mut self, site: u32, slot: &Slot, value: Set) -> Set {
        let Some(converter) = slot.converter else { return value };
        let made = self.called_back(site, self.found.values[converter as usize], &Arguments::one(value));
        if self.is_unknown(made) { value } else { made }
    }

    /// Calls what validates a field: with the object, the description of the field, and the value.
    fn validate(&mut self, site: u32, class: Id, object: Id, slot: &Slot, value: Set) {
        let mut validators = EMPTY;
        for id in self.elements(slot.validator.map_or(EMPTY, |node| self.found.values[node as usize])) {
            let one = match self.values.get(id) {
                Value::Container { .. } => self.read_values(id, Key::ELEMENTS),
                _ => self.sets.one(id),
            };
            validators = self.union(validators, one);
        }
        let methods = slot.validating.and_then(|name| self.look_up(class, name, None)).unwrap_or(EMPTY);
        let validators = self.union(validators, methods);
        if validators != EMPTY {
            let object = self.sets.one(object);
            self.called_back(site, validators, &Arguments::of(vec![object, EMPTY, value]));
        }
    }

    /// Fills a field of `attrs` that nothing is given for: by the method that says so, or by its default as it is converted.
    fn fill_default(&mut self, site: u32, class: Id, object: Id, slot: &Slot) {
        let made = match slot.defaulting.and_then(|name| self.look_up(class, name, None)) {
            Some(methods) => {
                let object = self.sets.one(object);
                self.called_back(site, methods, &Arguments::one(object))
            }
            None if slot.converter.is_some() || slot.validator.is_some() || slot.validating.is_some() => {
                self.look_up(class, slot.name, None).unwrap_or(EMPTY)
            }
            None => return,
        };
        let values = self.as_converted(site, slot, made);
        self.validate(site, class, object, slot, values);
        self.store_field(object, slot.name, Held { values, bindings: EMPTY });
    }

    /// The default of a field: what is given, or what a factory makes. That is called where an object is made without the field.
    pub fn made_field(&mut self, site: u32, name: Str, arguments: &Arguments) -> Set {
        self.found.defer(site);
        let mut found = arguments.keyword(self.words.default).unwrap_or(EMPTY);
        for keyword in [self.words.default_factory, self.words.factory] {
            let factories = arguments.keyword(keyword).unwrap_or(EMPTY);
            let made = self.called_back(site, factories, &Arguments::none());
            found = self.union(found, made);
        }
        if found == EMPTY { self.one(Value::ExternalResult(name)) } else { found }
    }
}
