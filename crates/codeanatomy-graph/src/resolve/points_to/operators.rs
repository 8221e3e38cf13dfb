//! Operators: the special methods that arithmetic and comparisons run, and what they give. Subscripts are `containers.rs`.

use crate::resolve::kinds::Field;
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::{Argument, Arguments};
use crate::resolve::points_to::found::Via;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value};

/// Longer texts are no names.
const LONGEST_NAME: usize = 64;

impl Machine<'_, '_> {
    pub fn operation(&mut self, node: u32) -> Set {
        let [left, right] = [Field::Left, Field::Right].map(|field| self.operand(node, field));
        self.operate(node, left, right, false)
    }

    /// An operand, with what it is.
    pub fn operand(&mut self, node: u32, field: Field) -> Argument {
        match self.repository.tree.child(node, field) {
            Some(child) => Argument::plain(self.evaluate(child), child),
            None => Argument::unwritten(EMPTY),
        }
    }

    /// A binary operation; `in_place` for an augmented assignment.
    pub fn operate(&mut self, node: u32, left: Argument, right: Argument, in_place: bool) -> Set {
        let operator = self.resolver.strings.get(self.repository.tree.value[node as usize]).unwrap_or_default().to_owned();
        self.operate_by(node, &operator, left, right, in_place)
    }

    /// The same by the name that the operator has in a syntax tree.
    pub fn operate_by(&mut self, node: u32, operator: &str, left: Argument, right: Argument, in_place: bool) -> Set {
        let Some(stem) = operator_stem(operator) else { return self.unknown(Reason::Dynamic) };
        let (own, reflected, augmented) = (
            self.resolver.strings.intern(&format!("__{stem}__")),
            self.resolver.strings.intern(&format!("__r{stem}__")),
            self.resolver.strings.intern(&format!("__i{stem}__")),
        );
        let (mut found, mut others) = (EMPTY, self.elements(left.set));
        for name in in_place.then_some(augmented).into_iter().chain([own]) {
            let (results, without) = self.specials(node, others, name, &Arguments::given(right), Via::Operator);
            (found, others) = (self.union(found, results), without);
        }
        if others.is_empty() {
            return found;
        }
        let argument = Arguments::given(Argument { set: self.sets.of(others.clone()), ..left });
        let (answers, _) = self.specials(node, self.elements(right.set), reflected, &argument, Via::Operator);
        if answers != EMPTY {
            return self.union(found, answers);
        }
        for id in others {
            let result = match self.values.get(id) {
                Value::Instance { class, .. } => self.combined_members(class, operator).unwrap_or(EMPTY),
                value => self.combine(node, value, left.set, right.set, operator, in_place.then_some(id)),
            };
            found = self.union(found, result);
        }
        found
    }

    /// A function of `operator` that does what an operator does; nothing for any other.
    pub fn operator_function(&mut self, site: u32, name: &str, arguments: &Arguments) -> Option<Set> {
        let [left, right] = [0, 1].map(|place| arguments.at(place).unwrap_or(Argument::unwritten(EMPTY)));
        let name = name.trim_end_matches('_');
        if let Some(operator) = operator_of_stem(name) {
            return Some(self.operate_by(site, operator, left, right, false));
        }
        if let Some(operator) = name.strip_prefix('i').and_then(operator_of_stem) {
            return Some(self.operate_by(site, operator, left, right, true));
        }
        match name {
            "getitem" => Some(self.items(site, left.set, right, false)),
            "eq" | "ne" | "lt" | "le" | "gt" | "ge" => {
                let method = self.resolver.strings.intern(&format!("__{name}__"));
                self.specials(site, self.elements(left.set), method, &Arguments::given(right), Via::Operator);
                Some(self.literal(self.words.bool))
            }
            _ => None,
        }
    }

