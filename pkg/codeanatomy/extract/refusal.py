"""How CPython's refusal of a source becomes a `Failed`: which code, which words, which span. It decides nothing itself."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from codeanatomy.extract.source import Failed, Source
from codeanatomy.extract.text import Text

Tree = TypeVar("Tree")

_IGNORED = ("ignore", None, Warning, None, 0)
"""What `-W ignore` makes the first filter."""


def parsed(source: Source, text: Text, parse: Callable[[bytes, str], Tree]) -> Tree:
    """What `parse` makes of a source: CA201 where the grammar refuses it, CA204 where only the compiler does, CA203 where it is too much.

    The file name given is empty: CPython opens the file of that name for the text of an error, and what lies there may not matter.
    """
    try:
        with _silence():
            return parse(source.data, "")
    except SyntaxError as error:
        refused = error
    except (RecursionError, MemoryError, OverflowError) as error:
        raise Failed("CA203", str(error) or "out of memory") from None
    by_grammar = _grammar_error(text)
    if by_grammar is not None:
        raise _failed("CA201", by_grammar, text, in_bytes=False) from None
    raise _failed("CA204", refused, text, in_bytes=True) from None


def _silence() -> AbstractContextManager[object]:
    """Nothing that CPython says of a source is wanted. Changing filters costs as much as parsing fifty lines: a worker ignores all anyway."""
    return nullcontext() if warnings.filters[:1] == [_IGNORED] else warnings.catch_warnings(action="ignore")


def _grammar_error(text: Text) -> SyntaxError | None:
    """The parser's own error, with columns in characters: of bytes without a cookie, 3.11 and 3.12 count some columns in bytes.

    The symbol table and the compiler always count bytes.
    """
    try:
        ast.parse(text.utf8[text.start :].decode("utf-8"), "")
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError):
        # The grammar accepts it: only turning the tree into objects is too deep.
        return None
    return None


def _failed(code: str, error: SyntaxError, text: Text, *, in_bytes: bool) -> Failed:
    if error.lineno is None:
        return Failed(code, error.msg)
    starts = text.line_starts().tolist()
    bstart = _offset(text, starts, error.lineno, error.offset or 1, in_bytes)
    bend = _offset(text, starts, error.end_lineno or error.lineno, error.end_offset or 0, in_bytes)
    if bend <= bstart:  # CPython does not know the end: one character, as its caret shows
        bend = _offset(text, starts, error.lineno, (error.offset or 1) + 1, in_bytes)
    return Failed(code, error.msg, bstart, bend, error.lineno)


def _offset(text: Text, starts: list[int], line: int, column: int, in_bytes: bool) -> int:
    """Byte offset of a line and a column, both from 1; a place outside of the text is the nearest inside."""
    if line > len(starts):
        return len(text.utf8)
    first = starts[max(line, 1) - 1]
    last = starts[line] if 0 < line < len(starts) else len(text.utf8)
    ahead = max(column - 1, 0)
    if not in_bytes:
        ahead = len(text.utf8[first:last].decode("utf-8", "replace")[:ahead].encode("utf-8"))
    return min(first + ahead, last)
