"""Delta logs: checkpoints, from which a reader starts, and the commits before them that no generation needs. No row changes."""

from __future__ import annotations

import re
from pathlib import Path

from anyio import to_thread

from codeanatomy.care.generations import folder_of, named_versions, not_opened, open_table, published
from codeanatomy.engine.generation import output_folder
from codeanatomy.query.generation import Generation

_COMMIT = re.compile(r"(\d{20})\.(?:json|crc)")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\..+)?\.parquet")


def without_checkpoint(generation: Generation) -> dict[str, Path]:
    """The checkpoints that the versions of a generation lack, by table."""
    wanted = {
        name: _log(folder_of(generation, name)) / f"{version:020}.checkpoint.parquet" for name, version in generation.versions.items()
    }
    return {name: path for name, path in wanted.items() if generation.versions[name] not in _checkpoints(folder_of(generation, name))}


async def checkpoint(generation: Generation) -> None:
    """Write them, while no build writes."""
    async with output_folder(generation.output_dir):
        for name in without_checkpoint(generation):
            table = open_table(folder_of(generation, name), generation.versions[name])
            await to_thread.run_sync(table.create_checkpoint)


def unneeded_log(output: Path) -> dict[str, list[Path]]:
    """Log files before the last checkpoint from which every version that a generation names can be read, by table."""
    found: dict[str, list[Path]] = {}
    for folder, versions in named_versions(published(output)).items():
        before = [version for version in _checkpoints(folder) if version <= min(versions)]
        if before:
            found[folder.name] = [path for path in _log_files(folder) if _version(path.name) < max(before)]
    return {name: paths for name, paths in found.items() if paths}


def holding_back(output: Path) -> list[str]:
    """Tables whose log cannot be shortened, and why."""
    return [
        f"{folder.name}: there is no checkpoint at version {min(versions)} or before"
        for folder, versions in named_versions(published(output)).items()
        if not any(version <= min(versions) for version in _checkpoints(folder))
    ]


async def clean_log(output: Path) -> None:
    """Remove these log files, oldest first: whatever ends this in between, what is left can be read."""
    async with output_folder(output):
        for paths in unneeded_log(output).values():
            for path in paths:
                await to_thread.run_sync(path.unlink)


def _log(folder: Path) -> Path:
    return folder / "_delta_log"


def _log_files(folder: Path) -> list[Path]:
    """Raises CA841 where there is no log."""
    try:
        return sorted(_log(folder).iterdir())
    except OSError as error:
        raise not_opened(folder, f": {error.strerror}") from error


def _checkpoints(folder: Path) -> list[int]:
    return [int(match[1]) for path in _log_files(folder) if (match := _CHECKPOINT.fullmatch(path.name))]


def _version(name: str) -> float:
    """The version of a log file; one that is neither commit nor checkpoint is not ours to remove."""
    match = _COMMIT.fullmatch(name) or _CHECKPOINT.fullmatch(name)
    return int(match[1]) if match else float("inf")
