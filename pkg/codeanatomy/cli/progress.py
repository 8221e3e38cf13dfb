"""What a person sees of a running build: one live line on a terminal, a plain line per stage elsewhere. It reads events and nothing else."""

from __future__ import annotations

import time
from typing import TextIO

import anyio

from codeanatomy.events import Event, FileDone, FilesFound, StageFinished, StageStarted, WorkerEnded, WorkerStarted

REDRAW_S = 0.2


class Progress:
    """Counts events and draws them. `tell` is called by the build; `draw` runs beside it until it is cancelled."""

    def __init__(self, stream: TextIO, *, quiet: bool, verbose: bool) -> None:
        self._stream, self._quiet, self._verbose = stream, quiet, verbose
        self._live = not quiet and stream.isatty()
        self._stage = ""
        self._began = time.monotonic()
        self._total = 0
        self._done: dict[str, int] = {}

    def tell(self, event: Event) -> None:
        match event:
            case StageStarted(stage):
                self._stage, self._began = stage, time.monotonic()
            case StageFinished(stage, seconds):
                self._say(f"{stage}: {seconds:.1f} s")
            case FilesFound(files):
                self._total = files
            case FileDone(extractor=extractor, files=files):
                self._done[extractor] = self._done.get(extractor, 0) + files
            case WorkerStarted(extractor, shard, pid) if self._verbose:
                self._say(f"worker {pid} reads shard {shard} for {extractor}")
            case WorkerEnded(extractor, shard, pid, exit) if self._verbose:
                self._say(f"worker {pid} ended: {exit}")

    async def draw(self) -> None:
        """Redraw the live line until cancelled. Returns at once where there is no terminal."""
        while self._live:
            self._stream.write(f"\r\x1b[K{self._line()}")
            self._stream.flush()
            await anyio.sleep(REDRAW_S)

    def clear(self) -> None:
        """Remove the live line."""
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _line(self) -> str:
        seconds = time.monotonic() - self._began
        if self._stage != "extraction" or not self._done:
            return f"{self._stage} … {seconds:.0f} s"
        parts = [f"{name} {done:,}/{self._total:,}" for name, done in self._done.items()]
        rate = sum(self._done.values()) / max(seconds, 0.001)
        return f"{self._stage}: {', '.join(parts)} · {rate:,.0f} files/s"

    def _say(self, text: str) -> None:
        if not self._quiet:
            self.clear()
            print(text, file=self._stream, flush=True)
