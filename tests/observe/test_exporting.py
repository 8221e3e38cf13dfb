"""Every setting of the telemetry, by what a collector gets of a real build; and what a build does without any of them."""

import argparse
import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from opentelemetry import _logs, trace
from opentelemetry import metrics as otel_metrics
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tests.observe.conftest import COMMAND, PARENT
from tests.support.collector import grpc_collector, http_collector, spans_in
from tests.support.repositories import write

from codeanatomy import Coded, OtelConfig, Telemetry, build_graph_product
from codeanatomy.catalog.settings import SETTINGS
from codeanatomy.catalog.spans import BUILD, SCAN, SPANS, STAGES
from codeanatomy.cli.settings import add_settings, configuration_of
from codeanatomy.observe.export import Export

ALL = {"enable_traces": True, "enable_metrics": True, "enable_logs": True}


@pytest.fixture
def build(small):
    """A real build with these settings of its telemetry."""

    def run(**otel):
        return anyio.run(build_graph_product, small(otel=OtelConfig(**otel)))

    return run


@pytest.fixture
def collector():
    with http_collector() as collector:
        yield collector


@pytest.mark.parametrize(("setting", "signal"), [("enable_traces", "traces"), ("enable_metrics", "metrics"), ("enable_logs", "logs")])
def test_what_is_enabled_is_sent_and_nothing_else(build, collector, setting, signal):
    assert build(endpoint=collector.endpoint, **{setting: True}).warnings == []
    assert collector.signals == {signal}


def test_protocol_grpc(build):
    with grpc_collector() as collector:
        assert build(endpoint=collector.endpoint, protocol="grpc", headers=("Authorization=Bearer x",), **ALL).warnings == []
        assert collector.signals == {"traces", "metrics", "logs"}
        assert {span.name for span in collector.spans()} == {kind.name for kind in SPANS if not kind.setting} - {"cli.invocation"}
        assert {headers["authorization"] for _, headers, _ in collector.received} == {"Bearer x"}


def test_headers_and_service_name(build, collector):
    build(endpoint=collector.endpoint, headers=("X-Token=a=b", "X-Other=c"), service_name="nightly", **ALL)
    assert {(headers["x-token"], headers["x-other"]) for _, headers, _ in collector.received} == {("a=b", "c")}
    assert {resource["service.name"] for resource in collector.resources()} == {"nightly"}


@pytest.mark.parametrize(
    ("sampler", "share", "parent", "sent"),
    [
        ("always_on", 0.0, "", True),
        ("always_on", 0.0, "00", True),
        ("always_off", 1.0, "", False),
        ("always_off", 1.0, "01", False),
        ("traceidratio", 1.0, "00", True),
        ("traceidratio", 0.0, "01", False),
        ("parentbased_always_on", 0.0, "", True),
        ("parentbased_always_on", 0.0, "00", False),
        ("parentbased_always_off", 1.0, "", False),
        ("parentbased_always_off", 1.0, "01", True),
        ("parentbased_traceidratio", 1.0, "", True),
        ("parentbased_traceidratio", 0.0, "", False),
        ("parentbased_traceidratio", 0.0, "01", True),
    ],
)
def test_samplers(tmp_path, collector, sampler, share, parent, sent):
    export = Export(OtelConfig(endpoint=collector.endpoint, enable_traces=True, sampler=sampler, sampler_arg=share), "run", tmp_path)
    carrier = {"traceparent": PARENT[:-2] + parent} if parent else {}
    export.telemetry.tracer().start_span("some", TraceContextTextMapPropagator().extract(carrier)).end()
    assert export.close() == []
    assert bool(collector.spans()) == sent


def test_the_share_of_traces_is_that_of_the_setting(build, collector):
    build(endpoint=collector.endpoint, enable_traces=True, sampler="traceidratio", sampler_arg=0.0)
    assert collector.received == []


@pytest.mark.parametrize(("sampler", "flags", "sent"), [("parentbased_always_off", "01", True), ("parentbased_always_on", "00", False)])
def test_the_parent_of_the_environment(small, collector, sampler, flags, sent):
    done = command(
        small(), "--enable-traces", "--otel-endpoint", collector.endpoint, "--otel-sampler", sampler, TRACEPARENT=PARENT[:-2] + flags
    )
    assert done.returncode == 0, done.stderr
    assert bool(collector.spans()) == sent
    _, trace_id, parent, _ = PARENT.split("-")
    assert {span.trace_id.hex() for span in collector.spans()} <= {trace_id}
    assert [span.parent_span_id.hex() for span in collector.spans() if span.name == "cli.invocation"] == [parent] * sent


