"""Workers whose parent is killed. What else ends them is in `test_zoo`; tools are in `test_tool`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ORPHAN = """
import sys, anyio
from pathlib import Path
from tests.sandbox.shard import Shard
from codeanatomy.sandbox.confinement import UNCONFINED

async def main():
    shard = Shard("stubborn", Path(sys.argv[1]), [b"bad"], {}, UNCONFINED)
    shard.events = type("Told", (), {"append": lambda self, event: print(event.pid, flush=True)})()
    await shard.run()

anyio.run(main)
"""


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
    try:
        for _ in range(200):
            if not alive(worker):
                return
            time.sleep(0.05)
        pytest.fail("the worker outlives its parent")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker, signal.SIGKILL)  # this one, which nothing confines, has forked


def test_without_being_bound_a_child_lives_on() -> None:
    """What the test above sees is not what happens to any child: one in a session of its own stays when its parent is killed."""
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
    time.sleep(0.5)
    assert alive(child)
    os.kill(child, signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
