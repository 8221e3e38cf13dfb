"""The stage in which the engine runs: its progress goes to the run, its spans into the trace."""

from __future__ import annotations

from typing import Any

from anyio import from_thread

from codeanatomy import engine
from codeanatomy.catalog import spans
from codeanatomy.events import of_engine
from codeanatomy.observe.engine_trace import EngineTrace, traced_engine
from codeanatomy.observe.run import Run
from codeanatomy.product import GraphProductBuildRequest


async def execute(run: Run, spec: str, request: GraphProductBuildRequest) -> dict[str, Any]:
    """What the engine made of the spec, as `engine.run` says it."""
    with run.stage(spans.ENGINE_EXECUTE) as stage, traced_engine(run, stage) as trace:
        return await engine.run(
            spec,
            request.engine_profile,
            on_progress=_relay(run, trace),
            traceparent=trace.traceparent,
            clock=run.timeline.nanoseconds,
        )


def _relay(run: Run, trace: EngineTrace) -> engine.Progress:
    """Passes on what the engine says of its progress, from its thread to the run's; what it says of its spans, to their tracer at once."""

    def relay(told: dict[str, Any]) -> None:
        if told["event"] == "spans":
            calls = trace.hear(told["records"])
            if calls:
                from_thread.run_sync(trace.measure, run, calls)
            return
        event = of_engine(told)
        if event is not None:
            from_thread.run_sync(run.tell, event)

    return relay
