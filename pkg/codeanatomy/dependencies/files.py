"""What is read beside sources, with its limits: `Gathering`. Which files are looked for is for others to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from codeanatomy.failure import Failure
from codeanatomy.scan.refusal import Refused, failure

EXTRACTOR = "dependencies"
MOST_BYTES = 4 << 20
"""Of one file. Reading a TOML file takes a second a megabyte."""
MOST_BYTES_IN_ALL = 64 << 20


@dataclass(frozen=True, slots=True)
class Metadata:
    """A parcel: a metadata file, or the files of one distribution."""

    path: str
    data: bytes
    file_id: int = 0

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(slots=True)
class Gathering:
    """What was read, and what could not be."""

    parcels: list[Metadata] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    extractor: str = EXTRACTOR
    left_out: int = 0
    """Files that would have been too many, or too much."""
    size: int = 0

    def add(self, path: bytes, read: Callable[[], bytes]) -> bytes:
        """Read a file that the build may go without. Nothing, when it cannot be read or would be too much."""
        try:
            data, name = read(), _text(path)
        except Refused as refused:
            self.refuse(refused)
            return b""
        if self.size + len(data) > MOST_BYTES_IN_ALL:
            self.left_out += 1
            return b""
        self.size += len(data)
        self.parcels.append(Metadata(name, data))
        return data

    def refuse(self, refused: Refused) -> None:
        """Note why something is not read."""
        self.failures.append(replace(refused.failure, stage="extraction", extractor=self.extractor, severity="warning"))


def _text(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        raise Refused(failure("CA107", path, "its name is not UTF-8")) from error
