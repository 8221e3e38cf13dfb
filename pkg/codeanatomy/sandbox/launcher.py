"""The child process that starts a tool: it makes a cage, starts the tool in it, and ends everything that the tool has started. It is not the
tool's judge: time, memory and output are watched by its parent (`tool`).

It is started as a script (`python -I -S launcher.py PARENT FOLDER REPORT`) and reads its order, in JSON, from stdin. Three processes:

- the *launcher*, outside: asked by SIGTERM it ends the rest, and it ends last;
- the *warden*, first process of a process namespace where the system grants one (the kernel then ends with it whatever lives in there), else
  a subreaper, to which orphans come and which hunts them down;
- the *tool*, which gives up its rights and becomes the program.

Facts go to the descriptor REPORT, a line of JSON each: what is in force, an error before the tool began, how it ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import NoReturn

sys.path.append(sys.argv[2])

from codeanatomy.sandbox import confine, seccomp, tree
from codeanatomy.sandbox import landlock as paths
from codeanatomy.sandbox.confinement import PROCESSES, SECCOMP
from codeanatomy.sandbox.limits import DISCARDED_BYTES

_HEARD = {signal.SIGTERM, signal.SIGCHLD}
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1")
# What any program needs to be loaded and to know its machine.
_RUNTIME = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime"),
    *("/etc/ssl/openssl.cnf", "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/sys/devices/system/cpu", "/sys/fs/cgroup"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/sys/vm/overcommit_memory"),
)
_SINKS = ("/dev/null",)


def main(parent: int, report: int) -> NoReturn:
    """Be the launcher."""
    in_force = confine.bind_to(parent)
    order = json.load(sys.stdin)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    os.set_inheritable(report, False)
    alone = PROCESSES not in order["without"] and confine.own_processes()
    if alone:
        in_force.append(PROCESSES)
    else:
        # As the warden does: whichever of the two is killed, the other hunts.
        confine.adopt_orphans()
    watched, held = os.pipe()
    warden = os.fork()
    if warden == 0:
        os.close(held)
        Warden(order, in_force, report, alone).guard(watched)
    os.close(watched)
    while True:
        if signal.sigwait(_HEARD) == signal.SIGTERM:
            # In its namespace it hears nothing but this; outside it has to clean up before it goes.
            os.kill(warden, signal.SIGKILL if alone else signal.SIGTERM)
        ended, status = os.waitpid(warden, os.WNOHANG)
        if ended:
            if not alone:
                hunt()
            os._exit(0 if status == 0 else 1)


class Warden:
    """The tool's parent, and that of everything the tool leaves behind."""

    def __init__(self, order: dict[str, object], in_force: list[str], report: int, alone: bool) -> None:
        self._order = order
        self._in_force = in_force
        self._report = report
        self._alone = alone

    def guard(self, launcher: int) -> NoReturn:
        """Start the tool; when it has ended, or the launcher has, end the rest. `launcher` is a pipe that the launcher holds open."""
        os.setsid()
        confine.die_with_parent(signal.SIGKILL if self._alone else signal.SIGTERM)
        if not self._alone:
            confine.adopt_orphans()
        if select.select([launcher], [], [], 0)[0]:
            os._exit(1)
        warden = os.getpid()
        tool = os.fork()
        if tool == 0:
            Tool(self._order, self._in_force, self._report).become(warden)
        status, asked = None, False
        while status is None and not asked:
            asked = signal.sigwait(_HEARD) == signal.SIGTERM
            status = reap(tool)
        if status is None:
            # Where the system does not show a process's children, it is at least the tool that goes.
            _strike(tool, signal.SIGKILL)
        if not self._alone:
            hunt()
        if status is not None:
            _tell(self._report, {"status": status})
        os._exit(0)


class Tool:
    """The process that becomes the tool."""

    def __init__(self, order: dict[str, object], in_force: list[str], report: int) -> None:
        self._order = order
        self._in_force = in_force
        self._report = report

    def become(self, warden: int) -> NoReturn:
        """Give up what is not granted, and run the program."""
        try:
            self._ready(warden)
            command = self._strings("command")
            os.execve(command[0], command, dict(self._order["environment"]))  # type: ignore[call-overload]
        except BaseException as error:
            # Whatever it is, it is told, and this process does not go on as a second warden.
            _tell(self._report, {"error": f"{type(error).__name__}: {error}"})
        os._exit(127)

    def _ready(self, warden: int) -> None:
        """Everything between the fork and the program."""
        os.setsid()
        confine.die_with_parent(signal.SIGKILL)
        if os.getppid() != warden:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        if PROCESSES not in self._strings("without"):  # an ordinary user mounts in the namespace that came with it, and nobody without
            confine.discard(self._strings("discards"), DISCARDED_BYTES)
        os.chdir(str(self._order["folder"]))
        in_force = self._in_force + confine.limit(self._order["limits"]) + self._cage()  # type: ignore[arg-type]
        _tell(self._report, {"in_force": in_force})
        if not set(self._strings("needs")) <= set(in_force):
            os._exit(127)

    def _cage(self) -> list[str]:
        without = frozenset(self._strings("without"))
        program = os.path.realpath(self._strings("command")[0])
        writes = self._strings("writes")
        in_force = paths.restrict(
            reads=(*_RUNTIME, *self._strings("reads")),
            writes=(*_SINKS, *writes),
            executes=(program, *_LOADERS, *self._strings("executes")),
            without=without,
        )
        if SECCOMP not in without and seccomp.confine_tool():
            in_force.append(SECCOMP)
        return in_force

    def _strings(self, name: str) -> list[str]:
        value = self._order[name]
        assert isinstance(value, list), f"{name} of the order is a list"
        return [str(item) for item in value]


def reap(awaited: int | None = None) -> int | None:
    """Take leave of every child that has ended; the wait status of the awaited one, if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == awaited:
            found = status


def hunt() -> None:
    """Stop and then kill every descendant, until there is none: one that multiplies must not do so meanwhile."""
    while True:
        prey = [pid for pid in tree.descendants(os.getpid()) if pid != os.getpid()]
        for blow in (signal.SIGSTOP, signal.SIGKILL):
            for pid in prey:
                _strike(pid, blow)
        reap()
        if not prey:
            return
        time.sleep(0.001)


def _strike(pid: int, blow: signal.Signals) -> None:
    try:
        os.kill(pid, blow)
    except ProcessLookupError:
        return


def _tell(report: int, fact: dict[str, object]) -> None:
    os.write(report, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[3]))
