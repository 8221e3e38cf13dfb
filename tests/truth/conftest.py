"""Graphs of whole source distributions, built once for all tests that ask them."""

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from tests.support.sources import cache, source
from tests.support.ticking import Ticks, ticked_build

from codeanatomy.query.graph import OpenGraph, open_graph_sync

ROOT = Path(__file__).parents[2]


class BuiltGraph:
    """A finished build: what `build --json` says of it, and its graph."""

    def __init__(self, repository: Path, output: Path, result: dict[str, Any]) -> None:
        self.repository = repository
        self.output = output
        self.result = result
        self.graph: OpenGraph = open_graph_sync(output)

    def rows(self, sql: str) -> list[tuple]:
        return [tuple(row.values()) for row in self.graph.sql(sql).to_pylist()]

    def one(self, sql: str):
        (row,) = self.rows(sql)
        return row[0] if len(row) == 1 else row


def build(repository: Path, output: Path, *options: str) -> BuiltGraph:
    """Build by the command, with the options given."""
    command = [ROOT / "bin" / "codeanatomy", "build", repository, "-o", output, "--json", "-q", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return BuiltGraph(repository, output, json.loads(done.stdout))


@pytest.fixture(scope="session")
def ticked_django(tmp_path_factory) -> tuple[BuiltGraph, Ticks]:
    """Django, built by the library beside a task that ticks. The index that scip-python makes of it in many minutes is kept for later runs."""
    repository, output = source("django"), tmp_path_factory.mktemp("django")
    indexes, kept = output / "work" / "cache" / "scip", cache().parent / "scip"
    if kept.is_dir():
        shutil.copytree(kept, indexes)
    result, ticks = ticked_build(repository, output, tools=True)
    if indexes.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(indexes, kept)
    return BuiltGraph(repository, output, result), ticks


@pytest.fixture(scope="session")
def django(ticked_django) -> BuiltGraph:
    return ticked_django[0]


@pytest.fixture(scope="session")
def standard_library(tmp_path_factory) -> BuiltGraph:
    """The interpreter's own library with its tests, without what others installed into it."""
    return build(Path(sysconfig.get_paths()["stdlib"]), tmp_path_factory.mktemp("stdlib"), "--exclude-glob", "site-packages/**")
