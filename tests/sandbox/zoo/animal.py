"""What the animals of the zoo have in common: one row per file, and a bite for a file that says `bad`. It is tame itself."""

from __future__ import annotations

import sys
from typing import NoReturn

import pyarrow as pa

from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.extract.source import Source

ZOO_ROWS = Table(
    "zoo_rows",
    "One row per file.",
    (Column("file_id", "int64", "The source."), Column("size", "int32", "Its bytes.")),
    key=("file_id",),
)
TABLES = (ZOO_ROWS,)


class Animal:
    """An extraction that misbehaves when it is given a bad file."""

    tables = TABLES

    def __init__(self) -> None:
        self.rows: list[tuple[int, int]] = []

    def read(self, source: Source) -> None:
        if source.data.startswith(b"bad"):
            self.bite(source)
        self.rows.append((source.file_id, len(source.data)))

    def take(self) -> list[pa.RecordBatch | None]:
        rows, self.rows = self.rows, []
        if not rows:
            return [None]
        ids, sizes = zip(*rows, strict=True)
        return [pa.record_batch({"file_id": pa.array(ids, pa.int64()), "size": pa.array(sizes, pa.int32())})]

    @property
    def pending(self) -> int:
        return len(self.rows)

    def bite(self, source: Source) -> None:
        """A tame animal does nothing."""


def stream() -> int:
    """The descriptor of the protocol, which only a wicked animal looks for."""
    return int(sys.modules["__main__"].SINK)  # type: ignore[attr-defined]


def forever() -> NoReturn:
    """Keep the processor busy."""
    while True:
        pass
