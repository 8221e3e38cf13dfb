"""Where in the text the token of a name is, for nodes whose span alone does not tell. It parses nothing: CPython has accepted the text."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_WORD = rb"[\w\x80-\xff]+"
_SPACE = rb"(?:[ \t\f]|\\(?:\r\n|\r|\n))*"
"""Between the tokens of one logical line."""
_GAP = rb"(?:[ \t\f\r\n\\]|#[^\r\n]*)*"
"""Between tokens inside brackets: lines may end and comments stand there."""
_DOTTED = _WORD + rb"(?:" + _SPACE + rb"\." + _SPACE + _WORD + rb")*"

Span = tuple[int, int]
NOWHERE = (-1, -1)
"""CPython's positions are wrong where a codec makes line ends out of escapes: then there is no token to find."""

Finder = Callable[[bytes, int, int], Span]
"""Text, where to start looking, end of the node → span of the name."""


def _captured(pattern: bytes) -> Finder:
    match = re.compile(pattern).match

    def find(text: bytes, start: int, end: int) -> Span:
        found = match(text, start, end)
        return found.span(1) if found else NOWHERE

    return find


after_keyword = _captured(rb"(?:async" + _SPACE + rb")?(?:def|class)" + _SPACE + rb"(" + _WORD + rb")")
"""The name of a function or class, from its `async`, `def` or `class`."""

word = _captured(rb"(" + _WORD + rb")")
"""An identifier that starts here."""

dotted = _captured(rb"(\*|" + _DOTTED + rb")")
"""The name of an import alias: dotted, or a star."""

module = _captured(rb"from" + rb"(?:" + _SPACE + rb"\.)*" + _SPACE + rb"(" + _DOTTED + rb")")
"""The module of a `from` import, without the dots of a relative one."""

caught = _captured(rb"(?:[ \t\f\r\n\\),]|#[^\r\n]*)*as" + _SPACE + rb"(" + _WORD + rb")")
"""The name of an exception handler, from the end of its type."""

rest = _captured(rb"(?:[ \t\f\r\n\\{),]|#[^\r\n]*)*\*\*" + _GAP + rb"(" + _WORD + rb")")
"""The rest of a mapping pattern, from the end of its last pattern or from its brace."""

starred = _captured(rb"\**" + _GAP + rb"(" + _WORD + rb")")
"""The name of a type parameter, behind its stars."""

declared = _captured(rb"(?:global|nonlocal)" + _SPACE + rb"((?s:.*))")
"""The names of a `global` or `nonlocal` statement, as one span."""

_WORD_BYTES = frozenset(b"_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") | frozenset(range(0x80, 0x100))
_AT = re.compile(rb"[ \t\f]*@")


def last_word(text: bytes, start: int, end: int) -> Span:
    """The identifier that ends at the end of the node."""
    first = end
    while first > start and text[first - 1] in _WORD_BYTES:
        first -= 1
    return first, end


def at_sign(text: bytes, line_starts: NDArray[np.int64], line: int, decorator: int) -> int:
    """The `@` of the decorator whose expression starts here, on this line (from 0): the nearest before it that opens a line.

    Only brackets, comments and line ends can stand between the two, and a comment's `@` opens no line.
    """
    while line >= 0:
        found = _AT.match(text, line_starts[line], decorator)
        if found:
            return found.end() - 1
        line -= 1
    return decorator
