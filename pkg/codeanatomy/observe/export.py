"""Providers that export a build's telemetry: made of an `OtelConfig`, closed at its end, and never set globally. Nothing else needs the SDK."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from codeanatomy.failure import Coded
from codeanatomy.observe.config import OtelConfig
from codeanatomy.observe.telemetry import Telemetry

QUEUE_SIZE = 1 << 16
"""Spans or log records that may wait to be sent, at least: a trace of every rule and operator comes faster than it is sent."""
INDENT = 2
HTTP, GRPC = "http/protobuf", "grpc"
_EXPORTERS = {
    "traces": ("trace_exporter", "OTLPSpanExporter"),
    "metrics": ("metric_exporter", "OTLPMetricExporter"),
    "logs": ("_log_exporter", "OTLPLogExporter"),
}


class Export:
    """The providers of one build, whose files would lie in `folder`. Blocking at both ends.

    Raises CA870 when no exporter is installed, CA871 for a setting that makes no sense.
    """

    def __init__(self, config: OtelConfig, run_id: str, folder: Path) -> None:
        self._config = config
        self._folder = folder / "otel"
        self._lost: dict[str, int] = {}
        self._resource = Resource.create(
            {"service.name": config.service_name, "service.version": metadata.version("codeanatomy"), "codeanatomy.run_id": run_id}
        )
        self._spans = InMemorySpanExporter() if config.test_mode else None
        self._metrics = InMemoryMetricReader() if config.test_mode else None
        self._logs = InMemoryLogRecordExporter() if config.test_mode else None  # type: ignore[no-untyped-call]
        self._tracers, self._meters, self._loggers = self._tracer_provider(), self._meter_provider(), self._logger_provider()
        self.telemetry = Telemetry(self._tracers, self._meters, self._loggers, run_id)

    def close(self) -> list[str]:
        """Send what is left and end every thread; warnings (CA872) for what could not be sent."""
        if self._metrics:
            self._write("metrics", self._metrics.get_metrics_data().to_json(INDENT))  # type: ignore[union-attr]
        for provider in (self._loggers, self._tracers, self._meters):
            if provider:
                provider.shutdown()
        if self._spans:
            self._write("spans", _array(span.to_json(INDENT) for span in self._spans.get_finished_spans()))
        if self._logs:
            self._write("logs", _array(record.to_json(INDENT) for record in self._logs.get_finished_logs()))
        return [f"CA872: {count:,} {what} could not be sent to {self._where}" for what, count in self._lost.items()]

    def _tracer_provider(self) -> TracerProvider | None:
        if not (self._config.enable_traces or self._spans):
            return None
        provider = TracerProvider(_sampler(self._config), self._resource, shutdown_on_exit=False)
        if self._config.enable_traces:
            provider.add_span_processor(BatchSpanProcessor(self._exporter("traces", "spans"), **self._batches()))
        if self._spans:
            provider.add_span_processor(SimpleSpanProcessor(self._spans))
        return provider

    def _meter_provider(self) -> MeterProvider | None:
        readers: list[MetricReader] = [self._metrics] if self._metrics else []
        if self._config.enable_metrics:
            exporter = self._exporter("metrics", "requests with metrics")
            readers.append(
                PeriodicExportingMetricReader(exporter, self._config.metric_interval_s * 1e3, self._config.export_timeout_s * 1e3)
            )
        return MeterProvider(readers, self._resource, shutdown_on_exit=False) if readers else None

    def _logger_provider(self) -> LoggerProvider | None:
        if not (self._config.enable_logs or self._logs):
            return None
        provider = LoggerProvider(self._resource, shutdown_on_exit=False)
        if self._config.enable_logs:
            provider.add_log_record_processor(BatchLogRecordProcessor(self._exporter("logs", "log records"), **self._batches()))
        if self._logs:
            provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        return provider

    def _batches(self) -> dict[str, Any]:
        size = self._config.batch_size
        delay = self._config.batch_delay_s * 1e3
        return {"max_queue_size": max(QUEUE_SIZE, 4 * size), "schedule_delay_millis": delay, "max_export_batch_size": size}

    def _exporter(self, signal: str, what: str) -> Any:
        """An OTLP exporter whose failures are counted."""
        config = self._config
        module, name = _EXPORTERS[signal]
        exporter = getattr(_exporters(config.protocol, module), name)(**_target(config, signal), timeout=config.export_timeout_s)
        export = exporter.export

        def watched(batch: Any, *arguments: Any, **options: Any) -> Any:
            result = export(batch, *arguments, **options)
            if result.name != "SUCCESS":
                self._lost[what] = self._lost.get(what, 0) + (1 if signal == "metrics" else len(batch))
            return result

        exporter.export = watched
        return exporter

    @property
    def _where(self) -> str:
        return self._config.endpoint or ("localhost:4317" if self._config.protocol == GRPC else "localhost:4318")

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.json").write_text(f"{text}\n", "utf-8")


def _array(texts: Iterable[str]) -> str:
    """A JSON array of what is JSON already."""
    return "[" + ",\n".join(texts) + "]"


def _exporters(protocol: str, module: str) -> Any:
    package = f"opentelemetry.exporter.otlp.proto.{'http' if protocol == HTTP else GRPC}"
    try:
        return import_module(f"{package}.{module}")
    except ModuleNotFoundError as missing:
        raise Coded(
            "CA870", f"telemetry cannot be sent: {missing.name} is not installed", "install it with: pip install 'codeanatomy[otel]'"
        ) from missing


def _target(config: OtelConfig, signal: str) -> dict[str, Any]:
    """Where to, in the words of the protocol's exporter; without an endpoint it finds its own default."""
    if config.protocol == HTTP:
        endpoint = f"{config.endpoint.rstrip('/')}/v1/{signal}" if config.endpoint else None
        return {"endpoint": endpoint, "headers": config.header_pairs() or None}
    headers = [(name.lower(), value) for name, value in config.header_pairs().items()]
    insecure = None if config.endpoint is None else not config.endpoint.startswith("https://")
    return {"endpoint": config.endpoint, "headers": headers or None, "insecure": insecure}


def _sampler(config: OtelConfig) -> sampling.Sampler:
    samplers = {
        "always_on": sampling.ALWAYS_ON,
        "always_off": sampling.ALWAYS_OFF,
        "traceidratio": sampling.TraceIdRatioBased(config.sampler_arg),
        "parentbased_always_on": sampling.DEFAULT_ON,
        "parentbased_always_off": sampling.DEFAULT_OFF,
        "parentbased_traceidratio": sampling.ParentBasedTraceIdRatio(config.sampler_arg),
    }
    return samplers[config.sampler]
