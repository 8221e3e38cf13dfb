"""The UTF-8 text of a source, decoded by BOM and cookie as CPython's tokenizer does it (PEP 263), and its lines. It parses no Python."""

from __future__ import annotations

import codecs
import encodings
import encodings.aliases
import pkgutil
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codeanatomy.extract.source import Failed, Source

_BOM = codecs.BOM_UTF8
_FIRST_TWO_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_CODECS = frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__))
_BLANK = re.compile(rb"[ \t\f]*(?:#|\Z)")


@dataclass(frozen=True, slots=True)
class Text:
    """Text in UTF-8, BOM included; `start` is where its first line starts: 3 after a BOM, else 0."""

    utf8: bytes
    start: int

    def line_starts(self) -> NDArray[np.int64]:
        r"""Byte offset of the start of every line. Lines end at \n, \r\n and lone \r; a last empty line counts."""
        buffer = np.frombuffer(self.utf8, np.uint8)
        ends = buffer == 10
        if b"\r" in self.utf8:
            lone = buffer == 13
            lone[:-1] &= ~ends[1:]
            ends |= lone
        found = np.flatnonzero(ends)
        starts = np.empty(len(found) + 1, np.int64)
        starts[0] = self.start
        np.add(found, 1, out=starts[1:])
        return starts


def decode(source: Source) -> Text:
    """The text of a source; raises `Failed` CA202 where CPython could not decode the file."""
    data = source.data
    if b"\0" in data:
        offset = data.index(b"\0")
        raise Failed("CA202", "source contains null bytes", offset, offset + 1)
    start = len(_BOM) if data.startswith(_BOM) else 0
    encoding = _cookie(data, start)
    if start and encoding not in (None, "utf-8"):
        raise Failed("CA202", f"encoding problem: {encoding} with BOM")
    if encoding in (None, "utf-8"):
        if not data.isascii():
            _check_utf8(data)
        return Text(data, start)
    assert encoding is not None
    return Text(_recode(data, encoding), 0)


def warm() -> Source:
    """Load every codec of the standard library, and give a source whose parsing, and making rows of it, load the rest: a sandbox may forbid
    imports later."""
    for name in sorted(_CODECS):
        try:
            codecs.lookup(name)
        except LookupError:  # a codec of another platform, such as `mbcs`, or no codec, such as `aliases`
            continue
    # CPython imports `unicodedata` for the first character by name and for the first identifier beyond ASCII.
    return Source(0, "warm", "from . import b\ndef é(a): return '\\N{BULLET}', 1\n".encode())


def _cookie(data: bytes, start: int) -> str | None:
    """The encoding that a comment in the first two lines names, if any."""
    lines = _FIRST_TWO_LINES.match(data, start)
    assert lines is not None, "the pattern matches the empty string"
    for line in lines.groups():
        cookie = _COOKIE.match(line)
        if cookie:
            return _normal(cookie[1].decode("ascii"))
        if not _BLANK.match(line):
            return None
    return None


def _normal(name: str) -> str:
    """The spelling that the tokenizer compares: only UTF-8 and Latin-1 have one, every other name stays as written."""
    head = name[:12].lower().replace("_", "-")
    if head == "utf-8" or head.startswith("utf-8-"):
        return "utf-8"
    if head in ("latin-1", "iso-8859-1", "iso-latin-1") or head.startswith(("latin-1-", "iso-8859-1-", "iso-latin-1-")):
        return "iso-8859-1"
    return name


def _is_codec(name: str) -> bool:
    """Whether the standard library has it, asked of its list: a look-up of an unknown name would search the disk."""
    normal = encodings.normalize_encoding(name).lower()
    aliased = encodings.aliases.aliases.get(normal) or encodings.aliases.aliases.get(normal.replace(".", "_"))
    return aliased in _CODECS or normal in _CODECS


def _check_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failed("CA202", f"'utf-8' codec can't decode byte: {error.reason}", error.start, error.end) from None


def _recode(data: bytes, encoding: str) -> bytes:
    if not _is_codec(encoding):
        raise Failed("CA202", f"unknown encoding: {encoding}")
    try:
        recoded = data.decode(encoding).encode("utf-8")
    except LookupError as error:
        raise Failed("CA202", str(error)) from None
    except UnicodeError as error:
        raise Failed("CA202", f"{encoding!r} codec can't decode the source: {getattr(error, 'reason', error)}") from None
    if b"\0" in recoded:
        raise Failed("CA202", "source contains null bytes")
    return recoded
