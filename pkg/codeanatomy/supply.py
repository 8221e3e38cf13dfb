"""What an extractor reads: the sources, or what a tool or an earlier stage made of them. It decides nothing and starts nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from codeanatomy.failure import Failure
from codeanatomy.sandbox.ledger import Parcel
from codeanatomy.sandbox.run import Read
from codeanatomy.sandbox.tool import ToolOutcome
from codeanatomy.scan import Scan


@dataclass(frozen=True, slots=True)
class Supply:
    """What one extractor reads, and what came of getting it.

    `status` is `ok`, `off` (a setting says so) or `skipped` (something is missing: a warning says what). Warnings are sentences that start
    with their code.
    """

    parcels: Sequence[Parcel]
    read: Read
    failures: Sequence[Failure] = ()
    warnings: Sequence[str] = ()
    tools: Sequence[ToolOutcome] = ()
    status: str = "ok"

    @property
    def reason(self) -> str:
        """Why nothing is supplied, if nothing is."""
        return {"off": "a setting turns it off", "skipped": "; ".join(self.warnings)}.get(self.status, "")


Rows = Mapping[str, Sequence[bytes]]
"""Arrow IPC streams of the tables that an extractor names as its inputs."""

Provide = Callable[[Scan, Rows], AbstractAsyncContextManager[Supply]]
"""Gets an extractor its supply, and takes away behind it what is needed only while it is read. Raises `Coded` what ends the build."""


def nothing(status: str, *warnings: str) -> Supply:
    """A supply of no parcels."""
    return Supply((), _nothing_to_read, warnings=warnings, status=status)


@asynccontextmanager
async def provide_nothing(scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
    """The supply of an extractor that a setting turns off: its tables are written without a row."""
    yield nothing("off")


def _nothing_to_read(parcels: Sequence[Parcel]) -> list[bytes | Failure]:
    raise AssertionError(f"{len(parcels)} parcels of none")
