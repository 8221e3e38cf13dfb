"""Whole builds in this process, on asyncio and on trio."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.repositories import SHOP, write

from codeanatomy import GraphProductBuildRequest, build_graph_product
from codeanatomy.query.graph import open_graph_sync
from codeanatomy.tools.config import ScipIndexConfig


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.fixture
def shop(tmp_path) -> Path:
    return write(tmp_path / "repository", SHOP)


@pytest.fixture
def build(tmp_path):
    """Build a repository, without other people's tools unless asked; gives the result and a function that asks the graph."""

    async def run(repository, name="out", **settings):
        settings = {"scip": ScipIndexConfig(mode="off"), "types": "off"} | settings
        result = await build_graph_product(GraphProductBuildRequest(repo_root=repository, output_dir=tmp_path / name, **settings))
        graph = open_graph_sync(result.output_dir)

        def ask(sql):
            return [tuple(row.values()) for row in graph.sql(sql).to_pylist()]

        return result, ask

    return run


def children() -> set[int]:
    """Processes that this process has started and not reaped."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has ended since it was listed
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def descriptors() -> int:
    """Open pipes and files of this process. Runtimes that are made once keep event descriptors and sockets, which are not counted."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            target = os.readlink(descriptor)
            count += target.startswith("pipe:") or (target.startswith("/") and not target.startswith("/dev/"))
    return count


@pytest.fixture
def leaves_nothing():
    """Whatever the test does, it must leave no child, pipe or file open behind."""
    before = children(), descriptors()
    yield
    assert children() <= before[0]
    assert descriptors() <= before[1]
