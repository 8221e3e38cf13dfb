"""How a build exports its telemetry: `OtelConfig`, the `otel` part of a build's request. Exporting is in `observe.export`."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.defaults import OTEL_BATCH_DELAY_S, OTEL_BATCH_SIZE, OTEL_EXPORT_TIMEOUT_S, OTEL_METRIC_INTERVAL_S, OTEL_SAMPLER
from codeanatomy.failure import Coded


@dataclass(frozen=True, slots=True, kw_only=True)
class OtelConfig:
    """What is exported, where to and how. With nothing enabled, a build uses the providers that its caller has, and only those."""

    enable_traces: bool = False
    enable_metrics: bool = False
    enable_logs: bool = False
    endpoint: str | None = None
    protocol: str = "http/protobuf"
    headers: tuple[str, ...] = ()
    service_name: str = "codeanatomy"
    sampler: str = OTEL_SAMPLER
    sampler_arg: float = 1.0
    batch_size: int = OTEL_BATCH_SIZE
    batch_delay_s: float = OTEL_BATCH_DELAY_S
    export_timeout_s: float = OTEL_EXPORT_TIMEOUT_S
    metric_interval_s: float = OTEL_METRIC_INTERVAL_S
    test_mode: bool = False

    @property
    def wanted(self) -> bool:
        """Whether anything is exported."""
        return self.sends or self.test_mode

    @property
    def sends(self) -> bool:
        """Whether anything is sent to an endpoint."""
        return self.enable_traces or self.enable_metrics or self.enable_logs

    def header_pairs(self) -> dict[str, str]:
        """Headers by name. Raises CA871 for one that is not KEY=VALUE."""
        return dict(map(_pair, self.headers))


def _pair(header: str) -> tuple[str, str]:
    name, equals, value = header.partition("=")
    if not (name and equals):
        raise Coded("CA871", f"the header {header!r} has no name and value", "give --otel-header NAME=VALUE")
    return name, value
