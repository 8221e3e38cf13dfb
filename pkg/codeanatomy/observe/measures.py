"""The measurements of a run: each goes to its instrument at once, and all are kept, summed up by their attributes, for manifest and report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from opentelemetry.metrics import Meter

from codeanatomy.catalog.metrics import Metric


@dataclass(slots=True)
class Sum:
    """All measurements of one metric with the same attributes."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    last: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least, self.most, self.last = min(self.least, value), max(self.most, value), value

    def of(self, type: str) -> dict[str, float]:
        """What is told of it: a gauge's last value, a counter's total, a histogram's extent."""
        if type == "histogram":
            return {"count": self.count, "sum": self.total, "min": self.least, "max": self.most}
        return {"value": self.last if type == "gauge" else self.total}


@dataclass(slots=True)
class Measures:
    """The instruments of one run."""

    meter: Meter
    run_id: str
    _sums: dict[tuple[Metric, tuple[tuple[str, str], ...]], Sum] = field(default_factory=dict)
    _instruments: dict[Metric, Any] = field(default_factory=dict)

    def record(self, metric: Metric, value: float, **attributes: str) -> None:
        """One measurement of a declared metric, with exactly its attributes."""
        assert set(attributes) == set(metric.attributes), f"{metric.name} has the attributes {metric.attributes}, not {sorted(attributes)}"
        self._sums.setdefault((metric, tuple(sorted(attributes.items()))), Sum()).add(value)
        self._tell(metric, value, {**attributes, "run_id": self.run_id})

    def snapshot(self) -> list[dict[str, Any]]:
        """Everything so far, as the manifest has it."""
        return [
            {"name": f"codeanatomy.{metric.name}", "type": metric.type, "unit": metric.unit, "run_id": self.run_id}
            | dict(attributes)
            | found.of(metric.type)
            for (metric, attributes), found in self._sums.items()
        ]

    def _tell(self, metric: Metric, value: float, attributes: dict[str, str]) -> None:
        if metric not in self._instruments:
            create = getattr(self.meter, f"create_{metric.type}")
            self._instruments[metric] = create(f"codeanatomy.{metric.name}", unit=metric.unit, description=metric.sentence)
        instrument = self._instruments[metric]
        match metric.type:
            case "histogram":
                instrument.record(value, attributes)
            case "counter":
                instrument.add(value, attributes)
            case "gauge":
                instrument.set(value, attributes)
