"""A concrete tree written back as text, and from that the place of every node. It says where things are, not what they mean.

libcst keeps no positions: they come of counting characters while the tree is written. One pass keeps every token, and every node once
before and once behind its tokens, in one list; all counting is then done in arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import compress
from typing import Any

import libcst as cst
import numpy as np
from libcst._nodes.expression import _BaseParenthesizedNode
from libcst._nodes.internal import CodegenState  # the state that `Module.code` writes with: there is no public one

from codeanatomy.extract.columns import Ints

_TOKEN, _SPACE, _NODE = 0, 1, 2
_SPACES = (cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline)
"""More than half of all nodes; nobody asks where they are."""

_CLASSES = [item for item in vars(cst).values() if isinstance(item, type) and issubclass(item, cst.CSTNode)]
_KIND: dict[type, int] = {kind: _SPACE if issubclass(kind, _SPACES) else _NODE for kind in _CLASSES} | {str: _TOKEN}

_LOSES = " \t\f\r\n\\"
"""Characters that libcst may read and not write: a form feed before a statement, a line end at the end."""

DEEPEST = 10_000
"""Python calls inside each other while a tree is written; more is `RecursionError`."""

_UNRECORDED = nullcontext()


class Unwritable(Exception):
    """The tree is not written as the text it was read from, so nothing is known of its places."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """The nodes of one source, but those that are space, each at its start and again at its end; and the characters before each of the two."""

    events: list[cst.CSTNode]
    offsets: Ints

    def nodes(self, *classes: type[cst.CSTNode]) -> list[cst.CSTNode]:
        """All nodes of these classes (not of those derived from them), in the order of their starts."""
        wanted = bytes(map(frozenset(classes).__contains__, map(type, self.events)))
        twice = list(compress(self.events, wanted))
        _, firsts = np.unique(_ids(twice), return_index=True)
        firsts.sort()
        return [twice[index] for index in firsts.tolist()]

    def spans(self, nodes: Sequence[cst.CSTNode]) -> tuple[Ints, Ints]:
        """Where each node starts and ends, in characters."""
        ids = _ids(nodes)
        wanted = frozenset(ids.tolist())
        hits = np.frombuffer(bytes(map(wanted.__contains__, map(id, self.events))), np.bool_)
        found = _ids(list(compress(self.events, hits.tobytes())))
        assert len(found) == 2 * len(wanted), "every node of a tree is written once"
        order = np.argsort(found, kind="stable")
        places = self.offsets[hits][order]
        which = np.searchsorted(found[order[::2]], ids)
        return places[::2][which], places[1::2][which]


def _ids(nodes: Sequence[cst.CSTNode]) -> Ints:
    return np.fromiter(map(id, nodes), np.int64, len(nodes))


class _Recorder(CodegenState):
    """Writes a tree into a list of tokens and nodes. Python is not asked per token or node: the list's own `append` is."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        append = self.tokens.append
        self.__dict__.update(add_token=append, before_codegen=append, after_codegen=append, record_syntactic_position=_unrecorded)

    def pop_trailing_newline(self) -> None:
        """Keep the line end that a last line without one is written with: behind it is nothing to be counted."""


def _unrecorded(node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None) -> nullcontext[None]:
    return _UNRECORDED


def render(module: cst.Module, text: str) -> Rendition:
    """Write the tree that was read from this text, fastest inside `lean`; raises `Unwritable` where it is not the same text."""
    recorder = _Recorder(module)
    with _deep():
        module._codegen(recorder)
    stream: list[object] = list(recorder.tokens)
    kinds = np.frombuffer(bytes(map(_KIND.__getitem__, map(type, stream))), np.uint8)
    rows = np.flatnonzero(kinds == _TOKEN)
    tokens: list[str] = list(compress(stream, (kinds == _TOKEN).tobytes()))  # type: ignore[arg-type]
    sizes = np.zeros(len(stream), np.int64)
    sizes[rows] = np.fromiter(map(len, tokens), np.int64, len(tokens))
    written = "".join(tokens)
    if not written.startswith(text) or written[len(text) :].strip():
        # What is lost before a token counts with the token before it; before the first, with the module's own start.
        sizes[np.append(0, rows[:-1])] += _lost(tokens, text)
    is_node = kinds == _NODE
    events: list[cst.CSTNode] = list(compress(stream, is_node.tobytes()))  # type: ignore[arg-type]
    return Rendition(events, (np.cumsum(sizes) - sizes)[is_node])


class _Brackets:
    """The brackets around a node, written without a generator for each node, most of which have none."""

    __slots__ = ("node", "state")

    def __init__(self, node: cst.BaseExpression, state: CodegenState) -> None:
        self.node = node
        self.state = state

    def __enter__(self) -> None:
        for bracket in self.node.lpar:
            bracket._codegen(self.state)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for bracket in self.node.rpar:
                bracket._codegen(self.state)


def _brackets(node: cst.BaseExpression, state: CodegenState) -> _Brackets:
    return _Brackets(node, state)


def _space(node: cst.SimpleWhitespace, state: CodegenState) -> None:
    """Space is written and not recorded: nobody asks where it is, and it is nearly half of all nodes."""
    state.add_token(node.value)


def _unchecked(node: cst.CSTNode) -> None:
    """What the parser makes is not checked again; nobody changes it."""


_LEAN: tuple[tuple[type, str, Any], ...] = (
    (cst.CSTNode, "__post_init__", _unchecked),
    (cst.SimpleWhitespace, "_codegen", _space),
    (_BaseParenthesizedNode, "_parenthesize", _brackets),
)
"""Methods of libcst that take a tenth of the time of parsing and a quarter of that of writing, and what stands in for them meanwhile."""


@contextmanager
def lean() -> Iterator[None]:
    """Parse and write with the lean methods. The usual ones are put back: others may use libcst in this process."""
    usual = [(kind, name, kind.__dict__.get(name)) for kind, name, _ in _LEAN]
    try:
        for kind, name, method in _LEAN:
            setattr(kind, name, method)
        yield
    finally:
        for kind, name, method in usual:
            if method is None:
                delattr(kind, name)
            else:
                setattr(kind, name, method)


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python go deeper: a level of the tree is three to five calls, and a chain of 300 operators is an ordinary tree."""
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(max(limit, DEEPEST))
        yield
    finally:
        sys.setrecursionlimit(limit)


def _lost(tokens: list[str], text: str) -> list[int]:
    """Characters of the text before each token that no token has."""
    lost = []
    place = 0
    for token in tokens:
        start = _found(text, token, place)
        lost.append(start - place)
        place = start + len(token)
    return lost


def _found(text: str, token: str, place: int) -> int:
    """Where the token stands, at the place or behind space."""
    start = place
    while not text.startswith(token, start):
        if start >= len(text):
            if token.isspace():  # the line end that a last line without one is written with
                return place
            raise Unwritable
        if text[start] not in _LOSES:
            raise Unwritable
        start += 1
    return start
