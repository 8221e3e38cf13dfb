//! Steps of code objects as CPython 3.11.7 and 3.13.0 compiled them from the source shown, and of broken syntax. Blocks are tested in `tests`.

use super::CONTROL_FLOW;
use super::tests::{Code, Node, Out, Sample, inputs, parameters, reversed, run, run_with, sample};
use crate::ids::NODE_BITS;
use crate::operator::Run;
use crate::table::Strings;

const SOURCE: &str = "x = a and b\nif a < b < c:\n    x = tuple(d for d in c if d)\n";
const SYNTAX: &[Node] = &[
    (-1, "Module", "", (0, 59)),
    (0, "Assign", "body", (0, 11)),
    (1, "Name", "targets", (0, 1)),
    (1, "BoolOp", "value", (4, 11)),
    (3, "Name", "values", (4, 5)),
    (3, "Name", "values", (10, 11)),
    (0, "If", "body", (12, 58)),
    (6, "Compare", "test", (15, 24)),
    (7, "Name", "left", (15, 16)),
    (7, "Name", "comparators", (19, 20)),
    (7, "Name", "comparators", (23, 24)),
    (6, "Assign", "body", (30, 58)),
    (11, "Name", "targets", (30, 31)),
    (11, "Call", "value", (34, 58)),
    (13, "Name", "func", (34, 39)),
    (13, "GeneratorExp", "args", (39, 58)),
    (15, "Name", "elt", (40, 41)),
    (15, "comprehension", "generators", (46, 57)),
    (17, "Name", "target", (46, 47)),
    (17, "Name", "iter", (51, 52)),
    (17, "Name", "ifs", (56, 57)),
];

fn compiled(version: (u64, u64)) -> Sample {
    let codes: Vec<Code> = if version == (3, 11) {
        let module = "970065006f0165015a0265006501630278026b0000000000720665036b0000000000721b6e03010064015300020065046400840065034400a6000000\
            ab000000000000000000a6010000ab0100000000000000005a026401530064015300";
        let places = "f003010101d80405804788218001d80304807180398039823980398831823980398039803980398039d8080d8805d00d20d00d209811d00d20d10\
            d20d40d20d10820d40820804180418041f00300040d8039";
        let inner = "4b00010097007c005d087d017c01af047c015600970101008c0964005300";
        let inner_places = "e800e8008000d00d20d00d2090419861d00d208861d00d20d00d20d00d20d00d20d00d20d00d20";
        vec![("<module>", -1, -1, 1, 0, module, places, ""), ("<genexpr>", 0, 0, 3, 35, inner, inner_places, "")]
    } else {
        let module = "95005c003d0128000000000000006102000020005c0172025c005c0173023d023a120000610600005c033a120000611300004f0220006701\
            5c04220053001a005c03130035000000000000003501000000000000720267016701";
        let places = "f003010101d80405874788218001d803048071853988318639d9080dd10d209911d30d20d308208141f00300040d";
        let inner = "2300200095005500480f00006f112800000000000000640200004d0b000055017600950520004d1100000b002000670037036601";
        let inner_places = "e9008000d00d20991190419b618f6189619a11f9";
        vec![("<module>", -1, -1, 1, 0, module, places, ""), ("<genexpr>", 0, 0, 3, 35, inner, inner_places, "820918018f091801")]
    };
    Sample { syntax: SYNTAX, ..sample(SOURCE, version, codes) }
}

/// The steps of each code object as `block.seq class text`.
fn steps(out: &Out, sample: &Sample) -> Vec<Vec<String>> {
    let (blocks, owners, numbers) = (out.i64s("blocks", "id"), out.i64s("blocks", "code_id"), out.i32s("blocks", "block"));
    let mut found = vec![Vec::new(); sample.codes.len()];
    let codes = out.i64s("code_objects", "id");
    let (ids, nodes, seqs) = (out.i64s("steps", "block_id"), out.i64s("steps", "node_id"), out.i32s("steps", "seq"));
    for row in 0..ids.len() {
        let block = blocks.iter().position(|&id| id == ids[row]).expect("a block");
        let code = codes.iter().position(|&id| id == owners[block]).expect("a code object");
        let (_, class, _, (start, end)) = sample.syntax[(nodes[row] & ((1 << NODE_BITS) - 1)) as usize];
        let text = &sample.source[start as usize..end as usize].lines().next().unwrap_or("");
        found[code].push(format!("{}.{} {class} {text}", numbers[block], seqs[row]));
    }
    found
}

#[test]
fn operators_with_a_jump_are_finished_behind_their_operands() {
    for version in [(3, 11), (3, 13)] {
        let sample = compiled(version);
        let expected = [
            "0.0 Name a",
            "1.0 Name b",
            "2.0 BoolOp a and b",
            "2.1 Name x",
            "2.2 Assign x = a and b",
            "2.3 Name a",
            "2.4 Name b",
            "3.0 Name c",
            "3.1 Compare a < b < c",
            // `a < b` is false: nothing of `c` is evaluated.
            "5.0 Compare a < b < c",
            "5.1 If if a < b < c:",
            "6.0 Name tuple",
            "6.1 Name c",
            "6.2 GeneratorExp (d for d in c if d)",
            "6.3 Call tuple(d for d in c if d)",
            "6.4 Name x",
            "6.5 Assign x = tuple(d for d in c if d)",
            "6.6 If if a < b < c:",
            "7.0 If if a < b < c:",
        ];
        assert_eq!(steps(&run(&sample), &sample)[0], expected, "{version:?}");
    }
}

#[test]
fn a_generator_expression_evaluates_its_own_part() {
    // The target, the condition, and behind it what is yielded; 3.13 stores and loads `d` in one instruction.
    for (version, expected) in
        [((3, 11), ["2.0 Name d", "2.1 Name d", "3.0 Name d"]), ((3, 13), ["3.0 Name d", "3.1 Name d", "6.0 Name d"])]
    {
        let sample = compiled(version);
        assert_eq!(steps(&run(&sample), &sample)[1], expected, "{version:?}");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let sample = compiled((3, 11));
    let forward = run(&sample);
    let mut strings = Strings::new();
    let inputs = inputs(&sample, &mut strings).into_iter().map(reversed).collect();
    let parameters = parameters((3, 11));
    let mut run = Run { inputs, strings: &mut strings, parameters: &parameters, cancelled: &|| false, unread: &[], notes: Vec::new() };
    let tables = (CONTROL_FLOW.run)(&mut run).expect("sound code objects");
    let backward = Out { tables, strings };
    assert_eq!(steps(&forward, &sample), steps(&backward, &sample));
    for name in ["src_id", "dst_id"] {
        assert_eq!(forward.i64s("dominance", name), backward.i64s("dominance", name), "{name}");
    }
    assert_eq!(forward.texts("dominance", "kind"), backward.texts("dominance", "kind"));
}

#[test]
fn syntax_that_is_not_in_pre_order_is_refused() {
    let mut broken = compiled((3, 11));
    broken.syntax = &[(-1, "Module", "", (0, 59)), (2, "Name", "body", (0, 1)), (0, "Expr", "body", (0, 1))];
    let error = run_with(&broken, &parameters((3, 11))).map(|_| ()).expect_err("a child before its parent").to_string();
    assert_eq!(error, "input: pkg/m.py: syntax node 1 is not in pre-order");
}
