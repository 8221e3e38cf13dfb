//! Attributes: what each kind of value has under a name, and where a store goes. Modules are values like the others.

use crate::resolve::kinds::Syntax;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::outside::Has;
use crate::resolve::points_to::records::{MAKER, is_record};
use crate::resolve::points_to::state::{Held, UNBOUND, joined};
use crate::resolve::points_to::value::{ANYWHERE, Container, EMPTY, Id, Reason, Set, Value, Wrapper};
use crate::resolve::resolver::Target;
use crate::resolve::sets as targets;
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// Parts of a dotted name that is followed through results of external calls.
const LONGEST_PATH: usize = 5;

impl Machine<'_, '_> {
    /// An attribute expression on some objects.
    pub fn attributes(&mut self, node: u32, objects: Set) -> Set {
        let name = self.attribute_name(node);
        self.load_attributes(node, objects, name)
    }

    /// The name of an attribute expression as it is looked up.
    pub fn attribute_name(&self, node: u32) -> Str {
        let (scope, name) = (self.repository.scopes.of[node as usize], self.repository.tree.name[node as usize]);
        if scope == NONE { name } else { self.repository.scopes.key(scope, name) }
    }

    pub fn load_attributes(&mut self, node: u32, objects: Set, name: Str) -> Set {
        let mut all = self.elements(objects);
        let mut found = if all.len() > 1 { self.got_of_all(node, &mut all, name) } else { EMPTY };
        for id in all {
            let set = self.attribute(node, id, name);
            found = self.union(found, set);
        }
        found
    }

    /// What a property gives of objects that share it: it runs once with all of them. They are taken out.
    fn got_of_all(&mut self, node: u32, objects: &mut Vec<Id>, name: Str) -> Set {
        let Some(property) = objects.iter().find(|&&id| self.is_object(id)).and_then(|&object| self.property_of(object, name)) else {
            return EMPTY;
        };
        let (sharing, others): (Vec<Id>, Vec<Id>) = objects.iter().partition(|&&object| self.property_of(object, name) == Some(property));
        if sharing.len() == 1 {
            return EMPTY;
        }
        let getters = self.read_values(property, Key::attribute(self.words.fget));
        let receivers = self.sets.of(sharing.clone());
        let mut found = self.call_all(node, getters, &Arguments::one(receivers), Via::Attribute);
        // Where it gives nothing that is known, each object may still have something else.
        if self.is_unknown(found) {
            return EMPTY;
        }
        for object in sharing {
            let Value::Instance { class, .. } = self.values.get(object) else { continue };
            let field = self.field_of(node, object, class, name);
            found = self.union(found, field);
            if let Some(held) = self.look_up_held(class, name, None) {
                self.read_at(node, held.bindings);
            }
        }
        *objects = others;
        found
    }

    /// The property that an object has under a name, if that is all that its class has there.
    fn property_of(&mut self, object: Id, name: Str) -> Option<Id> {
        let Value::Instance { class, .. } = self.values.get(object) else { return None };
        let found = self.look_up(class, name, None)?;
        let &[property] = self.sets.get(found) else { return None };
        let is_property = matches!(self.values.get(property), Value::Wrapper { kind: Wrapper::Property, .. });
        (is_property && !self.is_enumeration(class)).then_some(property)
    }

