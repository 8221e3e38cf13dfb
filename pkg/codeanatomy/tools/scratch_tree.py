"""A copy of the scanned sources for a tool to walk: exactly what the scan took, and nothing that a repository could hide beside it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio import to_thread

from codeanatomy.failure import Failure
from codeanatomy.scan import Scan, SourceFile

READ_FILES = 64


@asynccontextmanager
async def scratch_folder(folder: Path) -> AsyncIterator[Path]:
    """An empty folder, gone afterwards."""
    await to_thread.run_sync(_make_empty, folder)
    try:
        yield folder
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_remove, folder)


def _make_empty(folder: Path) -> None:
    _remove(folder)
    folder.mkdir(parents=True)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def write_tree(scan: Scan, sources: Iterable[SourceFile], root: Path) -> list[SourceFile]:
    """Copy the sources; those that could be read. Text of another encoding is written as UTF-8: tools read nothing else. Blocking."""
    written = []
    waiting = list(sources)
    for start in range(0, len(waiting), READ_FILES):
        some = waiting[start : start + READ_FILES]
        for source, content in zip(some, scan.read(some), strict=True):
            if not isinstance(content, Failure):
                path = root / source.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_as_utf8(content, source.encoding))
                written.append(source)
    return written


def _as_utf8(content: bytes, encoding: str) -> bytes:
    if encoding.startswith("utf-8"):
        return content
    try:
        return content.decode(encoding).encode()
    except (LookupError, UnicodeError):
        # Nobody can decode it, and every extractor says so.
        return content
