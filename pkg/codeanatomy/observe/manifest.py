"""The manifest of a run: what ran, with what, and what came of it, as one JSON object. Every figure is read from what ran."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


def tool_versions(engine: dict[str, str]) -> dict[str, Any]:
    """Versions of everything that decides what rows come out."""
    return {
        "codeanatomy": metadata.version("codeanatomy"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "engine": engine,
    }


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file and see it to disk, folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, default=str)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
