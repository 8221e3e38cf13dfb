"""`codeanatomy version`: ours, Python's, the platform's, and of every part."""

from __future__ import annotations

import argparse
import json
import platform
from importlib import metadata

NAME = "version"
HELP = "Say the versions of all parts"

PACKAGES = ("anyio", "datafusion", "deltalake", "msgspec", "numpy", "pyarrow")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def versions() -> dict[str, object]:
    """Version of everything that takes part in a build."""
    from codeanatomy import engine  # loads the Rust module, which no other command needs before its time

    return {
        "codeanatomy": metadata.version("codeanatomy"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "engine": engine.versions(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def run(options: argparse.Namespace) -> int:
    found = versions()
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            print("\n".join(f"{name}: {part} {number}" for part, number in value.items()))
        else:
            print(f"{name} {value}")
    return 0