    pub fn attribute(&mut self, node: u32, object: Id, name: Str) -> Set {
        match self.values.get(object) {
            Value::Module(_) if name == self.words.dict_ => self.one(Value::Vars(object)),
            Value::Module(_) | Value::Namespace(_) => self.member(node, object, name),
            Value::Class { .. } => self.class_attribute(node, object, name),
            Value::Instance { class, .. } => self.instance_attribute(node, object, class, name),
            Value::Super { class, receiver } => self.super_attribute(node, class, receiver, name),
            Value::External(path) if self.repository.outside.is_method(path) && !self.resolver.strings.text(name).starts_with("__") => {
                self.unknown(Reason::NoSuchAttribute)
            }
            Value::External(path) => self.external_attribute(path, name),
            Value::ExternalResult(class) if self.repository.outside.is_collection(class) => {
                self.attribute_of_collection(object, class, name)
            }
            Value::ExternalResult(path) => self.attribute_of_result(path, name),
            Value::ExternalMember(path) => match self.dotted(path, name) {
                Some(path) => self.one(Value::ExternalMember(path)),
                None => self.unknown(Reason::ExternalResult),
            },
            Value::Builtin(path) => self.builtin_attribute(object, path, name, false),
            Value::Literal(kind) if name == self.words.value && kind == self.words.stop_iteration => {
                self.taken(self.state.unit, Key::STOPPED)
            }
            Value::Literal(kind) => self.builtin_attribute(object, kind, name, true),
            Value::Text(_) => self.builtin_attribute(object, self.words.str, name, true),
            Value::Integer(_) => self.builtin_attribute(object, self.words.int, name, true),
            Value::Container { kind, .. } => {
                if let Some(&class) = self.collections.get(&object) {
                    return self.attribute_of_collection(object, class, name);
                }
                if kind == Container::Tuple {
                    let named = self.read_values(object, Key::attribute(name));
                    if named != EMPTY {
                        return named;
                    }
                    if self.record_of(object).is_some() {
                        let dotted = self.resolver.strings.intern(MAKER);
                        let dotted = self.resolver.dot(dotted, name);
                        if let Some(set) = self.attribute_of_record(node, object, dotted, name) {
                            return set;
                        }
                    }
                }
                let kind = self.resolver.strings.intern(kind.type_name());
                self.builtin_attribute(object, kind, name, true)
            }
            Value::Generator(unit) => {
                let kind = self.generator_type(unit);
                self.builtin_attribute(object, kind, name, true)
            }
            Value::Coroutine(_) => self.builtin_attribute(object, self.words.coroutine, name, true),
            Value::Vars(_) => self.builtin_attribute(object, self.words.dict, name, true),
            Value::Function { .. } => {
                if name == self.words.qualname || name == self.words.doc || name == self.words.module {
                    return self.literal(self.words.str);
                }
                match self.stored_on_function(object, name) {
                    EMPTY if name == self.words.name => self.name_of_function(object),
                    EMPTY => self.attribute_of_function(object, name),
                    set => set,
                }
            }
            Value::Method { function, receiver } => {
                if name == self.words.self_ {
                    return self.sets.one(receiver);
                }
                if name == self.words.func {
                    return self.sets.one(function);
                }
                if name == self.words.call {
                    return self.builtin_attribute(object, self.words.function, name, true);
                }
                self.attribute(node, function, name)
            }
            Value::Wrapper { kind: Wrapper::Giving, .. } => self.attribute_of_giving(node, object, name),
            Value::Wrapper { kind, .. } => self.wrapper_attribute(node, object, kind, name),
            Value::BuiltinMethod { .. } => self.unknown(Reason::Dynamic),
            Value::Unknown(reason) => self.unknown(reason),
        }
    }

    /// What was stored on a function, or on what it wraps: `functools.wraps` copies that.
    fn stored_on_function(&mut self, function: Id, name: Str) -> Set {
        let mut functions = vec![function];
        let mut at = 0;
        while let Some(&function) = functions.get(at) {
            let stored = self.read_values(function, Key::attribute(name));
            if stored != EMPTY {
                return stored;
            }
            let wrapped = self.read_values(function, Key::attribute(self.words.wrapped));
            for id in self.elements(wrapped) {
                if matches!(self.values.get(id), Value::Function { .. }) && !functions.contains(&id) {
                    functions.push(id);
                }
            }
            at += 1;
        }
        EMPTY
    }

    /// The `__name__` of a function: that of what it wraps, else its own.
    fn name_of_function(&mut self, function: Id) -> Set {
        let wrapped = self.read_values(function, Key::attribute(self.words.wrapped));
        let mut found = EMPTY;
        for id in self.elements(wrapped).into_iter().chain([function]) {
            if found == EMPTY
                && let Value::Function { definition, .. } = self.values.get(id)
            {
                found = self.one(Value::Text(self.repository.definitions.get(definition).name));
            }
        }
        found
    }

