"""Data files that no kept generation needs, and records of generations that are not kept. Removing them is the engine's."""

from __future__ import annotations

from pathlib import Path

from codeanatomy.care.generations import named_versions, open_table, published
from codeanatomy.data_files import data_files
from codeanatomy.engine.generation import output_folder
from codeanatomy.query.generation import generation_of, recorded


def unneeded(output: Path, keep: int | None) -> dict[str, list[Path]]:
    """What vacuuming would remove, by folder. The latest version of a table stays: the next build commits on top of it."""
    generations = published(output)[:keep]
    first = generations[-1].number
    found = {"generations": [generation_of(output, number).file for number in recorded(output) if number < first]}
    for folder, versions in named_versions(generations).items():
        named = {path.resolve() for version in (*versions, None) for path in data_files(open_table(folder, version), folder)}
        found[folder.name] = [path for path in sorted(folder.glob("*.parquet")) if path.resolve() not in named]
    return {name: paths for name, paths in found.items() if paths}


async def vacuum(output: Path, keep: int | None) -> int:
    """Remove it, while no build writes; returns how many files went. Raises CA620 while one does."""
    async with output_folder(output) as folder:
        return await folder.clean(keep or published(output)[0].number)
