"""A replay: the evidence of a generation is computed again, at the versions that its record names, and has to come to the same. It extracts and publishes
nothing, and leaves every table as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from anyio import to_thread

from codeanatomy import engine
from codeanatomy.catalog import spans
from codeanatomy.catalog.evidence.repo_scan import REPO_FILES
from codeanatomy.catalog.tables import EXTRACT_ERRORS, NORMALIZE_OUTPUTS
from codeanatomy.determinism import EarlierRun, Said, StoredTable, compare, model, stored
from codeanatomy.engine import EngineError
from codeanatomy.engine.generation import OutputFolder
from codeanatomy.engine.writer import Written
from codeanatomy.events import FilesFound
from codeanatomy.execute import execute
from codeanatomy.failure import Coded, Failure
from codeanatomy.observe import auxiliary
from codeanatomy.observe.run import Run
from codeanatomy.observe.settle import Made, Settled, settle
from codeanatomy.observe.unfinished import Begun
from codeanatomy.plan import runtime
from codeanatomy.product import Determinism, GraphProductBuildRequest, TableResult
from codeanatomy.scan import Scan, scan
from codeanatomy.scan.revision import revision
from codeanatomy.semantics.emit import build_execution_spec, semantic_ir
from codeanatomy.semantics.ir import IR

MOST_NAMED = 20
"""Sources that a refused replay names."""
HINT = "build without --rulepack-profile Replay for a new generation; what was replayed is as it was"


async def replay(run: Run, request: GraphProductBuildRequest, begun: Begun, output: OutputFolder) -> tuple[Settled, int]:
    """Compute the current generation of the output folder again; the outcome, and the number of that generation.

    Raises `Coded`: CA160 where there is none that can be replayed, CA163 where a source is not what it was, CA164 where its tables are not,
    CA161 and CA162 where the replay comes to something else.
    """
    earlier, scratch = model(output.path, output.former), request.scratch / "replay"
    record = output.former.record if output.former else {}
    with run.stage(spans.SCAN):
        begun.sources = sources = await scan(request.repository, request.scan_settings, request.confinement)
        begun.revision = await revision(request.repository, request.confinement)
        run.tell(FilesFound(len(sources.sources)))
        await _check_tables(earlier, {**earlier.said.tables, **stored(output.path, record["tables"])})
        await to_thread.run_sync(_check_sources, sources, earlier)
        begun.failures = failures = await to_thread.run_sync(_failures, earlier)
        begun.evidence.tables |= _evidence(earlier, record)
    with run.stage(spans.SEMANTIC_IR_COMPILE):
        ir = await to_thread.run_sync(lambda: semantic_ir(engine.operator_ports()))
    with run.stage(spans.SPEC_BUILD):
        read = _pinned(ir, earlier)
        spec = build_execution_spec(ir, read, scratch, runtime(request), earlier.limits, earlier.rulepack_profile).to_json()
        begun.spec = spec
        await to_thread.run_sync(lambda: scratch.mkdir(parents=True))  # the evidence may lie elsewhere
    begun.graph = graph = await execute(run, spec, request)
    with run.stage(spans.AUXILIARY_OUTPUTS):
        made_again = {written["table"]: TableResult.of(written) for written in graph["outputs"]}
        made_again[NORMALIZE_OUTPUTS.name] = await auxiliary.write_views(run, ir, scratch)
        await compare(earlier, _said(earlier, graph, made_again, scratch), HINT)
        tables, facts = (_results(record[part]) for part in ("tables", "evidence"))
        made = Made(sources, begun.revision, begun.evidence, failures, facts, tables, read, spec, graph)
        determinism = Determinism(request.determinism_tier, "replayed", earlier.generation, earlier.run_id)
        place = replace(request, work_dir=record["work_dir"])
        begun.settled = settled = await settle(run, place, made, determinism, None)
    begun.generation = earlier.generation
    return settled, earlier.generation


async def _check_tables(earlier: EarlierRun, tables: Mapping[str, StoredTable]) -> None:
    """Raises CA164 for a table that is not there any more, or that holds other rows than the record says."""
    for name, table in tables.items():
        try:
            found = await engine.fingerprint(table.folder, table.version)
        except EngineError as failure:
            raise _not_whole(earlier, name, f"cannot be read: {failure.message}") from failure
        if found != table.fingerprint:
            raise _not_whole(earlier, name, f"has other rows: its fingerprint is {found}, and was {table.fingerprint}")


def _not_whole(earlier: EarlierRun, name: str, what: str) -> Coded:
    message = f"`{name}` of generation {earlier.generation} {what}"
    return Coded("CA164", message, HINT, {"table": name, "generation": earlier.generation})


def _check_sources(sources: Scan, earlier: EarlierRun) -> None:
    """Raises CA163 for a source that is not what it was."""
    then = {row["path"]: row["sha256"] for row in _rows(earlier.said.tables[REPO_FILES.name])}
    now = {source.path: source.sha256 for source in sources.sources}
    found = {
        "changed": sorted(path for path in then.keys() & now.keys() if then[path] != now[path]),
        "gone": sorted(then.keys() - now.keys()),
        "new": sorted(now.keys() - then.keys()),
    }
    named = [(path, what) for what, paths in found.items() for path in paths]
    if not named:
        return
    path, what = named[0]
    is_what = {
        "changed": "has other bytes than",
        "gone": "is not among the sources, as it was",
        "new": "is among the sources, as it was not",
    }
    more = f", and so do {len(named) - 1} more sources differ" if named[1:] else ""
    hint = HINT if what == "changed" else f"give the same settings of the scope as then, or {HINT}"
    details: dict[str, object] = {"generation": earlier.generation, **{what: paths[:MOST_NAMED] for what, paths in found.items()}}
    raise Coded("CA163", f"{path} {is_what[what]} when generation {earlier.generation} was made{more}", hint, details)


def _pinned(ir: IR, earlier: EarlierRun) -> dict[str, tuple[Path, int]]:
    """Folder and version of every table that the engine reads. Raises CA164 for one that there was not."""
    tables = earlier.said.tables
    for table in ir.relations:
        if table.name not in tables:
            raise _not_whole(earlier, table.name, "is missing: the build that made it did not read it")
    return {table.name: (tables[table.name].folder, tables[table.name].version) for table in ir.relations}


def _said(earlier: EarlierRun, graph: dict[str, Any], made: dict[str, TableResult], folder: Path) -> Said:
    """What the replay says: the pinned evidence, and what was made of it."""
    again = {name: StoredTable(folder / name, table.version, table.fingerprint) for name, table in made.items()}
    pinned = {name: table for name, table in earlier.said.tables.items() if name in earlier.evidence}
    return Said(graph["spec_hash"], graph["envelope_hash"], {**pinned, **again})


def _evidence(earlier: EarlierRun, record: dict[str, Any]) -> dict[str, Written]:
    """The pinned tables, as their writers spoke of them."""
    told = {name: table for name, table in {**record["tables"], **record["evidence"]}.items() if name in earlier.evidence}
    return {name: Written(name, earlier.said.tables[name].folder, **asdict(TableResult.of(table))) for name, table in told.items()}


def _failures(earlier: EarlierRun) -> list[Failure]:
    return [Failure(**row) for row in _rows(earlier.said.tables[EXTRACT_ERRORS.name])]


def _rows(table: StoredTable) -> Iterable[dict[str, Any]]:
    from deltalake import DeltaTable  # only a replay needs it

    rows: list[dict[str, Any]] = DeltaTable(str(table.folder), version=table.version).to_pyarrow_table().to_pylist()
    return rows


def _results(tables: dict[str, dict[str, Any]]) -> dict[str, TableResult]:
    return {name: TableResult.of(table) for name, table in tables.items()}