    /// What no statement stored on a function: its own methods, and those that `functools.lru_cache` gives it.
    fn attribute_of_function(&mut self, object: Id, name: Str) -> Set {
        match self.resolver.strings.text(name) {
            "__call__" | "__get__" => self.builtin_attribute(object, self.words.function, name, true),
            "cache_clear" | "cache_info" | "cache_parameters" => {
                let class = self.resolver.strings.intern("functools._lru_cache_wrapper");
                self.external_attribute(class, name)
            }
            // What is stored there otherwise is what `functools.lru_cache` was given: it stands for what that gives.
            "__wrapped__" => self.sets.one(object),
            _ => self.unknown(Reason::Dynamic),
        }
    }

    /// An attribute of an object of a class of `collections`, under the name of the class that has it.
    fn attribute_of_collection(&mut self, object: Id, class: Str, name: Str) -> Set {
        if name == self.words.class {
            return self.one(Value::External(class));
        }
        if matches!((self.resolver.strings.text(class), self.resolver.strings.text(name)), ("collections.ChainMap", "maps" | "parents")) {
            return self.part_of_chain(object, name);
        }
        match self.repository.outside.member_of_collection(class, name) {
            Some(method) => self.one(Value::BuiltinMethod { name: method, receiver: object }),
            None => self.unknown(Reason::NoSuchAttribute),
        }
    }

    /// `maps` and `parents` of a chain: it stands for its dictionaries itself.
    fn part_of_chain(&mut self, chain: Id, name: Str) -> Set {
        let own = self.sets.one(chain);
        match (self.resolver.strings.text(name), self.values.get(chain)) {
            ("maps", Value::Container { site, .. }) => self.filled(site, Container::List, own),
            _ => own,
        }
    }

    /// What a method of an object is: of a builtin type, `type.method`; else its dotted name.
    pub fn method_target(&mut self, name: Str) -> Target {
        let is_builtin = self.resolver.strings.text(name).bytes().filter(|&byte| byte == b'.').count() < 2;
        if is_builtin { Target::Builtin(name) } else { self.resolver.external(name) }
    }

    /// The builtin type of what a function with `yield` gives.
    pub fn generator_type(&self, unit: u32) -> Str {
        let node = self.repository.definitions.get(self.units[unit as usize].definition).node;
        let is_async = self.repository.tree.kind(node) == Syntax::AsyncFunctionDef;
        if is_async { self.words.async_generator } else { self.words.generator }
    }

    fn wrapper_attribute(&mut self, node: u32, object: Id, kind: Wrapper, name: Str) -> Set {
        let is_accessor = name == self.words.setter || name == self.words.getter || name == self.words.deleter;
        match kind {
            Wrapper::Property | Wrapper::CachedProperty if is_accessor => {
                let method = self.resolver.dot(self.words.property, name);
                self.one(Value::BuiltinMethod { name: method, receiver: object })
            }
            Wrapper::Dispatch if name == self.words.register => self.registering(object),
            Wrapper::Record => {
                let maker = self.resolver.strings.intern(MAKER);
                let dotted = self.resolver.dot(maker, name);
                match self.attribute_of_record(node, object, dotted, name) {
                    Some(set) => set,
                    None => self.external_attribute(maker, name),
                }
            }
            Wrapper::Holding => {
                let (held, class) =
                    (self.read_values(object, Key::attribute(name)), self.read_values(object, Key::attribute(self.words.class)));
                match self.sets.get(class).first().map(|&id| self.values.get(id)) {
                    _ if held != EMPTY => held,
                    Some(Value::External(class)) => self.external_attribute(class, name),
                    _ => self.unknown(Reason::Dynamic),
                }
            }
            Wrapper::Namespace => {
                let (named, unnamed) = (self.read_values(object, Key::attribute(name)), self.read_values(object, Key::SOMEWHERE));
                let stored = self.union(named, unnamed);
                if stored == EMPTY { self.unknown(Reason::Dynamic) } else { stored }
            }
            Wrapper::Partial
            | Wrapper::PartialMethod
            | Wrapper::StaticMethod
            | Wrapper::ClassMethod
            | Wrapper::ContextManager
            | Wrapper::Dispatch => {
                let stored = self.read_values(object, Key::attribute(name));
                if stored == EMPTY { self.unknown(Reason::Dynamic) } else { stored }
            }
            // What bytes have, the bytes beside it have.
            Wrapper::Pickled => EMPTY,
            _ => self.unknown(Reason::Dynamic),
        }
    }

