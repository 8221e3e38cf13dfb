"""What took time in a run, as it happened: kept for the report, and told to a tracer at once. It measures; it starts nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode, Tracer

from codeanatomy.catalog.spans import SpanKind, stage_of

Value = str | int | float | bool


@dataclass(slots=True, eq=False)
class Span:
    """Something that takes time. Both ends are seconds since the run began; the end is None while it lasts."""

    kind: SpanKind
    began: float
    attributes: dict[str, Value]
    traced: trace.Span
    ended: float | None = None
    status: str = ""

    @property
    def seconds(self) -> float:
        """How long it took; nothing while it lasts."""
        return (self.ended or self.began) - self.began


@dataclass(slots=True)
class Timeline:
    """The spans of one run, in the order of their beginnings. The first is the whole build."""

    tracer: Tracer
    spans: list[Span] = field(default_factory=list)
    _clock: float = field(default_factory=time.monotonic)
    _epoch: int = field(default_factory=time.time_ns)
    _stack: list[Span] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._clock

    def open(self, kind: SpanKind, attributes: Mapping[str, Value], *, traced: bool = True) -> Span:
        """A span that begins now, inside the innermost one of `inside`. Without `traced` no tracer hears of it: somebody else tells it."""
        began = self.now()
        span = Span(kind, began, dict(attributes), self._start(kind, began, attributes) if traced else trace.INVALID_SPAN)
        self.spans.append(span)
        return span

    def _start(self, kind: SpanKind, began: float, attributes: Mapping[str, Value]) -> trace.Span:
        context = trace.set_span_in_context(self._stack[-1].traced) if self._stack else None
        named = {f"codeanatomy.{name}": value for name, value in attributes.items()}
        return self.tracer.start_span(kind.name, context, attributes=named, start_time=self._nanoseconds(began))

    def close(self, span: Span, status: str = "ok") -> None:
        """Its end, now."""
        span.ended = self.now()
        span.status = status
        if status != "ok":
            span.traced.set_status(Status(StatusCode.ERROR, status))
        span.traced.end(self._nanoseconds(span.ended))

    def add(self, span: Span, **attributes: Value) -> None:
        """Attributes that are known only now."""
        span.attributes |= attributes
        span.traced.set_attributes({f"codeanatomy.{name}": value for name, value in attributes.items()})

    @contextmanager
    def inside(self, kind: SpanKind, **attributes: Value) -> Iterator[Span]:
        """A span around a block. What is opened meanwhile is inside it; what is still open at its end, ends with it and its status."""
        span = self.open(kind, attributes)
        first = len(self.spans)
        self._stack.append(span)
        status = "cancelled"
        try:
            with trace.use_span(span.traced, record_exception=False, set_status_on_exception=False):
                yield span
            status = "ok"
        except Exception as error:
            status = "failed"
            span.traced.record_exception(error, timestamp=self._nanoseconds(self.now()))
            raise
        finally:
            self._stack.pop()
            for inner in self.spans[first:]:
                if not inner.status:
                    self.close(inner, status)
            self.close(span, status)

    def worker_cpu_seconds(self, stage: Span) -> float:
        """Processor seconds that workers and tools of a stage used."""
        inside = (span for span in self.spans if span is not stage and stage_of(span.kind) is stage.kind)
        return sum(float(span.attributes.get("cpu_seconds", 0.0)) for span in inside)

    def note(self, span: Span, name: str, attributes: Mapping[str, Value]) -> None:
        """Something that happened during a span."""
        named = {f"codeanatomy.{key}": value for key, value in attributes.items()}
        span.traced.add_event(name, named, self._nanoseconds(self.now()))

    def nanoseconds(self) -> int:
        """Nanoseconds since 1970 by the clock of the spans, which never goes back."""
        return self._nanoseconds(self.now())

    def _nanoseconds(self, seconds: float) -> int:
        return self._epoch + int(seconds * 1e9)
