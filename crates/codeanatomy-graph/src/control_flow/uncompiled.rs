//! Code objects of files that have a syntax tree and no bytecode: which there would be, and how each is drawn. It lowers nothing itself.

use crate::operator::OperatorError;
use crate::table::{NULL_I64, Str, Strings};

use super::draft::Item;
use super::drawing::{Drawing, Place, cover};
use super::facts::{Facts, Uncompiled};
use super::interpreter::Interpreter;
use super::lowering::{Body, lower};
use super::owners::{Definitions, Made, Owner};
use super::sources::Source;
use super::steps::Step;
use super::syntax::{Class, Field, Forest, NONE, Tree};
use super::writer::{Object, Origin, Writer};

/// From this version on annotations are evaluated only when they are asked for.
const LAZY_ANNOTATIONS: (u64, u64) = (3, 14);

/// What all files without bytecode share.
pub struct FromSyntax<'a> {
    interpreter: &'a Interpreter,
    definitions: &'a Definitions<'a>,
    forest: &'a Forest<'a>,
    uncompiled: Uncompiled<'a>,
}

/// The code objects of a file, numbered in the order of their syntax.
struct Codes {
    /// The node that each is made of.
    roots: Vec<u32>,
    /// The number of the one around each.
    parents: Vec<i32>,
    /// The one that evaluates each node.
    of: Vec<i32>,
}

impl<'a> FromSyntax<'a> {
    pub fn new(interpreter: &'a Interpreter, definitions: &'a Definitions<'a>, forest: &'a Forest<'a>, uncompiled: Uncompiled<'a>) -> Self {
        Self { interpreter, definitions, forest, uncompiled }
    }

    /// All code objects of one file.
    pub fn file(&self, file: i64, source: &Source<'_>, writer: &mut Writer<'_>, strings: &mut Strings) -> Result<(), OperatorError> {
        let path = strings.text(source.path).to_string();
        let tree = self.forest.tree(file, &path)?;
        let codes = Codes::new(&tree);
        let facts = self.uncompiled.facts(file, &tree, strings);
        let annotates = self.interpreter.version < LAZY_ANNOTATIONS && !facts.postpones_annotations;
        let (mut owners, mut ids): (Vec<Owner>, Vec<i64>) = (Vec::new(), Vec::new());
        for (number, (&root, &parent)) in (0..).zip(codes.roots.iter().zip(&codes.parents)) {
            let (name, above) = (name(&tree, root, &facts, strings), usize::try_from(parent).ok());
            let made = Made {
                file,
                kind: kind(tree.class(root)),
                span: tree.spans[root as usize],
                name,
                parent: above.map(|above| owners[above]),
            };
            let owner = self.definitions.made_of(&made, source, strings);
            let id = writer.id(&path, number);
            let parent_id = above.map_or(NULL_I64, |above| ids[above]);
            owners.push(owner);
            ids.push(id);
            let object = Object { file, number, id, parent_id, name, owner, source, origin: Origin::Syntax };
            let body = Body { tree: &tree, facts: &facts, codes: &codes.of, root, annotates };
            let drawing = draw(body, source);
            writer.write(&object, &path, &tree, &drawing, strings);
        }
        Ok(())
    }
}

/// The `co_name` of what is made of a node.
fn name(tree: &Tree, root: u32, facts: &Facts, strings: &mut Strings) -> Str {
    strings.intern(match tree.class(root) {
        Class::Function | Class::Definition => return facts.name(root),
        Class::Lambda => "<lambda>",
        Class::ListComp => "<listcomp>",
        Class::SetComp => "<setcomp>",
        Class::DictComp => "<dictcomp>",
        Class::GeneratorExp => "<genexpr>",
        _ => "<module>",
    })
}

fn kind(class: Class) -> &'static str {
    match class {
        Class::Function => "function",
        Class::Definition => "class",
        Class::Lambda => "lambda",
        class if class.is_comprehension() => "comprehension",
        _ => "module",
    }
}

impl Codes {
    fn new(tree: &Tree) -> Self {
        let mut codes = Self { roots: Vec::new(), parents: Vec::new(), of: Vec::with_capacity(tree.len() as usize) };
        // The code object that evaluates what stands in each node as a part of its own.
        let mut inside: Vec<i32> = Vec::with_capacity(tree.len() as usize);
        for node in 0..tree.len() {
            let around = codes.around(tree, node, &inside);
            codes.of.push(around);
            if kind(tree.class(node)) != "module" || node == 0 {
                inside.push(codes.roots.len() as i32);
                codes.roots.push(node);
                codes.parents.push(around);
            } else {
                inside.push(around);
            }
        }
        codes
    }

    /// The code object that evaluates a node: headers of functions and the first iterable of a comprehension belong to the one outside.
    fn around(&self, tree: &Tree, node: u32, inside: &[i32]) -> i32 {
        let parent = tree.parent(node);
        if parent == NONE {
            return -1;
        }
        let is_outside = match tree.class(parent) {
            Class::Function | Class::Definition | Class::Lambda => tree.field(node) != Field::Body,
            Class::Comprehension => {
                let whole = tree.parent(parent);
                let first = tree.children(whole).find(|&child| tree.class(child) == Class::Comprehension);
                if tree.field(node) == Field::Iter && first == Some(parent) {
                    return self.of[whole as usize];
                }
                false
            }
            _ => false,
        };
        if is_outside { self.of[parent as usize] } else { inside[parent as usize] }
    }
}

fn draw(body: Body<'_>, source: &Source<'_>) -> Drawing {
    let tree = body.tree;
    let (graph, items) = lower(body);
    let mut places: Vec<Place> = graph.blocks.iter().map(|block| place(tree, source, &items[block.first..block.end])).collect();
    if places[0].span.is_none() {
        places[0] = Place::new(std::iter::once(line(source, tree.spans[body.root as usize].0)), None);
    }
    let steps = graph.blocks.iter().enumerate().flat_map(|(block, of)| {
        let finished = items[of.first..of.end].iter().filter(|item| item.is_step);
        finished.map(move |item| Step { block, node: item.node })
    });
    Drawing { places, steps: steps.collect(), graph }
}

/// Statements that hold others are not where their block is; a block in which nothing else is done stands where the first of them ends.
fn place(tree: &Tree, source: &Source<'_>, items: &[Item]) -> Place {
    let span = |item: &Item| tree.spans[item.node as usize];
    let is_here = |item: &&Item| !item.is_step || !holds_statements(tree.class(item.node));
    let here = items.iter().filter(is_here);
    if here.clone().next().is_none() {
        return Place::new(items.first().map(|item| line(source, span(item).1 - 1)).into_iter(), None);
    }
    Place::new(here.clone().map(|item| line(source, span(item).0)), cover(here.map(span)))
}

fn line(source: &Source<'_>, at: i32) -> i32 {
    source.text.lines.position(at).line
}

fn holds_statements(class: Class) -> bool {
    matches!(class, Class::If | Class::While | Class::For | Class::Try | Class::With | Class::Match)
}
