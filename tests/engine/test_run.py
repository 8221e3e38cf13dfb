"""Runs: rows through views and operators into tables, promises, figures, and what happens under pressure."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from codeanatomy import _engine
from codeanatomy.engine.errors import (
    EngineCancelled,
    EngineCompileError,
    EngineError,
    EngineRuleViolationError,
    EngineRuntimeError,
    EngineTimeout,
)
from tests.engine.specs import ALLOWED, EDGE_ROWS, EDGES, NODE_ROWS, NODES, Graph, adjacency, columns, read, run, sql_view, write

COUNT = columns("n int64")
GUARD = 20.0
"""Seconds after which a run that should have stopped is a failure of the test."""


def test_views_become_tables(graph: Graph) -> None:
    declared = columns("id int64; name string?; calls int64")
    sql = "SELECT n.id, n.name, count(e.id) AS calls FROM in_nodes n LEFT JOIN in_edges e ON e.src = n.id AND e.kind = 'calls' GROUP BY n.id, n.name"
    views = [
        sql_view("callers", sql, declared, ["in_nodes", "in_edges"]),
        sql_view("busy", "SELECT id, name, calls FROM callers WHERE calls > 0", declared, ["callers"]),
    ]
    outputs = [graph.output("all", "callers", declared, order_by=["id"]), graph.output("busy", "busy", declared)]
    result = run(graph.spec(views, outputs))
    assert read(graph.folder / "all") == [
        {"id": 1, "name": "a.C", "calls": 0},
        {"id": 2, "name": "a.f", "calls": 1},
        {"id": 3, "name": None, "calls": 0},
    ]
    assert read(graph.folder / "busy") == [{"id": 2, "name": "a.f", "calls": 1}]
    assert [(output["table"], output["rows"], output["version"]) for output in result["outputs"]] == [("all", 3, 0), ("busy", 1, 0)]


def test_stable_ids(graph: Graph) -> None:
    declared = columns("a int64; b int64; c int64")
    sql = "SELECT stable_id('def', name) AS a, stable_id('de', 'f', name) AS b, stable_id('def', id) AS c FROM in_nodes WHERE id > 1"
    run(graph.query(sql, declared))
    values = [value for row in read(graph.folder / "out") for value in row.values()]
    assert len(set(values)) == 6
    assert all(2**62 <= value < 2**63 for value in values)


def test_operators_share_a_run(graph: Graph) -> None:
    views = [adjacency("by_src", "in_edges", "by_src"), adjacency("by_dst", "in_edges", "by_dst")]
    outputs = [graph.output(view["name"], view["name"], view["columns"], order_by=["id"]) for view in views]
    result = run(graph.spec(views, outputs))
    assert read(graph.folder / "by_src") == [
        {"id": 1, "degree": 1, "edge_ids": [11], "kinds": ["defines"], "neighbours": [2]},
        {"id": 2, "degree": 1, "edge_ids": [10], "kinds": ["calls"], "neighbours": [3]},
    ]
    assert [row["neighbours"] for row in read(graph.folder / "by_dst")] == [[1], [2]]
    runs = [operator for operator in result["operators"] if operator["output"] is None]
    assert [(operator["operator"], operator["ports"]) for operator in runs] == [("adjacency", {"by_dst": 2, "by_src": 2})]


def test_two_views_of_one_port(graph: Graph) -> None:
    views = [adjacency(name, "in_edges", "by_src") for name in ("one", "other")]
    run(graph.spec(views, [graph.output(view["name"], view["name"], view["columns"]) for view in views]))
    assert [row["id"] for row in read(graph.folder / "one")] == [1, 2]
    assert read(graph.folder / "one") == read(graph.folder / "other")


def test_sql_over_an_operator_over_sql(graph: Graph) -> None:
    views = [
        sql_view("calls", "SELECT * FROM in_edges WHERE kind = 'calls'", EDGES, ["in_edges"]),
        adjacency("by_src", "calls", "by_src"),
        sql_view("degrees", "SELECT sum(degree) AS n FROM by_src", columns("n int64?"), ["by_src"]),
    ]
    run(graph.spec(views, [graph.output("out", "degrees", columns("n int64?"))]))
    assert read(graph.folder / "out") == [{"n": 1}]


def test_an_overwritten_input_is_read_at_its_version(graph: Graph) -> None:
    graph.put([(7, "class", None)])
    spec = graph.query("SELECT sum(id) AS n FROM in_nodes", columns("n int64?"))
    spec["input_relations"][0]["version"] = 0
    run(spec)
    assert read(graph.folder / "out") == [{"n": 6}]
    spec["input_relations"][0]["version"] = 1
    run(spec)
    assert read(graph.folder / "out") == [{"n": 7}]


def test_figures_are_those_of_the_disk(graph: Graph) -> None:
    result = run(graph.graph())
    for output in result["outputs"]:
        table = DeltaTable(output["location"], version=output["version"])
        assert output["rows"] == table.to_pyarrow_table().num_rows
        assert output["files"] == len(table.file_uris())
        assert output["bytes"] == sum(Path(uri.removeprefix("file://")).stat().st_size for uri in table.file_uris())
        assert table.history(1)[0]["codeanatomy.fingerprint"] == output["fingerprint"]
    inputs = {entry["name"]: entry["fingerprint"] for entry in result["inputs"]}
    assert [output["fingerprint"] for output in result["outputs"]] == [inputs["in_nodes"], inputs["in_edges"]], "same columns, same rows"


def test_the_summary_is_the_sum_of_what_ran(graph: Graph) -> None:
    many = [(number, "function" if number % 4 else "class", f"f{number}") for number in range(40_000)]
    write(graph.folder / "in" / "nodes", NODES, many)
    result = run(graph.query("SELECT id, name FROM in_nodes WHERE kind = 'class' AND id >= 0", columns("id int64; name string?")))
    summary, (output,) = result["trace_metrics_summary"], result["outputs"]
    assert (summary["output_rows"], summary["output_batches"]) == (10_000, output["batches"])
    assert summary["output_bytes"] == output["bytes"]
    assert summary["operator_count"] == sum(entry["nodes"] for entry in result["operators"])
    assert summary["selectivity"] == 0.25
    assert summary["warning_count_by_code"] == {}
    plain = run(graph.query("SELECT count(*) AS n FROM in_nodes", COUNT))
    assert plain["trace_metrics_summary"]["selectivity"] is None


def test_a_run_is_deterministic(graph: Graph) -> None:
    many = [(number, "function", f"f{number % 97}") for number in range(30_000)]
    write(graph.folder / "in" / "nodes", NODES, many)
    declared = columns("name string?; n int64")
    spec = graph.query("SELECT name, count(*) AS n FROM in_nodes GROUP BY name", declared)
    first = run(spec)
    again = run({**spec, "runtime": {"partitions": 1, "batch_size": 100}}, profile="small")
    assert first["outputs"][0]["fingerprint"] == again["outputs"][0]["fingerprint"]
    assert (first["spec_hash"], first["envelope_hash"]) == (again["spec_hash"], again["envelope_hash"])
    assert {row["n"] for row in read(graph.folder / "out")} == {309, 310}


@pytest.mark.parametrize(
    ("nodes", "edges", "code", "count", "example"),
    [
        ([*NODE_ROWS, (3, "class", "x")], EDGE_ROWS, "CA501", 1, 3),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 2, 3)], "CA501", 1, {"kind": "calls", "src": "2", "dst": "3"}),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 99, 3)], "CA503", 1, 99),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 3, 99)], "CA504", 1, {"dst": "99", "kind": "calls"}),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 1, 3)], "CA505", 1, {"src": "1", "kind": "calls", "node_kind": "class"}),
        (NODE_ROWS, [*EDGE_ROWS, (12, "paints", 2, 3)], "CA505", 1, {"src": "2", "kind": "paints", "node_kind": "function"}),
    ],
)
def test_a_broken_promise_publishes_nothing(graph: Graph, nodes: list[Any], edges: list[Any], code: str, count: int, example: Any) -> None:
    run(graph.graph())
    graph.put(nodes, edges)
    with pytest.raises(EngineRuleViolationError) as caught:
        run(graph.graph())
    assert caught.value.error_code == code
    assert caught.value.details["count"] == count
    assert example in caught.value.details["examples"]
    for name, rows in (("nodes", 3), ("edges", 2)):
        table = DeltaTable(str(graph.folder / name))
        assert (table.version(), len(read(graph.folder / name))) == (0, rows)
        assert len(list((graph.folder / name).glob("*.parquet"))) == 1, "files of the refused run are gone"


def test_five_examples_and_the_whole_count(graph: Graph) -> None:
    graph.put(NODE_ROWS, [(number, "calls", number + 1000, 3) for number in range(50)])
    with pytest.raises(EngineRuleViolationError) as caught:
        run(graph.graph())
    assert (caught.value.details["count"], caught.value.details["examples"]) == (50, [1000, 1001, 1002, 1003, 1004])


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda spec: spec["input_relations"][0].update(location="/nowhere/at/all"), "CA404"),
        (lambda spec: spec["input_relations"][0].update(version=9), "CA404"),
        (lambda spec: spec["input_relations"][0].update(columns=columns("id int32; kind string; name string?")), "CA405"),
        (lambda spec: spec["input_relations"][0].update(columns=columns("id int64; kind string; nam string?")), "CA405"),
    ],
)
def test_an_input_that_is_not_as_declared(graph: Graph, edit: Callable[[dict[str, Any]], None], code: str) -> None:
    spec = graph.query("SELECT count(*) AS n FROM in_nodes", COUNT)
    edit(spec)
    with pytest.raises(EngineCompileError) as caught:
        run(spec)
    assert caught.value.error_code == code
    assert "in_nodes" in caught.value.message


def test_an_outer_nested_loop_is_refused_by_name(graph: Graph) -> None:
    sql = "SELECT count(e.id) AS n FROM in_nodes n LEFT JOIN in_edges e ON e.src > n.id"
    views = [sql_view("odd", sql, COUNT, ["in_nodes", "in_edges"]), sql_view("v", "SELECT n FROM odd", COUNT, ["odd"])]
    with pytest.raises(EngineCompileError) as caught:
        run(graph.spec(views, [graph.output("out", "v", COUNT)]))
    assert (caught.value.error_code, caught.value.details["view"]) == ("CA408", "odd")


SLOW = {
    "nested loop without a match": "SELECT count(*) AS n FROM in_nodes a JOIN in_nodes b ON a.id * b.id = -1",
    "cross join of three": "SELECT sum(a.id + b.id + c.id) AS n FROM in_nodes a CROSS JOIN in_nodes b CROSS JOIN in_nodes c",
    "hash join of one key": "SELECT sum(a.id - b.id) AS n FROM (SELECT id, id % 1 AS k FROM in_nodes) a JOIN (SELECT id, id % 1 AS k FROM in_nodes) b ON a.k = b.k",
    "a write": "SELECT a.id + b.id AS n FROM in_nodes a CROSS JOIN in_nodes b",
}


@pytest.fixture
def large(graph: Graph) -> Graph:
    """The inputs with 60,000 nodes, and an output that was published before."""
    run(graph.query("SELECT 1 AS n", COUNT))
    write(graph.folder / "in" / "nodes", NODES, [(number, "function", None) for number in range(60_000)])
    return graph


def within(seconds: float, call: Callable[[], object]) -> BaseException:
    """The exception of a call that must end in time."""
    caught: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "the run did not stop"
    assert caught, "the run came to an end"
    return caught[0]


@pytest.mark.parametrize("sql", SLOW.values(), ids=SLOW.keys())
def test_a_running_join_is_cancelled(large: Graph, sql: str) -> None:
    token = _engine.CancelToken()
    spec = large.query(sql, columns("n int64?"))
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    error = within(GUARD, lambda: run(spec, cancel=token))
    timer.join()
    assert isinstance(error, EngineCancelled)
    assert error.error_code == "CA690"
    assert read(large.folder / "out") == [{"n": 1}], "the former version is the latest"
    assert len(list((large.folder / "out").glob("*.parquet"))) == 1, "the cancelled run left no file"
    assert run(large.query("SELECT 2 AS n", COUNT))["outputs"][0]["version"] == 1, "the next run works at once"


def test_a_timeout_is_told(large: Graph) -> None:
    spec = large.query(SLOW["cross join of three"], columns("n int64?"), timeout_s=60.0)
    error = within(GUARD, lambda: run(spec, timeout_s=0.3))
    assert isinstance(error, EngineTimeout)
    assert (error.error_code, error.details["timeout_s"]) == ("CA691", 0.3)


def test_a_token_that_is_set_already(graph: Graph) -> None:
    token = _engine.CancelToken()
    token.cancel()
    with pytest.raises(EngineCancelled):
        run(graph.graph(), cancel=token)
    assert not (graph.folder / "nodes").exists()


def test_too_little_memory_names_consumer_and_setting(large: Graph) -> None:
    sql = "SELECT a.id AS n FROM in_nodes a JOIN in_nodes b ON a.id = b.id"
    with pytest.raises(EngineRuntimeError) as caught:
        run(large.query(sql, COUNT, memory_bytes=1 << 20, partitions=2))
    error = caught.value
    assert (error.error_code, error.details["setting"]) == ("CA602", "runtime.memory_bytes")
    assert "output `out`" in error.message
    assert "runtime.memory_bytes" in error.hint


def shared_join(graph: Graph, *, by: str = "n.id", **runtime: Any) -> dict[str, Any]:
    """A join that two outputs and an operator read."""
    ends = columns("id int64; kind string; src int64; dst int64; name string?")
    sql = f"SELECT e.id, e.kind, e.src, e.dst, n.name FROM in_edges e JOIN in_nodes n ON e.src = {by}"
    views = [
        sql_view("joined", sql, ends, ["in_edges", "in_nodes"]),
        sql_view("names", "SELECT name FROM joined WHERE name IS NOT NULL", columns("name string?"), ["joined"]),
        sql_view("kinds", "SELECT kind, count(*) AS n FROM joined GROUP BY kind", columns("kind string; n int64"), ["joined"]),
        adjacency("by_src", "joined", "by_src"),
    ]
    outputs = [graph.output(view["name"], view["name"], view["columns"]) for view in views[1:]]
    return graph.spec(views, outputs, **runtime)


def test_a_view_that_several_read_is_computed_once(graph: Graph, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    result = run(shared_join(graph, spill_directory=str(spill)))
    assert sorted(row["name"] for row in read(graph.folder / "names")) == ["a.C", "a.f"]
    assert sorted((row["kind"], row["n"]) for row in read(graph.folder / "kinds")) == [("calls", 1), ("defines", 1)]
    assert {row["id"]: row["edge_ids"] for row in read(graph.folder / "by_src")} == {1: [11], 2: [10]}
    joins = [operator["output"] for operator in result["operators"] if operator["operator"] == "HashJoinExec"]
    assert joins == ["joined"]
    ((view, rows),) = [(shared["view"], shared["rows"]) for shared in result["shared_views"]]
    assert (view, rows) == ("joined", 2)
    assert list(spill.iterdir()) == []


def test_a_shared_view_that_fails_is_named_and_leaves_nothing(graph: Graph, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    write(graph.folder / "in" / "nodes", NODES, [(1, "class", "a.C"), (2, "function", "no number")])
    with pytest.raises(EngineRuntimeError) as caught:
        run(shared_join(graph, by="CAST(n.name AS BIGINT)", spill_directory=str(spill)))
    assert "view `joined`" in caught.value.message
    assert list(spill.iterdir()) == []
    assert not (graph.folder / "names" / "_delta_log").exists()


def test_a_shared_view_without_rows(graph: Graph) -> None:
    graph.put(edges=[])
    result = run(shared_join(graph))
    assert [output["rows"] for output in result["outputs"]] == [0, 0, 0]


def test_a_sort_spills_and_stays_right(graph: Graph, tmp_path: Path) -> None:
    rows = [((number * 7919) % 400_000, "function", f"name number {number:09} of many") for number in range(400_000)]
    write(graph.folder / "in" / "nodes", NODES, rows)
    spill = tmp_path / "spill"
    spill.mkdir()
    spec = graph.spec(
        [], [graph.output("out", "in_nodes", NODES, order_by=["name"])], memory_bytes=24 << 20, partitions=1, spill_directory=str(spill)
    )
    result = run(spec)
    assert sum(operator.get("spills", 0) for operator in result["operators"]) > 0
    assert result["peak_pool_bytes"] <= 24 << 20
    assert result["outputs"][0]["fingerprint"] == result["inputs"][0]["fingerprint"]
    names = [row["name"] for row in read(graph.folder / "out")]
    assert names == sorted(names)
    assert list(spill.iterdir()) == []


def test_rows_of_an_operator_go_to_disk_beyond_their_share_of_the_pool(graph: Graph, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    edges = [(number, "calls" if number % 3 else "defines", number % 7_919, (number * 31) % 7_919) for number in range(200_000)]
    write(graph.folder / "in" / "edges", EDGES, edges)
    views = [adjacency(port, "in_edges", port) for port in ("by_src", "by_dst")]
    degree = sql_view("degree", "SELECT sum(degree) AS n FROM by_src", columns("n int64?"), ["by_src"])
    outputs = [graph.output(view["name"], view["name"], view["columns"]) for view in [*views, degree]]
    results = [
        run(graph.spec([*views, degree], outputs, memory_bytes=size << 20, spill_directory=str(spill), partitions=2)) for size in (1024, 24)
    ]
    ((roomy,), (tight,)) = ([entry for entry in result["operators"] if entry["output"] is None] for result in results)
    assert (roomy["spills"], roomy["spilled_bytes"]) == (0, 0)
    assert tight["spills"] == 1, "the smaller table stays"
    assert tight["spilled_bytes"] > 0
    assert 0 < tight["spilled_rows"] <= 7_919
    summary = results[1]["trace_metrics_summary"]
    assert summary["spill_file_count"] == sum(entry["spills"] for entry in results[1]["operators"])
    assert summary["spilled_rows"] == sum(entry["spilled_rows"] for entry in results[1]["operators"])
    assert [output["fingerprint"] for output in results[0]["outputs"]] == [output["fingerprint"] for output in results[1]["outputs"]]
    assert read(graph.folder / "degree") == [{"n": 200_000}]
    assert list(spill.iterdir()) == []


def test_an_operator_refuses_a_parameter_or_says_what_it_lacks(graph: Graph) -> None:
    with pytest.raises(EngineError) as caught:
        run({**graph.graph(), "view_definitions": [{**adjacency("x", "in_nodes", "by_src")}]})
    assert caught.value.error_code == "CA307"
    assert "port `edges` from `in_nodes`" in caught.value.message


def test_progress_is_told_and_its_failure_ends_the_run(graph: Graph) -> None:
    events: list[dict[str, Any]] = []
    run(graph.graph(), on_progress=lambda text: events.append(json.loads(text)))
    assert {(event["event"], event["table"]) for event in events} >= {("output_written", "nodes"), ("output_written", "edges")}

    def listener(_text: str) -> None:
        raise LookupError("not now")

    with pytest.raises(LookupError, match="not now"):
        run(graph.graph(), on_progress=listener)


def test_allowed_kinds_are_those_of_the_spec(graph: Graph) -> None:
    assert set(ALLOWED) == {"calls", "defines"}
    spec = graph.graph()
    del spec["output_targets"][1]["promises"][3]["edge_ends"]["allowed"]["defines"]
    with pytest.raises(EngineRuleViolationError, match="CA505"):
        run(spec)
