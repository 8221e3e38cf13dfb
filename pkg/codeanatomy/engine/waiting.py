"""How async code waits for a long blocking call of the engine: to its end, even when cancelled. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import lowlevel, to_thread

T = TypeVar("T")


async def stoppable(call: Callable[[], T], stop: Callable[[], None]) -> T:
    """The result of `call`, which runs in a thread. When the surrounding scope is cancelled, `stop` is called and the end of `call` awaited.

    The engine answers a stop within its own grace time, whatever it is doing, so that waiting for it is short and leaves nothing running.
    """
    outcome: list[T] = []
    failures: list[Exception] = []

    def attempt() -> None:
        try:
            outcome.append(call())
        except Exception as error:  # Raised below, outside of the task group, which would wrap it.
            failures.append(error)

    async def wait() -> None:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(attempt)
        tasks.cancel_scope.cancel()

    # The thread is waited for by a task of its own: no shield holds against asyncio's own cancelling of the caller's.
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        try:
            await anyio.sleep_forever()
        finally:
            stop()
    await lowlevel.checkpoint_if_cancelled()
    if failures:
        raise failures[0]
    return outcome[0]