def test_batch_size(build, collector):
    build(endpoint=collector.endpoint, enable_traces=True, enable_logs=True, batch_size=4)
    sizes = [len(spans_in(request)) for request in collector.requests("traces")]
    assert max(sizes) == 4
    assert len(sizes) > 3
    assert len(collector.requests("logs")) > 3


def test_batch_delay_and_metric_interval(build, collector):
    build(endpoint=collector.endpoint, enable_traces=True, enable_metrics=True, batch_delay_s=600.0, metric_interval_s=600.0)
    assert (len(collector.requests("traces")), len(collector.requests("metrics"))) == (1, 1)
    build(endpoint=collector.endpoint, enable_traces=True, batch_delay_s=0.05)
    assert len(collector.requests("traces")) > 3
    build(endpoint=collector.endpoint, enable_metrics=True, metric_interval_s=0.1)
    assert len(collector.requests("metrics")) > 3


def test_export_timeout(build):
    with http_collector(delay_s=0.6) as collector:
        result = build(endpoint=collector.endpoint, enable_traces=True, export_timeout_s=0.2)
        assert [warning[:6] for warning in result.warnings] == ["CA872:"]
        assert build(endpoint=collector.endpoint, enable_traces=True, export_timeout_s=60.0).warnings == []


def test_test_mode_writes_files_and_sends_nothing(build, collector):
    result = build(endpoint=collector.endpoint, test_mode=True)
    assert {path.name for path in (result.run_bundle / "otel").iterdir()} == {"spans.json", "metrics.json", "logs.json"}
    assert not (build(endpoint=collector.endpoint).run_bundle / "otel").exists(), "an endpoint alone enables nothing"
    assert collector.received == []


def test_who_does_not_listen_is_a_warning_and_the_graph_is_there(build):
    result = build(endpoint="http://127.0.0.1:9", export_timeout_s=0.2, **ALL)
    assert [warning[:6] for warning in result.warnings] == ["CA872:"] * 3
    assert result.tables["cpg_nodes"].rows > 0


def test_who_refuses_is_a_warning(build):
    with http_collector(refuses=True) as collector:
        (warning,) = build(endpoint=collector.endpoint, enable_traces=True).warnings
        sent = sum(len(spans_in(request)) for request in collector.requests("traces"))
        assert warning == f"CA872: {sent} spans could not be sent to {collector.endpoint}"


@pytest.mark.parametrize("wrong", [{"headers": ("token",)}, {"headers": ("=x",)}])
def test_settings_that_make_no_sense(build, wrong):
    with pytest.raises(Coded) as caught:
        build(enable_traces=True, **wrong)
    assert caught.value.code == "CA871"


def test_without_the_exporters_it_says_how_to_get_them(small):
    script = (
        "import sys; sys.modules['opentelemetry.exporter.otlp.proto.http'] = None\n"
        "from codeanatomy.cli import main\n"
        f"sys.exit(main(['build', {str(small().repository)!r}, '-q', '--enable-traces']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 78
    assert "CA870" in done.stderr
    assert "codeanatomy[otel]" in done.stderr


def command(request, *options, **variables):
    """The same build by the command line."""
    off = ["-q", "--no-enable-libcst", "--no-enable-tree-sitter"]
    return subprocess.run(
        [COMMAND, "build", request.repository, "-o", request.output, *off, *options],
        capture_output=True,
        text=True,
        check=False,
        env=environment() | variables,
        timeout=120,
    )


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "pkg")}


def test_every_flag_reaches_the_request(tmp_path):
    given = {
        "enable_traces": True,
        "enable_metrics": True,
        "enable_logs": True,
        "endpoint": "http://collector:4318",
        "protocol": "grpc",
        "headers": ("A=b", "C=d"),
        "service_name": "nightly",
        "sampler": "traceidratio",
        "sampler_arg": 0.25,
        "batch_size": 7,
        "batch_delay_s": 0.5,
        "export_timeout_s": 3.0,
        "metric_interval_s": 2.0,
        "test_mode": True,
    }
    assert given.keys() == {field.name for field in dataclasses.fields(OtelConfig)}
    flags = []
    for setting in (setting for setting in SETTINGS if setting.section == "otel"):
        value = given[setting.name]
        each = value if isinstance(value, tuple) else (value,)
        flags += [part for one in each for part in ([setting.flags[0]] if one is True else [setting.flags[0], str(one)])]
    parser = argparse.ArgumentParser()
    add_settings(parser)
    assert configuration_of(tmp_path, parser.parse_args(flags)).request().otel == OtelConfig(**given)


