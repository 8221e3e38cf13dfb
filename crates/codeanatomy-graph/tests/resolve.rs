//! `resolve` on hand-made evidence: symbol tables that fit and that do not, missing evidence, order of rows. Python's rules are tested on Python.

use codeanatomy_graph::operator::{Kind, OperatorError, Run};
use codeanatomy_graph::resolve::RESOLVE;
use codeanatomy_graph::table::{Column, NULL_STR, Ragged, Str, Strings, Table};
use serde_json::{Value, json};

/// A file: its syntax as an indented outline (`field:Class name .access =value @line`), its blocks (`number parent kind name line`)
/// and its symbols (`block name kind`).
struct Source {
    path: &'static str,
    module: &'static str,
    syntax: &'static str,
    blocks: &'static str,
    symbols: &'static str,
}

/// Limits that nothing here reaches.
fn limits() -> Value {
    const NAMES: &str = "contexts_per_function contexts_per_factory nodes_per_factory contexts_on_average runs_per_activation passes_per_loop \
        open_calls calls_at_once values_per_set values_per_open_set constants_per_set texts_per_sum objects_per_class heirs_per_method \
        overrides_per_object classes_per_metaclass finally_depth targets_per_name hierarchy_methods name_match_classes";
    NAMES.split_whitespace().map(|name| (name.to_owned(), json!(99))).collect()
}

fn confidence() -> Value {
    const NAMES: &str = "global lexical import attribute value builtin external hierarchy name_match";
    NAMES.split_whitespace().map(|name| (name.to_owned(), json!([0.9, 0.5]))).collect()
}

/// An input without rows.
fn empty(port: usize) -> Table {
    let columns = RESOLVE.inputs[port].columns.iter().map(|&(name, kind)| match kind {
        Kind::I64 => (name, Column::I64(Vec::new())),
        Kind::I32 => (name, Column::I32(Vec::new())),
        Kind::Str => (name, Column::Str(Vec::new())),
        _ => unreachable!("{name}: outlines have numbers and texts"),
    });
    Table::new(columns.collect())
}

/// A row of the syntax: file, node, parent, class, field, position, first byte, name, access, value, line.
type Node = (i64, i32, i32, Str, Str, i32, i32, Str, Str, Str, i32);

#[derive(Default)]
struct Evidence {
    strings: Strings,
    files: Vec<(i64, Str, Str)>,
    syntax: Vec<Node>,
    blocks: Vec<(i64, i32, i32, Str, Str, i32)>,
    symbols: Vec<(i64, i32, Str, Str)>,
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

impl Evidence {
    fn of(sources: &[Source]) -> Self {
        let mut evidence = Self::default();
        for (number, source) in sources.iter().enumerate() {
            evidence.add(number as i64 + 1, source);
        }
        evidence
    }

