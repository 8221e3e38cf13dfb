"""The parent's side of a worker: `run_shard` takes an extractor over some files and loses no more than the files that kill it. It reads no
file itself and writes no table: both are handed in.

A shard is a succession of workers. Each goes on after the last commit; a file over which one died gets a failure and is left out, so that
k killers cost k restarts.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import msgspec
from anyio import to_thread

from codeanatomy.catalog.extractors import Extractor
from codeanatomy.events import Events, FileDone, WorkerEnded, WorkerStarted
from codeanatomy.failure import Coded, Failure, cause
from codeanatomy.sandbox import confinement as sandbox
from codeanatomy.sandbox import tree, wire
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.death import Death, autopsy, over_memory
from codeanatomy.sandbox.ledger import Ledger, Parcel, ShardOutcome, Sink
from codeanatomy.sandbox.limits import MIB, Limits
from codeanatomy.sandbox.process import Exit, Process

WORKER = Path(__file__).with_name("worker.py")
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    # Arrow's own allocator takes a gigabyte of address space at once, which would count against the worker's memory.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # So does the engine's, of which some extractors need a function; this way it may be written only when it is used, and counts then.
    "MIMALLOC_ARENA_EAGER_COMMIT": "0",
    # Linear algebra libraries start a thread a core when numpy is imported; a worker has no use for them.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # The C library would give the memory of each array back to the kernel and fault it in again, page by page, for the next.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(64 * MIB),
    "MALLOC_TRIM_THRESHOLD_": str(256 * MIB),
    "MALLOC_TOP_PAD_": str(16 * MIB),
}
LOOK_SECONDS = 0.2
"""Between two looks at a worker's resident memory."""
PAUSE_SECONDS = 0.004
"""Between two looks at a worker that only says where it is: it does so at every file, and each look costs as much as a small one."""
READ_FILES = 64
READ_BYTES = 1 * MIB
"""Files read in one visit to a thread, and sent in one piece unless they are larger."""

Read = Callable[[Sequence[Any]], list[bytes | Failure]]
"""Reads files (blocking; called in a thread): for each its bytes, or the failure that it gets instead."""


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an `R` frame."""

    python: str
    pid: int
    in_force: tuple[str, ...]


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an `E` frame."""

    rows: dict[str, int]
    files: int
    failed: int
    slowest: tuple[tuple[int, float], ...] = ()
    """Numbers of the files that took longest, with their seconds, as the worker has them: told, not relied on."""


Payload = TypeVar("Payload", Ready, End)


async def run_shard(
    extractor: Extractor,
    shard: int,
    files: Sequence[Parcel],
    read: Read,
    sink: Sink,
    limits: Limits,
    events: Events,
    confinement: Confinement = CONFINED,
) -> ShardOutcome:
    """Extract from the files. Rows reach the sink as workers commit them; every file ends up in the rows or in the failures.

    Raises `Coded`: CA210 when workers die twice in a row without having come to a file, CA221 when a required confinement is not to be had.
    """
    began = anyio.current_time()
    ledger = Ledger(extractor, files, sink)
    futile = 0
    while ledger.left():
        former = ledger.committed
        worker = Worker(ledger, shard, read, limits, events, confinement)
        death = await worker.run()
        if death is None:
            break
        ledger.outcome.restarts += 1
        blamed = _blame(ledger, death, worker.stderr)
        futile = 0 if blamed or ledger.committed > former else futile + 1
        if futile == 2:
            raise _broken(extractor, death, worker.stderr)
        ledger.restart()
    ledger.outcome.seconds = anyio.current_time() - began
    return ledger.outcome


def _blame(ledger: Ledger, death: Death, stderr: str) -> bool:
    """Whether it is known what to do about a death: leave one file out, or find out which by committing one by one."""
    culprit = ledger.culprit()
    if culprit is not None:
        failure = ledger.failure(culprit, death.code, death.message)
        ledger.leave_out(culprit, replace(failure, worker_exit=death.exit, stderr=stderr))
    elif ledger.read:
        ledger.alone_below = ledger.read[-1] + 1
    return bool(ledger.read)


