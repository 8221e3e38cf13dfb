"""Sections about time: slow spans, stages, idle gaps, the engine's phases. They read the timeline."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from codeanatomy.catalog import spans
from codeanatomy.observe.report.account import UNDONE, Account
from codeanatomy.observe.timeline import Span

SLOW = 15
GAP_S = 0.05
"""A shorter gap is nothing to look at."""
LEAVES = (spans.SUPPLY, spans.SHARD, spans.OPERATOR, spans.OUTPUT)
_LABELS = ("extractor", "operator", "table", "stage")

Filling = dict[str, Any]


def label(span: Span) -> str:
    """What a span is about, for people."""
    name = next((str(span.attributes[name]) for name in _LABELS if name in span.attributes), span.kind.name)
    return f"{name} · shard {span.attributes['shard']}" if "shard" in span.attributes else name


def slow_spans(account: Account) -> Filling:
    """The longest of what ran inside the stages."""
    found = heapq.nlargest(SLOW, _leaves(account.run.timeline.spans), key=lambda span: span.seconds)
    if not found:
        return {"reason": "Nothing ran inside the stages."}
    rows = [
        {"span": span.kind.name, "what": label(span), "began_seconds": span.began, "seconds": span.seconds, **_size(span)} for span in found
    ]
    return {"rows": rows}


def stage_breakdown(account: Account) -> Filling:
    """Every stage, with how much of the machine it used."""
    total = sum(account.run.stages.values())
    return {"summary": {"seconds": total}, "rows": [_stage(account, span, total) for span in _stages(account)]}


def idle_gaps(account: Account) -> Filling:
    """Where extraction and engine waited for nothing that was running."""
    rows: list[Filling] = [
        {"stage": stage.kind.name, "began_seconds": began, "seconds": ended - began}
        for stage in _stages(account)
        if stage.kind in (spans.EXTRACTION, spans.ENGINE_EXECUTE)
        for began, ended in _gaps(stage, [span for span in _leaves(account.run.timeline.spans) if _within(span, stage)])
    ]
    summary = {"seconds": sum(row["seconds"] for row in rows), "shortest_told_seconds": GAP_S}
    return {"summary": summary, "rows": rows, "reason": None if rows else f"No gap of {GAP_S * 1e3:.0f} ms or more."}


def plan_phase_summary(account: Account) -> Filling:
    """The engine's own account of its phases."""
    if account.manifest.engine is None:
        return {"reason": UNDONE}
    seconds = account.manifest.engine.seconds
    rows = [{"phase": phase, "seconds": spent, "share": spent / (sum(seconds.values()) or 1)} for phase, spent in seconds.items()]
    return {"summary": {"seconds": sum(seconds.values())}, "rows": rows}


def _stages(account: Account) -> Iterator[Span]:
    return (span for span in account.run.timeline.spans if span.kind in spans.STAGES and span.ended is not None)


def _leaves(found: Iterable[Span]) -> list[Span]:
    return [span for span in found if span.kind in LEAVES and span.ended is not None]


def _within(span: Span, stage: Span) -> bool:
    return spans.stage_of(span.kind) is stage.kind


def _stage(account: Account, stage: Span, total: float) -> Filling:
    inner = [span for span in _leaves(account.run.timeline.spans) if _within(span, stage)]
    workers = account.run.timeline.worker_cpu_seconds(stage)
    own = float(stage.attributes["cpu_seconds"])
    return {
        "stage": stage.kind.name,
        "status": stage.status,
        "seconds": stage.seconds,
        "share": stage.seconds / (total or 1),
        "own_cpu_seconds": own,
        "worker_cpu_seconds": workers,
        "cores": (own + workers) / (stage.seconds or 1),
        "at_once": sum(span.seconds for span in inner) / (stage.seconds or 1),
    }


def _gaps(stage: Span, inner: Iterable[Span]) -> Iterator[tuple[float, float]]:
    assert stage.ended is not None, "only stages that are over are looked at"
    until = stage.began
    for span in sorted(inner, key=lambda span: span.began):
        if span.began - until >= GAP_S:
            yield until, span.began
        until = max(until, span.ended or span.began)
    if stage.ended - until >= GAP_S:
        yield until, stage.ended


def _size(span: Span) -> Filling:
    return {name: span.attributes.get(name) for name in ("rows", "cpu_seconds")}
