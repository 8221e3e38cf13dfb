"""Both event loops, and what every test of the sandbox must leave behind: nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.sandbox.shard import Shard


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def nothing_left(anyio_backend: str) -> AsyncIterator[None]:
    """After the test: no child, no process of the zoo at all, no descriptor more than before."""
    before = descriptors()
    yield
    assert descriptors() == before
    assert not has_children()
    assert zoo_processes() == []


@pytest.fixture
async def shard(tmp_path: Path, nothing_left: None) -> Callable[..., Shard]:
    """Makes a shard of an animal and some files."""
    return lambda animal, contents, **limits: Shard(animal, tmp_path, contents, limits)


def has_children() -> bool:
    """Whether this process has a child, dead or alive."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


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
    """Command lines of every process that runs an animal, grandchildren included."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"worker.py" in command and f'"parent": {os.getpid()}'.encode() in command:
            found.append(command.decode())
    return found