@pytest.mark.parametrize("share", ["-0.1", "1.1", "much"])
def test_a_share_that_is_none(small, share):
    assert command(small(), "--otel-sampler-arg", share).returncode == 64
    assert command(small(), "--otel-test-mode", OTEL_TRACES_SAMPLER_ARG=share).returncode == 78


@pytest.mark.parametrize("setting", ["endpoint = 'http://elsewhere:4318'", "headers = ['A=b']"])
def test_a_file_in_a_repository_does_not_say_where_telemetry_goes(small, setting):
    write(small().repository, {"codeanatomy.toml": f"[otel]\n{setting}\n"})
    done = command(small())
    assert (done.returncode, "CA825" in done.stderr) == (78, True)


class Own:
    """Providers of a program that uses the library."""

    def __init__(self) -> None:
        self.spans, self.metrics, self.logs = InMemorySpanExporter(), InMemoryMetricReader(), InMemoryLogRecordExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.meters = MeterProvider([self.metrics])
        self.loggers = LoggerProvider()
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        self.telemetry = Telemetry(self.tracers, self.meters, self.loggers, "run-of-mine")

    def points(self, name: str) -> list[Any]:
        """The points of one metric."""
        parts = [part for resource in self.metrics.get_metrics_data().resource_metrics for part in resource.scope_metrics]
        found = [metric for part in parts for metric in part.metrics if metric.name == f"codeanatomy.{name}"]
        return [point for metric in found for point in metric.data.data_points]

    def close(self) -> None:
        for provider in (self.tracers, self.meters, self.loggers):
            provider.shutdown()


@pytest.fixture
def own():
    own = Own()
    yield own
    own.close()


@pytest.mark.anyio
async def test_the_library_uses_the_callers_providers_below_the_callers_span(small, own):
    with own.tracers.get_tracer("mine").start_as_current_span("mine") as mine:
        result = await build_graph_product(small(), telemetry=own.telemetry)
    assert result.run_id == "run-of-mine"
    found = {span.name: span for span in own.spans.get_finished_spans()}
    assert found.keys() >= {BUILD.name, *(kind.name for kind in STAGES)}
    assert found[BUILD.name].parent.span_id == mine.get_span_context().span_id
    assert found[SCAN.name].parent.span_id == found[BUILD.name].context.span_id
    assert {point.attributes["run_id"] for point in own.points("stage.duration")} == {"run-of-mine"}
    assert own.logs.get_finished_logs()


def test_the_library_sets_no_global_provider(build):
    before = trace.get_tracer_provider(), otel_metrics.get_meter_provider(), _logs.get_logger_provider()
    build(test_mode=True)
    assert (trace.get_tracer_provider(), otel_metrics.get_meter_provider(), _logs.get_logger_provider()) == before
    assert not isinstance(before[0], TracerProvider)


@pytest.mark.anyio
async def test_a_failed_build_has_its_failure_in_the_trace(small, own):
    with pytest.raises(Coded):
        await build_graph_product(small(exclude_globs=("**",)), telemetry=own.telemetry)
    found = {span.name: span for span in own.spans.get_finished_spans()}
    assert found.keys() == {BUILD.name, SCAN.name}
    assert [event.attributes["exception.message"][:5] for event in found[BUILD.name].events if event.name == "exception"] == ["CA101"]
    assert {span.status.description for span in found.values()} == {"failed"}
    (error,) = own.points("error.count")
    assert (error.value, error.attributes) == (1, {"stage": SCAN.name, "error_type": "CA101", "run_id": "run-of-mine"})
    (line,) = [record.log_record for record in own.logs.get_finished_logs() if record.log_record.severity_text == "ERROR"]
    assert (line.event_name, line.attributes["codeanatomy.code"]) == ("codeanatomy.build_failed", "CA101")


@pytest.mark.anyio
async def test_a_build_over_its_time_is_counted_as_failed(small, own):
    with pytest.raises(Coded):
        await build_graph_product(small(timeout=0.01), telemetry=own.telemetry)
    assert [error.attributes["error_type"] for error in own.points("error.count")] == ["CA691"]


@pytest.mark.anyio
async def test_a_cancelled_build_ends_all_its_spans(small, own):
    with anyio.CancelScope() as scope:

        def cancel(event):
            if type(event).__name__ == "WorkerStarted":
                scope.cancel()

        await build_graph_product(small(), cancel, own.telemetry)
    assert scope.cancelled_caught
    found = [span for span in own.spans.get_finished_spans() if span.status.description == "cancelled"]
    assert {span.name for span in found} >= {BUILD.name, "extraction", "extraction.shard"}
