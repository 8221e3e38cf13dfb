"""A collection over a folder, kept in memory: rows by table and path, and every failure. It knows no expectation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

import anyio
import pyarrow as pa

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.collect import Collection, collect
from codeanatomy.events import Event, WorkerEnded
from codeanatomy.sandbox.limits import Limits
from codeanatomy.scan import ScanSettings, scan

READS_SOURCES = tuple(
    extractor for extractor in EXTRACTORS if extractor.name in ("repo_scan", "libcst", "ast", "bytecode", "symtable", "tree_sitter")
)
"""The scan, and the extractors that read nothing but the sources."""

Rows = Counter[tuple[str, ...]]
"""How often each row occurs, without its file."""

Keep = Mapping[str, Sequence[str]]
"""Table → names of columns."""


class Memory:
    """A writer that counts the rows of each file, of which it keeps all columns or some."""

    def __init__(self, table: Table, keep: Keep | None) -> None:
        names = [column.name for column in table.columns]
        kept = keep.get(table.name, ()) if keep is not None else names
        self._columns = [name for name in names if name in kept and name != "file_id"] if "file_id" in names else None
        self.rows: dict[int, Rows] = {}

    async def write_ipc(self, data: bytes) -> int:
        found = pa.ipc.open_stream(data).read_all()
        if self._columns is not None:
            columns = [found[name].to_pylist() for name in self._columns]
            rows = zip(*columns, strict=True) if columns else repeat((), found.num_rows)
            for file_id, row in zip(found["file_id"].to_pylist(), rows, strict=True):
                # Some columns are lists, which cannot be counted.
                self.rows.setdefault(file_id, Counter())[tuple(map(str, row))] += 1
        return int(found.num_rows)

    async def finish(self) -> dict[int, Rows]:
        return self.rows

    async def abort(self) -> None:
        """There is nothing to take back."""


@dataclass(frozen=True)
class Collected:
    """What a collection over a folder gave: for each table the rows by path, and how each worker ended."""

    collection: Collection[dict[int, Rows]]
    paths: dict[int, str]
    exits: list[str]

    def rows(self, paths: Sequence[str]) -> dict[str, dict[str, Rows]]:
        """Table → path → rows, of those paths."""
        return {
            table: {self.paths[file_id]: rows for file_id, rows in files.items() if self.paths[file_id] in paths}
            for table, files in self.collection.tables.items()
        }

    def codes(self, path: str) -> dict[str, str]:
        """Extractor → code, of the failures of that path; each extractor has at most one."""
        found = [failure for failure in self.collection.failures if failure.path == path]
        assert len({failure.extractor for failure in found}) == len(found), found
        return {failure.extractor: failure.code for failure in found}

    @property
    def restarts(self) -> int:
        return sum(outcome.restarts for outcome in self.collection.extractors.values())


def collected(
    folder: Path,
    workers: int = 2,
    limits: Limits | None = None,
    keep: Keep | None = None,
    settings: ScanSettings | None = None,
) -> Collected:
    """Scan and collect, on an event loop of its own. Of each table the columns that `keep` names are kept; of all, if it is not given."""
    return anyio.run(partial(_collected, folder, workers, limits or Limits(), keep, settings))


async def _collected(folder: Path, workers: int, limits: Limits, keep: Keep | None, settings: ScanSettings | None) -> Collected:
    async def open_writer(table: Table) -> Memory:
        return Memory(table, keep)

    found, events = await scan(folder, settings), list[Event]()
    collection = await collect(found, READS_SOURCES, open_writer, workers, {}, limits, events.append)
    paths = {source.file_id: source.path for source in found.sources}
    return Collected(collection, paths, [event.exit for event in events if isinstance(event, WorkerEnded)])
