"""The parent's side of a tool (`scip-python`, `pyrefly`, `git`): `run_tool` runs one in a cage to its end and says how it went. How the cage
is made is in `launcher`.

A tool reads the trees it is granted and what any program of this system needs, writes where it may, executes itself and nothing else, and
reaches no network. When the call returns, however it returns, nothing that the tool has started is alive.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import msgspec
from anyio import to_thread

from codeanatomy.failure import Coded, cause
from codeanatomy.sandbox import confinement as sandbox
from codeanatomy.sandbox import tree
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.limits import ToolLimits
from codeanatomy.sandbox.process import Exit, Process

LAUNCHER = Path(__file__).with_name("launcher.py")
LOOK_SECONDS = 0.1
LOOK_SHARE = 20
"""Between two looks at the tree lies this many times what a look takes, if that is more: a machine may have many processes."""
REPORT_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """How a tool ended (`exit 0`, `signal SIGSEGV`, `limit time`, `limit memory`, `limit processes`, `limit output`, `limit cpu`), the end of
    what it wrote, what it cost with all that it started, and which means of confinement were in force."""

    exit: str
    stdout: bytes
    stderr: bytes
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    in_force: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether it did what it was asked, as far as its exit code tells."""
        return self.exit == "exit 0"


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the launcher told, all lines together."""

    in_force: tuple[str, ...] = ()
    error: str = ""
    status: int | None = None


async def run_tool(
    command: Sequence[str],
    *,
    reads: Sequence[str | Path] = (),
    writes: Sequence[str | Path] = (),
    executes: Sequence[str | Path] = (),
    discards: Sequence[str | Path] = (),
    folder: str | Path = "/",
    environment: Mapping[str, str] | None = None,
    limits: ToolLimits | None = None,
    timeout: float,  # noqa: ASYNC109 (the name that callers know from `subprocess`)
    confinement: Confinement = CONFINED,
) -> ToolOutcome:
    """Run the command in that folder, for at most that many seconds, with stdin empty and only that environment.

    Granted are files and trees that exist: to read, to read and write, and to execute besides the program itself (a script needs its
    interpreter). What it writes into the folders of `discards` nobody reads: it need not reach a disk.

    Raises `FileNotFoundError` when there is no such program, and `Coded`: CA221 when a required confinement is not to be had, CA222 when
    the program cannot be started.
    """
    environment = dict(environment or {})
    program = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    if program is None:
        raise FileNotFoundError(f"there is no program {command[0]}")
    order: dict[str, object] = {
        "command": [program, *command[1:]],
        "folder": str(folder),
        "environment": environment,
        "reads": [str(path) for path in reads],
        "writes": [str(path) for path in writes],
        "executes": [str(path) for path in executes],
        "discards": [str(path) for path in discards],
        "without": sorted(confinement.without),
        "needs": sorted(sandbox.TOOL - confinement.without) if confinement.required else [],
    }
    return await Run(order, limits or ToolLimits(), confinement).run(timeout)


class Run:
    """One run of a tool."""

    def __init__(self, order: dict[str, object], limits: ToolLimits, confinement: Confinement) -> None:
        numbers = {"data": limits.data_bytes, "cpu": limits.cpu_seconds, "open_files": limits.open_files, "file_size": limits.file_bytes}
        self._order = {**order, "limits": numbers}
        self._name = str(order["command"][0])  # type: ignore[index]
        self._limits = limits
        self._confinement = confinement
        self._limit = ""
        self._use = tree.Use(0, 0, 0.0)
        self._peak = 0
        self._scope = anyio.CancelScope()
        self._out = Tail(limits.stdout_kept)
        self._err = Tail(limits.stderr_kept)

    async def run(self, seconds: float) -> ToolOutcome:
        """Start it, attend to it, end it."""
        began = anyio.current_time()
        report, theirs = os.pipe()
        try:
            try:
                command = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), _home(), str(theirs)]
                self._process = Process(command, {"LANG": "C.UTF-8"}, "/", keeps=(theirs,))
            finally:
                os.close(theirs)
            ended = await self._attend(seconds)
            told = _read_report(report)
        finally:
            os.close(report)
        return self._outcome(told, ended, anyio.current_time() - began)

    async def _attend(self, seconds: float) -> Exit | None:
        """Until its output ends, its time, or a limit; then nothing of it is left."""
        try:
            with anyio.move_on_after(seconds) as clock:
                try:
                    async with anyio.create_task_group() as group:
                        self._scope = group.cancel_scope
                        group.start_soon(self._watch)
                        group.start_soon(self._drain, self._process.read_errors, self._err)
                        group.start_soon(self._give_order)
                        await self._drain(self._process.read, self._out)
                        group.cancel_scope.cancel()
                except BaseExceptionGroup as errors:
                    raise cause(errors) from None
            if clock.cancelled_caught:
                self._limit = self._limit or "limit time"
            ended = None if self._limit else await self._process.wait(self._limits.grace_seconds)
            self._err.add(self._process.left_errors())
        finally:
            await self._end()
        return ended

    async def _end(self) -> None:
        """The launcher ends the rest and then itself; one that cannot is killed, and what it guards goes with it."""
        with anyio.CancelScope(shield=True):
            self._process.ask()
            await self._process.wait(self._limits.grace_seconds)
            await self._process.end(self._limits.grace_seconds)

    async def _give_order(self) -> None:
        try:
            await self._process.write(json.dumps(self._order).encode())
            self._process.close_input()
        except BrokenPipeError:
            # The launcher died. Its end says so.
            return

    async def _drain(self, read: Callable[[], Awaitable[bytes]], tail: Tail) -> None:
        while data := await read():
            tail.add(data)
            if tail.seen > self._limits.output_bytes:
                self._stop("limit output")

    async def _watch(self) -> None:
        """Look at the whole tree now and then."""
        while True:
            began = anyio.current_time()
            self._use = use = await to_thread.run_sync(tree.use, self._process.pid)
            self._peak = max(self._peak, use.memory_bytes)
            if use.memory_bytes > self._limits.memory_bytes:
                self._stop("limit memory")
            # The launcher and the warden are none of the tool's.
            if use.processes - 2 > self._limits.processes:
                self._stop("limit processes")
            await anyio.sleep(max(LOOK_SECONDS, LOOK_SHARE * (anyio.current_time() - began)))

    def _stop(self, limit: str) -> None:
        """The first reason is the one that counts."""
        self._limit = self._limit or limit
        self._scope.cancel()

    def _outcome(self, told: Report, ended: Exit | None, seconds: float) -> ToolOutcome:
        if told.in_force:
            self._confinement.check(self._name, sandbox.TOOL, told.in_force)
        if told.error:
            raise Coded("CA222", f"{self._name} cannot be started: {told.error}", "look at its installation, or build with --no-sandbox")
        cpu = max(self._use.cpu_seconds, self._process.exit.cpu_seconds if self._process.exit else 0.0)
        end = self._limit or _exit(told, ended)
        return ToolOutcome(end, bytes(self._out.kept), bytes(self._err.kept), seconds, cpu, self._peak, told.in_force)


class Tail:
    """The end of a stream, and how long it was."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept = bytearray()
        self.seen = 0

    def add(self, data: bytes) -> None:
        """More of it."""
        self.seen += len(data)
        self.kept += data
        if len(self.kept) > self._most:
            del self.kept[: -self._most]


def _exit(told: Report, ended: Exit | None) -> str:
    """How the tool ended, as the warden saw it. Nothing was seen when launcher or warden were killed, and the tool with them."""
    if told.status is None:
        return str(ended if ended and ended.code < 0 else Exit(-signal.SIGKILL, 0.0))
    code = os.waitstatus_to_exitcode(told.status)
    return "limit cpu" if code == -signal.SIGXCPU else str(Exit(code, 0.0))


def _read_report(descriptor: int) -> Report:
    os.set_blocking(descriptor, False)
    try:
        lines = os.read(descriptor, REPORT_BYTES).splitlines()
    except BlockingIOError:
        # Nothing was told, and somebody who could is still dying.
        lines = []
    facts: dict[str, object] = {}
    for line in lines:
        facts |= msgspec.json.decode(line, type=dict[str, object])
    return msgspec.convert(facts, Report)


def _home() -> str:
    return str(Path(__file__).absolute().parents[2])