    fn add(&mut self, file: i64, source: &Source) {
        self.files.push((file, self.strings.intern(source.path), self.strings.intern(source.module)));
        self.add_syntax(file, source.syntax);
        for line in lines(source.blocks) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (kind, name) = (self.strings.intern(words[2]), self.strings.intern(words[3]));
            self.blocks.push((file, words[0].parse().unwrap(), words[1].parse().unwrap(), kind, name, words[4].parse().unwrap()));
        }
        for line in lines(source.symbols) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, kind) = (self.strings.intern(words[1]), self.strings.intern(words[2]));
            self.symbols.push((file, words[0].parse().unwrap(), name, kind));
        }
    }

    fn add_syntax(&mut self, file: i64, outline: &str) {
        let mut above: Vec<(usize, i32)> = Vec::new();
        let mut fields: Vec<(i32, Str, i32)> = Vec::new();
        for (node, line) in lines(outline).enumerate() {
            let depth = line.len() - line.trim_start().len();
            above.retain(|&(other, _)| other < depth);
            let parent = above.last().map_or(-1, |&(_, number)| number);
            let (mut name, mut access, mut value, mut at) = (NULL_STR, NULL_STR, NULL_STR, 0);
            let mut words = line.split_whitespace();
            let (field, class) = words.next().unwrap().split_once(':').unwrap();
            for word in words {
                match word.split_at(1) {
                    (".", access_name) => access = self.strings.intern(access_name),
                    ("=", text) => value = self.strings.intern(text),
                    ("@", number) => at = number.parse().unwrap(),
                    _ => name = self.strings.intern(word),
                }
            }
            let (field, class) = (self.strings.intern(field), self.strings.intern(class));
            let position = fields.iter().filter(|&&(other, of, _)| other == parent && of == field).count() as i32;
            fields.push((parent, field, position));
            self.syntax.push((file, node as i32, parent, class, field, position, node as i32 * 10, name, access, value, at));
            above.push((depth, node as i32));
        }
    }

    /// Every row in the opposite order.
    fn reversed(mut self) -> Self {
        self.files.reverse();
        self.syntax.reverse();
        self.blocks.reverse();
        self.symbols.reverse();
        self
    }

    fn tables(&self) -> Vec<Table> {
        let pick = |rows: &[Node], get: fn(&Node) -> i32| Column::I32(rows.iter().map(get).collect());
        let ids = || Column::I64(self.files.iter().map(|file| file.0).collect());
        let mut starts = Ragged::default();
        let mut continuations = Ragged::default();
        for _ in &self.files {
            starts.push(&[0]);
            continuations.push(&[]);
        }
        let syntax = &self.syntax;
        vec![
            Table::new(vec![
                ("file_id", ids()),
                ("path", Column::Str(self.files.iter().map(|file| file.1).collect())),
                ("module", Column::Str(self.files.iter().map(|file| file.2).collect())),
                ("root", Column::Str(self.files.iter().map(|_| NULL_STR).collect())),
                (
                    "is_package",
                    Column::Bool(self.files.iter().map(|file| Some(self.strings.text(file.1).ends_with("__init__.py"))).collect()),
                ),
                ("is_stub", Column::Bool(self.files.iter().map(|_| Some(false)).collect())),
            ]),
            Table::new(vec![
                ("file_id", ids()),
                ("line_starts", Column::I32List(starts)),
                ("continuations", Column::I32List(continuations)),
                ("length", Column::I32(self.files.iter().map(|_| 10_000).collect())),
            ]),
            Table::new(vec![
                ("file_id", Column::I64(syntax.iter().map(|row| row.0).collect())),
                ("node", pick(syntax, |row| row.1)),
                ("parent", pick(syntax, |row| row.2)),
                ("kind", Column::Str(syntax.iter().map(|row| row.3).collect())),
                ("field", Column::Str(syntax.iter().map(|row| row.4).collect())),
                ("position", pick(syntax, |row| row.5)),
                ("bstart", pick(syntax, |row| row.6)),
                ("bend", pick(syntax, |row| row.6 + 9)),
                ("name", Column::Str(syntax.iter().map(|row| row.7).collect())),
                ("name_bstart", pick(syntax, |row| row.6)),
                ("name_bend", pick(syntax, |row| row.6 + 9)),
                ("access", Column::Str(syntax.iter().map(|row| row.8).collect())),
                ("value", Column::Str(syntax.iter().map(|row| row.9).collect())),
                ("line", pick(syntax, |row| row.10)),
            ]),
            Table::new(vec![
                ("file_id", Column::I64(self.blocks.iter().map(|row| row.0).collect())),
                ("scope", Column::I32(self.blocks.iter().map(|row| row.1).collect())),
                ("parent", Column::I32(self.blocks.iter().map(|row| row.2).collect())),
                ("kind", Column::Str(self.blocks.iter().map(|row| row.3).collect())),
                ("name", Column::Str(self.blocks.iter().map(|row| row.4).collect())),
                ("line", Column::I32(self.blocks.iter().map(|row| row.5).collect())),
            ]),
            Table::new(vec![
                ("file_id", Column::I64(self.symbols.iter().map(|row| row.0).collect())),
                ("scope", Column::I32(self.symbols.iter().map(|row| row.1).collect())),
                ("name", Column::Str(self.symbols.iter().map(|row| row.2).collect())),
                ("scope_kind", Column::Str(self.symbols.iter().map(|row| row.3).collect())),
            ]),
            empty(5),
            empty(6),
            empty(7),
        ]
    }

    fn resolve(mut self) -> Result<Graph, OperatorError> {
        let parameters = json!({"standard_library": ["os"], "builtins": ["print", "str"], "builtin_members": {"str": ["join"]}, "limits": limits(), "confidence": confidence(), "bare": []});
        let inputs = self.tables();
        let tables = (RESOLVE.run)(&mut Run {
            inputs,
            strings: &mut self.strings,
            parameters: &parameters,
            cancelled: &|| false,
            unread: &[],
            notes: Vec::new(),
        })?;
        Ok(Graph { tables, strings: self.strings })
    }
}

