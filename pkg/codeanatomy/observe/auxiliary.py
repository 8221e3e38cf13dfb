"""The auxiliary tables of a build: what the views were compiled to, every failure, and the manifest. Shapes come from the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from anyio import to_thread

from codeanatomy.catalog.shapes import Table
from codeanatomy.catalog.tables import EXTRACT_ERRORS, NORMALIZE_OUTPUTS, RUN_MANIFEST
from codeanatomy.data_files import data_files
from codeanatomy.engine.generation import Generation, check_place, current_generation
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe.manifest import RunManifest
from codeanatomy.observe.run import Run
from codeanatomy.observe.storage import open_measured
from codeanatomy.observe.telemetry import ID_HINT
from codeanatomy.product import TableResult
from codeanatomy.semantics.ir import IR, Node

ARROW = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "list<string>": pa.list_(pa.string()),
}

KEPT_RUNS = 100
"""So many runs are kept in `run_manifest`."""

Row = Mapping[str, Any]


async def write_views(run: Run, ir: IR, output: Path) -> TableResult:
    """`normalize_outputs`: one row per view of the IR, in the order of computation, then those that were pruned."""
    rows = [*(_view(node, False) for node in ir.nodes), *(_view(node, True) for node in ir.pruned)]
    return await _write(run, NORMALIZE_OUTPUTS, rows, output / NORMALIZE_OUTPUTS.name)


async def write_failures(run: Run, failures: Iterable[Failure], location: Path) -> TableResult:
    """`extract_errors`: one row per failure, in their order and not in that of workers. Written when there is none, too."""
    names = [column.name for column in EXTRACT_ERRORS.columns]
    rows = ({name: getattr(failure, name) for name in names} for failure in sorted(failures, key=lambda failure: failure.order))
    return await _write(run, EXTRACT_ERRORS, rows, location)


async def write_manifest(run: Run, manifest: RunManifest, output: Path, earlier: EarlierRuns) -> TableResult:
    """`run_manifest`: one row of the manifest's main figures, and the whole of it, after those of the earlier runs."""
    former = sorted(earlier.rows, key=lambda row: (str(row["started"]), str(row["run_id"])))
    rows = [*former, await to_thread.run_sync(_manifest_row, manifest)]
    return await _write(run, RUN_MANIFEST, rows[-KEPT_RUNS:], output / RUN_MANIFEST.name)


def claim(run_id: str, folder: Path, output: Path) -> None:
    """Make the folder of a run that its caller named: of several builds at once one makes it. Blocking.

    Raises CA165 for the id of a run that the output folder knows, CA112 and CA622 where no folder can be made.
    """
    check_place(output)
    had = Coded("CA165", f"run_id: there is a run {run_id!r} in {output}", ID_HINT, {"field": "run_id"})
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise had from error
    except OSError as error:
        hint = "make it writable, or name another folder with --output-dir"
        raise Coded("CA622", f"cannot create {folder}: {error.strerror}", hint, {"path": str(folder)}) from error
    try:
        former = current_generation(output)
        known = {former.record["run_id"]} if former else set()
        known |= {row["run_id"] for row in earlier_runs(output, former, ["run_id"]).rows}
        if run_id in known:
            raise had
    except Coded:
        release(folder)
        raise


def release(folder: Path) -> None:
    """Remove the folder of a run that has put nothing there. Blocking."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _manifest_row(manifest: RunManifest) -> Row:
    told = manifest.to_dict()
    row = {name: told[name] for name in ("run_id", "status", "started", "seconds", "spec_hash", "envelope_hash")}
    counts = {"files_scanned": manifest.files.scanned, "files_failed": manifest.files.failed}
    return {**row, **counts, "manifest": json.dumps(told)}


@dataclass(frozen=True, slots=True)
class EarlierRuns:
    """What the former generation has of runs, and warnings of what of that cannot be read."""

    rows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def earlier_runs(output: Path, former: Generation | None, columns: Sequence[str]) -> EarlierRuns:
    """The rows of `run_manifest`, if the former generation has that table. A table that is lost ends no build: the next one mends it. Blocking."""
    table = former.record["tables"].get(RUN_MANIFEST.name) if former else None
    if table is None:
        return EarlierRuns()
    from deltalake import DeltaTable  # only a second build needs it
    from deltalake.exceptions import DeltaError, TableNotFoundError
    from pyarrow import parquet

    location = output / RUN_MANIFEST.name
    try:
        files = data_files(DeltaTable(str(location), version=table["version"]), location)
        return EarlierRuns([row for file in files for row in parquet.read_table(file, columns=columns).to_pylist()])
    except (DeltaError, TableNotFoundError, OSError, pa.ArrowException) as error:
        why = str(error).splitlines()[0]
        return EarlierRuns(warnings=[f"CA875: what is known of earlier runs is lost: cannot read {location}: {why}"])


def one_row_a_source(failures: Iterable[Failure]) -> list[Failure]:
    """Failures without repetition. What several extractors say of one source is one problem: the first of `_SPEAKERS` says it, with the names of all;
    how the others' workers ended, if they did, is added to its message."""
    found: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        key = (failure.path, failure.stage) if failure.stage == "extraction" else (failure.path, failure.code)
        found.setdefault(key, []).append(failure)
    return [_in_one(sorted(same, key=_rank)) for same in found.values()]


_SPEAKERS = ("ast", "symtable", "bytecode", "libcst", "tree_sitter")
"""Who is heard first: CPython's parser, then what rests on it, then other parsers, then tools."""


def _rank(failure: Failure) -> tuple[bool, int, tuple[str, str, str, int, str]]:
    speaker = _SPEAKERS.index(failure.extractor) if failure.extractor in _SPEAKERS else len(_SPEAKERS)
    return (failure.severity != "error", speaker, failure.order)


def _in_one(failures: list[Failure]) -> Failure:
    first, *others = failures
    ends = dict.fromkeys(f"{other.extractor}: {other.message}" for other in others if other.worker_exit and other.message != first.message)
    return replace(
        first, extractor=", ".join(sorted({failure.extractor for failure in failures})), message="; ".join((first.message, *ends))
    )


def _view(node: Node, pruned: bool) -> Row:
    kind = "operator" if node.operator else "sql"
    columns = [column.name for column in node.columns]
    return {"view": node.name, "kind": kind, "inputs": list(node.inputs), "columns": columns, "pruned": pruned}


async def _write(run: Run, table: Table, rows: Iterable[Row], location: Path) -> TableResult:
    data = await to_thread.run_sync(_arrow, table, rows)
    writer = await open_measured(run, table, location)
    try:
        await writer.write_arrow(data)
        written = await writer.finish()
    except BaseException:
        await writer.abort()
        raise
    return TableResult.of(asdict(written))


def _arrow(table: Table, rows: Iterable[Row]) -> pa.Table:
    schema = pa.schema([pa.field(column.name, ARROW[column.type], column.nullable) for column in table.columns])
    return pa.Table.from_pylist(list(rows), schema)
