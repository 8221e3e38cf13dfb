"""One run of a build: its id, its stages, and everything that is told of it: to watchers, timeline, metrics and log. It starts nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from traceback import format_exception

from anyio import get_cancelled_exc_class

from codeanatomy import events as told
from codeanatomy.catalog import metrics, spans
from codeanatomy.catalog.metrics import Metric
from codeanatomy.catalog.spans import SpanKind
from codeanatomy.events import Event, Events, Heartbeat, StageFinished, StageStarted, Stalled
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe.log import RunLog
from codeanatomy.observe.measures import Measures
from codeanatomy.observe.telemetry import Telemetry
from codeanatomy.observe.timeline import Span, Timeline, Value

Key = tuple[str, ...]


@dataclass(slots=True)
class Run:
    """A run since `begin`. `stages` holds wall seconds of every finished stage, in order, `cpu_seconds` those of processors: this process's and its
    workers'. `moved` is when something last happened."""

    run_id: str
    started: str
    events: Events
    timeline: Timeline
    measures: Measures
    log: RunLog
    stages: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    current: str = ""
    moved: float = 0.0
    _open: dict[Key, list[Span]] = field(default_factory=dict)

    @classmethod
    def begin(cls, events: Events, telemetry: Telemetry | None = None) -> Run:
        """A new run. Inside `whole`, it tells."""
        telemetry = telemetry or Telemetry()
        run_id = telemetry.run_id or new_run_id()
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        timeline, measures = Timeline(telemetry.tracer()), Measures(telemetry.meter(), run_id)
        return cls(run_id, started, events, timeline, measures, RunLog(telemetry.logger()))

    @property
    def seconds(self) -> float:
        """Wall seconds since the run began."""
        return self.timeline.now()

    @property
    def build(self) -> Span:
        """The span of the whole build."""
        return self.timeline.spans[0]

    @contextmanager
    def whole(self, repository: str) -> Iterator[None]:
        """The span of the whole build, around it. What ends it before its time is logged; a failure is counted as those of sources are."""
        with self.timeline.inside(spans.BUILD, run_id=self.run_id, repository=repository):
            try:
                yield
            except Coded as failure:
                self.record(metrics.ERROR_COUNT, 1, stage=self.current or spans.BUILD.name, error_type=failure.code)
                self._broken(failure.code, failure.message)
                raise
            except Exception as bug:
                self._broken(None, f"{type(bug).__name__}: {bug}", traceback="".join(format_exception(bug)))
                raise
            except get_cancelled_exc_class():
                self.log.say("WARN", "build_cancelled", self.build.traced, {"stage": self.current})
                raise

    def _broken(self, code: str | None, message: str, **facts: str) -> None:
        self.log.say("ERROR", "build_failed", self.build.traced, {"code": code, "message": message, **facts})

    @contextmanager
    def stage(self, kind: SpanKind) -> Iterator[Span]:
        """Time a stage, tell who watches, and record its duration also when it fails."""
        self.current = kind.name
        self.tell(StageStarted(kind.name))
        with self._measured(kind) as span:
            yield span

    @contextmanager
    def _measured(self, kind: SpanKind) -> Iterator[Span]:
        span: Span | None = None
        try:
            with self.timeline.inside(kind, stage=kind.name) as span:
                began = time.process_time()
                try:
                    yield span
                finally:
                    self.timeline.add(span, cpu_seconds=time.process_time() - began)
        finally:
            assert span is not None, "a stage that ends has begun"
            self.stages[kind.name] = span.seconds
            self.cpu_seconds[kind.name] = float(span.attributes["cpu_seconds"]) + self.timeline.worker_cpu_seconds(span)
            self.measures.record(metrics.STAGE_DURATION, span.seconds, stage=kind.name, status=span.status)
            self._open.clear()
            self.tell(StageFinished(kind.name, span.seconds))

    def record(self, metric: Metric, value: float, **attributes: str) -> None:
        """One measurement of a declared metric, with exactly its attributes."""
        self.measures.record(metric, value, **attributes)

    def warn(self, message: str) -> None:
        """A line of the log for a warning, which starts with its code."""
        self.log.say("WARN", "warning", self.build.traced, {"code": message.partition(":")[0], "message": message})

    def problem(self, failure: Failure) -> None:
        """A line of the log for a failure of one source."""
        level = "ERROR" if failure.severity == "error" else "WARN"
        facts = ("code", "path", "stage", "extractor", "message", "line", "worker_exit")
        self.log.say(level, "failure", self.build.traced, {name: getattr(failure, name) for name in facts})

    def tell(self, event: Event) -> None:
        """Pass an event on to all who listen."""
        if not isinstance(event, Heartbeat | Stalled):
            self.moved = self.seconds
        self._trace(event)
        self.log.hear(event, self.build.traced)
        self.events(event)

    def _trace(self, event: Event) -> None:
        """Spans and their events, of what happens inside the stages."""
        match event:
            case told.SupplyStarted(extractor):
                self._begin(spans.SUPPLY, ("supply", extractor), stage=spans.EXTRACTION.name, extractor=extractor)
            case told.SupplyFinished(extractor, status, _):
                self._end(("supply", extractor), f"supply.{extractor}", supply=status)
            case told.ShardStarted(extractor, shard, files):
                key = ("shard", extractor, str(shard))
                self._begin(spans.SHARD, key, stage=spans.EXTRACTION.name, extractor=extractor, shard=shard, files=files)
            case told.ShardFinished(extractor, shard):
                self._end(("shard", extractor, str(shard)), f"extractor.{extractor}", **_figures(event))
            case told.WorkerStarted(extractor, shard) | told.WorkerEnded(extractor, shard):
                for span in self._open.get(("shard", extractor, str(shard)), ()):
                    name = "worker_started" if isinstance(event, told.WorkerStarted) else "worker_ended"
                    self.timeline.note(span, name, {key: value for key, value in asdict(event).items() if key in ("pid", "exit")})
            case told.OperatorStarted(operator):
                self._note(spans.OPERATOR, ("operator", operator), operator=operator)
            case told.OperatorFinished(operator, _):
                self._end(("operator", operator), f"operator.graph.{operator}")
            case told.OutputStarted(table):
                self._note(spans.OUTPUT, ("output", table), table=table)
            case told.OutputWritten(table, rows, _):
                self._end(("output", table), None, rows=rows)
            case Heartbeat() | Stalled():
                name = "heartbeat" if isinstance(event, Heartbeat) else "stall"
                self.timeline.note(self.build, name, asdict(event))

    def _begin(self, kind: SpanKind, key: Key, **attributes: Value) -> None:
        self._open.setdefault(key, []).append(self.timeline.open(kind, attributes))

    def _note(self, kind: SpanKind, key: Key, **attributes: Value) -> None:
        """A span for the report only: the engine tells the tracer of it."""
        self._open.setdefault(key, []).append(self.timeline.open(kind, attributes, traced=False))

    def _end(self, key: Key, task: str | None, **attributes: Value) -> None:
        span = self._open[key].pop(0)
        self.timeline.add(span, **attributes)
        self.timeline.close(span)
        if task:
            self.measures.record(metrics.TASK_DURATION, span.seconds, task_kind=task, status=span.status)


def _figures(event: told.ShardFinished) -> dict[str, Value]:
    return {name: getattr(event, name) for name in ("failed", "rows", "cpu_seconds", "restarts")}


def new_run_id() -> str:
    """An id that sorts by time, to the microsecond: the files of the oldest runs are removed."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
