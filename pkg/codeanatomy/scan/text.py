"""What turns a file's bytes into positions: its encoding, its UTF-8 text, the starts of its lines. It parses nothing."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from tokenize import detect_encoding

import numpy as np
from numpy.typing import NDArray

_BOM = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
# Codecs written in Python whose time grows with the square of the input: a file of more bytes is taken as it is.
_SLOW_CODECS = frozenset(("punycode", "idna"))
_SLOW_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Text:
    """Where the lines of a file's UTF-8 text start. `newline` is the line end in use, as in `repo_files`."""

    encoding: str
    newline: str
    lines: int
    line_starts: NDArray[np.int32]
    continuations: NDArray[np.int32]
    length: int


def text_of(data: bytes) -> Text:
    """The facts of one file. A file that cannot be decoded is measured by its bytes: whoever parses it will refuse it."""
    encoding = encoding_of(data)
    utf8 = _utf8(data, encoding)
    array = np.frombuffer(utf8, np.uint8)
    ends, newline = _line_ends(array)
    first = len(_BOM) if utf8.startswith(_BOM) else 0
    starts = np.concatenate((np.array([first], np.int32), ends[ends < len(utf8)]))
    continuations = np.flatnonzero((array & 0xC0) == 0x80).astype(np.int32)
    lines = len(starts) if len(utf8) > first else 0
    return Text(encoding, newline, lines, starts, continuations, len(utf8))


def encoding_of(data: bytes) -> str:
    """The encoding by BOM, cookie or default, as `tokenize` names it. An unknown cookie is named as it is written."""
    head = b"".join(io.BytesIO(data[: 1 << 16]).readlines()[:2])
    try:
        return detect_encoding(io.BytesIO(head).readline)[0]
    except SyntaxError:
        # Either the cookie names no codec, or the first lines are not in it.
        return _cookie(head) or "utf-8"


def _cookie(head: bytes) -> str | None:
    found = (_COOKIE.match(line) for line in head.splitlines()[:2])
    return next((match[1].decode("ascii", "backslashreplace") for match in found if match), None)


def _utf8(data: bytes, encoding: str) -> bytes:
    if encoding in ("utf-8", "utf-8-sig") or (encoding in _SLOW_CODECS and len(data) > _SLOW_BYTES):
        return data
    try:
        return data.decode(encoding).encode()
    except (LookupError, ValueError):
        # ValueError is also the parent of UnicodeError; some codecs raise it plain.
        return data


def _line_ends(array: NDArray[np.uint8]) -> tuple[NDArray[np.int32], str]:
    """The offsets after every line end, and which line ends there are."""
    feeds, returns = np.flatnonzero(array == 10), np.flatnonzero(array == 13)
    if not len(returns):
        return (feeds + 1).astype(np.int32), "lf" if len(feeds) else "none"
    lone = returns[~np.isin(returns + 1, feeds)]
    pairs = len(returns) - len(lone)
    kinds = [name for name, count in (("crlf", pairs), ("lf", len(feeds) - pairs), ("cr", len(lone))) if count]
    return np.sort(np.concatenate((feeds, lone)) + 1).astype(np.int32), kinds[0] if len(kinds) == 1 else "mixed"
