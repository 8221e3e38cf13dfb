"""Every extractor over every source: stages with barriers, shards in parallel, evidence written as it comes. It knows no storage.

Writers are handed in, one per table; the shards of an extractor share them.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import anyio
import pyarrow as pa
from anyio import to_thread
from anyio.abc import TaskGroup

from codeanatomy.catalog.extractors import Extractor
from codeanatomy.catalog.shapes import Table
from codeanatomy.events import (
    Events,
    ExtractorFinished,
    ExtractorStarted,
    ShardFinished,
    ShardStarted,
    StageFinished,
    StageStarted,
    SupplyFinished,
    SupplyStarted,
    unwatched,
)
from codeanatomy.failure import Failure, cause
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.ledger import Parcel, ShardOutcome
from codeanatomy.sandbox.limits import MIB, Limits
from codeanatomy.sandbox.run import Read, run_shard
from codeanatomy.scan import Scan
from codeanatomy.supply import Provide, Supply

SHARD_BYTES = 2 * MIB
SHARD_FILES = 200
"""Less than this of both is not worth another worker: its start costs more."""
SLOWEST = 5
"""So many files that took longest are kept of each extractor."""
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
    """What one extractor did, summed over its shards (its seconds too: they overlap); the peak is the largest worker's.

    `status` is `ok`, `off` or `skipped`, of a build that did not come to its end also `unfinished`; `reason` says why it is not `ok`.
    """

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
    status: str = "ok"
    reason: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    slowest: list[tuple[str, float]] = field(default_factory=list)

    def supplied(self, supply: Supply, seconds: float) -> None:
        """Note what its supply cost."""
        self.status, self.reason = supply.status, supply.reason
        self.seconds += seconds
        self.failed += len({failure.path for failure in supply.failures if failure.severity == "error"})
        for tool in supply.tools:
            self.cpu_seconds += tool.cpu_seconds
            self.peak_bytes = max(self.peak_bytes, tool.peak_bytes)
            self.tools.append({name: getattr(tool, name) for name in ("exit", "seconds", "cpu_seconds", "peak_bytes", "in_force")})

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
        self.slowest = heapq.nlargest(SLOWEST, [*self.slowest, *shard.slowest], key=lambda slow: slow[1])


@dataclass(slots=True)
class Collection(Generic[Written]):
    """The evidence: what each table's writer said of it, every failure (scan included), coded warnings, what each extractor did and who is done."""

    tables: dict[str, Written] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    extractors: dict[str, ExtractorOutcome] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)


async def collect(
    scan: Scan,
    extractors: Sequence[Extractor],
    open_writer: OpenWriter[Written],
    workers: int,
    supplies: Mapping[str, Provide] | None = None,
    limits: Limits | None = None,
    events: Events = unwatched,
    confinement: Confinement = CONFINED,
    collection: Collection[Written] | None = None,
) -> Collection[Written]:
    """Run the extractors and write their tables. Stage 0 is the scan's own rows; an extractor reads its supply, or else the sources.

    What is collected goes into `collection` as it comes, if it is given: who gave it sees how far a collection came that was cut short.

    Raises what a writer or a supply raises, and `Coded` CA210 when an extractor's workers do not start. Then, and when it is cancelled,
    every worker is gone and every unfinished table aborted.
    """
    collection = Collection() if collection is None else collection
    collection.failures += scan.failures
    crew = Crew(scan, workers, limits or Limits(), events, confinement, supplies or {}, Kept(extractors))
    for number in sorted({extractor.stage for extractor in extractors}):
        stage = Stage(crew, [extractor for extractor in extractors if extractor.stage == number], open_writer, collection)
        began = anyio.current_time()
        events(StageStarted(f"extraction_{number}"))
        await stage.run()
        events(StageFinished(f"extraction_{number}", anyio.current_time() - began))
    collection.failures.sort(key=lambda failure: failure.order)
    return collection


class Kept:
    """The rows of the tables that a later stage reads, as they were written."""

    def __init__(self, extractors: Sequence[Extractor]) -> None:
        self._rows: dict[str, list[bytes]] = {table.name: [] for extractor in extractors for table in extractor.inputs}

    def add(self, table: str, data: bytes) -> None:
        """Keep them, if anybody reads them later."""
        if table in self._rows:
            self._rows[table].append(data)

    def of(self, extractor: Extractor) -> dict[str, Sequence[bytes]]:
        """What that extractor reads."""
        return {table.name: self._rows[table.name] for table in extractor.inputs}


@dataclass(frozen=True, slots=True)
class Crew:
    """What every stage works with."""

    scan: Scan
    workers: int
    limits: Limits
    events: Events
    confinement: Confinement
    supplies: Mapping[str, Provide]
    kept: Kept


