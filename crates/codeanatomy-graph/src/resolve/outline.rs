//! What tree-sitter says of sources that have no syntax tree, made into trees: definitions, imports and calls, and nothing between them.
//! A callee that is more than names joined by dots is a node of class `Unparsed`. No scopes are opened and no names resolved here.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::operator::OperatorError;
use crate::positions::Lines;
use crate::resolve::sources::{Columns, Files, PORTS, gather};
use crate::table::{Column, NULL_STR, Ragged, Str, Strings, Table};

/// Adds a tree to the syntax rows for every file that has outline rows; says which files, by rank.
pub fn add_trees(
    files: &Files,
    lines: &Lines<Ragged<i32>>,
    [definitions, calls, imports]: [Table; 3],
    syntax: &mut Table,
    strings: &mut Strings,
) -> Result<Vec<bool>, OperatorError> {
    let definitions = Definitions::read(files, definitions)?;
    let calls = Calls::read(files, calls)?;
    let imports = Imports::read(files, imports)?;
    let mut rows = Rows::default();
    let words = Words::new(strings);
    let mut outlined = vec![false; files.files.len()];
    for (rank, file) in files.files.iter().enumerate() {
        let found = [range(&definitions.starts, rank), range(&calls.starts, rank), range(&imports.starts, rank)];
        if found.iter().all(Range::is_empty) {
            continue;
        }
        outlined[rank] = true;
        let starts = lines.of(file.id).starts;
        let [of_definitions, of_calls, of_imports] = found;
        let ends =
            definitions.bend[of_definitions.clone()].iter().chain(&calls.bend[of_calls.clone()]).chain(&imports.bend[of_imports.clone()]);
        let end = ends.copied().max().unwrap_or(0);
        let outline = Outline { definitions: &definitions, calls: &calls, imports: &imports, words: &words, starts, file_id: file.id };
        outline.write([of_definitions, of_calls, of_imports], end, strings, &mut rows);
    }
    rows.append_to(syntax);
    Ok(outlined)
}

fn range(starts: &[u32], rank: usize) -> Range<usize> {
    starts[rank] as usize..starts[rank + 1] as usize
}

/// Declares the columns of one port, in its order, sorted by file and the number that is its second column.
macro_rules! evidence {
    ($name:ident, $port:literal, { $($column:ident: $take:ident -> $type:ty),* $(,)? }) => {
        struct $name { starts: Vec<u32>, $($column: Vec<$type>),* }

        impl $name {
            fn read(files: &Files, table: Table) -> Result<Self, OperatorError> {
                let mut columns = Columns::new($port, table);
                let (file_ids, numbers) = (columns.i64s()?, columns.i32s()?);
                let (order, starts) = files.order(PORTS[$port].name, &file_ids, &numbers)?;
                Ok(Self { starts, $($column: gather(&order, columns.$take()?)),* })
            }
        }
    };
}

evidence!(Definitions, 5, {
    parent: i32s -> i32, kind: strs -> Str, bstart: i32s -> i32, bend: i32s -> i32, name: strs -> Str, name_bstart: i32s -> i32, name_bend: i32s -> i32,
});
evidence!(Calls, 6, {
    definition: i32s -> i32, bstart: i32s -> i32, bend: i32s -> i32, callee_bstart: i32s -> i32, callee_bend: i32s -> i32, callee: strs -> Str,
});
evidence!(Imports, 7, {
    definition: i32s -> i32, bstart: i32s -> i32, bend: i32s -> i32, level: i32s -> i32, module: strs -> Str, module_bstart: i32s -> i32,
    module_bend: i32s -> i32, name: strs -> Str, name_bstart: i32s -> i32, name_bend: i32s -> i32, alias: strs -> Str, alias_bend: i32s -> i32,
});

/// The words of the grammar that these trees are made of.
struct Words {
    module: Str,
    class: Str,
    class_def: Str,
    function_def: Str,
    import: Str,
    import_from: Str,
    alias: Str,
    expr: Str,
    call: Str,
    attribute: Str,
    name: Str,
    unparsed: Str,
    none: Str,
    body: Str,
    names: Str,
    value: Str,
    func: Str,
    args: Str,
    read: Str,
}

