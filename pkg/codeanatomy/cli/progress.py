"""What a person sees of a running build: live lines on a terminal, plain lines elsewhere. It reads events and nothing else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

import anyio

from codeanatomy.cli.output import unheard
from codeanatomy.events import (
    Event,
    ExtractorFinished,
    ExtractorStarted,
    FileDone,
    OperatorFinished,
    OperatorStarted,
    OutputStarted,
    OutputWritten,
    StageFinished,
    StageStarted,
    Stalled,
    SupplyFinished,
    SupplyStarted,
    WorkerEnded,
    WorkerStarted,
)

REDRAW_S = 0.2
LONG_S = 5.0
"""A stage says nothing of time left before it has run so long: rates need a while."""


@dataclass(slots=True)
class Job:
    """Something that runs: since when, and for an extractor how many files are done, of how many, with how many rows."""

    name: str
    began: float = field(default_factory=time.monotonic)
    total: int = 0
    done: int = 0
    rows: int = 0

    def line(self) -> str:
        """What is said of it."""
        seconds = time.monotonic() - self.began
        if not self.total:
            return f"  {self.name} … {seconds:.0f} s"
        rate = self.done / max(seconds, 0.001)
        left = f" · {(self.total - self.done) / rate:,.0f} s left" if rate and seconds >= LONG_S else ""
        return f"  {self.name} {self.done:,}/{self.total:,} files · {rate:,.0f}/s · {self.rows:,} rows{left}"


class Progress:
    """Counts events and draws them. `tell` is called by the build; `draw` runs beside it until it is cancelled."""

    def __init__(self, stream: TextIO, *, quiet: bool, verbose: bool) -> None:
        self._stream, self._quiet, self._verbose = stream, quiet, verbose
        self._live = not quiet and stream.isatty()
        self._stage = Job("")
        self._jobs: dict[str, Job] = {}
        self._drawn = 0

    def tell(self, event: Event) -> None:
        """Take note of it, and say it if it is worth a line that stays."""
        match event:
            case StageStarted(stage) if not stage.startswith("extraction_"):
                self._stage, self._jobs = Job(stage), {}
            case StageFinished(stage, seconds) if not stage.startswith("extraction_"):
                self._say(f"{stage}: {seconds:.1f} s")
            case SupplyStarted(extractor):
                self._jobs[extractor] = Job(f"{extractor}: preparing")
            case SupplyFinished(extractor):
                self._jobs.pop(extractor, None)
            case ExtractorStarted(extractor, files, shards) if shards:
                self._jobs[extractor] = Job(extractor, total=files)
            case FileDone(extractor, files, _, rows) if extractor in self._jobs:
                self._jobs[extractor].done += files
                self._jobs[extractor].rows += rows
            case ExtractorFinished(extractor, files, failed, rows):
                job = self._jobs.pop(extractor, None)
                if job and self._verbose:
                    self._say(f"  {extractor}: {files:,} files, {failed:,} failed, {rows:,} rows in {time.monotonic() - job.began:.1f} s")
            case OperatorStarted(operator):
                self._jobs[operator] = Job(f"operator {operator}")
            case OperatorFinished(operator, seconds):
                self._end(operator, f"operator {operator} in {seconds:.1f} s")
            case OutputStarted(table):
                self._jobs[table] = Job(f"table {table}")
            case OutputWritten(table, rows, seconds):
                self._end(table, f"table {table}: {rows:,} rows in {seconds:.1f} s")
            case Stalled(stage, seconds):
                self._say(f"{stage}: nothing has moved for {seconds:.0f} s; the build goes on")
            case WorkerStarted(extractor, shard, pid) if self._verbose:
                self._say(f"  worker {pid} reads shard {shard} for {extractor}")
            case WorkerEnded(extractor, shard, pid, exit) if self._verbose:
                self._say(f"  worker {pid} ended: {exit}")

    async def draw(self) -> None:
        """Redraw the live lines until cancelled. Returns at once where there is no terminal."""
        while self._live:
            self.clear()
            width, height = shutil.get_terminal_size()
            lines = [line[: width - 1] for line in self._lines()][: height - 1]
            self._put("\n".join(lines))
            self._drawn = len(lines)
            await anyio.sleep(REDRAW_S)

    def clear(self) -> None:
        """Remove the live lines."""
        if self._live and self._drawn:
            self._put("\r" + "\x1b[1A" * (self._drawn - 1) + "\x1b[J")
            self._drawn = 0

    def _lines(self) -> Iterator[str]:
        yield f"{self._stage.name} … {time.monotonic() - self._stage.began:.0f} s"
        yield from (job.line() for job in self._jobs.values())

    def _end(self, name: str, text: str) -> None:
        self._jobs.pop(name, None)
        if self._verbose or self._live:
            self._say(f"  {text}")

    def _say(self, text: str) -> None:
        if not self._quiet:
            self.clear()
            self._put(f"{text}\n")

    def _put(self, text: str) -> None:
        """Write it. Where nobody watches any more (`| head`), the build goes on in silence."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            unheard(self._stream)
            self._quiet, self._live = True, False
