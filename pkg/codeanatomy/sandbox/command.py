"""Run a tool such as git to its end and keep what it says. It gets a clean environment and no input, and does not outlive the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio

from codeanatomy.failure import cause
from codeanatomy.sandbox.process import Process

GRACE_SECONDS = 5.0
STDERR_KEPT = 1 << 16


@dataclass(frozen=True, slots=True)
class Completed:
    """How a tool ended (`exit 0`, `signal SIGSEGV`, `limit time`, `limit output`), what it wrote, and the end of what it complained of."""

    exit: str
    stdout: bytes
    stderr: bytes

    @property
    def well(self) -> bool:
        """Whether it did what it was asked."""
        return self.exit == "exit 0"


async def run_command(command: Sequence[str], folder: str, environment: Mapping[str, str], seconds: float, most: int) -> Completed:
    """Run it, for at most that time and that many bytes of output. Raises `FileNotFoundError` when there is no such tool."""
    process = Process(command, environment, folder, needs_input=False)
    out, err = bytearray(), bytearray()
    limit = ""
    try:
        with anyio.move_on_after(seconds) as scope:
            try:
                async with anyio.create_task_group() as group:
                    group.start_soon(_complain, process, err)
                    while len(out) <= most and (data := await process.read()):
                        out += data
                    group.cancel_scope.cancel()
            except BaseExceptionGroup as errors:
                raise cause(errors) from None
        limit = "limit time" if scope.cancelled_caught else "limit output" if len(out) > most else ""
        ended = None if limit else await process.wait(GRACE_SECONDS)
        err += process.left_errors()
    finally:
        await process.end(GRACE_SECONDS)
    return Completed(limit or str(ended or process.exit), bytes(out), bytes(err[-STDERR_KEPT:]))


async def _complain(process: Process, err: bytearray) -> None:
    while data := await process.read_errors():
        err += data
        del err[:-STDERR_KEPT]
