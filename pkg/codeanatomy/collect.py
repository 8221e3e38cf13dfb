"""Every extractor over every source: stages with barriers, shards in parallel, evidence written as it comes. It knows no storage.

Writers are handed in, one per table; the shards of an extractor share them.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import anyio
import pyarrow as pa
from anyio import to_thread

from codeanatomy.catalog.extractors import Extractor
from codeanatomy.catalog.shapes import Table
from codeanatomy.events import Events, StageFinished, StageStarted, unwatched
from codeanatomy.failure import Failure, cause
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.ledger import ShardOutcome
from codeanatomy.sandbox.limits import MIB, Limits
from codeanatomy.sandbox.run import run_shard
from codeanatomy.scan import Scan, SourceFile

SHARD_BYTES = 2 * MIB
SHARD_FILES = 200
"""Less than this of both is not worth another worker: its start costs more."""
FILE_COST = 2_000
"""Bytes that a file counts for besides its own, when shards are dealt."""

Written = TypeVar("Written", covariant=True)


class Writer(Protocol[Written]):
    """Writes one table. One call at a time."""

    async def write_ipc(self, data: bytes) -> int:
        """Append one Arrow IPC stream; returns its rows."""

    async def finish(self) -> Written:
        """The table is complete: commit it, and say what was written."""

    async def abort(self) -> None:
        """Forget everything written. Called instead of `finish`."""


OpenWriter = Callable[[Table], Awaitable[Writer[Written]]]


@dataclass(slots=True)
class ExtractorOutcome:
    """What one extractor did, summed over its shards (its seconds too: they overlap); the peak is the largest worker's."""

    extractor: str
    files: int = 0
    failed: int = 0
    bytes: int = 0
    rows: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    restarts: int = 0
    shards: int = 0
    python: str = ""
    in_force: tuple[str, ...] = ()

    def add(self, shard: ShardOutcome) -> None:
        """Add one shard."""
        self.files += shard.files
        self.failed += shard.failed
        self.bytes += shard.bytes
        self.rows += sum(shard.rows.values())
        self.seconds += shard.seconds
        self.cpu_seconds += shard.cpu_seconds
        self.peak_bytes = max(self.peak_bytes, shard.peak_bytes)
        self.restarts += shard.restarts
        self.shards += 1
        self.python, self.in_force = shard.python or self.python, shard.in_force or self.in_force


@dataclass(slots=True)
class Collection(Generic[Written]):
    """The evidence: what each table's writer said of it, every failure (scan included), what each extractor did."""

    tables: dict[str, Written] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    extractors: dict[str, ExtractorOutcome] = field(default_factory=dict)


async def collect(
    scan: Scan,
    extractors: Sequence[Extractor],
    open_writer: OpenWriter[Written],
    workers: int,
    limits: Limits | None = None,
    events: Events = unwatched,
    confinement: Confinement = CONFINED,
) -> Collection[Written]:
    """Run the extractors over the scanned sources and write their tables. Stage 0 is the scan's own rows.

    Raises what a writer raises, and `Coded` CA210 when an extractor's workers do not start. Then, and when it is cancelled, every worker is
    gone and every unfinished table aborted.
    """
    collection: Collection[Written] = Collection(failures=list(scan.failures))
    for number in sorted({extractor.stage for extractor in extractors}):
        stage = Stage(
            scan, [extractor for extractor in extractors if extractor.stage == number], workers, limits or Limits(), events, confinement
        )
        began = anyio.current_time()
        events(StageStarted(f"extraction_{number}"))
        await stage.run(open_writer, collection)
        events(StageFinished(f"extraction_{number}", anyio.current_time() - began))
    collection.failures.sort(key=lambda failure: failure.order)
    return collection