impl Words {
    fn new(strings: &mut Strings) -> Self {
        let mut word = |text| strings.intern(text);
        Self {
            module: word("Module"),
            class: word("class"),
            class_def: word("ClassDef"),
            function_def: word("FunctionDef"),
            import: word("Import"),
            import_from: word("ImportFrom"),
            alias: word("alias"),
            expr: word("Expr"),
            call: word("Call"),
            attribute: word("Attribute"),
            name: word("Name"),
            unparsed: word("Unparsed"),
            none: word(""),
            body: word("body"),
            names: word("names"),
            value: word("value"),
            func: word("func"),
            args: word("args"),
            read: word("read"),
        }
    }
}

/// A node as it is written; its file and number are added.
#[derive(Clone, Copy)]
struct Node {
    parent: i32,
    class: Str,
    field: Str,
    position: i32,
    span: (i32, i32),
    name: Str,
    name_span: (i32, i32),
    access: Str,
    value: Str,
}

impl Node {
    /// A node without a name.
    fn plain(parent: i32, class: Str, field: Str, position: i32, span: (i32, i32)) -> Self {
        Self { parent, class, field, position, span, name: NULL_STR, name_span: (-1, -1), access: NULL_STR, value: NULL_STR }
    }
}

/// The columns of the syntax port.
#[derive(Default)]
struct Rows {
    file_id: Vec<i64>,
    node: Vec<i32>,
    parent: Vec<i32>,
    class: Vec<Str>,
    field: Vec<Str>,
    position: Vec<i32>,
    bstart: Vec<i32>,
    bend: Vec<i32>,
    name: Vec<Str>,
    name_bstart: Vec<i32>,
    name_bend: Vec<i32>,
    access: Vec<Str>,
    value: Vec<Str>,
    line: Vec<i32>,
}

impl Rows {
    fn push(&mut self, file_id: i64, number: i32, line: i32, node: Node) {
        self.file_id.push(file_id);
        self.node.push(number);
        self.parent.push(node.parent);
        self.class.push(node.class);
        self.field.push(node.field);
        self.position.push(node.position);
        self.bstart.push(node.span.0);
        self.bend.push(node.span.1);
        self.name.push(node.name);
        self.name_bstart.push(node.name_span.0);
        self.name_bend.push(node.name_span.1);
        self.access.push(node.access);
        self.value.push(node.value);
        self.line.push(line);
    }

    fn append_to(self, syntax: &mut Table) {
        let columns = [
            Column::I64(self.file_id),
            Column::I32(self.node),
            Column::I32(self.parent),
            Column::Str(self.class),
            Column::Str(self.field),
            Column::I32(self.position),
            Column::I32(self.bstart),
            Column::I32(self.bend),
            Column::Str(self.name),
            Column::I32(self.name_bstart),
            Column::I32(self.name_bend),
            Column::Str(self.access),
            Column::Str(self.value),
            Column::I32(self.line),
        ];
        for ((_, column), more) in syntax.columns.iter_mut().zip(columns) {
            match (column, more) {
                (Column::I64(values), Column::I64(more)) => values.extend(more),
                (Column::I32(values), Column::I32(more)) => values.extend(more),
                (Column::Str(values), Column::Str(more)) => values.extend(more),
                _ => unreachable!("the syntax port has the columns of these rows"),
            }
        }
    }
}

/// What stands in a body, in the order of the text.
#[derive(Clone)]
enum Item {
    Definition(usize),
    /// The rows of the names of one statement.
    Import(Range<usize>),
    Call(usize),
}

/// A body that is being written.
struct Body {
    items: std::vec::IntoIter<Item>,
    node: i32,
    span: (i32, i32),
    position: i32,
}

/// A call whose arguments may still come.
struct OpenCall {
    node: i32,
    bend: i32,
    arguments: i32,
    callee: i32,
    callee_bend: i32,
}

