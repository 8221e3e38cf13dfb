"""Writing a declared table from Python: evidence and auxiliary tables. Rows come as Arrow; the engine checks, fingerprints and commits them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio
from anyio import to_thread

from codeanatomy import _engine
from codeanatomy.catalog.shapes import Table


class ArrowStream(Protocol):
    """Anything that speaks the Arrow C stream interface, such as a pyarrow table."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with the stream."""


@dataclass(frozen=True, slots=True)
class Written:
    """A committed table: rows, Delta version, data files, their bytes, and the fingerprint of its content."""

    table: str
    location: Path
    rows: int
    version: int
    files: int
    bytes: int
    fingerprint: str


class TableWriter:
    """An open table. `finish` replaces what the table held before; without it nothing is visible. One call at a time."""

    def __init__(self, inner: _engine.TableWriter) -> None:
        self._inner = inner

    async def write_ipc(self, data: bytes) -> int:
        """Append one Arrow IPC stream of a worker that is not trusted; returns its rows. Raises CA612 or CA613 for what is none."""
        return await to_thread.run_sync(self._inner.write_ipc, data)

    async def write_arrow(self, data: ArrowStream) -> int:
        """Append rows of this process; returns how many."""
        return await to_thread.run_sync(self._inner.write_arrow, data)

    async def finish(self, metadata: Mapping[str, Any] | None = None) -> Written:
        """Sync, check the promises, commit. `metadata` is kept in the commit."""
        told = json.loads(await to_thread.run_sync(self._inner.finish, json.dumps(metadata or {})))
        return Written(**{**told, "location": Path(told["location"])})

    async def abort(self) -> None:
        """Remove what was written. Does nothing after `finish`; runs even when cancelled."""
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._inner.abort)


async def open_writer(table: Table, location: Path) -> TableWriter:
    """A writer of `table` in the folder `location`, which is made. Its key is a promise: rows that repeat it are refused at the end."""
    declaration = json.dumps(table_declaration(table))
    return TableWriter(await to_thread.run_sync(_engine.TableWriter, location, declaration))


def table_declaration(table: Table) -> dict[str, Any]:
    """The table as the engine reads it."""
    columns = [{"name": column.name, "type": column.type, "nullable": column.nullable} for column in table.columns]
    return {"name": table.name, "columns": columns, "promises": [{"unique": list(table.key)}] if table.key else []}
