"""Tables of a generation, written again by the engine: into fewer files, or into another folder. Their content stays, or nothing is published."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anyio import to_thread

from codeanatomy import engine
from codeanatomy.care.generations import check_whole, folder_of, open_table
from codeanatomy.catalog.shapes import Table
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES
from codeanatomy.data_files import data_files
from codeanatomy.engine.generation import output_folder
from codeanatomy.failure import Coded
from codeanatomy.product import TableResult
from codeanatomy.query.generation import Generation
from codeanatomy.sandbox.limits import MIB
from codeanatomy.semantics.emit import columns_of
from codeanatomy.semantics.spec import SCHEMA_VERSION, InputRelation, OutputTarget, RuntimeConfig, SemanticExecutionSpec

SMALL = 64 * MIB
"""A data file below this can be joined with another: the engine fills files up to several times as much."""

TABLES = (*GRAPH_TABLES, *AUXILIARY_TABLES)


def scattered(generation: Generation) -> list[Table]:
    """Tables with more than one small data file. Raises CA843 where the generation is not whole."""
    check_whole(generation)
    return [table for table in TABLES if sum(path.stat().st_size < SMALL for path in _files(generation, table)) > 1]


def _files(generation: Generation, table: Table) -> list[Path]:
    folder = folder_of(generation, table.name)
    return data_files(open_table(folder, generation.versions[table.name]), folder)


async def optimize(generation: Generation) -> tuple[int, dict[str, Any]]:
    """Join the files of scattered tables and publish the result; returns the new generation and its record.

    Raises CA620 while a build writes, CA621 when one has published since, CA845 when the content would change.
    """
    async with output_folder(generation.output_dir) as folder:
        written = await rewrite(generation, scattered(generation), generation.output_dir)
        tables = generation.record["tables"] | {name: asdict(table) for name, table in written.items()}
        record = {**generation.record, "tables": tables, "optimized_from": generation.number}
        return await folder.publish(record), record


async def export(generation: Generation, target: Path) -> tuple[int, dict[str, Any]]:
    """Write the generation into an empty folder, as an output folder with that one generation, and the run that made it.

    Raises CA840 where something is in that folder, CA843 where the generation is not whole, CA845 when the content would change.
    """
    check_target(target)
    check_whole(generation)
    async with output_folder(target) as folder:
        written = await rewrite(generation, TABLES, target)
        record = {
            **generation.record,
            "tables": {name: asdict(table) for name, table in written.items()},
            "exported_from": generation.number,
        }
        run = Path("runs") / str(generation.record["run_id"])
        if (generation.output_dir / run).is_dir():
            await to_thread.run_sync(shutil.copytree, generation.output_dir / run, target / run)
        return await folder.publish(record), record


def check_target(target: Path) -> None:
    """Raises CA840 where there is something already."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Coded("CA840", f"there is something in {target} already", "name an empty or a new folder")


async def rewrite(generation: Generation, tables: Sequence[Table], target: Path) -> dict[str, TableResult]:
    """Read tables at the versions of a generation and write them below `target`, rows in the order in which they lie."""
    with tempfile.TemporaryDirectory(prefix="codeanatomy-") as scratch:
        spec = SemanticExecutionSpec(
            SCHEMA_VERSION,
            [_input(generation, table) for table in tables],
            [],
            [OutputTarget(table.name, f"former_{table.name}", str(target / table.name), columns_of(table), [], []) for table in tables],
            RuntimeConfig(partitions=1, spill_directory=scratch),
        )
        result = await engine.run(spec.to_json())
    written = {output["table"]: TableResult.of(output) for output in result["outputs"]}
    for name, table in written.items():
        wanted = generation.record["tables"][name]["fingerprint"]
        if table.fingerprint != wanted:
            raise Coded(
                "CA845",
                f"{name} has other content than generation {generation.number} says of it",
                "nothing was published; build again",
                {"table": name, "fingerprint": table.fingerprint, "recorded": wanted},
            )
    return written


def _input(generation: Generation, table: Table) -> InputRelation:
    return InputRelation(f"former_{table.name}", str(folder_of(generation, table.name)), generation.versions[table.name], columns_of(table))
