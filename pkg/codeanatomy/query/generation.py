"""Which generation of an output folder to read: `generations/NNNNNN.json`, named by `CURRENT`. Publishing is the engine's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codeanatomy.failure import Coded

T = TypeVar("T")

_NUMBER = re.compile(r"[0-9]{6}|[1-9][0-9]{6,}")
"""How the number of a generation is written in the name of its record."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One published, mutually consistent set of table versions."""

    number: int
    output_dir: Path
    record: dict[str, Any]

    @property
    def file(self) -> Path:
        """Its record. A build that cleans the generation up removes it before any data."""
        return _file(self.output_dir, self.number)

    @property
    def versions(self) -> dict[str, int]:
        """Delta version of every table, by name."""
        return {name: table["version"] for name, table in self.record["tables"].items()}


def find_output(start: Path) -> Path:
    """The nearest `build/codeanatomy` upward from a folder. Raises CA801 if there is none."""
    for folder in (start, *start.parents):
        if _is_there(folder / "build" / "codeanatomy" / "CURRENT"):
            return folder / "build" / "codeanatomy"
    raise Coded("CA801", f"no graph found from {start} upward", "build one with `codeanatomy build REPO`, or name its folder with --graph")


def open_generation(output_dir: Path, number: int | None = None) -> Generation:
    """The current generation of an output folder, or the one of that number.

    Raises CA801 if nothing was ever published there, CA802 if there is no such generation, CA639 for what is damaged.
    """
    current = output_dir / "CURRENT"
    if not _is_there(current):
        raise Coded(
            "CA801",
            f"there is no graph in {output_dir}",
            "build one with `codeanatomy build REPO -o DIR`, or name another folder with --graph",
        )
    if number is None:
        number = _read(current, int)
    if not _is_there(_file(output_dir, number)):
        known = ", ".join(map(str, recorded(output_dir))) or "none"
        raise Coded("CA802", f"there is no generation {number} in {output_dir}", f"there are {known}")
    return generation_of(output_dir, number)


def recorded(output_dir: Path) -> list[int]:
    """The numbers of the generations that have a record, the first one first. What else lies there, under whatever name, is somebody's."""
    found = ((path, _NUMBER.fullmatch(path.stem)) for path in (output_dir / "generations").glob("*.json"))
    numbers = (int(match[0]) for path, match in found if match and path.is_file())
    return sorted(number for number in numbers if number > 0)


def generation_of(output_dir: Path, number: int) -> Generation:
    """The one of a record that there is. Raises CA639 for what is damaged."""
    return Generation(number, output_dir, _read(_file(output_dir, number), _record))


def _file(output_dir: Path, number: int) -> Path:
    return output_dir / "generations" / f"{number:06}.json"


def _is_there(path: Path) -> bool:
    """Whether it is a file. Raises CA639 where the folder that would hold it cannot be looked into."""
    try:
        return path.is_file()
    except OSError as error:
        raise _unreadable(path, error.strerror) from error


def _read(path: Path, meaning: Callable[[str], T]) -> T:
    """What the text of a file means. Raises CA639 where it means nothing."""
    try:
        return meaning(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, why: object) -> Coded:
    return Coded("CA639", f"cannot read {path}: {why}", "restore it from a copy, or build the graph again into another folder")


def _record(text: str) -> dict[str, Any]:
    record = json.loads(text)
    tables = record.get("tables") if isinstance(record, dict) else None
    if not isinstance(tables, dict) or not all(isinstance(table, dict) and "version" in table for table in tables.values()):
        raise ValueError("it names no tables with their versions")
    found: dict[str, Any] = record
    return found
