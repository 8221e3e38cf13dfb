"""The units that slices consist of, statements and parameters, of the sources that a walk has come to. It follows nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.catalog.graph.kinds import SYNTAX
from codeanatomy.query.answer import among
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.places import paths
from codeanatomy.query.walk import Ids

_CONDITIONS = ("If", "While", "For", "AsyncFor", "Match")
_BODIES = ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda")
FILE_BITS = 24
"""The id of a syntax node is the key of its file, then its number in the file, in which what contains comes before what it contains."""

_FEW = 20
"""So many sources at most are looked for by their paths: nodes are in the order of these, and a scan of a few leaves the others out."""

_NODES = f"SELECT id, parent_id, kind, syntax, file_id, bstart, bend, line FROM cpg_nodes WHERE kind IN {among(SYNTAX)}"


class Units:
    """For every node of the sources read so far: its unit, and the unit whose condition decides whether it runs.

    What one question has read, the next one finds; who uses it holds `reading`.
    """

    def __init__(self, graph: OpenGraph) -> None:
        self.reading = Lock()
        self._graph = graph
        self._files: set[int] = set()
        self._ids = self._units = self._conditions = self._starts = self._ends = self._lines = np.empty(0, np.int64)
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

    def contains(self, outer: Ids, inner: Ids) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each node of the one lies in that of the other, or is it."""
        outer_places, inner_places = np.searchsorted(self._ids, outer), np.searchsorted(self._ids, inner)
        inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (self._starts[outer_places] <= self._starts[inner_places]) & (
            self._ends[inner_places] <= self._ends[outer_places]
        )
        return inside & (outer <= inner)

    def condition(self, units: Ids) -> Ids:
        """For each unit the one whose condition decides whether it runs, or 0."""
        return self._found(self._conditions, units)

    def under(self, unit: int) -> list[int]:
        """The units whose running the condition of this one decides."""
        ordered = self._conditions[self._by_condition]
        first, last = np.searchsorted(ordered, [unit, unit + 1])
        found: list[int] = self._ids[self._by_condition[first:last]].tolist()
        return found

    def _read(self, files: Iterable[int]) -> None:
        wanted = sorted(files)
        if not wanted:
            return
        new = _in_sources(self._nodes(wanted))
        old = (self._ids, self._units, self._conditions, self._starts, self._ends, self._lines)
        if old[0].size:
            both = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
            order = np.argsort(both[0], kind="stable")  # which is fast with what is in order for long stretches
            new = tuple(column[order] for column in both)
        self._ids, self._units, self._conditions, self._starts, self._ends, self._lines = new
        self._index()
        self._files.update(wanted)

    def _nodes(self, files: list[int]) -> pa.Table:
        if len(files) > _FEW:
            return self._graph.among(_NODES, "file_id", files)
        known = self._graph.kept(paths)
        return self._graph.sql(f"{_NODES} AND path IN {among([known[file] for file in files if file in known])}")

    def _index(self) -> None:
        self._by_unit, self._by_condition = (np.argsort(column, kind="stable") for column in (self._units, self._conditions))

    def _found(self, values: Ids, nodes: Ids) -> Ids:
        if not self._ids.size:
            return np.zeros_like(nodes)
        places = np.minimum(np.searchsorted(self._ids, nodes), self._ids.size - 1)
        found: Ids = np.where(self._ids[places] == nodes, values[places], 0)
        return found


def _in_sources(table: pa.Table) -> tuple[Ids, ...]:
    """Ids, units, conditions, the two ends of the spans and the lines of the nodes of whole sources, sorted by id."""
    order = np.argsort(table["id"].to_numpy())  # of numbers alone: the texts are most of the table
    ids, parents, starts, ends, lines = (
        table[name].fill_null(0).to_numpy()[order] for name in ("id", "parent_id", "bstart", "bend", "line")
    )
    itself = np.arange(ids.size)
    # Nodes of a source are numbered without gaps, so ids are as far apart as places. The root, whose parent is no node, is around itself.
    around = np.where(ids >> FILE_BITS == parents >> FILE_BITS, itself - (ids - parents), itself)
    statement, parameter = _is(table["kind"], ("statement",))[order], _is(table["syntax"], ("arg",))[order]
    condition, body = _is(table["syntax"], _CONDITIONS)[order], _is(table["syntax"], _BODIES)[order]
    unit = statement | parameter
    units = _climb(np.where(unit, itself, around))
    conditions = _climb(np.where(condition | body, itself, around))[around]
    decided = statement & condition[conditions]
    return ids, np.where(unit[units], ids[units], 0), np.where(decided, ids[conditions], 0), starts, ends, lines


def _climb(step: Ids) -> Ids:
    """Where each node comes to when it takes steps as long as they lead on."""
    while (further := step[step]).size and not np.array_equal(further, step):
        step = further
    return step


def _is(column: pa.ChunkedArray, values: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = pc.is_in(column, pa.array(values)).to_numpy()
    return found
