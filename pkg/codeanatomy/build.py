"""A whole build, read top to bottom: scan → extraction → semantics → engine → auxiliary → publish. How a step works is in the module it calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import anyio
from anyio import to_thread

from codeanatomy import engine
from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.shapes import Table
from codeanatomy.catalog.tables import EXTRACT_ERRORS
from codeanatomy.collect import Collection, collect
from codeanatomy.engine.generation import output_folder
from codeanatomy.engine.writer import TableWriter, Written, open_writer
from codeanatomy.events import Events, FilesFound, unwatched
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe import auxiliary, manifest
from codeanatomy.observe.run import Run
from codeanatomy.plan import execution_spec
from codeanatomy.product import GraphProductBuildRequest, GraphProductBuildResult, TableResult
from codeanatomy.scan import Scan, check_repository, scan
from codeanatomy.semantics.emit import semantic_ir
from codeanatomy.semantics.ir import IR
from codeanatomy.tools import supplies

MOST_NAMED = 20
"""Paths that a failure of a strict build names."""


async def build_graph_product(request: GraphProductBuildRequest, events: Events = unwatched) -> GraphProductBuildResult:
    """Turn one repository into one code property graph, and publish it as the next generation of its output folder.

    Raises `Coded` for every expected failure (its subclass `EngineError` for those of the engine); the former generation then stays as it
    was. Cancelling the surrounding scope stops every worker and the engine before it returns.
    """
    run = Run.begin(events)
    with _deadline(request.timeout):
        await to_thread.run_sync(check_repository, request.repository)  # else its folder of tables would be made
        async with output_folder(request.output) as output:
            with run.stage("scan"):
                sources = await scan(request.repository, request.scan_settings, request.confinement)
                events(FilesFound(len(sources.sources)))
            with run.stage("extraction"):
                evidence = await _extract(sources, request, events)
                failures = auxiliary.one_row_a_source(evidence.failures)
                if request.strict_extraction:
                    _refuse(failures)
                problems = await auxiliary.write_failures(failures, request.output)
            with run.stage("semantics"):
                ir = semantic_ir(engine.operator_ports())
                spec = _spec(ir, evidence, problems, request)
            with run.stage("engine"):
                graph = await engine.run(spec, request.engine_profile)
            with run.stage("auxiliary"):
                result = await _account(run, request, sources, evidence, failures, problems, ir, graph)
            with run.stage("publish"):
                generation = await output.publish(result.record())
                await output.clean(request.keep_generations)
    return result.published(generation, run.seconds, run.stages)


async def _extract(sources: Scan, request: GraphProductBuildRequest, events: Events) -> Collection[Written]:
    async def writer(table: Table) -> TableWriter:
        return await open_writer(table, request.evidence_folder(table.name))

    return await collect(
        sources, EXTRACTORS, writer, request.worker_count, supplies(request), events=events, confinement=request.confinement
    )


def _refuse(failures: list[Failure]) -> None:
    """Raises CA860 where a source has a failure."""
    errors = [failure for failure in failures if failure.severity == "error"]
    if errors:
        first, codes = errors[0], manifest.count_by_code(errors)
        told = ", ".join(f"{count} × {code}" for code, count in codes.items())
        raise Coded(
            "CA860",
            f"{len({failure.path for failure in errors})} sources have failures ({told}), such as {first.path}: {first.message}",
            "mend or exclude them, or build without --strict-extraction",
            {"failures": codes, "paths": sorted({failure.path for failure in errors})[:MOST_NAMED]},
        )


def _spec(ir: IR, evidence: Collection[Written], problems: TableResult, request: GraphProductBuildRequest) -> str:
    versions = {name: table.version for name, table in evidence.tables.items()}
    return execution_spec(ir, {**versions, EXTRACT_ERRORS.name: problems.version}, request).to_json()


async def _account(
    run: Run,
    request: GraphProductBuildRequest,
    sources: Scan,
    evidence: Collection[Written],
    failures: list[Failure],
    problems: TableResult,
    ir: IR,
    graph: dict[str, Any],
) -> GraphProductBuildResult:
    """The auxiliary tables, the manifest, and the result that says where everything is."""
    tables = {output["table"]: TableResult.of(output) for output in graph["outputs"]}
    tables["normalize_outputs"] = await auxiliary.write_views(ir, request.output)
    tables[EXTRACT_ERRORS.name] = problems
    facts = {name: TableResult.of(asdict(written)) for name, written in evidence.tables.items()}
    manifest.measure_extraction(run, evidence.extractors.values(), failures)
    manifest.measure_engine(run, graph)
    manifest.measure_tables(run, {**facts, **tables})
    files = {"scanned": len(sources.sources), "failed": len({failure.path for failure in failures if failure.severity == "error"})}
    told = manifest.manifest(run, request, files, evidence, failures, facts, tables, graph, engine.versions())
    path = request.output / "runs" / run.run_id / "manifest.json"
    await to_thread.run_sync(manifest.write_json, path, told)
    tables["run_manifest"] = await auxiliary.write_manifest(told, request.output)
    return GraphProductBuildResult(
        run_id=run.run_id,
        generation=0,
        repository=request.repository,
        output_dir=request.output,
        manifest_path=path,
        seconds=run.seconds,
        tables=tables,
        evidence=facts,
        files_scanned=files["scanned"],
        files_failed=files["failed"],
        failures=told["failures"],
        spec_hash=graph["spec_hash"],
        envelope_hash=graph["envelope_hash"],
        warnings=told["warnings"],
    )


@contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """A scope that is cancelled after so many seconds, if any. Raises CA691 then."""
    with anyio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise Coded("CA691", f"the build took longer than its {seconds:g} s", "give a larger --timeout", {"timeout": seconds})
