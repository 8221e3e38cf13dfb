"""Pre-order numbers of a forest whose nodes come breadth-first. It knows nothing of syntax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Preorder:
    """`rank[i]` is the row of node i in pre-order, `order` its inverse, `size[i]` the nodes of the subtree of node i."""

    rank: Ints
    order: Ints
    size: Ints


def preorder(parents: Ints, depths: NDArray[np.uint32]) -> Preorder:
    """Number a forest: breadth-first inside each tree, tree after tree; a root's parent is -1 and its depth 0.

    Walking breadth-first costs a list append per node, a stack a tuple; the order is put right here for a whole batch at once,
    level by level.
    """
    narrow = depths.astype(np.min_scalar_type(depths.max()))  # a stable sort of small integers takes linear time
    levels = np.split(np.argsort(narrow, kind="stable"), np.cumsum(np.bincount(depths))[:-1])
    size = np.ones(len(parents), np.int64)
    for level in reversed(levels[1:]):
        np.add.at(size, parents[level], size[level])
    before = _sizes_of_earlier_siblings(parents, size)
    rank = np.empty_like(size)
    rank[levels[0]] = np.cumsum(size[levels[0]]) - size[levels[0]]
    for level in levels[1:]:
        rank[level] = rank[parents[level]] + 1 + before[level]
    order = np.empty_like(rank)
    order[rank] = np.arange(len(rank))
    return Preorder(rank, order, size)


def _sizes_of_earlier_siblings(parents: Ints, size: Ints) -> Ints:
    """Nodes in the subtrees of the siblings before each node: siblings are neighbours breadth-first."""
    before = np.cumsum(size) - size
    first = np.empty(len(parents), np.bool_)
    first[:1] = True
    np.not_equal(parents[1:], parents[:-1], out=first[1:])
    return before - before[np.maximum.accumulate(np.where(first, np.arange(len(parents)), 0))]
