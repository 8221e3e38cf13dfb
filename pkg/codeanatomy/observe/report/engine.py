"""Sections about the engine's work: plan against execution, and the operators of the plans that ran. They read what it returned."""

from __future__ import annotations

from typing import Any

from codeanatomy.observe.report.account import UNDONE, Account
from codeanatomy.plan import job_kind

Filling = dict[str, Any]


def plan_execution_diff(account: Account) -> Filling:
    """What the plan names and what was done."""
    if account.graph is None or account.manifest.engine is None:
        return {"reason": UNDONE}
    plan = account.graph["plan"]["summary"]
    expected = [("output", output["table"]) for output in plan["outputs"]]
    expected += [(job_kind(job), job[job_kind(job)]) for job in plan["schedule"] if "output" not in job]
    done = [("output", output["table"]) for output in account.graph["outputs"]]
    done += [("operator", operator["operator"]) for operator in account.graph["operators"] if operator["output"] is None]
    done += [("view", shared["view"]) for shared in account.graph["shared_views"]]
    unused = account.manifest.engine.unused_views
    rows = [{"kind": kind, "name": name, "state": "planned, not done"} for kind, name in _without(expected, done)]
    rows += [{"kind": kind, "name": name, "state": "done, not planned"} for kind, name in _without(done, expected)]
    rows += [{"kind": "view", "name": name, "state": "needed by no output"} for name in unused]
    summary = {"planned": len(expected), "done": len(done), "views": len(plan["views"]), "unused_views": len(unused)}
    return {"summary": summary, "rows": rows, "reason": None if rows else "Everything that was planned was done, and nothing else."}


def datafusion_execution(account: Account) -> Filling:
    """Every operator with its figures."""
    engine = account.manifest.engine
    if engine is None:
        return {"reason": UNDONE}
    operators = sorted(engine.operators, key=lambda operator: -operator["elapsed_ns"])
    rows = [
        {
            "output": operator["output"] or "graph operator",
            "operator": operator["operator"],
            "nodes": operator.get("nodes"),
            "rows": operator["rows"],
            "seconds": operator["elapsed_ns"] / 1e9,
            "spills": operator.get("spills"),
            "spilled_bytes": operator.get("spilled_bytes"),
        }
        for operator in operators
    ]
    spilled = sum(row["spilled_bytes"] or 0 for row in rows)
    summary = {"peak_pool_bytes": engine.peak_pool_bytes, "pool_bytes": engine.limits["memory_bytes"], "spilled_bytes": spilled}
    return {"summary": summary, "rows": rows}


def _without(these: list[tuple[str, str]], those: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """These less those, counting repetitions."""
    left = list(those)
    return [item for item in these if not (item in left and not left.remove(item))]  # type: ignore[func-returns-value]
