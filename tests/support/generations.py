"""Published generations as other programs see them, and as they damage them. It reads records and logs as files, not through our code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as parquet
from deltalake import DeltaTable

from codeanatomy import _engine

FAST = ("--no-enable-libcst", "--no-enable-tree-sitter", "--keep-generations", "9", "-q")
"""Options of a build that takes little time and keeps its generations."""


def record(output: Path, number: int) -> dict[str, Any]:
    """What a generation says of itself."""
    told: dict[str, Any] = json.loads((output / "generations" / f"{number:06}.json").read_text())
    return told


def cut(output: Path, name: str, change: Callable[[pa.Table], pa.Table] = lambda table: table) -> None:
    """Publish a generation in which another program has cut the table into three files; `change` may alter its rows."""
    current = json.loads(_engine.current(output))
    delta = DeltaTable(str(output / name))
    [whole] = (Path(unquote(uri)) for uri in delta.file_uris())
    table = change(parquet.read_table(whole))
    pieces = [
        table.slice(number * table.num_rows // 3, (number + 1) * table.num_rows // 3 - number * table.num_rows // 3) for number in range(3)
    ]
    actions = [{"remove": {"path": whole.name, "dataChange": True, "deletionTimestamp": 1}}]
    for number, piece in enumerate(pieces):
        path = output / name / f"piece-{number}.parquet"
        parquet.write_table(piece, path)
        size = path.stat().st_size
        actions.append({"add": {"path": path.name, "size": size, "modificationTime": 1, "dataChange": True, "partitionValues": {}}})
    version = delta.version() + 1
    log = output / name / "_delta_log" / f"{version:020}.json"
    log.write_text("".join(json.dumps(action) + "\n" for action in actions))
    tables = current["record"]["tables"]
    tables[name] = {**tables[name], "version": version, "files": 3, "rows": table.num_rows}
    _engine.publish(output, json.dumps(current["record"]), current["generation"])
