"""What a build says of itself at its end: its measurements, the auxiliary tables, the manifest, the run bundle, the report. It decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from anyio import to_thread

from codeanatomy import engine
from codeanatomy.catalog.tables import EXTRACT_ERRORS, NORMALIZE_OUTPUTS, RUN_MANIFEST
from codeanatomy.collect import Collection, ExtractorOutcome
from codeanatomy.determinism import Said, StoredTable
from codeanatomy.engine.generation import Generation, OutputFolder
from codeanatomy.engine.writer import Written
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe import auxiliary, measure
from codeanatomy.observe.artifacts import compliance_capture
from codeanatomy.observe.bundle import Bundle, pretty
from codeanatomy.observe.delta_log import Extent, extent
from codeanatomy.observe.manifest import FileCounts, RunManifest, configuration, run_manifest, sandbox_warnings
from codeanatomy.observe.report.account import Account
from codeanatomy.observe.report.compose import diagnostics_report
from codeanatomy.observe.report.markdown import markdown
from codeanatomy.observe.report.page import html
from codeanatomy.observe.run import Run
from codeanatomy.product import Determinism, GraphProductBuildRequest, GraphProductBuildResult, TableResult
from codeanatomy.scan import Scan
from codeanatomy.scan.revision import Revision


@dataclass(frozen=True, slots=True)
class Made:
    """What the stages of a build made, up to the graph: `facts` is the evidence, `tables` what is published with the generation. `locations` are
    the folders of all tables that the engine read."""

    sources: Scan
    revision: Revision
    evidence: Collection[Written]
    failures: list[Failure]
    facts: dict[str, TableResult]
    tables: dict[str, TableResult]
    locations: dict[str, tuple[Path, int]]
    spec: str
    graph: dict[str, Any]

    def said(self, request: GraphProductBuildRequest) -> Said:
        """What another run of the same inputs has to say, too."""
        told = {**self.facts, EXTRACT_ERRORS.name: (self.facts | self.tables)[EXTRACT_ERRORS.name], **self.tables}
        folders = folders_of(request, self.facts, self.tables)
        stored = {name: StoredTable(folders[name], table.version, table.fingerprint) for name, table in told.items()}
        return Said(self.graph["spec_hash"], self.graph["envelope_hash"], stored)

    @property
    def files(self) -> FileCounts:
        return FileCounts(len(self.sources.sources), failed_files(self.failures))


@dataclass(frozen=True, slots=True)
class Settled:
    """The result, and what the report is made of."""

    result: GraphProductBuildResult
    made: Made
    manifest: RunManifest
    extents: dict[str, Extent]
    locations: dict[str, Path]
    """Folders of all tables that the result names."""


def tables_of(
    request: GraphProductBuildRequest, evidence: Mapping[str, Written], problems: TableResult, graph: Mapping[str, Any], views: TableResult
) -> tuple[dict[str, TableResult], dict[str, TableResult]]:
    """The evidence of a build, and the tables that it publishes."""
    facts = {name: TableResult.of(asdict(written)) for name, written in evidence.items()}
    tables = {output["table"]: TableResult.of(output) for output in graph["outputs"]} | {NORMALIZE_OUTPUTS.name: views}
    # What is not published lies, and is told, with the evidence.
    (tables if request.include_errors else facts)[EXTRACT_ERRORS.name] = problems
    return facts, tables


def folders_of(request: GraphProductBuildRequest, facts: Iterable[str], tables: Iterable[str]) -> dict[str, Path]:
    """Where evidence and published tables lie."""
    return {name: request.evidence_folder(name) for name in facts} | {name: request.output / name for name in tables}


async def settle(run: Run, request: GraphProductBuildRequest, made: Made, determinism: Determinism, output: OutputFolder | None) -> Settled:
    """Measure, and write what goes with the graph; the table of runs only where there is an `output` to publish it. Raises CA873 when the disk does
    not take the run's files."""
    facts, tables = made.facts, dict(made.tables)
    extents = await to_thread.run_sync(_extents, made)
    earlier = auxiliary.EarlierRuns()
    if request.include_manifest and output is not None:
        columns = [column.name for column in RUN_MANIFEST.columns]
        earlier = await to_thread.run_sync(auxiliary.earlier_runs, request.output, output.former, columns)
    warnings = [
        *warnings_of(request, made.evidence.extractors, made.evidence.warnings, made.graph),
        *earlier.warnings,
        *(await to_thread.run_sync(_of_another, request, output.former) if output and output.former else ()),
    ]
    # In threads, as everything that grows with the repository: it may have thousands of failures.
    await to_thread.run_sync(_measure, run, made, {**facts, **tables}, extents)
    await to_thread.run_sync(note_problems, run, made.failures, warnings)
    bundle = Bundle(request.run_folder(run.run_id), run)
    if request.include_run_bundle:
        await to_thread.run_sync(_write_bundle, bundle, request, made)
    told = await to_thread.run_sync(
        run_manifest,
        run,
        request,
        made.revision,
        made.files,
        made.evidence,
        made.failures,
        facts,
        tables,
        made.graph,
        engine.versions(),
        warnings,
        determinism,
    )
    manifest_path = None
    if request.include_manifest:
        manifest_path = await to_thread.run_sync(bundle.write_synced, "manifest.json", "manifest", told)
    if request.include_manifest and output is not None:
        tables[RUN_MANIFEST.name] = await auxiliary.write_manifest(run, told, request.output, earlier)
    result = GraphProductBuildResult(
        run_id=run.run_id,
        generation=0,
        repository=request.repository,
        output_dir=request.output,
        work_dir=request.work,
        manifest_path=manifest_path,
        run_bundle=bundle.folder if request.include_run_bundle else None,
        report_path=None,
        seconds=run.seconds,
        tables=tables,
        evidence=facts,
        files_scanned=told.files.scanned,
        files_failed=told.files.failed,
        failures=told.failures,
        problems=tuple(made.failures),
        spec_hash=made.graph["spec_hash"],
        envelope_hash=made.graph["envelope_hash"],
        rulepack_profile=made.graph["rulepack"]["profile"],
        limits=await to_thread.run_sync(_limits, made.spec),
        determinism=determinism,
        warnings=warnings,
        compliance=compliance_capture(made.graph).to_dict() if made.graph["compliance"] else None,
    )
    return Settled(result, made, told, extents, folders_of(request, facts, tables))


