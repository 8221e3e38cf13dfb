"""The engine's spans in the trace of a build: one tree under `engine_execute`, as much of it as the settings ask for, and none of it in the graph."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.observe.test_exporting import command
from tests.support.collector import http_collector, values
from tests.support.repositories import write

from codeanatomy import GraphProductBuildRequest, GraphProductBuildResult, OtelConfig, Telemetry, build_graph_product
from codeanatomy.catalog import spans
from codeanatomy.events import OperatorStarted, OutputStarted
from codeanatomy.tools.config import ScipIndexConfig

NAME = "a_name_of_this_repository"
DETAIL = {kind.name for kind in spans.SPANS if kind.setting}
LEAN = {kind.name for kind in spans.SPANS if not kind.setting} - {"cli.invocation"}


@dataclass
class Built:
    """A build, and the spans that a collector got of it, by their ids."""

    result: GraphProductBuildResult
    spans: dict[bytes, Any]

    def named(self, kind: spans.SpanKind) -> list[Any]:
        return [span for span in self.spans.values() if span.name == kind.name]

    def told(self, kind: spans.SpanKind) -> list[dict[str, Any]]:
        return [values(span.attributes) for span in self.named(kind)]

    @property
    def names(self) -> set[str]:
        return {span.name for span in self.spans.values()}

    @property
    def previews(self) -> list[str]:
        return [told["datafusion.preview"] for told in self.told(spans.PLAN_OPERATOR) if "datafusion.preview" in told]

    @property
    def text(self) -> str:
        """All that is told of the engine."""
        return "".join(str(span) for span in self.spans.values() if span.name.startswith("engine."))

    def manifest(self) -> dict[str, Any]:
        return json.loads(self.result.manifest_path.read_text())

    def storage(self) -> dict[str, int]:
        """Calls of the object store by operation, as the manifest counts them."""
        found: Counter[str] = Counter()
        for measured in self.manifest()["metrics"]:
            if measured["name"] == "codeanatomy.storage.operation.count" and measured["operation"].startswith("object_store."):
                found[measured["operation"]] += measured["value"]
        return dict(found)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A real build of one small repository with these settings, once."""
    done: dict[str, Built] = {}
    repository = write(tmp_path_factory.mktemp("traced") / "small", {"one.py": f"def {NAME}():\n    return 1\n\n\n{NAME}()\n"})

    def of(*, enable_traces: bool = True, **settings: Any) -> Built:
        key = repr((enable_traces, settings))
        if key not in done:
            off = {"scip": ScipIndexConfig(mode="off"), "types": "off", "enable_libcst": False, "enable_tree_sitter": False}
            with http_collector() as collector:
                otel = OtelConfig(enable_traces=enable_traces, endpoint=collector.endpoint)
                request = GraphProductBuildRequest(
                    repo_root=repository, output_dir=tmp_path_factory.mktemp("out"), otel=otel, **off, **settings
                )
                result = anyio.run(build_graph_product, request)
                assert result.warnings == []
                done[key] = Built(result, {span.span_id: span for span in collector.spans()})
        return done[key]

    return of


def test_production_lean_has_totals_only(build):
    lean = build(tracing_preset="ProductionLean")
    assert lean.names == LEAN
    assert lean.names == build().names


@pytest.mark.parametrize("preset", ["Maximal", "MaximalNoData"])
def test_the_maximal_presets_have_every_span(build, preset):
    built = build(tracing_preset=preset)
    assert built.names == LEAN | DETAIL
    assert len(built.named(spans.RULE)) > 20 * len(built.named(spans.QUERY))


def test_one_tree_under_engine_execute(build):
    built = build(tracing_preset="Maximal")
    assert len({span.trace_id for span in built.spans.values()}) == 1
    allowed = {kind.name: {kind.parent, *kind.also} for kind in spans.SPANS}
    for span in built.spans.values():
        outer = built.spans.get(span.parent_span_id)
        if span.name != spans.BUILD.name:
            assert outer.name in allowed[span.name], span.name
            assert outer.start_time_unix_nano <= span.start_time_unix_nano, span.name
            assert span.end_time_unix_nano <= outer.end_time_unix_nano, span.name


