//! CPython's syntax trees as columns: the nodes of many sources in pre-order. It takes what only the objects can tell, and derives nothing.

use std::collections::hash_map::Entry;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString, PyType};
use rustc_hash::FxHashMap;

mod columns;

use columns::{Columns, Place, Texts};

/// What a node says beside its name, by kind: the field, and how its value becomes text.
const VALUES: &[(&str, &str, How)] = &[
    ("Constant", "value", How::Constant),
    ("BinOp", "op", How::Class),
    ("AugAssign", "op", How::Class),
    ("UnaryOp", "op", How::Class),
    ("BoolOp", "op", How::Class),
    ("Compare", "ops", How::Classes),
    ("FormattedValue", "conversion", How::Character),
    ("AnnAssign", "simple", How::Number),
    ("comprehension", "is_async", How::Async),
    ("ImportFrom", "level", How::Number),
    ("alias", "asname", How::Word),
    ("Global", "names", How::Words),
    ("Nonlocal", "names", How::Words),
    ("MatchSingleton", "value", How::Singleton),
    ("MatchClass", "kwd_attrs", How::Words),
];

#[derive(Clone, Copy)]
enum How {
    /// A string's text, a singleton's name; anything else is to be read from the source. The name of the node is that of the value's class.
    Constant,
    Singleton,
    Class,
    Classes,
    /// A code point; below zero, none.
    Character,
    /// None is 0.
    Number,
    Async,
    Word,
    /// None of them is none.
    Words,
}

/// Class of the nodes; name and number of each field that holds nodes; the field of the identifier; whether they have a context, and a position.
type Shape<'py> = (Bound<'py, PyType>, Vec<(String, u8)>, Option<String>, bool, bool);

/// What is in the `__dict__` of the nodes of a kind.
struct Layout {
    children: Vec<(Py<PyString>, u8)>,
    name: Option<Py<PyString>>,
    value: Option<(Py<PyString>, How)>,
    has_context: bool,
    has_position: bool,
}

/// A node to be visited.
struct Waiting<'py> {
    node: Bound<'py, PyAny>,
    parent: i64,
    field: u8,
    position: i64,
}

/// Names of classes by their address, which the reference keeps theirs.
type ClassNames = FxHashMap<usize, (Py<PyType>, String)>;

/// The sources added since the last `take`.
#[pyclass(module = "codeanatomy._engine")]
pub struct SyntaxTrees {
    /// By the address of the class.
    kinds: FxHashMap<usize, u8>,
    layouts: Vec<Layout>,
    /// By the address of the class.
    contexts: FxHashMap<usize, i8>,
    class_names: ClassNames,
    columns: Columns,
}

#[pymethods]
impl SyntaxTrees {
    #[new]
    fn new(py: Python<'_>, kinds: Vec<Shape<'_>>, contexts: Vec<Bound<'_, PyType>>) -> PyResult<Self> {
        let mut made = Self {
            kinds: FxHashMap::default(),
            layouts: Vec::new(),
            contexts: FxHashMap::default(),
            class_names: FxHashMap::default(),
            columns: Columns::default(),
        };
        for (number, context) in contexts.iter().enumerate() {
            made.contexts.insert(context.as_ptr() as usize, i8::try_from(number)?);
        }
        for (number, shape) in kinds.into_iter().enumerate() {
            made.kinds.insert(shape.0.as_ptr() as usize, u8::try_from(number)?);
            made.layouts.push(Layout::new(py, shape)?);
        }
        Ok(made)
    }

    /// Adds the tree of a source; returns how many nodes it has. With `most` or more it is not added.
    fn add(&mut self, tree: Bound<'_, PyAny>, utf8: &[u8], start: usize, most: usize) -> PyResult<usize> {
        let mark = self.columns.mark();
        let before = self.columns.rows();
        self.columns.begin(utf8, start);
        let unfolded = self.unfold(tree);
        let nodes = self.columns.rows() - before;
        if unfolded.is_err() || nodes >= most {
            self.columns.cut(&mark);
        }
        unfolded.map(|()| nodes)
    }

    /// Nodes waiting to be taken.
    #[getter]
    fn pending(&self) -> usize {
        self.columns.rows()
    }

    /// The columns of all sources added since the last take.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.columns.take(py)
    }
}

impl Layout {
    fn new(py: Python<'_>, (class, children, name, has_context, has_position): Shape<'_>) -> PyResult<Self> {
        let interned = |name: &str| PyString::intern(py, name).unbind();
        let class_name = class.name()?.to_string();
        let value = VALUES.iter().find(|(kind, ..)| *kind == class_name);
        Ok(Self {
            children: children.iter().map(|(name, number)| (interned(name), *number)).collect(),
            name: name.map(|name| interned(&name)),
            value: value.map(|(_, field, how)| (interned(field), *how)),
            has_context,
            has_position,
        })
    }
}

