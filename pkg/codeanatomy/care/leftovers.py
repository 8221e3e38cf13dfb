"""What builds leave that nobody needs any more: of those that were killed, evidence that no kept generation was made of, and files of runs that are long
past. Tables of generations are cleaned by the engine."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from codeanatomy.observe.delta_log import LOG, live_files
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.query.generation import generation_of, recorded

DRAFTS = (".draft-*", "generations/.draft-*", f"*/{LOG}/*#*")
"""What is written before it is given its name: records of generations, and commits of tables."""

_RUN = re.compile(r"(\d{8}T\d{12})-[0-9a-f]{8}")
"""What a run is called that its caller gave no other name, with the time at which it began."""


def clean(request: GraphProductBuildRequest, evidence: Mapping[str, int]) -> None:
    """Remove it, but for evidence of these versions and of those that records of generations name. Blocking.

    The caller holds the output folder and the work folder, so that nobody else writes there.
    """
    records = _records(request.output)
    dead = [path for name, version in evidence.items() for path in _dead(request, name, {version, *_named(records, request, name)})]
    for folder in (request.output, request.work / "extract"):
        dead += [path for drafts in DRAFTS for path in folder.glob(drafts)]
    for path in dead:
        path.unlink()


def clean_runs(request: GraphProductBuildRequest, run_id: str) -> None:
    """Remove the files of runs, but for those of generations and of the last others. `run_id` is among them, whether it has files or not yet. Blocking.

    The caller holds the output folder. What cannot be removed disturbs nobody, and the next build tries again.
    """
    named = {str(record.get("run_id")) for record in _records(request.output)}
    left = request.keep_runs - (run_id not in named)
    others = {path: began for path, began in _runs(request.output / "runs") if path.name not in {run_id, *named}}
    for path in sorted(others, key=lambda path: others[path], reverse=True)[left:]:
        shutil.rmtree(path, ignore_errors=True)


def _runs(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folders of runs, and when each began, or ended where its caller named it. Those hold a manifest or a report that says their name."""
    for path in folder.glob("*"):
        if path.is_symlink() or not path.is_dir():
            continue
        if named := _RUN.fullmatch(path.name):
            yield path, named[1]
        elif any(_run_of(path / name) == path.name for name in ("manifest.json", "report.json")):
            yield path, f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y%m%dT%H%M%S%f}"


def _run_of(document: Path) -> object:
    """The run that a file of a run names, if it is one."""
    try:
        told = json.loads(document.read_bytes())
    except (OSError, ValueError):
        return None  # nobody's, or another's
    return told.get("run_id") if isinstance(told, dict) else None


def _records(output: Path) -> list[dict[str, Any]]:
    return [generation_of(output, number).record for number in recorded(output)]


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
