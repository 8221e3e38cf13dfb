"""The question what a line depends on, or what depends on it (`slice`): values that flow and conditions that decide, statement by statement.

A walk that has gone down into a call does not come up from another call of the same function, until a value takes it to where no call is known:
through an attribute, a global or a captured variable. A condition decides what is nested under it, and so does an exception handler, which depends on
what may raise in the body of its `try`; that a `return` or `break` under a condition decides what comes after it is not counted. Nor are changes of what
a list or dictionary holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codeanatomy.catalog.graph.kinds import SYNTAX
from codeanatomy.failure import Coded
from codeanatomy.query.answer import Answer, above_zero, among, answer, literal
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import Row, by_id
from codeanatomy.query.owners import Owners, positions
from codeanatomy.query.places import beyond, paths, source
from codeanatomy.query.units import FILE_BITS, HANDLER, Flags, Units
from codeanatomy.query.walk import Arrows, Ids

LINES = 200
"""A slice stops at the distance at which it has so many lines, unless it is told otherwise."""

LIMITS = (
    "a condition counts for what is nested under it, not for what a return, break or continue under it skips",
    "what changes the inside of a value (x[k] = v, x.append(v)) does not count as giving x a value",
)

_AT_ONCE = 20
"""Sources that are read before it is looked whether there are lines enough."""

_FLOW, _AWAY, _ARGUMENT, _RESULT = range(4)
"""How a value goes: inside a call, to whatever call runs there (attributes, globals, captured variables), into a call, out of it."""

_EDGES = f"""
SELECT CASE WHEN kind IN ('returns_to', 'yields_to') THEN site_id ELSE src END AS src, dst,
       CASE WHEN kind = 'argument_to_parameter' THEN {_ARGUMENT} WHEN kind IN ('returns_to', 'yields_to') THEN {_RESULT}
            WHEN label = 'local' THEN {_FLOW} ELSE {_AWAY} END AS manner
