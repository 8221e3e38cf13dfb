"""The generations of an output folder and the data they need. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from codeanatomy.data_files import data_files
from codeanatomy.failure import Coded
from codeanatomy.query.generation import Generation, generation_of, open_generation, recorded

MOST_NAMED = 20
"""Losses that a failure names."""


def published(output: Path) -> list[Generation]:
    """Every generation that has a record, newest first. Raises CA801 where nothing was published.

    A record above the current one is of a build that died while it published: nobody reads it.
    """
    current = open_generation(output)
    return [generation_of(output, number) for number in reversed(recorded(output)) if number <= current.number]


def folder_of(generation: Generation, table: str) -> Path:
    """Where the table of that name lies."""
    return generation.output_dir / str(generation.record["tables"][table].get("location", table))


def open_table(folder: Path, version: int | None = None) -> DeltaTable:
    """A table at that version, the latest if none is given. Raises CA841 for what is no table, or has no such version."""
    try:
        return DeltaTable(str(folder), version=version)
    except (DeltaError, TableNotFoundError) as error:
        at = "" if version is None else f" at version {version}"
        raise not_opened(folder, f"{at}: {str(error).splitlines()[0]}") from error


def not_opened(folder: Path, why: str) -> Coded:
    """The failure of a table that cannot be opened."""
    return Coded("CA841", f"the table in {folder} cannot be opened{why}", "build again, or restore a generation that is whole")


def missing(generation: Generation) -> list[str]:
    """What a generation names and is not there: tables that cannot be opened, data files that are gone."""
    found: list[str] = []
    for name, version in generation.versions.items():
        folder = folder_of(generation, name)
        try:
            table = open_table(folder, version)
        except Coded as failure:
            found.append(failure.message)
        else:
            found += [f"there is no data file {path}" for path in data_files(table, folder) if not path.is_file()]
    return found


def check_whole(generation: Generation) -> None:
    """Raises CA843 where some of its data are gone."""
    gone = missing(generation)
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise Coded(
            "CA843",
            f"generation {generation.number} is not whole: {gone[0]}{more}",
            "`codeanatomy delta history` says which generations are readable",
            {"generation": generation.number, "missing": gone[:MOST_NAMED]},
        )


def named_versions(generations: Sequence[Generation]) -> dict[Path, set[int]]:
    """The versions that generations name, by folder of the table."""
    found: dict[Path, set[int]] = {}
    for generation in generations:
        for name, version in generation.versions.items():
            found.setdefault(folder_of(generation, name), set()).add(version)
    return found