impl SyntaxTrees {
    /// Depth first, with a stack of its own: trees are deeper than the machine's.
    fn unfold(&mut self, tree: Bound<'_, PyAny>) -> PyResult<()> {
        let root = self.columns.rows() as i64;
        let mut stack = vec![Waiting { node: tree, parent: root, field: 0, position: 0 }];
        while let Some(waiting) = stack.pop() {
            let row = self.columns.rows() as i64;
            let Some(&kind) = self.kinds.get(&(waiting.node.get_type_ptr() as usize)) else {
                return Err(PyTypeError::new_err(format!("{} is no node of the grammar", waiting.node.get_type())));
            };
            let members = waiting.node.getattr(intern!(waiting.node.py(), "__dict__"))?.cast_into::<PyDict>()?;
            self.visit(kind, &waiting, &members)?;
            for (name, field) in self.layouts[kind as usize].children.iter().rev() {
                let child = member(&members, name.bind(members.py()))?;
                if let Ok(list) = child.cast::<PyList>() {
                    for position in (0..list.len()).rev() {
                        let node = list.get_item(position)?;
                        // `{**x}` has no key there, a keyword-only parameter may have no default.
                        if !node.is_none() {
                            stack.push(Waiting { node, parent: row, field: *field, position: position as i64 });
                        }
                    }
                } else if !child.is_none() {
                    stack.push(Waiting { node: child, parent: row, field: *field, position: 0 });
                }
            }
        }
        Ok(())
    }

    /// The row of a node.
    fn visit(&mut self, kind: u8, waiting: &Waiting<'_>, members: &Bound<'_, PyDict>) -> PyResult<()> {
        let Self { layouts, contexts, class_names, columns, .. } = self;
        let (py, layout) = (members.py(), &layouts[kind as usize]);
        columns.kinds.push(kind);
        columns.fields.push(waiting.field);
        columns.positions.push(waiting.position);
        columns.parents.push(waiting.parent);
        columns.place(if layout.has_position { Some(place(members)?) } else { None });
        let context = if layout.has_context { Some(member(members, intern!(py, "ctx"))?) } else { None };
        let known = |context: Bound<'_, PyAny>| contexts.get(&(context.get_type_ptr() as usize)).copied();
        columns.contexts.push(context.and_then(known).unwrap_or(-1));
        if let Some(name) = &layout.name {
            push(&mut columns.names, &member(members, name.bind(py))?)?;
        }
        if let Some((field, how)) = &layout.value {
            let value = member(members, field.bind(py))?;
            if matches!(how, How::Constant) {
                columns.names.push(Some(class_name(class_names, &value)?))?;
            }
            say(columns, class_names, &value, *how)?;
        }
        for texts in [&mut columns.names, &mut columns.values] {
            if texts.len() < columns.kinds.len() {
                texts.push(None)?;
            }
        }
        Ok(())
    }
}

/// What a node says beside its name.
fn say(columns: &mut Columns, class_names: &mut ClassNames, value: &Bound<'_, PyAny>, how: How) -> PyResult<()> {
    let row = columns.kinds.len() as i64 - 1;
    let values = &mut columns.values;
    match how {
        How::Constant if value.is_instance_of::<PyString>() => push(values, value),
        How::Constant if !value.is_none() && !value.is_instance_of::<PyBool>() => {
            columns.quoted.push(row);
            Ok(())
        }
        How::Constant | How::Singleton => push(values, value.repr()?.as_any()),
        How::Class => values.push(Some(class_name(class_names, value)?)),
        How::Classes => {
            let mut names = Vec::new();
            for one in value.try_iter()? {
                names.push(class_name(class_names, &one?)?.to_owned());
            }
            values.push(Some(&names.join(" ")))
        }
        How::Character => {
            let character = u32::try_from(value.extract::<i64>()?).ok().and_then(char::from_u32);
            values.push(character.map(String::from).as_deref())
        }
        How::Number => values.push(Some(&value.extract::<Option<i64>>()?.unwrap_or(0).to_string())),
        How::Async => values.push(value.is_truthy()?.then_some("async")),
        How::Word => push(values, value),
        How::Words => {
            let words = value.extract::<Vec<String>>()?.join(" ");
            values.push(Some(words.as_str()).filter(|words| !words.is_empty()))
        }
    }
}

fn member<'py>(members: &Bound<'py, PyDict>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    members.get_item(name)?.ok_or_else(|| PyKeyError::new_err(name.to_string()))
}

fn place(members: &Bound<'_, PyDict>) -> PyResult<Place> {
    let py = members.py();
    Ok(Place {
        line: member(members, intern!(py, "lineno"))?.extract()?,
        column: member(members, intern!(py, "col_offset"))?.extract()?,
        end_line: member(members, intern!(py, "end_lineno"))?.extract()?,
        end_column: member(members, intern!(py, "end_col_offset"))?.extract()?,
    })
}

fn class_name<'n>(known: &'n mut ClassNames, value: &Bound<'_, PyAny>) -> PyResult<&'n str> {
    match known.entry(value.get_type_ptr() as usize) {
        Entry::Occupied(known) => Ok(&known.into_mut().1),
        Entry::Vacant(free) => {
            let class = value.get_type();
            let name = class.name()?.to_string();
            Ok(&free.insert((class.unbind(), name)).1)
        }
    }
}

/// A string or None; what UTF-8 cannot hold, lone surrogates, as backslash escapes.
fn push(texts: &mut Texts, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if value.is_none() {
        return texts.push(None);
    }
    let text = value.cast::<PyString>()?;
    if let Ok(text) = text.to_str() {
        return texts.push(Some(text));
    }
    let escaped = text.call_method1(intern!(text.py(), "encode"), ("utf-8", "backslashreplace"))?;
    texts.push(Some(&String::from_utf8_lossy(escaped.extract()?)))
}
