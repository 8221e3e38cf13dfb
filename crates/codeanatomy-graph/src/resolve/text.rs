//! Short texts of expressions, from names alone: `self.total`, `<call>().x`. They are for people; nothing is looked up by them.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::resolver::Resolver;
use crate::resolve::syntax::{NONE, Tree};
use crate::table::{Str, Strings};

/// Longer chains of attributes lose their front.
const LINKS: usize = 16;

/// The dotted text of an expression.
pub fn expression_text(tree: &Tree, strings: &Strings, node: u32) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut at = node;
    while tree.kind(at) == Syntax::Attribute && parts.len() < LINKS {
        parts.push(strings.text(tree.name[at as usize]));
        at = tree.child(at, Field::Value).unwrap_or(NONE);
    }
    let head = match tree.kind(at) {
        Syntax::Name => strings.text(tree.name[at as usize]),
        Syntax::Call => "<call>()",
        Syntax::Subscript => "<subscript>",
        Syntax::Constant => "<constant>",
        Syntax::JoinedStr => "<string>",
        Syntax::List | Syntax::ListComp => "<list>",
        Syntax::Dict | Syntax::DictComp => "<dict>",
        Syntax::Set | Syntax::SetComp => "<set>",
        Syntax::Tuple => "<tuple>",
        Syntax::Lambda => "<lambda>",
        Syntax::Await => "<await>",
        Syntax::Attribute => "<attribute>",
        _ => "<expression>",
    };
    parts.push(head);
    parts.reverse();
    parts.join(".")
}

impl Resolver<'_> {
    pub fn expression_text(&mut self, node: u32) -> Str {
        let text = expression_text(&self.repository.tree, self.strings, node);
        self.strings.intern(&text)
    }
}
