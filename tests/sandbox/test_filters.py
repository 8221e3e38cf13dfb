"""The filters of system calls on both machines, run by a small interpreter of theirs; and kernels that lack something, made by such a filter."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.repositories import write

from codeanatomy.sandbox import seccomp, syscalls

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
PERMISSION, ABSENT = 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
THREAD = 0x3D0F00
"""The flags with which the C library makes a thread."""


def decide(code: list[tuple[int, int, int, int]], architecture: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter answers."""
    words = {0: number, 4: architecture, **{16 + 8 * index: argument & 0xFFFF_FFFF for index, argument in enumerate(arguments)}}
    place = accumulator = 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        match operation:
            case 0x20:
                accumulator = words[operand]
            case 0x54:
                accumulator &= operand
            case 0x06:
                return operand
            case 0x15:
                place += if_true if accumulator == operand else if_false
            case 0x35:
                place += if_true if accumulator >= operand else if_false
            case _:
                pytest.fail(f"{operation:#x} is no instruction of ours")


@pytest.mark.parametrize("machine", syscalls.MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "answer"),
    [
        ("read", (), ALLOW),
        ("futex", (), ALLOW),
        ("mmap", (0, 0, 3), ALLOW),
        ("mmap", (0, 0, 7), PERMISSION),
        ("mprotect", (0, 0, 1), ALLOW),
        ("mprotect", (0, 0, 5), PERMISSION),
        ("clone", (THREAD,), ALLOW),
        ("clone", (THREAD | 0x1000_0000,), PERMISSION),
        ("clone", (17,), PERMISSION),
        ("clone3", (), ABSENT),
        ("tgkill", (os.getpid(),), ALLOW),
        ("tgkill", (os.getppid(),), PERMISSION),
        *((name, (0, 0, 0), PERMISSION) for name in ("socket", "ptrace", "openat", "kill", "io_uring_setup", "mount", "keyctl", "bpf")),
        *((name, (0, 0, 0), PERMISSION) for name in ("perf_event_open", "userfaultfd", "process_vm_readv", "process_vm_writev", "setns")),
    ],
)
def test_what_a_worker_may_call(call: str, arguments: tuple[int, ...], answer: int, machine: str) -> None:
    code = seccomp.program(machine, seccomp.worker_rules(PERMISSION), PERMISSION, None)
    number = syscalls.number(call, machine)
    assert number is not None
    assert decide(code, ARCHITECTURES[machine], number, arguments) == answer


@pytest.mark.parametrize("machine", syscalls.MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "answer"),
    [
        ("read", (), ALLOW),
        ("openat", (), ALLOW),
        ("clone", (17,), ALLOW),
        ("clone", (17 | 0x1000_0000,), PERMISSION),
        ("clone3", (), ABSENT),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), PERMISSION),
        ("kill", (17,), ALLOW),
        ("kill", (0xFFFF_FFFF,), PERMISSION),
        *((name, (), PERMISSION) for name in ("socket", "ptrace", "io_uring_setup", "mount", "keyctl", "bpf", "unshare", "fchmodat")),
    ],
)
def test_what_a_tool_may_call(call: str, arguments: tuple[int, ...], answer: int, machine: str) -> None:
    code = seccomp.program(machine, seccomp.tool_rules(), ALLOW, 462)
    number = syscalls.number(call, machine)
    assert number is not None
    assert decide(code, ARCHITECTURES[machine], number, arguments) == answer


def test_other_numbers_for_the_same_calls_do_not_help() -> None:
    worker = seccomp.program("x86_64", seccomp.worker_rules(PERMISSION), PERMISSION, None)
    tool = seccomp.program("x86_64", seccomp.tool_rules(), ALLOW, 462)
    for code in (worker, tool):
        assert decide(code, ARCHITECTURES["aarch64"], 0) == KILL
        assert decide(code, ARCHITECTURES["x86_64"], 0x4000_0000 | 41) == ABSENT
    # A system call younger than the rules is not there for a tool; the youngest known one is.
    assert [decide(tool, ARCHITECTURES["x86_64"], number) for number in (462, 463, 500)] == [ALLOW, ABSENT, ABSENT]


