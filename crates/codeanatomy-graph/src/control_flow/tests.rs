//! The operator on code objects as CPython 3.11.7, 3.12.1 and 3.13.0 compiled them from the source shown. Not a decoder of its own.

use serde_json::{Value, json};

use super::CONTROL_FLOW;
use crate::operator::{OperatorError, Run};
use crate::table::{Column, NULL_I32, NULL_I64, Ragged, Str, Strings, Table};

/// A code object: name, parent, constant of the parent, first line, flags, and its three tables in hexadecimal.
pub(super) type Code = (&'static str, i32, i32, i32, i32, &'static str, &'static str, &'static str);
/// A definition: id, kind, name, qualified name, span, first line.
pub(super) type Definition = (i64, &'static str, &'static str, &'static str, (i32, i32), i32);

/// A syntax node: parent, class, field, span.
pub(super) type Node = (i32, &'static str, &'static str, (i32, i32));

pub(super) struct Sample {
    pub(super) source: &'static str,
    pub(super) version: (u64, u64),
    pub(super) codes: Vec<Code>,
    pub(super) definitions: Vec<Definition>,
    /// Span and operators.
    pub(super) comparisons: Vec<(i32, i32, &'static str)>,
    pub(super) syntax: &'static [Node],
    /// Names and texts of nodes of files without code.
    pub(super) facts: &'static [(i32, &'static str, &'static str)],
}

pub(super) fn sample(source: &'static str, version: (u64, u64), codes: Vec<Code>) -> Sample {
    Sample { source, version, codes, definitions: vec![], comparisons: vec![], syntax: &[], facts: &[] }
}

pub(super) struct Out {
    pub(super) tables: Vec<Table>,
    pub(super) strings: Strings,
}

/// The opcodes that the samples use, as `dis` and `opcode` of each interpreter give them.
pub(super) fn parameters(version: (u64, u64)) -> Value {
    let (opcodes, jumps, caches) = match version.1 {
        11 => (
            json!({"POP_TOP": 1, "PUSH_NULL": 2, "NOP": 9, "PUSH_EXC_INFO": 35, "CHECK_EXC_MATCH": 36, "GET_ITER": 68, "GET_YIELD_FROM_ITER": 69,
                "RETURN_GENERATOR": 75, "RETURN_VALUE": 83, "YIELD_VALUE": 86, "POP_EXCEPT": 89, "STORE_NAME": 90, "FOR_ITER": 93,
                "LOAD_CONST": 100, "LOAD_NAME": 101, "BUILD_LIST": 103, "JUMP_FORWARD": 110, "POP_JUMP_FORWARD_IF_FALSE": 114,
                "LOAD_GLOBAL": 116, "RERAISE": 119, "COPY": 120, "SEND": 123, "LOAD_FAST": 124, "STORE_FAST": 125,
                "POP_JUMP_FORWARD_IF_NOT_NONE": 128, "POP_JUMP_FORWARD_IF_NONE": 129, "MAKE_FUNCTION": 132, "JUMP_BACKWARD_NO_INTERRUPT": 134,
                "JUMP_BACKWARD": 140, "EXTENDED_ARG": 144, "LIST_APPEND": 145, "RESUME": 151, "PRECALL": 166, "CALL": 171,
                "POP_JUMP_BACKWARD_IF_FALSE": 175, "POP_JUMP_BACKWARD_IF_TRUE": 176, "SWAP": 99, "COMPARE_OP": 107,
                "JUMP_IF_FALSE_OR_POP": 111}),
            json!([93, 110, 111, 114, 123, 128, 129, 134, 140, 175, 176]),
            json!({"107": 2, "116": 5, "166": 1, "171": 4}),
        ),
        12 => (
            json!({"POP_TOP": 1, "END_FOR": 4, "GET_ITER": 68, "FOR_ITER": 93, "LOAD_CONST": 100, "POP_JUMP_IF_TRUE": 115, "RETURN_CONST": 121,
                "LOAD_FAST": 124, "STORE_FAST": 125, "JUMP_BACKWARD": 140, "EXTENDED_ARG": 144, "RESUME": 151, "RETURN_VALUE": 83, "JUMP_FORWARD": 110, "LOAD_GLOBAL": 116, "CALL": 171,
                "JUMP": 260}),
            json!([93, 110, 115, 140, 260]),
            json!({"93": 1, "116": 4, "171": 3}),
        ),
        _ => (
            json!({"END_FOR": 11, "GET_ITER": 19, "POP_TOP": 32, "TO_BOOL": 40, "EXTENDED_ARG": 71, "FOR_ITER": 72, "JUMP_BACKWARD": 77,
                "RETURN_VALUE": 36, "CALL": 53, "JUMP_FORWARD": 79, "LOAD_CONST": 83, "LOAD_FAST": 85, "LOAD_GLOBAL": 91, "POP_JUMP_IF_TRUE": 100,
                "RETURN_CONST": 103, "STORE_FAST": 110, "RESUME": 149, "CALL_INTRINSIC_1": 55, "COMPARE_OP": 58, "COPY": 61, "LOAD_NAME": 92,
                "MAKE_FUNCTION": 26, "POP_JUMP_IF_FALSE": 97, "PUSH_NULL": 34, "RERAISE": 102, "RETURN_GENERATOR": 35,
                "STORE_FAST_LOAD_FAST": 111, "STORE_NAME": 114, "SWAP": 115, "YIELD_VALUE": 118}),
            json!([72, 77, 79, 97, 100]),
            json!({"40": 3, "53": 3, "58": 1, "72": 1, "77": 1, "91": 4, "97": 1, "100": 1}),
        ),
    };
    json!({"opcodes": opcodes, "relative_jumps": jumps, "absolute_jumps": [], "caches": caches, "version": [version.0, version.1]})
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len() / 2).map(|at| u8::from_str_radix(&hexadecimal[at * 2..at * 2 + 2], 16).expect("hexadecimal")).collect()
}

fn ragged<T: Clone>(rows: impl Iterator<Item = Vec<T>>) -> Ragged<T> {
    rows.fold(Ragged::default(), |mut all, row| {
        all.push(&row);
        all
    })
}

fn strs<'a>(texts: impl Iterator<Item = &'a str>, strings: &mut Strings) -> Column {
    Column::Str(texts.map(|text| strings.intern(text)).collect())
}