class Stage(Generic[Written]):
    """Extractors that do not wait for each other."""

    def __init__(
        self, crew: Crew, extractors: Sequence[Extractor], open_writer: OpenWriter[Written], collection: Collection[Written]
    ) -> None:
        self._crew = crew
        self._extractors = extractors
        self._open_writer = open_writer
        self._collection = collection
        self._room = anyio.CapacityLimiter(crew.workers)
        self._tables: dict[str, SharedWriter[Written]] = {}

    async def run(self) -> None:
        """Extract, and finish the tables; abort those that are not finished if anything fails."""
        try:
            for table in (table for extractor in self._extractors for table in extractor.tables):
                self._tables[table.name] = SharedWriter(await self._open_writer(table))
            for extractor in self._extractors:
                self._collection.extractors[extractor.name] = ExtractorOutcome(extractor.name)
                if extractor.stage == 0:
                    await self._write_scan(extractor)
            await self._extract([extractor for extractor in self._extractors if extractor.stage > 0])
        finally:
            with anyio.CancelScope(shield=True):
                for writer in self._tables.values():
                    await writer.abort()

    async def _extract(self, extractors: Sequence[Extractor]) -> None:
        """Every shard of every extractor, as many at a time as there are workers."""
        scan = self._crew.scan
        try:
            async with anyio.create_task_group() as group:
                # All shards of the dearest extractor, then the next (`EXTRACTORS` is so ordered): the cheap ones fill the end.
                for extractor in extractors:
                    if extractor.name in self._crew.supplies:
                        place = object()
                        await self._room.acquire_on_behalf_of(place)
                        group.start_soon(self._run_supplied, extractor, place)
                    else:
                        await self._start(group, extractor, scan.sources, scan.read)
        except BaseExceptionGroup as errors:
            raise cause(errors) from None

    async def _start(self, group: TaskGroup, extractor: Extractor, parcels: Sequence[Parcel], read: Read) -> None:
        """Start its shards, one when there is room for it and then the next."""
        shards = await to_thread.run_sync(deal, parcels, self._crew.workers)
        self._crew.events(ExtractorStarted(extractor.name, len(parcels), len(shards)))
        work = Work(extractor, read, len(shards))
        for number, shard in enumerate(shards):
            job = Job(work, number, shard)
            await self._room.acquire_on_behalf_of(job)
            group.start_soon(self._run_job, job)
        if not shards:
            await self._finish(extractor)

    async def _run_supplied(self, extractor: Extractor, place: object) -> None:
        """Get an extractor its supply, which takes a worker's place as long as it is in the making, and then do as with any other."""
        crew, outcome = self._crew, self._collection.extractors[extractor.name]
        began = anyio.current_time()
        crew.events(SupplyStarted(extractor.name))
        async with AsyncExitStack() as stack:
            try:
                provide = crew.supplies[extractor.name]
                supply = await stack.enter_async_context(provide(crew.scan, crew.kept.of(extractor)))
            finally:
                self._room.release_on_behalf_of(place)
            seconds = anyio.current_time() - began
            crew.events(SupplyFinished(extractor.name, supply.status, seconds))
            outcome.supplied(supply, seconds)
            self._collection.failures += supply.failures
            self._collection.warnings += supply.warnings
            async with anyio.create_task_group() as group:
                await self._start(group, extractor, supply.parcels, supply.read)

    async def _run_job(self, job: Job) -> None:
        async def sink(name: str, data: bytes) -> int:
            rows = await self._tables[name].write_ipc(data)
            crew.kept.add(name, data)
            return rows

        crew, work = self._crew, job.work
        try:
            crew.events(ShardStarted(work.extractor.name, job.shard, len(job.parcels)))
            shard = await run_shard(work.extractor, job.shard, job.parcels, work.read, sink, crew.limits, crew.events, crew.confinement)
        finally:
            self._room.release_on_behalf_of(job)
        crew.events(_finished(job, shard))
        self._collection.extractors[work.extractor.name].add(shard)
        self._collection.failures += shard.failures
        work.left -= 1
        if work.left == 0:
            # Its tables are finished while other extractors still run.
            await self._finish(work.extractor)

    async def _finish(self, extractor: Extractor) -> None:
        for table in extractor.tables:
            self._collection.tables[table.name] = await self._tables[table.name].finish()
        self._collection.finished.add(extractor.name)
        outcome = self._collection.extractors[extractor.name]
        self._crew.events(ExtractorFinished(extractor.name, outcome.files, outcome.failed, outcome.rows))

    async def _write_scan(self, extractor: Extractor) -> None:
        """The rows of stage 0: there is nothing left to extract."""
        outcome, began, scan = self._collection.extractors[extractor.name], anyio.current_time(), self._crew.scan
        self._crew.events(ExtractorStarted(extractor.name, len(scan.sources), 0))
        for name, batches in (await to_thread.run_sync(scan.batches)).items():
            for batch in batches:
                data = await to_thread.run_sync(_ipc, batch)
                outcome.rows += await self._tables[name].write_ipc(data)
                self._crew.kept.add(name, data)
        outcome.files, outcome.bytes = len(scan.sources), sum(source.size for source in scan.sources)
        outcome.failed = sum(failure.severity == "error" for failure in scan.failures)
        await self._finish(extractor)
        outcome.seconds = anyio.current_time() - began


@dataclass(slots=True, eq=False)
class Work:
    """One extractor, how its parcels are read, and how many of its shards are not done."""

    extractor: Extractor
    read: Read
    left: int


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One shard of an extractor's work."""

    work: Work
    shard: int
    parcels: Sequence[Parcel]


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


def _finished(job: Job, shard: ShardOutcome) -> ShardFinished:
    rows = sum(shard.rows.values())
    name = job.work.extractor.name
    return ShardFinished(name, job.shard, shard.files, shard.failed, rows, shard.seconds, shard.cpu_seconds, shard.restarts)


def deal(sources: Sequence[Parcel], workers: int) -> list[list[Parcel]]:
    """The sources (or other parcels) in shards of about equal cost: the largest first, each to the shard that has least; inside a shard by path."""
    size = sum(source.size for source in sources)
    worthwhile = max(size // SHARD_BYTES, len(sources) // SHARD_FILES, 1)
    shards: list[list[Parcel]] = [[] for _ in range(min(workers, worthwhile, len(sources)))]
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
