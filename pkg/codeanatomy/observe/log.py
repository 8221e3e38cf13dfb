"""The log of a run: a line per event that matters, per warning and per code of failures. It is kept until the run bundle is written."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from opentelemetry._logs import Logger, LogRecord, SeverityNumber
from opentelemetry.trace import Span, set_span_in_context

from codeanatomy.events import Event, FileDone, Stalled, WorkerEnded, WorkerStarted

LEVELS = {"DEBUG": SeverityNumber.DEBUG, "INFO": SeverityNumber.INFO, "WARN": SeverityNumber.WARN, "ERROR": SeverityNumber.ERROR}


@dataclass(slots=True)
class RunLog:
    """Lines in order; each is also a log record of the caller's logger, in the trace of the build."""

    logger: Logger
    lines: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, event: Event, span: Span) -> None:
        """A line of an event. Progress within a shard is not told: it says nothing that the shard's end does not."""
        if not isinstance(event, FileDone):
            self.say(_level(event), _name(event), span, asdict(event))

    def say(self, level: str, name: str, span: Span, facts: dict[str, Any]) -> None:
        """A line of that level: what happened, and its facts."""
        now = time.time_ns()
        self.lines.append({"time": _iso(now), "level": level, "event": name, **facts})
        record = LogRecord(
            timestamp=now,
            context=set_span_in_context(span),
            severity_text=level,
            severity_number=LEVELS[level],
            body=facts.get("message", name),
            attributes={f"codeanatomy.{key}": value for key, value in facts.items() if value is not None},
            event_name=f"codeanatomy.{name}",
        )
        self.logger.emit(record)


def _level(event: Event) -> str:
    match event:
        case Stalled():
            return "WARN"
        case WorkerEnded(exit=exit):
            return "DEBUG" if exit == "exit 0" else "WARN"
        case WorkerStarted():
            return "DEBUG"
    return "INFO"


def _name(event: Event) -> str:
    """`StageStarted` as `stage_started`."""
    name = type(event).__name__
    return name[0].lower() + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name[1:])


def _iso(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat(timespec="milliseconds")