def test_only_maximal_shows_rows(build):
    maximal, no_data = build(tracing_preset="Maximal"), build(tracing_preset="MaximalNoData", enable_plan_preview=True)
    assert NAME in "".join(maximal.previews)
    assert no_data.named(spans.PLAN_OPERATOR)
    assert no_data.previews == []
    assert NAME not in no_data.text
    assert NAME not in build().text


def test_enable_plan_preview(build):
    built = build(enable_plan_preview=True)
    assert built.names == LEAN | {spans.PLAN_OPERATOR.name}
    assert NAME in "".join(built.previews)
    for text in built.previews:
        lines = text.splitlines()
        assert len(lines) <= 5 + 5
        assert all(len(cell.strip()) <= 33 for line in lines[3:] if line.startswith("|") for cell in line.split("|"))


def test_plan_preview_redaction(build):
    built = build(enable_plan_preview=True, plan_preview_redaction="text")
    assert f"<{len(NAME)} characters>" in "".join(built.previews)
    assert NAME not in built.text


def test_enable_rule_tracing(build):
    built = build(enable_rule_tracing=True)
    assert built.names == LEAN | {spans.RULE.name, spans.PHYSICAL_PLAN.name}
    spec = json.loads((built.result.run_bundle / "spec.json").read_text())
    relations = {relation["name"] for key in ("view_definitions", "input_relations") for relation in spec[key]}
    found: dict[str, set[str]] = {}
    for rule in built.named(spans.RULE):
        outer = rule
        while outer.name != spans.QUERY.name:
            outer = built.spans[outer.parent_span_id]
        found.setdefault(values(outer.attributes)["codeanatomy.relation"], set()).add(values(rule.attributes)["codeanatomy.rule"])
    assert {output["view"] for output in spec["output_targets"]} <= found.keys() <= relations
    for rules in found.values():
        assert {"type_coercion", "push_down_filter", "guarding"} <= rules
    assert {told["codeanatomy.changed"] for told in built.told(spans.RULE)} == {True, False}


def test_instrument_object_store(build):
    built = build(instrument_object_store=True)
    assert built.names == LEAN | {spans.OBJECT_STORE.name}
    calls = Counter(f"object_store.{told['codeanatomy.operation']}" for told in built.told(spans.OBJECT_STORE))
    assert built.storage() == calls
    commits = [
        told["object_store.location"]
        for told in built.told(spans.OBJECT_STORE)
        if told["codeanatomy.operation"] == "put_opts" and told["object_store.location"].endswith("/_delta_log/00000000000000000000.json")
    ]
    written = {told["codeanatomy.table"] for told in built.told(spans.OUTPUT)}
    assert {Path(location).parts[-3] for location in commits} == written


def test_calls_of_the_object_store_are_measured_without_a_trace(build):
    built = build(enable_traces=False, instrument_object_store=True)
    assert built.spans == {}
    assert built.storage().keys() >= {"object_store.put_opts", "object_store.get_opts"}
    assert build().storage() == {}


def test_what_is_traced_changes_no_hash_and_no_row(build):
    built = [
        build(),
        build(tracing_preset="Maximal"),
        build(tracing_preset="MaximalNoData", enable_plan_preview=True),
        build(enable_traces=False),
    ]
    assert len({(each.result.spec_hash, each.result.envelope_hash) for each in built}) == 1
    tables = [name for name in built[0].result.tables if name.startswith("cpg_")]
    assert len({tuple(each.result.tables[name].fingerprint for name in tables) for each in built}) == 1


