"""What all tests share: literate tests under `evidence/` and `graph/`, and `--golden`, which rewrites their expectations. Warnings are errors (pyproject)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import evidence, graphs
from tests.support.literate import LiterateFile

TESTS = Path(__file__).parent

LONG = ("truth", "tools", "torture", "pipeline", "sandbox")
"""The folders whose tests take longest. They come first, so that two processes are through at about the same time."""

os.environ |= {"CODEANATOMY_SCIP": "off", "CODEANATOMY_TYPES": "off"}
"""Commands that tests start run no tools of other people, unless a test asks for them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden`: rewrite expected blocks instead of comparing them."""
    parser.addoption("--golden", action="store_true", help="rewrite the expected blocks of literate tests")


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> LiterateFile | None:
    """`evidence/<extractor>/*.md` are tests of that extractor, `graph/*.md` of public views."""
    if file_path.suffix == ".md" and file_path.parent.parent.name == "evidence":
        return LiterateFile.of(parent, file_path, evidence.rows_of(file_path.parent.name))
    if file_path.suffix == ".md" and file_path.parent.name == "graph":
        return LiterateFile.of(parent, file_path, graphs.rows_of(file_path.parent))
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long folders first, whatever the number of processes; else the order stays."""
    rank = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(TESTS).parts[0], len(LONG)))
