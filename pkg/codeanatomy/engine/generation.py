"""Generations of an output folder: the lock of the build that writes, the record that readers take, and cleaning up. No table is written here."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from anyio import CancelScope, to_thread

from codeanatomy import _engine
from codeanatomy.catalog.defaults import KEPT_GENERATIONS
from codeanatomy.engine.waiting import stoppable
from codeanatomy.failure import Coded

_MISREAD = re.compile(r"[\x00-\x1f\x7f\\]|%[0-9A-Fa-f]{2}")
"""What of a path the Delta library refuses, or takes for another letter."""

_MARK = ".codeanatomy"
"""A file that says of a folder that builds may empty it."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One published set of tables: its number and its record."""

    number: int
    record: dict[str, Any]


def current_generation(output: Path) -> Generation | None:
    """The generation that readers are to take; none where nothing was published. Blocking, and short."""
    text = _engine.current(output)
    if text is None:
        return None
    found = json.loads(text)
    return Generation(found["generation"], found["record"])


class OutputFolder:
    """An output folder that this build holds alone, and the generation it found there."""

    def __init__(self, path: Path, former: Generation | None) -> None:
        self.path = path
        self.former = former

    async def publish(self, record: Mapping[str, Any]) -> int:
        """Make `record` the next generation; returns its number. `tables` in it maps each name to at least its `version`.

        Raises CA621 when another one was published since this build began.
        """
        former = self.former.number if self.former else None
        number = await to_thread.run_sync(_engine.publish, self.path, json.dumps(record), former)
        self.former = Generation(number, dict(record))
        return number

    async def clean(self, keep: int = KEPT_GENERATIONS) -> int:
        """Remove records and data files that the last `keep` generations do not need; returns how many files."""
        return await to_thread.run_sync(_engine.clean, self.path, keep)


@asynccontextmanager
async def output_folder(path: Path, wait_s: float = 0.0) -> AsyncIterator[OutputFolder]:
    """The folder, made and locked. Raises CA112 where no tables can lie, CA620 when another build still holds it after `wait_s` seconds."""
    check_place(path)
    async with _locked(path, wait_s):
        yield OutputFolder(path, await to_thread.run_sync(current_generation, path))


@asynccontextmanager
async def work_folder(path: Path, scratch: Path, output: Path) -> AsyncIterator[None]:
    """The folder of the evidence; the one inside it for what lives only as long as a build is not there before and after.

    It is locked as well where it is not inside the output folder: builds into several of those may share it. Raises CA620 then, and CA112
    where no tables can lie or the inner folder holds what is not of a build.
    """
    check_place(path)
    async with AsyncExitStack() as stack:
        if not path.is_relative_to(output):
            await stack.enter_async_context(_locked(path, 0.0))
        await to_thread.run_sync(_make_empty, scratch)
        try:
            yield
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(_remove, scratch)


def check_place(path: Path) -> None:
    """Raises CA112 where no tables can lie."""
    if path.exists() and not path.is_dir():
        raise Coded("CA112", f"{path} is not a folder", "name another with --output-dir or --work-dir")
    if found := _MISREAD.search(str(path)):
        raise Coded(
            "CA112", f"no table can lie in {str(path)!r}: {found[0]!r} means something else there", "use a folder without it in its path"
        )


def _make_empty(scratch: Path) -> None:
    """The folder with nothing but its mark. A folder of that name may be anybody's: only what has the mark is removed."""
    mark = scratch / _MARK
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        if any(scratch.iterdir()) and not mark.exists():
            raise Coded("CA112", f"{scratch} holds something, and no build made it", "remove it, or name another folder with --work-dir")
        mark.touch()
    except OSError as error:
        raise Coded("CA112", f"{scratch} cannot be used: {error.strerror}", "remove it, or name another folder with --work-dir") from error
    _empty(scratch)


def _empty(scratch: Path) -> None:
    """What cannot be removed (a stopped engine may still be writing) disturbs nobody, and the next build tries again."""
    for path in scratch.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _MARK:
            with suppress(OSError):
                path.unlink()


def _remove(scratch: Path) -> None:
    """The folder, its mark last: what is left without it would be taken for somebody's."""
    if not scratch.is_dir():
        return
    _empty(scratch)
    if [path.name for path in scratch.iterdir()] == [_MARK]:
        shutil.rmtree(scratch, ignore_errors=True)


@asynccontextmanager
async def _locked(path: Path, wait_s: float) -> AsyncIterator[None]:
    token = _engine.CancelToken()
    lock = await stoppable(partial(_engine.OutputLock, path, wait_s, token), token.cancel)
    try:
        yield
    finally:
        lock.release()
