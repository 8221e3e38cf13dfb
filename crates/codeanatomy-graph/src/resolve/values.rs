//! Values: what an expression may be, asked on demand and independent of the order of execution. Which rows follow is `calls.rs`.
//!
//! Everything else of `resolve` reaches values through `evaluate`, `slot_values`, `attribute` and `results`.

use crate::resolve::bindings::{Binding, How};
use crate::resolve::classes::Looked;
use crate::resolve::definitions::{DefinitionKind, Flavour};
use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::names::Meaning;
use crate::resolve::resolver::{DEPTH, Resolver, Target};
use crate::resolve::sets::{EMPTY, Set, add};
use crate::resolve::syntax::NONE;
use crate::table::Str;

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    Parameter,
    ExternalResult,
    Container,
    Dynamic,
    UnresolvedName,
    UnresolvedImport,
    UnknownBase,
    NoSuchAttribute,
    Limit,
}

impl Reason {
    pub const fn text(self) -> &'static str {
        match self {
            Reason::Parameter => "parameter",
            Reason::ExternalResult => "external result",
            Reason::Container => "container",
            Reason::Dynamic => "dynamic",
            Reason::UnresolvedName => "unresolved name",
            Reason::UnresolvedImport => "unresolved import",
            Reason::UnknownBase => "unknown base",
            Reason::NoSuchAttribute => "no such attribute",
            Reason::Limit => "limit",
        }
    }
}

/// One thing that an expression may be. `declared`: known from an annotation only. `open`: of the class or of a subclass of it,
/// because it came in as `self` or `cls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Module(u32),
    Namespace(u32),
    Class {
        class: u32,
        open: bool,
        declared: bool,
    },
    Instance {
        class: u32,
        open: bool,
        declared: bool,
    },
    /// A function, bound to an instance of (or to) `receiver`, unless that is `NONE`.
    Function {
        function: u32,
        receiver: u32,
        open: bool,
        declared: bool,
    },
    /// What a call of a coroutine function gives.
    Coroutine {
        function: u32,
        receiver: u32,
        open: bool,
    },
    /// `super()` in a method of `class`, on a receiver of the class `receiver`.
    Super {
        class: u32,
        receiver: u32,
        open: bool,
    },
    External(Str),
    /// An instance of an external class.
    ExternalInstance(Str),
    /// What an external class gives its instances or subclasses under a name; what that holds is not known.
    ExternalMember(Str),
    Builtin(Str),
    /// An instance of a builtin type.
    Literal(Str),
    Unknown(Reason),
}

/// Sets that grow larger become unknown.
const LARGEST: usize = 16;

