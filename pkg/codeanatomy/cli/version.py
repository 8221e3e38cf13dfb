"""`codeanatomy version`: ours, Python's, the platform's, and of every part."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from importlib import metadata

from codeanatomy.cli.output import print_json
from codeanatomy.cli.parser import forms

NAME = "version"
HELP = "Say the versions of all parts"


def arguments(parser: argparse.ArgumentParser) -> None:
    forms(parser)


def versions() -> dict[str, object]:
    """Version of everything that takes part in a build."""
    from codeanatomy import engine  # loads the Rust module, which no other command needs before its time

    return {
        "codeanatomy": metadata.version("codeanatomy"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "engine": engine.versions(),
        "packages": dict(packages()),
    }


def packages() -> Iterator[tuple[str, str]]:
    """Every library that we require, or would use if it were there, with its version where it is installed."""
    from packaging.requirements import Requirement

    for name in sorted({Requirement(text).name for text in metadata.requires("codeanatomy") or ()}):
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "not installed"


def run(options: argparse.Namespace) -> int:
    """Print them."""
    found = versions()
    if options.format == "json":
        print_json(found)
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            print("\n".join(f"{name}: {part} {number}" for part, number in value.items()))
        else:
            print(f"{name} {value}")
    return 0
