"""Both event loops, a small repository, and what an extractor with a tool makes of it, in memory."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.support.collected import Memory
from tests.support.literate import Row
from tests.support.repositories import write

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.collect import Collection, collect
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.scan import scan
from codeanatomy.tools import supplies

SHOP = {
    "shop/__init__.py": "",
    "shop/base.py": 'class Base:\n    def total(self, n: int) -> int:\n        é = "汉😀"; y = é\n        return n\n',
    "shop/cart.py": (
        "from shop.base import Base\n\n\nclass Cart(Base):\n    def total(self, n: int) -> int:\n        return super().total(n)\n\n"
        "    @property\n    def size(self):\n        return 3\n\n\nc = Cart()\nc.total(c.size)\n"
    ),
    "shop/latin.py": b"# coding: latin-1\nd = '\xe9'; e = d\n",
    "shop/bom.py": b"\xef\xbb\xbfdef bom(): pass\nbom()\n",
    "broken.py": "def ok(:\n",
}

Collect = Callable[..., Awaitable[Collection[list[Row]]]]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "repository", SHOP)


@pytest.fixture
def collected(tmp_path: Path) -> Collect:
    """Run the scan and one extractor with the settings of a build."""

    async def run(folder: Path, name: str, **settings: Any) -> Collection[list[Row]]:
        async def open_writer(table: Table) -> Memory:
            return Memory(table)

        request = GraphProductBuildRequest(repo_root=folder, output_dir=tmp_path / "out", **settings)
        chosen = [extractor for extractor in EXTRACTORS if extractor.name in ("repo_scan", name)]
        return await collect(await scan(folder, request.scan_settings), chosen, open_writer, 2, supplies(request))

    return run


def path_of(found: Collection[list[Row]]) -> dict[int, str]:
    """Paths by file id."""
    return {row["file_id"]: row["path"] for row in found.tables["repo_files"]}


def text(folder: Path, path: str, row: Row) -> str:
    """What stands at a row's span, in the UTF-8 text of the source."""
    data = (folder / path).read_bytes()
    data = data.decode("latin-1").encode() if path.endswith("latin.py") else data
    return data[row["bstart"] : row["bend"]].decode()


def said(found: Collection[list[Row]]) -> list[tuple[str, str]]:
    """Failures as path and code."""
    return sorted((failure.path, failure.code) for failure in found.failures)


async def kill_the_first(program: str, below: Path) -> None:
    """Kill the first process of that program that is given something below that folder, once there is one."""
    while not _kill(program.encode(), os.fsencode(below) + b"/"):  # noqa: ASYNC110 (nobody sets an event when a process starts)
        await anyio.sleep(0.002)


def _kill(program: bytes, below: bytes) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
                name, *arguments = (entry / "cmdline").read_bytes().split(b"\0")
                if os.path.basename(name) == program and any(argument.startswith(below) for argument in arguments):
                    os.kill(int(entry.name), signal.SIGKILL)
                    return True
    return False


needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed: scip-python cannot be")
