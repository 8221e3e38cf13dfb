"""Specs that are refused before any data are read: code, place, and the nearest right name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from codeanatomy import _engine
from codeanatomy.engine.errors import EngineCompileError, EngineError, EngineValidationError
from tests.engine.specs import NODES, Graph, adjacency, columns, sql_view

Spec = dict[str, Any]
COUNT = columns("n int64")


def compile_spec(spec: Spec) -> _engine.CompiledPlan:
    return _engine.SemanticPlanCompiler().compile(json.dumps(spec))


def refused(spec: Spec) -> EngineError:
    with pytest.raises(EngineError) as caught:
        compile_spec(spec)
    return caught.value


def change(path: str, value: Any) -> Callable[[Spec], None]:
    """Sets a place such as `view_definitions.0.name`."""

    def apply(spec: Spec) -> None:
        *steps, last = path.split(".")
        place: Any = spec
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[int(last) if isinstance(place, list) else last] = value

    return apply


@pytest.mark.parametrize(
    ("edit", "code", "says", "hint"),
    [
        (change("colour", 1), "CA301", "unknown field `colour`", ""),
        (change("schema_version", 7), "CA302", "schema version 7; this engine reads 1", ""),
        (change("output_targets.0.table", "edges"), "CA303", "table `edges` occurs twice", ""),
        (
            change("view_definitions.0.dependencies", ["in_node"]),
            "CA304",
            "view `named`: there is no input or view `in_node`",
            "`in_nodes`",
        ),
        (change("output_targets.0.view", "namd"), "CA306", "output `nodes`: there is no view `namd`", "`named`"),
        (change("output_targets.0.order_by", ["idd"]), "CA307", "there is no column `idd`", "`id`"),
        (change("output_targets.0.columns.0.type", "int32"), "CA308", "column `id` is int32, its view `in_nodes` has int64", ""),
        (change("view_definitions.1.transform.operator", "adjacencies"), "CA309", "there is no operator `adjacencies`", "`adjacency`"),
        (change("operator_parameters", {"adjacencies": {}}), "CA309", "there is no operator `adjacencies`", "`adjacency`"),
        (change("view_definitions.1.transform.output", "by_source"), "CA309", "there is no output port `by_source`", "by_src"),
        (
            change("view_definitions.1.transform.inputs", {"edges": "in_edges", "nodes": "in_nodes"}),
            "CA309",
            "there is no input port `nodes`",
            "",
        ),
        (change("output_targets.0.columns", []), "CA308", "output `nodes` has no columns", ""),
        (change("view_definitions.1.transform.inputs", {}), "CA313", "gets nothing at its input port `edges`", ""),
        (change("view_definitions.1.transform.inputs.edges", "in_nodes"), "CA304", "there is no dependency `in_nodes`", ""),
        (
            change("view_definitions.1.columns.1.name", "degrees"),
            "CA308",
            "column `degree int32` stands where `degrees` int32 is declared",
            "",
        ),
        (change("output_targets.1.promises.2.references.table", "node"), "CA310", "there is no output table `node`", "`nodes`"),
        (change("view_definitions.0.kind", "operator"), "CA311", "its transform is not one of kind `operator`", ""),
        (change("runtime.partitions", 0), "CA312", "runtime.partitions", ""),
    ],
)
def test_a_wrong_spec_is_refused(graph: Graph, edit: Callable[[Spec], None], code: str, says: str, hint: str) -> None:
    named = sql_view("named", "SELECT id AS n FROM in_nodes WHERE name IS NOT NULL", COUNT, ["in_nodes"])
    spec = json.loads(json.dumps(graph.graph(view_definitions=[named, adjacency("by_src", "in_edges", "by_src")])))
    compile_spec(spec)
    edit(spec)
    error = refused(spec)
    assert isinstance(error, EngineValidationError)
    assert (error.error_code, error.error_stage) == (code, "validation")
    assert says in error.message
    assert hint in error.hint


def test_a_circle_is_named(graph: Graph) -> None:
    views = [sql_view("a", "SELECT n FROM b", COUNT, ["b"]), sql_view("b", "SELECT n FROM a", COUNT, ["a"])]
    error = refused(graph.spec(views, [graph.output("out", "a", COUNT)]))
    assert error.error_code == "CA305"
    assert "a → b → a" in error.message


@pytest.mark.parametrize(
    ("sql", "code", "says", "hint"),
    [
        ("SELECT count(*) AS n FRM in_nodes", "CA401", "frm", ""),
        ("SELECT nam AS n FROM in_nodes", "CA401", "nam", ""),
        ("SELECT count(*) AS n FROM in_node", "CA402", "reads `in_node`", "`in_nodes`"),
        ("SELECT count(*) AS m FROM in_nodes", "CA403", "column `n` is declared where the query yields `m`", ""),
        ("SELECT CAST(1 AS INT) AS n FROM in_nodes", "CA403", "column `n` is declared int64, the query yields Int32", ""),
        ("SELECT count(*) AS n, 1 AS one FROM in_nodes", "CA403", "column `one` is yielded by the query but not declared", ""),
        ("DROP TABLE in_nodes", "CA409", "view `v`", ""),
    ],
)
def test_wrong_sql_is_refused(graph: Graph, sql: str, code: str, says: str, hint: str) -> None:
    error = refused(graph.query(sql, COUNT))
    assert isinstance(error, EngineCompileError)
    assert error.error_code == code
    assert says.lower() in error.message.lower()
    assert hint in error.hint
    assert error.details["view"] == "v"


def test_compiling_needs_no_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = Graph(tmp_path_factory.mktemp("nothing"))
    compiled = compile_spec(empty.query("SELECT count(*) AS n FROM in_nodes", COUNT))
    assert "TableScan: in_nodes" in compiled.explain
    assert list(empty.folder.iterdir()) == []


def test_the_hash_knows_no_place(tmp_path_factory: pytest.TempPathFactory) -> None:
    specs = [Graph(tmp_path_factory.mktemp(name)).query("SELECT count(*) AS n FROM in_nodes", COUNT) for name in "ab"]
    specs[1]["runtime"] = {"partitions": 1, "memory_bytes": 1 << 28}
    specs[1]["input_relations"][0]["version"] = 3
    first, second = (compile_spec(spec).spec_hash_hex() for spec in specs)
    assert first == second
    specs[1]["view_definitions"][0]["transform"]["sql"] += " WHERE id > 1"
    assert compile_spec(specs[1]).spec_hash_hex() != first
    specs[0]["operator_parameters"] = {"adjacency": {"told": 1}}
    assert compile_spec(specs[0]).spec_hash_hex() != first


def test_a_spec_comes_back_unchanged(graph: Graph) -> None:
    spec = graph.graph(view_definitions=[adjacency("by_src", "in_edges", "by_src")])
    spec["operator_parameters"] = {"adjacency": {"a": [1, {"b": None}]}}
    for output in spec["output_targets"]:
        output.setdefault("order_by", [])
    assert json.loads(compile_spec(spec).spec_json()) == spec


def test_views_that_no_output_needs_are_listed(graph: Graph) -> None:
    views = [adjacency("by_src", "in_edges", "by_src"), adjacency("by_dst", "in_edges", "by_dst")]
    spec = graph.spec(views, [graph.output("out", "by_dst", views[1]["columns"]), graph.output("copy", "in_nodes", NODES)])
    summary = json.loads(compile_spec(spec).summary_json())
    assert summary["unused_views"] == ["by_src"]
    runs = [step for step in summary["schedule"] if "run" in step]
    assert [(step["operator"], step["views"]) for step in runs] == [("adjacency", ["by_src", "by_dst"])], "two views share one run"


def test_a_view_that_several_read_is_a_job_that_they_wait_for(graph: Graph) -> None:
    views = [
        sql_view("source", "SELECT count(*) AS n FROM in_nodes", COUNT, ["in_nodes"]),
        sql_view("more", "SELECT n + 1 AS n FROM source", COUNT, ["source"]),
        sql_view("less", "SELECT n - 1 AS n FROM source", COUNT, ["source"]),
    ]
    both = graph.spec(views, [graph.output("more", "more", COUNT), graph.output("less", "less", COUNT)])
    schedule = json.loads(compile_spec(both).summary_json())["schedule"]
    assert [(job.get("view"), job.get("output"), job["shares"], job["views"]) for job in schedule] == [
        ("source", None, [], ["source"]),
        (None, "more", ["source"], ["more"]),
        (None, "less", ["source"], ["less"]),
    ]
    one = json.loads(compile_spec(graph.spec(views, [graph.output("more", "more", COUNT)])).summary_json())["schedule"]
    assert [job["views"] for job in one] == [["more"]], "one reader computes it itself"
    whole = graph.spec(views, [*both["output_targets"], graph.output("source", "source", COUNT)])
    stored = json.loads(compile_spec(whole).summary_json())["schedule"]
    assert [(job["output"], job["reads"], job["shares"]) for job in stored] == [
        ("more", ["source"], []),
        ("less", ["source"], []),
        ("source", [], []),
    ], "an output that writes it whole is read instead"


def test_every_code_has_a_stage_and_a_sentence() -> None:
    stages = {"validation", "compilation", "rule_violation", "runtime", "materialization", "cancelled", "timeout"}
    codes = _engine.codes()
    assert len({code for code, _, _ in codes}) == len(codes)
    assert {stage for _, stage, _ in codes} == stages
    assert all(sentence.endswith(".") for _, _, sentence in codes)