FROM cpg_edges WHERE kind IN ('reaches', 'argument_to_parameter', 'returns_to', 'yields_to')
"""


def slice_of(graph: OpenGraph, path: str, line: int, forward: bool = False, depth: int | None = None, lines: int | None = LINES) -> Answer:
    """What the line depends on, or what depends on it.

    It goes no farther than `depth`, and gives no more than so many lines, the nearest. Raises CA634 for a source there is not, CA632 for a line
    without a statement, CA640 for a number that is not above zero.
    """
    above_zero(depth=depth, lines=lines)
    path = source(graph, path)
    walk = _Walk(graph, forward, lines)
    with walk.units.reading:
        walk.run(_starts(graph, walk.units, path, line), depth)
        nearest = _nearest(graph, walk, (path, line))
    rows = _rows(graph, nearest[:lines])
    complete = not walk.stopped and len(rows) == len(nearest)
    notes = list(LIMITS)
    if not complete:
        notes.append(f"stopped after {len(rows)} lines, of which the farthest are {rows[-1]['distance']} steps away")
    asked = [f"{path}:{line}", "--forward" if forward else "--backward"]
    return answer(graph, "slice", asked, rows, notes, complete)


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    """How a unit is reached first: the order of fields decides between several ways."""

    distance: int
    control: bool
    through: int
    reader: int
    """The node that reads the value, 0 of a condition."""
    unit: int


def _flows(graph: OpenGraph) -> tuple[Ids, Ids, Ids]:
    """Where values go: the nodes they come from and get to, and in which manner."""
    edges = graph.sql(_EDGES)
    src, dst, manner = (edges[name].to_numpy() for name in ("src", "dst", "manner"))
    dst = dst.copy()
    dst[manner == _ARGUMENT] = _written(graph, dst[manner == _ARGUMENT])
    return src, dst, manner


class _Ranks:
    """The places of sources in the order of their paths."""

    def __init__(self, graph: OpenGraph) -> None:
        files = np.fromiter(graph.kept(paths), np.int64)
        self._order = np.argsort(files)
        self._files = files[self._order]

    def of(self, nodes: Ids) -> Ids:
        """That of the source in which each node stands; -1 of what stands in none."""
        files = nodes >> FILE_BITS
        places = np.minimum(np.searchsorted(self._files, files), self._files.size - 1)
        found: Ids = np.where(self._files[places] == files, self._order[places], -1)
        return found


def _forward(graph: OpenGraph) -> Arrows:
    return Arrows(graph.kept(_flows)[0])


def _backward(graph: OpenGraph) -> Arrows:
    return Arrows(graph.kept(_flows)[1])


def _written(graph: OpenGraph, parameters: Ids) -> Ids:
    """The places where parameters are written, as ids; 0 for one that is not."""
    binds = graph.sql("SELECT src, dst FROM cpg_edges WHERE kind = 'binds' AND label = 'parameter'").sort_by("dst")
    if not binds.num_rows:
        return np.zeros_like(parameters)
    src, dst = binds["src"].to_numpy(), binds["dst"].to_numpy()
    places = np.minimum(np.searchsorted(dst, parameters), dst.size - 1)
    found: Ids = np.where(dst[places] == parameters, src[places], 0)
    return found


class _Walk:
    """A slice being made. What is reached upward or away may go up and down; what is reached downward (into a call) only further down.

    It goes from node to node: backward, what a node holds counts; forward, what holds the node does. A whole unit is its outermost node.
    At the distance at which there are more than so many lines, it looks no farther than for those that come first.
    """

    def __init__(self, graph: OpenGraph, forward: bool, lines: int | None) -> None:
        self.units = graph.kept(Units)
        self._ranks = graph.kept(_Ranks)
        self._lines = lines
        self._forward = forward
        self._arrows = graph.kept(_forward if forward else _backward)
        src, dst, self._manner = graph.kept(_flows)
        self._ends = dst if forward else src
        self._up, self._down = (_RESULT, _ARGUMENT) if forward else (_ARGUMENT, _RESULT)
        self._seen: tuple[set[int], set[int]] = (set(), set())
        self._starts: set[int] = set()
        self.steps: dict[int, _Step] = {}
        self.stopped = False

    def run(self, starts: list[int], depth: int | None) -> None:
        """Go as far as asked from these units."""
        frontiers: tuple[list[int], list[int]] = (starts, [])
        self._starts.update(starts)
        self._seen[0].update(starts)
        distance = 1
        while any(frontiers) and (depth is None or distance <= depth):
            if self._lines is not None and len(self.steps) > self._lines:
                self.stopped = True
                return
            frontiers = self._next(frontiers, distance)
            distance += 1

    def _next(self, frontiers: tuple[list[int], list[int]], distance: int) -> tuple[list[int], list[int]]:
        reached: tuple[list[int], list[int]] = ([], [])
        best: dict[int, _Step] = {}
        for below, frontier in enumerate(frontiers):
            for step, node, side in (*self._control(frontier, below, distance), *self._data(frontier, below, distance)):
                if not {node, step.unit} & (self._seen[0] | self._seen[side] if side else self._seen[0]):
                    self._seen[side].add(node)
                    reached[side].append(node)
                if step.unit not in self.steps and step.unit not in self._starts:
                    best[step.unit] = min(step, best.get(step.unit, step))
        self.steps |= best
        return sorted(reached[0]), sorted(reached[1])

    def _control(self, frontier: list[int], below: int, distance: int) -> Iterator[tuple[_Step, int, int]]:
        units = np.unique(self.units.of(np.array(frontier, np.int64)))
        pairs = self.units.under(units) if self._forward else self.units.over(units)
        yield from (
            (_Step(distance, True, unit, 0, other), other, below) for unit, other in zip(*(ids.tolist() for ids in pairs), strict=True)
        )

    def _data(self, frontier: list[int], below: int, distance: int) -> Iterator[tuple[_Step, int, int]]:
        numbers = self._leaving(np.array(frontier, np.int64))
        if below:
            numbers = numbers[self._manner[numbers] != self._up]
        numbers = numbers[self._come_first(self._ends[numbers])]
        near, far = self._arrows.start[numbers], self._ends[numbers]
        readers, manner = (far if self._forward else near), self._manner[numbers]
        through, units = self.units.of(near), self.units.of(far)
        # Backward, what is bound depends on the whole statement that binds it; an argument or result on what it holds.
        nodes = far if self._forward else np.where(manner <= _AWAY, units, far)
        sides = np.where(manner == self._down, 1, np.where(manner == _AWAY, 0, below))
        rows = zip(*(column.tolist() for column in (through, readers, units, nodes, sides)), strict=True)
        yield from ((_Step(distance, False, by, reader, unit), node, side) for by, reader, unit, node, side in rows if unit)

    def _come_first(self, far: Ids) -> Flags:
        """Which of these ends are in the first sources, by path, that hold enough lines. Reads those sources."""
        ranks = self._ranks.of(far)
        sources = np.unique(ranks)
        lines, farthest = 0, sources.max(initial=-1)
        for first in range(0, sources.size, _AT_ONCE):
            last = sources[first : first + _AT_ONCE][-1]
            there = far[(ranks >= sources[first]) & (ranks <= last)]
            self.units.read(there)
            fresh = np.array(sorted(set(self.units.of(there).tolist()) - {0} - self._starts - self.steps.keys()), np.int64)
            lines += np.unique((self._ranks.of(fresh) << 32) + self.units.lines(fresh)).size
            if self._lines is not None and lines > self._lines and last < sources[-1]:
                self.stopped, farthest = True, last
                break
        first_ones: Flags = ranks <= farthest
        return first_ones

    def _leaving(self, frontier: Ids) -> Ids:
        """Numbers of the arrows from these nodes: forward, from what binds in the unit or holds the node; backward, from what the node holds."""
        places, members = self.units.beside(frontier)
        if not self._forward:
            held = members[self.units.contains(frontier[places], members)]
            return self._arrows.leaving(np.unique(held))[0]
        order = np.argsort(members, kind="stable")
        places, members = places[order], members[order]
        numbers, at = self._arrows.leaving(members)
        entries = frontier[places[at]]
        whole = self.units.of(entries) == entries
        holds = self.units.contains(members[at], entries)
        return np.unique(numbers[(self._manner[numbers] <= _AWAY) | whole | holds])


_CODE = f"(kind IN {among([kind for kind in SYNTAX if kind not in ('tree', 'clause')])} OR syntax = '{HANDLER}')"
_BLOCKS = (
    *("FunctionDef", "AsyncFunctionDef", "ClassDef", "If", "For", "AsyncFor", "While", "With", "AsyncWith", "Try", "TryStar", "Match"),
    HANDLER,
)
"""Statements, and handlers, whose span goes over others, and over the empty lines between them."""
_NODES = "SELECT id, kind, name, path, line, file_id, bstart FROM cpg_nodes"


def _starts(graph: OpenGraph, units: Units, path: str, line: int) -> list[int]:
    """The units that begin on a line; where none does, the one of the innermost node that goes over it, as in a call of several lines."""
    there = f"path = {literal(path)} AND line <= {line} AND end_line >= {line}"
    over = graph.sql(f"SELECT id, line, syntax FROM cpg_nodes WHERE {_CODE} AND {there} ORDER BY id").to_pylist()
    innermost = over[-1] if over else None
    if innermost is None or (innermost["syntax"] in _BLOCKS and innermost["line"] < line):
        hint = beyond(graph, path, line) or "lines count from 1; a comment or an empty line does nothing"
        raise Coded("CA632", f"there is no statement at {path}:{line}", hint)
    nodes = np.array([row["id"] for row in over])
    units.read(nodes)
    found = np.unique(units.of(nodes))
    return sorted({row["id"] for row in over if row["line"] == line} & set(found.tolist())) or [int(found[-1])]


def _nearest(graph: OpenGraph, walk: _Walk, asked: tuple[str, int]) -> list[_Step]:
    """One step a line, the nearest first. Nothing but their lines is looked up: there may be thousands."""
    known, ids = graph.kept(paths), np.fromiter(walk.steps, np.int64)
    places = {unit: (known[unit >> FILE_BITS], line) for unit, line in zip(ids.tolist(), walk.units.lines(ids).tolist(), strict=True)}
    nearest: dict[tuple[str, int], _Step] = {}
    for step in sorted(walk.steps.values(), key=lambda step: (step.distance, *places[step.unit], step)):
        nearest.setdefault(places[step.unit], step)
    nearest.pop(asked, None)
    return list(nearest.values())


def _rows(graph: OpenGraph, shown: list[_Step]) -> list[Row]:
    """A row of each of these steps."""
    ids = {id for step in shown for id in (step.unit, step.through, step.reader)}
    nodes = by_id(graph.among(_NODES, "id", ids))
    functions = _functions(graph, [nodes[step.unit] for step in shown])
    rows = []
    for step in shown:
        node, through, reader = nodes[step.unit], nodes[step.through], nodes.get(step.reader)
        row = {
            "path": node["path"],
            "line": node["line"],
            "function": functions[step.unit],
            "distance": step.distance,
            "reason": "control" if step.control else "data",
            "name": reader["name"] if reader and reader["kind"] != "call" else None,
            "through_path": through["path"],
            "through_line": through["line"],
        }
        rows.append(row)
    return rows


def _functions(graph: OpenGraph, nodes: list[Row]) -> dict[int, str]:
    """Qualified name of the definition in which each node stands."""
    owners = graph.kept(Owners)
    files, starts = (np.array([node[name] for node in nodes], np.int64) for name in ("file_id", "bstart"))
    ids = owners.ids[owners.around(positions(files, starts))].tolist()
    names = by_id(graph.among("SELECT id, qualified_name FROM cpg_nodes", "id", set(ids)))
    return {node["id"]: names[id]["qualified_name"] for node, id in zip(nodes, ids, strict=True)}


AHEAD = (_forward, _backward, _Ranks, Owners)
"""What answers need of a graph."""
