"""Ending what is asked of a graph when nobody waits for the answer any more. A thread cannot be ended from outside: it looks here before each query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock
from typing import ParamSpec, TypeVar

import pyarrow as pa
from datafusion import DataFrame

from codeanatomy.failure import Coded

P = ParamSpec("P")
T = TypeVar("T")


class Stop:
    """Of one question: set by whoever asked it, heeded by the thread that answers. With `at_once` also a query that runs is ended, which costs each
    half a millisecond."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._is_set = False
        self._query: asyncio.Task[pa.Table] | None = None
        self._lock = Lock()

    def set(self) -> None:
        """End the question. After its end this does nothing."""
        with self._lock:
            self._is_set = True
            if self._query is not None:
                self._query.get_loop().call_soon_threadsafe(self._query.cancel)

    def heeded(self, question: Callable[P, T], *asked: P.args, **named: P.kwargs) -> T:
        """The answer to a question, which is ended when this is set. To be called in a context of its own, as threads of anyio are."""
        _STOP.set(self)
        return question(*asked, **named)

    def check(self) -> None:
        """Raises CA690 when it is set."""
        if self._is_set:
            raise Coded("CA690", "nobody waits for the answer any more", "ask again")

    def whole(self, frame: DataFrame) -> pa.Table:
        """The whole result of a query."""
        if not self._at_once:
            return frame.to_arrow_table()
        with asyncio.Runner() as runner:
            with self._lock:
                self.check()
                self._query = runner.get_loop().create_task(_awaited(frame))
            try:
                return runner.get_loop().run_until_complete(self._query)
            finally:
                with self._lock:
                    self._query = None


_STOP: ContextVar[Stop | None] = ContextVar("codeanatomy_stop", default=None)


def check_stop() -> None:
    """Before a query, or between parts of its result. Raises CA690 when the question that they are for was ended."""
    if stop := _STOP.get():
        stop.check()


def whole(frame: DataFrame) -> pa.Table:
    """The whole result of a query, ended as the question that it is for. Raises what DataFusion does."""
    stop = _STOP.get()
    return stop.whole(frame) if stop else frame.to_arrow_table()


async def _awaited(frame: DataFrame) -> pa.Table:
    """DataFusion drops a query whose awaiting is cancelled; one that a thread waits for it runs to its end."""
    batches = [batch.to_pyarrow() async for batch in frame.execute_stream()]
    return pa.Table.from_batches(batches, batches[0].schema if batches else frame.schema())
