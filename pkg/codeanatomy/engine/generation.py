"""Generations of an output folder: the lock of the build that writes, the record that readers take, and cleaning up. No table is written here."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from anyio import CancelScope, to_thread

from codeanatomy import _engine
from codeanatomy.catalog.defaults import KEPT_GENERATIONS
from codeanatomy.engine.waiting import stoppable


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
    """The folder, made and locked. Raises CA620 when another build still holds it after `wait_s` seconds."""
    async with _locked(path, wait_s):
        yield OutputFolder(path, await to_thread.run_sync(current_generation, path))


@asynccontextmanager
async def work_folder(path: Path, scratch: Path, output: Path) -> AsyncIterator[None]:
    """The folder of the evidence; the one inside it for what lives only as long as a build is not there before and after.

    It is locked as well where it is not inside the output folder: builds into several of those may share it. Raises CA620 then.
    """
    async with AsyncExitStack() as stack:
        if not path.is_relative_to(output):
            await stack.enter_async_context(_locked(path, 0.0))
        await to_thread.run_sync(_remove, scratch)
        try:
            yield
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(_remove, scratch)


def _remove(scratch: Path) -> None:
    """What cannot be removed (a stopped engine may still be writing) disturbs nobody, and the next build tries again."""
    shutil.rmtree(scratch, ignore_errors=True)


@asynccontextmanager
async def _locked(path: Path, wait_s: float) -> AsyncIterator[None]:
    token = _engine.CancelToken()
    lock = await stoppable(partial(_engine.OutputLock, path, wait_s, token), token.cancel)
    try:
        yield
    finally:
        lock.release()
