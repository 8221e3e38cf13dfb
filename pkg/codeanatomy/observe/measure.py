"""The metrics of a build, from what its parts say they did. Stages, tasks and storage calls record themselves; this is the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from codeanatomy.catalog import metrics
from codeanatomy.catalog.evidence import EVIDENCE_TABLES
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES
from codeanatomy.failure import Failure
from codeanatomy.observe.delta_log import Extent
from codeanatomy.observe.run import Run
from codeanatomy.product import TableResult

_COLUMNS = {table.name: len(table.columns) for table in (*EVIDENCE_TABLES, *GRAPH_TABLES, *AUXILIARY_TABLES)}
_STORED_VIEW = {"policy": "stored_view", "scope": "engine"}


def measure_failures(run: Run, failures: Iterable[Failure]) -> None:
    """Failures by stage and code."""
    for (stage, code), count in sorted(Counter((failure.stage, failure.code) for failure in failures).items()):
        run.record(metrics.ERROR_COUNT, count, stage=stage, error_type=code)


def measure_engine(run: Run, graph: Mapping[str, Any]) -> None:
    """The phases of the engine's run, the operators of its plans, and the tables that it wrote."""
    for phase, seconds in graph["seconds"].items():
        run.record(metrics.EXECUTE_DURATION, seconds, plan_kind=phase, status="ok")
    for operator in graph["operators"]:
        if operator["output"] is not None:
            kind = f"operator.{operator['output']}.{operator['operator']}"
            run.record(metrics.TASK_DURATION, operator["elapsed_ns"] / 1e9, task_kind=kind, status="ok")
    for output in graph["outputs"]:
        run.record(metrics.WRITE_DURATION, output["seconds"], destination=output["table"], status="ok")
    _measure_stored_views(run, graph)


def _measure_stored_views(run: Run, graph: Mapping[str, Any]) -> None:
    """Views that were computed once and kept in files, those of an output or temporary ones, and who read them there."""
    schedule = graph["plan"]["summary"]["schedule"]
    seconds = {output["table"]: output["seconds"] for output in graph["outputs"]}
    kept = [(readers, seconds[table]) for table, readers in sorted(Counter(table for job in schedule for table in job["reads"]).items())]
    readers = Counter(view for job in schedule for view in job["shares"])
    kept += [(readers[shared["view"]], shared["seconds"]) for shared in graph["shared_views"]]
    for reads, took in kept:
        run.record(metrics.CACHE_OPERATION_COUNT, 1, operation="store", result="stored", **_STORED_VIEW)
        run.record(metrics.CACHE_OPERATION_DURATION, took, operation="store", result="stored", **_STORED_VIEW)
        run.record(metrics.CACHE_OPERATION_COUNT, reads, operation="read", result="hit", **_STORED_VIEW)


def measure_tables(run: Run, tables: Mapping[str, TableResult]) -> None:
    """Rows and columns of every table."""
    for name, table in tables.items():
        run.record(metrics.DATASET_ROWS, table.rows, dataset=name)
        run.record(metrics.DATASET_COLUMNS, _COLUMNS[name], dataset=name)


def measure_inputs(run: Run, extents: Mapping[str, Extent]) -> None:
    """What the engine had to look at of every table it read."""
    for name, extent in extents.items():
        run.record(metrics.SCAN_FRAGMENTS, extent.files, dataset=name)
        run.record(metrics.SCAN_ROW_GROUPS, extent.row_groups, dataset=name)
