"""Sections about data: the engine's inputs, the extractors that made them, the tables on disk. They read the manifest and table folders."""

from __future__ import annotations

from typing import Any

from codeanatomy.catalog.extractors import EXTRACTORS, Extractor
from codeanatomy.collect import ExtractorOutcome
from codeanatomy.observe.delta_log import table_folder
from codeanatomy.observe.report.account import UNDONE, Account

Filling = dict[str, Any]


def dataset_readiness(account: Account) -> Filling:
    """What the engine was given."""
    if account.manifest.engine is None:
        return {"reason": UNDONE}
    tables = account.tables
    rows = []
    for given in account.manifest.engine.inputs:
        table = tables[given["name"]]
        state = "ready" if table.rows else "empty"
        rows.append({"dataset": given["name"], "state": state, "version": given["version"], "rows": table.rows, "bytes": table.bytes})
    summary = {"datasets": len(rows), "empty": sum(row["state"] == "empty" for row in rows)}
    return {"summary": summary, "rows": rows}


def provider_modes(account: Account) -> Filling:
    """Who made the evidence."""
    found = account.manifest.extractors
    rows = [_provider(extractor, found[extractor.name]) for extractor in EXTRACTORS if extractor.name in found]
    reason = None if rows else "No extractor had begun."
    return {"summary": {"cpu_seconds": sum(row["cpu_seconds"] or 0 for row in rows)}, "rows": rows, "reason": reason}


def delta_log_health(account: Account) -> Filling:
    """Every table's folder as it is after publishing."""
    rows = []
    for name, table in account.tables.items():
        folder = table_folder(account.locations[name], table.version)
        state = "files missing" if folder.missing_files else "ok"
        figures = ("version", "commits", "checkpoints", "log_bytes", "live_files", "live_bytes", "dead_files", "dead_bytes")
        rows.append({"table": name, "state": state, **{figure: getattr(folder, figure) for figure in figures}})
    summary = {figure: sum(row[figure] for row in rows) for figure in ("live_files", "live_bytes", "dead_files", "dead_bytes")}
    reason = "Dead files belong to former versions: the last generations read them, or a later build removes them."
    return {"summary": summary, "rows": rows, "reason": reason if summary["dead_files"] else None}


def scan_pruning(account: Account) -> Filling:
    """What there was to read for the engine."""
    if not account.extents:
        return {"reason": "The engine read no table, or was not asked what it read."}
    rows: list[Filling] = [
        {"dataset": name, "files": extent.files, "row_groups": extent.row_groups, "rows": account.tables[name].rows, "bytes": extent.bytes}
        for name, extent in account.extents.items()
    ]
    summary = {figure: sum(row[figure] for row in rows) for figure in ("files", "row_groups", "rows", "bytes")}
    return {"summary": summary, "rows": rows, "reason": "The engine does not say how many row groups its scans skipped."}


def _provider(extractor: Extractor, outcome: ExtractorOutcome) -> Filling:
    figures = ("files", "failed", "rows", "seconds")
    of_workers = ("shards", "restarts", "cpu_seconds", "peak_bytes")
    return {
        "extractor": extractor.name,
        "mode": _mode(extractor, outcome),
        **{figure: getattr(outcome, figure) for figure in figures},
        **{figure: getattr(outcome, figure) if outcome.shards else None for figure in of_workers},
        "python": outcome.python or None,
        "why": outcome.reason or None,
    }


def _mode(extractor: Extractor, outcome: ExtractorOutcome) -> str:
    if outcome.status != "ok":
        return outcome.status
    if extractor.stage == 0:
        return "in the parent"
    if outcome.tools:
        return "tool, then workers"
    return "workers over earlier rows" if extractor.inputs else "workers"
