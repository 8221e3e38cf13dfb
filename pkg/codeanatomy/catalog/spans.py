"""Every span of a build's trace, once. What has a parent here is its child in the trace; who opens a span is not said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanKind:
    """A span: its name, the span it stands in, and what it covers."""

    name: str
    parent: str
    sentence: str


CLI_INVOCATION = SpanKind("cli.invocation", "", "A call of the command line, from its settings to its exit code.")
BUILD = SpanKind(
    "graph_product.build", "cli.invocation", "A whole build, with heartbeats and stalls as events. The root where a library builds."
)
SCAN = SpanKind("scan", BUILD.name, "Which files, which bytes, which revision.")
EXTRACTION = SpanKind("extraction", BUILD.name, "Every extractor over every source.")
SUPPLY = SpanKind(
    "extraction.supply", EXTRACTION.name, "Getting one extractor what it reads instead of the sources: a tool's run, or earlier rows."
)
SHARD = SpanKind("extraction.shard", EXTRACTION.name, "One extractor over one shard, with its workers as events.")
SEMANTIC_IR_COMPILE = SpanKind("semantic_ir_compile", BUILD.name, "Declared views to the semantic IR.")
SPEC_BUILD = SpanKind("spec_build", BUILD.name, "The IR and the evidence's versions to the spec.")
ENGINE_EXECUTE = SpanKind("engine_execute", BUILD.name, "The engine's run of the spec, with the seconds of its phases.")
OPERATOR = SpanKind("engine.operator", ENGINE_EXECUTE.name, "One run of a graph operator, reading its inputs included.")
OUTPUT = SpanKind("engine.output", ENGINE_EXECUTE.name, "Computing and writing one table of the graph.")
AUXILIARY_OUTPUTS = SpanKind("auxiliary_outputs", BUILD.name, "The auxiliary tables, the manifest and the run's other files.")
PUBLISH = SpanKind("publish", BUILD.name, "The generation record, and removing what no generation names.")
REPORT = SpanKind("report", BUILD.name, "The diagnostics report.")

SPANS: tuple[SpanKind, ...] = (
    CLI_INVOCATION,
    BUILD,
    SCAN,
    EXTRACTION,
    SUPPLY,
    SHARD,
    SEMANTIC_IR_COMPILE,
    SPEC_BUILD,
    ENGINE_EXECUTE,
    OPERATOR,
    OUTPUT,
    AUXILIARY_OUTPUTS,
    PUBLISH,
    REPORT,
)

STAGES: tuple[SpanKind, ...] = tuple(span for span in SPANS if span.parent == BUILD.name)
"""The stages of a build, in order."""
