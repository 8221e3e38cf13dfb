"""The memory that a process tree takes at its worst, sampled. Pages that several of its processes share count once (PSS)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bench.tree import PROC, family

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY_SECONDS = 0.05
SHARE = 10
"""Between two samples it rests at least so many times longer than a sample took: what is measured must not pay for it."""


@dataclass(slots=True)
class Peak:
    """The largest sums seen, in bytes: resident memory, and resident memory with shared pages split among those who share them."""

    rss_bytes: int = 0
    pss_bytes: int = 0

    def look(self, root: int) -> None:
        """Take one sample of the tree below `root`."""
        pids = family(root)
        resident = sum(map(_resident, pids))
        self.rss_bytes = max(self.rss_bytes, resident)
        # PSS is dear, for the kernel walks every page; and it is never above RSS, so that a lower RSS cannot hold a new peak.
        if resident > self.pss_bytes:
            self.pss_bytes = max(self.pss_bytes, sum(map(_proportional, pids)))


@contextmanager
def watching(root: int) -> Iterator[Peak]:
    """Sample the tree below `root` in a thread; the peak is whole when the block is left."""
    peak, stop = Peak(), threading.Event()
    with ThreadPoolExecutor(1, "memory") as pool:
        samples: Future[None] = pool.submit(_sample, root, peak, stop)
        try:
            yield peak
        finally:
            stop.set()
        samples.result()


def _sample(root: int, peak: Peak, stop: threading.Event) -> None:
    pause = 0.0
    while not stop.wait(pause):
        began = time.perf_counter()
        peak.look(root)
        pause = max(EVERY_SECONDS, SHARE * (time.perf_counter() - began))


def _resident(pid: int) -> int:
    # Here and below: a process that has just ended takes no memory.
    with suppress(FileNotFoundError, ProcessLookupError):
        return int((PROC / str(pid) / "statm").read_bytes().split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0