    /// An operation on what is no object of the repository.
    fn combine(&mut self, node: u32, value: Value, left: Set, right: Set, operator: &str, in_place: Option<Id>) -> Set {
        match value {
            Value::Text(_) if operator == "Add" => self.concatenated(left, right),
            Value::Text(template) => {
                if operator == "Mod" {
                    self.interpolated(node, Some(template), right);
                }
                self.literal(self.words.str)
            }
            Value::Literal(name) if operator == "Mod" && name == self.words.str => {
                self.interpolated(node, None, right);
                self.literal(name)
            }
            Value::Literal(name) if matches!(operator, "Add" | "Mod" | "Mult" | "Sub" | "BitOr" | "BitAnd" | "FloorDiv") => {
                self.literal(name)
            }
            Value::Integer(_) if operator != "Div" => self.literal(self.words.int),
            Value::Container { kind, .. } if matches!(operator, "Add" | "Mult" | "BitOr" | "BitAnd" | "Sub" | "BitXor") => {
                if let Some(id) = in_place {
                    self.pour(node, right, id);
                    return self.sets.one(id);
                }
                let made = self.make(node, kind);
                for set in [left, right] {
                    self.pour(node, set, made);
                }
                self.sets.one(made)
            }
            // `A | B` of classes is a type.
            Value::Class { .. } | Value::External(_) | Value::Builtin(_) if operator == "BitOr" => self.union(left, right),
            Value::ExternalResult(_) | Value::ExternalMember(_) | Value::External(_) => self.unknown(Reason::ExternalResult),
            Value::Unknown(reason) => self.unknown(reason),
            _ => self.unknown(Reason::Dynamic),
        }
    }

    /// `a + b` of texts: known where both are, and may be a name.
    pub fn concatenated(&mut self, left: Set, right: Set) -> Set {
        if left == EMPTY || right == EMPTY {
            return self.literal(self.words.str);
        }
        let (first, second) = (self.texts(left), self.texts(right));
        let is_known = first.len() == self.sets.len(left) && second.len() == self.sets.len(right);
        if !is_known {
            return self.literal(self.words.str);
        }
        if first.len() * second.len() > self.limits.texts_per_sum {
            self.reached(Limit::TextsPerSum);
            return self.literal(self.words.str);
        }
        let mut found = EMPTY;
        for &one in &first {
            for &two in &second {
                let text = format!("{}{}", self.resolver.strings.text(one), self.resolver.strings.text(two));
                let is_name =
                    text.len() <= LONGEST_NAME && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
                let set = if is_name {
                    let text = self.resolver.strings.intern(&text);
                    self.one(Value::Text(text))
                } else {
                    self.literal(self.words.str)
                };
                found = self.union(found, set);
            }
        }
        found
    }

    pub fn unary(&mut self, node: u32) -> Set {
        let operator = self.resolver.strings.get(self.repository.tree.value[node as usize]).unwrap_or_default().to_owned();
        if operator == "Not" {
            self.test(node + 1);
            return self.literal(self.words.bool);
        }
        let set = self.evaluate(node + 1);
        let name = match operator.as_str() {
            "USub" => "__neg__",
            "UAdd" => "__pos__",
            _ => "__invert__",
        };
        let name = self.resolver.strings.intern(name);
        let (mut found, others) = self.specials(node, self.elements(set), name, &Arguments::none(), Via::Operator);
        for id in others {
            let result = match self.values.get(id) {
                Value::Instance { class, .. } => self.combined_members(class, &operator).unwrap_or(EMPTY),
                Value::Integer(integer) if operator == "USub" => self.one(Value::Integer(-integer)),
                Value::Integer(_) => self.literal(self.words.int),
                Value::Literal(name) => self.literal(name),
                _ => self.unknown(Reason::Dynamic),
            };
            found = self.union(found, result);
        }
        found
    }

