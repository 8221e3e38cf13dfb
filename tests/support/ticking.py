"""A program that builds with the library beside a task that ticks: it prints the result and how long ticks were kept waiting. It judges nothing.

It is a process of its own, because the garbage collector of a test run has far more to look at than that of a program which builds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anyio

from codeanatomy import GraphProductBuildRequest, OtelConfig, build_graph_product
from codeanatomy.events import Event, StageStarted
from codeanatomy.tools.config import ScipIndexConfig

TICK_S = 0.002
PROMISE_S = 0.05
"""For longer than this, a build never keeps the event loop from others."""


@dataclass
class Ticks:
    """How many ticks there were, and how many of them came over `PROMISE_S` late; the most that one was late by the clock, with its stage; and the
    most that the loop's thread worked between two."""

    count: int = 0
    late: int = 0
    waited: float = 0.0
    stage: str = ""
    worked: float = 0.0
    now: str = ""

    async def tick(self) -> None:
        while True:
            began, worked = time.monotonic(), time.thread_time()
            await anyio.sleep(TICK_S)
            waited = time.monotonic() - began - TICK_S
            self.count += 1
            self.late += waited > PROMISE_S
            if waited > self.waited:
                self.waited, self.stage = waited, self.now
            self.worked = max(self.worked, time.thread_time() - worked)

    def hear(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            self.now = event.stage


def ticked_build(repository: Path, output: Path, backend: str = "asyncio", *, tools: bool) -> tuple[dict[str, Any], Ticks]:
    """What `build --json` would print of a build in a process of its own, and the ticks beside it; with SCIP and types, or without."""
    command = [sys.executable, __file__, repository, output, backend, *(["tools"] if tools else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    return told["result"], Ticks(**told["ticks"])


def check(ticks: Ticks, result: dict[str, Any]) -> None:
    """Hold the ticks to the promise. The loop's own work is held to it in processor time of its thread. The clock also counts waiting for a core and
    for memory, which no build can help on a busy machine: by it, one tick in a hundred may be late, and none by ten times as much."""
    assert ticks.worked < PROMISE_S, ticks
    assert ticks.late <= ticks.count / 100, ticks
    assert ticks.waited < 10 * PROMISE_S, ticks
    assert ticks.count > result["seconds"] / (PROMISE_S + TICK_S), ticks


async def build(repository: Path, output: Path, tools: bool) -> dict[str, Any]:
    off: dict[str, Any] = {} if tools else {"scip": ScipIndexConfig(mode="off"), "types": "off"}
    request = GraphProductBuildRequest(repo_root=repository, output_dir=output, otel=OtelConfig(test_mode=True), **off)
    ticks = Ticks()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ticks.tick)
        result = await build_graph_product(request, ticks.hear)
        tasks.cancel_scope.cancel()
    return {"result": result.to_dict(), "ticks": asdict(ticks)}


if __name__ == "__main__":
    repository, output, backend, *tools = sys.argv[1:]
    print(json.dumps(anyio.run(build, Path(repository), Path(output), tools == ["tools"], backend=backend)))
