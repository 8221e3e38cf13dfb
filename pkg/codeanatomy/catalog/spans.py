"""Every span of a build's trace, once. What has a parent here is its child in the trace; who opens a span is not said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanKind:
    """A span: its name, the span it stands in (`also`: other spans that it may stand in), what it covers, and the field of the setting
    that it takes, where a build makes it only when asked.
    """

    name: str
    parent: str
    sentence: str
    also: tuple[str, ...] = ()
    setting: str = ""


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
PREPARE = SpanKind("engine.prepare", ENGINE_EXECUTE.name, "Opening the input tables and planning the views.")
REGISTER = SpanKind("engine.register", PREPARE.name, "Opening one input table at its version.")
CACHE = SpanKind(
    "engine.cache",
    PREPARE.name,
    "The decision to keep a view in files, those of an output or a temporary one, with how many read it there.",
)
ENGINE_RUN = SpanKind("engine.run", ENGINE_EXECUTE.name, "Operators and outputs, as their inputs become ready.")
OPERATOR = SpanKind("engine.operator", ENGINE_RUN.name, "One run of a graph operator, reading its inputs included.")
VIEW = SpanKind("engine.view", ENGINE_RUN.name, "Computing a view that several read, into a temporary file.")
OUTPUT = SpanKind("engine.output", ENGINE_RUN.name, "Computing and writing one table of the graph.")
QUERY = SpanKind(
    "engine.query",
    OUTPUT.name,
    "Planning and executing the query of one view, for an output, an input or those who share it.",
    also=(OPERATOR.name, VIEW.name),
)
PHYSICAL_PLAN = SpanKind(
    "engine.physical_plan", QUERY.name, "From the logical to the physical plan, with both.", setting="enable_rule_tracing"
)
PLAN_PHASE = SpanKind(
    "engine.plan_phase", QUERY.name, "All rules of the analyzer, of a pass of the optimizer, or of the physical one.", (PHYSICAL_PLAN.name,)
)
RULE = SpanKind("engine.rule", PLAN_PHASE.name, "One rule of DataFusion, with whether it changed the plan.", setting="enable_rule_tracing")
PLAN_OPERATOR = SpanKind(
    "engine.plan_operator",
    "engine.plan_operator",
    "One operator of DataFusion's plan, with its metrics and, where asked for, its first rows.",
    also=(QUERY.name,),
    setting="enable_plan_preview",
)
WRITE = SpanKind("engine.write", OUTPUT.name, "Ending and syncing the data files of one table.")
CHECK = SpanKind("engine.check", ENGINE_EXECUTE.name, "The promises of all tables.")
COMMIT = SpanKind("engine.commit", ENGINE_EXECUTE.name, "The commits of all tables.")
COMMIT_TABLE = SpanKind("engine.commit_table", COMMIT.name, "The Delta commit of one table.")
OBJECT_STORE = SpanKind(
    "engine.object_store",
    PLAN_OPERATOR.name,
    "One call of the object store; right inside the engine's run where delta-rs makes it in a task of its own.",
    also=(ENGINE_EXECUTE.name, REGISTER.name, QUERY.name, PHYSICAL_PLAN.name, COMMIT_TABLE.name),
    setting="instrument_object_store",
)
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
    PREPARE,
    REGISTER,
    CACHE,
    ENGINE_RUN,
    OPERATOR,
    VIEW,
    OUTPUT,
    QUERY,
    PHYSICAL_PLAN,
    PLAN_PHASE,
    RULE,
    PLAN_OPERATOR,
    WRITE,
    CHECK,
    COMMIT,
    COMMIT_TABLE,
    OBJECT_STORE,
    AUXILIARY_OUTPUTS,
    PUBLISH,
    REPORT,
)

STAGES: tuple[SpanKind, ...] = tuple(span for span in SPANS if span.parent == BUILD.name)
"""The stages of a build, in order."""


def stage_of(kind: SpanKind) -> SpanKind | None:
    """The stage that a span is inside, or is; none for what is outside of all."""
    by_name = {span.name: span for span in SPANS}
    while kind.parent and kind not in STAGES:
        kind = by_name[kind.parent]
    return kind if kind in STAGES else None
