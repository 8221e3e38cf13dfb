"""The pulse of a build: a heartbeat every few seconds, and word of it when nothing has moved for a while. It stops nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from codeanatomy.events import Heartbeat, Stalled
from codeanatomy.failure import cause
from codeanatomy.observe.run import Run

HEARTBEAT_S = 5.0
STALL_S = 60.0


@asynccontextmanager
async def beating(run: Run) -> AsyncIterator[None]:
    """Heartbeats for as long as the block lasts."""
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_beat, run)
            tasks.start_soon(_watch, run)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as errors:
        raise cause(errors) from None


async def _beat(run: Run) -> None:
    while True:
        await anyio.sleep(HEARTBEAT_S)
        run.tell(Heartbeat(run.current, run.seconds))


async def _watch(run: Run) -> None:
    """Sleep until the last movement is long enough ago; say so once, and wait for the next movement."""
    told = -1.0
    while True:
        rest = run.moved + STALL_S - run.seconds
        if rest <= 0 and told != run.moved:
            told = run.moved
            run.tell(Stalled(run.current, run.seconds - run.moved))
        await anyio.sleep(rest if rest > 0 else STALL_S)