/// The evidence of one file.
struct Outline<'a> {
    definitions: &'a Definitions,
    calls: &'a Calls,
    imports: &'a Imports,
    words: &'a Words,
    starts: &'a [i32],
    file_id: i64,
}

impl Outline<'_> {
    /// Writes the tree of the file, in pre-order.
    fn write(&self, [definitions, calls, imports]: [Range<usize>; 3], end: i32, strings: &mut Strings, rows: &mut Rows) {
        let mut bodies = self.bodies(definitions.clone(), calls, imports, strings);
        let first = self.starts.first().copied().unwrap_or(0);
        let mut next = 0;
        let span = (first, end.max(first));
        let root = self.push(rows, &mut next, Node::plain(-1, self.words.module, self.words.none, 0, span));
        let mut open = vec![Body { items: bodies.remove(&-1).unwrap_or_default().into_iter(), node: root, span, position: 0 }];
        let mut calls: Vec<OpenCall> = Vec::new();
        while let Some(body) = open.last_mut() {
            let Some(item) = body.items.next() else {
                open.pop();
                calls.clear();
                continue;
            };
            match item {
                Item::Definition(row) => {
                    calls.clear();
                    let node = self.definition(row, body);
                    let span = node.span;
                    let number = self.push(rows, &mut next, node);
                    let items = bodies.remove(&((row - definitions.start) as i32)).unwrap_or_default().into_iter();
                    open.push(Body { items, node: number, span, position: 0 });
                }
                Item::Import(names) => {
                    calls.clear();
                    self.import(names, body, &mut next, strings, rows);
                }
                Item::Call(row) => self.call(row, body, &mut calls, &mut next, strings, rows),
            }
        }
    }

    /// What stands in each definition, by its number, and in the file, by -1. A definition without a name lends its body to what holds it.
    fn bodies(
        &self,
        definitions: Range<usize>,
        calls: Range<usize>,
        imports: Range<usize>,
        strings: &Strings,
    ) -> FxHashMap<i32, Vec<Item>> {
        let of_file = definitions.clone();
        let holder = |mut number: i32| {
            while number >= 0 && strings.text(self.definitions.name[of_file.start + number as usize]).is_empty() {
                number = self.definitions.parent[of_file.start + number as usize];
            }
            number
        };
        let mut items: Vec<(i32, i32, i32, Item)> = Vec::new();
        for row in definitions {
            if !strings.text(self.definitions.name[row]).is_empty() {
                let (bstart, bend) = (self.definitions.bstart[row], self.definitions.bend[row]);
                items.push((holder(self.definitions.parent[row]), bstart, -bend, Item::Definition(row)));
            }
        }
        for row in calls {
            items.push((holder(self.calls.definition[row]), self.calls.bstart[row], -self.calls.bend[row], Item::Call(row)));
        }
        let mut at = imports.start;
        while at < imports.end {
            let statement = self.imports.bstart[at];
            let names = self.imports.bstart[at..imports.end].iter().take_while(|&&bstart| bstart == statement).count();
            items.push((holder(self.imports.definition[at]), statement, -self.imports.bend[at], Item::Import(at..at + names)));
            at += names;
        }
        items.sort_by_key(|&(holder, bstart, bend, _)| (holder, bstart, bend));
        let mut bodies: FxHashMap<i32, Vec<Item>> = FxHashMap::default();
        for (holder, _, _, item) in items {
            bodies.entry(holder).or_default().push(item);
        }
        bodies
    }

    fn definition(&self, row: usize, body: &mut Body) -> Node {
        let of = self.definitions;
        let class = if of.kind[row] == self.words.class { self.words.class_def } else { self.words.function_def };
        let node = Node::plain(body.node, class, self.words.body, body.take(), within(body.span, (of.bstart[row], of.bend[row])));
        Node { name: of.name[row], name_span: (of.name_bstart[row], of.name_bend[row]), ..node }
    }

    fn import(&self, names: Range<usize>, body: &mut Body, next: &mut i32, strings: &mut Strings, rows: &mut Rows) {
        let (of, words, first) = (self.imports, self.words, names.start);
        let span = within(body.span, (of.bstart[first], of.bend[first]));
        let is_from = of.level[first] > 0 || !of.module[first].is_null();
        let class = if is_from { words.import_from } else { words.import };
        let mut statement = Node::plain(body.node, class, words.body, body.take(), span);
        if is_from {
            statement.name = of.module[first];
            statement.name_span = (of.module_bstart[first], of.module_bend[first]);
            statement.value = strings.intern(&of.level[first].to_string());
        }
        let number = self.push(rows, next, statement);
        for (position, row) in names.enumerate() {
            let end = of.alias_bend[row].max(of.name_bend[row]);
            let alias = Node::plain(number, words.alias, words.names, position as i32, within(span, (of.name_bstart[row], end)));
            let name_span = (of.name_bstart[row], of.name_bend[row]);
            self.push(rows, next, Node { name: of.name[row], name_span, value: of.alias[row], ..alias });
        }
    }

    /// A call, inside the callee or the arguments of an open one, or as a statement of its own.
    fn call(&self, row: usize, body: &mut Body, open: &mut Vec<OpenCall>, next: &mut i32, strings: &mut Strings, rows: &mut Rows) {
        let (of, words) = (self.calls, self.words);
        let span = within(body.span, (of.bstart[row], of.bend[row]));
        while open.last().is_some_and(|outer| outer.bend < span.1) {
            open.pop();
        }
        let (parent, field, position) = match open.last_mut() {
            Some(outer) if span.1 <= outer.callee_bend => (outer.callee, words.value, 0),
            Some(outer) => {
                outer.arguments += 1;
                (outer.node, words.args, outer.arguments - 1)
            }
            None => {
                let statement = Node::plain(body.node, words.expr, words.body, body.take(), span);
                (self.push(rows, next, statement), words.value, 0)
            }
        };
        let node = self.push(rows, next, Node::plain(parent, words.call, field, position, span));
        let callee_span = within(span, (of.callee_bstart[row], of.callee_bend[row]));
        let callee = self.callee(node, of.callee[row], callee_span, next, strings, rows);
        open.push(OpenCall { node, bend: span.1, arguments: 0, callee, callee_bend: callee_span.1 });
    }

    /// The names of a callee, the last outermost; a node that says nothing where it is anything else. Gives the outermost.
    fn callee(&self, call: i32, text: Str, span: (i32, i32), next: &mut i32, strings: &mut Strings, rows: &mut Rows) -> i32 {
        let words = self.words;
        let parts: Vec<String> = match strings.get(text) {
            Some(text) if text.len() as i32 == span.1 - span.0 && !text.contains(char::is_whitespace) => {
                text.split('.').map(str::to_owned).collect()
            }
            _ => return self.push(rows, next, Node::plain(call, words.unparsed, words.func, 0, span)),
        };
        let first = *next;
        let (mut parent, mut field, mut end) = (call, words.func, span.1);
        for (index, part) in parts.iter().enumerate().rev() {
            let class = if index == 0 { words.name } else { words.attribute };
            let node = Node::plain(parent, class, field, 0, (span.0, end));
            let name_span = (end - part.len() as i32, end);
            parent = self.push(rows, next, Node { name: strings.intern(part), name_span, access: words.read, ..node });
            (field, end) = (words.value, name_span.0 - 1);
        }
        first
    }

    fn push(&self, rows: &mut Rows, next: &mut i32, node: Node) -> i32 {
        let at = if node.name_span.0 >= 0 { node.name_span.0 } else { node.span.0 };
        let line = self.starts.partition_point(|&start| start <= at) as i32;
        rows.push(self.file_id, *next, line, node);
        *next += 1;
        *next - 1
    }
}

impl Body {
    /// The position of its next statement.
    fn take(&mut self) -> i32 {
        self.position += 1;
        self.position - 1
    }
}

/// The span, as far as it lies in the other: where a text is broken, what holds something may end before it.
fn within(outer: (i32, i32), span: (i32, i32)) -> (i32, i32) {
    let bstart = span.0.clamp(outer.0, outer.1);
    (bstart, span.1.clamp(bstart, outer.1))
}