    /// `prefix.name`, unless the path grows without end.
    pub fn dotted(&mut self, path: Str, name: Str) -> Option<Str> {
        let is_long = self.resolver.strings.text(path).bytes().filter(|&byte| byte == b'.').count() >= LONGEST_PATH;
        if is_long { None } else { Some(self.resolver.dot(path, name)) }
    }

    /// The part of the path of a result that ends with a name: what a method of a result gives mostly has that method again, and a path through a
    /// loop would grow. The first two names are those of a module and what is called in it.
    fn same_again(&mut self, path: Str, name: Str) -> Option<Str> {
        let (path, name) = (self.resolver.strings.shared(path), self.resolver.strings.shared(name));
        let mut end = 0;
        for (place, part) in path.split('.').enumerate() {
            end += part.len();
            if place >= 2 && *part == *name {
                return Some(self.resolver.strings.intern(&path[..end]));
            }
            end += 1;
        }
        None
    }

    /// An attribute of what a call outside gave, or of an object of a class there.
    fn attribute_of_result(&mut self, path: Str, name: Str) -> Set {
        if let Some(set) = self.declared_attribute(path, name).or_else(|| self.parsed(path, name)) {
            return set;
        }
        let is_special = self.resolver.strings.text(name).starts_with("__");
        match self.repository.outside.result_has(path, name, is_special) {
            Has::Never if !self.repository.builtins.has(self.words.object, name) => return self.unknown(Reason::NoSuchAttribute),
            Has::ItsOwn => return self.unknown(Reason::ExternalResult),
            _ => {}
        }
        match self.same_again(path, name) {
            Some(path) => self.one(Value::External(path)),
            None => self.external_attribute(path, name),
        }
    }

    fn external_attribute(&mut self, path: Str, name: Str) -> Set {
        let Some(dotted) = self.dotted(path, name) else { return self.unknown(Reason::ExternalResult) };
        match self.resolver.external(dotted) {
            Target::Builtin(name) => self.one(Value::Builtin(name)),
            _ => self.one(Value::External(dotted)),
        }
    }

    fn builtin_attribute(&mut self, object: Id, kind: Str, name: Str, is_object: bool) -> Set {
        if name == self.words.class && is_object {
            return self.one(Value::Builtin(kind));
        }
        if !self.repository.builtins.has(kind, name) {
            return self.unknown(Reason::NoSuchAttribute);
        }
        let dotted = self.resolver.dot(kind, name);
        if is_object { self.one(Value::BuiltinMethod { name: dotted, receiver: object }) } else { self.one(Value::Builtin(dotted)) }
    }

    /// A name in a module or a package, read at a node.
    pub fn member(&mut self, at: u32, module: Id, name: Str) -> Set {
        let held = self.module_attribute(module, name);
        self.read_at(at, held.bindings);
        if held.values != EMPTY || held.bindings != EMPTY {
            return held.values;
        }
        if let Value::Module(file) = self.values.get(module) {
            let getattr = self.module_attribute(module, self.words.getattr).values;
            if self.elements(getattr).iter().any(|&id| matches!(self.values.get(id), Value::Function { .. })) {
                let text = self.one(Value::Text(name));
                return self.call_all(at, getattr, &Arguments::one(text), Via::Attribute);
            }
            return if self.has_slot(file, name) { EMPTY } else { self.unknown(Reason::NoSuchAttribute) };
        }
        self.unknown(Reason::NoSuchAttribute)
    }

    fn has_slot(&self, file: u32, name: Str) -> bool {
        self.repository.bindings.slot(self.repository.definitions.get(file).inner, name).is_some()
    }

    /// What `from module import name` brings.
    pub fn imported(&mut self, alias: u32, module: Id, name: Str) -> Set {
        match self.values.get(module) {
            Value::Module(_) | Value::Namespace(_) => self.member(alias, module, name),
            Value::External(path) => self.external_attribute(path, name),
            Value::Builtin(path) => {
                let dotted = self.resolver.dot(path, name);
                self.one(Value::Builtin(dotted))
            }
            _ => EMPTY,
        }
    }

