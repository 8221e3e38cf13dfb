"""Processes besides workers: tools run to their end, and workers whose parent is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from codeanatomy.sandbox.command import run_command

pytestmark = pytest.mark.anyio

ORPHAN = """
import sys, anyio
from pathlib import Path
from tests.sandbox.shard import Shard

async def main():
    shard = Shard("stubborn", Path(sys.argv[1]), [b"bad"], {})
    shard.events = type("Told", (), {"append": lambda self, event: print(event.pid, flush=True)})()
    await shard.run()

anyio.run(main)
"""


async def test_a_command_gives_its_output_and_its_exit(nothing_left: None) -> None:
    ended = await run_command(["/bin/sh", "-c", "pwd; env; echo complaint >&2; exit 3"], "/", {"ONLY": "this"}, 20, 1 << 20)
    lines = ended.stdout.decode().splitlines()
    assert (ended.exit, lines[0], ended.stderr) == ("exit 3", "/", b"complaint\n")
    assert {line for line in lines[1:] if not line.startswith(("PWD=", "_=", "SHLVL=", "OLDPWD="))} == {"ONLY=this"}


@pytest.mark.parametrize(
    ("script", "seconds", "exit"),
    [("sleep 1000", 0.2, "limit time"), ("while :; do echo many words; done", 20, "limit output"), ("kill -9 $$", 20, "signal SIGKILL")],
)
async def test_a_command_is_held_to_its_limits(script: str, seconds: float, exit: str, nothing_left: None) -> None:
    ended = await run_command(["/bin/sh", "-c", script], "/", {}, seconds, 100_000)
    assert (ended.exit, ended.well) == (exit, False)


async def test_a_missing_tool_is_not_found(nothing_left: None) -> None:
    with pytest.raises(FileNotFoundError):
        await run_command(["/no/such/tool"], "/", {}, 1, 1)


async def test_a_cancelled_command_is_gone(nothing_left: None) -> None:
    with anyio.move_on_after(0.1) as scope:
        await run_command(["/bin/sh", "-c", "sleep 1000 & sleep 1000"], "/", {}, 60, 1)
    assert scope.cancelled_caught


def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A parent that gets SIGKILL can clean up nothing; its worker is in a busy loop and ignores all signals that can be ignored."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(tmp_path)], stdout=subprocess.PIPE, env=environment, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        worker = int(parent.stdout.readline())
        time.sleep(0.5)
        assert alive(worker)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
    for _ in range(200):
        if not alive(worker):
            return
        time.sleep(0.05)
    pytest.fail("the worker outlives its parent")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