def write_report(run: Run, request: GraphProductBuildRequest, settled: Settled, generation: int) -> tuple[Path | None, list[str]]:
    """The report and the log of a run that has published, and what came of writing them: a disk that does not take them is a warning."""
    account = Account(
        run,
        settled.manifest,
        settled.made.graph,
        settled.made.failures,
        settled.result.warnings,
        settled.locations,
        settled.extents,
        generation,
    )
    try:
        return write_report_files(account, Bundle(request.run_folder(run.run_id), run)), []
    except Coded as failure:
        return None, [f"CA874: the graph is published, its report is not written: {failure.message}"]


def write_report_files(account: Account, bundle: Bundle) -> Path:
    """The report in its three forms, and the log; returns where the page is. Raises CA873 when the disk does not take them."""
    report = diagnostics_report(account)
    bundle.write("report.json", "report_json", pretty(report))
    bundle.write("report.md", "report_md", markdown(report).encode())
    path = bundle.write("report.html", "report_html", html(report).encode())
    bundle.write_log()
    return path


def note_problems(run: Run, failures: list[Failure], warnings: list[str]) -> None:
    """Count and log failures of sources and warnings, unless it was done: a build that fails at its end notes them before and after."""
    if any(line["event"] in ("warning", "failure") for line in run.log.lines):
        return
    measure.measure_failures(run, failures)
    for warning in warnings:
        run.warn(warning)
    for failure in failures:
        run.problem(failure)


def failed_files(failures: list[Failure]) -> int:
    """How many sources have a failure of severity `error`."""
    return len({failure.path for failure in failures if failure.severity == "error"})


def _of_another(request: GraphProductBuildRequest, former: Generation) -> list[str]:
    """A warning where the generation that is replaced is not of this repository, so far as its record says."""
    then = former.record.get("repository")
    if then is None or Path(then).resolve() == request.repository.resolve():
        return []
    of = f"of another repository, {then}: this one is of {request.repository}"
    return [f"CA113: generation {former.number}, whose place this one takes, is {of}"]


def _limits(spec: str) -> dict[str, int]:
    limits: dict[str, int] = json.loads(spec)["operator_parameters"]["resolve"]["limits"]
    return limits


def _extents(made: Made) -> dict[str, Extent]:
    return {name: extent(location, version) for name, (location, version) in made.locations.items()}


def _measure(run: Run, made: Made, tables: dict[str, TableResult], extents: dict[str, Extent]) -> None:
    measure.measure_engine(run, made.graph)
    measure.measure_inputs(run, extents)
    measure.measure_tables(run, tables)


def warnings_of(
    request: GraphProductBuildRequest, extractors: Mapping[str, ExtractorOutcome], collected: list[str], graph: Mapping[str, Any] | None
) -> list[str]:
    """What a build warns of: its sandbox if anything ran in it, its extractors, and its engine if that was done."""
    return [
        *(sandbox_warnings(request.confinement, extractors.values()) if extractors else ()),
        *collected,
        *(f"{warning['code']}: {warning['message']}" for warning in (graph["warnings"] if graph else ())),
    ]


def _write_bundle(bundle: Bundle, request: GraphProductBuildRequest, made: Made) -> None:
    bundle.write_json("config.json", "config", configuration(request))
    bundle.write_plan(json.loads(made.spec), made.graph)
