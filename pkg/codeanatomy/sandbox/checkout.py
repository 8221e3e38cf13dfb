"""What git has to read to speak about a folder: the checkout around it and where its objects lie. It asks no git: it looks at the `.git`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_POINTER = b"gitdir: "
_POINTER_BYTES = 1 << 14
_MOST_ALTERNATES = 64


def places(folder: Path) -> list[Path]:
    """The top of the checkout around the folder and the folders of git that belong to it; none when it is in none.

    Blocking; harmless on any content.
    """
    folder = folder.resolve()
    top = next((parent for parent in (folder, *folder.parents) if os.path.lexists(parent / ".git")), None)
    return [] if top is None else [top, *_stores(top / ".git")]


def _stores(entry: Path) -> Iterator[Path]:
    """The folder of git (a linked checkout or a submodule has only a pointer to it), that of the main checkout, and borrowed objects."""
    store = entry.resolve() if entry.is_dir() else _pointed_to(entry, entry.parent, _POINTER)
    # A pointer to what is no folder of git leads nowhere: nothing else is opened for it.
    if store is None or not (store / "HEAD").is_file():
        return
    yield store
    common = _pointed_to(store / "commondir", store) or store
    if (common / "objects").is_dir():
        yield common
        for line in _read(common / "objects/info/alternates").splitlines()[:_MOST_ALTERNATES]:
            yield common / "objects" / os.fsdecode(line)


def _pointed_to(file: Path, base: Path, prefix: bytes = b"") -> Path | None:
    """The folder that a file of one line names."""
    line = _read(file).rstrip(b"\n")
    return base / os.fsdecode(line.removeprefix(prefix)) if line.startswith(prefix) and line else None


def _read(file: Path) -> bytes:
    """The start of a regular file; nothing where there is none, or none to be read."""
    try:
        if not file.is_file():
            return b""
        with file.open("rb") as stream:
            return stream.read(_POINTER_BYTES)
    except (OSError, ValueError):
        # Unreadable, or a name with a null byte: git will say what is wrong with it.
        return b""
