"""The manifest of a run: what ran, with what, and what came of it, as one JSON object. Every figure is read from what ran."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from codeanatomy.catalog import metrics
from codeanatomy.catalog.evidence import EVIDENCE_TABLES
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES
from codeanatomy.collect import Collection, ExtractorOutcome
from codeanatomy.failure import Failure
from codeanatomy.observe.run import Run
from codeanatomy.product import GraphProductBuildRequest, TableResult
from codeanatomy.sandbox.confinement import WORKER

SCHEMA_VERSION = 1
_COLUMNS = {table.name: len(table.columns) for table in (*EVIDENCE_TABLES, *GRAPH_TABLES, *AUXILIARY_TABLES)}


def measure_extraction(run: Run, extractors: Iterable[ExtractorOutcome], failures: Iterable[Failure]) -> None:
    """Record how long each extractor's workers took, and failures by code."""
    for outcome in extractors:
        run.record(metrics.TASK_DURATION, outcome.seconds, task_kind=f"extractor.{outcome.extractor}", status="ok")
    for (stage, code), count in sorted(Counter((failure.stage, failure.code) for failure in failures).items()):
        run.record(metrics.ERROR_COUNT, count, stage=stage, error_type=code)


def measure_engine(run: Run, graph: Mapping[str, Any]) -> None:
    """Record how long each operator and each output took, from what the engine says of its run."""
    for operator in graph["operators"]:
        kind = "graph" if operator["output"] is None else operator["output"]
        run.record(metrics.TASK_DURATION, operator["elapsed_ns"] / 1e9, task_kind=f"operator.{kind}.{operator['operator']}", status="ok")
    for output in graph["outputs"]:
        run.record(metrics.WRITE_DURATION, output["seconds"], destination=output["table"], status="ok")


def measure_tables(run: Run, tables: Mapping[str, TableResult]) -> None:
    """Record rows and columns of every table."""
    for name, table in tables.items():
        run.record(metrics.DATASET_ROWS, table.rows, dataset=name)
        run.record(metrics.DATASET_COLUMNS, _COLUMNS[name], dataset=name)


def manifest(
    run: Run,
    request: GraphProductBuildRequest,
    files: Mapping[str, int],
    collected: Collection[Any],
    failures: Iterable[Failure],
    evidence: Mapping[str, TableResult],
    tables: Mapping[str, TableResult],
    graph: Mapping[str, Any],
    engine_versions: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest up to the publishing of the tables."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "status": "ok",
        "started": run.started,
        "seconds": round(run.seconds, 3),
        "repository": str(request.repository),
        "tools": {
            "codeanatomy": metadata.version("codeanatomy"),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "engine": dict(engine_versions),
        },
        "settings": {name: value for name, value in asdict(request).items() if name != "repo_root"},
        "files": dict(files),
        "failures": count_by_code(failures),
        "extractors": {name: asdict(outcome) for name, outcome in collected.extractors.items()},
        "evidence": {name: asdict(table) for name, table in evidence.items()},
        "tables": {name: asdict(table) for name, table in tables.items()},
        "spec_hash": graph["spec_hash"],
        "envelope_hash": graph["envelope_hash"],
        "engine": {name: graph[name] for name in ("seconds", "operators", "peak_pool_bytes")},
        "warnings": [
            *sandbox_warnings(request, collected.extractors.values()),
            *collected.warnings,
            *(warning["message"] for warning in graph["warnings"]),
        ],
        "stages": dict(run.stages),
        "metrics": run.measurements,
    }


def sandbox_warnings(request: GraphProductBuildRequest, extractors: Iterable[ExtractorOutcome]) -> list[str]:
    """CA220 for what workers should have had in force and had not."""
    missing = {means for outcome in extractors if outcome.shards for means in request.confinement.missing(WORKER, outcome.in_force)}
    return [f"CA220: this system cannot confine workers completely: it lacks {', '.join(sorted(missing))}"] if missing else []


def count_by_code(failures: Iterable[Failure]) -> dict[str, int]:
    """How many failures there are of each code."""
    return dict(sorted(Counter(failure.code for failure in failures).items()))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file and see it to disk, folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, default=str)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
