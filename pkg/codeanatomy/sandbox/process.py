"""One child process and its three pipes, on any event loop: start, read, write, kill, reap. It knows no protocol."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import anyio

from codeanatomy.sandbox.wire import PIPE_BYTES

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: its exit code, or its signal as a negative number, and the processor time it used."""

    code: int
    cpu_seconds: float

    def __str__(self) -> str:
        return f"signal {signal_name(-self.code)}" if self.code < 0 else f"exit {self.code}"


def signal_name(number: int) -> str:
    """The name of a signal; real-time signals have only their number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


class Process:
    """A child in a session of its own, with no descriptor (but those it `keeps`) and no environment but what it is given.

    Use it as `process = Process(...)`, `try: ... finally: await process.end()`. It must be started in the thread of the event loop: a child
    that asks to die with its parent dies with the parent's *thread*, and worker threads come and go.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: str, *, needs_input: bool = True, keeps: Sequence[int] = ()
    ) -> None:
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if needs_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=dict(environment),
            close_fds=True,
            pass_fds=keeps,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self.exit: Exit | None = None
        self.peak_bytes = 0
        self._pipes = {name: pipe for name in ("stdin", "stdout", "stderr") if (pipe := getattr(self._popen, name))}
        for pipe in self._pipes.values():
            _make_wide(pipe.fileno())

    async def read(self) -> bytes:
        """What there is on its stdout, at most 1 MiB; empty at the end."""
        return await _read(self._pipes["stdout"])

    async def read_errors(self) -> bytes:
        """What there is on its stderr, at most 1 MiB; empty at the end."""
        return await _read(self._pipes["stderr"])

    def left_errors(self) -> bytes:
        """What is left on the stderr of a process that ended, at most 1 MiB: another that holds the pipe is not waited for."""
        return self._pipes["stderr"].read(READ_BYTES) or b""

    async def write(self, data: bytes | memoryview) -> None:
        """All of `data` to its stdin. `BrokenPipeError` when it is not there to read."""
        pipe, rest = self._pipes["stdin"], memoryview(data)
        while rest:
            written = pipe.write(rest)
            if written is None:
                await anyio.wait_writable(pipe)
            else:
                rest = rest[written:]

    def close_input(self) -> None:
        """Tell it that nothing more comes. Nobody may be writing."""
        self._pipes["stdin"].close()

    def kill(self) -> None:
        """SIGKILL to its whole group, once it has not been reaped: until then its number is nobody else's."""
        if self.exit is None:
            self._kill_group()

    def ask(self) -> None:
        """SIGTERM to it alone, once it has not been reaped: for a process of ours that cleans up behind itself."""
        if self.exit is None:
            # ProcessLookupError: the program around us lets the kernel reap its children, and it has.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    async def wait(self, seconds: float) -> Exit | None:
        """How it ended; None if it does not within that time."""
        pause = 0.0005
        with anyio.move_on_after(seconds):
            while self._reap() is None:
                await anyio.sleep(pause)
                pause = min(2 * pause, 0.02)
        return self.exit

    async def end(self, seconds: float) -> None:
        """Whatever happened: no process of the group, no zombie and no descriptor is left."""
        with anyio.CancelScope(shield=True):
            self.kill()
            await self.wait(seconds)
        for pipe in self._pipes.values():
            pipe.close()

    def measure(self) -> int:
        """Its resident memory now, in bytes, and its peak noted; 0 where the system does not say (it is gone, or not on Linux)."""
        try:
            with open(f"/proc/{self.pid}/status", "rb") as file:
                facts = dict(line.split(b":", 1) for line in file)
        except OSError:
            return 0
        self.peak_bytes = max(self.peak_bytes, _bytes(facts.get(b"VmHWM")))
        return _bytes(facts.get(b"VmRSS"))

    def _kill_group(self) -> None:
        # ProcessLookupError: nobody is left in it. PermissionError is how macOS says that only a zombie is.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _reap(self) -> Exit | None:
        if self.exit is None:
            try:
                pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            except ChildProcessError:
                # The program around us lets the kernel reap its children (SIGCHLD ignored): nobody knows how this one ended.
                self._note(Exit(255, 0.0))
            else:
                if pid:
                    self._note(Exit(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime))
        return self.exit

    def _note(self, ended: Exit) -> None:
        self.exit = ended
        self._popen.returncode = ended.code
        # A grandchild may live on in the group. In the same breath as the reaping: no other process can have got the number.
        self._kill_group()


async def _read(pipe: IO[bytes]) -> bytes:
    while True:
        await anyio.wait_readable(pipe)
        data = pipe.read(READ_BYTES)
        if data is not None:
            return data


def _make_wide(descriptor: int) -> None:
    """Make our end non-blocking and the pipe as large as an unprivileged user may: fewer, larger reads."""
    os.set_blocking(descriptor, False)
    if sys.platform == "linux":
        # EPERM when the user has used up the pages for pipes: then it stays as it was.
        with contextlib.suppress(PermissionError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _bytes(kilobytes: bytes | None) -> int:
    """`  1234 kB` in bytes; a process that is ending has no memory to speak of."""
    return int(kilobytes.split()[0]) * 1024 if kilobytes else 0
