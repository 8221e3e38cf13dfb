"""The objects that `--json` prints, once each: what a command prints is built from them or held against them, and `schemas/` is made of them.

A command that fails prints `Failed` instead; `build` has an object of its own for that.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from codeanatomy.catalog.questions import QUESTIONS, Question
from codeanatomy.catalog.shapes import Column

Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with these fields and no others."""


class Problem(Answer, frozen=True):
    """An expected failure: its code, the stage it arose in, what happened, what to do, and the facts."""

    code: str
    stage: str
    message: str
    hint: str = ""
    details: dict[str, Any] = {}


class Failed(Answer, frozen=True, tag_field="status", tag="failed"):
    """A command that failed."""

    error: Problem


class TableWritten(Answer, frozen=True):
    """A table as it was written. The fingerprint is that of its content, whatever the order of rows."""

    rows: int
    version: int
    files: int
    bytes: int
    fingerprint: str


class FileCounts(Answer, frozen=True):
    """Sources of the scan, and those with a failure of severity `error`."""

    scanned: int
    failed: int


class BuildDeterminism(Answer, frozen=True):
    """The determinism tier of a build and its verdict; `generation` and `run_id` are those of the run that it was held to."""

    tier: Literal["best_effort", "reproducible", "canonical"]
    verdict: Literal["recorded", "no_earlier_run", "verified", "replayed", "differs", "unfinished"]
    generation: int | None
    run_id: str | None


class AnyBuild(Answer, frozen=True):
    """A build as far as it came. Times are wall seconds; what lies before its run is null."""

    run_id: str | None
    generation: int | None
    repository: str
    output_dir: str | None
    manifest: str | None
    run_bundle: str | None
    report: str | None
    seconds: float
    stages: dict[str, float]
    tables: dict[str, TableWritten]
    evidence: dict[str, TableWritten]
    files: FileCounts
    failures: dict[str, int]
    warnings: list[str]
    spec_hash: str | None
    envelope_hash: str | None
    determinism: BuildDeterminism | None


class Built(AnyBuild, frozen=True, tag_field="status", tag="ok", kw_only=True):
    """A build that published. Times are wall seconds."""

    run_id: str
    generation: int
    output_dir: str
    spec_hash: str
    envelope_hash: str
    determinism: BuildDeterminism
    error: None = None


class BuildUnfinished(AnyBuild, frozen=True, kw_only=True):
    """A build as far as it came. `generation` and `tables` are there if it had published before it ended; what lies before its run is null."""

    error: Problem


class BuildFailed(BuildUnfinished, frozen=True, tag_field="status", tag="failed"):
    """A build that failed."""


class BuildCancelled(BuildUnfinished, frozen=True, tag_field="status", tag="cancelled"):
    """A build that a signal ended."""


class QueryRows(Answer, frozen=True):
    """The result of a query: the names of its columns, and each row by them."""

    columns: list[str]
    rows: list[dict[str, Any]]


class Relation(Answer, frozen=True):
    """A view or table that queries may name (`--views`)."""

    name: str
    kind: Literal["view", "table"]
    sentence: str


class RelationColumn(Answer, frozen=True):
    """A column of a view or table (`--describe`)."""

    column: str
    sentence: str


class FailurePage(Answer, frozen=True):
    """The page of a failure code."""

    code: str
    name: str
    stage: str
    level: Literal["source", "warning", "build"]
    what: str
    why: str
    next: str
    exit: int


class Versions(Answer, frozen=True):
    """The versions of everything that takes part in a build."""

    codeanatomy: str
    python: str
    platform: str
    engine: dict[str, str]
    packages: dict[str, str]


class Checked(Answer, frozen=True):
    """One thing that was looked at: how it is, what was seen, and what to do about it."""

    what: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    next: str = ""


class Diagnosis(Answer, frozen=True):
    """What `diag` found: `fail` if anything failed, else `warn` if there is a warning."""

    status: Literal["ok", "warn", "fail"]
    checks: list[Checked]


class SettingShown(Answer, frozen=True):
    """A setting that holds: its key, value, the source of that (`default`, `file`, `environment`, `flag`), and the place there."""

    key: str
    value: Any
    source: str
    place: str


class ConfigShown(Answer, frozen=True):
    """The settings of a build of that repository. `hides` is a second file, which is not read."""

    repository: str
    file: str | None
    hides: str | None
    settings: list[SettingShown]


class ConfigProblem(Answer, frozen=True):
    """What is wrong with a place of a configuration file, or with a variable of the environment."""

    code: str
    place: str
    message: str
    hint: str


class ConfigValidated(Answer, frozen=True):
    """Whether a configuration can be used."""

    valid: bool
    file: str | None
    problems: list[ConfigProblem]


class ConfigWritten(Answer, frozen=True):
    """The template that was written."""

    file: str


class PlanOutput(Answer, frozen=True):
    """A table that the build would write, and the view it takes its rows from."""

    table: str
    view: str
    location: str
    columns: list[str]
    promises: int


class PlanSummary(Answer, frozen=True):
    """What there is to compute, in numbers."""

    spec_hash: str
    input_relation_count: int
    view_count: int
    sql_view_count: int
    operator_view_count: int
    operator_run_count: int
    output_target_count: int
    promise_count: int
    pruned_view_count: int


class GraphNode(Answer, frozen=True):
    """A relation that is read, a view that is computed, or a table that is written."""

    name: str
    kind: Literal["relation", "view", "output"]


class GraphEdge(Answer, frozen=True, rename={"source": "from", "target": "to"}):
    """Who is read by whom."""

    source: str
    target: str


