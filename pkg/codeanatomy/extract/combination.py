"""Extractors that read the rows of earlier stages, all in one parcel, and make the rows of one table of them. What they make is theirs to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract.columns import Values, record_batch
from codeanatomy.extract.source import Source
from codeanatomy.streams import pack, unpack

Combine = Callable[[Mapping[str, pa.Table]], Mapping[str, Values]]
"""From the rows of the inputs, in no order, to the columns of the table."""


class Combination:
    """Inputs to rows."""

    def __init__(self, name: str, combine: Combine, word: str = "a") -> None:
        """Combines two rows of each input at once, whose texts are all that word: nothing is imported after that."""
        (extractor,) = (extractor for extractor in EXTRACTORS if extractor.name == name)
        self.tables = extractor.tables
        self._inputs = extractor.inputs
        self._combine = combine
        self._batch: pa.RecordBatch | None = None
        self.read(Source(0, "", pack({table.name: [_stream(_sample(table, word))] for table in self._inputs})))
        self.take()

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return self._batch.num_rows if self._batch is not None else 0

    def read(self, source: Source) -> None:
        """Combine the rows of the inputs."""
        streams = unpack(source.data)
        found = {table.name: _table(table, streams[table.name]) for table in self._inputs}
        batch = record_batch(self.tables[0], self._combine(found))
        self._batch = batch if batch.num_rows else None

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows since the last take."""
        batch, self._batch = self._batch, None
        return [batch]


def _table(table: Table, streams: Sequence[bytes]) -> pa.Table:
    """All rows of a table, in the types it is declared with: dictionaries, which differ by stream, are resolved."""
    nothing = pa.Table.from_batches([record_batch(table, {column.name: [] for column in table.columns})])
    return pa.concat_tables([nothing, *(pa.ipc.open_stream(stream).read_all().cast(nothing.schema) for stream in streams)])


def _sample(table: Table, word: str) -> pa.RecordBatch:
    values: dict[str, list[Any]] = {"bool": [False, True], "int32": [0, 1], "int64": [0, 1], "string": [word, word]}
    values["list<string>"] = [[], [word]]
    return record_batch(table, {column.name: values[column.type] for column in table.columns})


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