    fn module_attribute(&mut self, module: Id, name: Str) -> Held {
        let target = match self.values.get(module) {
            Value::Module(file) => {
                let unit = self.import(file);
                if let Some(slot) = self.repository.bindings.slot(self.repository.definitions.get(file).inner, name) {
                    let cell = self.cells.of(unit, Key::variable(slot));
                    let held = self.read(cell);
                    if held != UNBOUND {
                        return held;
                    }
                }
                let cell = self.cells.of_value(module, Key::attribute(name));
                let stored = self.read(cell);
                if stored != UNBOUND {
                    return stored;
                }
                let starred = self.starred(file, name);
                if starred != UNBOUND {
                    return starred;
                }
                Target::Definition(file)
            }
            Value::Namespace(folder) => Target::Namespace(folder),
            _ => return UNBOUND,
        };
        match self.resolver.submodule(target, name) {
            Some(target) => Held { values: self.target_value(target), bindings: EMPTY },
            None => UNBOUND,
        }
    }

    /// What the star imports of a file bring under a name.
    pub fn starred(&mut self, file: u32, name: Str) -> Held {
        let Some(stars) = self.repository.bindings.stars.get(&file) else { return UNBOUND };
        if !self.resolver.starred.insert((file, name)) {
            return UNBOUND;
        }
        let mut found = UNBOUND;
        for &star in stars {
            let held = self.starred_by(star, name);
            found = joined(found, held, &mut self.sets, &mut self.bindings);
        }
        self.resolver.starred.remove(&(file, name));
        found
    }

    /// The same of one.
    pub fn starred_by(&mut self, star: u32, name: Str) -> Held {
        let modules = self.resolver.alias_targets(star);
        let mut found = UNBOUND;
        for target in self.resolver.targets.get(modules).to_vec() {
            let Target::Definition(module) = target else { continue };
            if self.resolver.exports(module).contains(&name) {
                let module = self.values.id(Value::Module(module));
                let held = self.module_attribute(module, name);
                found = joined(found, held, &mut self.sets, &mut self.bindings);
            }
        }
        found
    }

    /// The values of what names mean by scopes and imports.
    pub fn target_values(&mut self, found: targets::Set) -> Set {
        let mut set = EMPTY;
        for target in self.resolver.targets.get(found).to_vec() {
            let one = self.target_value(target);
            set = self.union(set, one);
        }
        set
    }

    pub fn target_value(&mut self, target: Target) -> Set {
        match target {
            Target::Definition(number) if self.resolver.is_module(number) => {
                self.import(number);
                self.one(Value::Module(number))
            }
            Target::Definition(number) => {
                let definition = self.repository.definitions.get(number);
                let (file, slot) = (definition.file, definition.slot);
                if slot == NONE {
                    return EMPTY;
                }
                let unit = self.import(file);
                let cell = self.cells.of(unit, Key::variable(slot));
                self.read(cell).values
            }
            Target::Namespace(folder) => self.one(Value::Namespace(folder)),
            Target::External(name) => self.one(Value::External(name)),
            Target::Builtin(name) => self.one(Value::Builtin(name)),
        }
    }

    fn class_attribute(&mut self, node: u32, class: Id, name: Str) -> Set {
        if let Some(held) = self.look_up_held(class, name, None) {
            self.read_at(node, held.bindings);
            let found = self.all_on_class(node, held.values, class);
            return self.member_named(class, name, held.values).unwrap_or(found);
        }
        let members = self.members(node, class, name);
        for metaclass in self.metaclasses(class) {
            if let Some(set) = self.look_up(metaclass, name, None) {
                let found = self.on_object(node, set, class, metaclass);
                return members.unwrap_or(found);
            }
        }
        if let Some(members) = members {
            return members;
        }
        if name == self.words.name
            && let Some(definition) = self.class_definition(class)
        {
            return self.one(Value::Text(self.repository.definitions.get(definition).name));
        }
        if name == self.words.name || name == self.words.qualname || name == self.words.doc || name == self.words.module {
            return self.literal(self.words.str);
        }
        let given = self.given_by_metaclass(node, class, name);
        if given != EMPTY {
            return self.all_on_class(node, given, class);
        }
        if let Some(set) = self.attribute_of_type(node, class, name) {
            return set;
        }
        let text = Arguments::one(self.one(Value::Text(name)));
        match self.special(node, class, self.words.getattr, text, Via::Attribute) {
            Some(EMPTY) => self.unknown(Reason::Dynamic),
            Some(set) => set,
            None => self.beyond(node, class, class, name, None),
        }
    }

