"""The parent's book about one shard: which files are sent, being read, committed or left out. It knows no process."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Protocol

import msgspec

from codeanatomy.catalog.extractors import Extractor
from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.failure import Failure
from codeanatomy.sandbox.wire import NO_FILE, Garbage

MESSAGE_LENGTH = 2_000
BATCH_COST = 128
"""Bytes that a batch takes here besides its own: many of nothing are something."""


class Parcel(Protocol):
    """What a shard needs to know of a source."""

    @property
    def file_id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...


Sink = Callable[[str, bytes], Awaitable[int]]
"""Takes one Arrow IPC stream for the table of that name and returns its rows. While it is awaited, the worker waits too."""


@dataclass(slots=True)
class ShardOutcome:
    """What came of one shard: files that gave their rows, files that failed, what was written, what it cost."""

    files: int = 0
    failed: int = 0
    bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    restarts: int = 0
    python: str = ""
    in_force: tuple[str, ...] = ()
    slowest: list[tuple[str, float]] = field(default_factory=list)
    """Files that took the last worker longest, with their seconds."""


Place = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
"""A line or an offset, as the table of failures holds it."""


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an `F` frame."""

    code: str
    message: str
    severity: Literal["error", "warning"]
    line: Place | None
    bstart: Place | None
    bend: Place | None


class Ledger:
    """A shard's files by number. What a worker sent is held until it commits it; what it did not commit is sent to the next worker."""

    def __init__(self, extractor: Extractor, files: Sequence[Parcel], sink: Sink) -> None:
        self.outcome = ShardOutcome(rows=dict.fromkeys((table.name for table in extractor.tables), 0))
        self.extractor = extractor
        self.files = files
        self.alone_below = 0
        """Files below this number are committed one by one: a worker died over a batch of several."""
        self.committed = 0
        self._sink = sink
        self._left_out: set[int] = set()
        self.restart()

    def restart(self) -> None:
        """Forget what the last worker did not commit."""
        self.read: list[int] = []
        self.taking = False
        self.held_bytes = 0
        self._sent: deque[int] = deque()
        self._last = self.committed - 1
        self._batches: list[tuple[int, bytes]] = []
        self._refusals: list[Failure] = []
        self._refused = -1

    def left(self) -> list[int]:
        """Numbers of the files that no worker has committed."""
        return [number for number in range(self.committed, len(self.files)) if number not in self._left_out]

    def leave_out(self, number: int, failure: Failure) -> None:
        """This file gets a failure and is not sent again."""
        self._left_out.add(number)
        self.outcome.failed += 1
        self.outcome.failures.append(failure)

    def send(self, number: int) -> None:
        """The file goes to the worker now."""
        self._sent.append(number)

    def start(self, number: int) -> None:
        """The worker reads that file from now on, or makes batches (`NO_FILE`)."""
        if self.taking or (number == NO_FILE and not self.read):
            raise Garbage("it began what it was already doing")
        self.taking = number == NO_FILE
        if self.taking:
            return
        if not self._sent or self._sent.popleft() != number:
            raise Garbage(f"it read file {number} out of turn")
        self._last = number
        self.read.append(number)

    def refuse(self, payload: bytes) -> None:
        """The extractor refused the file that is being read."""
        try:
            refusal = msgspec.json.decode(payload, type=Refusal)
        except msgspec.DecodeError as error:
            raise Garbage(f"a failure that is none: {error}") from error
        if refusal.code not in BY_CODE:
            raise Garbage("a failure that nobody declared")
        if self.taking or not self.read:
            raise Garbage("a failure of no file")
        if self._refused == self.read[-1]:
            raise Garbage("a second failure of one file")
        self._refused = self.read[-1]
        message = refusal.message[:MESSAGE_LENGTH]
        failure = self.failure(self.read[-1], refusal.code, message, refusal.line, refusal.bstart, refusal.bend)
        self._refusals.append(replace(failure, severity=refusal.severity))

    def hold(self, payload: bytes) -> None:
        """A batch of rows, kept until it is committed."""
        if not payload or payload[0] >= len(self.extractor.tables):
            raise Garbage("a batch of no table")
        self.held_bytes += len(payload) + BATCH_COST
        self._batches.append((payload[0], payload[1:]))

    async def commit(self, below: int) -> tuple[int, int, int]:
        """Everything held is final: hand it on. Returns files, bytes and rows of it."""
        if not self.read or below != self._last + 1:
            raise Garbage(f"it committed {below} out of turn")
        rows = 0
        for table, batch in self._batches:
            name = self.extractor.tables[table].name
            written = await self._sink(name, batch)
            self.outcome.rows[name] += written
            rows += written
        files, size = len(self.read), sum(self.files[number].size for number in self.read)
        self.outcome.failures += self._refusals
        self.outcome.failed += len(self._refusals)
        self.outcome.files += files - len(self._refusals)
        self.outcome.bytes += size
        self.committed = below
        self.read, self._batches, self._refusals, self.held_bytes, self.taking = [], [], [], 0, False
        return files, size, rows

    @property
    def finished(self) -> bool:
        """Whether every file that was sent is committed."""
        return not self._sent and not self.read

    def culprit(self) -> int | None:
        """The file over which a worker died; None if it was over none, or over a batch of several."""
        if self.taking and len(self.read) > 1:
            return None
        return self.read[-1] if self.read else None

    def failure(
        self, number: int, code: str, message: str, line: int | None = None, bstart: int | None = None, bend: int | None = None
    ) -> Failure:
        """A failure of that file of this extractor."""
        name, severity = self.extractor.name, self.extractor.loss
        return Failure(code, self.files[number].path, "extraction", name, severity, message, line, bstart, bend)