pub(super) fn inputs(sample: &Sample, strings: &mut Strings) -> Vec<Table> {
    let starts = std::iter::once(0).chain(sample.source.match_indices('\n').map(|(at, _)| at as i32 + 1)).collect();
    let Sample { codes, definitions, comparisons, syntax, facts, .. } = sample;
    vec![
        Table::new(vec![
            ("file_id", Column::I64(vec![7])),
            ("path", strs(["pkg/m.py"].into_iter(), strings)),
            ("module", strs(["pkg.m"].into_iter(), strings)),
        ]),
        Table::new(vec![
            ("file_id", Column::I64(vec![7])),
            ("line_starts", Column::I32List(ragged([starts].into_iter()))),
            ("continuations", Column::I32List(ragged([vec![]].into_iter()))),
            ("length", Column::I32(vec![sample.source.len() as i32])),
        ]),
        Table::new(vec![
            ("file_id", Column::I64(vec![7; codes.len()])),
            ("code", Column::I32((0..codes.len() as i32).collect())),
            ("parent", Column::I32(codes.iter().map(|code| code.1).collect())),
            ("constant", Column::I32(codes.iter().map(|code| code.2).collect())),
            ("name", strs(codes.iter().map(|code| code.0), strings)),
            ("first_line", Column::I32(codes.iter().map(|code| code.3).collect())),
            ("flags", Column::I32(codes.iter().map(|code| code.4).collect())),
            ("instructions", Column::Binary(ragged(codes.iter().map(|code| bytes(code.5))))),
            ("positions", Column::Binary(ragged(codes.iter().map(|code| bytes(code.6))))),
            ("exceptions", Column::Binary(ragged(codes.iter().map(|code| bytes(code.7))))),
        ]),
        Table::new(vec![
            ("id", Column::I64(definitions.iter().map(|definition| definition.0).collect())),
            ("kind", strs(definitions.iter().map(|definition| definition.1), strings)),
            ("name", strs(definitions.iter().map(|definition| definition.2), strings)),
            ("qualified_name", strs(definitions.iter().map(|definition| definition.3), strings)),
            ("file_id", Column::I64(vec![7; definitions.len()])),
            ("bstart", Column::I32(definitions.iter().map(|definition| definition.4.0).collect())),
            ("bend", Column::I32(definitions.iter().map(|definition| definition.4.1).collect())),
            ("line", Column::I32(definitions.iter().map(|definition| definition.5).collect())),
            ("def_line", Column::I32(definitions.iter().map(|definition| definition.5).collect())),
        ]),
        Table::new(vec![
            ("file_id", Column::I64(vec![7; comparisons.len()])),
            ("bstart", Column::I32(comparisons.iter().map(|comparison| comparison.0).collect())),
            ("bend", Column::I32(comparisons.iter().map(|comparison| comparison.1).collect())),
            ("value", strs(comparisons.iter().map(|comparison| comparison.2), strings)),
        ]),
        Table::new(vec![
            ("file_id", Column::I64(vec![7; syntax.len()])),
            ("node", Column::I32((0..syntax.len() as i32).collect())),
            ("parent", Column::I32(syntax.iter().map(|node| node.0).collect())),
            ("kind", strs(syntax.iter().map(|node| node.1), strings)),
            ("field", strs(syntax.iter().map(|node| node.2), strings)),
            ("bstart", Column::I32(syntax.iter().map(|node| node.3.0).collect())),
            ("bend", Column::I32(syntax.iter().map(|node| node.3.1).collect())),
        ]),
        Table::new(vec![
            ("file_id", Column::I64(vec![7; facts.len()])),
            ("node", Column::I32(facts.iter().map(|fact| fact.0).collect())),
            ("name", strs(facts.iter().map(|fact| fact.1), strings)),
            ("text", strs(facts.iter().map(|fact| fact.2), strings)),
        ]),
    ]
}