    /// What every class has from `type`, as far as it is followed.
    fn attribute_of_type(&mut self, node: u32, class: Id, name: Str) -> Option<Set> {
        Some(match self.resolver.strings.text(name) {
            "__dict__" => self.one(Value::Vars(class)),
            "__mro__" => {
                let ancestors = self.lineage(class);
                let ancestors: Vec<Set> = ancestors.into_iter().map(|id| self.sets.one(id)).collect();
                let tuple = self.tuple(node, &ancestors);
                self.sets.one(tuple)
            }
            "__bases__" => {
                let bases: Vec<Set> = self.classes.get(&class)?.bases().iter().map(|&(_, set)| set).collect();
                let tuple = self.tuple(node, &bases);
                self.sets.one(tuple)
            }
            "mro" | "__subclasses__" => {
                let method = self.resolver.dot(self.words.type_, name);
                self.one(Value::BuiltinMethod { name: method, receiver: class })
            }
            _ => return None,
        })
    }

    /// The classes of the resolution order of a class, `object` last.
    pub fn lineage(&mut self, class: Id) -> Vec<Id> {
        let order = self.order(class);
        let object = Ancestor::Builtin(self.words.object);
        let last = std::iter::once(object).filter(|last| order.ancestors.last() != Some(last));
        let values = order.ancestors.iter().copied().chain(last).map(|ancestor| match ancestor {
            Ancestor::Class(id) => id,
            Ancestor::External(name) => self.values.id(Value::External(name)),
            Ancestor::Builtin(name) => self.values.id(Value::Builtin(name)),
        });
        values.collect()
    }

    /// What a metaclass stores on the classes that it makes: a class is an object of its metaclass.
    fn given_by_metaclass(&mut self, node: u32, class: Id, name: Str) -> Set {
        let mut found = EMPTY;
        for metaclass in self.metaclasses(class) {
            let object = self.some_object(metaclass);
            let held = self.fields(object, metaclass, name);
            self.read_at(node, held.bindings);
            found = self.union(found, held.values);
        }
        found
    }

    /// What values found on a class are when asked for on the class itself.
    fn all_on_class(&mut self, node: u32, set: Set, class: Id) -> Set {
        let mut found = EMPTY;
        for value in self.elements(set) {
            let bound = self.on_class(node, value, class);
            let one = self.sets.of(bound);
            found = self.union(found, one);
        }
        found
    }

    /// The same of one.
    pub fn on_class(&mut self, node: u32, value: Id, class: Id) -> Vec<Id> {
        match self.values.get(value) {
            Value::Function { definition, .. } => {
                let name = self.repository.definitions.get(definition).name;
                if name == self.words.init_subclass || name == self.words.class_getitem {
                    vec![self.values.id(Value::Method { function: value, receiver: class })]
                } else {
                    vec![value]
                }
            }
            Value::Wrapper { kind: Wrapper::StaticMethod | Wrapper::ClassMethod, .. } => self.bound(value, class, class),
            Value::Instance { .. } => {
                let arguments = Arguments::of(vec![EMPTY, self.sets.one(class)]);
                match self.special(node, value, self.words.get, arguments, Via::Attribute) {
                    Some(set) => self.elements(set),
                    None => vec![value],
                }
            }
            _ => vec![value],
        }
    }

    /// What values found on a class are when asked for on one of its objects: bound methods, results of descriptors.
    pub fn on_object(&mut self, node: u32, set: Set, object: Id, class: Id) -> Set {
        let mut found = EMPTY;
        for value in self.elements(set) {
            let one = match self.values.get(value) {
                Value::Wrapper { kind: kind @ (Wrapper::Property | Wrapper::CachedProperty), .. } => {
                    if kind == Wrapper::CachedProperty {
                        self.cached_property_got(node);
                    }
                    let receiver = self.sets.one(object);
                    self.call_accessors(node, value, self.words.fget, &Arguments::one(receiver))
                }
                Value::Instance { class: of, .. } => {
                    let receiver = self.sets.one(object);
                    let arguments = Arguments::of(vec![receiver, self.sets.one(class)]);
                    match self.special(node, value, self.words.get, arguments, Via::Attribute) {
                        Some(set) => set,
                        None if self.is_property_class(of) => self.call_accessors(node, value, self.words.fget, &Arguments::one(receiver)),
                        None => self.sets.one(value),
                    }
                }
                _ => {
                    let bound = self.bound(value, object, class);
                    self.sets.of(bound)
                }
            };
            found = self.union(found, one);
        }
        found
    }

