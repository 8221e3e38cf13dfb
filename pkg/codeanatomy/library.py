"""The library's live faces: `open_build` (events while it runs) and `open_graph` (questions in threads). For asyncio and trio alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio.abc import ObjectReceiveStream
from anyio.streams.memory import MemoryObjectSendStream

from codeanatomy.build import build_graph_product
from codeanatomy.engine.waiting import stoppable
from codeanatomy.events import Event
from codeanatomy.failure import Coded
from codeanatomy.observe.telemetry import Telemetry
from codeanatomy.product import GraphProductBuildRequest, GraphProductBuildResult

if TYPE_CHECKING:
    import pyarrow as pa

    from codeanatomy.query.answer import Answer
    from codeanatomy.query.graph import OpenGraph

T = TypeVar("T")


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
        """The result, once there is one. Raises what the build raised: `Coded` for every expected failure, CA690 once leaving the scope has cancelled it."""
        await self._done.wait()
        if self._failure is not None:
            raise self._failure
        if self._result is None:
            raise Coded("CA690", "the build was cancelled: its scope was left before its end", "await `result()` inside of `open_build`")
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
    """Start a build; leaving the scope before its end cancels it and waits until nothing of it is left. `telemetry` as `build_graph_product` has it.

    What is raised inside comes out as it is, in no group.
    """
    build = Build(request, telemetry)
    raised: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(build._run)
            try:
                yield build
            except BaseException as error:  # whatever it is: the task group would put it into a group
                raised = error
                raise
            finally:
                tasks.cancel_scope.cancel()
                await build.events.aclose()
    except BaseExceptionGroup:  # of the task group; what it holds is raised below
        if raised is None:
            raise
    if raised is not None:
        raise raised  # outside of the handler, where what it was raised from would become the group


class Graph:
    """An open graph. Results are Arrow tables, which polars, duckdb, pandas and datafusion read without copies. Cancelling ends a question at once.

    Every question raises `Coded` CA639 once data of the graph are gone, as when later builds have removed its generation.
    """

    def __init__(self, graph: OpenGraph) -> None:
        self._graph = graph

    @property
    def generation(self) -> int:
        """Number of the generation that is open."""
        return self._graph.generation.number

    async def sql(self, sql: str) -> pa.Table:
        """The result of a query over the public views and tables. Raises `Coded` CA810 (wrong query) and CA811 (failed on the data)."""
        return await self._in_thread(self._graph.sql, sql, at_once=True)

    async def table(self, name: str) -> pa.Table:
        """All rows of a table or public view. Raises `Coded` CA810 for a name there is not."""
        return await self._in_thread(self._graph.table, name, at_once=True)

    async def callers(self, name: str) -> pa.Table:
        """Who calls a function, class, external symbol or builtin: rows of `calls` to it.

        A name is a qualified name, or an ending of one. Raises `Coded` CA630 for a name there is not, CA631 for an ending of several.
        Columns: caller_id, caller, path, line, col, end_line, end_col, callee_id, callee, callee_kind, callee_path, callee_line, implicit, via,
        origin, resolution, confidence, ambiguity_group.
        """
        from codeanatomy.query import calls

        return await self._ask(calls.callers, name)

    async def callees(self, name: str) -> pa.Table:
        """What a function, lambda or module calls: rows of `calls` from it. Columns and failures as of `callers`."""
        from codeanatomy.query import calls

        return await self._ask(calls.callees, name)

    async def refs(self, name: str) -> pa.Table:
        """Where a name is used: rows of `refs` whose target it is. Raises as `callers` does.

        Columns: path, line, col, end_line, end_col, name, access, target_id, target, target_path, target_line, target_col, origin, confidence.
        """
        from codeanatomy.query import uses

        return await self._ask(uses.refs, name)

    async def definition(self, path: str, line: int, col: int) -> pa.Table:
        """What the name at a place means; lines and columns count from 1. Several rows are alternatives.

        Raises `Coded` CA634 for a source there is not, CA632 when no name is there.
        Columns: target_id, target, kind, path, line, col, end_line, end_col, origin, confidence.
        """
        from codeanatomy.query import uses

        return await self._ask(uses.definition, path, line, col)

    async def subclasses(self, name: str) -> pa.Table:
        """Classes that inherit from a class, directly and by others, the nearest first. Raises as `callers` does.

        Columns: class_id, class, path, line, col, base_id, base, distance.
        """
        from codeanatomy.query import hierarchy

        return await self._ask(hierarchy.subclasses, name)

    async def overrides(self, name: str) -> pa.Table:
        """Methods that override a method (`relation` is `overrides`), and those that it overrides (`overridden`). Raises as `callers` does.

        Columns: method_id, method, path, line, col, relation, distance.
        """
        from codeanatomy.query import hierarchy

        return await self._ask(hierarchy.overrides, name)

    async def imports(self, module: str | None = None) -> pa.Table:
        """All imports, or those of a module and those that import it. Raises as `callers` does.

        Columns: importer, path, line, relation, module, name, alias, target, target_kind, distribution, version.
        """
        from codeanatomy.query import imports

        return await self._ask(imports.imports, module)

    async def import_cycles(self) -> pa.Table:
        """Every import inside a group of modules that import each other in a circle, the largest group first.

        Columns: cycle, modules, importer, path, line, imported, deferred.
        """
        from codeanatomy.query import imports

        return await self._ask(imports.import_cycles)

    async def impact(self, *paths: str, depth: int | None = None) -> pa.Table:
        """What a change of some sources (or of those below some folders) may affect, the nearest first, no farther than `depth`.

        Raises `Coded` CA634 for a path that names no source, CA640 for a depth that is not above zero.
        Columns: id, kind, qualified_name, path, line, col, distance, reason, through_id, through, site_line.
        """
        from codeanatomy.query import impact

        return await self._ask(impact.impact, paths, depth)

    async def slice(self, path: str, line: int, *, forward: bool = False, depth: int | None = None, lines: int | None = 200) -> pa.Table:
        """The lines that a line depends on, or with `forward` those that depend on it, the nearest first.

        It goes no farther than `depth` and gives no more than so many lines (None: all). Raises `Coded` CA634 for a source there is not,
        CA632 for a line without a statement, CA640 for a number that is not above zero.
        Columns: path, line, function, distance, reason, name, through_path, through_line.
        """
        from codeanatomy.query import slices

        return await self._ask(slices.slice_of, path, line, forward, depth, lines)

    async def path(self, start: str, goal: str) -> pa.Table:
        """A shortest chain of calls from one thing to another: `step`, then the columns of `callers`.

        Raises as `callers` does, and `Coded` CA633 when there is no chain.
        """
        from codeanatomy.query import calls

        return await self._ask(calls.path, start, goal)

    async def export(
        self, form: str, output: str | Path, *, function: str | None = None, around: str | None = None, depth: int | None = None
    ) -> None:
        """Write the graph to a file (`pycg`, `graphml`, `jsonl`, `dot`) or a folder (`parquet`, `csv`): whole, or nothing.

        Of DOT, `function` gives the control flow of a function, and `around` what is so many steps (`depth`, or 1) around a definition.
        Raises `Coded` CA637 for another form, CA638 for a part that the form does not have, CA805 when the output cannot be written.
        """
        from codeanatomy.export import forms
        from codeanatomy.query.stop import Stop

        stop, wanted = Stop(), forms.wanted(form, function, around, depth)
        # Waited for to its end: what is written afterwards nobody would expect.
        await stoppable(partial(stop.heeded, forms.export, self._graph, wanted, Path(output)), stop.set)

    async def _ask(self, question: Callable[..., Answer], *asked: object) -> pa.Table:
        return (await self._in_thread(question, self._graph, *asked)).table

    async def _in_thread(self, question: Callable[..., T], *asked: object, at_once: bool = False) -> T:
        """The answer. When cancelled it is not waited for: it reads only, and ends with its query, or `at_once`."""
        from codeanatomy.query.stop import Stop

        stop = Stop(at_once=at_once)
        try:
            return await anyio.to_thread.run_sync(partial(stop.heeded, question, *asked), abandon_on_cancel=True)
        finally:
            stop.set()


@asynccontextmanager
async def open_graph(output_dir: str | Path, generation: int | None = None, *, ahead: bool = True) -> AsyncIterator[Graph]:
    """Open a published graph for reading: the current generation, or another by number. Raises `Coded` CA801, CA802 and CA639.

    What `impact`, `slice` and `imports` need of the whole graph is read now, or with `ahead=False` when the first of them is asked for.
    """
    yield Graph(await anyio.to_thread.run_sync(_opened, output_dir, generation, ahead, abandon_on_cancel=True))


def _opened(output_dir: str | Path, generation: int | None, ahead: bool) -> OpenGraph:
    """In a thread, with what the questions import: Arrow, DataFusion and Delta would keep the event loop for long."""
    for name in ("export.forms", *(f"query.{name}" for name in ("calls", "hierarchy", "impact", "imports", "slices", "uses"))):
        import_module(f"codeanatomy.{name}")
    from codeanatomy.query.ahead import read_ahead
    from codeanatomy.query.graph import open_graph_sync

    graph = open_graph_sync(output_dir, generation)
    if ahead:
        read_ahead(graph)
    return graph
