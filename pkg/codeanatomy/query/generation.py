"""Which generation of an output folder to read: `generations/NNNNNN.json`, named by `CURRENT`. Publishing is the engine's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeanatomy.failure import Coded


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
        if (folder / "build" / "codeanatomy" / "CURRENT").is_file():
            return folder / "build" / "codeanatomy"
    raise Coded("CA801", f"no graph found from {start} upward", "build one with `codeanatomy build REPO`, or name its folder with --graph")


def open_generation(output_dir: Path, number: int | None = None) -> Generation:
    """The current generation of an output folder, or the one of that number.

    Raises CA801 if nothing was ever published there, CA802 if there is no such generation.
    """
    current = output_dir / "CURRENT"
    if not current.is_file():
        raise Coded(
            "CA801",
            f"there is no graph in {output_dir}",
            "build one with `codeanatomy build REPO -o DIR`, or name another folder with --graph",
        )
    if number is None:
        number = int(current.read_text())
    record = _file(output_dir, number)
    if not record.is_file():
        known = sorted(int(path.stem) for path in record.parent.glob("*.json"))
        raise Coded("CA802", f"there is no generation {number} in {output_dir}", f"there are {', '.join(map(str, known))}")
    return Generation(number, output_dir, json.loads(record.read_text()))


def _file(output_dir: Path, number: int) -> Path:
    return output_dir / "generations" / f"{number:06}.json"
