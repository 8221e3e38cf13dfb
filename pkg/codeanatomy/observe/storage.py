"""Calls of the storage, measured: a table's writer and whatever else is timed by name. What is written, and whether, is not decided here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeanatomy.catalog import metrics
from codeanatomy.catalog.shapes import Table
from codeanatomy.engine.writer import ArrowStream, TableWriter, Written, open_writer
from codeanatomy.observe.run import Run


@contextmanager
def timed(run: Run, operation: str) -> Iterator[None]:
    """Count and time one call of the storage, with how it ended."""
    began = time.monotonic()
    status = "cancelled"
    try:
        yield
        status = "ok"
    except Exception:
        status = "failed"
        raise
    finally:
        run.record(metrics.STORAGE_OPERATION_COUNT, 1, operation=operation, status=status)
        run.record(metrics.STORAGE_OPERATION_DURATION, time.monotonic() - began, operation=operation, status=status)


class MeasuredWriter:
    """A table's writer whose calls are measured; at the end, the time of all of them is that of writing the table."""

    def __init__(self, run: Run, table: Table, writer: TableWriter, seconds: float) -> None:
        self._run = run
        self._table = table
        self._writer = writer
        self._seconds = seconds

    async def write_ipc(self, data: bytes) -> int:
        """As `TableWriter` does."""
        with self._call("delta.write"):
            return await self._writer.write_ipc(data)

    async def write_arrow(self, data: ArrowStream) -> int:
        """As `TableWriter` does."""
        with self._call("delta.write"):
            return await self._writer.write_arrow(data)

    async def finish(self) -> Written:
        """As `TableWriter` does."""
        with self._call("delta.commit"):
            written = await self._writer.finish()
        self._run.record(metrics.WRITE_DURATION, self._seconds, destination=self._table.name, status="ok")
        return written

    async def abort(self) -> None:
        """As `TableWriter` does."""
        with self._call("delta.abort"):
            await self._writer.abort()

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        began = time.monotonic()
        with timed(self._run, operation):
            yield
        self._seconds += time.monotonic() - began


async def open_measured(run: Run, table: Table, location: Path) -> MeasuredWriter:
    """A measured writer of `table` in the folder `location`."""
    began = time.monotonic()
    with timed(run, "delta.open"):
        writer = await open_writer(table, location)
    return MeasuredWriter(run, table, writer, time.monotonic() - began)
