"""A few syntax trees unfolded breadth-first into flat columns. It takes what only the objects can tell and puts nothing in order yet.

Only the children are asked for node by node; everything else comes out of the values of all nodes at once, whose roles the grammar knows.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codeanatomy.extract import grammar

ACCESS = ("read", "write", "delete")
_ACCESS_NUMBER: dict[type, int] = {ast.Load: 0, ast.Store: 1, ast.Del: 2}

HOLE = 0xFF
"""In place of a kind: `{**x}` has no key, a keyword-only parameter may have no default, and their lists have None there."""

_NUMBER: dict[type, int] = grammar.NUMBER | {NoneType: HOLE}
_FIELDS = {kind: tuple(name for name, _ in children) for kind, children in grammar.CHILDREN.items()}

_members = attrgetter("__dict__")

HAS_CONTEXT = grammar.having(grammar.CONTEXT)
HAS_POSITION = grammar.having(grammar.PLACE)
HAS_NAME = grammar.having(grammar.NAME)
HAS_VALUE = grammar.having(grammar.VALUE)
IS_CONSTANT = grammar.among("Constant")
_CONSTANT = grammar.number("Constant")


@dataclass(frozen=True, slots=True)
class Walk:
    """The nodes of the trees, breadth-first over all of them at once, a column each."""

    kinds: NDArray[np.uint8]
    """With holes."""
    levels: list[int]
    """Nodes and holes of each depth; the first are the roots."""
    present: list[bool]
    """Whether there is a child in each field that holds one or none, of each node."""
    lengths: list[int]
    """Children and holes in each field that holds a list, of each node."""
    places: NDArray[np.int32]
    """Line, column, end line and end column of the nodes that have them."""
    contexts: bytes
    """Index in `ACCESS`, of the nodes that have a context."""
    names: list[str | None]
    """Of the nodes whose kind has a name."""
    values: list[str | None]
    """Of the nodes whose kind has a value; None also for a constant whose value is to be read from the source."""
    types: list[str]
    """Class names of the constants."""

    @property
    def nodes(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self.kinds != HOLE))


def walk(trees: Sequence[ast.Module]) -> Walk:
    """Unfold them."""
    nodes, levels = _unfold(trees)
    types = list(map(type, nodes))
    with_holes = kinds = np.frombuffer(bytes(map(_NUMBER.__getitem__, types)), np.uint8)
    if NoneType in types:
        nodes, types, kinds = list(filter(None, nodes)), [kind for kind in types if kind is not NoneType], kinds[kinds != HOLE]
    roles = np.frombuffer(b"".join(map(grammar.LAYOUT.__getitem__, types)), np.uint8)
    held = _held(nodes, len(roles))
    valued = kinds[HAS_VALUE[kinds]]
    values = held[roles == grammar.VALUE]
    return Walk(
        with_holes,
        levels,
        [child is not None for child in held[roles == grammar.OPTIONAL].tolist()],
        list(map(len, held[roles == grammar.CHILDREN_LIST].tolist())),
        held[roles == grammar.PLACE].astype(np.int32).reshape(-1, 4),
        bytes(map(_ACCESS_NUMBER.__getitem__, map(type, held[roles == grammar.CONTEXT].tolist()))),
        held[roles == grammar.NAME].tolist(),
        [_VALUE[kind](value) for kind, value in zip(valued.tolist(), values.tolist(), strict=True)],
        [type(value).__name__ for value in values[valued == _CONSTANT].tolist()],
    )


def _unfold(trees: Sequence[ast.Module]) -> tuple[list[ast.AST], list[int]]:
    """The nodes and holes breadth-first, and how many there are of each depth."""
    fields_of = _FIELDS
    nodes: list[ast.AST] = [*trees]
    levels: list[int] = []
    append = nodes.append
    first = 0
    while first < len(nodes):
        level = nodes[first:]
        levels.append(len(level))
        first += len(level)
        for node in level:
            kind = node.__class__
            if kind in fields_of:
                members = node.__dict__
                for name in fields_of[kind]:
                    child = members[name]
                    if not child:
                        continue
                    if child.__class__ is list:
                        nodes += child
                    else:
                        append(child)
    return nodes, levels


def _held(nodes: list[ast.AST], count: int) -> NDArray[np.object_]:
    """What all nodes hold, node after node, each in the order of its layout."""
    # A dictionary refers to its values, in their order; no loop of ours is as fast.
    values = gc.get_referents(*map(_members, nodes))
    assert len(values) == count, "nodes hold what the grammar says"
    return np.fromiter(values, np.object_, count)


def _constant(value: object) -> str | None:
    """Text of a string or a singleton; None for what is best read from the source."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    return repr(value) if value is None or isinstance(value, bool) else None


def _operator(operator: ast.AST) -> str:
    return type(operator).__name__


_VALUE_OF: dict[str, Callable[[Any], str | None]] = {
    "Constant": _constant,
    "BinOp": _operator,
    "AugAssign": _operator,
    "UnaryOp": _operator,
    "BoolOp": _operator,
    "Compare": lambda operators: " ".join(map(_operator, operators)),
    "FormattedValue": lambda conversion: None if conversion < 0 else chr(conversion),
    "AnnAssign": str,
    "comprehension": lambda is_async: "async" if is_async else None,
    "ImportFrom": lambda level: str(level or 0),
    "alias": lambda asname: asname,
    "Global": " ".join,
    "Nonlocal": " ".join,
    "MatchSingleton": repr,
    "MatchClass": lambda attributes: " ".join(attributes) or None,
}
_VALUE = [_VALUE_OF.get(name, repr) for name in grammar.KIND_NAMES]
