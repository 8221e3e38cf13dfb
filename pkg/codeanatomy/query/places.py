"""Sources as people name them: by their path in the repository, or as it is on this machine. It opens no file."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from codeanatomy.failure import Coded
from codeanatomy.query.answer import literal
from codeanatomy.query.graph import OpenGraph


def repository(graph: OpenGraph) -> Path:
    """The root of the repository that was built, on the machine that built it."""
    return Path(graph.generation.record["repository"])


def source(graph: OpenGraph, path: str) -> str:
    """The source of that path. Raises CA634 when the graph has none."""
    return _chosen(graph, path, folders=False)[0]


def sources(graph: OpenGraph, paths: Iterable[str]) -> list[str]:
    """The sources of these paths, those below folders among them, sorted. Raises CA634 for a path that names none."""
    return sorted({found for path in paths for found in _chosen(graph, path, folders=True)})


def beyond(graph: OpenGraph, path: str, line: int) -> str | None:
    """A sentence about a line that the source does not have; None if it has it."""
    rows = graph.sql(
        "SELECT fact.int_value AS lines FROM cpg_props AS fact JOIN cpg_nodes AS file ON file.id = fact.entity_id "
        f"WHERE fact.key = 'lines' AND file.kind = 'file' AND file.path = {literal(path)}"
    )
    lines: int = rows["lines"][0].as_py()
    return None if line <= lines else f"{path} had {lines} line{'' if lines == 1 else 's'} when the graph was built"


def _chosen(graph: OpenGraph, path: str, folders: bool) -> list[str]:
    known = graph.kept(paths).values()
    for spelled in (_plain(path), _relative(graph, path)):
        if spelled in known:
            return [spelled]
        below = [other for other in known if spelled == "." or other.startswith(f"{spelled}/")] if folders and spelled else []
        if below:
            return below
    close = get_close_matches(_plain(path), known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(map(repr, close))}?" if close else "paths are relative to the repository; the view `files` lists them"
    raise Coded("CA634", f"the graph has no source {path!r}", hint)


def paths(graph: OpenGraph) -> dict[int, str]:
    """The paths of all sources, sorted, by the keys of their files."""
    files = graph.sql("SELECT file_id, path FROM cpg_nodes WHERE kind = 'file'").sort_by("path")
    return dict(zip(files["file_id"].to_pylist(), files["path"].to_pylist(), strict=True))


def _plain(path: str) -> str:
    return Path(path).as_posix()


def _relative(graph: OpenGraph, path: str) -> str:
    """A path of this machine as the repository has it; empty if it lies outside."""
    full, root = Path(path).resolve(), repository(graph).resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else ""
