"""The report of an account: every section of the catalog, in its order. How it looks is in `markdown` and `page`."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from codeanatomy.catalog import spans
from codeanatomy.catalog.sections import SECTIONS
from codeanatomy.catalog.tables import GRAPH_TABLES
from codeanatomy.observe.report import data, engine, times, trouble
from codeanatomy.observe.report.account import Account, Bar, DiagnosticsReport, ReportSection, SlowFile, TableFacts

SCHEMA_VERSION = 2
SLOWEST = 15

FILLED: dict[str, Callable[[Account], dict[str, Any]]] = {
    "slow_spans": times.slow_spans,
    "stage_breakdown": times.stage_breakdown,
    "idle_gaps": times.idle_gaps,
    "metrics": trouble.metrics,
    "log_summary": trouble.log_summary,
    "dataset_readiness": data.dataset_readiness,
    "provider_modes": data.provider_modes,
    "delta_log_health": data.delta_log_health,
    "plan_execution_diff": engine.plan_execution_diff,
    "plan_phase_summary": times.plan_phase_summary,
    "datafusion_execution": engine.datafusion_execution,
    "scan_pruning": data.scan_pruning,
    "runtime_capabilities": trouble.runtime_capabilities,
    "diagnostic_categories": trouble.diagnostic_categories,
}


def diagnostics_report(account: Account) -> DiagnosticsReport:
    """The report. Blocking: it looks at the folders of all tables."""
    manifest = account.manifest
    return DiagnosticsReport(
        schema_version=SCHEMA_VERSION,
        run_id=manifest.run_id,
        status=manifest.status,
        started=manifest.started,
        seconds=round(account.run.seconds, 3),
        generation=account.generation,
        error=manifest.error,
        repository=manifest.repository,
        codeanatomy=manifest.tools.codeanatomy,
        files=manifest.files,
        failures=manifest.failures,
        warnings=list(account.warnings),
        stages=dict(account.run.stages),
        tables=list(_tables(account)),
        timeline=list(_timeline(account)),
        slowest_files=_slowest(account),
        sections={
            section.key: ReportSection(title=section.title, sentence=section.sentence, **FILLED[section.key](account))
            for section in SECTIONS
        },
    )


def _tables(account: Account) -> Iterator[TableFacts]:
    graph = {table.name for table in GRAPH_TABLES}
    evidence = sorted(account.manifest.evidence.items(), key=lambda item: -item[1].bytes)
    for name, table in (*account.manifest.tables.items(), *evidence):
        group = "graph" if name in graph else "auxiliary" if name in account.manifest.tables else "evidence"
        yield TableFacts(name, table.rows, table.bytes, table.files, table.version, group)


def _timeline(account: Account) -> Iterator[Bar]:
    for span in account.run.timeline.spans:
        if span.ended is not None and span.kind is not spans.BUILD:
            yield Bar(span.kind.name, times.label(span), span.began, span.ended, span.status)


def _slowest(account: Account) -> list[SlowFile]:
    found = (
        SlowFile(seconds, name, path)
        for name, outcome in account.manifest.extractors.items()
        for path, seconds in outcome.slowest
        if path  # what belongs to no source has none
    )
    return heapq.nlargest(SLOWEST, found, key=lambda file: file.seconds)
