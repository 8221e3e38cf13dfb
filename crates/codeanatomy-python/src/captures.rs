//! What tree-sitter's trees say of many texts: where definitions, calls, imports and errors are. It walks each tree once, and reads no text.

use std::cmp::Reverse;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tree_sitter::{Language, Node, Parser, TreeCursor};

use crate::bytes::bytes;

/// What is captured. Captures of a node and of its parts are equally many, and nested alike.
#[derive(Clone, Copy)]
enum Capture {
    Class,
    ClassName,
    ClassBody,
    Function,
    FunctionName,
    FunctionBody,
    /// The name of a class or function whose head stands in an error.
    BrokenClass,
    BrokenFunction,
    Decorated,
    Decorator,
    Call,
    Callee,
    /// An import.
    Statement,
    Module,
    /// What it names, also the star.
    Name,
    Alias,
    Error,
    Missing,
}

/// Their names, in the order of the numbers.
const NAMES: [&str; 18] = [
    "class",
    "class_name",
    "class_body",
    "function",
    "function_name",
    "function_body",
    "broken_class",
    "broken_function",
    "decorated",
    "decorator",
    "call",
    "callee",
    "statement",
    "module",
    "name",
    "alias",
    "error",
    "missing",
];

/// The captures that become rows.
const ROWS: [Capture; 8] = [
    Capture::Class,
    Capture::Function,
    Capture::BrokenClass,
    Capture::BrokenFunction,
    Capture::Call,
    Capture::Name,
    Capture::Error,
    Capture::Missing,
];

/// The kind of a node that is an error.
const ERROR: u16 = u16::MAX;

/// Numbers of the grammar: of kinds of nodes, of tokens, of fields.
struct Grammar {
    class: u16,
    function: u16,
    decorated: u16,
    decorator: u16,
    call: u16,
    import: u16,
    import_from: u16,
    import_future: u16,
    aliased: u16,
    star: u16,
    dotted: u16,
    identifier: u16,
    class_token: u16,
    def_token: u16,
    future_token: u16,
    name: u16,
    body: u16,
    callee: u16,
    module: u16,
    alias: u16,
}

impl Grammar {
    fn of(language: &Language) -> PyResult<Self> {
        let known = |number: u16, what: &str| match number {
            0 => Err(PyRuntimeError::new_err(format!("the grammar has no {what}"))),
            number => Ok(number),
        };
        let node = |name: &str| known(language.id_for_node_kind(name, true), name);
        let token = |name: &str| known(language.id_for_node_kind(name, false), name);
        let field = |name: &str| known(language.field_id_for_name(name).map_or(0, |field| field.get()), name);
        Ok(Self {
            class: node("class_definition")?,
            function: node("function_definition")?,
            decorated: node("decorated_definition")?,
            decorator: node("decorator")?,
            call: node("call")?,
            import: node("import_statement")?,
            import_from: node("import_from_statement")?,
            import_future: node("future_import_statement")?,
            aliased: node("aliased_import")?,
            star: node("wildcard_import")?,
            dotted: node("dotted_name")?,
            identifier: node("identifier")?,
            class_token: token("class")?,
            def_token: token("def")?,
            future_token: token("__future__")?,
            name: field("name")?,
            body: field("body")?,
            callee: field("function")?,
            module: field("module_name")?,
            alias: field("alias")?,
        })
    }

    fn is_import(&self, kind: u16) -> bool {
        kind == self.import || kind == self.import_from || kind == self.import_future
    }
}

/// The captures of the texts added since the last `take`, with offsets into these texts as joined, a byte between each two.
#[pyclass(module = "codeanatomy._engine")]
pub struct Captures {
    parser: Parser,
    grammar: Grammar,
    /// Where the next text starts.
    start: i64,
    spans: [Vec<(i64, i64)>; NAMES.len()],
    /// The tokens that are missing, and where.
    missing: Vec<(i64, &'static str)>,
    /// Of each node around the present one its kind, and what an identifier is that comes next among its children.
    around: Vec<(u16, Option<Capture>)>,
}

#[pymethods]
impl Captures {
    #[new]
    fn new() -> PyResult<Self> {
        let language = Language::new(tree_sitter_python::LANGUAGE);
        let mut parser = Parser::new();
        parser.set_language(&language).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let grammar = Grammar::of(&language)?;
        Ok(Self { parser, grammar, start: 0, spans: Default::default(), missing: Vec::new(), around: Vec::new() })
    }

    /// Parses a text; returns how many of its captures become rows.
    fn add(&mut self, utf8: &[u8]) -> usize {
        let before = self.rows();
        let tree = self.parser.parse(utf8, None).expect("a parser that has a language and is not stopped gives a tree");
        self.walk(tree.root_node());
        self.start += utf8.len() as i64 + 1;
        self.rows() - before
    }

