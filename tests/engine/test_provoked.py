"""Failures that no other test of the engine meets, each provoked by real input: its code, its stage, and that nothing is left of the run."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest

from codeanatomy import ResolutionLimits, _engine
from codeanatomy.engine.errors import EngineCompileError, EngineError, EngineRuntimeError, EngineValidationError
from codeanatomy.semantics import interpreter
from tests.engine.specs import NODES, Columns, Graph, columns, read, run, write

NUMBER = columns("n int64?")


def names() -> dict[str, Any]:
    """All parameters of `resolve`."""
    return {**interpreter.names(), "limits": asdict(ResolutionLimits())}


def failure(kind: type[EngineError], call: Callable[[], object]) -> EngineError:
    """What the call raises, which is of that class itself."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return caught.value


def named(error: EngineError) -> tuple[str, str]:
    """Code and stage."""
    return error.error_code, error.error_stage


def test_a_profile_that_does_not_exist() -> None:
    error = failure(EngineValidationError, lambda: _engine.SessionFactory.from_class("huge"))
    assert named(error) == ("CA321", "validation")
    assert (error.details, error.hint) == ({"class": "huge"}, "choose small, medium or large")


@pytest.mark.parametrize(
    ("how", "feature"),
    [
        ({"partition_by": ["kind"]}, "partition columns"),
        ({"configuration": {"delta.enableDeletionVectors": "true"}}, "a reader version above 1"),
        ({"configuration": {"delta.columnMapping.mode": "name"}}, "a reader version above 1"),
    ],
    ids=["partitions", "deletion vectors", "column mapping"],
)
def test_an_input_whose_files_do_not_mean_what_they_hold(graph: Graph, how: dict[str, Any], feature: str) -> None:
    folder = graph.folder / "in" / "foreign"
    deltalake.write_deltalake(str(folder), pa.table({"id": [1, 2], "kind": ["a", "b"]}), **how)
    spec = graph.query("SELECT id AS n FROM in_nodes", NUMBER)
    spec["input_relations"][0].update(location=str(folder), columns=columns("id int64?; kind string?"))
    error = failure(EngineCompileError, lambda: run(spec))
    assert named(error) == ("CA406", "compilation")
    assert error.details == {"in": "input `in_nodes`", "feature": feature}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (SELECT max(e.id) FROM in_edges e WHERE e.src > n.id) AS n FROM in_nodes n",
        "SELECT e.id AS n FROM in_nodes n, LATERAL (SELECT id FROM in_edges e WHERE e.src = n.id LIMIT 1) e",
    ],
    ids=["subquery", "lateral"],
)
def test_a_query_that_is_right_and_has_no_plan(graph: Graph, sql: str) -> None:
    error = failure(EngineCompileError, lambda: run(graph.query(sql, NUMBER)))
    assert named(error) == ("CA407", "compilation")
    assert error.details == {"in": "output `out`"}
    assert not (graph.folder / "out" / "_delta_log").exists()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT 6 / (id - 3) AS n FROM in_nodes ORDER BY id", "Divide by zero"),
        ("SELECT CAST(kind AS BIGINT) AS n FROM in_nodes", "Cannot cast string 'class' to value of Int64 type"),
        ("SELECT (SELECT id FROM in_edges) AS n FROM in_nodes", "Scalar subquery returned more than one row"),
    ],
    ids=["division", "cast", "subquery"],
)
def test_a_value_that_a_query_cannot_take(graph: Graph, sql: str, says: str) -> None:
    run(graph.query("SELECT 7 AS n", columns("n int64")))
    error = failure(EngineRuntimeError, lambda: run(graph.query(sql, NUMBER)))
    assert named(error) == ("CA601", "runtime")
    assert says in error.message
    assert error.details == {"in": "output `out`"}
    assert read(graph.folder / "out") == [{"n": 7}]
    assert len(list((graph.folder / "out").glob("*.parquet"))) == 1


