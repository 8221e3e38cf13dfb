"""Both event loops, and what every test of the sandbox must leave behind: nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest
from tests.sandbox.shard import Shard

from codeanatomy.sandbox.confinement import CONFINED, Confinement


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def nothing_left(anyio_backend: str) -> AsyncIterator[None]:
    """After the test: no child and no descriptor more than before, no process of the zoo at all."""
    before, children_before = descriptors(), children()
    yield
    assert descriptors() == before
    assert children() <= children_before
    with anyio.move_on_after(20):
        # A grandchild is killed with its group, and not ours to wait for: it may need a moment to be gone.
        while zoo_processes():  # noqa: ASYNC110 (it is another process that we wait for)
            await anyio.sleep(0.02)
    assert zoo_processes() == []


@pytest.fixture
async def shard(tmp_path: Path, nothing_left: None) -> Callable[..., Shard]:
    """Makes a shard of an animal and some files."""

    def make(animal: str, contents: list[bytes], confinement: Confinement = CONFINED, **limits: object) -> Shard:
        return Shard(animal, tmp_path, contents, limits, confinement)

    return make


def children() -> set[int]:
    """The children of this process, dead or alive: other tests may have left one that serves it to the end."""
    found = set()
    for of_thread in Path("/proc/self/task").glob("*/children"):
        try:
            found |= {int(child) for child in of_thread.read_text().split()}
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
    return found


def descriptors() -> dict[str, str]:
    """The open descriptors of this process and what each is; the one that lists them is gone."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue
    return found


def zoo_processes() -> list[str]:
    """Command lines of every process that runs an animal or guards a tool for us, grandchildren included."""
    ours = (f'"parent": {os.getpid()}'.encode(), f"launcher.py\0{os.getpid()}\0".encode())
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(mark in command for mark in ours):
            found.append(command.decode())
    return found