    /// Whether the objects of a class are properties, too.
    pub fn is_property_class(&mut self, class: Id) -> bool {
        self.order(class).ancestors.contains(&Ancestor::Builtin(self.words.property))
    }

    /// What was stored on an object itself, read at a node.
    pub fn field_of(&mut self, node: u32, object: Id, class: Id, name: Str) -> Set {
        let fields = self.fields(object, class, name);
        self.read_at(node, fields.bindings);
        fields.values
    }

    /// What an object has. A `__getattribute__` is asked for every attribute: what it gives of all names together counts only where nothing else does.
    fn instance_attribute(&mut self, node: u32, object: Id, class: Id, name: Str) -> Set {
        let asked = self.asked_for(node, object, class, self.words.getattribute, name);
        let plain = self.plain_attribute(node, object, class, name);
        match asked {
            Some(set) if plain == EMPTY || self.is_unknown(plain) => self.union(plain, set),
            _ => plain,
        }
    }

    /// What `__getattr__` or `__getattribute__` gives for a name, if the class has it.
    fn asked_for(&mut self, node: u32, object: Id, class: Id, special: Str, name: Str) -> Option<Set> {
        self.look_up(class, special, None)?;
        let text = Arguments::one(self.one(Value::Text(name)));
        let result = self.special(node, object, special, text, Via::Attribute).unwrap_or(EMPTY);
        Some(if result == EMPTY { self.unknown(Reason::Dynamic) } else { result })
    }

    /// What an object has as `object.__getattribute__` finds it, else what its `__getattr__` gives.
    pub fn plain_attribute(&mut self, node: u32, object: Id, class: Id, name: Str) -> Set {
        if name == self.words.class {
            return self.sets.one(class);
        }
        if name == self.words.dict_ {
            return self.one(Value::Vars(object));
        }
        let fields = self.fields(object, class, name);
        self.read_at(node, fields.bindings);
        let mut found = fields.values;
        if let Some(held) = self.look_up_held(class, name, None) {
            self.read_at(node, held.bindings);
            let mut of_class = self.on_object(node, held.values, object, class);
            if let Some(member) = self.member_named(class, name, held.values) {
                of_class = member;
            } else if self.is_unknown(of_class)
                && let Some(known) = self.of_member(node, class, name)
            {
                of_class = known;
            }
            let overriding = self.overriding(node, object, name);
            if overriding == EMPTY || !self.is_left_to_others(held.values) {
                found = self.union(found, of_class);
            }
            found = self.union(found, overriding);
            if found != EMPTY || held.values == EMPTY {
                return found;
            }
        }
        if fields.bindings != EMPTY || found != EMPTY && !self.is_only_declared(class, name, fields) {
            return found;
        }
        let given = self.given_by_metaclass(node, class, name);
        if given != EMPTY {
            return self.on_object(node, given, object, class);
        }
        // Where a `__getattribute__` stands before it, what the two have in common says nothing of one name.
        if self.look_up(class, self.words.getattribute, None).is_none()
            && let Some(set) = self.asked_for(node, object, class, self.words.getattr, name)
        {
            return self.union(found, set);
        }
        if found != EMPTY {
            return found;
        }
        if let Some(set) = self.of_member(node, class, name) {
            return set;
        }
        self.beyond(node, class, object, name, None)
    }

    /// What was stored on an object, or where nothing was, on any object of its class.
    pub fn fields(&mut self, object: Id, class: Id, name: Str) -> Held {
        if !self.is_field(name) {
            return UNBOUND;
        }
        let object = self.holder(object);
        let cell = self.cells.of_value(object, Key::attribute(name));
        if let Some(&place) = self.state.fields.get(&cell) {
            let held = self.state.get(place);
            if held != UNBOUND && self.cells.is_own(cell, self.state.unit) {
                self.read(cell);
                return held;
            }
        }
        let own = self.read(cell);
        let is_some = matches!(self.values.get(object), Value::Instance { site: ANYWHERE, .. });
        if own.values != EMPTY && !is_some {
            return own;
        }
        let cell = self.cells.of_value(class, Key::of_instances(name));
        let of_class = self.read(cell);
        let found = joined(own, of_class, &mut self.sets, &mut self.bindings);
        if found == UNBOUND { self.inherited_fields(class, name) } else { found }
    }

