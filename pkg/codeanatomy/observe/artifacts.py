"""What the engine planned and did, as documented JSON: the artifacts `codeanatomy.engine.*`. Figures are the engine's; null is what it does not say.

The JSON Schema of each is generated from its struct and kept in `schemas/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from codeanatomy.plan import job_kind


class Artifact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every artifact has: its kind and the version of its schema."""

    KIND: ClassVar[str]

    artifact: str
    schema_version: int
    spec_hash: str


class EnginePlanSummaryArtifact(Artifact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a compiled spec holds; null is what a spec of this version does not have."""

    KIND: ClassVar[str] = "codeanatomy.engine.plan_summary"

    view_count: int
    unused_view_count: int
    join_edge_count: int | None
    rule_intent_count: int | None
    rulepack_profile: str | None
    input_relation_count: int
    output_target_count: int


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to do: a run of an operator, or an output; the operators and the tables that it waits for."""

    kind: str
    name: str
    operators: list[str]
    tables: list[str]
    views: list[str]


class EnginePlanScheduleArtifact(Artifact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What runs after what."""

    KIND: ClassVar[str] = "codeanatomy.engine.plan_schedule"

    jobs: list[Job]


class EngineExecutionSummaryArtifact(Artifact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run of a spec did, summed up; `selectivity` is the share of rows that filters let through, null where none ran."""

    KIND: ClassVar[str] = "codeanatomy.engine.execution_summary"

    envelope_hash: str
    output_rows: int
    output_batches: int
    output_bytes: int
    elapsed_compute_nanos: int
    spill_file_count: int
    spilled_bytes: int
    spilled_rows: int
    selectivity: float | None
    operator_count: int
    tables_materialized: int
    total_rows_written: int
    peak_pool_bytes: int
    phase_seconds: dict[str, float]
    warning_count: int
    warning_codes: list[str]
    warning_count_by_code: dict[str, int]


class RuleImpact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the `analyzer`, the logical `optimizer` or the `physical` optimizer: how often it looked at a plan, and how often it changed it."""

    phase: str
    rule: str
    runs: int
    changes: int


class ExplainedPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query of the run: the output it was for, or the input of an operator; its plan as written, after the logical rules, and as it was executed."""

    what: str
    logical: str
    optimized: str
    physical: str
    rules: list[RuleImpact]


class RulepackSnapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a breach of each rule: `fail`, `warn` or `pass`; with the hash of that."""

    profile: str
    fingerprint: str
    rules: dict[str, str]


class ConfigSnapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting of the DataFusion session that has a value, and what the run might use of the machine."""

    settings: dict[str, str]
    limits: dict[str, int]


class SessionEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the hash of the envelope is made of: BLAKE3 of this as JSON without blanks, keys sorted. `inputs` are fingerprints;
    `settings` are DataFusion's, those that the machine or the profile decides as for one partition."""

    spec: str
    versions: dict[str, str]
    settings: dict[str, str | None]
    rules: list[str]
    rulepack: dict[str, str]
    functions: list[str]
    inputs: dict[str, str | None]


class ComplianceCaptureArtifact(Artifact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run accounts for when it is asked to."""

    KIND: ClassVar[str] = "codeanatomy.engine.compliance_capture"

    envelope_hash: str
    plans: list[ExplainedPlan]
    rulepack_snapshot: RulepackSnapshot
    config_snapshot: ConfigSnapshot
    session_envelope: SessionEnvelope

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


ARTIFACTS: tuple[type[Artifact], ...] = (
    EnginePlanSummaryArtifact,
    EnginePlanScheduleArtifact,
    EngineExecutionSummaryArtifact,
    ComplianceCaptureArtifact,
)
SCHEMA_VERSION = 1


def plan_summary(spec: Mapping[str, Any], graph: Mapping[str, Any]) -> EnginePlanSummaryArtifact:
    """The summary of a spec, as it was handed to the engine."""
    return EnginePlanSummaryArtifact(
        **_head(EnginePlanSummaryArtifact, graph),
        view_count=len(spec["view_definitions"]),
        unused_view_count=len(graph["unused_views"]),
        join_edge_count=len(spec["join_graph"]["edges"]) if "join_graph" in spec else None,
        rule_intent_count=len(spec["rule_intents"]) if "rule_intents" in spec else None,
        rulepack_profile=spec.get("rulepack_profile"),
        input_relation_count=len(spec["input_relations"]),
        output_target_count=len(spec["output_targets"]),
    )


def plan_schedule(graph: Mapping[str, Any]) -> EnginePlanScheduleArtifact:
    """The engine's schedule, with operators by name."""
    schedule = graph["plan"]["summary"]["schedule"]
    operators = {job["run"]: job["operator"] for job in schedule if "run" in job}
    return EnginePlanScheduleArtifact(**_head(EnginePlanScheduleArtifact, graph), jobs=[_job(job, operators) for job in schedule])


def execution_summary(graph: Mapping[str, Any]) -> EngineExecutionSummaryArtifact:
    """The sums over operators and outputs of a run."""
    sums = graph["trace_metrics_summary"]
    return EngineExecutionSummaryArtifact(
        **_head(EngineExecutionSummaryArtifact, graph),
        **sums,
        envelope_hash=graph["envelope_hash"],
        tables_materialized=len(graph["outputs"]),
        total_rows_written=sums["output_rows"],
        peak_pool_bytes=graph["peak_pool_bytes"],
        phase_seconds=dict(graph["seconds"]),
        warning_count=len(graph["warnings"]),
        warning_codes=sorted(sums["warning_count_by_code"]),
    )


def compliance_capture(graph: Mapping[str, Any]) -> ComplianceCaptureArtifact:
    """What the engine captured, in a run that was asked to."""
    found = graph["compliance"]
    facts = {
        "envelope_hash": found["envelope_hash"],
        "plans": found["plans"],
        "rulepack_snapshot": found["rulepack"],
        "config_snapshot": {"settings": found["settings"], "limits": found["limits"]},
        "session_envelope": found["envelope"],
    }
    return msgspec.convert({**_head(ComplianceCaptureArtifact, graph), **facts}, ComplianceCaptureArtifact)


def _head(kind: type[Artifact], graph: Mapping[str, Any]) -> dict[str, Any]:
    return {"artifact": kind.KIND, "schema_version": SCHEMA_VERSION, "spec_hash": graph["spec_hash"]}


def _job(job: Mapping[str, Any], operators: Mapping[int, str]) -> Job:
    kind = job_kind(job)
    return Job(kind, job[kind], sorted({operators[run] for run in job["needs"]}), sorted(job["reads"]), sorted(job["shares"]))
