"""Walks over the graph: arrows between nodes as arrays, and what is reached from some nodes, nearest first. It knows no kind of edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_UNREACHED = np.iinfo(np.int64).max


class Arrows:
    """Arrows from ids to something, by number, found by where they start."""

    def __init__(self, start: Ids) -> None:
        self.start = start
        self._order = np.argsort(start)
        self._sorted = start[self._order]

    def leaving(self, ids: Ids) -> tuple[Ids, Ids]:
        """Numbers of the arrows that start at any of these ids, and for each the place of its start among them."""
        first, last = np.searchsorted(self._sorted, ids, "left"), np.searchsorted(self._sorted, ids, "right")
        counts = last - first
        # The ranges first..last, one after the other.
        places = np.repeat(last - np.cumsum(counts), counts) + np.arange(counts.sum())
        return self._order[places], np.repeat(np.arange(ids.size), counts)


class Network(Protocol):
    """Arrows from one id to another. Their ends are told by place in `ids`."""

    ids: Ids

    def leaving(self, ids: Ids) -> tuple[Ids, Ids]:
        """As of `Arrows`."""

    def ends(self, numbers: Ids) -> Ids:
        """Where these arrows end, as places in `ids`."""


class Edges(Arrows):
    """A network of arrows that are told by the two ids."""

    def __init__(self, start: Ids, end: Ids) -> None:
        super().__init__(start)
        self.ids, self._end = np.unique(end, return_inverse=True)

    def ends(self, numbers: Ids) -> Ids:
        """As of `Network`."""
        ends: Ids = self._end[numbers]
        return ends


def walk(arrows: Network, starts: Ids, ranks: Ids | None = None) -> Iterator[tuple[Ids, Ids]]:
    """For each distance from 1 on: the ids first reached there, sorted, and for each the number of the arrow by which it is.

    Among several arrows to an id the one with the smallest rank counts (ranks are small), then the one from the smallest id.
    """
    frontier = np.unique(starts)
    seen = np.isin(arrows.ids, frontier)
    best = np.full(arrows.ids.size, _UNREACHED)
    while frontier.size:
        numbers, places = arrows.leaving(frontier)
        ends = arrows.ends(numbers)
        fresh = ~seen[ends]
        numbers, places, ends = numbers[fresh], places[fresh], ends[fresh]
        keys = places if ranks is None else (ranks[numbers] << 32) + places
        np.minimum.at(best, ends, keys)
        chosen = keys == best[ends]
        reached, first = np.unique(ends[chosen], return_index=True)
        seen[reached] = True
        order = np.argsort(arrows.ids[reached])
        frontier = arrows.ids[reached][order]
        if frontier.size:
            yield frontier, numbers[chosen][first][order]
