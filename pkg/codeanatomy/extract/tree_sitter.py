"""The `tree_sitter` extractor: any text in, rows of the `tree_sitter_` tables out. It refuses nothing for its grammar and gives no tree.

A source is refused only where its bytes are no text. A few null bytes are read as spaces, so that the rest of the file is known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy.catalog.evidence.tree_sitter import TABLES, TS_CALLS, TS_DEFINITIONS, TS_ERRORS, TS_IMPORTS
from codeanatomy.extract import text, tokens
from codeanatomy.extract.captures import Batch, Captured, Spans
from codeanatomy.extract.columns import Ints, Words, record_batch
from codeanatomy.extract.outline import Outline, outline
from codeanatomy.extract.source import Source

_MOST_NULLS = 0.1
"""Share of null bytes from which a source is no text: half of the bytes of UTF-16 are null."""

_LONE_CR = re.compile(rb"\r(?!\n)")
_WORD = rb"(?![0-9])[\w\x80-\xff]+"
_GAP = rb"(?:[ \t\f\r\n\\]|#[^\r\n]*)*"
_DOTTED = re.compile(_WORD + rb"(?:" + _GAP + rb"\." + _GAP + rb"(" + _WORD + rb"))*")
_STARS = re.compile(rb"\*+" + _GAP)
_DOTS = re.compile(rb"[.\s\\]*")
_SPACE = re.compile(rb"[\s\\]+|#[^\r\n]*")

_LONG = 200
"""Bytes from which a callee is not cut out: in a chain of calls each holds all those before it."""

_KNOWN = 1 << 14
"""Texts kept in mind: the same names and callees occur again and again, in other files too."""

Columns = dict[str, Any]
Called = tuple[str | None, str | None]
"""A callee, if it is dotted, and the name that it ends with, if it does."""


class Fragments:
    """Texts, whole or broken, to rows of the `tree_sitter_` tables."""

    tables = TABLES

    def __init__(self) -> None:
        self._batch = Batch()
        self._pending = 0

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return self._pending

    def read(self, source: Source) -> None:
        """Parse one source and keep where its captures are."""
        utf8 = _decoded(source)
        # The grammar knows no lone carriage return; a line feed is as long.
        self._pending += self._batch.add(source.file_id, utf8, _LONE_CR.sub(b"\n", utf8) if b"\r" in utf8 else utf8)

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        captured, pending = self._batch.take(), self._pending
        self._pending = 0
        return _batches(captured) if pending else [None] * len(TABLES)


def open() -> Fragments:
    """An extraction, warmed up: nothing is imported later."""
    fragments = Fragments()
    fragments.read(text.warm())
    fragments.take()
    return fragments


def _decoded(source: Source) -> bytes:
    nulls = source.data.count(b"\0")
    if 0 < nulls < _MOST_NULLS * len(source.data):
        source = replace(source, data=source.data.replace(b"\0", b" "))
    return text.decode(source).utf8


class _Page:
    """The texts of a batch as one, and what turns its offsets back into those of a file."""

    def __init__(self, captured: Captured) -> None:
        self.joined, self.starts = captured.joined, captured.starts
        self._file_ids = captured.file_ids

    def files(self, offsets: Ints) -> Ints:
        """The place in the batch of the file that holds each offset."""
        return np.searchsorted(self.starts, offsets, "right") - 1

    def rows(self, number: str, files: Ints) -> Columns:
        """The columns that say which row it is: the file, and the number in the file."""
        return {"file_id": self._file_ids[files], number: _in_file(np.arange(len(files)), files, files)}

    def holders(self, definitions: Outline, offsets: Ints) -> Columns:
        """The column of the definition whose body holds each offset."""
        return {"definition": _in_file(definitions.around(offsets), self.files(offsets), self.files(definitions.bstart))}

    def span(self, prefix: str, bstart: Ints, bend: Ints, files: Ints) -> Columns:
        """The two columns of a span; -1 stays."""
        first = self.starts[files]
        return {f"{prefix}bstart": np.where(bstart < 0, -1, bstart - first), f"{prefix}bend": np.where(bend < 0, -1, bend - first)}

    def names(self, bstart: Ints, bend: Ints) -> list[str | None]:
        """Names, dotted or not, as the grammar knows them; None for a place of -1."""
        return [None if start < 0 else _name(self.joined[start:end]) for start, end in zip(bstart.tolist(), bend.tolist(), strict=True)]


def _in_file(rows: Ints, files: Ints, all_files: Ints) -> Ints:
    """Rows as counted from the first of their file, where `all_files` are those of all such rows; -1 stays."""
    return np.where(rows < 0, -1, rows - np.searchsorted(all_files, files))


@lru_cache(_KNOWN)
def _name(token: bytes) -> str:
    return unicodedata.normalize("NFKC", _SPACE.sub(b"", token).decode())


def _batches(captured: Captured) -> list[pa.RecordBatch | None]:
    page, found = _Page(captured), captured.spans
    definitions = outline(found)
    tables = (
        (TS_DEFINITIONS, _definitions(page, definitions)),
        (TS_CALLS, _calls(page, definitions, found["call"], found["callee"])),
        (TS_IMPORTS, _imports(page, definitions, found)),
        (TS_ERRORS, _errors(page, found["error"], found["missing"])),
    )
    return [record_batch(table, columns) if len(columns["file_id"]) else None for table, columns in tables]


def _definitions(page: _Page, definitions: Outline) -> Columns:
    files = page.files(definitions.bstart)
    return (
        page.rows("definition", files)
        | {"parent": _in_file(definitions.parents, files, files), "decorators": definitions.decorators}
        | {"kind": Words(definitions.is_function.astype(np.int8), ("class", "function"))}
        | page.span("", definitions.bstart, definitions.bend, files)
        | {"name": page.names(*definitions.names)}
        | page.span("name_", *definitions.names, files)
        | page.span("body_", *definitions.bodies, files)
    )


def _calls(page: _Page, definitions: Outline, calls: Spans, callees: Spans) -> Columns:
    # In `[*f()]` the grammar has the star inside the call.
    calls, callees = _without_stars(page.joined, calls), _without_stars(page.joined, callees)
    files = page.files(calls.bstart)
    callee, name = _called(page.joined, callees)
    return (
        page.rows("call", files)
        | page.holders(definitions, calls.bstart)
        | page.span("", calls.bstart, calls.bend, files)
        | page.span("callee_", callees.bstart, callees.bend, files)
        | {"callee": callee, "name": name}
    )


def _without_stars(joined: bytes, spans: Spans) -> Spans:
    """The same spans, from behind the stars that some start with."""
    bstart = spans.bstart.copy()
    for row in np.flatnonzero(np.frombuffer(joined, np.uint8)[bstart] == ord("*")).tolist():
        stars = _STARS.match(joined, bstart[row])
        assert stars is not None, "it starts with a star"
        bstart[row] = stars.end()
    return Spans(bstart, spans.bend)


class _Callees(dict[bytes, int]):
    """Numbers of different callees by their text."""

    def __init__(self) -> None:
        self.called: list[Called] = []

    def __missing__(self, text: bytes) -> int:
        self[text] = number = self.add(_short_callee(text))
        return number

    def add(self, called: Called) -> int:
        """The number of one more."""
        self.called.append(called)
        return len(self.called) - 1


def _called(joined: bytes, callees: Spans) -> tuple[Words, Words]:
    """What each callee says, and the name that it ends with."""
    known = _Callees()
    numbers = [
        known[joined[start:end]] if end - start < _LONG else known.add(_callee(joined, start, end))
        for start, end in zip(callees.bstart.tolist(), callees.bend.tolist(), strict=True)
    ]
    rows = np.array(numbers, np.int32)
    texts, names = zip(*known.called, strict=True) if known.called else ((), ())
    return _words(rows, texts), _words(rows, names)


def _words(rows: NDArray[np.int32], words: Sequence[str | None]) -> Words:
    """A column of `words`, some of them null, by their numbers."""
    absent = np.array([word is None for word in words], bool)
    return Words(np.where(absent[rows], np.int32(-1), rows), [word or "" for word in words])


@lru_cache(_KNOWN)
def _short_callee(text: bytes) -> Called:
    return _callee(text, 0, len(text))


def _callee(text: bytes, start: int, end: int) -> Called:
    dotted = _DOTTED.fullmatch(text, start, end)
    first, last = (dotted.span(1) if dotted[1] else (start, end)) if dotted else tokens.last_word(text, start, end)
    name = unicodedata.normalize("NFKC", text[first:last].decode())
    return text[start:end].decode() if dotted else None, name if name and not name[0].isdigit() else None


def _imports(page: _Page, definitions: Outline, found: dict[str, Spans]) -> Columns:
    statements, names, aliases = found["statement"], found["name"], found["alias"]
    alias_bstart, alias_bend = _behind(names, aliases)
    module_bstart, module_bend = _behind(statements, found["module"])
    levels, module_bstart, module_bend = _levels(page.joined, module_bstart, module_bend)
    # A broken text may have a name with its alias and no statement around them: then nobody knows what it is.
    of = np.searchsorted(statements.bstart, names.bstart, "right") - 1
    kept = np.flatnonzero(np.append(statements.bend, -1)[of] >= names.bend)
    of = of[kept]
    files = page.files(statements.bstart[of])
    return (
        page.rows("import", files)
        | page.holders(definitions, statements.bstart[of])
        | page.span("", statements.bstart[of], statements.bend[of], files)
        | {"level": levels[of], "module": page.names(module_bstart[of], module_bend[of])}
        | page.span("module_", module_bstart[of], module_bend[of], files)
        | {"name": page.names(names.bstart[kept], names.bend[kept])}
        | page.span("name_", names.bstart[kept], names.bend[kept], files)
        | {"alias": page.names(alias_bstart[kept], alias_bend[kept])}
        | page.span("alias_", alias_bstart[kept], alias_bend[kept], files)
    )


def _behind(owners: Spans, parts: Spans) -> tuple[Ints, Ints]:
    """The span of the part of each owner: the one whose start is the last before the part; -1 where there is none."""
    bstart, bend = np.full((2, len(owners.bstart)), -1, np.int64)
    of = np.searchsorted(owners.bstart, parts.bstart, "right") - 1
    bstart[of], bend[of] = parts.bstart, parts.bend
    return bstart, bend


def _levels(joined: bytes, bstart: Ints, bend: Ints) -> tuple[Ints, Ints, Ints]:
    """The dots that each module starts with, and its span without them: nowhere if it is nothing but dots."""
    found = []
    for start, end in zip(bstart.tolist(), bend.tolist(), strict=True):
        dots = _DOTS.match(joined, start, end) if start >= 0 else None
        behind = dots.end() if dots else start
        level = dots[0].count(b".") if dots else 0
        found.append((level, behind, end) if behind < end else (level, -1, -1))
    levels, starts, ends = np.array(found, np.int64).reshape(-1, 3).T
    return levels, starts, ends


def _errors(page: _Page, errors: Spans, missing: Spans) -> Columns:
    bstart, bend = np.concatenate((errors.bstart, missing.bstart)), np.concatenate((errors.bend, missing.bend))
    order = np.lexsort((-bend, bstart))
    files = page.files(bstart[order])
    absent = (*[None] * len(errors.bstart), *missing.types)
    return (
        page.rows("error", files)
        | {"kind": Words((order >= len(errors.bstart)).astype(np.int8), ("error", "missing"))}
        | page.span("", bstart[order], bend[order], files)
        | {"missing": [absent[index] for index in order.tolist()]}
    )
