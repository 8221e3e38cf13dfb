"""The library's live faces: `open_build` (events while it runs) and `open_graph` (questions in threads). For asyncio and trio alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ObjectReceiveStream
from anyio.streams.memory import MemoryObjectSendStream

from codeanatomy.build import build_graph_product
from codeanatomy.events import Event
from codeanatomy.observe.telemetry import Telemetry
from codeanatomy.product import GraphProductBuildRequest, GraphProductBuildResult

if TYPE_CHECKING:
    import pyarrow as pa

    from codeanatomy.query.graph import OpenGraph


class Build:
    """A build that runs. `events` ends when the build does; `result()` waits for it. Leaving the scope cancels it."""

    def __init__(self, request: GraphProductBuildRequest, telemetry: Telemetry | None) -> None:
        self._request = request
        self._telemetry = telemetry
        self._done = anyio.Event()
        self._result: GraphProductBuildResult | None = None
        self._failure: Exception | None = None
        self._send, receive = anyio.create_memory_object_stream[Event](float("inf"))
        self.events: ObjectReceiveStream[Event] = receive

    async def result(self) -> GraphProductBuildResult:
        """The result, once there is one. Raises what the build raised: `Coded` for every expected failure."""
        await self._done.wait()
        if self._failure is not None:
            raise self._failure
        assert self._result is not None, "a build that is done has a result or a failure"
        return self._result

    async def _run(self) -> None:
        try:
            self._result = await build_graph_product(self._request, self._tell, self._telemetry)
        except Exception as failure:  # kept for `result()`: the caller may still be reading events
            self._failure = failure
        finally:
            self._send.close()
            self._done.set()

    def _tell(self, event: Event) -> None:
        _send_nowait(self._send, event)


def _send_nowait(stream: MemoryObjectSendStream[Event], event: Event) -> None:
    try:
        stream.send_nowait(event)
    except anyio.BrokenResourceError:
        return  # the caller closed `events`: it does not want to know


@asynccontextmanager
async def open_build(request: GraphProductBuildRequest, telemetry: Telemetry | None = None) -> AsyncIterator[Build]:
    """Start a build; leaving the scope before its end cancels it and waits until nothing of it is left. `telemetry` as `build_graph_product` has it."""
    build = Build(request, telemetry)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(build._run)
        try:
            yield build
        finally:
            tasks.cancel_scope.cancel()
            await build.events.aclose()


class Graph:
    """An open graph. Results are Arrow tables, which polars, duckdb, pandas and datafusion read without copies."""

    def __init__(self, graph: OpenGraph) -> None:
        self._graph = graph

    @property
    def generation(self) -> int:
        """Number of the generation that is open."""
        return self._graph.generation.number

    async def sql(self, sql: str) -> pa.Table:
        """The result of a query over the public views and tables. Raises `Coded` CA810 (wrong query) and CA811 (failed on the data)."""
        return await anyio.to_thread.run_sync(self._graph.sql, sql)

    async def table(self, name: str) -> pa.Table:
        """All rows of a table or public view. Raises `Coded` CA810 for a name there is not."""
        return await anyio.to_thread.run_sync(self._graph.table, name)

    async def callers(self, qualified_name: str) -> pa.Table:
        """Rows of `calls` whose callee has that qualified name."""
        return await self.sql(f"SELECT * FROM calls WHERE callee = {_quoted(qualified_name)} ORDER BY path, line, col")

    async def callees(self, qualified_name: str) -> pa.Table:
        """Rows of `calls` whose caller has that qualified name."""
        return await self.sql(f"SELECT * FROM calls WHERE caller = {_quoted(qualified_name)} ORDER BY path, line, col")


@asynccontextmanager
async def open_graph(output_dir: str | Path, generation: int | None = None) -> AsyncIterator[Graph]:
    """Open a published graph for reading: the current generation, or another by number. Raises `Coded` CA801 and CA802."""
    from codeanatomy.query.graph import open_graph_sync

    yield Graph(await anyio.to_thread.run_sync(open_graph_sync, output_dir, generation))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
