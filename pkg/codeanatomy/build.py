"""A whole build, read top to bottom: scan → extraction → semantics → engine → auxiliary → publish → report. How a step works is in the module it calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from codeanatomy import engine
from codeanatomy.care import leftovers
from codeanatomy.catalog import spans
from codeanatomy.catalog.defaults import REPLAY
from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.catalog.tables import EXTRACT_ERRORS
from codeanatomy.collect import Collection, collect
from codeanatomy.determinism import verify
from codeanatomy.engine.generation import OutputFolder, output_folder, work_folder
from codeanatomy.engine.writer import Written
from codeanatomy.events import Events, FilesFound, unwatched
from codeanatomy.execute import execute
from codeanatomy.failure import Coded, Failure, cause
from codeanatomy.observe import auxiliary
from codeanatomy.observe.manifest import count_by_code
from codeanatomy.observe.pulse import beating
from codeanatomy.observe.run import Run, new_run_id
from codeanatomy.observe.settle import Made, Settled, settle, tables_of, write_report
from codeanatomy.observe.storage import MeasuredWriter, open_measured, timed
from codeanatomy.observe.telemetry import Telemetry
from codeanatomy.observe.unfinished import Begun, telling
from codeanatomy.plan import execution_spec, locations
from codeanatomy.product import GraphProductBuildRequest, GraphProductBuildResult
from codeanatomy.replay import replay
from codeanatomy.scan import Scan, check_repository, scan
from codeanatomy.scan.revision import revision
from codeanatomy.semantics.emit import semantic_ir
from codeanatomy.semantics.ir import IR
from codeanatomy.tools import supplies

if TYPE_CHECKING:
    from codeanatomy.observe.export import Export

MOST_NAMED = 20
"""Paths that a failure of a strict build names."""


async def build_graph_product(
    request: GraphProductBuildRequest, events: Events = unwatched, telemetry: Telemetry | None = None
) -> GraphProductBuildResult:
    """Turn one repository into one code property graph, and publish it as the next generation of its output folder.

    Spans, metrics and log records go to `telemetry`; without it to providers of this build's own if `request.otel` asks for some, and
    otherwise to the global ones. It may name the run; an id that a run has had is refused (CA165). Raises `Coded` for every expected failure
    (its subclass `EngineError` for those of the engine); the former generation then stays as it was. Cancelling the surrounding scope, or
    the task, stops every worker and the engine before it returns. However a build ends, its files are in `runs/RUN/` of the output folder;
    the last event of one that does not come to its end says where.
    """
    results: list[GraphProductBuildResult] = []

    async def build() -> None:
        results.append(await _whole(request, events, telemetry))

    # In a task of its own: no shield of anyio holds against asyncio's own cancelling of a task (`Task.cancel`, `wait_for`), only against a scope's.
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(build)
    except BaseExceptionGroup as errors:
        failure = cause(errors)
    else:
        return results[0]
    raise failure


async def _whole(request: GraphProductBuildRequest, events: Events, telemetry: Telemetry | None) -> GraphProductBuildResult:
    if telemetry is None and request.otel.wanted:
        return await _exported(request, events)
    run = Run.begin(events, telemetry)
    async with telling(run, request, Begun(claimed=telemetry is None or telemetry.run_id is None)) as begun:
        return await _build(run, request, begun)


async def _build(run: Run, request: GraphProductBuildRequest, begun: Begun) -> GraphProductBuildResult:
    with run.whole(str(request.repository)), _deadline(request.timeout):
        await to_thread.run_sync(check_repository, request.repository)  # else its folder of tables would be made
        if not begun.claimed:  # before anything is written into the folder of another run
            await to_thread.run_sync(auxiliary.claim, run.run_id, request.run_folder(run.run_id), request.output)
            begun.claimed = True
        async with beating(run), output_folder(request.output) as output, work_folder(request.work, request.scratch, request.output):
            try:
                if request.rulepack_profile == REPLAY:
                    settled, generation = await replay(run, request, begun, output)
                else:
                    settled, generation = await _new_generation(run, request, begun, output)
            finally:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(leftovers.clean_runs, request, run.run_id)
            report, warnings = None, settled.result.warnings
            if request.include_run_bundle:
                with run.stage(spans.REPORT):
                    report, more = await to_thread.run_sync(write_report, run, request, settled, generation)
                    warnings = [*warnings, *more]
    return settled.result.published(generation).done(run.seconds, run.stages, report, warnings)


async def _new_generation(run: Run, request: GraphProductBuildRequest, begun: Begun, output: OutputFolder) -> tuple[Settled, int]:
    with run.stage(spans.SCAN):
        begun.sources = sources = await scan(request.repository, request.scan_settings, request.confinement)
        begun.revision = await revision(request.repository, request.confinement)
        run.tell(FilesFound(len(sources.sources)))
    with run.stage(spans.EXTRACTION):
        evidence = await _extract(run, sources, request, begun.evidence)
        begun.failures = failures = await to_thread.run_sync(auxiliary.one_row_a_source, evidence.failures)
        if request.strict_extraction:
            _refuse(failures)
        begun.problems = problems = await auxiliary.write_failures(run, failures, request.errors_folder)
    with run.stage(spans.SEMANTIC_IR_COMPILE):
        ir = await to_thread.run_sync(lambda: semantic_ir(engine.operator_ports()))
    with run.stage(spans.SPEC_BUILD):
        versions = {name: table.version for name, table in evidence.tables.items()} | {EXTRACT_ERRORS.name: problems.version}
        begun.spec = spec = await to_thread.run_sync(_spec, ir, versions, request)
    begun.graph = graph = await execute(run, spec, request)
    with run.stage(spans.AUXILIARY_OUTPUTS):
        places = locations(versions, request)
        read = {table.name: places[table.name] for table in ir.relations}
        views = await auxiliary.write_views(run, ir, request.output)
        facts, tables = tables_of(request, evidence.tables, problems, graph, views)
        made = Made(sources, begun.revision, evidence, failures, facts, tables, read, spec, graph)
        determinism = await verify(request.determinism_tier, request.output, output.former, made.said(request))
        begun.settled = settled = await settle(run, request, made, determinism, output)
    with run.stage(spans.PUBLISH):
        with timed(run, "generation.publish"):
            begun.generation = generation = await output.publish(settled.result.record())
        with timed(run, "generation.clean"):
            await output.clean(request.keep_generations)
            needed = {name: table.version for name, table in settled.result.evidence.items()}
            await to_thread.run_sync(leftovers.clean, request, needed)
    return settled, generation


async def _exported(request: GraphProductBuildRequest, events: Events) -> GraphProductBuildResult:
    """The build with exporters of its own, which end with it."""
    run_id = new_run_id()
    export = await to_thread.run_sync(_export, request, run_id)
    try:
        result = await _whole(request, events, export.telemetry)
    finally:
        with anyio.CancelScope(shield=True):
            warnings = await to_thread.run_sync(export.close)
    return result.warned(warnings)


def _export(request: GraphProductBuildRequest, run_id: str) -> Export:
    """In a thread, its import too: the SDK comes with it."""
    from codeanatomy.observe.export import Export

    return Export(request.otel, run_id, request.run_folder(run_id))


async def _extract(run: Run, sources: Scan, request: GraphProductBuildRequest, collection: Collection[Written]) -> Collection[Written]:
    async def writer(table: Table) -> MeasuredWriter:
        return await open_measured(run, table, request.evidence_folder(table.name))

    return await collect(
        sources,
        EXTRACTORS,
        writer,
        request.worker_count,
        supplies(request),
        events=run.tell,
        confinement=request.confinement,
        collection=collection,
    )


def _refuse(failures: list[Failure]) -> None:
    """Raises CA860 where a source has a failure."""
    errors = [failure for failure in failures if failure.severity == "error"]
    if errors:
        first, codes, paths = errors[0], count_by_code(errors), sorted({failure.path for failure in errors})
        have = "1 source has" if len(paths) == 1 else f"{len(paths)} sources have"
        told = ", ".join(f"{count} × {code}" for code, count in codes.items())
        raise Coded(
            "CA860",
            f"{have} failures ({told}), such as {first.path}: {first.message}",
            "mend or exclude them, or build without --strict-extraction",
            {"failures": codes, "paths": paths[:MOST_NAMED]},
        )


def _spec(ir: IR, versions: Mapping[str, int], request: GraphProductBuildRequest) -> str:
    return execution_spec(ir, versions, request).to_json()


@contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """A scope that is cancelled after so many seconds, if any. Raises CA691 then."""
    with anyio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise Coded("CA691", f"the build took longer than its {seconds:g} s", "give a larger --timeout", {"timeout": seconds})
