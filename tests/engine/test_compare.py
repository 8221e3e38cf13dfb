"""What two versions of stored tables hold, against what was written; and the bytes of canonical outputs."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from codeanatomy import _engine
from codeanatomy.engine.errors import EngineCancelled, EngineCompileError
from tests.engine.specs import Graph, columns, read, run, table, write

DECLARED = columns("n int64; t string?; l list<string>?")
ROWS: list[tuple[Any, ...]] = [(1, "a", ["x", "y"]), (2, None, None), (2, None, None), (3, "c" * 500, [])]


def difference(folder: Path, one: int, other: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_engine.difference(folder, one, folder, other))
    return found


def test_rows_that_only_one_version_has_are_counted_with_their_repetitions_and_shown(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    write(folder, DECLARED, ROWS)
    write(folder, DECLARED, [(4, "é", ["z"]), *reversed(ROWS[:2]), (1, "b", None)])
    assert difference(folder, 0, 1) == {
        "only_one": 2,
        "only_other": 2,
        "one": [{"n": "2"}, {"n": "3", "t": "c" * 120, "l": "[]"}],
        "other": [{"n": "4", "t": "é", "l": "[z]"}, {"n": "1", "t": "b"}],
    }
    assert difference(folder, 1, 1) == {"only_one": 0, "only_other": 0, "one": [], "other": []}


def test_only_some_of_many_rows_are_shown(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    write(folder, DECLARED, [])
    write(folder, DECLARED, [(n, None, None) for n in range(20_000)])
    found = difference(folder, 0, 1)
    assert (found["only_one"], found["only_other"], found["one"]) == (0, 20_000, [])
    assert 0 < len(found["other"]) < 20
    assert found["other"][0] == {"n": "0"}


def test_other_columns_are_said(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    write(one, columns("n int64"), [])
    write(other, columns("n int32"), [])
    found = json.loads(_engine.difference(one, 0, other, 0))
    assert [[column["type"] for column in declared] for declared in found["columns"]] == [["int64"], ["int32"]]


def test_the_fingerprint_of_stored_rows_is_that_of_the_commit_until_a_file_is_changed(tmp_path: Path) -> None:
    told = write(tmp_path / "t", DECLARED, ROWS)
    assert _engine.fingerprint(tmp_path / "t", 0) == told["fingerprint"]
    [file] = (tmp_path / "t").glob("*.parquet")
    pq.write_table(table(DECLARED, ROWS[:3]), file)
    assert _engine.fingerprint(tmp_path / "t", 0) != told["fingerprint"]


def test_a_table_that_is_not_there_or_not_readable_is_coded(tmp_path: Path) -> None:
    with pytest.raises(EngineCompileError, match="CA404"):
        _engine.fingerprint(tmp_path / "none", 0)
    write(tmp_path / "t", DECLARED, ROWS)
    [file] = (tmp_path / "t").glob("*.parquet")
    file.write_bytes(b"no Parquet")
    with pytest.raises(EngineCompileError, match=r"CA404.*part-"):
        difference(tmp_path / "t", 0, 0)


def test_comparing_can_be_cancelled(tmp_path: Path) -> None:
    write(tmp_path / "t", DECLARED, ROWS)
    token = _engine.CancelToken()
    token.cancel()
    with pytest.raises(EngineCancelled):
        _engine.difference(tmp_path / "t", 0, tmp_path / "t", 0, token)


SHAPES: Sequence[tuple[int, int]] = [(1, 8192), (2, 1000), (3, 777)]
"""Partitions and rows of a batch."""


def hashes(folder: Path) -> list[str]:
    """The bytes of a table's data files, whatever their names."""
    return sorted(
        hashlib.sha256(Path(path.removeprefix("file://")).read_bytes()).hexdigest() for path in DeltaTable(str(folder)).file_uris()
    )


@pytest.mark.parametrize(("canonical", "kinds_of_bytes"), [(True, 1), (False, len(SHAPES))])
def test_canonical_outputs_are_the_same_bytes_however_they_were_computed(graph: Graph, canonical: bool, kinds_of_bytes: int) -> None:
    rows = [(n, random.Random(n).choice("abc"), f"name {n % 1000}" if n > 100 else None) for n in range(200_000)]
    found, told = [], []
    for number, (partitions, batch_size) in enumerate(SHAPES):
        graph.put(random.Random(number).sample(rows, len(rows)), [])
        runtime = {"canonical": True} if canonical else {}
        spec = graph.query(
            "SELECT id, kind, name FROM in_nodes",
            columns("id int64; kind string; name string?"),
            partitions=partitions,
            batch_size=batch_size,
            **runtime,
        )
        spec["output_targets"][0]["promises"] = [{"unique": ["id"]}]
        told.append(run(spec))
        found.append(tuple(hashes(graph.folder / "out")))
    assert len(set(found)) == kinds_of_bytes
    assert len({(result["spec_hash"], result["envelope_hash"], result["outputs"][0]["fingerprint"]) for result in told}) == 1
    assert ([row["id"] for row in read(graph.folder / "out")] == sorted(n for n, *_ in rows)) == canonical


def test_where_a_key_only_warns_a_canonical_output_is_ordered_by_all_columns(graph: Graph) -> None:
    rows = [(1, kind, name) for kind in "cab" for name in ("x", "z", "y")]
    graph.put(rows, [])
    spec = graph.query("SELECT id, kind, name FROM in_nodes", columns("id int64; kind string; name string?"), canonical=True)
    spec["output_targets"][0]["promises"] = [{"unique": ["id"]}]
    run({**spec, "rulepack_profile": "LowLatency"})
    assert [tuple(row.values()) for row in read(graph.folder / "out")] == sorted(rows)


def test_a_canonical_output_without_a_key_is_ordered_by_all_columns_lists_included(graph: Graph) -> None:
    lists = [(n % 3, [str(n % 5), "b"]) for n in range(60)]
    write(graph.folder / "in" / "nodes", columns("n int64; l list<string>"), lists)
    spec = graph.query("SELECT n, l FROM in_nodes", columns("n int64; l list<string>"), canonical=True)
    spec["input_relations"][0]["columns"] = columns("n int64; l list<string>")
    run(spec)
    assert [(row["n"], row["l"]) for row in read(graph.folder / "out")] == sorted(lists)
