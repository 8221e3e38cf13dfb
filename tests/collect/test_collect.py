"""Real extractors and animals over real files, into writers that read what they are given with pyarrow."""

from __future__ import annotations

import ast
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pyarrow as pa
import pytest
from tests.sandbox.zoo.animal import ZOO_ROWS

from codeanatomy.catalog.evidence.repo_scan import TABLES as SCAN_TABLES
from codeanatomy.catalog.extractors import EXTRACTORS, Extractor
from codeanatomy.catalog.shapes import Table
from codeanatomy.collect import Collection, collect, deal
from codeanatomy.events import Event, FileDone, StageFinished, StageStarted, WorkerEnded, WorkerStarted
from codeanatomy.failure import Coded
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.sandbox.confinement import UNCONFINED
from codeanatomy.sandbox.limits import Limits
from codeanatomy.scan import SourceFile, scan
from codeanatomy.tools import supplies
from codeanatomy.tools.config import ScipIndexConfig

pytestmark = pytest.mark.anyio


class Writer:
    """Keeps a table in memory; sees to it that nobody writes twice at a time or after the end."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.batches: list[pa.Table] = []
        self.busy = False
        self.end = ""

    async def write_ipc(self, data: bytes) -> int:
        assert not self.busy
        assert not self.end
        self.busy = True
        await anyio.lowlevel.checkpoint()
        found = pa.ipc.open_stream(data).read_all()
        found.validate(full=True)
        assert found.schema.names == [column.name for column in self.table.columns]
        self.batches.append(found)
        self.busy = False
        return int(found.num_rows)

    async def finish(self) -> list[str]:
        """Every row as text, sorted."""
        assert not self.end
        self.end = "finished"
        return sorted(json.dumps(row, default=repr) for batch in self.batches for row in batch.to_pylist())

    async def abort(self) -> None:
        assert not self.end
        self.end = "aborted"


class Store:
    """Opens writers and remembers them."""

    def __init__(self) -> None:
        self.writers: dict[str, Writer] = {}

    async def open(self, table: Table) -> Writer:
        self.writers[table.name] = Writer(table)
        return self.writers[table.name]


def animal(name: str, stage: int = 1) -> Extractor:
    """An animal whose table has its own name, so that several fit into one collection."""
    table = Table(f"{name}_{stage}_rows", ZOO_ROWS.sentence, ZOO_ROWS.columns, ZOO_ROWS.key)
    return Extractor(f"{name}_{stage}", f"tests.sandbox.zoo.{name}", stage, (table,), "An animal of the zoo.")


async def run(
    folder: Path, extractors: Sequence[Extractor], workers: int = 2, **limits: Any
) -> tuple[Collection[list[str]], Store, list[Event]]:
    store, events = Store(), list[Event]()
    found = await scan(folder)
    request = GraphProductBuildRequest(repo_root=folder, scip=ScipIndexConfig(mode="off"), types="off")
    collection = await collect(found, extractors, store.open, workers, supplies(request), limits=Limits(**limits), events=events.append)
    return collection, store, events


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of two packages of the standard library."""
    folder = tmp_path_factory.mktemp("library")
    for package in ("json", "email"):
        shutil.copytree(Path(os.__file__).parent / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


async def test_every_extractor_over_real_files(library: Path) -> None:
    collection, store, _ = await run(library, EXTRACTORS)
    assert collection.failures == []
    assert set(collection.tables) == {table.name for extractor in EXTRACTORS for table in extractor.tables}
    assert {writer.end for writer in store.writers.values()} == {"finished"}
    sources = [json.loads(row) for row in collection.tables["repo_files"]]
    kinds = Counter((row["file_id"], row["kind"]) for row in map(json.loads, collection.tables["ast_nodes"]))
    codes = Counter(json.loads(row)["file_id"] for row in collection.tables["bytecode_objects"])
    scopes = Counter(json.loads(row)["file_id"] for row in collection.tables["symtable_scopes"])
    for source in sources:
        tree = ast.walk(ast.parse((library / source["path"]).read_bytes()))
        expected = Counter(type(node).__name__ for node in tree)
        for kind in ("Module", "FunctionDef", "ClassDef", "Call", "Name", "Attribute"):
            assert kinds[source["file_id"], kind] == expected[kind], (source["path"], kind)
        assert codes[source["file_id"]] == scopes[source["file_id"]] > 0
    supplied = supplies(GraphProductBuildRequest(repo_root=library))
    for outcome in collection.extractors.values():
        if outcome.extractor not in supplied:
            assert (outcome.files, outcome.failed) == (len(sources), 0)
        assert outcome.rows == sum(len(collection.tables[table.name]) for table in _tables(outcome.extractor))


def _tables(name: str) -> tuple[Table, ...]:
    return next(extractor.tables for extractor in EXTRACTORS if extractor.name == name)


async def test_one_worker_or_several_give_the_same_rows(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeanatomy.collect.SHARD_FILES", 5)
    alone, _, _ = await run(library, EXTRACTORS, workers=1)
    several, _, events = await run(library, EXTRACTORS, workers=3)
    assert alone.tables == several.tables
    assert {event.shard for event in events if isinstance(event, WorkerStarted)} == {0, 1, 2}


async def test_no_more_workers_at_a_time_than_allowed(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeanatomy.collect.SHARD_FILES", 5)
    _, _, events = await run(library, [animal("tame"), animal("refuser")], workers=2)
    running = most = 0
    for event in events:
        running += isinstance(event, WorkerStarted) - isinstance(event, WorkerEnded)
        most = max(most, running)
    assert most == 2


async def test_stages_wait_for_each_other(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.py").write_text("x = 1\n")
    _, _, events = await run(tmp_path, [animal("tame", 2), animal("tame", 1), animal("refuser", 1)])
    told = [(type(event).__name__, getattr(event, "stage", None) or getattr(event, "extractor", None)) for event in events]
    barrier = told.index(("StageFinished", "extraction_1"))
    assert told[0] == ("StageStarted", "extraction_1")
    assert told[barrier + 1] == ("StageStarted", "extraction_2")
    assert {name for kind, name in told[:barrier] if kind == "WorkerEnded"} == {"tame_1", "refuser_1"}
    assert {name for kind, name in told[barrier:] if kind == "WorkerStarted"} == {"tame_2"}
    assert [event.stage for event in events if isinstance(event, StageStarted | StageFinished)] == [
        "extraction_1",
        "extraction_1",
        "extraction_2",
        "extraction_2",
    ]


async def test_a_bad_file_changes_nobody_elses_rows(tmp_path: Path) -> None:
    """Every animal sees the same files; each loses the bad one in its own way, and the tame one nothing."""
    for number in range(6):
        (tmp_path / f"{number}.py").write_bytes(b"good" * number)
    extractors = [animal(name) for name in ("tame", "segfault", "crash", "late", "garbage")]
    before, _, _ = await run(tmp_path, extractors)
    (tmp_path / "3_bad.py").write_bytes(b"bad")
    after, _, events = await run(tmp_path, extractors)
    assert before.failures == []
    assert [(failure.path, failure.extractor, failure.code) for failure in after.failures] == [
        ("3_bad.py", "crash_1", "CA211"),
        ("3_bad.py", "garbage_1", "CA214"),
        ("3_bad.py", "late_1", "CA211"),
        ("3_bad.py", "segfault_1", "CA211"),
    ]
    for extractor in extractors[1:]:
        name = extractor.tables[0].name
        assert after.tables[name] == before.tables[name]
    assert len(after.tables["tame_1_rows"]) == len(before.tables["tame_1_rows"]) + 1
    for extractor in extractors:
        done = [event for event in events if isinstance(event, FileDone) and event.extractor == extractor.name]
        outcome = after.extractors[extractor.name]
        assert sum(event.rows for event in done) == outcome.rows
        assert sum(event.files for event in done) == outcome.files


async def test_a_writer_that_fails_ends_everything(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    class Full(Writer):
        async def write_ipc(self, data: bytes) -> int:
            raise Coded("CA602", "no space left")

    store = Store()

    async def open_writer(table: Table) -> Writer:
        writer = Full(table) if table.name == "tame_1_rows" else await store.open(table)
        store.writers[table.name] = writer
        return writer

    with pytest.raises(Coded, match="CA602"):
        await collect(await scan(tmp_path), [animal("tame"), animal("sleeper")], open_writer, 2)
    assert {writer.end for writer in store.writers.values()} <= {"aborted", "finished"}
    assert store.writers["tame_1_rows"].end == "aborted"


async def test_an_extractor_that_does_not_start_ends_everything(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("bad")
    with pytest.raises(Coded, match="CA210"):
        await run(tmp_path, [animal("sleeper"), animal("stillborn")])


async def test_cancelled_tables_are_aborted(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("bad")
    store = Store()
    found = await scan(tmp_path)
    with anyio.move_on_after(1) as scope:
        await collect(found, [animal("stubborn"), animal("sleeper")], store.open, 2, confinement=UNCONFINED)  # it forks
    assert scope.cancelled_caught
    assert [writer.end for writer in store.writers.values()] == ["aborted", "aborted"]


async def test_a_file_that_changes_between_scan_and_extraction(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("x = 1\n")
    found = await scan(tmp_path)
    (tmp_path / "b.py").write_text("y = 2\n")
    store = Store()
    collection = await collect(found, [animal("tame")], store.open, 1)
    assert [(failure.path, failure.extractor, failure.stage, failure.code) for failure in collection.failures] == [
        ("b.py", "tame_1", "extraction", "CA106")
    ]
    assert len(collection.tables["tame_1_rows"]) == 1


def source(number: int, size: int) -> SourceFile:
    return SourceFile(number, f"{number:04}.py", size, "00", "utf-8", "lf", 1, "m", "", False, False, False)


@pytest.mark.parametrize(
    ("files", "size", "workers", "shards"),
    [(10, 100, 8, 1), (400, 100, 8, 2), (400, 100, 1, 1), (4_000, 100, 8, 8), (3, 4 << 20, 8, 3), (1, 60 << 20, 8, 1)],
)
def test_how_many_shards(files: int, size: int, workers: int, shards: int) -> None:
    dealt = deal([source(number, size) for number in range(files)], workers)
    assert len(dealt) == shards
    assert sorted(file.file_id for shard in dealt for file in shard) == list(range(files))


def test_shards_are_even_and_in_order_of_path() -> None:
    files = [source(number, (number * 7919) % 50_000) for number in range(2_000)]
    dealt = deal(files, 4)
    loads = [sum(file.size + 2_000 for file in shard) for shard in dealt]
    assert max(loads) - min(loads) < 5_000
    assert all(shard == sorted(shard, key=lambda file: file.path) for shard in dealt)
    assert dealt == deal(list(reversed(files)), 4)


def test_the_scan_is_the_first_extractor() -> None:
    assert (EXTRACTORS[0].name, EXTRACTORS[0].stage, EXTRACTORS[0].tables) == ("repo_scan", 0, SCAN_TABLES)
