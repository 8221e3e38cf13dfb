"""Questions about calls: `callers`, `callees`, and by which calls one thing reaches another (`path`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from codeanatomy.failure import Coded
from codeanatomy.query import lookup
from codeanatomy.query.answer import Answer, answer
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.names import CALLEE, CALLER, REACHED, named
from codeanatomy.query.walk import Edges, Ids, walk


def callers(graph: OpenGraph, name: str) -> Answer:
    """Who calls it. Raises CA630 and CA631 for a name that is not one thing's."""
    callee = named(graph, name, CALLEE)
    return answer(graph, "callers", [callee.name], lookup.calls(graph, "dst", callee.ids))


def callees(graph: OpenGraph, name: str) -> Answer:
    """What it calls. Raises CA630 and CA631 for a name that is not one thing's."""
    caller = named(graph, name, CALLER)
    return answer(graph, "callees", [caller.name], lookup.calls(graph, "src", caller.ids))


def path(graph: OpenGraph, start: str, goal: str) -> Answer:
    """A shortest chain of calls from one to the other. Raises CA630 and CA631 for names, CA633 when there is no chain."""
    caller, callee = named(graph, start, CALLER), named(graph, goal, REACHED)
    chain = _chain(graph.kept(_arrows), np.array(caller.ids), np.array(callee.ids))
    if chain is None:
        raise Coded(
            "CA633",
            f"no calls lead from {caller.name} to {callee.name}",
            f"`codeanatomy ask path {callee.name} {caller.name}` asks the other way round; calls that are not resolved lead nowhere",
        )
    names = [caller.name, callee.name]
    return answer(graph, "path", names, _steps(graph, chain))


def _arrows(graph: OpenGraph) -> Edges:
    """From callers to callees."""
    edges = graph.sql("SELECT src, dst FROM cpg_edges WHERE kind IN ('calls', 'calls_implicitly')")
    return Edges(edges["src"].to_numpy(), edges["dst"].to_numpy())


def _chain(arrows: Edges, starts: Ids, goals: Ids) -> list[tuple[int, int]] | None:
    """Caller and callee of each call of a shortest chain; None if there is none. Its first and last may be the same."""
    came: dict[int, int] = {}
    farther = walk(arrows, starts)
    frontier = np.unique(starts)
    while True:
        calls, _ = arrows.leaving(frontier)
        ends = arrows.ids[arrows.ends(calls)]
        last = np.isin(ends, goals)
        if last.any():
            caller, callee = min(zip(arrows.start[calls[last]].tolist(), ends[last].tolist(), strict=True))
            return [*_back(came, caller), (caller, callee)]
        if (level := next(farther, None)) is None:
            return None
        frontier, numbers = level
        came.update(zip(frontier.tolist(), arrows.start[numbers].tolist(), strict=True))


def _back(came: dict[int, int], node: int) -> list[tuple[int, int]]:
    chain = []
    while node in came:
        chain.append((came[node], node))
        node = came[node]
    return chain[::-1]


def _steps(graph: OpenGraph, chain: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """The call of each step: of several, one that is written, and the surest of them."""
    calls: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in lookup.calls(graph, "src", [caller for caller, _ in chain], [callee for _, callee in chain]).to_pylist():
        calls.setdefault((row["caller_id"], row["callee_id"]), []).append(row)
    surest = [min(calls[step], key=_surest) for step in chain]
    return [{"step": number, **call} for number, call in enumerate(surest, start=1)]


def _surest(row: Mapping[str, Any]) -> tuple[bool, float, str, int, int]:
    return (row["implicit"], -(row["confidence"] or 0.0), row["path"] or "", row["line"] or 0, row["col"] or 0)
