"""Sections about what went wrong, and on what machine: failures and warnings, the log, the machine. They read the manifest and the log."""

from __future__ import annotations

import os
import resource
from collections import Counter
from typing import Any

from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.observe.report.account import Account

EXAMPLES = 5
KIB = 1024
_HEAD = ("name", "type", "unit", "run_id")
_FIGURES = ("value", "count", "sum", "min", "max")

Filling = dict[str, Any]


def metrics(account: Account) -> Filling:
    """The metrics up to the report."""
    rows = [_series(row) for row in account.run.measures.snapshot()]
    return {"summary": {"series": len(rows), "instruments": len({row["metric"] for row in rows})}, "rows": rows}


def log_summary(account: Account) -> Filling:
    """The log in numbers."""
    lines = account.run.log.lines
    if not lines:
        return {"reason": "The run has no log."}
    counts = Counter((line["level"], line["event"]) for line in lines)
    rows = [{"level": level, "event": event, "lines": count} for (level, event), count in sorted(counts.items(), key=lambda item: -item[1])]
    return {"summary": {"lines": len(lines), **{level: count for level, count in _levels(lines).items() if count}}, "rows": rows}


def diagnostic_categories(account: Account) -> Filling:
    """Failures and warnings by code."""
    counts = Counter((failure.severity, failure.code) for failure in account.failures)
    counts.update(("warning", warning.partition(":")[0]) for warning in account.warnings)
    ended = account.manifest.error
    if ended:
        counts["error", ended.code or "bug"] += 1
    paths: dict[str, list[str]] = {}
    for failure in account.failures:
        paths.setdefault(failure.code, []).append(failure.path)
    rows = [
        {
            "severity": severity,
            "code": code,
            "name": BY_CODE[code].name if code in BY_CODE else None,
            "count": count,
            "paths": ", ".join(paths.get(code, ())[:EXAMPLES]) + (" …" if len(paths.get(code, ())) > EXAMPLES else ""),
        }
        for (severity, code), count in sorted(counts.items())
    ]
    severities = Counter(severity for severity, _ in counts.elements())
    return {"summary": dict(severities), "rows": rows, "reason": None if rows else "There were no failures and no warnings."}


def runtime_capabilities(account: Account) -> Filling:
    """The machine, and what could be used of it."""
    tools, sandbox = account.manifest.tools, account.manifest.sandbox
    rows = [{"what": "Python", "is": tools.python}, {"what": "platform", "is": tools.platform}]
    rows += [{"what": name, "is": version} for name, version in tools.engine.items()]
    for name, found in (("workers", sandbox.workers), ("tools", sandbox.tools)):
        if found is None:
            rows.append({"what": f"{name} confined by", "is": "none ran"})
            continue
        rows.append({"what": f"{name} confined by", "is": ", ".join(found.in_force)})
        if found.missing:
            rows.append({"what": f"{name} not confined by", "is": ", ".join(found.missing)})
    summary = {
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "engine_partitions": account.manifest.engine.limits["partitions"] if account.manifest.engine else None,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB,
        "peak_worker_bytes": max((outcome.peak_bytes for outcome in account.manifest.extractors.values()), default=0),
    }
    return {"summary": summary, "rows": rows}


def _series(row: dict[str, Any]) -> Filling:
    """One line of a metric: its attributes in one, and its figures by their unit. Every histogram is of seconds."""
    figures: Filling = {name: row[name] for name in _FIGURES[:2] if name in row}
    figures |= {f"{name}_seconds": row[name] for name in _FIGURES[2:] if name in row}
    attributes = (f"{name}={value}" for name, value in row.items() if name not in (*_HEAD, *_FIGURES))
    return {"metric": row["name"], "attributes": ", ".join(attributes), **figures}


def _levels(lines: list[dict[str, Any]]) -> dict[str, int]:
    found = Counter(line["level"] for line in lines)
    return {level: found[level] for level in ("DEBUG", "INFO", "WARN", "ERROR")}
