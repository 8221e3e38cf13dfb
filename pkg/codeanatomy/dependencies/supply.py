"""What the extractor `dependencies` reads: the files that declare or install something for the repository."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from anyio import to_thread

from codeanatomy.dependencies.declarations import gather_declarations
from codeanatomy.dependencies.environment import gather_installed
from codeanatomy.dependencies.files import Gathering, Metadata
from codeanatomy.failure import Failure
from codeanatomy.scan import Scan
from codeanatomy.supply import Rows, Supply


@asynccontextmanager
async def provide_dependencies(scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
    """Read them all: they are few and small, and their number and size are limited."""
    gathering, warnings = await to_thread.run_sync(_gather, scan)
    yield Supply(gathering.parcels, _read, gathering.failures, warnings)


def _gather(scan: Scan) -> tuple[Gathering, list[str]]:
    gathering = Gathering()
    gather_declarations(scan, gathering)
    warnings = gather_installed(scan, gathering)
    if gathering.left_out:
        warnings.append(f"CA252: {gathering.left_out} files of dependencies were not read: they are too many, or too large in all")
    return gathering, warnings


def _read(parcels: Sequence[Metadata]) -> list[bytes | Failure]:
    return [parcel.data for parcel in parcels]
