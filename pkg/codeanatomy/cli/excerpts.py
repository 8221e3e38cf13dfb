"""Answers for people: a place and what is there, with the line of the source where it is still as the graph knows it. It asks nothing of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from codeanatomy.cli.output import printable, say
from codeanatomy.query.answer import Answer
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.places import repository

Row = dict[str, Any]

_LINE_END = re.compile("\r\n|\r|\n")
_WIDEST = 160


def show(graph: OpenGraph, answer: Answer, limit: int | None, quiet: bool) -> None:
    """Print the rows on stdout, and unless quiet on stderr how many there are and what limits them."""
    rows = answer.table.slice(0, limit).to_pylist()
    excerpts = Excerpts(graph, {row["path"] for row in rows if row.get("path")})
    for row in rows:
        place = _place(row)
        print(printable(f"{':'.join(map(str, place)) or '(outside the repository)'}  {_SENTENCES[answer.question.name](row)}"))
        if place and (line := excerpts.line(*place[:2])):
            print(f"    {printable(line)}")
    if not quiet:
        say("\n".join([_count(answer, len(rows)), *excerpts.notes, *answer.notes]))


def _place(row: Row) -> list[Any]:
    """Source, line and column where they are known; of what depends on something, the line at which it does."""
    if row.get("site_line") is not None:
        return [row["path"], row["site_line"]]
    return [row[name] for name in ("path", "line", "col") if row.get(name) is not None]


def _count(answer: Answer, shown: int) -> str:
    total = answer.table.num_rows
    rows = f"{total}{'' if answer.complete else ' or more'} row{'' if total == 1 else 's'}"
    return rows if shown == total else f"{shown} of {rows}"


class Excerpts:
    """Lines of sources as the graph knows them: those of sources whose bytes are no longer the same are not given."""

    def __init__(self, graph: OpenGraph, paths: Iterable[str]) -> None:
        root = repository(graph)
        known = _known(graph)
        self._lines = {path: _lines(root / path, known[path]) for path in sorted(paths) if path in known}

    @property
    def notes(self) -> list[str]:
        """What is to be said of sources without excerpts."""
        missing = [path for path, lines in self._lines.items() if lines is None]
        if not missing:
            return []
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return [f"no excerpts of {', '.join(missing[:3])}{more}: changed since the build, or gone"]

    def line(self, path: str, number: int) -> str | None:
        """The line of that number without its indentation; None where there is no excerpt."""
        lines = self._lines.get(path)
        text = lines[number - 1].strip() if lines and number <= len(lines) else ""
        return (text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…") or None


def _known(graph: OpenGraph) -> dict[str, Row]:
    """Hash and encoding of every source, by path."""
    rows = graph.sql(
        """
        SELECT file.path, max(CASE WHEN fact.key = 'sha256' THEN fact.string_value END) AS sha256,
               max(CASE WHEN fact.key = 'encoding' THEN fact.string_value END) AS encoding
        FROM (SELECT id, path FROM cpg_nodes WHERE kind = 'file') AS file
        JOIN (SELECT * FROM cpg_props WHERE key IN ('sha256', 'encoding')) AS fact ON fact.entity_id = file.id
        GROUP BY file.path
        """
    )
    return {row["path"]: row for row in rows.to_pylist()}


def _lines(path: Path, known: Row) -> list[str] | None:
    """The lines of a source if its bytes are those that were read for the graph."""
    try:
        data = path.read_bytes()
    except OSError:
        return None  # gone, or no longer readable: `notes` says it
    if hashlib.sha256(data).hexdigest() != known["sha256"]:
        return None
    return _LINE_END.split(data.decode(known["encoding"] or "utf-8", errors="replace"))


def _call(row: Row) -> str:
    manner = f" ({row['via']})" if row["via"] else ""
    return f"{row['caller']} calls {row['callee']}{manner}"


def _import(row: Row) -> str:
    name = f"{row['module']}.{row['name']}" if row["name"] else row["module"]
    brought = " ".join(part for part in (row["distribution"], row["version"]) if part)
    return f"{row['importer']} imports {row['target'] or name} ({', '.join(part for part in (row['target_kind'], brought) if part)})"


def _slice(row: Row) -> str:
    what = "decides" if row["reason"] == "control" else f"value of {row['name']}" if row["name"] else "value"
    return f"{what}, {row['distance']} away, next to {row['through_path']}:{row['through_line']}, in {row['function']}"


_SENTENCES: dict[str, Callable[[Row], str]] = {
    "callers": _call,
    "callees": _call,
    "refs": lambda row: f"{row['access']} of {row['target']}",
    "definition": lambda row: f"{row['kind']} {row['target']}",
    "subclasses": lambda row: f"{row['class']}, {row['distance']} below, by {row['base']}",
    "overrides": lambda row: f"{row['relation']}: {row['method']}",
    "imports": _import,
    "import_cycles": lambda row: (
        f"cycle {row['cycle']}: {row['importer']} imports {row['imported']}{' in a function' if row['deferred'] else ''}"
    ),
    "impact": lambda row: f"{row['kind']} {row['qualified_name']}, {row['distance']} away: {row['reason']} of {row['through']}",
    "slice": _slice,
    "path": lambda row: f"{row['step']}. {_call(row)}",
}
"""What is said of a row of each question."""
