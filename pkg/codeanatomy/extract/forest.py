"""The trees of many sources joined and put in pre-order, a column each. It computes no spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codeanatomy.extract.preorder import Ints, preorder
from codeanatomy.extract.walk import HAS_CONTEXT, HAS_POSITION, Walk


@dataclass(frozen=True, slots=True)
class Forest:
    """The nodes of a batch in pre-order, files one after another. Offsets are into `text`, the texts of all files joined."""

    text: bytes
    text_starts: Ints
    """Start of each file in `text`."""
    line_starts: Ints
    """Start of every line of every file."""
    first_rows: Ints
    """Row of each file's Module."""
    rows: Ints
    """Row of each node in the order of the walks."""
    order: Ints
    """The inverse: which node of the walks each row is."""
    files: Ints
    kinds: NDArray[np.int8]
    fields: NDArray[np.int8]
    positions: NDArray[np.int32]
    """Index in the field."""
    parents: Ints
    """Row of the parent; a Module is its own."""
    sizes: Ints
    """Rows of the subtree."""
    lines: NDArray[np.int32]
    """Line number as CPython has it; 0 for a clause."""
    bstart: Ints
    bend: Ints
    """As CPython has them; a Module spans its file, no other clause has a span yet."""
    contexts: NDArray[np.int8]
    """Index in `ACCESS`; -1 for none."""
    names: pa.Array
    name_lengths: Ints
    """Bytes of the normalised name; 0 where there is none."""


def forest(walks: Sequence[Walk]) -> Forest:
    """Join the walks."""
    counts = np.array([len(walk.kinds) for walk in walks])
    first_rows = _starts(counts)
    files = np.repeat(np.arange(len(walks)), counts)
    parents, fields, positions = _links(walks, counts, first_rows)
    in_walk = preorder(parents, np.concatenate([walk.depths for walk in walks]))
    order = in_walk.order
    kinds = np.concatenate([walk.kinds for walk in walks])
    names = pa.array(list(chain.from_iterable(walk.names for walk in walks)), pa.string()).take(pa.array(order))
    text = _texts(walks)
    lines, bstart, bend = _spans(walks, kinds, files, text)
    bstart, bend = bstart[order], bend[order]
    bstart[first_rows] = text.starts
    bend[first_rows] = text.starts + [len(walk.text.utf8) for walk in walks]
    return Forest(
        text=text.joined,
        text_starts=text.starts,
        line_starts=text.line_starts,
        first_rows=first_rows,
        rows=in_walk.rank,
        order=order,
        files=files,
        kinds=kinds[order],
        fields=fields[order],
        positions=positions[order],
        parents=np.where(parents < 0, first_rows[files], in_walk.rank[parents])[order],
        sizes=in_walk.size[order],
        lines=lines[order],
        bstart=bstart,
        bend=bend,
        contexts=_contexts(walks, kinds)[order],
        names=names,
        name_lengths=pc.binary_length(names).fill_null(0).to_numpy().astype(np.int64),
    )


def _starts(counts: Ints) -> Ints:
    return np.cumsum(counts) - counts


def _links(walks: Sequence[Walk], counts: Ints, first_rows: Ints) -> tuple[Ints, NDArray[np.int8], NDArray[np.int32]]:
    """Parent (-1 for a root), field and position of every node, in the order of the walks."""
    runs = np.concatenate([walk.runs for walk in walks])
    runs[:, 0] += np.repeat(first_rows, [len(walk.runs) for walk in walks])
    lengths = runs[:, 3]
    below = np.ones(counts.sum(), np.bool_)
    below[first_rows] = False
    parents = np.full(len(below), -1, np.int64)
    parents[below] = np.repeat(runs[:, 0], lengths)
    fields = np.zeros(len(below), np.int8)
    fields[below] = np.repeat(runs[:, 1].astype(np.int8), lengths)
    positions = np.zeros(len(below), np.int32)
    positions[below] = np.arange(lengths.sum()) + np.repeat(runs[:, 2] - _starts(lengths), lengths)
    return parents, fields, positions


def _spans(walks: Sequence[Walk], kinds: NDArray[np.int8], files: Ints, text: _Texts) -> tuple[NDArray[np.int32], Ints, Ints]:
    """Line and byte span of every node, in the order of the walks; zeros for a clause."""
    placed = np.flatnonzero(HAS_POSITION[kinds])
    places = np.concatenate([walk.places for walk in walks])
    first_lines = text.first_lines[files[placed]] - 1
    last_line = len(text.line_starts) - 1
    lines = np.zeros(len(kinds), np.int32)
    bstart, bend = np.zeros((2, len(kinds)), np.int64)
    lines[placed] = places[:, 0]
    # A codec that makes line ends out of escapes may have CPython count lines that are none here.
    bstart[placed] = text.line_starts[np.minimum(first_lines + places[:, 0], last_line)] + places[:, 1]
    bend[placed] = text.line_starts[np.minimum(first_lines + places[:, 2], last_line)] + places[:, 3]
    return lines, bstart, bend


def _contexts(walks: Sequence[Walk], kinds: NDArray[np.int8]) -> NDArray[np.int8]:
    contexts = np.full(len(kinds), -1, np.int8)
    contexts[HAS_CONTEXT[kinds]] = np.concatenate([walk.contexts for walk in walks])
    return contexts


@dataclass(frozen=True, slots=True)
class _Texts:
    r"""The texts joined by \n, so that no line is of two files, and the first of all lines of each."""

    joined: bytes
    starts: Ints
    line_starts: Ints
    first_lines: Ints


def _texts(walks: Sequence[Walk]) -> _Texts:
    starts = _starts(np.array([len(walk.text.utf8) + 1 for walk in walks]))
    lines = [walk.text.line_starts() + start for walk, start in zip(walks, starts, strict=True)]
    first_lines = _starts(np.array([len(one) for one in lines]))
    return _Texts(b"\n".join(walk.text.utf8 for walk in walks), starts, np.concatenate(lines), first_lines)
