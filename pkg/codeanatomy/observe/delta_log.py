"""What lies in a Delta table's folder: commits, checkpoints, data files, row groups. It reads logs and Parquet footers, never a row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

LOG = "_delta_log"


class TableFolder(msgspec.Struct, frozen=True):
    """A table on disk at one version: what its log and folder hold, and what of the data files that version names."""

    version: int
    commits: int
    checkpoints: int
    log_bytes: int
    live_files: int
    live_bytes: int
    dead_files: int
    dead_bytes: int
    missing_files: int


class Extent(msgspec.Struct, frozen=True):
    """What whoever reads a version of a table has to look at."""

    files: int
    row_groups: int
    bytes: int


def live_files(location: Path, version: int) -> list[tuple[Path, int]]:
    """Data files with their bytes that a commit names which replaced all that the table held, as every commit of a build does."""
    commit = location / LOG / f"{version:020}.json"
    adds = (action["add"] for action in _actions(commit) if "add" in action)
    return sorted((location / unquote(add["path"]), int(add["size"])) for add in adds)


def table_folder(location: Path, version: int) -> TableFolder:
    """The folder of a table as it is, held against one version."""
    log = list((location / LOG).iterdir())
    live = dict(live_files(location, version))
    found = {path: path.stat().st_size for path in location.rglob("*.parquet") if LOG not in path.relative_to(location).parts}
    dead = [size for path, size in found.items() if path not in live]
    return TableFolder(
        version=version,
        commits=sum(path.suffix == ".json" and path.stem.isdigit() for path in log),
        checkpoints=sum(".checkpoint" in path.name for path in log),
        log_bytes=sum(path.stat().st_size for path in log),
        live_files=len(live),
        live_bytes=sum(live.values()),
        dead_files=len(dead),
        dead_bytes=sum(dead),
        missing_files=len(live.keys() - found.keys()),
    )


def extent(location: Path, version: int) -> Extent:
    """Data files, row groups and bytes of a version."""
    from pyarrow import parquet  # not needed by whoever only looks at logs

    files = live_files(location, version)
    return Extent(len(files), sum(parquet.read_metadata(path).num_row_groups for path, _ in files), sum(size for _, size in files))


def _actions(commit: Path) -> Iterator[dict[str, Any]]:
    with commit.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
