"""The definitions of many texts: which are nested in which, and which holds a place. It knows them by their spans alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codeanatomy.extract.captures import Spans
from codeanatomy.extract.columns import Ints

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Outline:
    """All definitions, in the order of the text."""

    is_function: NDArray[np.bool_]
    bstart: Ints
    """Start of the first decorator, if there is one."""
    bend: Ints
    names: tuple[Ints, Ints]
    bodies: tuple[Ints, Ints]
    decorators: Ints
    """How many each has."""
    parents: Ints
    """Row of the definition whose body holds it; -1 for none."""

    def around(self, offsets: Ints) -> Ints:
        """The row of the innermost definition whose body holds each offset; -1 for none."""
        starts, ends = self.bodies
        order = np.argsort(starts, kind="stable")
        rows = np.append(order, -1)[np.searchsorted(starts[order], offsets, "right") - 1]
        starts, ends = np.append(starts, 0), np.append(ends, _NEVER)  # row -1 reads the last
        while len(outside := np.flatnonzero((offsets < starts[rows]) | (offsets >= ends[rows]))):
            rows[outside] = self.parents[rows[outside]]
        return rows


def outline(found: Mapping[str, Spans]) -> Outline:
    """The definitions among the captures."""
    heads = [found[name] for name in ("class", "function", "broken_class", "broken_function")]
    names = [found[name] for name in ("class_name", "function_name", "broken_class", "broken_function")]
    bstart, bend = _joined(heads)
    order = np.argsort(bstart, kind="stable")
    bstart, bend = bstart[order], bend[order]
    name_bstart, name_bend = _joined(names)
    body_bstart, body_bend = _bodies(found, heads)
    bodies = body_bstart[order], body_bend[order]
    decorators = _decorate(bstart, bend, found["decorated"], found["decorator"])
    return Outline(
        is_function=np.repeat([False, True, False, True], [len(head.bstart) for head in heads])[order],
        bstart=bstart,
        bend=bend,
        names=(name_bstart[order], name_bend[order]),
        bodies=bodies,
        decorators=decorators,
        parents=_parents(bstart, *bodies),
    )


def _joined(parts: Sequence[Spans]) -> tuple[Ints, Ints]:
    return np.concatenate([part.bstart for part in parts]), np.concatenate([part.bend for part in parts])


def _bodies(found: Mapping[str, Spans], heads: Sequence[Spans]) -> tuple[Ints, Ints]:
    """The body of each definition: it ends where the definition ends. A broken one has none, at its end."""
    bstart, bend = _joined([Spans(head.bend.copy(), head.bend) for head in heads])
    first = 0
    for head, body in zip(heads, (found["class_body"], found["function_body"]), strict=False):
        bstart[first + np.lexsort((head.bstart, head.bend))] = body.bstart[np.lexsort((body.bstart, body.bend))]
        first += len(head.bstart)
    return bstart, bend


def _decorate(bstart: Ints, bend: Ints, decorated: Spans, decorator: Spans) -> Ints:
    """Put the start of decorated definitions at their first decorator; returns how many decorators each has.

    A decorator is an expression, so the first definition behind the start of a decorated one is the one that is decorated.
    """
    counts = np.zeros(len(bstart), np.int64)
    rows = np.searchsorted(bstart, decorated.bstart)
    known = np.append(bend, _NEVER)[rows] == decorated.bend
    rows, starts = rows[known], decorated.bstart[known]
    counts[rows] = np.searchsorted(decorator.bstart, bstart[rows]) - np.searchsorted(decorator.bstart, starts)
    bstart[rows] = starts
    return counts


def _parents(bstart: Ints, body_bstart: Ints, body_bend: Ints) -> Ints:
    """The last definition before each whose body has begun and not ended where it starts: broken text has definitions in heads."""
    begins, ends = body_bstart.tolist(), body_bend.tolist()
    parents: list[int] = []
    around: list[int] = []
    for row, start in enumerate(bstart.tolist()):
        while around and ends[around[-1]] <= start:
            around.pop()
        parent = -1
        for outer in reversed(around):
            if begins[outer] <= start:
                parent = outer
                break
        parents.append(parent)
        around.append(row)
    return np.array(parents, np.int64)
