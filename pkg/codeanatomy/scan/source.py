"""One source as the scan saw it: `SourceFile`, a row of `repo_files`, and its `file_id`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from codeanatomy.scan.text import Text

FILE_ID_BITS = 38


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The columns of `repo_files`, in their order."""

    file_id: int
    path: str
    size: int
    sha256: str
    encoding: str
    newline: str
    lines: int
    module: str
    root: str
    is_package: bool
    is_stub: bool
    is_test: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What reading a file gave: its size, its hash, and where its lines start. The bytes themselves are not kept."""

    path: str
    size: int
    sha256: str
    text: Text


def file_id(path: str, sha256: str, salt: int = 0) -> int:
    """38 bits of BLAKE2b over path and content hash; over a salt too, when that id is taken."""
    key = f"{path}\0{sha256}" + (f"\0{salt}" if salt else "")
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little") >> (64 - FILE_ID_BITS)


def file_ids(contents: Iterable[Content]) -> list[int]:
    """An id for each, all different: of two that collide, the later in the given order takes the next salt."""
    ids: dict[int, None] = {}
    for content in contents:
        salt = 0
        while (found := file_id(content.path, content.sha256, salt)) in ids:
            salt += 1
        ids[found] = None
    return list(ids)