class Stage:
    """Extractors that do not wait for each other."""

    def __init__(
        self, scan: Scan, extractors: Sequence[Extractor], workers: int, limits: Limits, events: Events, confinement: Confinement
    ) -> None:
        self._scan = scan
        self._extractors = extractors
        self._workers = workers
        self._limits = limits
        self._events = events
        self._confinement = confinement

    async def run(self, open_writer: OpenWriter[Written], collection: Collection[Written]) -> None:
        """Extract, and finish the tables; abort those that are not finished if anything fails."""
        tables: dict[str, SharedWriter[Written]] = {}
        try:
            for table in (table for extractor in self._extractors for table in extractor.tables):
                tables[table.name] = SharedWriter(await open_writer(table))
            for extractor in self._extractors:
                collection.extractors[extractor.name] = ExtractorOutcome(extractor.name)
                if extractor.stage == 0:
                    await self._write_scan(extractor, tables, collection)
            await self._extract(tables, collection)
        finally:
            with anyio.CancelScope(shield=True):
                for writer in tables.values():
                    await writer.abort()

    async def _extract(self, tables: dict[str, SharedWriter[Written]], collection: Collection[Written]) -> None:
        """Every shard of every extractor, as many at a time as there are workers."""
        room = anyio.CapacityLimiter(self._workers)
        shards = deal(self._scan.sources, self._workers)
        left = {extractor.name: len(shards) for extractor in self._extractors}
        try:
            async with anyio.create_task_group() as group:
                # All shards of the dearest extractor, then the next (`EXTRACTORS` is so ordered): the cheap ones fill the end.
                for extractor in (extractor for extractor in self._extractors if extractor.stage > 0):
                    for number, files in enumerate(shards):
                        job = Job(extractor, number, files)
                        await room.acquire_on_behalf_of(job)
                        group.start_soon(self._run_job, job, room, left, tables, collection)
        except BaseExceptionGroup as errors:
            raise cause(errors) from None

    async def _run_job(
        self,
        job: Job,
        room: anyio.CapacityLimiter,
        left: dict[str, int],
        tables: dict[str, SharedWriter[Written]],
        collection: Collection[Written],
    ) -> None:
        async def sink(name: str, data: bytes) -> int:
            return await tables[name].write_ipc(data)

        name = job.extractor.name
        try:
            shard = await run_shard(
                job.extractor, job.shard, job.files, self._scan.read, sink, self._limits, self._events, self._confinement
            )
        finally:
            room.release_on_behalf_of(job)
        collection.extractors[name].add(shard)
        collection.failures += shard.failures
        left[name] -= 1
        if left[name] == 0:
            # Its tables are finished while other extractors still run.
            await self._finish(job.extractor, tables, collection)

    async def _finish(self, extractor: Extractor, tables: dict[str, SharedWriter[Written]], collection: Collection[Written]) -> None:
        for table in extractor.tables:
            collection.tables[table.name] = await tables[table.name].finish()

    async def _write_scan(self, extractor: Extractor, tables: dict[str, SharedWriter[Written]], collection: Collection[Written]) -> None:
        """The rows of stage 0: there is nothing left to extract."""
        outcome, began = collection.extractors[extractor.name], anyio.current_time()
        for name, batches in (await to_thread.run_sync(self._scan.batches)).items():
            for batch in batches:
                outcome.rows += await tables[name].write_ipc(await to_thread.run_sync(_ipc, batch))
        outcome.files, outcome.bytes = len(self._scan.sources), sum(source.size for source in self._scan.sources)
        outcome.failed = sum(failure.severity == "error" for failure in self._scan.failures)
        await self._finish(extractor, tables, collection)
        outcome.seconds = anyio.current_time() - began


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One extractor over one shard."""

    extractor: Extractor
    shard: int
    files: Sequence[SourceFile]


class SharedWriter(Generic[Written]):
    """A table's writer for several shards: one call at a time, and one end."""

    def __init__(self, writer: Writer[Written]) -> None:
        self._writer = writer
        self._turn = anyio.Lock()
        self._over = False

    async def write_ipc(self, data: bytes) -> int:
        async with self._turn:
            return await self._writer.write_ipc(data)

    async def finish(self) -> Written:
        written = await self._writer.finish()
        self._over = True
        return written

    async def abort(self) -> None:
        """Nothing, once it is finished."""
        if not self._over:
            await self._writer.abort()


def deal(sources: Sequence[SourceFile], workers: int) -> list[list[SourceFile]]:
    """The sources in shards of about equal cost: the largest first, each to the shard that has least; inside a shard by path."""
    size = sum(source.size for source in sources)
    worthwhile = max(size // SHARD_BYTES, len(sources) // SHARD_FILES, 1)
    shards: list[list[SourceFile]] = [[] for _ in range(min(workers, worthwhile, len(sources)))]
    loads = [(0, number) for number in range(len(shards))]
    for source in sorted(sources, key=lambda source: (-source.size, source.path)):
        load, number = heapq.heappop(loads)
        shards[number].append(source)
        heapq.heappush(loads, (load + source.size + FILE_COST, number))
    return [sorted(shard, key=lambda source: source.path) for shard in shards]


def _ipc(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