class PlanGraph(Answer, frozen=True):
    """What is computed from what."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]


class PlanJob(Answer, frozen=True):
    """An operator that runs, a view that is computed once for several or a table that is written, and the jobs that it waits for."""

    name: str
    kind: Literal["operator", "view", "output"]
    waits_for: list[str]
    views: list[str]


class PlanSchedule(Answer, frozen=True):
    """Jobs by steps, the jobs one by one, and all views in an order in which they can be computed."""

    groups: list[list[str]]
    jobs: list[PlanJob]
    ordered_tasks: list[str]


class InferredDeps(Answer, frozen=True):
    """What a view reads, the evidence it rests on in the end, and the published tables it is needed for."""

    reads: list[str]
    evidence: list[str]
    outputs: list[str]


class TaskColumn(Answer, frozen=True):
    """A column that a view promises."""

    name: str
    type: str
    nullable: bool


class PlanTask(Answer, frozen=True):
    """A view: how it is computed, from what, for whom, and what it yields. A pruned one is not computed."""

    name: str
    kind: Literal["sql", "operator"]
    operator: str | None
    port: str | None
    inputs: list[str]
    readers: list[str]
    columns: list[TaskColumn]
    pruned: bool


class PlanValidation(Answer, frozen=True):
    """What the engine's compiler says of the spec. The hash is null where it refuses it."""

    valid: bool
    spec_hash: str | None
    schema_version: int
    engine: dict[str, str]
    checks: list[Checked]
    error: Problem | None = None


class Planned(Answer, frozen=True):
    """What a build would compute. Parts that were not asked for are left out."""

    plan_signature: str
    task_count: int
    repository: str
    output_targets: list[PlanOutput]
    summary: PlanSummary
    graph: PlanGraph | Unset = UNSET
    schedule: PlanSchedule | Unset = UNSET
    inferred_deps: dict[str, InferredDeps] | Unset = UNSET
    task_graph: list[PlanTask] | Unset = UNSET
    validation: PlanValidation | Unset = UNSET


class TableAt(Answer, frozen=True):
    """A table as a generation names it."""

    version: int
    rows: int


class GenerationShown(Answer, frozen=True):
    """A published generation: made by its run, or from an earlier one (of another folder, if exported). `readable`: all its data are there."""

    generation: int
    current: bool
    run_id: str
    restored_from: int | None
    optimized_from: int | None
    exported_from: int | None
    readable: bool
    tables: dict[str, TableAt]


class History(Answer, frozen=True):
    """The generations of an output folder, newest first."""

    output_dir: str
    generations: list[GenerationShown]


class Care(Answer, frozen=True):
    """Files that care of the tables removes or writes, per table. Without `applied` nothing was changed."""

    output_dir: str
    applied: bool
    files: dict[str, list[str]]
    bytes: int
    notes: list[str] = []


class Republished(Answer, frozen=True):
    """What makes a new generation: its number once it is applied, and the table versions it names."""

    output_dir: str
    applied: bool
    generation: int | None
    tables: dict[str, TableAt]
    notes: list[str] = []


_TYPES: dict[str, Any] = {"int32": int, "int64": int, "float64": float, "string": str, "bool": bool}


class Asked(Answer, frozen=True):
    """What every answer to a question has: the generation that was asked, what for (names in full), and what limits it.

    `total` is null where not all rows were looked for; `truncated` says whether there are more than these.
    """

    generation: int
    asked: list[str]
    total: int | None
    truncated: bool
    notes: list[str]


def _answer(question: Question) -> Any:
    """The answer to a question: its rows have the columns that the catalog declares."""
    name = question.name.title().replace("_", "")
    row = msgspec.defstruct(f"{name}Row", [(column.name, _value(column)) for column in question.columns], bases=(Answer,), frozen=True)
    rows = Annotated[list[row], msgspec.Meta(description=question.sentence)]  # type: ignore[valid-type]
    return msgspec.defstruct(name, [("rows", rows)], bases=(Asked,), frozen=True, tag_field="question", tag=question.name)


def _value(column: Column) -> Any:
    kind = _TYPES[column.type]
    return Annotated[kind | None if column.nullable else kind, msgspec.Meta(description=column.sentence)]


_ASKED = {question.name: _answer(question) for question in QUESTIONS}


class ExportedFile(Answer, frozen=True):
    """A file that was written."""

    path: str
    bytes: int


class Exported(Answer, frozen=True):
    """A graph in another form: the generation, the form, and the files it is in."""

    generation: int
    format: str
    files: list[ExportedFile]


ANSWERS: dict[str, Any] = {
    "build": Built | BuildFailed | BuildCancelled,
    "plan": Planned,
    "query": QueryRows | list[Relation],
    "query-describe": list[RelationColumn],
    **{f"ask-{name}": answer for name, answer in _ASKED.items() if name not in ("imports", "import_cycles")},
    "ask-imports": _ASKED["imports"] | _ASKED["import_cycles"],
    "export": Exported,
    "config-show": ConfigShown,
    "config-validate": ConfigValidated,
    "config-init": ConfigWritten,
    "delta-history": History,
    "delta-vacuum": Care,
    "delta-checkpoint": Care,
    "delta-cleanup-log": Care,
    "delta-optimize": Republished,
    "delta-restore": Republished,
    "delta-export": Republished,
    "diag": Diagnosis,
    "explain": FailurePage,
    "explain-all": dict[str, FailurePage],
    "version": Versions,
    "failed": Failed,
}
"""The answer of each command, by the name of its schema. `failed` is what every command but `build` prints when it fails."""


def schema(name: str) -> str:
    """The JSON Schema of an answer, as its file holds it."""
    made = msgspec.json.schema(ANSWERS[name])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"codeanatomy {name.replace('-', ' ')} --json"}
    return msgspec.json.format(msgspec.json.encode(head | made), indent=2).decode() + "\n"
