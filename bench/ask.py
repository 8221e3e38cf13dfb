"""How long each question takes of a graph that is there: asked in the library with the graph open, and as a command. It builds nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.build import ROOT
from bench.report import aligned
from codeanatomy.cli import parser
from codeanatomy.cli.ask import answered
from codeanatomy.query.ahead import read_ahead
from codeanatomy.query.answer import literal
from codeanatomy.query.graph import OpenGraph, open_graph_sync

MOST = {
    "callee": "SELECT callee FROM calls WHERE callee_kind = 'function' GROUP BY callee ORDER BY count(*) DESC, callee",
    "caller": "SELECT caller FROM calls WHERE callee_kind = 'function' GROUP BY caller ORDER BY count(*) DESC, caller",
    "base": "SELECT base FROM inherits WHERE base_id IN (SELECT id FROM definitions) GROUP BY base ORDER BY count(*) DESC, base",
    "overridden": "SELECT overridden FROM overrides GROUP BY overridden ORDER BY count(*) DESC, overridden",
    "module": "SELECT target FROM imports WHERE target_kind = 'module' GROUP BY target ORDER BY count(*) DESC, target",
    "source": "SELECT path FROM files WHERE module IN ({module})",
    "target": "SELECT target FROM refs WHERE target_path IS NOT NULL GROUP BY target ORDER BY count(*) DESC, target",
    "use": "SELECT path || ':' || line || ':' || col FROM refs GROUP BY path, line, col ORDER BY count(*) DESC, path, line, col",
    "read": "SELECT use_path || ':' || use_line FROM dataflow GROUP BY use_path, use_line ORDER BY count(*) DESC, use_path, use_line",
    "bound": "SELECT path || ':' || def_line FROM dataflow GROUP BY path, def_line ORDER BY count(*) DESC, path, def_line",
    "far": "SELECT last.callee FROM calls AS first JOIN calls AS last ON last.caller_id = first.callee_id "
    "WHERE first.caller IN ({caller}) AND last.callee_kind = 'function' AND last.callee NOT IN "
    "(SELECT callee FROM calls WHERE caller IN ({caller})) ORDER BY last.callee",
}
"""What the questions are asked about: that of which there is most to say."""

QUESTIONS = (
    *("callers {callee}", "callees {caller}", "refs {target}", "definition {use}", "subclasses {base}", "overrides {overridden}"),
    *("imports", "imports {module}", "imports --cycles", "impact {source}", "slice {read} --backward", "slice {bound} --forward"),
    "path {caller} {far}",
)


def ask(folder: Path, rounds: int) -> str:
    """A table with milliseconds of every question: its first time in a graph just opened, the median of the next ones, the median as a command."""
    rows = [["milliseconds", "rows", "first", "again", "command"]]
    for question in _questions(folder):
        graph = _open(folder)
        first, *others = [_in_the_library(graph, question) for _ in range(rounds + 1)]
        commands = [_as_a_command(folder, question) for _ in range(rounds)]
        rows.append([question, f"{first[1]:,}", f"{first[0]:.0f}", f"{median(time for time, _ in others):.0f}", f"{median(commands):.0f}"])
    start = perf_counter()
    _open(folder)
    rows.append(["(opening the graph)", "", f"{(perf_counter() - start) * 1000:.0f}", "", ""])
    return aligned(rows)


def _open(folder: Path) -> OpenGraph:
    """As the library's `open_graph` does."""
    graph = open_graph_sync(folder)
    read_ahead(graph)
    return graph


def _questions(folder: Path) -> list[str]:
    graph = open_graph_sync(folder)
    words: dict[str, str] = {}
    for name, sql in MOST.items():
        found = graph.sql(sql.format_map({key: literal(word) for key, word in words.items()}) + " LIMIT 1")[0].to_pylist()
        if not found:
            raise RuntimeError(f"{folder} has nothing to ask about: no {name}")
        words[name] = found[0]
    return [question.format_map(words) for question in QUESTIONS]


def _in_the_library(graph: OpenGraph, question: str) -> tuple[float, int]:
    options = parser().parse_args(["ask", *question.split()])
    start = perf_counter()
    rows = answered(graph, options).table.num_rows
    return (perf_counter() - start) * 1000, rows


def _as_a_command(folder: Path, question: str) -> float:
    start = perf_counter()
    subprocess.run(
        [ROOT / "bin" / "codeanatomy", "ask", *question.split(), "--graph", folder, "--json"], stdout=subprocess.DEVNULL, check=True
    )
    return (perf_counter() - start) * 1000