# Takes system calls away, as an old kernel has not got them; then runs a worker and a tool, first as it can, then with all required.
OLD_KERNEL = """
import sys, anyio
from functools import partial
from pathlib import Path
from tests.sandbox.shard import Shard
from codeanatomy.failure import Coded
from codeanatomy.sandbox import confine, seccomp
from codeanatomy.sandbox.confinement import TOOL, WORKER, Confinement
from codeanatomy.sandbox.tool import run_tool

async def main():
    for confinement in (Confinement(), Confinement(required=True)):
        shard = Shard("tame", Path(sys.argv[1]), [b"good"], {}, confinement)
        try:
            worker = await shard.run()
            tool = await run_tool(["/bin/sh", "-c", "exit 0"], timeout=60, confinement=confinement)
        except Coded as error:
            print(error.code, *error.details["missing"])
        else:
            print(tool.exit, *confinement.missing(WORKER, worker.in_force), "|", *confinement.missing(TOOL, tool.in_force))

confine.bind_to(__import__("os").getppid())
rules = [seccomp.Rule(name, seccomp.ABSENT) for name in sys.argv[2].split(",")]
assert seccomp._install(rules, otherwise=seccomp.ALLOW, newest=None)
anyio.run(main)
"""


# The command on a kernel that has no Landlock.
OLD_COMMAND = """
import os, sys
from codeanatomy.cli import main
from codeanatomy.sandbox import confine, seccomp

confine.bind_to(os.getppid())
assert seccomp._install([seccomp.Rule("landlock_create_ruleset", seccomp.ABSENT)], otherwise=seccomp.ALLOW, newest=None)
sys.exit(main(["build", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("flags", "file", "code", "says"),
    [
        ([], "", 0, "warning: CA220: this system cannot confine workers completely: it lacks landlock_files"),
        (["--require-sandbox"], "", 6, "CA221: "),
        ([], "[execution]\nrequire_sandbox = true\n", 6, "CA221: "),
        (["--no-require-sandbox"], "[execution]\nrequire_sandbox = true\n", 0, "warning: CA220: "),
    ],
    ids=["no setting", "flag", "file", "flag against the file"],
)
def test_a_build_that_requires_the_sandbox_stops_where_the_kernel_lacks_something(
    flags: list[str], file: str, code: int, says: str, tmp_path: Path
) -> None:
    write(tmp_path, {"one.py": "x = 1\n"} | ({"codeanatomy.toml": file} if file else {}))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", OLD_COMMAND, str(tmp_path), "--no-enable-libcst", "--no-enable-tree-sitter", *flags]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, says in ended.stderr) == (code, True), ended.stderr
    assert (tmp_path / "build" / "codeanatomy" / "CURRENT").exists() == (code == 0)


def test_git_is_confined_in_a_replay_too(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": "x = 1\n"})
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def build(*flags: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", OLD_COMMAND, str(tmp_path), "--no-enable-libcst", "--no-enable-tree-sitter", *flags]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    replay = ("--rulepack-profile", "Replay")
    codes = [build().returncode, build(*replay).returncode, (refused := build(*replay, "--require-sandbox")).returncode]
    assert (codes, "CA221: " in refused.stderr) == ([0, 0, 6], True), refused.stderr


@pytest.mark.parametrize(
    ("absent", "lines"),
    [
        (
            "landlock_create_ruleset",
            [
                "exit 0 landlock_files landlock_scope landlock_tcp | landlock_files landlock_scope landlock_tcp",
                "CA221 landlock_files landlock_scope landlock_tcp",
            ],
        ),
        ("seccomp", ["exit 0 seccomp | seccomp", "CA221 seccomp"]),
        ("unshare", ["exit 0 | own_processes", "CA221 own_processes"]),
    ],
)
def test_a_kernel_that_lacks_something(absent: str, lines: list[str], tmp_path: Path) -> None:
    """The build goes on and knows what is missing; when it is required, it does not."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", OLD_KERNEL, str(tmp_path), absent]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (ended.stdout.splitlines(), ended.stderr) == (lines, "")
