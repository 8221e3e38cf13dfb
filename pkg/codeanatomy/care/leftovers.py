"""What builds leave that nobody needs any more: of those that were killed, and evidence that no kept generation was made of. Tables of generations are
cleaned by the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from codeanatomy.observe.delta_log import LOG, live_files
from codeanatomy.product import GraphProductBuildRequest

DRAFTS = (".draft-*", "generations/.draft-*", f"*/{LOG}/*#*")
"""What is written before it is given its name: records of generations, and commits of tables."""


def clean(request: GraphProductBuildRequest, evidence: Mapping[str, int]) -> None:
    """Remove it, but for evidence of these versions and of those that records of generations name. Blocking.

    The caller holds the output folder and the work folder, so that nobody else writes there.
    """
    records = [json.loads(path.read_bytes()) for path in (request.output / "generations").glob("*.json")]
    dead = [path for name, version in evidence.items() for path in _dead(request, name, {version, *_named(records, request, name)})]
    for folder in (request.output, request.work / "extract"):
        dead += [path for drafts in DRAFTS for path in folder.glob(drafts)]
    for path in dead:
        path.unlink()


def _named(records: Iterable[dict[str, Any]], request: GraphProductBuildRequest, name: str) -> Iterator[int]:
    """The versions that generations were made of, as far as their evidence is in this work folder."""
    for record in records:
        if record.get("work_dir") == str(request.work) and name in record["evidence"]:
            yield record["evidence"][name]["version"]


def _dead(request: GraphProductBuildRequest, name: str, versions: set[int]) -> list[Path]:
    folder = request.evidence_folder(name)
    named = {path for version in versions for path, _ in _files(folder, version)}
    return [path for path in folder.glob("*.parquet") if path not in named]


def _files(folder: Path, version: int) -> list[tuple[Path, int]]:
    try:
        return live_files(folder, version)
    except FileNotFoundError:
        return []  # of a folder that has been removed since, and begun anew
