"""Where a build sends its spans, metrics and log records: OpenTelemetry providers that the caller has. It needs the API only, and sets nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import Logger, LoggerProvider
from opentelemetry.metrics import Meter, MeterProvider
from opentelemetry.trace import Tracer, TracerProvider

from codeanatomy.failure import Coded

SCOPE = "codeanatomy"
ID_HINT = "give each build one of its own, of letters, digits, _, . and - (128 at most), or none"
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Providers for one build, and the id that its run is to have. What is None is the process's global one, or a new id.

    An id names a folder: letters, digits, `_`, `.` and `-`. Raises CA165 for another.
    """

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    logger_provider: LoggerProvider | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        if self.run_id is not None and not _ID.fullmatch(self.run_id):
            raise Coded("CA165", f"run_id: {self.run_id!r} cannot name a folder", ID_HINT, {"field": "run_id"})

    def tracer(self) -> Tracer:
        return trace.get_tracer(SCOPE, _version(), self.tracer_provider)

    def meter(self) -> Meter:
        return metrics.get_meter(SCOPE, _version(), self.meter_provider)

    def logger(self) -> Logger:
        return _logs.get_logger(SCOPE, _version(), self.logger_provider)


@cache
def _version() -> str:
    """Ours. Looked up once: it reads folders, and a build asks for it where nothing may block."""
    return metadata.version("codeanatomy")