#[derive(Debug)]
struct Graph {
    tables: Vec<Table>,
    strings: Strings,
}

impl Graph {
    /// Some columns of an output as text, one line a row.
    fn rows(&self, output: &str, columns: &[&str]) -> Vec<String> {
        let port = RESOLVE.outputs.iter().position(|port| port.name == output).expect("an output of that name");
        let table = &self.tables[port];
        let column = |name: &&str| &table.columns.iter().find(|(other, _)| other == name).expect("a column of that name").1;
        let columns: Vec<&Column> = columns.iter().map(column).collect();
        (0..table.rows()).map(|row| columns.iter().map(|column| self.cell(table, column, row)).collect::<Vec<_>>().join(" ")).collect()
    }

    fn cell(&self, table: &Table, column: &Column, row: usize) -> String {
        match column {
            Column::Positions(positions) => positions.rows(|other| &table.columns[other].1, row..row + 1)[0].to_string(),
            Column::I64(values) => self.name(values[row]).unwrap_or_else(|| "-".into()),
            Column::I32(values) => values[row].to_string(),
            Column::Str(values) => self.strings.get(values[row]).unwrap_or("-").to_owned(),
            Column::Bool(values) => format!("{:?}", values[row]),
            Column::F64(values) => format!("{:?}", values[row]),
            Column::I64Runs(values) => self.name(values.rows(row..row + 1)[0]).unwrap_or_else(|| "-".into()),
            Column::StrRuns(values) => self.strings.get(values.rows(row..row + 1)[0]).unwrap_or("-").to_owned(),
            _ => unreachable!("no output has lists"),
        }
    }

    /// The qualified name of what an id stands for.
    fn name(&self, id: i64) -> Option<String> {
        ["definitions", "externals", "modules"].into_iter().find_map(|output| {
            let port = RESOLVE.outputs.iter().position(|port| port.name == output)?;
            let column = |name: &str| &self.tables[port].columns.iter().find(|(other, _)| *other == name).expect("a column").1;
            let (Column::I64(ids), Column::Str(names)) = (column("id"), column("qualified_name")) else { return None };
            let row = ids.iter().position(|&other| other == id)?;
            Some(self.strings.text(names[row]).to_owned())
        })
    }
}

/// `def add(a): return print(a)` and `from money import add; add(1)`.
fn shop() -> [Source; 2] {
    [
        Source {
            path: "main.py",
            module: "main",
            syntax: "
:Module
  body:ImportFrom money =0 @1
    names:alias add
  body:Expr @2
    value:Call @2
      func:Name add .read @2
      args:Constant int =1 @2
",
            blocks: "0 -1 module top 0",
            symbols: "0 add local",
        },
        Source {
            path: "money.py",
            module: "money",
            syntax: "
:Module
  body:FunctionDef add @1
    args:arguments
      args:arg a @1
    body:Return @1
      value:Call @1
        func:Name print .read @1
        args:Name a .read @1
",
            blocks: "0 -1 module top 0\n1 0 function add 1",
            symbols: "0 add local\n1 a local\n1 print global_implicit",
        },
    ]
}

#[test]
fn a_call_goes_through_an_import() {
    let graph = Evidence::of(&shop()).resolve().unwrap();
    let calls = graph.rows("calls", &["caller_id", "callee_id", "callee_kind", "resolution"]);
    assert_eq!(calls, ["main money.add function import", "money.add builtins.print builtin builtin"]);
    assert_eq!(graph.rows("imports", &["module", "name", "target", "target_kind"]), ["money add money.add definition"]);
    let references = graph.rows("references", &["name", "access", "target_id", "resolution"]);
    assert_eq!(
        references,
        [
            "money read money import",
            "add read money.add import",
            "add read money.add import",
            "print read builtins.print builtin",
            "a read money.add.a lexical",
        ]
    );
    assert_eq!(graph.rows("call_sites", &["callee_text", "status", "targets"]), ["add resolved 1", "print builtin 1"]);
    assert_eq!(
        graph.rows("definitions", &["kind", "qualified_name"]),
        ["module main", "module money", "function money.add", "parameter money.add.a"]
    );
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (one, two) = (Evidence::of(&shop()).resolve().unwrap(), Evidence::of(&shop()).reversed().resolve().unwrap());
    for (port, tables) in RESOLVE.outputs.iter().zip(one.tables.iter().zip(&two.tables)) {
        for ((name, first), (_, second)) in tables.0.columns.iter().zip(&tables.1.columns) {
            let cells =
                |graph: &Graph, table, column: &Column| (0..column.len()).map(|row| graph.cell(table, column, row)).collect::<Vec<_>>();
            assert_eq!(cells(&one, tables.0, first), cells(&two, tables.1, second), "{}.{name}", port.name);
            if let (Column::I64(first), Column::I64(second)) = (first, second) {
                assert_eq!(first, second, "{}.{name}", port.name);
            }
        }
    }
}