impl Resolver<'_> {
    pub fn unknown(&mut self, reason: Reason) -> Set {
        self.values.intern(&[Value::Unknown(reason)])
    }

    fn one(&mut self, value: Value) -> Set {
        self.values.intern(&[value])
    }

    fn literal(&mut self, name: &str) -> Set {
        let name = self.strings.intern(name);
        self.one(Value::Literal(name))
    }

    fn union(&mut self, found: &[Value]) -> Set {
        if found.len() > LARGEST { self.unknown(Reason::Limit) } else { self.values.intern(found) }
    }

    fn extend(&self, found: &mut Vec<Value>, set: Set) {
        for &value in self.values.get(set) {
            add(found, value);
        }
    }

    /// The values of an expression.
    pub fn evaluate(&mut self, node: u32) -> Set {
        let known = self.node_values[node as usize];
        if known != 0 {
            return Set(known - 1);
        }
        if self.depth >= DEPTH {
            return self.unknown(Reason::Limit);
        }
        let memorable = matches!(self.repository.tree.kind(node), Syntax::Attribute | Syntax::Call);
        if memorable {
            // A question that leads back to itself adds nothing.
            self.node_values[node as usize] = EMPTY.0 + 1;
        }
        self.depth += 1;
        let set = self.evaluate_kind(node);
        self.depth -= 1;
        if memorable {
            self.node_values[node as usize] = set.0 + 1;
        }
        set
    }

    fn evaluate_kind(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        match tree.kind(node) {
            Syntax::Name => self.evaluate_name(node),
            Syntax::Attribute => {
                let object = self.evaluate(node + 1);
                let scope = self.repository.scopes.of[node as usize];
                let name =
                    if scope == NONE { tree.name[node as usize] } else { self.repository.scopes.key(scope, tree.name[node as usize]) };
                self.attributes(object, name)
            }
            Syntax::Call => self.evaluate_call(node),
            Syntax::Await => {
                let awaited = self.evaluate(node + 1);
                self.awaited(awaited)
            }
            Syntax::Lambda => match self.repository.definitions.of_node.get(&node) {
                Some(&function) => self.one(Value::Function { function, receiver: NONE, open: false, declared: false }),
                None => self.unknown(Reason::Dynamic),
            },
            Syntax::NamedExpr => tree.child(node, Field::Value).map_or(EMPTY, |value| self.evaluate(value)),
            Syntax::IfExp => self.evaluate_all(tree.children(node).filter(|&child| tree.field[child as usize] != Field::Test)),
            Syntax::BoolOp => self.evaluate_all(tree.children(node)),
            Syntax::Subscript => self.evaluate_subscript(node),
            Syntax::BinOp => self.evaluate_operation(node),
            Syntax::Constant => self.evaluate_constant(node),
            Syntax::JoinedStr => self.literal("str"),
            Syntax::List | Syntax::ListComp => self.literal("list"),
            Syntax::Dict | Syntax::DictComp => self.literal("dict"),
            Syntax::Set | Syntax::SetComp => self.literal("set"),
            Syntax::Tuple => self.literal("tuple"),
            Syntax::GeneratorExp => self.literal("generator"),
            Syntax::Compare => self.literal("bool"),
            _ => self.unknown(Reason::Dynamic),
        }
    }

    fn evaluate_all(&mut self, nodes: impl Iterator<Item = u32>) -> Set {
        let mut found = Vec::new();
        for node in nodes {
            let set = self.evaluate(node);
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    fn evaluate_name(&mut self, node: u32) -> Set {
        match self.meaning(node) {
            Meaning::Slot(slot) => self.slot_values(slot),
            Meaning::Targets(targets) => self.target_values(targets),
            Meaning::Builtin(name) => self.one(Value::Builtin(name)),
            Meaning::Nothing => self.unknown(Reason::UnresolvedName),
        }
    }

    /// `None` is left out: it has no attributes that programs use.
    fn evaluate_constant(&mut self, node: u32) -> Set {
        match self.strings.get(self.repository.tree.name[node as usize]) {
            Some("NoneType") | None => EMPTY,
            Some(_) => self.one(Value::Literal(self.repository.tree.name[node as usize])),
        }
    }

    /// `a % b` of a text is a text; sums and products of equal literals stay what they are.
    fn evaluate_operation(&mut self, node: u32) -> Set {
        let (Some(left), operator) = (self.repository.tree.child(node, Field::Left), self.repository.tree.value[node as usize]) else {
            return EMPTY;
        };
        let left = self.evaluate(left);
        let is_text = |resolver: &Self, set: Set| matches!(resolver.values.get(set), [Value::Literal(name)] if matches!(resolver.strings.text(*name), "str" | "bytes"));
        match self.strings.get(operator) {
            Some("Mod") if is_text(self, left) => left,
            Some("Add") => {
                let right = self.repository.tree.child(node, Field::Right).map_or(EMPTY, |right| self.evaluate(right));
                if left == right && matches!(self.values.get(left), [Value::Literal(_)]) { left } else { self.unknown(Reason::Dynamic) }
            }
            _ => self.unknown(Reason::Dynamic),
        }
    }

    /// A class with arguments is the class; what a container holds is unknown.
    fn evaluate_subscript(&mut self, node: u32) -> Set {
        let object = self.evaluate(node + 1);
        let mut found = Vec::new();
        for &value in self.values.get(object) {
            let value = match value {
                Value::Class { .. } | Value::External(_) | Value::Builtin(_) | Value::Unknown(_) => value,
                Value::ExternalInstance(_) | Value::ExternalMember(_) => Value::Unknown(Reason::ExternalResult),
                _ => Value::Unknown(Reason::Container),
            };
            add(&mut found, value);
        }
        self.union(&found)
    }

    /// The values of everything that a variable is bound to.
    pub fn slot_values(&mut self, slot: u32) -> Set {
        if let Some(known) = self.slot_values[slot as usize] {
            return known;
        }
        if self.depth >= DEPTH {
            return self.unknown(Reason::Limit);
        }
        self.slot_values[slot as usize] = Some(EMPTY);
        self.depth += 1;
        let mut found = Vec::new();
        for index in 0..self.repository.bindings.count(slot) {
            let binding = self.repository.bindings.nth(slot, index);
            let set = self.bound_values(binding);
            self.extend(&mut found, set);
            if found.len() > LARGEST {
                break;
            }
        }
        self.depth -= 1;
        self.drop_signatures(&mut found);
        let set = self.union(&found);
        self.slot_values[slot as usize] = Some(set);
        set
    }

    /// Overloads stand for the function they describe; setters do not replace the getter of a property.
    fn drop_signatures(&self, found: &mut Vec<Value>) {
        let definitions = &self.repository.definitions;
        let secondary = |value: &Value| matches!(value, Value::Function { function, .. } if matches!(definitions.get(*function).flavour, Flavour::Overload | Flavour::Accessor));
        if found.len() > 1 && !found.iter().all(secondary) {
            found.retain(|value| !secondary(value));
        }
    }

    fn bound_values(&mut self, binding: Binding) -> Set {
        let tree = &self.repository.tree;
        match binding.how {
            How::Def | How::Class => self.definition_values(binding.definition),
            How::Import => {
                let targets = self.alias_binding(binding.node);
                if targets == EMPTY { self.unknown(Reason::UnresolvedImport) } else { self.target_values(targets) }
            }
            How::Parameter => self.parameter_values(binding),
            How::Assign => self.assigned_values(binding.node),
            How::Annotated => self.annotated_values(tree.parent[binding.node as usize]),
            How::Walrus => tree.child(tree.parent[binding.node as usize], Field::Value).map_or(EMPTY, |value| self.evaluate(value)),
            How::With => self.entered_values(binding.node),
            How::Except => tree.child(binding.node, Field::Type).map_or(EMPTY, |caught| self.caught_values(caught)),
            How::Del | How::Augmented => EMPTY,
            How::For | How::Comprehension | How::Match => self.unknown(Reason::Container),
            How::TypeParameter | How::TypeAlias => self.unknown(Reason::Dynamic),
        }
    }

    fn definition_values(&mut self, definition: u32) -> Set {
        let value = match self.repository.definitions.get(definition).kind {
            DefinitionKind::Module => Value::Module(definition),
            DefinitionKind::Class => Value::Class { class: definition, open: false, declared: false },
            kind if kind.is_callable() => Value::Function { function: definition, receiver: NONE, open: false, declared: false },
            _ => {
                let slot = self.repository.definitions.get(definition).slot;
                return self.slot_values(slot);
            }
        };
        self.one(value)
    }

    /// The values of what names finally mean.
    pub fn target_values(&mut self, targets: Set) -> Set {
        let mut found = Vec::new();
        for index in 0..self.targets.len(targets) {
            let set = match self.targets.at(targets, index) {
                Target::Definition(number) => self.definition_values(number),
                Target::Namespace(folder) => self.one(Value::Namespace(folder)),
                Target::External(name) => self.one(Value::External(name)),
                Target::Builtin(name) => self.one(Value::Builtin(name)),
            };
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    fn parameter_values(&mut self, binding: Binding) -> Set {
        if let Some(receiver) = self.repository.bindings.receivers.get(&binding.slot).copied() {
            let class = receiver.class;
            let value = if receiver.is_class {
                Value::Class { class, open: true, declared: false }
            } else {
                Value::Instance { class, open: true, declared: false }
            };
            return self.one(value);
        }
        match self.repository.tree.field[binding.node as usize] {
            Field::VarArg => return self.literal("tuple"),
            Field::KwArg => return self.literal("dict"),
            _ => {}
        }
        let annotation = self.repository.tree.child(binding.node, Field::Annotation);
        let declared = annotation.map_or(EMPTY, |annotation| self.declared_values(annotation));
        if declared == EMPTY { self.unknown(Reason::Parameter) } else { declared }
    }

    /// What an assignment gives one of its targets.
    fn assigned_values(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let mut path = Vec::new();
        let (mut at, mut above) = (node, tree.parent[node as usize]);
        while matches!(tree.kind(above), Syntax::Tuple | Syntax::List) {
            path.push((tree.position[at as usize], tree.children(above).count()));
            (at, above) = (above, tree.parent[above as usize]);
        }
        let Some(mut value) = tree.child(above, Field::Value).filter(|_| tree.kind(above) == Syntax::Assign) else {
            return self.unknown(Reason::Container);
        };
        while let Some((index, count)) = path.pop() {
            let parts: Vec<u32> = tree.in_field(value, Field::Elts).collect();
            let plain = matches!(tree.kind(value), Syntax::Tuple | Syntax::List) && parts.len() == count;
            if !plain || parts.iter().any(|&part| tree.kind(part) == Syntax::Starred) {
                return self.unknown(Reason::Container);
            }
            value = parts[index as usize];
        }
        self.evaluate(value)
    }

    fn annotated_values(&mut self, statement: u32) -> Set {
        let tree = &self.repository.tree;
        let mut found = Vec::new();
        if let Some(value) = tree.child(statement, Field::Value) {
            let set = self.evaluate(value);
            self.extend(&mut found, set);
            found.retain(|value| !matches!(value, Value::Unknown(_)));
        }
        if found.is_empty() {
            let declared = tree.child(statement, Field::Annotation).map_or(EMPTY, |annotation| self.declared_values(annotation));
            self.extend(&mut found, declared);
        }
        if found.is_empty() { self.unknown(Reason::Dynamic) } else { self.union(&found) }
    }

    /// The instances that an annotation allows; none where it names no class.
    fn declared_values(&mut self, annotation: u32) -> Set {
        let tree = &self.repository.tree;
        match tree.kind(annotation) {
            Syntax::BinOp => {
                let mut found = Vec::new();
                for side in tree.children(annotation) {
                    let set = self.declared_values(side);
                    self.extend(&mut found, set);
                }
                self.union(&found)
            }
            Syntax::Subscript => self.declared_subscript(annotation),
            Syntax::Name | Syntax::Attribute => {
                let classes = self.evaluate(annotation);
                self.instances(classes)
            }
            _ => EMPTY,
        }
    }

    /// `Optional[C]` is `C`; `type[C]` is the class; other generics are their origin.
    fn declared_subscript(&mut self, annotation: u32) -> Set {
        let tree = &self.repository.tree;
        let name = self.strings.get(tree.name[annotation as usize + 1]).unwrap_or_default();
        let slice = tree.children(annotation).nth(1);
        match (name, slice) {
            ("Optional" | "Final" | "Annotated", Some(slice)) => self.declared_values(slice),
            ("Type" | "type", Some(slice)) => {
                let classes = self.evaluate(slice);
                let found: Vec<Value> = self.values.get(classes).iter().filter_map(declared_class).collect();
                self.union(&found)
            }
            _ => {
                let origin = self.evaluate(annotation + 1);
                self.instances(origin)
            }
        }
    }

    /// Instances of the classes among some values, as annotations and `except` give them.
    fn instances(&mut self, classes: Set) -> Set {
        let instance = |value: &Value| match *value {
            Value::Class { class, .. } => Some(Value::Instance { class, open: true, declared: true }),
            Value::External(name) if !is_special_form(self.strings.text(name)) => Some(Value::ExternalInstance(name)),
            Value::Builtin(name) if self.repository.builtins.is_type(name) => Some(Value::Literal(name)),
            _ => None,
        };
        let found: Vec<Value> = self.values.get(classes).iter().filter_map(instance).collect();
        self.union(&found)
    }

    fn caught_values(&mut self, caught: u32) -> Set {
        let tree = &self.repository.tree;
        let mut found = Vec::new();
        if tree.kind(caught) == Syntax::Tuple {
            for class in tree.children(caught) {
                let set = self.caught_values(class);
                self.extend(&mut found, set);
            }
        } else {
            let classes = self.evaluate(caught);
            for &value in self.values.get(classes) {
                match value {
                    Value::Class { class, .. } => add(&mut found, Value::Instance { class, open: true, declared: false }),
                    Value::External(name) => add(&mut found, Value::ExternalInstance(name)),
                    Value::Builtin(name) => add(&mut found, Value::Literal(name)),
                    _ => {}
                }
            }
        }
        self.union(&found)
    }

    /// `with C() as x`: what `__enter__` returns.
    fn entered_values(&mut self, node: u32) -> Set {
        let tree = &self.repository.tree;
        let item = tree.parent[node as usize];
        let Some(context) = tree.child(item, Field::ContextExpr).filter(|_| tree.kind(item) == Syntax::WithItem) else {
            return self.unknown(Reason::Container);
        };
        let is_async = tree.kind(tree.parent[item as usize]) == Syntax::AsyncWith;
        let enter = self.strings.intern(if is_async { "__aenter__" } else { "__enter__" });
        let objects = self.evaluate(context);
        let entering = self.attributes(objects, enter);
        let entered = self.called(entering);
        if is_async { self.awaited(entered) } else { entered }
    }

    fn awaited(&mut self, set: Set) -> Set {
        let mut found = Vec::new();
        for index in 0..self.values.len(set) {
            let result = match self.values.at(set, index) {
                Value::Coroutine { function, receiver, open } => self.results(function, receiver, open),
                Value::Unknown(reason) => self.unknown(reason),
                _ => self.unknown(Reason::Dynamic),
            };
            self.extend(&mut found, result);
        }
        self.union(&found)
    }

    /// An attribute (mangled) of each of several values.
    pub fn attributes(&mut self, objects: Set, name: Str) -> Set {
        let mut found = Vec::new();
        for index in 0..self.values.len(objects) {
            let object = self.values.at(objects, index);
            let set = self.attribute(object, name);
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    fn attribute(&mut self, object: Value, name: Str) -> Set {
        match object {
            Value::Module(_) | Value::Namespace(_) => {
                let targets = self.module_attribute(object, name);
                if targets == EMPTY { self.unknown(Reason::NoSuchAttribute) } else { self.target_values(targets) }
            }
            Value::Class { class, open, declared } => {
                let looked = self.look_up(class, name, None);
                self.class_attribute(looked, Value::Class { class, open, declared }, name)
            }
            Value::Instance { class, open, declared } => {
                if self.strings.text(name) == "__class__" {
                    return self.one(Value::Class { class, open, declared });
                }
                let looked = self.look_up(class, name, None);
                self.class_attribute(looked, Value::Instance { class, open, declared }, name)
            }
            Value::Super { class, receiver, open } => {
                let looked = self.look_up(receiver, name, Some(class));
                self.class_attribute(looked, Value::Instance { class: receiver, open, declared: false }, name)
            }
            Value::External(path) => {
                let dotted = self.dot(path, name);
                self.one(Value::External(dotted))
            }
            Value::ExternalInstance(path) => {
                let dotted = self.dot(path, name);
                self.one(Value::ExternalMember(dotted))
            }
            Value::ExternalMember(_) => self.unknown(Reason::ExternalResult),
            Value::Builtin(path) | Value::Literal(path) => match self.builtin_member(path, name) {
                Some(member) => self.one(Value::Builtin(member)),
                None => self.unknown(Reason::NoSuchAttribute),
            },
            Value::Function { .. } | Value::Coroutine { .. } => self.unknown(Reason::Dynamic),
            Value::Unknown(reason) => self.unknown(reason),
        }
    }

    /// What a name of a module or package means.
    pub fn module_attribute(&mut self, module: Value, name: Str) -> Set {
        match module {
            Value::Module(file) => self.member(Target::Definition(file), name),
            Value::Namespace(folder) => self.member(Target::Namespace(folder), name),
            _ => EMPTY,
        }
    }

    /// The attribute that was found in a class, as the object it is taken from sees it.
    fn class_attribute(&mut self, looked: Looked, object: Value, name: Str) -> Set {
        let slot = match looked {
            Looked::Slot(slot) => slot,
            Looked::Outside(Target::External(path)) => return self.one(Value::ExternalMember(path)),
            Looked::Outside(Target::Builtin(path)) => return self.one(Value::Builtin(path)),
            Looked::Outside(_) | Looked::Incomplete => return self.unknown(Reason::UnknownBase),
            Looked::Missing => return self.inherited_from_object(object, name),
            Looked::Dynamic => return self.unknown(Reason::Dynamic),
        };
        let values = self.slot_values(slot);
        let mut found = Vec::new();
        for index in 0..self.values.len(values) {
            let set = match self.values.at(values, index) {
                Value::Function { function, receiver: NONE, .. } if self.repository.definitions.get(function).slot == slot => {
                    self.bind(function, object)
                }
                value => self.one(value),
            };
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    /// A function found in a class, taken from an object: bound, plain, or, for a property, what it returns.
    fn bind(&mut self, function: u32, object: Value) -> Set {
        let flavour = self.repository.definitions.get(function).flavour;
        let (receiver, open, declared, is_instance) = match object {
            Value::Instance { class, open, declared } => (class, open, declared, true),
            Value::Class { class, open, declared } => (class, open, declared, false),
            _ => (NONE, false, false, false),
        };
        let bound = match flavour {
            Flavour::Property if is_instance => return self.results(function, receiver, open),
            Flavour::Class => true,
            Flavour::Static | Flavour::Property => false,
            Flavour::Plain | Flavour::Accessor | Flavour::Overload => is_instance,
        };
        self.one(Value::Function { function, receiver: if bound { receiver } else { NONE }, open: bound && open, declared })
    }

    /// What every object, or every class, has.
    fn inherited_from_object(&mut self, object: Value, name: Str) -> Set {
        let owners: &[&str] = if matches!(object, Value::Class { .. }) { &["object", "type"] } else { &["object"] };
        for owner in owners {
            let owner = self.strings.intern(owner);
            if let Some(member) = self.builtin_member(owner, name) {
                return self.one(Value::Builtin(member));
            }
        }
        self.unknown(Reason::NoSuchAttribute)
    }

    /// `type.name`, if the builtin type has a member of that name. What a member holds has no members that are known.
    pub fn builtin_member(&mut self, of: Str, name: Str) -> Option<Str> {
        let has = self.repository.builtins.has(of, name);
        has.then(|| self.dot(of, name))
    }

    fn evaluate_call(&mut self, node: u32) -> Set {
        let Some(function) = self.repository.tree.child(node, Field::Func) else { return EMPTY };
        let callees = self.evaluate(function);
        let mut found = Vec::new();
        for index in 0..self.values.len(callees) {
            let set = match self.values.at(callees, index) {
                Value::Builtin(name) if self.strings.text(name) == "super" => self.evaluate_super(node),
                Value::Builtin(name) if self.strings.text(name) == "type" => self.evaluate_type(node),
                callee => self.call_result(callee),
            };
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    /// The results of calling each of several values.
    fn called(&mut self, callees: Set) -> Set {
        let mut found = Vec::new();
        for index in 0..self.values.len(callees) {
            let callee = self.values.at(callees, index);
            let set = self.call_result(callee);
            self.extend(&mut found, set);
        }
        self.union(&found)
    }

    fn call_result(&mut self, callee: Value) -> Set {
        match callee {
            Value::Class { class, open, declared } => self.one(Value::Instance { class, open, declared }),
            Value::Function { function, receiver, open, .. } => {
                let definition = self.repository.definitions.get(function);
                if self.repository.tree.kind(definition.node) == Syntax::AsyncFunctionDef && !definition.is_generator {
                    return self.one(Value::Coroutine { function, receiver, open });
                }
                self.results(function, receiver, open)
            }
            Value::Instance { .. } => {
                let call = self.strings.intern("__call__");
                match self.attribute(callee, call) {
                    EMPTY => EMPTY,
                    set if self.values.len(set) == 1 && matches!(self.values.at(set, 0), Value::Function { .. }) => self.called(set),
                    _ => self.unknown(Reason::Dynamic),
                }
            }
            Value::Builtin(name) if self.repository.builtins.is_type(name) => self.one(Value::Literal(name)),
            Value::External(_) | Value::ExternalInstance(_) | Value::ExternalMember(_) | Value::Builtin(_) => {
                self.unknown(Reason::ExternalResult)
            }
            Value::Unknown(reason) => self.unknown(reason),
            _ => self.unknown(Reason::Dynamic),
        }
    }

    /// `super()` in a method: the names behind the class in the order of the receiver's class.
    fn evaluate_super(&mut self, node: u32) -> Set {
        let repository = self.repository;
        let mut arguments = repository.tree.in_field(node, Field::Args);
        if let (Some(class), Some(object)) = (arguments.next(), arguments.next()) {
            return self.explicit_super(class, object);
        }
        let mut scope = repository.scopes.of[node as usize];
        while scope != NONE {
            let here = &repository.scopes.scopes[scope as usize];
            let above = here.parent;
            if above != NONE && repository.scopes.scopes[above as usize].kind == crate::resolve::scopes::ScopeKind::Class {
                let class = repository.scopes.scopes[above as usize].definition;
                return self.one(Value::Super { class, receiver: class, open: true });
            }
            scope = above;
        }
        self.unknown(Reason::Dynamic)
    }

    fn explicit_super(&mut self, class: u32, object: u32) -> Set {
        let (classes, objects) = (self.evaluate(class), self.evaluate(object));
        let (Some(&Value::Class { class, .. }), Some(&object)) = (self.values.get(classes).first(), self.values.get(objects).first())
        else {
            return self.unknown(Reason::Dynamic);
        };
        match object {
            Value::Instance { class: receiver, open, .. } | Value::Class { class: receiver, open, .. } => {
                self.one(Value::Super { class, receiver, open })
            }
            _ => self.one(Value::Super { class, receiver: class, open: true }),
        }
    }

    /// `type(x)`: the class of `x`.
    fn evaluate_type(&mut self, node: u32) -> Set {
        let arguments: Vec<u32> = self.repository.tree.in_field(node, Field::Args).collect();
        let [argument] = arguments[..] else { return self.unknown(Reason::Dynamic) };
        let objects = self.evaluate(argument);
        let class = |value: &Value| match *value {
            Value::Instance { class, open, declared } => Value::Class { class, open, declared },
            Value::Literal(name) => Value::Builtin(name),
            Value::Unknown(reason) => Value::Unknown(reason),
            _ => Value::Unknown(Reason::Dynamic),
        };
        let mut found = Vec::new();
        for value in self.values.get(objects) {
            add(&mut found, class(value));
        }
        self.union(&found)
    }

    /// What a function returns to a call on a receiver: `self` and `cls` are the receiver's.
    pub fn results(&mut self, function: u32, receiver: u32, receiver_open: bool) -> Set {
        let set = self.function_results(function);
        if receiver == NONE || !self.values.get(set).iter().any(is_open) {
            return set;
        }
        let mut found = Vec::new();
        for index in 0..self.values.len(set) {
            let value = self.values.at(set, index);
            add(&mut found, self.received(value, receiver, receiver_open));
        }
        self.union(&found)
    }

    /// An open value as a call on a receiver sees it.
    fn received(&mut self, value: Value, receiver: u32, receiver_open: bool) -> Value {
        let mut derives = |class: u32| self.mro(receiver).ancestors.contains(&Target::Definition(class));
        match value {
            Value::Instance { class, open: true, declared: false } if derives(class) => {
                Value::Instance { class: receiver, open: receiver_open, declared: false }
            }
            Value::Class { class, open: true, declared: false } if derives(class) => {
                Value::Class { class: receiver, open: receiver_open, declared: false }
            }
            other => other,
        }
    }

    fn function_results(&mut self, function: u32) -> Set {
        if let Some(&known) = self.results.get(&function) {
            return known;
        }
        self.results.insert(function, EMPTY);
        let definition = self.repository.definitions.get(function);
        let mut found = Vec::new();
        if definition.is_generator {
            let generator = self.literal("generator");
            self.extend(&mut found, generator);
        } else if definition.kind == DefinitionKind::Lambda {
            let body = self.repository.tree.child(definition.node, Field::Body).map_or(EMPTY, |body| self.evaluate(body));
            self.extend(&mut found, body);
        } else {
            for &(_, value) in self.repository.bindings.returns(function) {
                let set = self.evaluate(value);
                self.extend(&mut found, set);
            }
            if found.iter().all(|value| matches!(value, Value::Unknown(_))) {
                let declared =
                    self.repository.tree.child(definition.node, Field::Returns).map_or(EMPTY, |returns| self.declared_values(returns));
                if declared != EMPTY {
                    found.clear();
                    self.extend(&mut found, declared);
                }
            }
        }
        let set = self.union(&found);
        self.results.insert(function, set);
        set
    }
}

fn is_open(value: &Value) -> bool {
    matches!(value, Value::Instance { open: true, .. } | Value::Class { open: true, .. })
}

fn declared_class(value: &Value) -> Option<Value> {
    match *value {
        Value::Class { class, .. } => Some(Value::Class { class, open: true, declared: true }),
        Value::External(name) => Some(Value::External(name)),
        Value::Builtin(name) => Some(Value::Builtin(name)),
        _ => None,
    }
}

/// Names of `typing` that are no classes.
fn is_special_form(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some(("typing" | "typing_extensions" | "t", _)))
}
