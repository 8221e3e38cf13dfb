"""Heartbeats and stalls of real builds: as events, in the log and in the trace."""

import itertools
from collections import Counter

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from codeanatomy import Telemetry, build_graph_product
from codeanatomy.catalog.spans import BUILD, STAGES
from codeanatomy.events import Heartbeat, Stalled
from codeanatomy.observe import pulse

pytestmark = pytest.mark.anyio

STAGE_NAMES = {kind.name for kind in STAGES}


@pytest.fixture
def traced():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield Telemetry(tracer_provider=provider), lambda: {span.name: span for span in exporter.get_finished_spans()}
    provider.shutdown()


def test_a_heartbeat_every_five_seconds_and_a_stall_after_sixty():
    assert (pulse.HEARTBEAT_S, pulse.STALL_S) == (5.0, 60.0)


async def test_heartbeats(small, monkeypatch, traced):
    monkeypatch.setattr(pulse, "HEARTBEAT_S", 0.1)
    telemetry, spans = traced
    heard = []
    result = await build_graph_product(small(), heard.append, telemetry)
    beats = [event for event in heard if isinstance(event, Heartbeat)]
    # A beat that a busy machine delays is late, and none is made up for it.
    assert 2 < len(beats) <= result.seconds / 0.1 + 1
    assert {beat.stage for beat in beats} <= STAGE_NAMES
    assert [beat.seconds for beat in beats] == sorted(beat.seconds for beat in beats)
    assert all(later.seconds - earlier.seconds > 0.09 for earlier, later in itertools.pairwise(beats))
    events = Counter(event.name for event in spans()[BUILD.name].events)
    assert events == {"heartbeat": len(beats)}, "what moves is no stall"


async def test_a_stall_is_told_once_until_something_moves(small, monkeypatch, traced):
    monkeypatch.setattr(pulse, "STALL_S", 0.08)  # a worker's start takes longer
    telemetry, spans = traced
    heard = []
    result = await build_graph_product(small(), heard.append, telemetry)
    stalls = [event for event in heard if isinstance(event, Stalled)]
    assert stalls
    assert all(stall.seconds >= 0.08 for stall in stalls)
    assert {stall.stage for stall in stalls} <= STAGE_NAMES
    moves = [event for event in heard if not isinstance(event, Heartbeat)]
    assert not any(isinstance(one, Stalled) and isinstance(other, Stalled) for one, other in itertools.pairwise(moves))
    assert Counter(event.name for event in spans()[BUILD.name].events)["stall"] == len(stalls)
    log = (result.run_bundle / "log.jsonl").read_text()
    assert log.count('"level":"WARN","event":"stalled"') == len(stalls)
