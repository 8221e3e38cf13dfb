"""The Python side of `SemanticExecutionSpec`, field for field what `codeanatomy-spec` declares in Rust. It checks nothing: the engine does."""

from __future__ import annotations

from typing import Any

import msgspec

from codeanatomy.catalog.defaults import PREVIEW_REDACTIONS, RULEPACK_PROFILES, TRACING_PRESETS

SCHEMA_VERSION = 1


class ColumnSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column: its name, one of the catalog's types, and whether it may be null."""

    name: str
    type: str
    nullable: bool


class InputRelation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Delta table that views read, at one version."""

    name: str
    location: str
    version: int
    columns: list[ColumnSpec]


class SqlTransform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query over the view's dependencies."""

    sql: str


class OperatorTransform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One output port of a graph operator, with the relation that each of its input ports reads."""

    operator: str
    inputs: dict[str, str]
    output: str


class ViewDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view: what it reads, what it computes, and the columns it promises."""

    name: str
    kind: str
    dependencies: list[str]
    columns: list[ColumnSpec]
    transform: SqlTransform | OperatorTransform


class EndKinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Node kinds that an edge kind may join."""

    src: list[str]
    dst: list[str]


class EdgeEnds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both ends of every row exist in another output, with a kind that the row's kind allows."""

    src: str
    dst: str
    kind: str
    nodes: str
    node_key: str
    node_kind: str
    allowed: dict[str, EndKinds]


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds of every row written, one of: no two rows agree in these columns; these are never null; both ends of an edge exist."""

    unique: list[str] | None = None
    not_null: list[str] | None = None
    edge_ends: EdgeEnds | None = None


class OutputTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table to write: the view it takes its rows from, where it lies, how it is ordered and what it promises."""

    table: str
    view: str
    location: str
    columns: list[ColumnSpec]
    order_by: list[str]
    promises: list[Promise]


class TracingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the trace of a run holds: a preset (one of `TRACING_PRESETS`), and what is added to it."""

    preset: str = TRACING_PRESETS[0]
    rule_tracing: bool = False
    preview_limit: int = 0
    preview_redaction: str = PREVIEW_REDACTIONS[0]
    instrument_object_store: bool = False


class RuntimeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much the engine may use. None of it changes a row."""

    memory_bytes: int | None = None
    partitions: int | None = None
    batch_size: int | None = None
    spill_directory: str | None = None
    canonical: bool = False
    """Whether equal rows are to be equal bytes."""
    compliance_capture: bool = False
    """Whether the run accounts for its plans, rules and settings."""
    tracing: TracingConfig = TracingConfig()


class SemanticExecutionSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the engine is asked to compute, as data."""

    schema_version: int
    input_relations: list[InputRelation]
    view_definitions: list[ViewDefinition]
    output_targets: list[OutputTarget]
    runtime: RuntimeConfig
    operator_parameters: dict[str, Any] = {}
    """What operators are told beside their inputs, by their names."""
    rulepack_profile: str = RULEPACK_PROFILES[0]
    """A breach of which rules ends the run, and of which it only warns: one of `RULEPACK_PROFILES`."""

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode()
