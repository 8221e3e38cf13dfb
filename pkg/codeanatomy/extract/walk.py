"""One syntax tree unfolded breadth-first into flat columns. It takes what only the objects can tell and puts nothing in order yet."""

from __future__ import annotations

import ast
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codeanatomy.extract import grammar
from codeanatomy.extract.text import Text

ACCESS = ("read", "write", "delete")
_ACCESS_NUMBER: dict[type, int] = {ast.Load: 0, ast.Store: 1, ast.Del: 2}

_members = attrgetter("__dict__")
_context = itemgetter("ctx")
_place = itemgetter("lineno", "col_offset", "end_lineno", "end_col_offset")

HAS_CONTEXT = np.array(["ctx" in kind._fields for kind in grammar.KINDS])
HAS_POSITION = np.array(["lineno" in kind._attributes for kind in grammar.KINDS])
_IS_CONSTANT = grammar.among("Constant")

Runs = list[int]
"""Neighbours that are children of one field: parent, field, position of the first, how many; flat."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The nodes of one source, breadth-first, a column each."""

    file_id: int
    text: Text
    kinds: NDArray[np.int8]
    depths: NDArray[np.int64]
    runs: NDArray[np.int64]
    places: NDArray[np.int32]
    """Line, column, end line and end column of the nodes that have them."""
    contexts: NDArray[np.int8]
    """Index in `ACCESS`, of the nodes that have a context."""
    names: list[str | None]
    values: list[str | None]
    quoted: list[int]
    """Constants whose value is to be read from the source."""


def walk(tree: ast.Module, file_id: int, text: Text) -> Walk:
    """Unfold a tree."""
    nodes, runs, level_sizes = _unfold(tree)
    types = list(map(type, nodes))
    members = list(map(_members, nodes))
    kinds = np.frombuffer(bytes(map(grammar.NUMBER.__getitem__, types)), np.int8)
    names: list[str | None] = list(map(dict.get, members, map(grammar.NAME_FIELD.get, types)))
    values: list[str | None] = [None] * len(nodes)
    for index in np.flatnonzero(_HAS_VALUE[kinds]).tolist():
        values[index] = _VALUE[types[index]](members[index])
    quoted = []
    for index in np.flatnonzero(_IS_CONSTANT[kinds]).tolist():
        value = members[index]["value"]
        names[index] = type(value).__name__
        values[index] = _constant(value)
        if values[index] is None:
            quoted.append(index)
    placed = list(compress(members, HAS_POSITION[kinds].tolist()))
    places = np.fromiter(chain.from_iterable(map(_place, placed)), np.int32, 4 * len(placed))
    contexts = bytes(map(_ACCESS_NUMBER.__getitem__, map(type, map(_context, compress(members, HAS_CONTEXT[kinds].tolist())))))
    return Walk(
        file_id,
        text,
        kinds,
        np.repeat(np.arange(len(level_sizes)), level_sizes),
        np.frombuffer(array("q", runs), np.int64).reshape(-1, 4),
        places.reshape(-1, 4),
        np.frombuffer(contexts, np.int8),
        names,
        values,
        quoted,
    )


def _unfold(tree: ast.Module) -> tuple[list[ast.AST], Runs, list[int]]:
    """The nodes breadth-first, the runs of siblings they came in, and the size of each level."""
    children = grammar.CHILDREN
    nodes: list[ast.AST] = [tree]
    runs: Runs = []
    sizes: list[int] = []
    first = 0
    while first < len(nodes):
        level = nodes[first:]
        sizes.append(len(level))
        for index, node in enumerate(level, first):
            kind = node.__class__
            if kind not in children:
                continue
            members = node.__dict__
            for name, number in children[kind]:
                child = members[name]
                if not child:
                    continue
                if child.__class__ is not list:
                    nodes.append(child)
                    runs += (index, number, 0, 1)
                elif None not in child:
                    nodes += child
                    runs += (index, number, 0, len(child))
                else:
                    _append_around_holes(nodes, runs, index, number, child)
        first += len(level)
    return nodes, runs, sizes


def _append_around_holes(nodes: list[ast.AST], runs: Runs, index: int, number: int, children: list[ast.AST | None]) -> None:
    """`{**x}` has no key, a keyword-only parameter may have no default: their lists have None there, and positions count it."""
    for position, child in enumerate(children):
        if child is not None:
            nodes.append(child)
            runs += (index, number, position, 1)


def _constant(value: object) -> str | None:
    """Text of a string or a singleton; None for what is best read from the source."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    return repr(value) if value is None or isinstance(value, bool) else None


Members = dict[str, Any]


def _operator(node: Members) -> str:
    return type(node["op"]).__name__


def _operators(node: Members) -> str:
    return " ".join(type(operator).__name__ for operator in node["ops"])


def _names(node: Members) -> str:
    return " ".join(node["names"])


_VALUE: dict[type[ast.AST], Callable[[Members], str | None]] = {
    ast.BinOp: _operator,
    ast.AugAssign: _operator,
    ast.UnaryOp: _operator,
    ast.BoolOp: _operator,
    ast.Compare: _operators,
    ast.FormattedValue: lambda node: None if node["conversion"] < 0 else chr(node["conversion"]),
    ast.AnnAssign: lambda node: str(node["simple"]),
    ast.comprehension: lambda node: "async" if node["is_async"] else None,
    ast.ImportFrom: lambda node: str(node["level"] or 0),
    ast.alias: lambda node: node["asname"],
    ast.Global: _names,
    ast.Nonlocal: _names,
    ast.MatchSingleton: lambda node: repr(node["value"]),
    ast.MatchClass: lambda node: " ".join(node["kwd_attrs"]) or None,
}
_HAS_VALUE = np.array([kind in _VALUE for kind in grammar.KINDS])