#[test]
fn a_symbol_table_that_does_not_fit_is_refused_with_its_place() {
    let mut sources = shop();
    sources[1].blocks = "0 -1 module top 0\n1 0 function sub 1";
    let error = Evidence::of(&sources).resolve().expect_err("an error").to_string();
    assert_eq!(error, "input: money.py, line 1: the symbol table does not fit the syntax tree");
    sources[1].blocks = "0 -1 module top 0\n1 0 function add 1\n2 0 function more 7";
    let error = Evidence::of(&sources).resolve().expect_err("an error").to_string();
    assert_eq!(error, "input: money.py, line 7: the symbol table does not fit the syntax tree");
}

#[test]
fn rows_that_are_no_tree_are_refused() {
    let mut evidence = Evidence::of(&shop());
    evidence.syntax[3].2 = 5;
    let error = evidence.resolve().expect_err("an error").to_string();
    assert_eq!(error, "input: main.py: node 3 is not in pre-order");
}

#[test]
fn nodes_that_no_grammar_makes_are_refused() {
    let mut evidence = Evidence::of(&shop());
    evidence.syntax[5].7 = NULL_STR;
    let error = evidence.resolve().expect_err("an error").to_string();
    assert_eq!(error, "input: main.py: node 5 is no Name of the grammar");
}

#[test]
fn without_a_symbol_table_a_file_keeps_its_syntax_and_definitions() {
    let mut sources = shop();
    (sources[1].blocks, sources[1].symbols) = ("", "");
    let graph = Evidence::of(&sources).resolve().unwrap();
    assert_eq!(graph.rows("definitions", &["kind", "qualified_name"]), ["module main", "module money", "function money.add"]);
    assert_eq!(
        graph.rows("call_sites", &["caller_id", "callee_text", "status", "reason"]),
        ["main add resolved -", "money.add print unresolved no symbol table"]
    );
    assert!(graph.rows("references", &["path"]).iter().all(|path| path == "main.py"));
    assert_eq!(graph.rows("scopes", &["path", "kind"]), ["main.py module"]);
}

#[test]
fn without_a_tree_a_file_is_still_a_module() {
    let mut sources = shop();
    (sources[1].syntax, sources[1].blocks, sources[1].symbols) = ("", "", "");
    let graph = Evidence::of(&sources).resolve().unwrap();
    assert_eq!(graph.rows("modules", &["kind", "qualified_name"]), ["module main", "module money"]);
    assert_eq!(graph.rows("imports", &["target", "target_kind"]), ["money.add unresolved"]);
    assert_eq!(graph.rows("call_sites", &["status", "reason"]), ["unresolved unresolved import"]);
}

/// `try: lambda: 1` / `except: lambda: 2` / `else: lambda: 3`, on lines 2, 4 and 6.
fn attempts(blocks: &'static str) -> [Source; 1] {
    let syntax = "
:Module
  body:Try @1
    body:Expr @2
      value:Lambda @2
        args:arguments
        body:Constant int =1 @2
    handlers:ExceptHandler @3
      body:Expr @4
        value:Lambda @4
          args:arguments
          body:Constant int =2 @4
    orelse:Expr @6
      value:Lambda @6
        args:arguments
        body:Constant int =3 @6
";
    [Source { path: "m.py", module: "m", syntax, blocks, symbols: "" }]
}

#[test]
fn handlers_and_else_are_paired_in_the_order_of_each_version() {
    let before = "0 -1 module top 0\n1 0 function lambda 2\n2 0 function lambda 6\n3 0 function lambda 4";
    let since_313 = "0 -1 module top 0\n1 0 function lambda 2\n2 0 function lambda 4\n3 0 function lambda 6";
    for (blocks, numbers) in [(before, ["1", "3", "2"]), (since_313, ["1", "2", "3"])] {
        let graph = Evidence::of(&attempts(blocks)).resolve().unwrap();
        let mut lambdas = graph.rows("scopes", &["bstart", "kind", "number"]);
        lambdas.retain(|row| row.contains("lambda"));
        lambdas.sort_by_key(|row| row.split(' ').next().unwrap().parse::<i32>().unwrap());
        let found: Vec<&str> = lambdas.iter().map(|row| row.rsplit(' ').next().unwrap()).collect();
        assert_eq!(found, numbers);
        assert_eq!(graph.rows("definitions", &["qualified_name"]), ["m", "m.<lambda1>", "m.<lambda2>", "m.<lambda3>"]);
    }
}

