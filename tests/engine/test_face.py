"""The async face, on asyncio and on trio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from codeanatomy import engine
from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.engine.errors import EngineRuleViolationError, EngineRuntimeError
from codeanatomy.engine.generation import current_generation, output_folder
from codeanatomy.engine.writer import open_writer
from tests.engine.specs import NODES, Graph, columns, ipc, read, table, write

pytestmark = pytest.mark.anyio

FACTS = Table("facts", "Facts.", (Column("id", "int64", "Id."), Column("text", "string", "Text.", nullable=True)), key=("id",))
ROWS = table(columns("id int64; text string?"), [(1, "a"), (2, None)])


async def test_a_table_is_written(tmp_path: Path) -> None:
    writer = await open_writer(FACTS, tmp_path / "facts")
    assert await writer.write_ipc(ipc(ROWS)) == 2
    written = await writer.finish({"run": "x"})
    assert (written.table, written.rows, written.version, written.location) == ("facts", 2, 0, tmp_path / "facts")
    assert read(tmp_path / "facts") == [{"id": 1, "text": "a"}, {"id": 2, "text": None}]


async def test_the_key_of_a_table_is_a_promise(tmp_path: Path) -> None:
    writer = await open_writer(FACTS, tmp_path / "facts")
    await writer.write_arrow(ROWS)
    await writer.write_arrow(ROWS)
    with pytest.raises(EngineRuleViolationError, match="CA501"):
        await writer.finish()
    await writer.abort()
    assert list((tmp_path / "facts").iterdir()) == []


async def test_a_spec_is_run(graph: Graph) -> None:
    events: list[dict[str, Any]] = []
    result = await engine.run(json.dumps(graph.graph()), "small", on_progress=events.append)
    assert [output["rows"] for output in result["outputs"]] == [3, 2]
    assert events


async def test_an_engine_error_is_no_group(graph: Graph) -> None:
    spec = graph.graph()
    spec["input_relations"][0]["location"] += "-not"
    with pytest.raises(engine.EngineCompileError, match="CA404"):
        await engine.run(json.dumps(spec))


async def test_cancelling_the_scope_ends_the_run(graph: Graph) -> None:
    write(graph.folder / "in" / "nodes", NODES, [(number, "function", None) for number in range(60_000)])
    spec = graph.query("SELECT sum(a.id + b.id + c.id) AS n FROM in_nodes a, in_nodes b, in_nodes c", columns("n int64?"))
    with anyio.fail_after(20):
        with anyio.move_on_after(0.3) as scope:
            await engine.run(json.dumps(spec))
    assert scope.cancelled_caught
    assert not list(graph.folder.glob("out/*.parquet"))
    result = await engine.run(json.dumps(graph.query("SELECT 1 AS n", columns("n int64"))))
    assert result["outputs"][0]["rows"] == 1


async def test_an_output_folder_is_held_and_published(tmp_path: Path) -> None:
    async with output_folder(tmp_path / "out") as output:
        assert output.former is None
        with pytest.raises(EngineRuntimeError, match="CA620"):
            async with output_folder(tmp_path / "out"):
                pass
        version = write(tmp_path / "out" / "t", columns("n int64"), [(1,)])["version"]
        assert await output.publish({"tables": {"t": {"version": version}}}) == 1
        assert await output.clean() == 0
    generation = current_generation(tmp_path / "out")
    assert generation is not None
    assert (generation.number, generation.record) == (1, {"tables": {"t": {"version": 0}}})
    async with output_folder(tmp_path / "out") as output:
        assert output.former == generation


async def test_waiting_for_a_folder_is_cancelled(tmp_path: Path) -> None:
    async with output_folder(tmp_path):
        with anyio.fail_after(20):
            with anyio.move_on_after(0.1) as scope:
                async with output_folder(tmp_path, wait_s=60):
                    pass
        assert scope.cancelled_caught


def test_operator_ports_are_columns() -> None:
    ports = engine.operator_ports()
    assert [(column.name, column.type) for column in ports["adjacency"]["by_src"]][:2] == [("id", "int64"), ("degree", "int32")]
