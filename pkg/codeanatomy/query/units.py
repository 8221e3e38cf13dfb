"""The units that slices consist of, statements, parameters and exception handlers, of the sources that a walk has come to.

It follows nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codeanatomy.catalog.graph.kinds import SYNTAX
from codeanatomy.query.answer import among
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.places import paths
from codeanatomy.query.walk import Arrows, Ids

Flags = NDArray[np.bool_]

HANDLER = "ExceptHandler"
_CONDITIONS = ("If", "While", "For", "AsyncFor", "Match", HANDLER)
_BODIES = ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda")
_RAISES_NOTHING = (
    *("Name", "Constant", "Expr", "Assign", "AnnAssign", "Return", "Pass", "Break", "Continue", "Global", "Nonlocal"),
    *("If", "While", "Match", "Try", "TryStar", *_BODIES, "arguments", "arg"),
)
"""Syntax that is not why a handler runs: what else stands in the body of a `try` may be."""

FILE_BITS = 24
"""The id of a syntax node is the key of its file, then its number in the file, in which what contains comes before what it contains."""

_FEW = 20
"""So many sources at most are looked for by their paths: nodes are in the order of these, and a scan of a few leaves the others out."""

_NODES = f"SELECT id, parent_id, kind, syntax, file_id, bstart, bend, line FROM cpg_nodes WHERE kind IN {among(SYNTAX)}"


class Units:
    """For every node of the sources read so far: its unit, and the units that decide whether that runs.

    What one question has read, the next one finds; who uses it holds `reading`.
    """

    def __init__(self, graph: OpenGraph) -> None:
        self.reading = Lock()
        self._graph = graph
        self._files: set[int] = set()
        self._ids = self._units = self._starts = self._ends = self._lines = np.empty(0, np.int64)
        self._deciding = self._decided = np.empty(0, np.int64)
        self._index()

    def read(self, nodes: Ids) -> None:
        """Read the sources in which these nodes stand, where that has not been done."""
        self._read(set(np.unique(nodes >> FILE_BITS).tolist()) - self._files)

    def of(self, nodes: Ids) -> Ids:
        """The unit of each node, or 0 for what stands in none."""
        return self._found(self._units, nodes)

    def lines(self, nodes: Ids) -> Ids:
        """The line on which each node begins, or 0 for what is not known."""
        return self._found(self._lines, nodes)

    def beside(self, nodes: Ids) -> tuple[Ids, Ids]:
        """Pairs of a place among these nodes and a node of the same unit."""
        ordered, units = self._units[self._by_unit], self.of(nodes)
        first, last = np.searchsorted(ordered, units, "left"), np.searchsorted(ordered, units, "right")
        places = np.concatenate([np.arange(start, end) for start, end in zip(first, last, strict=True)] or [np.empty(0, np.int64)])
        return np.repeat(np.arange(nodes.size), last - first), self._ids[self._by_unit[places]]

    def contains(self, outer: Ids, inner: Ids) -> Flags:
        """Whether each node of the one lies in that of the other, or is it."""
        outer_places, inner_places = np.searchsorted(self._ids, outer), np.searchsorted(self._ids, inner)
        inside: Flags = (self._starts[outer_places] <= self._starts[inner_places]) & (self._ends[inner_places] <= self._ends[outer_places])
        return inside & (outer <= inner)

    def over(self, units: Ids) -> tuple[Ids, Ids]:
        """Pairs of one of these units and one that decides whether it runs: a condition, or what may raise where a handler waits for it."""
        numbers, places = self._over.leaving(units)
        return units[places], self._deciding[numbers]

    def under(self, units: Ids) -> tuple[Ids, Ids]:
        """Pairs of one of these units and one whose running it decides."""
        numbers, places = self._under.leaving(units)
        return units[places], self._decided[numbers]

    def _read(self, files: Iterable[int]) -> None:
        wanted = sorted(files)
        if not wanted:
            return
        new, (deciding, decided) = _in_sources(self._nodes(wanted))
        old = (self._ids, self._units, self._starts, self._ends, self._lines)
        if old[0].size:
            both = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
            order = np.argsort(both[0], kind="stable")  # which is fast with what is in order for long stretches
            new = tuple(column[order] for column in both)
        self._ids, self._units, self._starts, self._ends, self._lines = new
        self._deciding, self._decided = np.concatenate([self._deciding, deciding]), np.concatenate([self._decided, decided])
        self._index()
        self._files.update(wanted)

    def _nodes(self, files: list[int]) -> pa.Table:
        if len(files) > _FEW:
            return self._graph.among(_NODES, "file_id", files)
        known = self._graph.kept(paths)
        return self._graph.sql(f"{_NODES} AND path IN {among([known[file] for file in files if file in known])}")

    def _index(self) -> None:
        self._by_unit = np.argsort(self._units, kind="stable")
        self._under, self._over = Arrows(self._deciding), Arrows(self._decided)

    def _found(self, values: Ids, nodes: Ids) -> Ids:
        if not self._ids.size:
            return np.zeros_like(nodes)
        places = np.minimum(np.searchsorted(self._ids, nodes), self._ids.size - 1)
        found: Ids = np.where(self._ids[places] == nodes, values[places], 0)
        return found


def _in_sources(table: pa.Table) -> tuple[tuple[Ids, ...], tuple[Ids, Ids]]:
    """Of whole sources: ids, units, the two ends of the spans and the lines of the nodes, sorted by id; and what decides what, in pairs."""
    order = np.argsort(table["id"].to_numpy())  # of numbers alone: the texts are most of the table
    ids, parents, starts, ends, lines = (
        table[name].fill_null(0).to_numpy()[order] for name in ("id", "parent_id", "bstart", "bend", "line")
    )
    itself = np.arange(ids.size)
    # Nodes of a source are numbered without gaps, so ids are as far apart as places. The root, whose parent is no node, is around itself.
    around = np.where(ids >> FILE_BITS == parents >> FILE_BITS, itself - (ids - parents), itself)
    statement, (parameter, handler, condition, body, harmless) = (
        _is(table["kind"], ("statement",))[order],
        (_is(table["syntax"], values)[order] for values in (("arg",), (HANDLER,), _CONDITIONS, _BODIES, _RAISES_NOTHING)),
    )
    runs = statement | handler
    unit = runs | parameter
    units = _climb(np.where(unit, itself, around))
    conditions = _climb(np.where(condition | body, itself, around))[around]
    decided = np.flatnonzero(runs & condition[conditions])
    raising, handling = _caught(around, handler, body, np.unique(units[unit[units] & ~harmless]))
    deciding = np.concatenate([conditions[decided], raising])
    pairs = ids[deciding], ids[np.concatenate([decided, handling])]
    return (ids, np.where(unit[units], ids[units], 0), starts, ends, lines), pairs


def _caught(around: Ids, handler: Flags, body: Flags, raising: Ids) -> tuple[Ids, Ids]:
    """Pairs of a unit that may raise and a handler of the innermost `try` that has it in its body, of one function."""
    itself, handlers = np.arange(around.size), np.flatnonzero(handler)
    first = np.full(around.size, -1)
    first[around[handlers[::-1]]] = handlers[::-1]
    tried = (itself < first[around]) & ~body  # what stands in a try before its first handler
    guarded = _climb(np.where(tried | body, itself, around))[raising]
    raising, guarded = raising[tried[guarded]], guarded[tried[guarded]]
    numbers, places = Arrows(around[handlers]).leaving(around[guarded])
    return raising[places], handlers[numbers]


def _climb(step: Ids) -> Ids:
    """Where each node comes to when it takes steps as long as they lead on."""
    while (further := step[step]).size and not np.array_equal(further, step):
        step = further
    return step


def _is(column: pa.ChunkedArray, values: tuple[str, ...]) -> Flags:
    found: Flags = pc.is_in(column, pa.array(values)).to_numpy()
    return found