def test_what_the_spans_say_is_what_is_in_the_tables(build):
    built = build(tracing_preset="Maximal")
    tables, evidence = built.result.tables, built.result.evidence
    assert {told["codeanatomy.table"]: told["codeanatomy.rows"] for told in built.told(spans.OUTPUT)} == {
        name: table.rows for name, table in tables.items() if name.startswith("cpg_")
    }
    assert {told["codeanatomy.table"]: told["codeanatomy.bytes"] for told in built.told(spans.WRITE)} == {
        name: table.bytes for name, table in tables.items() if name.startswith("cpg_")
    }
    assert {told["codeanatomy.table"]: told["codeanatomy.version"] for told in built.told(spans.COMMIT_TABLE)} == {
        name: table.version for name, table in tables.items() if name.startswith("cpg_")
    }
    registered = {
        told["codeanatomy.input"]: (told["codeanatomy.version"], told["codeanatomy.files"]) for told in built.told(spans.REGISTER)
    }
    both = {**tables, **evidence}
    assert registered == {name: (both[name].version, both[name].files) for name in registered}
    assert registered.keys() == {relation["name"] for relation in built.manifest()["engine"]["inputs"]}


def test_decisions_to_keep_a_view(build):
    built = build()
    kept = {m["result"]: m["value"] for m in built.manifest()["metrics"] if m["name"] == "codeanatomy.cache.operation.count"}
    decisions = built.told(spans.CACHE)
    assert len(decisions) == kept["stored"] > 0
    assert sum(told["codeanatomy.readers"] for told in decisions) == kept["hit"]


GIVEN = {
    "flags": (
        [
            "--tracing-preset",
            "maximal",
            "--enable-rule-tracing",
            "--enable-plan-preview",
            "--plan-preview-redaction",
            "text",
            "--instrument-object-store",
        ],
        {},
        "",
    ),
    "environment": (
        [],
        {
            "CODEANATOMY_ENABLE_RULE_TRACING": "1",
            "CODEANATOMY_ENABLE_PLAN_PREVIEW": "1",
            "CODEANATOMY_PLAN_PREVIEW_REDACTION": "text",
            "CODEANATOMY_INSTRUMENT_OBJECT_STORE": "1",
            "CODEANATOMY_TRACING_PRESET": "ProductionLean",
        },
        "",
    ),
    "file": (
        [],
        {},
        '[engine]\ntracing_preset = "Maximal"\nrule_tracing = true\nplan_preview = true\n'
        'plan_preview_redaction = "text"\ninstrument_object_store = true\n',
    ),
}


@pytest.mark.parametrize("way", GIVEN)
def test_every_way_to_give_the_settings_and_the_run_bundle(small, way):
    flags, environment, file = GIVEN[way]
    request = small()
    if file:
        write(request.repository, {"codeanatomy.toml": file})
    done = command(request, "--otel-test-mode", *flags, **environment)
    assert done.returncode == 0, done.stderr
    (told,) = request.output.glob("runs/*/otel/spans.json")
    found = json.loads(told.read_text())
    assert {span["name"] for span in found} >= DETAIL
    previews = [span["attributes"]["datafusion.preview"] for span in found if "datafusion.preview" in span["attributes"]]
    assert "characters>" in "".join(previews)
    (spec,) = request.output.glob("runs/*/spec.json")
    assert json.loads(spec.read_text())["runtime"]["tracing"]["rule_tracing"] is True


def test_nothing_of_a_trace_that_is_not_kept_is_sent(small):
    with http_collector() as collector:
        otel = OtelConfig(enable_traces=True, endpoint=collector.endpoint, sampler="always_off")
        anyio.run(build_graph_product, small(tracing_preset="Maximal", otel=otel))
    assert collector.received == []


@pytest.mark.anyio
async def test_a_build_cancelled_in_the_engine_ends_the_engines_spans(small):
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    with anyio.CancelScope() as scope:

        def cancel(event):
            if isinstance(event, OperatorStarted | OutputStarted):
                scope.cancel()

        await build_graph_product(small(), cancel, Telemetry(tracers))
    assert scope.cancelled_caught
    tracers.shutdown()
    found = {span.name: span.status.description for span in exporter.get_finished_spans()}
    assert found[spans.ENGINE_EXECUTE.name] == "cancelled"
    assert found[spans.PREPARE.name] is None
    assert found[spans.ENGINE_RUN.name] in ("CA690", "cancelled")
    assert spans.COMMIT.name not in found
