"""An OTLP collector for tests: it takes what is sent, over HTTP and over gRPC, and keeps it decoded. It forwards nothing."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

REQUESTS = {
    "traces": trace_service_pb2.ExportTraceServiceRequest,
    "metrics": metrics_service_pb2.ExportMetricsServiceRequest,
    "logs": logs_service_pb2.ExportLogsServiceRequest,
}
RESPONSES = {
    "traces": trace_service_pb2.ExportTraceServiceResponse,
    "metrics": metrics_service_pb2.ExportMetricsServiceResponse,
    "logs": logs_service_pb2.ExportLogsServiceResponse,
}


@dataclass
class Collector:
    """What has come in so far, request by request, as (signal, headers, message)."""

    endpoint: str
    delay_s: float = 0.0
    refuses: bool = False
    received: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def take(self, signal: str, headers: dict[str, str], message: Any) -> None:
        time.sleep(self.delay_s)
        self.received.append((signal, headers, message))

    def requests(self, signal: str) -> list[Any]:
        """The messages of one signal."""
        return [message for name, _, message in self.received if name == signal]

    @property
    def signals(self) -> set[str]:
        return {signal for signal, _, _ in self.received}

    def spans(self) -> list[Any]:
        return [span for request in self.requests("traces") for span in spans_in(request)]

    def resources(self) -> list[dict[str, Any]]:
        """The attributes of every resource that was named, by whichever signal."""
        parts = {"traces": "resource_spans", "metrics": "resource_metrics", "logs": "resource_logs"}
        return [values(part.resource.attributes) for signal, _, message in self.received for part in getattr(message, parts[signal])]

    def points(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """The points of every metric that the last request holds, with their attributes."""
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for part in self.requests("metrics")[-1].resource_metrics:
            for metric in (metric for scope in part.scope_metrics for metric in scope.metrics):
                points = getattr(metric, metric.WhichOneof("data")).data_points
                found.setdefault(metric.name, []).extend((values(point.attributes), point) for point in points)
        return found

    def records(self) -> list[Any]:
        """Every log record."""
        parts = [part for request in self.requests("logs") for part in request.resource_logs]
        return [record for part in parts for scope in part.scope_logs for record in scope.log_records]


def spans_in(request: Any) -> list[Any]:
    """Every span of one request."""
    return [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]


def values(attributes: Any) -> dict[str, Any]:
    """Attributes as a dictionary."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


@contextmanager
def http_collector(**options: Any) -> Iterator[Collector]:
    """A collector that speaks OTLP over HTTP on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
            signal = self.path.removeprefix("/v1/")
            collector.take(signal, {name.lower(): value for name, value in self.headers.items()}, REQUESTS[signal].FromString(body))
            self.send_response(400 if collector.refuses else 200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(RESPONSES[signal]().SerializeToString())

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # whoever sent it did not wait for the answer, which is what some tests are about

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}", **options)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def grpc_collector() -> Iterator[Collector]:
    """A collector that speaks OTLP over gRPC on a free port."""
    with ThreadPoolExecutor(4) as threads:
        server = grpc.server(threads)
        collector = Collector(f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")

        def servicer(base: type, signal: str) -> Any:
            def export(self: Any, request: Any, context: Any) -> Any:
                collector.take(signal, dict(context.invocation_metadata()), request)
                return RESPONSES[signal]()

            return type(base.__name__, (base,), {"Export": export})()

        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(servicer(trace_service_pb2_grpc.TraceServiceServicer, "traces"), server)
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(
            servicer(metrics_service_pb2_grpc.MetricsServiceServicer, "metrics"), server
        )
        logs_service_pb2_grpc.add_LogsServiceServicer_to_server(servicer(logs_service_pb2_grpc.LogsServiceServicer, "logs"), server)
        server.start()
        try:
            yield collector
        finally:
            server.stop(grace=None).wait()