pub(super) fn run_with(sample: &Sample, parameters: &Value) -> Result<Out, OperatorError> {
    run_without(sample, parameters, &[])
}

fn run_without(sample: &Sample, parameters: &Value, unread: &[&'static str]) -> Result<Out, OperatorError> {
    let mut strings = Strings::new();
    let inputs = inputs(sample, &mut strings);
    let mut run = Run { inputs, strings: &mut strings, parameters, cancelled: &|| false, unread, notes: Vec::new() };
    let tables = (CONTROL_FLOW.run)(&mut run)?;
    Ok(Out { tables, strings })
}

pub(super) fn run(sample: &Sample) -> Out {
    run_with(sample, &parameters(sample.version)).expect("a sound code object")
}

impl Out {
    pub(super) fn column(&self, output: &str, name: &str) -> &Column {
        let port = CONTROL_FLOW.outputs.iter().position(|port| port.name == output).expect("an output");
        self.tables[port].columns.iter().find(|(other, _)| *other == name).map(|(_, column)| column).expect("a column")
    }

    pub(super) fn i32s(&self, output: &str, name: &str) -> Vec<i32> {
        let Column::I32(values) = self.column(output, name) else { panic!("{name} holds no 32-bit integers") };
        values.clone()
    }

    pub(super) fn i64s(&self, output: &str, name: &str) -> Vec<i64> {
        let Column::I64(values) = self.column(output, name) else { panic!("{name} holds no ids") };
        values.clone()
    }

    pub(super) fn texts(&self, output: &str, name: &str) -> Vec<&str> {
        let Column::Str(values) = self.column(output, name) else { panic!("{name} holds no texts") };
        values.iter().map(|&value: &Str| self.strings.text(value)).collect()
    }

    fn exits(&self) -> Vec<i32> {
        let Column::Bool(exits) = self.column("blocks", "exit") else { panic!("exit holds no booleans") };
        (0..).zip(exits).filter(|&(_, exit)| *exit == Some(true)).map(|(block, _)| block).collect()
    }

    /// First offsets of the blocks.
    fn starts(&self) -> Vec<i32> {
        let (offsets, blocks) = (self.i32s("instructions", "offset"), self.i32s("instructions", "block"));
        (0..offsets.len()).filter(|&row| row == 0 || blocks[row] != blocks[row - 1]).map(|row| offsets[row]).collect()
    }

    /// Edges as `src way dst`, ends as numbers of blocks.
    fn edges(&self) -> Vec<String> {
        let ids = self.i64s("blocks", "id");
        let number = |id| ids.iter().position(|&other| other == id).expect("a block");
        let (sources, targets, ways) = (self.i64s("flow", "src_id"), self.i64s("flow", "dst_id"), self.texts("flow", "kind"));
        (0..ways.len()).map(|row| format!("{} {} {}", number(sources[row]), ways[row], number(targets[row]))).collect()
    }
}

const WHILE: &str = "97006500720e02006501a6000000ab00000000000000000001006500b00c6400530064005300";
const WHILE_LINES: &str = "f003010101d80607f000010108d804058041814384438043f003000708f000010108f000010108f000010108f000010108f000010108";

#[test]
fn a_loop_jumps_back() {
    let out = run(&sample("while a:\n    b()\n", (3, 11), vec![("<module>", -1, -1, 1, 0, WHILE, WHILE_LINES, "")]));
    assert_eq!(out.starts(), [0, 6, 30, 34]);
    assert_eq!(out.edges(), ["0 true 1", "0 false 3", "1 true 1", "1 false 2"]);
    assert_eq!(out.exits(), [2, 3]);
    assert_eq!(out.i32s("blocks", "first_line"), [1, 1, 1, 1]);
    assert_eq!(out.i32s("blocks", "last_line"), [1, 2, 1, 1]);
    // `a` without the jump that spans the loop, then from the `a` tested again to the end of `b()`.
    assert_eq!((out.i32s("blocks", "bstart")[0], out.i32s("blocks", "bend")[0]), (6, 7));
    assert_eq!((out.i32s("blocks", "line")[1], out.i32s("blocks", "col")[1]), (1, 7));
    assert_eq!((out.i32s("blocks", "end_line")[1], out.i32s("blocks", "end_col")[1]), (2, 8));
    assert_eq!(out.i32s("flow", "src_line"), [1, 1, 1, 1]);
    assert_eq!(out.i32s("flow", "dst_line"), [2, 1, 2, 1]);
}

#[test]
fn instructions_that_nobody_reads_are_not_written() {
    let sample = sample("while a:\n    b()\n", (3, 11), vec![("<module>", -1, -1, 1, 0, WHILE, WHILE_LINES, "")]);
    let out = run_without(&sample, &parameters(sample.version), &["instructions"]).expect("a sound code object");
    assert!(out.i32s("instructions", "offset").is_empty());
    assert_eq!(out.edges(), run(&sample).edges());
}

#[test]
fn caches_belong_to_their_instruction_and_places_to_bytes() {
    let out = run(&sample("while a:\n    b()\n", (3, 11), vec![("<module>", -1, -1, 1, 0, WHILE, WHILE_LINES, "")]));
    assert_eq!(out.i32s("instructions", "offset"), [0, 2, 4, 6, 8, 10, 14, 24, 26, 28, 30, 32, 34, 36]);
    assert_eq!(out.texts("instructions", "name")[5..8], ["PRECALL", "CALL", "POP_TOP"]);
    assert_eq!(out.i32s("instructions", "argument")[9], 12);
    // The module's RESUME is on line 0, which is no line.
    assert_eq!(out.i32s("instructions", "line")[..3], [NULL_I32, 1, 1]);
    assert_eq!(out.i32s("instructions", "bstart")[4], 13);
    assert_eq!(out.i32s("instructions", "bend")[4], 14);
}

#[test]
fn handlers_are_reached_from_what_they_protect() {
    let code = "9700090002006500a6000000ab0000000000000000000100640053002300650124007206010065020100590064005300\
        7700780359007701";
    let lines =
        "f003010101f002030106d80405804181438443804380438043f8d80708f000010106f000010106f000010106d804058041804180418041f003010106f8f8f8";
    let source = "try:\n    a()\nexcept E:\n    b\n";
    let out = run(&sample(source, (3, 11), vec![("<module>", -1, -1, 1, 0, code, lines, "820a0e008e07190398011903")]));
    assert_eq!(out.starts(), [0, 4, 24, 28, 36, 42, 48, 50]);
    let expected =
        ["0 next 1", "1 next 2", "1 exception 3", "3 true 4", "3 false 6", "3 exception 7", "4 next 5", "4 exception 7", "6 exception 7"];
    assert_eq!(out.edges(), expected);
    // The RERAISE of block 6 stays inside, that of block 7 leaves.
    assert_eq!(out.exits(), [2, 5, 7]);
}

#[test]
fn a_throw_through_yield_from_resumes_behind_its_send() {
    let (code, lines) = ("4b00010097007c00450064007b03560097028604010064005300", "e800e8008000d80f10804c804c804c804c804c804c804c804c");
    let yields = |version| {
        let mut parameters = parameters((3, 11));
        let sample = sample("def g(x):\n    yield from x\n", version, vec![("<module>", -1, -1, 1, 35, code, lines, "")]);
        parameters["version"] = json!([version.0, version.1]);
        run_with(&sample, &parameters).expect("a sound code object").edges().join(", ")
    };
    assert_eq!(yields((3, 11)), "0 next 1, 1 true 2, 1 false 4, 2 yields 3, 2 yields 4, 3 next 1");
    assert_eq!(yields((3, 12)), "0 next 1, 1 true 2, 1 false 4, 2 yields 3, 3 next 1");
}

#[test]
fn jumps_on_none_follow_the_source() {
    let jump = |source: &'static str, code: &'static str, comparison: Option<(i32, i32, &'static str)>| {
        let lines = if source.contains("not") {
            "f003010101d80506805d80018001800180019801980198019801"
        } else {
            "f003010101d80506805980018001800180019041904190419041"
        };
        let mut sample = sample(source, (3, 11), vec![("<module>", -1, -1, 1, 0, code, lines, "")]);
        sample.comparisons.extend(comparison);
        run(&sample).edges().join(", ")
    };
    let (is_not, is) = ("97006500810465010100640053006502010064005300", "97006500800465010100640053006502010064005300");
    assert_eq!(jump("a if b is not None else c\n", is_not, Some((5, 18, "IsNot"))), "0 true 1, 0 false 2");
    assert_eq!(jump("a if b is None else c\n", is, Some((5, 14, "Is"))), "0 true 1, 0 false 2");
    // Without the comparison, as in patterns, a value counts as success.
    assert_eq!(jump("a if b is None else c\n", is, None), "0 false 1, 0 true 2");
}

const LOOP: &str = "def f(xs):\n    for x in xs:\n        if x:\n            break\n    return 1\n";

#[test]
fn an_exhausted_iterator_leaves_the_loop() {
    let (code, lines) = (
        "97007c0044005d067d017c01720201006e018c0764015300",
        "8000d80d0ff000020512f0000205128801d80b0cf000010912d80c118845f003010912e00b0c8831",
    );
    let out = run(&sample(LOOP, (3, 11), vec![("f", -1, -1, 1, 3, code, lines, "")]));
    assert_eq!(out.starts(), [0, 6, 8, 14, 18, 20]);
    assert_eq!(out.edges(), ["0 next 1", "1 true 2", "1 false 5", "2 true 3", "2 false 4", "3 next 5", "4 next 1"]);
    assert_eq!(out.exits(), [5]);
}

#[test]
fn end_for_is_skipped_from_3_12() {
    let code = "97007c0044005d0600007d017c0173018c060100790104007901";
    let lines = "8000d80d0ff2000205128801da0b0cd80c11d80b0cf007020512f006000c0d";
    let out = run(&sample(LOOP, (3, 12), vec![("f", -1, -1, 1, 3, code, lines, "")]));
    assert_eq!(out.starts(), [0, 6, 10, 16, 18, 22]);
    assert_eq!(out.edges(), ["0 next 1", "1 true 2", "1 false 5", "2 false 3", "2 true 4", "3 next 1"]);
}

#[test]
fn behind_end_for_is_a_way_of_its_own_where_break_lands() {
    let source = "def f(xs):\n    for x in xs:\n        if x:\n            break\n    g(xs)\n    g(xs)\n    return xs\n";
    let edges = ["0 next 1", "1 true 2", "1 false 5", "1 false 6", "2 false 3", "2 true 4", "3 next 1", "4 next 6", "5 next 6"];
    let code = "97007c0044005d0600007d017c0173018c0601006e010400740100000000000000007c00ab0100000000000001007401000000000000\
        00007c00ab0100000000000001007c005300";
    let lines = "8000d80d0ff2000205128801da0b0cd90c11f005020512f40600050680628445dc040580628445d80b0d8049";
    let out = run(&sample(source, (3, 12), vec![("f", -1, -1, 1, 3, code, lines, "")]));
    assert_eq!(out.starts(), [0, 6, 10, 16, 18, 22, 24]);
    assert_eq!(out.edges(), edges);
    let code = "950055001300480c00006e0155012800000000000000640200004d0c000020004f020b0020005b010000000000000000550035010000\
        0000000020005b01000000000000000055003501000000000000200055002400";
    let lines = "8000db0d0f8801df0b0c8831d90c11f105000e10f40600050680628445dc040580628445d80b0d8049";
    let out = run(&sample(source, (3, 13), vec![("f", -1, -1, 1, 3, code, lines, "")]));
    assert_eq!(out.starts(), [0, 6, 10, 26, 30, 34, 38]);
    assert_eq!(out.edges(), edges);
}

#[test]
fn jumps_count_from_behind_their_caches() {
    let code = "950055001300480c00006e0155012800000000000000640200004d0c0000200067010b0020006701";
    let lines = "8000db0d0f8801df0b0c8831d80c11d80b0cf107000e10f006000c0d";
    let out = run(&sample(LOOP, (3, 13), vec![("f", -1, -1, 1, 3, code, lines, "")]));
    assert_eq!(out.starts(), [0, 6, 10, 26, 30, 34]);
    assert_eq!(out.edges(), ["0 next 1", "1 true 2", "1 false 5", "2 false 3", "2 true 4", "3 next 1"]);
}

#[test]
fn extended_arguments_carry_the_upper_bits() {
    // RESUME, LOAD_NAME, EXTENDED_ARG 1, POP_JUMP_FORWARD_IF_FALSE 2: over 258 units to 524; the jump back to the EXTENDED_ARG at 4.
    let code = format!("9700650090017202{}90018c0464005300", "0900".repeat(256));
    let code: &'static str = code.leak();
    let out = run(&sample("a\n", (3, 11), vec![("<module>", -1, -1, 1, 0, code, "", "")]));
    assert_eq!(out.i32s("instructions", "argument")[3], 258);
    assert_eq!(out.i32s("instructions", "argument")[261], 260);
    assert_eq!(out.starts(), [0, 4, 8, 524]);
    assert_eq!(out.edges(), ["0 next 1", "1 true 2", "1 false 3", "2 next 1"]);
}

const LAMBDA: &str = "f = lambda: [x for x in y]\n";

fn lambda() -> Sample {
    let module = ("<module>", -1, -1, 1, 0, "9700640084005a0064015300", "f003010101d8041ad0041a800180018001", "");
    let lambda = (
        "<lambda>",
        0,
        0,
        1,
        3,
        "9700640184007400000000000000000000004400a6000000ab0000000000000000005300",
        "8000884e884e9d01884e894e8c4e8000",
        "",
    );
    let list = ("<listcomp>", 1, 1, 1, 19, "970067007c005d047d017c0191028c055300", "8000884e884e884e90318851884e884e884e", "");
    let mut sample = sample(LAMBDA, (3, 11), vec![module, lambda, list]);
    sample.definitions.push((50, "module", "m", "pkg.m", (0, 27), 1));
    sample.definitions.push((60, "lambda", "<lambda1>", "pkg.m.<lambda1>", (4, 26), 1));
    sample
}

#[test]
fn code_objects_are_tied_to_their_definitions() {
    let out = run(&lambda());
    let ids = out.i64s("code_objects", "id");
    assert_eq!(out.texts("code_objects", "kind"), ["module", "lambda", "comprehension"]);
    assert_eq!(out.texts("code_objects", "qualified_name"), ["pkg.m", "pkg.m.<lambda1>", "pkg.m.<lambda1>.<listcomp>"]);
    assert_eq!(out.i64s("code_objects", "definition_id"), [50, 60, NULL_I64]);
    assert_eq!(out.i64s("code_objects", "function_id"), [50, 60, ids[2]]);
    assert_eq!(out.i64s("code_objects", "parent_id"), [NULL_I64, ids[0], ids[1]]);
    assert_eq!(out.i32s("code_objects", "bstart"), [0, 4, 12]);
    assert_eq!(out.i32s("code_objects", "bend"), [27, 26, 26]);
    assert_eq!(out.i32s("code_objects", "col"), [1, 5, 13]);
}

#[test]
fn without_definitions_names_come_from_the_module() {
    let mut sample = lambda();
    sample.definitions.clear();
    let out = run(&sample);
    assert_eq!(out.texts("code_objects", "qualified_name"), ["pkg.m", "pkg.m.<lambda>", "pkg.m.<lambda>.<listcomp>"]);
    assert_eq!(out.i64s("code_objects", "function_id"), out.i64s("code_objects", "id"));
    assert_eq!(out.i32s("code_objects", "bstart"), [0, 4, 12]);
}

#[test]
fn functions_and_classes_are_found_by_their_first_line() {
    let (code, lines) = ("970064005300", "800080018001");
    let mut sample = sample("@d\ndef f(): 0\n@d\nclass f: 0\n", (3, 11), vec![("<module>", -1, -1, 1, 0, code, lines, "")]);
    sample.codes.extend([("f", 0, 0, 1, 3, code, lines, ""), ("f", 0, 1, 3, 0, code, lines, ""), ("T", 0, 2, 4, 3, code, lines, "")]);
    let (module, function, class) =
        ((1, "module", "m", "m", (0, 29), 1), (2, "function", "f", "m.f", (0, 14), 1), (3, "class", "f", "m.f", (15, 28), 3));
    sample.definitions.extend([class, function, module]);
    let out = run(&sample);
    assert_eq!(out.i64s("code_objects", "definition_id"), [1, 2, 3, NULL_I64]);
    assert_eq!(out.texts("code_objects", "kind"), ["module", "function", "class", "type_expression"]);
}

fn message(codes: Vec<Code>) -> String {
    let sample = sample("a\n", (3, 11), codes);
    run_with(&sample, &parameters((3, 11))).map(|_| ()).expect_err("a broken code object").to_string()
}

#[test]
fn broken_code_objects_are_named() {
    let module = |code, exceptions| vec![("<module>", -1, -1, 1, 0, code, "", exceptions)];
    assert_eq!(message(module("6e09", "")), "input: pkg/m.py, code object 0: instructions: control goes to 20, where none starts");
    assert_eq!(message(module("97", "")), "input: pkg/m.py, code object 0: instructions: half a code unit at the end");
    assert_eq!(message(module("fa00", "")), "input: pkg/m.py, code object 0: instructions: 250 at 0 is no opcode");
    assert_eq!(message(module("", "")), "input: pkg/m.py, code object 0: instructions: there are none");
    assert_eq!(message(module("5300", "80010900")), "input: pkg/m.py, code object 0: instructions: control goes to 18, where none starts");
    let orphan = vec![("<module>", -1, -1, 1, 0, "5300", "", ""), ("f", 3, 0, 1, 3, "5300", "", "")];
    assert_eq!(message(orphan), "input: pkg/m.py: code object 1 with parent 3 is row 1 of its file");
}

#[test]
fn an_unknown_jump_is_refused() {
    let mut parameters = parameters((3, 11));
    parameters["opcodes"]["HOP"] = json!(200);
    parameters["relative_jumps"] = json!([200]);
    let error = run_with(&lambda(), &parameters).map(|_| ()).expect_err("an unknown jump").to_string();
    assert_eq!(error, "parameter: opcodes: what the jump HOP does is not known");
    parameters["version"] = json!([3, 10]);
    let error = run_with(&lambda(), &parameters).map(|_| ()).expect_err("an old interpreter").to_string();
    assert_eq!(error, "parameter: version: [3,10] is not 3.11 or later");
}

#[test]
fn a_cancelled_run_stops() {
    let mut strings = Strings::new();
    let inputs = inputs(&lambda(), &mut strings);
    let parameters = parameters((3, 11));
    let mut run = Run { inputs, strings: &mut strings, parameters: &parameters, cancelled: &|| true, unread: &[], notes: Vec::new() };
    assert!(matches!((CONTROL_FLOW.run)(&mut run), Err(OperatorError::Cancelled)));
}

/// The rows of a table, last one first.
pub(super) fn reversed(table: Table) -> Table {
    let columns = table.columns.into_iter().map(|(name, column)| {
        let column = match column {
            Column::I32(values) => Column::I32(values.into_iter().rev().collect()),
            Column::I64(values) => Column::I64(values.into_iter().rev().collect()),
            Column::Str(values) => Column::Str(values.into_iter().rev().collect()),
            Column::Binary(values) => Column::Binary(ragged((0..values.len()).rev().map(|row| values.row(row).to_vec()))),
            other => other,
        };
        (name, column)
    });
    Table::new(columns.collect())
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let forward = run(&lambda());
    let mut strings = Strings::new();
    let inputs = inputs(&lambda(), &mut strings).into_iter().map(reversed).collect();
    let parameters = parameters((3, 11));
    let mut run = Run { inputs, strings: &mut strings, parameters: &parameters, cancelled: &|| false, unread: &[], notes: Vec::new() };
    let tables = (CONTROL_FLOW.run)(&mut run).expect("sound code objects");
    let backward = Out { tables, strings };
    for (output, name) in
        [("code_objects", "id"), ("code_objects", "definition_id"), ("blocks", "id"), ("flow", "dst_id"), ("instructions", "code_id")]
    {
        assert_eq!(forward.i64s(output, name), backward.i64s(output, name), "{output}.{name}");
    }
    assert_eq!(forward.texts("code_objects", "qualified_name"), backward.texts("code_objects", "qualified_name"));
}
