"""The engine's spans, told to the run's tracer as the engine tells of them: same trace, same sampler, same exporter. They are not in the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from codeanatomy.catalog import metrics, spans
from codeanatomy.observe.run import Run
from codeanatomy.observe.timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class StorageCall:
    """A call of the object store that is over."""

    operation: str
    seconds: float
    status: str


@dataclass(slots=True)
class _Lasting:
    """A span of the engine that has not ended."""

    name: str
    began: int
    traced: trace.Span


@dataclass(slots=True)
class EngineTrace:
    """What is known of the engine's spans: `outer` is the one that they stand in, others are named by the engine's ids."""

    outer: trace.Span
    timeline: Timeline
    _lasting: dict[str, _Lasting] = field(default_factory=dict)

    @property
    def traceparent(self) -> str | None:
        """The outer span as W3C Trace Context writes it; none where there is no trace."""
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier, _inside(self.outer))
        return carrier.get("traceparent")

    def hear(self, records: Iterable[Mapping[str, Any]]) -> list[StorageCall]:
        """Begin and end spans as the records say, in their order; the calls of the object store that ended. From any one thread at a time."""
        calls = []
        for record in records:
            if "open" in record:
                self._open(record)
            else:
                lasting = self._lasting.pop(record["close"])
                _close(lasting.traced, record["at"], record["status"], record["attributes"])
                if lasting.name == spans.OBJECT_STORE.name:
                    operation = f"object_store.{record['attributes']['codeanatomy.operation']}"
                    calls.append(StorageCall(operation, (record["at"] - lasting.began) / 1e9, record["status"]))
        return calls

    def _open(self, record: Mapping[str, Any]) -> None:
        parent = self._lasting.get(record["parent"])
        context = _inside(parent.traced if parent else self.outer)
        traced = self.timeline.tracer.start_span(record["name"], context, start_time=record["at"])
        self._lasting[record["open"]] = _Lasting(record["name"], record["at"], traced)

    def measure(self, run: Run, calls: Iterable[StorageCall]) -> None:
        """Count and time calls of the object store."""
        for call in calls:
            run.record(metrics.STORAGE_OPERATION_COUNT, 1, operation=call.operation, status=call.status)
            run.record(metrics.STORAGE_OPERATION_DURATION, call.seconds, operation=call.operation, status=call.status)

    def close(self, status: str) -> None:
        """End what the engine left open, which it does when it is stopped; inner spans first."""
        now = self.timeline.nanoseconds()
        for lasting in reversed(self._lasting.values()):
            _close(lasting.traced, now, status, {})
        self._lasting.clear()


@contextmanager
def traced_engine(run: Run, stage: Span) -> Iterator[EngineTrace]:
    """Around a run of the engine, whose spans stand in that of the stage."""
    engine = EngineTrace(stage.traced, run.timeline)
    status = "cancelled"
    try:
        yield engine
        status = "ok"
    except Exception:
        status = "failed"
        raise
    finally:
        engine.close(status)


def _inside(span: trace.Span) -> Context:
    return trace.set_span_in_context(span)


def _close(traced: trace.Span, at: int, status: str, attributes: Mapping[str, Any]) -> None:
    traced.set_attributes(attributes)
    if status != "ok":
        traced.set_status(Status(StatusCode.ERROR, status))
    traced.end(at)
