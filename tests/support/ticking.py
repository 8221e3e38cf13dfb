"""A program that builds or asks with the library beside a task that ticks: it prints what came of it and how long ticks were kept waiting. It judges nothing.

It is a process of its own, because the garbage collector of a test run has far more to look at than that of a program which builds.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anyio

from codeanatomy import GraphProductBuildRequest, OtelConfig, build_graph_product, open_graph
from codeanatomy.events import Event, StageStarted
from codeanatomy.tools.config import ScipIndexConfig

TICK_S = 0.002
PROMISE_S = 0.05
"""For longer than this, a build never keeps the event loop from others."""


@dataclass
class Ticks:
    """How many ticks there were, and how many of them came over `PROMISE_S` late; the most that one was late by the clock, and the most that the
    loop's thread worked between two, each with its stage; and the longest of that which was one collection of garbage, so that a failure tells it."""

    count: int = 0
    late: int = 0
    waited: float = 0.0
    waited_in: str = ""
    worked: float = 0.0
    worked_in: str = ""
    collected: float = 0.0
    now: str = ""

    async def tick(self) -> None:
        collections = _collections()
        while True:
            began, worked = time.monotonic(), time.thread_time()
            await anyio.sleep(TICK_S)
            waited, worked = time.monotonic() - began - TICK_S, time.thread_time() - worked
            self.collected = max(self.collected, *collections, 0.0)
            collections.clear()
            self.count += 1
            self.late += waited > PROMISE_S
            if waited > self.waited:
                self.waited, self.waited_in = waited, self.now
            if worked > self.worked:
                self.worked, self.worked_in = worked, self.now

    def hear(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            self.now = event.stage


def _collections() -> list[float]:
    """Grows with the seconds of each collection of garbage in this thread."""
    thread, began, seconds = threading.get_ident(), 0.0, list[float]()

    def hear(phase: str, _: dict[str, int]) -> None:
        nonlocal began
        if threading.get_ident() != thread:
            return
        if phase == "start":
            began = time.thread_time()
        else:
            seconds.append(time.thread_time() - began)

    gc.callbacks.append(hear)
    return seconds


def ticked_build(repository: Path, output: Path, backend: str = "asyncio", *, tools: bool) -> tuple[dict[str, Any], Ticks]:
    """What `build --json` would print of a build in a process of its own, and the ticks beside it; with SCIP and types, or without."""
    return _ticked("build", repository, output, *(["tools"] if tools else []), backend)


def ticked_questions(shop: Path, backend: str) -> tuple[dict[str, Any], Ticks]:
    """How many callers `add` has, of a process of its own that opens the graph of the shop, asks and exports, and the ticks beside it."""
    return _ticked("ask", shop, backend)


def _ticked(*arguments: str | Path) -> tuple[dict[str, Any], Ticks]:
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
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


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticks]:
    ticks = Ticks()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ticks.tick)
        await anyio.sleep(TICK_S)  # what comes before a build first waits is to be seen, too
        yield ticks
        await anyio.sleep(TICK_S)
        tasks.cancel_scope.cancel()


async def build(repository: str, output: str, tools: str = "") -> dict[str, Any]:
    off: dict[str, Any] = {} if tools else {"scip": ScipIndexConfig(mode="off"), "types": "off"}
    request = GraphProductBuildRequest(repo_root=repository, output_dir=output, otel=OtelConfig(test_mode=True), **off)
    async with ticking() as ticks:
        result = await build_graph_product(request, ticks.hear)
    return {"result": result.to_dict(), "ticks": asdict(ticks)}


async def ask(output: str) -> dict[str, Any]:
    async with ticking() as ticks, open_graph(output) as graph:
        callers = await graph.callers("shop.money.add")
        await graph.refs("shop.cart.Cart")
        await graph.subclasses("shop.cart.Base")
        await graph.imports()
        await graph.impact("shop/money.py")
        await graph.slice("shop/money.py", 5)
        await graph.export("pycg", Path(output) / "calls.json")
    return {"result": {"callers": callers.num_rows}, "ticks": asdict(ticks)}


if __name__ == "__main__":
    program, *arguments, backend = sys.argv[1:]
    print(json.dumps(anyio.run({"build": build, "ask": ask}[program], *arguments, backend=backend)))
