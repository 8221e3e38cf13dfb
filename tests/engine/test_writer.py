"""Table writers: what they accept, what they refuse, what others read afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from codeanatomy import _engine
from codeanatomy.engine.errors import EngineRuleViolationError, EngineRuntimeError, EngineValidationError
from tests.engine.specs import columns, ipc, read, table, write

EVERY = columns(
    "id int64; n int32?; ok bool?; x float64?; s string?; b binary?; i list<int32>; l list<int64>; t list<string>; m map<string,string>?"
)
ROWS = [
    (1, -5, True, 0.5, "é", b"\x00\xff", [1, 2], [2**40], ["a", "b"], [("k", "v")]),
    (-(2**62), None, None, None, None, None, [], [], [], None),
]


def open_writer(folder: Path, text: str = "id int64; kind string?") -> _engine.TableWriter:
    return _engine.TableWriter(folder, json.dumps({"name": "t", "columns": columns(text)}))


def test_every_type_comes_back(tmp_path: Path) -> None:
    told = write(tmp_path / "t", EVERY, ROWS)
    assert (told["rows"], told["version"], told["files"]) == (2, 0, 1)
    names = [column["name"] for column in EVERY]
    assert read(tmp_path / "t") == [dict(zip(names, row, strict=True)) for row in ROWS]


def test_other_readers_agree(tmp_path: Path) -> None:
    write(tmp_path / "t", columns("id int64; s string?"), [(2, "b"), (1, None)])
    delta = DeltaTable(str(tmp_path / "t"))
    assert (delta.protocol().min_reader_version, delta.protocol().min_writer_version) == (1, 2)
    assert pl.read_delta(str(tmp_path / "t")).sort("id").rows() == [(1, None), (2, "b")]
    found = duckdb.connect().execute("SELECT id, s FROM read_parquet(?) ORDER BY id", [delta.file_uris()]).fetchall()
    assert found == [(1, None), (2, "b")]


def test_statistics_are_in_the_log(tmp_path: Path) -> None:
    write(tmp_path / "t", columns("id int64; s string?; n int32?"), [(5, "b", None), (-3, "a", 7)])
    actions = [json.loads(line) for line in (tmp_path / "t/_delta_log/00000000000000000000.json").read_text().splitlines()]
    stats = json.loads(next(action["add"]["stats"] for action in actions if "add" in action))
    assert stats == {
        "numRecords": 2,
        "minValues": {"id": -3, "s": "a", "n": 7},
        "maxValues": {"id": 5, "s": "b", "n": 7},
        "nullCount": {"id": 0, "s": 0, "n": 1},
    }


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    told = write(tmp_path / "t", EVERY, [])
    assert (told["rows"], told["files"], read(tmp_path / "t")) == (0, 0, [])
    other = write(tmp_path / "u", columns("id int64"), [])
    assert told["fingerprint"] != other["fingerprint"], "tables of different shape differ even without rows"


def test_finish_replaces_and_the_former_version_stays(tmp_path: Path) -> None:
    write(tmp_path / "t", columns("id int64"), [(1,)])
    told = write(tmp_path / "t", columns("id int64; name string?"), [(2, "x")])
    assert told["version"] == 1
    assert read(tmp_path / "t") == [{"id": 2, "name": "x"}]
    assert read(tmp_path / "t", 0) == [{"id": 1}]


@pytest.mark.parametrize("end", ["abort", "drop"])
def test_without_finish_nothing_is_left(tmp_path: Path, end: str) -> None:
    writer = open_writer(tmp_path / "t")
    writer.write_arrow(table(columns("id int64; kind string?"), [(1, "a")]))
    if end == "abort":
        writer.abort()
        with pytest.raises(EngineRuntimeError, match="CA614"):
            writer.finish("{}")
    del writer
    assert list((tmp_path / "t").iterdir()) == []


GOOD = ipc(table(columns("id int64; kind string?"), [(1, "a"), (2, None)]))


def test_a_stream_is_read(tmp_path: Path) -> None:
    assert open_writer(tmp_path / "t").write_ipc(GOOD) == 2


@given(st.binary(max_size=300))
def test_garbage_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    writer = open_writer(tmp_path_factory.mktemp("t"))
    with pytest.raises(EngineRuntimeError) as caught:
        writer.write_ipc(data)
    assert caught.value.error_code == "CA612"


def outcome(folder: Path, data: bytes) -> int | str:
    """Rows that were read, or the code of the refusal."""
    try:
        return open_writer(folder).write_ipc(data)
    except EngineRuntimeError as error:
        return error.error_code


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_stream_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, place: int, noise: bytes) -> None:
    damaged = GOOD[:place] + noise + GOOD[place + len(noise) :]
    assert outcome(tmp_path_factory.mktemp("t"), damaged) in (0, 1, 2, "CA612", "CA613")


@given(st.integers(1, len(GOOD) - 9))
def test_half_a_stream_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    # The mark of the end may be missing, and a stream may hold no batch; half a message never passes.
    assert outcome(tmp_path_factory.mktemp("t"), GOOD[:length]) in (0, 2, "CA612")


def test_a_compressed_stream_is_refused(tmp_path: Path) -> None:
    sink = pa.BufferOutputStream()
    data = table(columns("id int64; kind string?"), [(number, "a") for number in range(1000)])
    with pa.ipc.new_stream(sink, data.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write(data)
    with pytest.raises(EngineRuntimeError, match="compressed"):
        open_writer(tmp_path / "t").write_ipc(bytes(sink.getvalue()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id int64", "column `kind` is missing"),
        ("kind string?; id int64", "column 1 is `kind`, not `id`"),
        ("id int32; kind string?", "column `id` is Int32, not int64"),
        ("id int64; kind string?; more int32", "column `more` is not declared"),
    ],
)
def test_other_columns_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(EngineRuntimeError, match=says) as caught:
        open_writer(tmp_path / "t").write_ipc(ipc(table(columns(text), [])))
    assert caught.value.error_code == "CA613"


def test_a_null_where_none_may_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineRuleViolationError) as caught:
        write(tmp_path / "t", columns("id int64; kind string"), [(1, "a"), (2, None)])
    assert caught.value.error_code == "CA502"
    assert caught.value.details["examples"] == [{"id": "2", "kind": None}]
    assert list((tmp_path / "t").iterdir()) == []


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    rows = [(1, "a"), (1, "b"), (1, "a")]
    with pytest.raises(EngineRuleViolationError) as caught:
        write(tmp_path / "t", columns("id int64; kind string"), rows, [{"unique": ["id", "kind"]}])
    assert caught.value.details["count"] == 1
    assert caught.value.details["examples"] == [{"id": "1", "kind": "a"}]


@pytest.mark.parametrize(
    "declaration",
    [
        "{",
        '{"name": "t", "columns": []}',
        '{"name": "t", "columns": [{"name": "a", "type": "uint8"}]}',
        '{"name": "t", "columns": [{"name": "a", "type": "int32"}], "promises": [{"unique": ["b"]}]}',
    ],
)
def test_a_wrong_declaration_is_refused(tmp_path: Path, declaration: str) -> None:
    with pytest.raises(EngineValidationError) as caught:
        _engine.TableWriter(tmp_path / "t", declaration)
    assert caught.value.error_code == "CA320"


FORK = """
import json, os, sys
from codeanatomy import _engine
from codeanatomy.engine.errors import EngineRuntimeError
child = os.fork()
if child == 0:
    try:
        _engine.SessionFactory.from_class("small")
    except EngineRuntimeError as error:
        os._exit(8 if error.error_code == "CA608" else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_is_told(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], cwd=tmp_path, timeout=60).returncode == 8
