"""What an extractor of a later stage reads: the rows of its inputs, as one parcel that belongs to no source. It looks at none of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from codeanatomy.failure import Failure
from codeanatomy.sandbox.ledger import Parcel
from codeanatomy.scan import Scan
from codeanatomy.streams import pack
from codeanatomy.supply import Rows, Supply


@dataclass(frozen=True, slots=True)
class Package:
    """All rows in one parcel; its path is that of the repository, which is empty."""

    data: bytes
    file_id: int = 0
    path: str = ""

    @property
    def size(self) -> int:
        return len(self.data)


@asynccontextmanager
async def provide_rows(scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
    """The supply of an extractor that reads nothing but its inputs."""
    package = Package(await to_thread.run_sync(pack, rows))

    def read(parcels: Sequence[Parcel]) -> list[bytes | Failure]:
        return [package.data for _ in parcels]

    yield Supply((package,), read)
