"""Whole builds in this process, on asyncio and on trio."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.repositories import SHOP, write

from codeanatomy import GraphProductBuildRequest, build_graph_product
from codeanatomy.query.graph import open_graph_sync


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.fixture
def shop(tmp_path) -> Path:
    return write(tmp_path / "repository", SHOP)


@pytest.fixture
def build(tmp_path):
    """Build a repository; gives the result and a function that asks the graph."""

    async def run(repository, name="out", **settings):
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


@pytest.fixture
def leaves_nothing():
    """Whatever the test does, it must leave no child and no descriptor behind."""
    before = children(), len(os.listdir("/proc/self/fd"))
    yield
    assert children() <= before[0]
    # Threads of the event loop that just ended may still hold their wake-up pipe; a leak per build would be many more.
    assert len(os.listdir("/proc/self/fd")) <= before[1] + 4
