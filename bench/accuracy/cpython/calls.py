"""Executed calls between functions of the standard library and its tests: each call that happened at a written call must be in `calls`, file by file.

What did not happen says nothing, so there is no precision over all. A call is known by its span and the line of the function that began; implicit
calls (properties, operators, decorators, callbacks from C) and the kinds of explicit ones are told as facts. So is, by resolution, how many of the
functions that the graph names at a written call were called, where anything was: of those that are the only one, that is how often they are right.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.cpython.modules import LARGER, LIBRARY, TRACED, dotted
from bench.accuracy.cpython.runs import ROOT, graph_of, printed
from codeanatomy.query.graph import OpenGraph

CALLS = """
SELECT path, line, col, end_line, end_col, callee_path, callee_line,
    CASE WHEN implicit OR callee_kind <> 'function' THEN NULL WHEN ambiguity_group IS NULL THEN resolution ELSE resolution || ', one of several' END
FROM calls WHERE callee_path IS NOT NULL
"""
REASONS = "SELECT path, line, col, end_line, end_col, status, reason FROM call_sites"


class Site(NamedTuple):
    """Where something is called."""

    path: str
    line: int
    col: int
    end_line: int
    end_col: int


class Callee(NamedTuple):
    """A function, by the line of its `def` or `lambda`."""

    path: str
    line: int


class Executed(NamedTuple):
    """A call that happened, how its callee was given (`function`, `method`, `constructor`, …; `implicit`), and the callee's name."""

    site: Site
    how: str
    callee: Callee
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the graph says: callees by site, by path the spans at which a callee is called, and what became of a written call."""

    callees: dict[Site, set[Callee]] = field(default_factory=lambda: defaultdict(set))
    spans: dict[tuple[str, Callee], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[Site, str] = field(default_factory=dict)
    resolutions: dict[tuple[Site, Callee], str] = field(default_factory=dict)
    """How functions that are called by name were resolved."""

    def has(self, call: Executed) -> bool:
        """Whether the graph has a call. An implicit one may be told at any part of the lines on which it happened."""
        if call.how != "implicit":
            return call.callee in self.callees.get(call.site, ())
        lines = self.spans.get((call.site.path, call.callee), ())
        return any(first <= call.site.end_line and last >= call.site.line for first, last in lines)


def run() -> Outcome:
    """All modules."""
    return outcome(dotted(TRACED + LARGER))


def outcome(modules: list[str]) -> Outcome:
    """Run test modules, build the graph of all files that they load, and look for each call that was executed."""
    runs = printed("calling.py", [(module, *LIBRARY) for module in modules])
    calls, loaded = executed(runs), {path for run in runs for path in run["loaded"]}
    known = _known(*graph_of(sorted(loaded), rows))
    of_path: dict[str, list[Executed]] = defaultdict(list)
    for call in calls:
        if call.how != "implicit":
            of_path[call.site.path].append(call)
    cases = [
        Case(path, Counter(map(_fact, of)), Counter(_fact(call) for call in of if known.has(call)), note=_reasons(of, known))
        for path, of in sorted(of_path.items())
    ]
    return Outcome(cases, _facts(calls, known), recall_only=True)


def rows(graph: OpenGraph) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Call edges into the repository, and what became of each written call."""
    return _tuples(graph, CALLS), _tuples(graph, REASONS)


def executed(runs: Iterable[dict[str, Any]]) -> list[Executed]:
    """The calls of all runs, each once; what one run saw at a written call is implicit in none."""
    lines = Lines()
    explicit = {_executed(row, lines) for run in runs for row in run["explicit"]}
    written = {(call.site, call.callee) for call in explicit}
    implicit = {_executed(row, lines) for run in runs for row in run["implicit"]}
    return sorted(explicit) + sorted(call for call in implicit if (call.site, call.callee) not in written)


class Lines:
    """The line of `def` of functions: their code begins at the first decorator."""

    def __init__(self) -> None:
        self._of_path: dict[str, dict[tuple[str, int], int]] = {}

    def line(self, path: str, name: str, first: int) -> int:
        """The line of `def` of a function whose code begins at a line."""
        if path not in self._of_path:
            self._of_path[path] = {
                (node.name, node.decorator_list[0].lineno): node.lineno
                for node in ast.walk(ast.parse((ROOT / path).read_bytes()))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list
            }
        return self._of_path[path].get((name, first), first)


def _executed(row: list[Any], lines: Lines) -> Executed:
    *site, how, path, name, first = row
    return Executed(Site(*site), how, Callee(path, lines.line(path, name, first)), name)


def _known(calls: list[tuple[Any, ...]], reasons: list[tuple[Any, ...]]) -> Known:
    known = Known()
    for *span, path, line, resolution in calls:
        site, callee = Site(*span), Callee(path, line)
        if resolution is not None:
            known.resolutions[site, callee] = resolution
        known.callees[site].add(callee)
        known.spans[site.path, callee].append((site.line, site.end_line))
    for *span, status, reason in reasons:
        known.reasons[Site(*span)] = f"{status}, {reason}" if reason else status
    return known


def _facts(calls: list[Executed], known: Known) -> dict[str, float]:
    facts: Counter[str] = Counter()
    for call in calls:
        facts[f"{call.how} executed"] += 1
        facts[f"{call.how} found"] += known.has(call)
        if call.how != "implicit" and not known.has(call):
            facts[f"missed where the graph says {known.reasons.get(call.site, 'nothing')}"] += 1
    return dict(sorted(facts.items())) | _confirmed(calls, known)


def _confirmed(calls: list[Executed], known: Known) -> dict[str, float]:
    """Of the functions that the graph names where a written call was executed, how many were called, by resolution."""
    facts: Counter[str] = Counter()
    written = {(call.site, call.callee) for call in calls if call.how != "implicit"}
    sites = {site for site, _ in written}
    for (site, callee), resolution in known.resolutions.items():
        if site in sites:
            facts[f"{resolution}: named"] += 1
            facts[f"{resolution}: called"] += (site, callee) in written
    return dict(sorted(facts.items()))


def _reasons(calls: list[Executed], known: Known) -> str:
    """What the graph says of the sites whose callee it misses."""
    said = Counter(known.reasons.get(call.site, "no site") for call in calls if not known.has(call))
    return "; ".join(f"{reason}: {count}" for reason, count in said.most_common())


def _fact(call: Executed) -> str:
    return f"{call.site.line}:{call.site.col} {call.how} -> {call.callee.path}:{call.callee.line} {call.name}"


def _tuples(graph: OpenGraph, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in graph.sql(query).to_pylist()]
