"""One shard for tests: files on disk, an animal of the zoo, and a sink that reads what it is given with pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.sandbox.zoo.animal import TABLES

from codeanatomy.catalog.extractors import Extractor
from codeanatomy.events import Event
from codeanatomy.failure import Failure
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.ledger import ShardOutcome
from codeanatomy.sandbox.limits import Limits
from codeanatomy.sandbox.run import run_shard

# Short times and small numbers: what is tested is that a limit holds, not how high it is.
SMALL: dict[str, Any] = {
    "file_seconds": 120.0,
    "file_cpu_seconds": 60.0,
    "grace_seconds": 2.0,
    "data_bytes": 1 << 30,
    "stderr_bytes": 1 << 20,
    "uncommitted_bytes": 4 << 20,
}


@dataclass(frozen=True)
class Parcel:
    file_id: int
    path: str
    size: int


class Shard:
    def __init__(
        self, animal: str, folder: Path, contents: Sequence[bytes], limits: dict[str, Any], confinement: Confinement = CONFINED
    ) -> None:
        self.extractor = Extractor(animal, f"tests.sandbox.zoo.{animal}", 1, TABLES, "An animal of the zoo.")
        self.folder = folder
        self.limits = Limits(**{**SMALL, **limits})
        self.confinement = confinement
        self.events: list[Event] = []
        self.rows: list[tuple[int, int]] = []
        self.files = [self.write(number, content) for number, content in enumerate(contents)]

    def write(self, number: int, content: bytes) -> Parcel:
        path = f"file_{number}.py"
        (self.folder / path).write_bytes(content)
        return Parcel(100 + number, path, len(content))

    def read(self, files: Sequence[Parcel]) -> list[bytes | Failure]:
        return [(self.folder / file.path).read_bytes() for file in files]

    async def sink(self, table: str, data: bytes) -> int:
        assert table == "zoo_rows"
        found = pa.ipc.open_stream(data).read_all()
        assert found.schema.names == ["file_id", "size"]
        self.rows += [(row["file_id"], row["size"]) for row in found.to_pylist()]
        return int(found.num_rows)

    async def run(self) -> ShardOutcome:
        return await run_shard(self.extractor, 0, self.files, self.read, self.sink, self.limits, self.events.append, self.confinement)
