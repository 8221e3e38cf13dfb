"""What a build is asked for and what it gives back: `GraphProductBuildRequest`, `GraphProductBuildResult`. They do nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeanatomy.catalog.defaults import (
    DETERMINISM_TIERS,
    ENGINE_PROFILE,
    KEPT_GENERATIONS,
    KEPT_RUNS,
    PREVIEW_REDACTIONS,
    RULEPACK_PROFILES,
    RUNTIME_PROFILES,
    TRACING_PRESETS,
)
from codeanatomy.catalog.resolution import ResolutionLimits
from codeanatomy.catalog.settings import SETTINGS, Setting
from codeanatomy.catalog.tables import EXTRACT_ERRORS
from codeanatomy.configuration.value import WrongValue, from_value, place
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe.config import OtelConfig
from codeanatomy.sandbox.confinement import UNCONFINED, Confinement
from codeanatomy.scan.settings import ScanSettings
from codeanatomy.tools.config import ScipIndexConfig

if TYPE_CHECKING:
    from codeanatomy.configuration.effective import Given


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphProductBuildRequest:
    """A build of one repository. Every field but the repository is a setting of `catalog.settings`; null means its default there.

    A `runtime_profile` fills the fields that have their default. `origins` is what the manifest says of where a setting comes from, by field; a
    request that has it was made of a configuration, in which the runtime profile has had its say. Choices may be written in any case, and
    paths become absolute at once. Raises CA165 for a value that a field cannot take.
    """

    repo_root: str | os.PathLike[str]
    output_dir: str | os.PathLike[str] | None = None
    work_dir: str | os.PathLike[str] | None = None
    workers: int | None = None
    runtime_profile: str | None = None
    engine_profile: str = ENGINE_PROFILE
    rulepack_profile: str = RULEPACK_PROFILES[0]
    determinism_tier: str = DETERMINISM_TIERS[0]
    timeout: float | None = None
    strict_extraction: bool = False
    keep_generations: int = KEPT_GENERATIONS
    keep_runs: int = KEPT_RUNS
    require_sandbox: bool = False
    no_sandbox: bool = False
    include_globs: tuple[str, ...] = ()
    exclude_globs: tuple[str, ...] = ()
    include_untracked: bool = False
    include_submodules: bool = False
    include_worktrees: bool = False
    follow_symlinks: bool = False
    resolution: ResolutionLimits = field(default_factory=ResolutionLimits)
    scip: ScipIndexConfig = field(default_factory=ScipIndexConfig)
    external_interface_depth: str = "metadata"
    types: str = "auto"
    enable_libcst: bool = True
    enable_tree_sitter: bool = True
    enable_compliance: bool = False
    enable_rule_tracing: bool = False
    enable_plan_preview: bool = False
    plan_preview_redaction: str = PREVIEW_REDACTIONS[0]
    tracing_preset: str = TRACING_PRESETS[0]
    instrument_object_store: bool = False
    include_errors: bool = True
    include_manifest: bool = True
    include_run_bundle: bool = True
    otel: OtelConfig = field(default_factory=OtelConfig)
    origins: Mapping[str, Given] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._check("repo_root", place)
        if self.origins:
            return
        for setting in SETTINGS:
            self._check(setting.field, partial(_checked, setting))
        if self.runtime_profile is None:
            return
        defaults = {field.name: field.default for field in fields(self)}
        for name, value in RUNTIME_PROFILES[self.runtime_profile].items():
            if getattr(self, name) == defaults[name]:
                self._set(name, value)

    def _check(self, field: str, check: Callable[[object], object]) -> None:
        """Hold a field to what it may be. Raises CA165."""
        try:
            given: Any = reduce(getattr, field.split("."), self)
        except AttributeError as error:  # a part of the request is something else
            raise Coded("CA165", f"{field}: {error}", "give an object of the class that the request declares", {"field": field}) from error
        try:
            value = check(given)
        except WrongValue as wrong:
            raise Coded("CA165", f"{field}: {wrong}", wrong.hint, {"field": field}) from wrong
        if value is not given:
            self._set(field, value)

    def _set(self, field: str, value: object) -> None:
        """Of a frozen object, which nobody has seen yet."""
        name, *rest = field.split(".")
        object.__setattr__(self, name, altered(getattr(self, name), rest, value))

    @property
    def repository(self) -> Path:
        return Path(self.repo_root)

    @property
    def output(self) -> Path:
        return Path(self.output_dir) if self.output_dir else self.repository / "build" / "codeanatomy"

    @property
    def work(self) -> Path:
        return Path(self.work_dir) if self.work_dir else self.output / "work"

    @property
    def scratch(self) -> Path:
        return self.work / "scratch"

    def evidence_folder(self, table: str) -> Path:
        """Where the Delta table of that evidence lies."""
        return self.work / "extract" / table

    @property
    def errors_folder(self) -> Path:
        """Where `extract_errors` lies: the engine reads it also when it is not published."""
        return self.output / EXTRACT_ERRORS.name if self.include_errors else self.evidence_folder(EXTRACT_ERRORS.name)

    def run_folder(self, run_id: str) -> Path:
        """Where the files of a run lie."""
        return self.output / "runs" / run_id

    @property
    def scan_settings(self) -> ScanSettings:
        return ScanSettings(**{field.name: getattr(self, field.name) for field in fields(ScanSettings)})

    @property
    def confinement(self) -> Confinement:
        """How far workers and tools are confined. Raises CA111 when both settings are given."""
        if self.require_sandbox and self.no_sandbox:
            raise Coded("CA111", "--require-sandbox and --no-sandbox contradict each other", "give one of them")
        return UNCONFINED if self.no_sandbox else Confinement(required=self.require_sandbox)

    @property
    def worker_count(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))


def _checked(setting: Setting, value: object) -> object:
    """None is what a setting without a default has when it is not given."""
    return value if value is None and setting.default is None else from_value(setting, value)


def altered(part: Any, names: Sequence[str], value: object) -> Any:
    """A request, or a part of one, but for one field somewhere inside it; without names the value."""
    if not names:
        return value
    name, *rest = names
    return replace(part, **{name: altered(getattr(part, name), rest, value)})


@dataclass(frozen=True, slots=True)
class TableResult:
    """A table as it was written: rows, Delta version, data files, their bytes, and the fingerprint of its content."""

    rows: int
    version: int
    files: int
    bytes: int
    fingerprint: str

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> TableResult:
        """What the engine says of a table that it wrote."""
        return cls(*(written[name] for name in ("rows", "version", "files", "bytes", "fingerprint")))


@dataclass(frozen=True, slots=True)
class Determinism:
    """The tier of a build and its verdict: `recorded` (nothing was asked), `no_earlier_run` (of the same inputs), `verified` (the run named here
    said the same), `replayed` (it was computed again and came to the same), `differs` (it did not) or `unfinished` (the build ended before)."""

    tier: str
    verdict: str
    generation: int | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class GraphProductBuildResult:
    """A finished build. Times are wall seconds; every path exists, and is None where it was not asked for."""

    run_id: str
    generation: int
    repository: Path
    output_dir: Path
    work_dir: Path
    manifest_path: Path | None
    run_bundle: Path | None
    report_path: Path | None
    seconds: float
    tables: dict[str, TableResult]
    evidence: dict[str, TableResult]
    files_scanned: int
    files_failed: int
    failures: dict[str, int]
    problems: tuple[Failure, ...]
    """What `extract_errors` holds."""
    spec_hash: str
    envelope_hash: str
    rulepack_profile: str
    limits: dict[str, int]
    """Those of the analysis of values, as they held: `ResolutionLimits` under the rulepack profile."""
    determinism: Determinism
    warnings: list[str] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    compliance: dict[str, Any] | None = field(default=None, repr=False)
    """What the engine accounts for where `enable_compliance` asks it to: the same as `compliance.json` of the run bundle."""

    def record(self) -> dict[str, Any]:
        """What the generation names: the run, the repository, its hashes and rules, every table at its version, and the evidence of which it was made."""
        return {
            "run_id": self.run_id,
            "repository": str(self.repository),
            "spec_hash": self.spec_hash,
            "envelope_hash": self.envelope_hash,
            "rulepack_profile": self.rulepack_profile,
            "limits": self.limits,
            "tables": {name: asdict(table) for name, table in self.tables.items()},
            "work_dir": str(self.work_dir),
            "evidence": {name: asdict(table) for name, table in self.evidence.items()},
        }

    def published(self, generation: int) -> GraphProductBuildResult:
        """This result, with the number that publishing gave it."""
        return replace(self, generation=generation)

    def warned(self, warnings: list[str]) -> GraphProductBuildResult:
        """This result with more warnings."""
        return replace(self, warnings=[*self.warnings, *warnings])

    def done(self, seconds: float, stages: dict[str, float], report: Path | None, warnings: list[str]) -> GraphProductBuildResult:
        """This result at the end of everything."""
        return replace(self, seconds=seconds, stages=dict(stages), report_path=report, warnings=warnings)

    def to_dict(self) -> dict[str, Any]:
        """The object that `build --json` prints."""
        return {"status": "ok", **_told(self), "error": None}


@dataclass(frozen=True, slots=True)
class UnfinishedBuild:
    """A build that failed or was cancelled, as far as it came. Every path exists, and is None where nothing was written.

    A build that ended before its run began has no run id. One that ended after publishing has the generation, and its tables.
    """

    status: str
    run_id: str | None
    repository: Path
    output_dir: Path | None = None
    generation: int | None = None
    manifest_path: Path | None = None
    run_bundle: Path | None = None
    report_path: Path | None = None
    seconds: float = 0.0
    tables: dict[str, TableResult] = field(default_factory=dict)
    evidence: dict[str, TableResult] = field(default_factory=dict)
    files_scanned: int = 0
    files_failed: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    spec_hash: str | None = None
    envelope_hash: str | None = None
    determinism: Determinism | None = None
    warnings: list[str] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, result: GraphProductBuildResult, status: str) -> UnfinishedBuild:
        """A build that ended after publishing: all that its result has."""
        told = {field.name: getattr(result, field.name) for field in fields(cls) if field.name != "status"}
        return cls(status=status, **told)

    def to_dict(self, error: object) -> dict[str, Any]:
        """The object that `build --json` prints, with what ended the build."""
        return {"status": self.status, **_told(self), "error": error}


def _told(build: GraphProductBuildResult | UnfinishedBuild) -> dict[str, Any]:
    """What `build --json` prints, however the build ended."""
    paths = {
        "output_dir": build.output_dir,
        "manifest": build.manifest_path,
        "run_bundle": build.run_bundle,
        "report": build.report_path,
    }
    return {
        "run_id": build.run_id,
        "generation": build.generation,
        "repository": str(build.repository),
        **{name: str(path) if path else None for name, path in paths.items()},
        "seconds": round(build.seconds, 3),
        "stages": {name: round(seconds, 3) for name, seconds in build.stages.items()},
        "tables": {name: asdict(table) for name, table in build.tables.items()},
        "evidence": {name: asdict(table) for name, table in build.evidence.items()},
        "files": {"scanned": build.files_scanned, "failed": build.files_failed},
        "failures": build.failures,
        "warnings": build.warnings,
        "spec_hash": build.spec_hash,
        "envelope_hash": build.envelope_hash,
        "determinism": asdict(build.determinism) if build.determinism else None,
    }
