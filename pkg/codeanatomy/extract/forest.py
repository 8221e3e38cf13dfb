"""The trees of many sources joined and put in pre-order, a column each. It computes no spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codeanatomy.extract import grammar
from codeanatomy.extract.preorder import Ints, preorder
from codeanatomy.extract.text import Text
from codeanatomy.extract.walk import HAS_CONTEXT, HAS_NAME, HAS_POSITION, HOLE, IS_CONSTANT, Walk

_CHILD_FIELDS = np.zeros(HOLE + 1, np.int64)
"""How many fields for children a kind has; a hole has none."""
_CHILD_FIELDS[: len(grammar.KINDS)] = [len(grammar.CHILDREN.get(kind, ())) for kind in grammar.KINDS]
_FIRST_FIELD = np.cumsum(_CHILD_FIELDS) - _CHILD_FIELDS
_FIELD_NUMBERS = np.array([*(number for kind in grammar.KINDS for _, number in grammar.CHILDREN.get(kind, ())), 0], np.int8)
"""The fields for children of all kinds, one kind after the other; at the end what is none."""
_FIELD_ROLES = np.array(
    [*(role for kind in grammar.KINDS for role in grammar.LAYOUT[kind] if role <= grammar.CHILDREN_LIST), grammar.CHILD], np.int8
)
_NO_FIELD = len(_FIELD_NUMBERS) - 1


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
    positions: Ints
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


def forest(walks: Sequence[Walk], texts: Sequence[Text]) -> Forest:
    """Join the walks; the texts are those of their trees, in the same order."""
    nodes = _joined(walks)
    in_walk = preorder(nodes.parents, nodes.depths)
    order, kinds = in_walk.order, nodes.kinds
    counts = in_walk.size[nodes.parents < 0]
    first_rows = _starts(counts)
    files = np.repeat(np.arange(len(texts)), counts)
    types = chain.from_iterable(walk.types for walk in walks)
    names = spread(kinds, order, (HAS_NAME, chain.from_iterable(walk.names for walk in walks)), (IS_CONSTANT, types))
    text = _texts(texts)
    lines, bstart, bend = _spans(walks, kinds, files[in_walk.rank], text)
    bstart, bend = bstart[order], bend[order]
    bstart[first_rows] = text.starts
    bend[first_rows] = text.starts + [len(one.utf8) for one in texts]
    parents = nodes.parents[order]
    return Forest(
        text=text.joined,
        text_starts=text.starts,
        line_starts=text.line_starts,
        first_rows=first_rows,
        rows=in_walk.rank,
        order=order,
        files=files,
        kinds=kinds[order],
        fields=nodes.fields[order],
        positions=nodes.positions[order],
        parents=np.where(parents < 0, first_rows[files], in_walk.rank[parents]),
        sizes=in_walk.size[order],
        lines=lines[order],
        bstart=bstart,
        bend=bend,
        contexts=_contexts(walks, kinds)[order],
        names=names,
        name_lengths=pc.binary_length(names).fill_null(0).to_numpy().astype(np.int64),
    )


def spread(kinds: NDArray[np.int8], order: Ints, *parts: tuple[NDArray[np.bool_], Iterable[str | None]]) -> pa.Array:
    """Texts of the nodes of some kinds, put in order; each part is a mask over kinds and the texts of the nodes that it takes."""
    places = np.zeros(len(kinds), np.int32)
    texts: list[str | None] = [None]
    for mask, of_nodes in parts:
        nodes = np.flatnonzero(mask[kinds])
        places[nodes] = np.arange(len(texts), len(texts) + len(nodes))
        texts += of_nodes
    return pa.array(texts, pa.string()).take(pa.array(places[order]))


def _starts(counts: Ints) -> Ints:
    return np.cumsum(counts) - counts


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of many walks without the holes, walk after walk; their parents are -1 for a root, else counted over all."""

    kinds: NDArray[np.int8]
    depths: NDArray[np.uint32]
    parents: Ints
    fields: NDArray[np.int8]
    positions: Ints


def _joined(walks: Sequence[Walk]) -> _Nodes:
    kinds = np.concatenate([walk.kinds for walk in walks])
    depths = np.concatenate([np.repeat(np.arange(len(walk.levels), dtype=np.uint32), walk.levels) for walk in walks])
    parents, fields, positions = _links(walks, kinds)
    real = kinds != HOLE
    if not real.all():
        number = np.append(np.cumsum(real) - 1, -1)  # the parent -1 reads the last
        kinds, depths, parents, fields, positions = kinds[real], depths[real], number[parents[real]], fields[real], positions[real]
    return _Nodes(kinds.astype(np.int8), depths, parents, fields, positions)


def _links(walks: Sequence[Walk], kinds: NDArray[np.uint8]) -> tuple[Ints, NDArray[np.int8], NDArray[np.int64]]:
    """Parent (-1 for a root), field and position of every node and hole, in the order of the walks."""
    of_kinds = _CHILD_FIELDS[kinds]
    firsts = _starts(of_kinds)
    holders = np.repeat(np.arange(len(kinds)), of_kinds)
    held = np.arange(len(holders)) + (_FIRST_FIELD[kinds] - firsts)[holders]
    # Before the fields of each walk, a place for each root.
    roots = np.repeat(firsts[_starts(np.array([len(walk.kinds) for walk in walks]))], [walk.levels[0] for walk in walks])
    holders, held = np.insert(holders, roots, -1), np.insert(held, roots, _NO_FIELD)
    roles = _FIELD_ROLES[held]
    counts = np.ones(len(held), np.int64)
    counts[roles == grammar.OPTIONAL] = list(chain.from_iterable(walk.present for walk in walks))
    counts[roles == grammar.CHILDREN_LIST] = list(chain.from_iterable(walk.lengths for walk in walks))
    of = np.repeat(np.arange(len(counts)), counts)
    return holders[of], _FIELD_NUMBERS[held][of], np.arange(len(of)) - _starts(counts)[of]


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
    contexts[HAS_CONTEXT[kinds]] = np.frombuffer(b"".join(walk.contexts for walk in walks), np.int8)
    return contexts


@dataclass(frozen=True, slots=True)
class _Texts:
    r"""The texts joined by \n, so that no line is of two files, and the first of all lines of each."""

    joined: bytes
    starts: Ints
    line_starts: Ints
    first_lines: Ints


def _texts(texts: Sequence[Text]) -> _Texts:
    starts = _starts(np.array([len(text.utf8) + 1 for text in texts]))
    joined = b"\n".join(text.utf8 for text in texts)
    if b"\r" in joined:
        lines = [text.line_starts() + start for text, start in zip(texts, starts, strict=True)]
        return _Texts(joined, starts, np.concatenate(lines), _starts(np.array([len(one) for one in lines])))
    line_starts = np.append(0, np.flatnonzero(np.frombuffer(joined, np.uint8) == ord("\n")) + 1)
    first_lines = np.searchsorted(line_starts, starts)
    line_starts[first_lines] += [text.start for text in texts]
    return _Texts(joined, starts, line_starts, first_lines)
