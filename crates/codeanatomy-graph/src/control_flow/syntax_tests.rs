//! Bounds of what is drawn from syntax: deep trees, and copies of what runs last. What is drawn is tested in `tests/graph`.

use super::tests::{Node, run, sample};

const SPAN: (i32, i32) = (0, 1);

/// Syntax whose files have no code.
fn blocks(syntax: Vec<Node>) -> usize {
    let out = run(&super::tests::Sample { syntax: syntax.leak(), ..sample("a\n", (3, 11), vec![]) });
    assert_eq!(out.i64s("code_objects", "id").len(), 1);
    out.i32s("blocks", "block").len()
}

/// `try: a` and in its `finally` the same again.
fn in_finally(depth: usize) -> Vec<Node> {
    let mut nodes: Vec<Node> = vec![(-1, "Module", "", SPAN)];
    let (mut parent, mut field) = (0, "body");
    for _ in 0..depth {
        let this = nodes.len() as i32;
        nodes.extend([(parent, "Try", field, SPAN), (this, "Expr", "body", SPAN), (this + 1, "Name", "value", SPAN)]);
        (parent, field) = (this, "finalbody");
    }
    nodes.extend([(parent, "Expr", field, SPAN), (nodes.len() as i32, "Name", "value", SPAN)]);
    nodes
}

#[test]
fn what_runs_last_is_drawn_for_each_way_out_up_to_a_bound() {
    assert_eq!(blocks(in_finally(1)), 4);
    assert_eq!(blocks(in_finally(2)), 8);
    let of_depth = |depth| blocks(in_finally(depth));
    assert!(of_depth(400) < 20 * 400, "{}", of_depth(400));
}

#[test]
fn every_return_out_of_many_contexts_costs_no_more_than_its_share() {
    let mut nodes: Vec<Node> = vec![(-1, "Module", "", SPAN), (0, "With", "body", SPAN)];
    for _ in 0..500 {
        let item = nodes.len() as i32;
        nodes.extend([(1, "withitem", "items", SPAN), (item, "Name", "context_expr", SPAN)]);
    }
    for _ in 0..500 {
        let test = nodes.len() as i32;
        nodes.extend([(1, "If", "body", SPAN), (test, "Name", "test", SPAN), (test, "Return", "body", SPAN)]);
    }
    let count = nodes.len();
    assert!(blocks(nodes) < 20 * count);
}

#[test]
fn a_tree_may_be_deep() {
    let depth = 200_000;
    let mut nodes: Vec<Node> = vec![(-1, "Module", "", SPAN), (0, "Expr", "body", SPAN)];
    nodes.extend((0..depth).map(|at| (at + 1, "UnaryOp", if at == 0 { "value" } else { "operand" }, SPAN)));
    assert_eq!(blocks(nodes), 1);
    let mut nodes: Vec<Node> = vec![(-1, "Module", "", SPAN)];
    nodes.extend((0..depth).map(|at| (at, "If", "body", SPAN)));
    assert_eq!(blocks(nodes), 2 * depth as usize);
}