#[test]
fn a_comprehension_that_the_compiler_inlines_keeps_its_variable_to_itself() {
    // def f(x): return [x for x in x]   as 3.12 sees it: no block for the comprehension
    let source = Source {
        path: "m.py",
        module: "m",
        syntax: "
:Module
  body:FunctionDef f @1
    args:arguments
      args:arg x @1
    body:Return @1
      value:ListComp @1
        elt:Name x .read @1
        generators:comprehension
          target:Name x .write @1
          iter:Name x .read @1
",
        blocks: "0 -1 module top 0\n1 0 function f 1",
        symbols: "0 f local\n1 x local",
    };
    let graph = Evidence::of(&[source]).resolve().unwrap();
    let kinds = graph.rows("definitions", &["kind", "qualified_name", "bstart"]);
    assert_eq!(kinds, ["module m 0", "function m.f 10", "parameter m.f.x 30", "variable m.f.x 80"]);
    let columns = |output: &str, column: &str| {
        let port = RESOLVE.outputs.iter().position(|port| port.name == output).unwrap();
        let index = RESOLVE.outputs[port].columns.iter().position(|(name, _)| *name == column).unwrap();
        let Column::I64(ids) = &graph.tables[port].columns[index].1 else { panic!("ids") };
        ids.clone()
    };
    let (definitions, targets) = (columns("definitions", "id"), columns("references", "target_id"));
    // element and target are the comprehension's variable, the iterable is the parameter
    assert_eq!(targets, [definitions[3], definitions[3], definitions[2]]);
}

#[test]
fn a_cancelled_run_stops() {
    let mut evidence = Evidence::of(&shop());
    let parameters = json!({"standard_library": [], "builtins": [], "limits": limits(), "confidence": confidence(), "bare": []});
    let inputs = evidence.tables();
    let run =
        &mut Run { inputs, strings: &mut evidence.strings, parameters: &parameters, cancelled: &|| true, unread: &[], notes: Vec::new() };
    assert!(matches!((RESOLVE.run)(run), Err(OperatorError::Cancelled)));
}

#[test]
fn a_missing_parameter_is_named() {
    let mut evidence = Evidence::of(&shop());
    let mut refusal = |parameters: Value| {
        let inputs = evidence.tables();
        let run = &mut Run {
            inputs,
            strings: &mut evidence.strings,
            parameters: &parameters,
            cancelled: &|| false,
            unread: &[],
            notes: Vec::new(),
        };
        (RESOLVE.run)(run).expect_err("an error").to_string()
    };
    let others = json!({"standard_library": [], "limits": limits(), "confidence": confidence(), "bare": []});
    assert_eq!(refusal(others), "parameter: `builtins` must be a list of texts");
    let mut lacking = limits();
    lacking.as_object_mut().unwrap().remove("open_calls");
    assert_eq!(refusal(json!({"limits": lacking})), "parameter: `limits.open_calls` must be a whole number from 1 to 4294967295");
    assert_eq!(
        refusal(json!({"limits": limits(), "standard_library": [], "confidence": {"global": [1.0]}})),
        "parameter: `confidence.global` must be two numbers"
    );
}

#[test]
fn outputs_have_the_columns_of_their_ports() {
    let graph = Evidence::of(&shop()).resolve().unwrap();
    assert_eq!(graph.tables.len(), RESOLVE.outputs.len());
    for (port, table) in RESOLVE.outputs.iter().zip(&graph.tables) {
        let kind = |column: &Column| match column {
            Column::Bool(_) => Kind::Bool,
            Column::I32(_) | Column::Positions(_) => Kind::I32,
            Column::I64(_) | Column::I64Runs(_) => Kind::I64,
            Column::F64(_) => Kind::F64,
            _ => Kind::Str,
        };
        let columns: Vec<(&str, Kind)> = table.columns.iter().map(|(name, column)| (*name, kind(column))).collect();
        assert_eq!(columns, port.columns, "{}", port.name);
    }
}
