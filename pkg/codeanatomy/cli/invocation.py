"""One call of the command line as a span, and the exporters that its settings ask for. The providers are this call's own, from first to last."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codeanatomy.catalog.spans import CLI_INVOCATION

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from codeanatomy.observe.telemetry import Telemetry
    from codeanatomy.product import GraphProductBuildRequest


@dataclass(slots=True)
class Invocation:
    """A build that the command line was asked for. `warnings` are there at its end."""

    request: GraphProductBuildRequest
    telemetry: Telemetry | None = None
    warnings: list[str] = field(default_factory=list)
    span: Span | None = None

    def ended(self, exit_code: int) -> None:
        """Note the exit code."""
        if self.span:
            self.span.set_attribute("codeanatomy.exit_code", exit_code)


@contextmanager
def invocation(request: GraphProductBuildRequest) -> Iterator[Invocation]:
    """A call, around it the exporters, if any are asked for. Raises CA870 and CA871."""
    call = Invocation(request)
    if not request.otel.wanted:
        yield call
        return
    from codeanatomy.observe.export import Export  # the SDK comes with it
    from codeanatomy.observe.run import new_run_id

    # What the exporters complain of is counted and said at the end, once.
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    run_id = new_run_id()
    export = Export(request.otel, run_id, request.run_folder(run_id))
    call.telemetry = export.telemetry
    try:
        with _span(export.telemetry) as call.span:
            yield call
    finally:
        call.warnings += export.close()


@contextmanager
def _span(telemetry: Telemetry) -> Iterator[Span]:
    """The span of the call, below the one that the environment names, if it does."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    names = {"traceparent": "TRACEPARENT", "tracestate": "TRACESTATE"}
    carrier = {name: os.environ[variable] for name, variable in names.items() if variable in os.environ}
    context = TraceContextTextMapPropagator().extract(carrier)
    attributes = {"codeanatomy.command": "build", "codeanatomy.run_id": telemetry.run_id or ""}
    with telemetry.tracer().start_as_current_span(CLI_INVOCATION.name, context, attributes=attributes) as span:
        yield span
