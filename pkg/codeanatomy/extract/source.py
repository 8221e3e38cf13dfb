"""What an extractor is given (`Source`), what it says of a source it cannot read (`Failed`), and what it is (`Extraction`). No parsing happens here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from codeanatomy.catalog.shapes import Table


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its id, its path relative to the repository, and its bytes as they are on disk."""

    file_id: int
    path: str
    data: bytes


class Failed(Exception):
    """An expected problem with one source: a code of the catalog, a message, and where it is, if that is known (bytes of the UTF-8 text).

    `severity` is `error` or `warning`, as in `extract_errors`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        bstart: int | None = None,
        bend: int | None = None,
        line: int | None = None,
        severity: str = "error",
    ) -> None:
        super().__init__(code, message, bstart, bend, line, severity)
        self.code = code
        self.message = message
        self.bstart = bstart
        self.bend = bend
        self.line = line
        self.severity = severity


class Extraction(Protocol):
    """One extractor at work: sources in by `read`, record batches out by `take`. Every extractor module has `open() -> Extraction`."""

    tables: tuple[Table, ...]
    """The tables it fills; their order is their number on the wire."""

    def read(self, source: Source) -> None:
        """Append the rows of one source; raises `Failed`, and then the source has left no rows behind."""

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows since the last take, one batch per table in order; None where there are none."""

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