    /// Whether something was stored on some object under a name: under those of methods mostly nothing is, and no object need be asked.
    /// The present activation runs again when that changes.
    fn is_field(&mut self, name: Str) -> bool {
        if self.field_names.contains(&name) {
            return true;
        }
        let cell = self.cells.of_any_object(name);
        self.read(cell);
        false
    }

    /// Notes that something is stored on an object under a name.
    pub fn name_field(&mut self, name: Str) {
        if self.field_names.insert(name) {
            let cell = self.cells.of_any_object(name);
            self.touch(cell);
        }
    }

    /// What methods of the ancestors store on objects of which only the class is known, else what the body of the first that says it declares.
    fn inherited_fields(&mut self, class: Id, name: Str) -> Held {
        let order = self.order(class);
        let mut found = UNBOUND;
        for ancestor in order.ancestors.iter().skip(1) {
            if let Ancestor::Class(id) = *ancestor {
                let object = self.some_object(id);
                let cell = self.cells.of_value(object, Key::attribute(name));
                let held = self.read(cell);
                found = joined(found, held, &mut self.sets, &mut self.bindings);
            }
        }
        if found != UNBOUND {
            return found;
        }
        self.annotated_in(&order.ancestors[1..], name)
    }

    /// What the body of the first of some classes that says it declares of an attribute.
    pub fn annotated_in(&mut self, classes: &[Ancestor], name: Str) -> Held {
        for ancestor in classes {
            if let Ancestor::Class(id) = *ancestor {
                let cell = self.cells.of_value(id, Key::declared(name));
                let held = self.read(cell);
                if held != UNBOUND {
                    return held;
                }
            }
        }
        UNBOUND
    }

    /// Whether all that is known of an attribute is its declaration, and `__getattr__` may be what gives it.
    fn is_only_declared(&mut self, class: Id, name: Str, known: Held) -> bool {
        self.look_up(class, self.words.getattr, None).is_some() && {
            let order = self.order(class);
            self.annotated_in(&order.ancestors, name) == known
        }
    }

    /// A name that no class of the repository has.
    pub fn beyond(&mut self, node: u32, class: Id, object: Id, name: Str, after: Option<Id>) -> Set {
        match self.outside(class, name, after) {
            Some(Ancestor::External(path)) => {
                let dotted = self.resolver.dot(path, name);
                match self.resolver.external(dotted) {
                    Target::Builtin(name) => self.one(Value::Builtin(name)),
                    _ if object != class && (self.giver(class, name).is_some() || self.has_hooks(class, name)) => {
                        self.one(Value::BuiltinMethod { name: dotted, receiver: object })
                    }
                    _ if is_record(self.resolver.strings.text(path)) => match self.attribute_of_record(node, object, dotted, name) {
                        Some(set) => set,
                        None => self.one(Value::ExternalMember(dotted)),
                    },
                    _ => self.one(Value::ExternalMember(dotted)),
                }
            }
            Some(Ancestor::Builtin(of))
                if of == self.words.property && [self.words.fget, self.words.fset, self.words.fdel].contains(&name) =>
            {
                self.read_values(object, Key::attribute(name))
            }
            Some(Ancestor::Builtin(of)) => {
                let dotted = self.resolver.dot(of, name);
                self.one(Value::BuiltinMethod { name: dotted, receiver: object })
            }
            _ if !self.order(class).is_complete => {
                let unnamed = self.unnamed(class, name, after);
                match unnamed {
                    EMPTY => self.unknown(Reason::UnknownBase),
                    _ if object == class => self.all_on_class(node, unnamed, class),
                    _ => self.on_object(node, unnamed, object, class),
                }
            }
            _ if self.repository.builtins.has(self.words.object, name) => {
                let dotted = self.resolver.dot(self.words.object, name);
                self.one(Value::BuiltinMethod { name: dotted, receiver: object })
            }
            _ => self.unknown(Reason::NoSuchAttribute),
        }
    }
}
