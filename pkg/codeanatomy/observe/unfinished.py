"""What a build leaves that fails or is cancelled: the same files as any other, as far as it came. It publishes nothing and mends nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from codeanatomy import engine
from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.catalog.tables import EXTRACT_ERRORS
from codeanatomy.collect import Collection, ExtractorOutcome
from codeanatomy.determinism import DIFFERS
from codeanatomy.engine.writer import Written
from codeanatomy.events import BuildUnfinished
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe import auxiliary
from codeanatomy.observe.bundle import Bundle
from codeanatomy.observe.manifest import (
    CANCELLED,
    FileCounts,
    RunError,
    RunManifest,
    configuration,
    run_manifest,
)
from codeanatomy.observe.report.account import Account
from codeanatomy.observe.run import Run
from codeanatomy.observe.settle import Settled, failed_files, note_problems, warnings_of, write_report, write_report_files
from codeanatomy.product import Determinism, GraphProductBuildRequest, TableResult, UnfinishedBuild
from codeanatomy.scan import Scan
from codeanatomy.scan.revision import Revision


@dataclass(slots=True)
class Begun:
    """What the stages of a build have made so far: the build notes it, and it is read when the build does not come to its end."""

    claimed: bool
    """Whether the folder of the run is its own: that of an id which the caller gave may be another's."""
    sources: Scan | None = None
    revision: Revision = field(default_factory=Revision)
    evidence: Collection[Written] = field(default_factory=Collection)
    failures: list[Failure] | None = None
    problems: TableResult | None = None
    spec: str | None = None
    graph: dict[str, Any] | None = None
    settled: Settled | None = None
    generation: int | None = None

    @property
    def problems_so_far(self) -> list[Failure]:
        """Failures of sources: each once where the extraction was done, and as extractors told them before."""
        return self.evidence.failures if self.failures is None else self.failures


@asynccontextmanager
async def telling(run: Run, request: GraphProductBuildRequest, begun: Begun) -> AsyncIterator[Begun]:
    """Around a build: whatever ends it before its time, the run's files say so, and watchers are told last of all."""
    try:
        yield begun
    except (Exception, anyio.get_cancelled_exc_class()) as error:
        # Short, and the only account of the run there will be.
        with anyio.CancelScope(shield=True):
            build = await to_thread.run_sync(_tell, run, request, begun, _run_error(run, error))
        if isinstance(error, Coded):
            error.run_bundle = build.run_bundle
        elif isinstance(error, Exception) and build.run_bundle:
            error.add_note(f"The files of the run are in {build.run_bundle}.")
        run.events(BuildUnfinished(build))
        raise
    finally:
        if begun.claimed:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(auxiliary.release, request.run_folder(run.run_id))


def _run_error(run: Run, error: BaseException) -> RunError:
    during = run.current or None
    if isinstance(error, Coded):
        return RunError(error.code, BY_CODE[error.code].stage, during, error.message, error.hint, error.details)
    if isinstance(error, Exception):
        return RunError(None, "bug", during, f"{type(error).__name__}: {error}", "", {})
    return RunError(CANCELLED, BY_CODE[CANCELLED].stage, during, "the build was cancelled", "", {})


def _tell(run: Run, request: GraphProductBuildRequest, begun: Begun, error: RunError) -> UnfinishedBuild:
    if begun.settled and begun.generation:
        return _after_publishing(run, request, begun.settled, begun.generation, error)
    extractors = {name: _as_it_ended(outcome, begun) for name, outcome in begun.evidence.extractors.items()}
    warnings = warnings_of(request, extractors, begun.evidence.warnings, begun.graph)
    note_problems(run, begun.problems_so_far, warnings)
    manifest = _manifest(run, request, begun, extractors, warnings, error)
    build = UnfinishedBuild(
        status=error.status,
        run_id=run.run_id,
        repository=request.repository,
        output_dir=request.output,
        seconds=run.seconds,
        evidence=manifest.evidence,
        files_scanned=manifest.files.scanned,
        files_failed=manifest.files.failed,
        failures=manifest.failures,
        spec_hash=manifest.spec_hash,
        envelope_hash=manifest.envelope_hash,
        determinism=manifest.determinism,
        warnings=warnings,
        stages=dict(run.stages),
    )
    # Where the output folder could not be made, or the repository is not there, nothing else is to appear.
    return _written(run, request, begun, manifest, build) if begun.claimed and request.output.is_dir() else build


def _after_publishing(run: Run, request: GraphProductBuildRequest, settled: Settled, generation: int, error: RunError) -> UnfinishedBuild:
    """The generation is there and its manifest too: only the report is missing, if anything."""
    report, warnings = write_report(run, request, settled, generation) if request.include_run_bundle else (None, [])
    result = settled.result.published(generation)
    return UnfinishedBuild.of(result.done(run.seconds, run.stages, report, [*result.warnings, *warnings]), error.status)


def _as_it_ended(outcome: ExtractorOutcome, begun: Begun) -> ExtractorOutcome:
    """An extractor whose tables are not all committed has not ended."""
    return (
        outcome
        if outcome.extractor in begun.evidence.finished
        else replace(outcome, status="unfinished", reason="the build ended before it")
    )


def _manifest(
    run: Run,
    request: GraphProductBuildRequest,
    begun: Begun,
    extractors: dict[str, ExtractorOutcome],
    warnings: list[str],
    error: RunError,
) -> RunManifest:
    failures, sources = begun.problems_so_far, begun.sources
    evidence = {name: TableResult.of(asdict(written)) for name, written in begun.evidence.tables.items()}
    if begun.problems:
        evidence[EXTRACT_ERRORS.name] = begun.problems
    files = FileCounts(len(sources.sources) if sources else 0, failed_files(failures))
    collected = replace(begun.evidence, extractors=extractors)
    determinism = Determinism(request.determinism_tier, "differs" if error.code in DIFFERS else "unfinished")
    return run_manifest(
        run, request, begun.revision, files, collected, failures, evidence, {}, begun.graph, engine.versions(), warnings, determinism, error
    )


def _written(run: Run, request: GraphProductBuildRequest, begun: Begun, manifest: RunManifest, build: UnfinishedBuild) -> UnfinishedBuild:
    """Write what the settings ask for. A disk that does not take it hides nothing of what ended the build: that is a warning more."""
    bundle, paths = Bundle(request.run_folder(run.run_id), run), dict[str, Path]()
    try:
        if request.include_manifest:
            paths["manifest_path"] = bundle.write_json("manifest.json", "manifest", manifest)
        if request.include_run_bundle:
            bundle.write_json("config.json", "config", configuration(request))
            paths["run_bundle"] = bundle.folder
            _write_plan(bundle, begun)
            paths["report_path"] = write_report_files(_account(run, request, begun, manifest), bundle)
    except Coded as failure:
        build = replace(build, warnings=[*build.warnings, f"CA874: the files of the run are not whole: {failure.message}"])
    return replace(build, **paths)  # type: ignore[arg-type]  # mypy takes the paths for any field


def _write_plan(bundle: Bundle, begun: Begun) -> None:
    if begun.spec and begun.graph:
        bundle.write_plan(json.loads(begun.spec), begun.graph)
    elif begun.spec:
        bundle.write_json("spec.json", "spec", json.loads(begun.spec))


def _account(run: Run, request: GraphProductBuildRequest, begun: Begun, manifest: RunManifest) -> Account:
    locations = {EXTRACT_ERRORS.name: request.errors_folder} | {name: written.location for name, written in begun.evidence.tables.items()}
    return Account(run, manifest, begun.graph, begun.problems_so_far, manifest.warnings, locations, {}, None)
