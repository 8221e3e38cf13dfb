"""The manifest of a run: what ran, with what, and what came of it, as one documented JSON object. Every figure is read from what ran."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import metadata
from typing import Any

import msgspec

from codeanatomy.collect import Collection, ExtractorOutcome
from codeanatomy.failure import Failure
from codeanatomy.observe.run import Run
from codeanatomy.product import Determinism, GraphProductBuildRequest, TableResult
from codeanatomy.sandbox.confinement import TOOL, WORKER, Confinement
from codeanatomy.scan.revision import Revision

SCHEMA_VERSION = 4
CANCELLED = "CA690"


class Repository(msgspec.Struct, frozen=True):
    """What was built: its folder, and the commit and branch that git has there; null where git says nothing."""

    root: str
    commit: str | None
    branch: str | None
    dirty: bool | None


class Tools(msgspec.Struct, frozen=True):
    """What it was built with."""

    codeanatomy: str
    python: str
    platform: str
    engine: dict[str, str]


class Configured(msgspec.Struct, frozen=True):
    """A setting: its value, whether it is from `default`, `file`, `environment`, `flag` or the library's `request`, and where there (`FILE:LINE`, ...)."""

    value: Any
    source: str
    place: str


class InForce(msgspec.Struct, frozen=True):
    """What confined all processes of a kind, and what did not confine some of them although it was wanted."""

    in_force: list[str]
    missing: list[str]


class Sandbox(msgspec.Struct, frozen=True):
    """What confined workers and tools; null where none ran."""

    required: bool
    workers: InForce | None
    tools: InForce | None


class FileCounts(msgspec.Struct, frozen=True):
    """Sources of the scan, and those of them with a failure."""

    scanned: int
    failed: int


class EngineFacts(msgspec.Struct, frozen=True):
    """What the engine says of its run."""

    profile: str
    rulepack: dict[str, Any]
    limits: dict[str, Any]
    seconds: dict[str, float]
    operators: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    unused_views: list[str]
    peak_pool_bytes: int


class RunError(msgspec.Struct, frozen=True):
    """What ended a run: its code (null for a bug) with the stage that the catalog gives it, in which stage of the build, what happened, and the facts."""

    code: str | None
    stage: str
    during: str | None
    message: str
    hint: str
    details: dict[str, Any]

    @property
    def status(self) -> str:
        """What the run is then."""
        return "cancelled" if self.code == CANCELLED else "failed"


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest up to the publishing of the tables, or up to what ended the run before; `engine` and the hashes are null if its engine was not done."""

    schema_version: int
    run_id: str
    status: str
    started: str
    seconds: float
    repository: Repository
    tools: Tools
    configuration: dict[str, Configured]
    sandbox: Sandbox
    files: FileCounts
    failures: dict[str, int]
    extractors: dict[str, ExtractorOutcome]
    evidence: dict[str, TableResult]
    tables: dict[str, TableResult]
    spec_hash: str | None
    envelope_hash: str | None
    determinism: Determinism
    engine: EngineFacts | None
    error: RunError | None
    warnings: list[str]
    stages: dict[str, float]
    cpu_seconds: dict[str, float]
    metrics: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        told: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        return told


def run_manifest(
    run: Run,
    request: GraphProductBuildRequest,
    revision: Revision,
    files: FileCounts,
    collected: Collection[Any],
    failures: Iterable[Failure],
    evidence: Mapping[str, TableResult],
    tables: Mapping[str, TableResult],
    graph: Mapping[str, Any] | None,
    engine_versions: Mapping[str, str],
    warnings: list[str],
    determinism: Determinism,
    error: RunError | None = None,
) -> RunManifest:
    """The manifest of a run whose tables are written, or that an error ended."""
    return RunManifest(
        schema_version=SCHEMA_VERSION,
        run_id=run.run_id,
        status=error.status if error else "ok",
        started=run.started,
        seconds=round(run.seconds, 3),
        repository=Repository(str(request.repository), revision.commit, revision.branch, revision.dirty),
        tools=Tools(metadata.version("codeanatomy"), platform.python_version(), platform.platform(), dict(engine_versions)),
        configuration=configuration(request),
        sandbox=sandbox(request.confinement, list(collected.extractors.values())),
        files=files,
        failures=count_by_code(failures),
        extractors=collected.extractors,
        evidence=dict(evidence),
        tables=dict(tables),
        spec_hash=graph["spec_hash"] if graph else None,
        envelope_hash=graph["envelope_hash"] if graph else None,
        determinism=determinism,
        engine=_engine_facts(request, graph) if graph else None,
        error=error,
        warnings=warnings,
        stages=dict(run.stages),
        cpu_seconds=dict(run.cpu_seconds),
        metrics=run.measures.snapshot(),
    )


def _engine_facts(request: GraphProductBuildRequest, graph: Mapping[str, Any]) -> EngineFacts:
    facts = ("rulepack", "limits", "seconds", "operators", "inputs", "unused_views", "peak_pool_bytes")
    return EngineFacts(request.engine_profile, **{name: graph[name] for name in facts})


def configuration(request: GraphProductBuildRequest) -> dict[str, Configured]:
    """Every setting by its dotted name. Values of headers are secrets and not told."""
    default = dict(_settings(GraphProductBuildRequest(repo_root=request.repo_root)))
    found = ((name, value) for name, value in _settings(request) if name != "repo_root")
    return {name: Configured(_open(name, value), *_origin(request, name, value, default[name])) for name, value in found}


def _origin(request: GraphProductBuildRequest, name: str, value: Any, default: Any) -> tuple[str, str]:
    """Source and place of a value: those of the configuration that the request was made of, unless the caller of the library put another value there."""
    origin = request.origins.get(name)
    if origin is not None and origin.value == value:
        return origin.source, origin.place
    return ("default" if value == default else "request"), ""


def _settings(part: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in (field for field in fields(part) if field.compare):  # `origins` is none
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from _settings(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value


def _open(name: str, value: Any) -> Any:
    return [header.partition("=")[0] for header in value] if name == "otel.headers" else value


def sandbox(confinement: Confinement, outcomes: list[ExtractorOutcome]) -> Sandbox:
    """What confined workers and tools."""
    workers = [outcome.in_force for outcome in outcomes if outcome.shards]
    tools = [tuple(tool["in_force"]) for outcome in outcomes for tool in outcome.tools]
    return Sandbox(confinement.required, _in_force(confinement, WORKER, workers), _in_force(confinement, TOOL, tools))


def _in_force(confinement: Confinement, wanted: frozenset[str], found: list[tuple[str, ...]]) -> InForce | None:
    if not found:
        return None
    missing = {means for in_force in found for means in confinement.missing(wanted, in_force)}
    return InForce(sorted(frozenset.intersection(*map(frozenset, found))), sorted(missing))


def sandbox_warnings(confinement: Confinement, outcomes: Iterable[ExtractorOutcome]) -> list[str]:
    """CA220 for what workers should have had in force and had not."""
    workers = sandbox(confinement, list(outcomes)).workers
    missing = workers.missing if workers else []
    return [f"CA220: this system cannot confine workers completely: it lacks {', '.join(missing)}"] if missing else []


def count_by_code(failures: Iterable[Failure]) -> dict[str, int]:
    """How many failures there are of each code."""
    return dict(sorted(Counter(failure.code for failure in failures).items()))
