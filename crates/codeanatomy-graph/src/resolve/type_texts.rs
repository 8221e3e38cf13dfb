//! Texts that hold types: annotations, and what `typing` evaluates elsewhere. What the names in them mean is `names.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::resolver::{Resolver, Target};
use crate::resolve::syntax::NONE;

impl Resolver<'_> {
    /// Whether a text constant holds a type: it is part of an annotation, of a subscript of a form of `typing`, of an explicit type alias, or
    /// an argument that `typing.cast` and its like take for a type.
    pub fn is_type_text(&mut self, node: u32) -> bool {
        let repository = self.repository;
        let tree = &repository.tree;
        if tree.is_annotation(node) {
            return true;
        }
        let mut at = node;
        loop {
            let above = tree.parent[at as usize];
            if above == NONE {
                return false;
            }
            match tree.kind(above) {
                Syntax::Subscript if at != above + 1 => match self.typing_name(above + 1) {
                    Some(form) => return form != "Literal",
                    None => at = above,
                },
                Syntax::Tuple | Syntax::List | Syntax::BinOp | Syntax::Starred | Syntax::Dict => at = above,
                Syntax::Keyword => {
                    let call = tree.parent[above as usize];
                    return tree.kind(call) == Syntax::Call && self.is_type_keyword(call, above);
                }
                Syntax::Call => return self.is_type_argument(above, at, node),
                Syntax::AnnAssign if tree.field[at as usize] == Field::Value => {
                    let annotation = tree.child(above, Field::Annotation);
                    return annotation.and_then(|annotation| self.typing_name(annotation)).as_deref() == Some("TypeAlias");
                }
                _ => return false,
            }
        }
    }

    /// Whether the text is in an argument of a call that is a type: `cast('T', x)`, `NamedTuple('N', [('a', 'T')])`.
    fn is_type_argument(&mut self, call: u32, argument: u32, text: u32) -> bool {
        let tree = &self.repository.tree;
        if tree.field[argument as usize] != Field::Args {
            return false;
        }
        let Some(function) = self.typing_name(call + 1) else { return false };
        let (tree, position) = (&self.repository.tree, self.repository.tree.position[argument as usize]);
        match function.as_str() {
            "cast" => position == 0,
            "assert_type" | "NewType" => position == 1,
            "TypeVar" => position >= 1,
            "NamedTuple" => {
                let pair = tree.parent[text as usize];
                position == 1 && tree.kind(pair) == Syntax::Tuple && pair != argument && tree.position[text as usize] == 1
            }
            "TypedDict" => position == 1 && tree.field[text as usize] == Field::Values && tree.parent[text as usize] == argument,
            _ => false,
        }
    }

    fn is_type_keyword(&mut self, call: u32, keyword: u32) -> bool {
        let Some(function) = self.typing_name(call + 1) else { return false };
        let name = self.strings.get(self.repository.tree.name[keyword as usize]);
        match function.as_str() {
            "cast" => name == Some("typ"),
            "assert_type" => name == Some("typ"),
            "NewType" => name == Some("tp"),
            "TypeVar" | "TypeVarTuple" | "ParamSpec" => matches!(name, Some("bound" | "default")),
            "NamedTuple" | "TypedDict" => !matches!(name, None | Some("total" | "closed")),
            _ => false,
        }
    }

    /// The name in `typing` that an expression means.
    fn typing_name(&mut self, expression: u32) -> Option<String> {
        let targets = self.expression_targets(expression);
        self.targets.get(targets).iter().find_map(|target| match target {
            Target::External(path) => {
                let (module, name) = self.strings.text(*path).rsplit_once('.')?;
                matches!(module, "typing" | "typing_extensions").then(|| name.to_owned())
            }
            _ => None,
        })
    }
}
