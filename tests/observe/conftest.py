"""One watched build that most tests look at: a repository with bad files, in git, built by the command with everything sent to a collector."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from tests.support.collector import Collector, http_collector
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import GraphProductBuildRequest
from codeanatomy.tools.config import ScipIndexConfig

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Watched:
    """A finished build: what it printed, and what a collector got of it."""

    repository: Path
    printed: dict[str, Any]
    collector: Collector

    @property
    def bundle(self) -> Path:
        return Path(self.printed["run_bundle"])

    def read(self, name: str) -> Any:
        """A JSON file of the run bundle."""
        return json.loads((self.bundle / name).read_text())

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self.read("manifest.json")

    @cached_property
    def report(self) -> dict[str, Any]:
        return self.read("report.json")

    def folder(self, table: str) -> Path:
        """Where a table lies."""
        output = Path(self.printed["output_dir"])
        return output / table if table in self.printed["tables"] else output / "work" / "extract" / table

    def table(self, name: str) -> DeltaTable:
        """A table at the version that the build printed."""
        printed = {**self.printed["evidence"], **self.printed["tables"]}
        return DeltaTable(str(self.folder(name)), version=printed[name]["version"])


@pytest.fixture(scope="session")
def watched(tmp_path_factory) -> Iterator[Watched]:
    repository = write(tmp_path_factory.mktemp("watched") / "shop", {**SHOP, **BAD})
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "main.py", "shop", "bad")
    git(repository, "commit", "-q", "-m", "all of it")
    with http_collector() as collector:
        telemetry = ["--enable-traces", "--enable-metrics", "--enable-logs", "--otel-endpoint", collector.endpoint, "--otel-test-mode"]
        options = [*telemetry, "--enable-compliance"]
        done = subprocess.run(
            [COMMAND, "build", repository, "-o", repository.parent / "out", "--json", *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Watched(repository, json.loads(done.stdout), collector)


def git(folder: Path, *arguments: str) -> str:
    """Git, as somebody."""
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.fixture
def small(tmp_path):
    """A request for the quickest real build there is."""
    repository = write(tmp_path / "small", {"one.py": "def one():\n    return 1\n\n\none()\n"})

    def request(**fields):
        off = {"scip": ScipIndexConfig(mode="off"), "types": "off", "enable_libcst": False, "enable_tree_sitter": False}
        return GraphProductBuildRequest(repo_root=repository, output_dir=tmp_path / "out", **(off | fields))

    return request
