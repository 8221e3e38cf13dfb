"""One run of a build: its id, its clock, its stages. It measures; it starts nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from codeanatomy.catalog import metrics
from codeanatomy.catalog.metrics import Metric
from codeanatomy.events import Events, StageFinished, StageStarted


@dataclass(slots=True)
class Run:
    """A run since `begin`. `stages` holds wall seconds of every finished stage, in order."""

    run_id: str
    started: str
    events: Events
    stages: dict[str, float] = field(default_factory=dict)
    measurements: list[dict[str, object]] = field(default_factory=list)
    _clock: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, events: Events) -> Run:
        """A new run; its id sorts by time."""
        now = datetime.now(UTC)
        return cls(f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}", now.isoformat(timespec="milliseconds"), events)

    @property
    def seconds(self) -> float:
        """Wall seconds since the run began."""
        return time.monotonic() - self._clock

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, tell who watches, and record its duration also when it fails."""
        self.events(StageStarted(name))
        began = time.monotonic()
        status = "failed"
        try:
            yield
            status = "ok"
        finally:
            seconds = time.monotonic() - began
            self.stages[name] = seconds
            self.record(metrics.STAGE_DURATION, seconds, stage=name, status=status)
            self.events(StageFinished(name, seconds))

    def record(self, metric: Metric, value: float, **attributes: str) -> None:
        """One measurement of a declared metric, with exactly its attributes."""
        assert set(attributes) == set(metric.attributes), f"{metric.name} has the attributes {metric.attributes}, not {sorted(attributes)}"
        self.measurements.append({"name": f"codeanatomy.{metric.name}", "unit": metric.unit, "value": value, **attributes})
