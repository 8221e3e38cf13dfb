"""Graphs of whole source distributions, built once for all tests that ask them."""

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest
from tests.support.sources import source

from codeanatomy.query.graph import OpenGraph, open_graph_sync

ROOT = Path(__file__).parents[2]


class BuiltGraph:
    """A finished build: what it printed, and its graph."""

    def __init__(self, repository: Path, output: Path, *options: str) -> None:
        command = [ROOT / "bin" / "codeanatomy", "build", repository, "-o", output, "--json", "-q", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        self.repository = repository
        self.output = output
        self.result = json.loads(done.stdout)
        self.graph: OpenGraph = open_graph_sync(output)

    def rows(self, sql: str) -> list[tuple]:
        return [tuple(row.values()) for row in self.graph.sql(sql).to_pylist()]

    def one(self, sql: str):
        (row,) = self.rows(sql)
        return row[0] if len(row) == 1 else row


@pytest.fixture(scope="session")
def django(tmp_path_factory) -> BuiltGraph:
    return BuiltGraph(source("django"), tmp_path_factory.mktemp("django"))


@pytest.fixture(scope="session")
def standard_library(tmp_path_factory) -> BuiltGraph:
    """The interpreter's own library with its tests, without what others installed into it."""
    return BuiltGraph(Path(sysconfig.get_paths()["stdlib"]), tmp_path_factory.mktemp("stdlib"), "--exclude-glob", "site-packages/**")