def sorting(graph: Graph, spill: Path) -> dict[str, Any]:
    """A spec whose sort of all nodes needs more memory than it may have, and spills."""
    output = graph.output("out", "in_nodes", NODES, order_by=["name"])
    return graph.spec([], [output], memory_bytes=24 << 20, partitions=1, spill_directory=str(spill))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Every write beyond that size fails, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_spill_that_does_not_fit_on_its_disk(graph: Graph) -> None:
    rows = [((number * 7919) % 400_000, "function", f"name number {number:09} of many") for number in range(400_000)]
    write(graph.folder / "in" / "nodes", NODES, rows)
    spill = graph.folder / "spill"
    spill.mkdir()
    with files_of_at_most(1 << 20):
        error = failure(EngineRuntimeError, lambda: run(sorting(graph, spill)))
    assert named(error) == ("CA603", "runtime")
    assert "File too large" in error.message
    assert "runtime.spill_directory" in error.hint
    assert list(spill.iterdir()) == []
    assert list((graph.folder / "out").iterdir()) == []


def test_a_spill_directory_that_is_a_file(graph: Graph) -> None:
    spill = graph.folder / "spill"
    spill.write_text("in the way")
    error = failure(EngineRuntimeError, lambda: run(sorting(graph, spill)))
    assert named(error) == ("CA603", "runtime")
    assert str(spill) in error.message
    assert spill.read_text() == "in the way"


def relation(folder: Path, port: dict[str, Any], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Rows of an input port, on disk and as an input of a spec; anything may be null in them."""
    write(folder / "in" / port["name"], optional(port), rows)
    return {"name": f"in_{port['name']}", "location": str(folder / "in" / port["name"]), "columns": optional(port)}


def optional(port: dict[str, Any]) -> Columns:
    """The columns of a port, all nullable."""
    return [{"name": name, "type": kind, "nullable": True} for name, kind in port["columns"]]


def operate(folder: Path, name: str, parameters: dict[str, Any], **rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Run an operator on rows by port; what comes out of its first port is written to `out`."""
    [operator] = [operator for operator in json.loads(_engine.operators()) if operator["name"] == name]
    inputs = [relation(folder, port, rows.get(port["name"], [])) for port in operator["inputs"]]
    ports = {port["name"]: f"in_{port['name']}" for port in operator["inputs"]}
    port = operator["outputs"][0]
    declared = optional(port)
    transform = {"operator": name, "inputs": ports, "output": port["name"]}
    view = {"name": "v", "kind": "operator", "dependencies": list(ports.values()), "columns": declared, "transform": transform}
    output = {"table": "out", "view": "v", "location": str(folder / "out"), "columns": declared, "promises": []}
    return run(
        {
            "schema_version": 1,
            "input_relations": inputs,
            "view_definitions": [view],
            "operator_parameters": {name: parameters},
            "output_targets": [output],
            "runtime": {},
        }
    )


FILE = (1, "a.py", "a", "", False, False)
LINES = (1, [0], [], 10)
MODULE = (1, 0, -1, "Module", None, None, 0, 10, None, None, None, None, None, 1)
ORPHAN = (1, 1, 5, "Name", "body", 0, 0, 1, "a", None, None, "load", None, 1)
NAMELESS = (1, 1, 0, "Name", "body", 0, 0, 1, None, None, None, "load", None, 1)
ELSEWHERE = (9, 0, -1, "Module", None, None, 0, 10, None, None, None, None, None, 1)
CODE = (1, 0, -1, -1, "<module>", 1, 0, b"", b"", b"")


@pytest.mark.parametrize(
    ("operator", "rows", "says"),
    [
        ("resolve", {"files": [FILE], "lines": [LINES], "syntax": [MODULE, ORPHAN]}, "a.py: node 1 is not in pre-order"),
        ("resolve", {"files": [FILE], "lines": [LINES], "syntax": [MODULE, NAMELESS]}, "a.py: node 1 is no Name of the grammar"),
        ("resolve", {"files": [FILE], "lines": [LINES], "syntax": [ELSEWHERE]}, "syntax: file 9 is not among the files"),
        ("resolve", {"files": [FILE, FILE]}, "files: a file_id is there twice"),
        ("control_flow", {"files": [FILE[:3]], "code": [CODE]}, "code_objects: file 1 has no path or no lines"),
        ("gather", {"properties": [(1, "node", None, "x")]}, "a property of entity 1 has a null"),
        ("adjacency", {"edges": [(10, None, 1, 2)]}, "edge 10 has a null kind or end"),
    ],
)
def test_evidence_that_an_operator_refuses(tmp_path: Path, operator: str, rows: dict[str, list[tuple[Any, ...]]], says: str) -> None:
    parameters = {"resolve": names, "control_flow": interpreter.instructions}.get(operator, dict)()
    error = failure(EngineRuntimeError, lambda: operate(tmp_path, operator, parameters, **rows))
    assert named(error) == ("CA604", "runtime")
    assert error.message == f"operator `{operator}`: {says}"
    assert error.details == {"operator": operator}
    assert not (tmp_path / "out").exists()


def test_an_interpreter_may_lack_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "INHERITED", ("no_such_module", "binascii"))
    assert interpreter.names()["ancestors"]["binascii.Error"] == ["builtins.ValueError", "builtins.Exception", "builtins.BaseException"]


