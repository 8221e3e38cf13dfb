"""The `libcst` extractor: sources in, rows of the `libcst_` tables out. It gives no tree: what `ast` says as well is left to `ast`.

Parsing is dear (ten times `ast.parse`), so the tree is gone over only once: it is written back, which tells where everything is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import libcst as cst
import numpy as np
import pyarrow as pa
from libcst import native  # type: ignore[attr-defined]  # a compiled module without types

from codeanatomy.catalog.evidence.libcst import TABLES
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract import comments, text
from codeanatomy.extract.columns import Ints, Words, record_batch
from codeanatomy.extract.concrete import OWNERS, TEXT_KINDS, Facts, Numbers, collect
from codeanatomy.extract.rendition import Unwritable, lean, render
from codeanatomy.extract.source import Failed, Source
from codeanatomy.extract.text import Text

_WORDS = {("libcst_comments", "kind"): comments.KINDS, ("libcst_texts", "kind"): TEXT_KINDS, ("libcst_docstrings", "owner"): OWNERS}
"""Columns that are kept as indices into a few words."""

Columns = dict[str, Any]
"""Each column of one file: an array of numbers or a list of texts."""


class ConcreteSyntax:
    """Concrete trees to rows of the `libcst_` tables."""

    tables = TABLES

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._columns: dict[str, list[Columns]] = {table.name: [] for table in TABLES}
        self._rows: Counter[str] = Counter()

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return self._rows.total()

    def read(self, source: Source) -> None:
        """Parse one source and append what its tree says."""
        decoded = text.decode(source)
        try:
            tables = _tables(decoded)
        except cst.ParserSyntaxError as error:
            # Where libcst says that the error is depends on how far its parser looked: only the message is worth having.
            raise Failed("CA205", error.message) from None
        except Unwritable:
            raise Failed("CA205", "its tree is not the text") from None
        except (RecursionError, MemoryError) as error:
            raise Failed("CA203", f"libcst: {error or 'out of memory'}") from None
        for table, columns in tables.items():
            rows = len(next(iter(columns.values())))
            self._columns[table].append({"file_id": np.full(rows, source.file_id, np.int64)} | columns)
            self._rows[table] += rows

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        batches = [_batch(table, self._columns[table.name]) if self._rows[table.name] else None for table in TABLES]
        self._start()
        return batches


def open() -> ConcreteSyntax:
    """An extraction, warmed up: nothing is imported later."""
    syntax = ConcreteSyntax()
    syntax.read(text.warm())
    syntax.take()
    return syntax


def _batch(table: Table, files: list[Columns]) -> pa.RecordBatch:
    values: Columns = {}
    for name in files[0]:
        parts = [columns[name] for columns in files]
        joined = list(chain.from_iterable(parts)) if isinstance(parts[0], list) else np.concatenate(parts)
        words = _WORDS.get((table.name, name))
        values[name] = Words(np.array(joined, np.int8), words) if words else joined
    return record_batch(table, values)


def _tables(decoded: Text) -> dict[str, Columns]:
    """The columns of every table, without the file."""
    written = decoded.utf8[decoded.start :].decode("utf-8")
    with lean():
        tree = native.parse_module(written, "utf-8")
        rendition = render(tree, written)
    found = collect(tree, rendition)
    places = _Places(decoded, written, *found.places(rendition))
    layout: Columns = {
        "indent": [tree.default_indent],
        "newline": [tree.default_newline],
        "ends_in_newline": [written[-1:] in ("\n", "\r")],
    }
    return {
        "libcst_modules": layout,
        "libcst_comments": _comments(decoded, places, found.comments),
        "libcst_texts": _texts(places, found.texts),
        "libcst_imports": _imports(places, found),
        "libcst_calls": _calls(places, found),
        "libcst_docstrings": _docstrings(places, found.docstrings),
    }


class _Places:
    """Where the pieces of one text are: in bytes for columns, in characters for slices."""

    def __init__(self, decoded: Text, written: str, starts: Ints, ends: Ints) -> None:
        self._written = written
        self._starts, self._ends = starts, ends
        self._bytes = _byte_offsets(decoded)

    def span(self, prefix: str, pieces: Sequence[int] | Ints) -> Columns:
        """The two columns of a span."""
        index = np.array(pieces, np.int64)
        return {f"{prefix}bstart": self._bytes[self._starts[index]], f"{prefix}bend": self._bytes[self._ends[index]]}

    def texts(self, pieces: Sequence[int] | Ints) -> list[str]:
        """The text of each piece."""
        index = np.array(pieces, np.int64)
        return [self._written[start:end] for start, end in zip(self._starts[index].tolist(), self._ends[index].tolist(), strict=True)]


def _byte_offsets(decoded: Text) -> Ints:
    """Byte offset of every character behind the BOM and of the end of the text; the last, which index -1 reads, is -1."""
    length = len(decoded.utf8)
    if decoded.utf8.isascii():
        return np.append(np.arange(length + 1), -1)
    starts = np.flatnonzero((np.frombuffer(decoded.utf8, np.uint8) & 0xC0) != 0x80)
    return np.append(starts[starts >= decoded.start], (length, -1))


def _comments(decoded: Text, places: _Places, pieces: Numbers) -> Columns:
    span, texts = places.span("", pieces), places.texts(pieces)
    line_starts = decoded.line_starts()
    starts: Ints = span["bstart"]
    lines = np.searchsorted(line_starts, starts, "right") - 1
    own_line = [not decoded.utf8[first:start].strip() for first, start in zip(line_starts[lines].tolist(), starts.tolist(), strict=True)]
    kinds = [
        comments.kind(comment, start == decoded.start, line, alone)
        for comment, start, line, alone in zip(texts, starts.tolist(), lines.tolist(), own_line, strict=True)
    ]
    return span | {"text": texts, "own_line": own_line, "kind": kinds}


def _texts(places: _Places, facts: Numbers) -> Columns:
    pieces, kinds, positions, owners = _columns_of(facts, 4)
    return places.span("", pieces) | {"kind": kinds, "position": positions} | places.span("owner_", owners) | {"text": places.texts(pieces)}


def _imports(places: _Places, found: Facts) -> Columns:
    statements, positions, levels, modules, names, aliases = _columns_of(found.imports, 6)
    return (
        places.span("", statements)
        | {"position": positions, "level": levels}
        | {name: [names[index] for names in found.import_names] for index, name in enumerate(("module", "name", "alias"))}
        | places.span("module_", modules)
        | places.span("name_", names)
        | places.span("alias_", aliases)
    )


def _calls(places: _Places, found: Facts) -> Columns:
    calls, callees = _columns_of(found.calls, 2)
    dotted = np.array(found.dotted, np.bool_)
    texts = np.full(len(dotted), None, object)
    texts[dotted] = places.texts(callees[dotted])
    return places.span("", calls) | places.span("callee_", callees) | {"callee": texts.tolist()}


def _docstrings(places: _Places, facts: Numbers) -> Columns:
    pieces, kinds, owners = _columns_of(facts, 3)
    return places.span("", pieces) | {"owner": kinds} | places.span("owner_", owners) | {"text": places.texts(pieces)}


def _columns_of(facts: Numbers, width: int) -> Ints:
    """The columns of a flat list."""
    return np.array(facts, np.int64).reshape(-1, width).T
