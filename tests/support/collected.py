"""Evidence of a folder as a build collects it: real workers and supplies, tables in memory."""

from __future__ import annotations

from collections.abc import Collection as Names
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.collect import Collection, collect
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.sandbox.limits import Limits
from codeanatomy.scan import scan
from codeanatomy.tools import supplies
from codeanatomy.tools.config import ScipIndexConfig
from tests.support.literate import Row


@dataclass(slots=True)
class Memory:
    """Keeps one table."""

    table: Table
    rows: list[Row] = field(default_factory=list)

    async def write_ipc(self, data: bytes) -> int:
        found = pa.ipc.open_stream(data).read_all()
        found.validate(full=True)
        assert found.schema.names == [column.name for column in self.table.columns]
        self.rows += found.to_pylist()
        return int(found.num_rows)

    async def finish(self) -> list[Row]:
        keys = [tuple(row[name] for name in self.table.key) for row in self.rows]
        assert len(set(keys)) == len(keys), f"{self.table.name}: a key occurs twice"
        return sorted(self.rows, key=lambda row: tuple((row[name] is not None, row[name]) for name in self.table.key))

    async def abort(self) -> None:
        return


async def collected(folder: Path, names: Names[str], depth: str = "metadata", limits: Limits | None = None) -> Collection[list[Row]]:
    """Rows by table, in the order of their keys, of the extractors of these names; `repo_scan` is always one of them."""

    async def open_writer(table: Table) -> Memory:
        return Memory(table)

    request = GraphProductBuildRequest(repo_root=folder, scip=ScipIndexConfig(mode="off"), types="off", external_interface_depth=depth)
    chosen = [extractor for extractor in EXTRACTORS if extractor.name in {"repo_scan", *names}]
    found = await scan(folder, request.scan_settings)
    return await collect(found, chosen, open_writer, 2, supplies(request), limits)