@pytest.mark.parametrize(
    ("operator", "parameters", "says"),
    [
        ("control_flow", {}, "opcodes is not an object"),
        ("control_flow", {**interpreter.instructions(), "version": [3, 10]}, "version: [3,10] is not 3.11 or later"),
        ("control_flow", {**interpreter.instructions(), "caches": {"x": 1}}, "caches: x: 1"),
        ("resolve", {"limits": names()["limits"]}, "`standard_library` must be a list of texts"),
        ("resolve", {**names(), "builtin_members": 1}, "`builtin_members` must map names of types to lists of texts"),
        ("resolve", {**names(), "ancestors": 1}, "`ancestors` must map names of classes to lists of names"),
        ("resolve", {**names(), "hooks": {"m.C": 1}}, "`hooks.m.C` must map names of methods to lists of names"),
        ("resolve", {**names(), "hooks": {"m.C": {"go": 1}}}, "`hooks.m.C` must map names of methods to lists of names"),
        ("resolve", {**names(), "results": {"os.getcwd": 1}}, "`results.os.getcwd` must be the name of a class"),
        ("resolve", {**names(), "described": {"m.C": 1}}, "`described.m.C` must have `methods`, `others` and `is_closed`"),
        ("resolve", interpreter.names(), "`limits.contexts_per_function` must be a whole number from 1 to 4294967295"),
    ],
    ids=[
        "no opcodes",
        "old interpreter",
        "odd caches",
        "no names",
        "odd members",
        "odd ancestors",
        "odd hooks",
        "odd hooks of a method",
        "odd results",
        "odd description of a class",
        "no limits",
    ],
)
def test_a_parameter_that_an_operator_refuses(tmp_path: Path, operator: str, parameters: dict[str, Any], says: str) -> None:
    error = failure(EngineRuntimeError, lambda: operate(tmp_path, operator, parameters))
    assert named(error) == ("CA605", "runtime")
    assert error.message == f"operator `{operator}`: {says}"
    assert error.details == {"operator": operator}
    assert not (tmp_path / "out").exists()


def test_a_panic_is_told_and_the_engine_works_on(tmp_path: Path) -> None:
    """`resolve` takes for impossible that a file has no path: the scan declares that it has one, and this spec does not."""
    parameters, nowhere = names(), (1, None, "a", "", False, False)
    error = failure(EngineRuntimeError, lambda: operate(tmp_path, "resolve", parameters, files=[nowhere], lines=[LINES], syntax=[MODULE]))
    assert named(error) == ("CA607", "runtime")
    assert error.message.startswith("operator `resolve`: index out of bounds")
    assert error.details == {"in": "operator `resolve`"}
    assert not (tmp_path / "out").exists()
    assert operate(tmp_path, "resolve", parameters, files=[FILE], lines=[LINES], syntax=[MODULE])["outputs"][0]["rows"] == 1


def log_is_a_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "_delta_log").write_text("in the way")


def log_is_damaged(folder: Path) -> None:
    write(folder, NUMBER, [(7,)])
    (folder / "_delta_log" / f"{0:020}.json").write_text("{no JSON")


def version_is_taken(folder: Path) -> None:
    write(folder, NUMBER, [(7,)])
    (folder / "_delta_log" / f"{1:020}.json").mkdir()


@pytest.mark.parametrize("spoil", [log_is_a_file, log_is_damaged, version_is_taken])
def test_a_log_that_takes_no_commit(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "out")
    before = sorted((tmp_path / "out").rglob("*"))
    error = failure(EngineRuntimeError, lambda: write(tmp_path / "out", NUMBER, [(8,)]))
    assert named(error) == ("CA611", "materialization")
    assert error.details == {"in": "table `out`"}
    assert sorted((tmp_path / "out").rglob("*")) == before, "the data files of the refused commit are gone"
