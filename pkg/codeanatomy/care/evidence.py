"""Data files of evidence that nobody needs any more: of builds that were killed, and of versions that no kept generation was made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from codeanatomy.observe.delta_log import live_files
from codeanatomy.product import GraphProductBuildRequest


def clean_evidence(request: GraphProductBuildRequest, versions: Mapping[str, int]) -> int:
    """Remove them, but for those versions and what the records that are there name; returns how many files went. Blocking.

    The caller holds the output folder and the work folder.
    """
    records = [json.loads(path.read_bytes()) for path in (request.output / "generations").glob("*.json")]
    return sum(_clean(request.evidence_folder(name), {version, *_named(records, request, name)}) for name, version in versions.items())


def _named(records: Iterable[dict[str, Any]], request: GraphProductBuildRequest, name: str) -> Iterator[int]:
    """The versions that generations were made of, as far as their evidence is in this work folder."""
    for record in records:
        if record.get("work_dir") == str(request.work) and name in record["evidence"]:
            yield record["evidence"][name]["version"]


def _clean(folder: Path, versions: set[int]) -> int:
    named = {path for version in versions for path, _ in _files(folder, version)}
    dead = [path for path in folder.glob("*.parquet") if path not in named]
    for path in dead:
        path.unlink()
    return len(dead)


def _files(folder: Path, version: int) -> list[tuple[Path, int]]:
    try:
        return live_files(folder, version)
    except FileNotFoundError:
        return []  # of a folder that has been removed since, and begun anew