def _broken(extractor: Extractor, death: Death, stderr: str) -> Coded:
    return Coded(
        "CA210",
        f"the worker of the extractor {extractor.name} does not start: {death.message}",
        hint="its last words are in the details; a broken installation or too little memory are the usual reasons",
        details={"extractor": extractor.name, "exit": death.exit, "stderr": stderr},
    )


class Worker:
    """One worker process, from its start to its end."""

    def __init__(self, ledger: Ledger, shard: int, read: Read, limits: Limits, events: Events, confinement: Confinement) -> None:
        self._ledger = ledger
        self._shard = shard
        self._read = read
        self._limits = limits
        self._events = events
        self._confinement = confinement
        self._frames = wire.Frames(limits.frame_bytes)
        self._budget = self._allowed = limits.start_seconds
        self._cpu_allowed = math.inf
        self._steps = 0
        self._files = self._rows = 0
        self._ready = False
        self._at_disk = False
        self._all_sent = False
        self._ended = False
        self._death: Death | None = None
        self._errors = bytearray()
        self._errors_seen = 0

    @property
    def stderr(self) -> str:
        """The last words of the process."""
        return self._errors.decode(errors="backslashreplace")

    async def run(self) -> Death | None:
        """Feed it and listen to it until it ends; None if it did all it was asked."""
        name = self._ledger.extractor.name
        process = self._process = Process(_command(self._ledger, self._limits, self._confinement), ENVIRONMENT, "/")
        try:
            self._events(WorkerStarted(name, self._shard, process.pid))
            await self._attend()
            ended = await self._last_rites()
        finally:
            await process.end(self._limits.grace_seconds)
            self._settle()
            self._events(WorkerEnded(name, self._shard, process.pid, self._exit_text()))
        return None if self._ended else self._death or autopsy(ended, bytes(self._errors), self._limits)

    async def _attend(self) -> None:
        """Feed, drain, watch and listen, all at once, until its stream ends."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._feed)
                group.start_soon(self._drain)
                group.start_soon(self._watch)
                await self._listen()
                group.cancel_scope.cancel()
        except BaseExceptionGroup as errors:
            raise cause(errors) from None

    async def _last_rites(self) -> Exit | None:
        """Its exit, once its stream has ended: it may need a moment."""
        self._process.measure()
        self._process.close_input()
        ended = await self._process.wait(self._limits.grace_seconds)
        self._keep(self._process.left_errors())
        return ended

    async def _feed(self) -> None:
        """Send every file that is left, then say that it was the last."""
        left = self._ledger.left()
        try:
            while left:
                visit, left = _visit(left, self._ledger.files)
                self._at_disk = True
                contents = await to_thread.run_sync(self._read, [self._ledger.files[number] for number in visit])
                self._at_disk = False
                for part in self._parts(visit, contents):
                    await self._process.write(part)
            self._all_sent = True
            await self._process.write(wire.NO_MORE_FILES)
        except BrokenPipeError:
            # It died. Whoever listens to it knows why.
            return

    def _parts(self, visit: Sequence[int], contents: Sequence[bytes | Failure]) -> Iterator[bytes]:
        """What to write to its input for these files, in as few parts as copying allows."""
        gathered = []
        for number, content in zip(visit, contents, strict=True):
            if isinstance(content, Failure):
                self._ledger.leave_out(number, replace(content, stage="extraction", extractor=self._ledger.extractor.name))
                continue
            file = self._ledger.files[number]
            self._ledger.send(number)
            gathered.append(wire.file_header(number, file.file_id, file.path.encode(), len(content)))
            if len(content) > READ_BYTES:
                yield b"".join(gathered)
                yield content
                gathered = []
            else:
                gathered.append(content)
        yield b"".join(gathered)

    async def _drain(self) -> None:
        """Keep the end of its stderr; one that does not stop talking is stopped."""
        while data := await self._process.read_errors():
            self._keep(data)
            if self._errors_seen > self._limits.stderr_bytes:
                self._condemn("CA215", "limit output", f"the worker wrote more than {self._limits.stderr_bytes} bytes to stderr")

    def _keep(self, errors: bytes) -> None:
        self._errors_seen += len(errors)
        self._errors += errors
        del self._errors[: -self._limits.stderr_kept]

    async def _watch(self) -> None:
        """Look now and then at its memory, and at the processor time that it has used since it was first seen at its present step."""
        step, since = self._steps, 0.0
        while True:
            if self._process.measure() > self._limits.resident_bytes:
                self._condemn("CA213", "limit memory", over_memory(self._limits.resident_bytes))
            used = tree.cpu_seconds(self._process.pid)
            if self._steps != step:
                step, since = self._steps, used
            elif used - since > self._cpu_allowed:
                self._condemn("CA212", "limit cpu", f"the worker took more than the {self._cpu_allowed:.1f} s of the processor it had")
            await anyio.sleep(LOOK_SECONDS)

    async def _listen(self) -> None:
        """Take its frames until its stream ends. Only the time spent waiting for it counts against its budget."""
        try:
            while not self._ended and self._death is None:
                began = anyio.current_time()
                with anyio.move_on_after(self._budget) as scope:
                    data = await self._process.read()
                if scope.cancelled_caught:
                    self._overdue()
                    continue
                self._budget -= anyio.current_time() - began
                if not data:
                    return
                for kind, payload in self._frames.feed(data):
                    await self._take(kind, payload)
                if self._ledger.read and not self._ledger.taking:
                    await anyio.sleep(PAUSE_SECONDS)
            if self._death is not None:
                await self._hear_out()
        except wire.Garbage as garbage:
            self._condemn("CA214", "protocol", f"the worker broke the protocol: {garbage}")

    async def _hear_out(self) -> None:
        """Take what it had said before it was killed: over which file it was. Another that holds the pipe is not waited for long."""
        with anyio.move_on_after(self._limits.grace_seconds):
            while data := await self._process.read():
                for kind, payload in self._frames.feed(data):
                    await self._take(kind, payload)

    def _overdue(self) -> None:
        """Its time is over, unless it waits for us: for a file that the disk has not given yet."""
        if self._at_disk:
            self._grant(self._limits.file_seconds)
        else:
            self._condemn("CA212", "limit time", f"the worker took more than the {self._allowed:.1f} s it had")

    async def _take(self, kind: bytes, payload: bytes) -> None:
        """One frame."""
        ledger = self._ledger
        if self._ended or self._ready == (kind == wire.READY):
            raise wire.Garbage(f"a frame {kind!r} out of turn")
        if kind == wire.READY:
            ready = _decode(payload, Ready)
            ledger.outcome.python, ledger.outcome.in_force = ready.python, ready.in_force
            self._confinement.check(f"the worker of {ledger.extractor.name}", sandbox.WORKER, ready.in_force)
            self._ready = True
        elif kind == wire.START:
            ledger.start(wire.number(payload))
            waiting = ledger.read if ledger.taking else ledger.read[-1:]
            size = sum(ledger.files[number].size for number in waiting)
            self._grant(self._limits.allowance(size))
            self._steps, self._cpu_allowed = self._steps + 1, self._limits.cpu_allowance(size)
        elif kind == wire.FAILURE:
            ledger.refuse(payload)
        elif kind == wire.BATCH:
            ledger.hold(payload)
            if ledger.held_bytes > self._limits.uncommitted_bytes:
                self._condemn("CA215", "limit output", f"the worker sent more than {self._limits.uncommitted_bytes} bytes without a commit")
        elif kind == wire.COMMIT and ledger.held_bytes <= self._limits.uncommitted_bytes:
            files, size, rows = await ledger.commit(wire.number(payload))
            self._files, self._rows = self._files + files, self._rows + rows
            self._events(FileDone(ledger.extractor.name, files, size, rows))
        elif kind == wire.END:
            self._end(_decode(payload, End))

    def _end(self, end: End) -> None:
        """It says that it has done everything: so must the book."""
        if not (self._all_sent and self._ledger.finished):
            raise wire.Garbage("it ended before its files did")
        if (sum(end.rows.values()), end.files) != (self._rows, self._files):
            raise Coded(
                "CA216",
                f"the extractor {self._ledger.extractor.name} made {sum(end.rows.values())} rows of {end.files} files, "
                f"and {self._rows} rows of {self._files} files were written",
                hint="this is a bug of CodeAnatomy: please report it",
            )
        files = self._ledger.files
        self._ledger.outcome.slowest += [(files[number].path, seconds) for number, seconds in end.slowest if 0 <= number < len(files)]
        self._ended = True

    def _grant(self, seconds: float) -> None:
        self._budget = self._allowed = seconds

    def _condemn(self, code: str, limit: str, message: str) -> None:
        """Kill it; the first reason is the one that counts."""
        if self._death is None:
            self._death = Death(code, limit, message)
        self._process.kill()

    def _settle(self) -> None:
        """What it cost."""
        outcome = self._ledger.outcome
        outcome.peak_bytes = max(outcome.peak_bytes, self._process.peak_bytes)
        if self._process.exit is not None:
            outcome.cpu_seconds += self._process.exit.cpu_seconds

    def _exit_text(self) -> str:
        return self._death.exit if self._death else str(self._process.exit)


def _decode(payload: bytes, type: type[Payload]) -> Payload:
    try:
        return msgspec.json.decode(payload, type=type)
    except msgspec.DecodeError as error:
        raise wire.Garbage(f"a payload that is none: {error}") from error


def _visit(left: list[int], files: Sequence[Parcel]) -> tuple[list[int], list[int]]:
    """The files to read next in one visit to a thread, and those that remain."""
    size = 0
    for count, number in enumerate(left[:READ_FILES], start=1):
        size += files[number].size
        if size >= READ_BYTES:
            return left[:count], left[count:]
    return left[:READ_FILES], left[READ_FILES:]


def _command(ledger: Ledger, limits: Limits, confinement: Confinement) -> list[str]:
    """How a worker is started: isolated from the user's Python settings, with the folders it may import from spelled out."""
    size = sum(ledger.files[number].size for number in ledger.left())
    order = {
        "path": _search_path(ledger.extractor.module),
        "module": ledger.extractor.module,
        "parent": os.getpid(),
        "data_bytes": limits.data_bytes,
        "cpu_seconds": limits.processor_allowance(len(ledger.left()), size),
        "open_files": limits.open_files,
        "stack_bytes": limits.stack_bytes,
        "batch_files": min(limits.batch_files, limits.batch_files_again) if ledger.outcome.restarts else limits.batch_files,
        "batch_bytes": limits.batch_bytes,
        "batch_rows": limits.batch_rows,
        "alone_below": ledger.alone_below,
        "without": sorted(confinement.without),
        "kills": confinement.kills,
    }
    flags = ["-I", "-S", "-W", "ignore", *(["-B"] if sys.dont_write_bytecode else [])]
    return [sys.executable, *flags, str(WORKER), json.dumps(order)]


def _search_path(module: str) -> list[str]:
    """The folders that hold our package, the extractor's and the libraries, found without importing any."""
    return list(dict.fromkeys(_home(name) for name in ("codeanatomy", module.partition(".")[0], "numpy", "pyarrow")))


def _home(package: str) -> str:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed"
    assert spec.submodule_search_locations, f"{package} is not a package"
    return str(Path(next(iter(spec.submodule_search_locations))).absolute().parent)
