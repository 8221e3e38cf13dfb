"""The Python files of a folder, as both floors and extractors read them. It is not the product's scan: a file that the scan lost would make
the product look faster than it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SUFFIXES = frozenset((".py", ".pyi", ".pyw"))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: a number, its path relative to the folder, its size."""

    file_id: int
    path: str
    size: int


@dataclass(frozen=True)
class Corpus:
    """A folder and its Python files, sorted by path."""

    folder: Path
    files: tuple[SourceFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """What each file holds, read once: neither a floor nor an extractor is charged for the disk."""
        return {file.path: (self.folder / file.path).read_bytes() for file in self.files}


def corpus(folder: Path) -> Corpus:
    """Every regular Python file below the folder."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink())
    files = (SourceFile(number, path.relative_to(folder).as_posix(), path.stat().st_size) for number, path in enumerate(found))
    return Corpus(folder, tuple(files))