    /// Starts and ends of all captures by their names: outer before inner, in the order of the texts; and the tokens that are missing.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<(Bound<'py, PyDict>, Vec<&'static str>)> {
        let taken = PyDict::new(py);
        self.start = 0;
        for (name, spans) in NAMES.iter().zip(&mut self.spans) {
            let mut spans = std::mem::take(spans);
            spans.sort_by_key(|&(start, end)| (start, Reverse(end)));
            let (starts, ends): (Vec<i64>, Vec<i64>) = spans.into_iter().unzip();
            let part = |offsets: &[i64]| -> PyResult<Bound<'py, PyBytes>> { bytes(py, offsets, i64::to_ne_bytes) };
            taken.set_item(name, (part(&starts)?, part(&ends)?))?;
        }
        let mut missing = std::mem::take(&mut self.missing);
        missing.sort_by_key(|&(place, _)| place);
        Ok((taken, missing.into_iter().map(|(_, token)| token).collect()))
    }
}

impl Captures {
    fn rows(&self) -> usize {
        ROWS.iter().map(|&capture| self.spans[capture as usize].len()).sum()
    }

    fn push(&mut self, capture: Capture, node: Node<'_>) {
        self.spans[capture as usize].push((self.start + node.start_byte() as i64, self.start + node.end_byte() as i64));
    }

    /// Captures nodes that belong together, if all of them are there.
    fn push_all<const N: usize>(&mut self, captures: [(Capture, Option<Node<'_>>); N]) {
        if captures.iter().all(|(_, node)| node.is_some()) {
            captures.into_iter().filter_map(|(capture, node)| Some((capture, node?))).for_each(|(capture, node)| self.push(capture, node));
        }
    }

    /// Every node, outer before inner, without recursion: trees may be deep.
    fn walk(&mut self, root: Node<'_>) {
        let is_broken = root.has_error();
        let mut cursor = root.walk();
        self.around.clear();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            self.visit(node, kind, &cursor);
            if is_broken {
                self.visit_broken(node, kind);
            }
            if cursor.goto_first_child() {
                self.around.push((kind, None));
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                self.around.pop();
            }
        }
    }

    fn visit(&mut self, node: Node<'_>, kind: u16, cursor: &TreeCursor<'_>) {
        use Capture::*;
        let grammar = &self.grammar;
        let named = |field| part(node, field);
        if kind == grammar.call {
            self.push_all([(Call, Some(node)), (Callee, named(grammar.callee))]);
        } else if kind == grammar.dotted {
            if grammar.is_import(self.parent()) && cursor.field_id().is_some_and(|field| field.get() == grammar.name) {
                self.push(Name, node);
            }
        } else if kind == grammar.function {
            self.push_all([(Function, Some(node)), (FunctionName, named(grammar.name)), (FunctionBody, named(grammar.body))]);
        } else if kind == grammar.class {
            self.push_all([(Class, Some(node)), (ClassName, named(grammar.name)), (ClassBody, named(grammar.body))]);
        } else if kind == grammar.decorated {
            self.push(Decorated, node);
        } else if kind == grammar.decorator {
            self.push(Decorator, node);
        } else if grammar.is_import(kind) {
            let module = named(grammar.module);
            self.push(Statement, node);
            self.push_all([(Module, module)]);
        } else if kind == grammar.future_token {
            if self.parent() == grammar.import_future {
                self.push(Module, node);
            }
        } else if kind == grammar.star {
            self.push(Name, node);
        } else if kind == grammar.aliased {
            let name = named(grammar.name).filter(|name| name.kind_id() == grammar.dotted);
            self.push_all([(Name, name), (Alias, named(grammar.alias))]);
        }
    }

    /// What only broken trees have.
    fn visit_broken(&mut self, node: Node<'_>, kind: u16) {
        if kind == ERROR {
            self.push(Capture::Error, node);
        }
        if node.is_missing() {
            self.push(Capture::Missing, node);
            self.missing.push((self.start + node.start_byte() as i64, node.kind()));
        }
        let Some((ERROR, awaited)) = self.around.last_mut() else { return };
        if kind == self.grammar.class_token {
            *awaited = Some(Capture::BrokenClass);
        } else if kind == self.grammar.def_token {
            *awaited = Some(Capture::BrokenFunction);
        } else if node.is_named()
            && let Some(capture) = awaited.take()
            && kind == self.grammar.identifier
        {
            self.push(capture, node);
        }
    }

    /// The kind of the node around the present one; of the root, that of none.
    fn parent(&self) -> u16 {
        self.around.last().map_or(0, |&(kind, _)| kind)
    }
}

/// The named node in a field, if it is no error.
fn part(node: Node<'_>, field: u16) -> Option<Node<'_>> {
    node.child_by_field_id(field).filter(|part| part.is_named() && !part.is_error())
}