    pub fn comparison(&mut self, node: u32) -> Set {
        let repository = self.repository;
        let operators = self.resolver.strings.get(repository.tree.value[node as usize]).unwrap_or_default().to_owned();
        let mut operands = repository.tree.children(node);
        let mut left = operands.next().map_or(Argument::unwritten(EMPTY), |operand| Argument::plain(self.evaluate(operand), operand));
        let mut found = EMPTY;
        let mut conditional = None;
        for (place, (operand, operator)) in operands.zip(operators.split(' ')).enumerate() {
            // Of `a < b < c`, what stands behind `b` is evaluated only where that holds.
            if place == 1 {
                conditional = Some(self.state.mark());
            }
            let right = Argument::plain(self.evaluate(operand), operand);
            let (name, mirrored) = match operator {
                "Eq" => ("__eq__", "__eq__"),
                "NotEq" => ("__ne__", "__ne__"),
                "Lt" => ("__lt__", "__gt__"),
                "LtE" => ("__le__", "__ge__"),
                "Gt" => ("__gt__", "__lt__"),
                "GtE" => ("__ge__", "__le__"),
                _ => ("__contains__", ""),
            };
            let contains = matches!(operator, "In" | "NotIn");
            if matches!(operator, "Is" | "IsNot") {
                left = right;
                continue;
            }
            let (receivers, argument) = if contains { (right, left) } else { (left, right) };
            let name = self.resolver.strings.intern(name);
            let (results, others) = self.specials(node, self.elements(receivers.set), name, &Arguments::given(argument), Via::Operator);
            if contains {
                for id in others {
                    let is_object = matches!(self.values.get(id), Value::Instance { .. } | Value::Class { .. });
                    if is_object && self.holds(id).is_none() {
                        self.elements_of(node, id, false);
                    } else {
                        self.sought(node, id, argument.set, Via::Operator);
                    }
                }
            } else {
                found = self.union(found, results);
                if receivers.set == EMPTY || !others.is_empty() {
                    self.compared_otherwise(node, (left, right), operator, mirrored);
                }
                if matches!(operator, "Eq" | "NotEq") {
                    self.equate_parts(node, others, right.set, Via::Operator);
                } else {
                    let mirrored = self.resolver.strings.intern(mirrored);
                    self.order_parts(node, others, right.set, [name, mirrored], Via::Operator);
                }
            }
            left = right;
        }
        if let Some(mark) = conditional {
            let further = self.state.take(mark);
            self.state.join(&[further, self.nothing()], &mut self.sets, &mut self.bindings);
        }
        let truth = self.literal(self.words.bool);
        self.union(found, truth)
    }

    /// A comparison for which the left operand has no method: the right one's, `__eq__` behind `!=`, or the one that
    /// `functools.total_ordering` makes the others of.
    fn compared_otherwise(&mut self, node: u32, (left, right): (Argument, Argument), operator: &str, mirrored: &str) {
        let (mirrored, argument) = (self.resolver.strings.intern(mirrored), Arguments::given(left));
        let (_, unanswering) = self.specials(node, self.elements(right.set), mirrored, &argument, Via::Operator);
        let others: &[&str] = match operator {
            "NotEq" => &["__eq__"],
            "Lt" | "LtE" | "Gt" | "GtE" => &["__lt__", "__le__", "__gt__", "__ge__"],
            _ => &[],
        };
        if unanswering.len() < self.sets.len(right.set) {
            return;
        }
        let mut asked = self.elements(left.set);
        for name in others {
            let name = self.resolver.strings.intern(name);
            (_, asked) = self.specials(node, asked, name, &Arguments::given(right), Via::Operator);
        }
    }
}

/// Operators with what their special methods are called: `add` for `__add__`.
const STEMS: [(&str, &str); 13] = [
    ("Add", "add"),
    ("Sub", "sub"),
    ("Mult", "mul"),
    ("MatMult", "matmul"),
    ("Div", "truediv"),
    ("FloorDiv", "floordiv"),
    ("Mod", "mod"),
    ("Pow", "pow"),
    ("LShift", "lshift"),
    ("RShift", "rshift"),
    ("BitOr", "or"),
    ("BitXor", "xor"),
    ("BitAnd", "and"),
];

fn operator_stem(operator: &str) -> Option<&'static str> {
    STEMS.iter().find(|(known, _)| *known == operator).map(|&(_, stem)| stem)
}

fn operator_of_stem(stem: &str) -> Option<&'static str> {
    STEMS.iter().find(|(_, known)| *known == stem).map(|&(operator, _)| operator)
}
