"""The `scip` extractor: documents of a SCIP index in, rows of the `scip_` tables out. It runs no indexer.

A parcel is a source with its document behind it (`attachment`). The parcel of no source (file id 0, no path) holds what the index says of
symbols outside the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf.message import DecodeError

from codeanatomy.attachment import attach, detach
from codeanatomy.catalog.evidence.scip import (
    SCIP_DIAGNOSTICS,
    SCIP_DOCUMENTS,
    SCIP_OCCURRENCES,
    SCIP_RELATIONSHIPS,
    SCIP_SYMBOLS,
    TABLES,
)
from codeanatomy.extract import text
from codeanatomy.extract.columns import record_batch
from codeanatomy.extract.scip_grammar import Document, Index
from codeanatomy.extract.source import Failed, Source
from codeanatomy.extract.text import Text

ROLES = (1, 2, 4, 8, 16, 32, 64)
"""Bits of definition, import, write, read, generated, test and forward definition, in the order of their columns."""
UTF8, UTF16, UTF32 = 1, 2, 3
"""Units of columns. An indexer that does not say its unit counts as those in JavaScript do: scip-python does."""
_LOCAL = "local "
_MOST_WRONG = 2
"""One definition in so many may lie on another text than its name: of more, the index is of another version of the source."""

Rows = dict[str, list[tuple[Any, ...]]]


class Scip:
    """Documents to rows."""

    tables = TABLES

    def __init__(self) -> None:
        self._rows: Rows = {table.name: [] for table in TABLES}

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return sum(map(len, self._rows.values()))

    def read(self, source: Source) -> None:
        """Decode one document, or the symbols outside the repository."""
        data, attachment = detach(source.data)
        found: Rows = {table.name: [] for table in TABLES}
        if source.path:
            _document(source.file_id, text.decode(Source(source.file_id, source.path, data)), _parsed(Document, attachment), found)
        else:
            _symbols(None, _parsed(Index, attachment).external_symbols, found)
        for table, rows in found.items():
            self._rows[table] += rows

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every document read since the last take."""
        batches = []
        for table in TABLES:
            rows = self._rows[table.name]
            names = [column.name for column in table.columns]
            batches.append(record_batch(table, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))) if rows else None)
            self._rows[table.name] = []
        return batches


def open() -> Scip:
    """An extraction, warmed up: nothing is imported later."""
    scip = Scip()
    warm = text.warm()
    document = Document(relative_path=warm.path)
    document.occurrences.add(range=[0, 0, 3], symbol="local 0", symbol_roles=1)
    document.symbols.add(symbol="local 0").relationships.add(symbol="local 0")
    scip.read(Source(warm.file_id, warm.path, attach(warm.data, document.SerializeToString())))
    scip.take()
    return scip


def _parsed(message: type[Any], data: bytes) -> Any:
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise Failed("CA236", f"the index has no readable document of it: {error}", severity="warning") from None


def _document(file_id: int, decoded: Text, document: Any, found: Rows) -> None:
    places = _Places(decoded, document.position_encoding)
    occurrences = []
    diagnostics = []
    named = wrong = 0
    for occurrence in document.occurrences:
        bstart, bend = places.span(occurrence.range)
        roles = [bool(occurrence.symbol_roles & role) for role in ROLES]
        diagnostics += [(bstart, bend, item.severity, item.code, item.message, item.source) for item in occurrence.diagnostics]
        if not occurrence.symbol:
            continue
        occurrences.append((bstart, bend, occurrence.symbol, *roles))
        if roles[0] and bend > bstart and not occurrence.symbol.startswith(_LOCAL):
            named += 1
            wrong += decoded.utf8[bstart:bend].decode("utf-8", "replace") not in occurrence.symbol
    if wrong * _MOST_WRONG > named:
        raise Failed(
            "CA236",
            f"the index is of another version of it: {wrong} of {named} definitions lie on another text than their name",
            severity="warning",
        )
    occurrences = sorted(set(occurrences))
    found[SCIP_OCCURRENCES.name] += [(file_id, number, *occurrence) for number, occurrence in enumerate(occurrences)]
    found[SCIP_DIAGNOSTICS.name] += [(file_id, number, *item) for number, item in enumerate(sorted(set(diagnostics)))]
    found[SCIP_DOCUMENTS.name].append((file_id, document.language, len(document.occurrences), len(document.symbols)))
    _symbols(file_id, document.symbols, found)


def _symbols(file_id: int | None, symbols: Iterable[Any], found: Rows) -> None:
    """Each symbol once, the first description of it; its relationships by the other symbol."""
    known: dict[str, Any] = {}
    for symbol in symbols:
        known.setdefault(symbol.symbol, symbol)
    for name in sorted(known):
        symbol = known[name]
        documentation = "\n\n".join(symbol.documentation)
        found[SCIP_SYMBOLS.name].append((file_id, name, symbol.kind, symbol.display_name, documentation, symbol.enclosing_symbol))
        related: dict[str, Any] = {}
        for relation in symbol.relationships:
            related.setdefault(relation.symbol, relation)
        for other in sorted(related):
            relation = related[other]
            flags = (relation.is_reference, relation.is_implementation, relation.is_type_definition, relation.is_definition)
            found[SCIP_RELATIONSHIPS.name].append((file_id, name, other, *flags))


class _Places:
    """Lines and columns of a document to bytes of the text."""

    def __init__(self, decoded: Text, encoding: int) -> None:
        self._utf8 = decoded.utf8
        # The indexer counts a byte order mark as a character of the first line.
        self._starts: list[int] = np.concatenate(([0], decoded.line_starts()[1:], [len(decoded.utf8)])).tolist()
        self._encoding = encoding
        self._is_plain = encoding == UTF8 or decoded.utf8.isascii()
        self._offsets: dict[int, list[int]] = {}

    def span(self, range: Sequence[int]) -> tuple[int, int]:
        """The bytes of a range: line, column, (end line,) end column. Raises `Failed` for one that is not in the text."""
        if len(range) == 3:
            line, column, end_line, end_column = range[0], range[1], range[0], range[2]
        elif len(range) == 4:
            line, column, end_line, end_column = range
        else:
            raise Failed("CA236", f"the index has a range of {len(range)} numbers", severity="warning")
        bstart, bend = self._offset(line, column), self._offset(end_line, end_column)
        if bend < bstart:
            raise Failed("CA236", f"the index has a range that ends before it starts, in line {line + 1}", severity="warning")
        return bstart, bend

    def _offset(self, line: int, column: int) -> int:
        if not 0 <= line < len(self._starts) - 1:
            raise self._outside(line, column)
        start, end = self._starts[line], self._starts[line + 1]
        if self._is_plain:
            offset = start + column
            if column < 0 or offset > end:
                raise self._outside(line, column)
            return offset
        if line not in self._offsets:
            self._offsets[line] = _columns(self._utf8[start:end], self._encoding)
        offsets = self._offsets[line]
        if not 0 <= column < len(offsets):
            raise self._outside(line, column)
        return start + offsets[column]

    def _outside(self, line: int, column: int) -> Failed:
        message = f"the index is of another version of it: the source has no line {line + 1}, column {column + 1}"
        return Failed("CA236", message, severity="warning")


def _columns(line: bytes, encoding: int) -> list[int]:
    """The byte offset of every column of a line, and of its end."""
    offsets = []
    offset = 0
    for character in line.decode("utf-8"):
        size = len(character.encode("utf-8"))
        offsets += [offset] * (1 if encoding == UTF32 or size < 4 else 2)
        offset += size
    return [*offsets, offset]
