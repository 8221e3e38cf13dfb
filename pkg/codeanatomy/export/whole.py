"""Files and folders that are there whole or not at all: written beside their place, and moved there when nothing is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import get_ident
from typing import IO

from codeanatomy.failure import Coded


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write. Raises CA805 when it cannot be written. What is no ordinary file (a device, a pipe) is written as it is."""
    with _told(path):
        if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
            with path.open("ab") as file:  # /dev/stdout may be a file to which the shell appends
                yield file
            return
        place = path.resolve()  # a link stays one
        part = place.with_name(f".{place.name}.{os.getpid()}-{get_ident()}.part")
        try:
            with part.open("wb") as file:
                yield file
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to write to, whose files come to the place of that path in the end. Raises CA805 when they cannot be written.

    Files of the same names are replaced; others that are there stay.
    """
    with _told(path):
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        part = Path(mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=there))
        try:
            yield part
            path.mkdir(parents=True, exist_ok=True)
            files = sorted(part.iterdir())
            for place in (path / file.name for file in files):
                if place.is_dir():  # before anything is replaced
                    raise Coded("CA805", f"cannot write {place}: {os.strerror(EISDIR)}", "name another place with --output")
            for file in files:
                file.replace(path / file.name)
        finally:
            rmtree(part)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Coded("CA805", f"cannot write {path}: {error.strerror or error}", "name another place with --output") from error
