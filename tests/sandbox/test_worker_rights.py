"""What a hostile extractor may not do, and by which means: every deed is tried under all of them, under each alone, and under none."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import anyio
import pytest
from tests.sandbox.shard import Shard

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.failure import Coded
from codeanatomy.sandbox.confinement import FILES, SCOPE, SECCOMP, TCP, UNCONFINED, WORKER, Confinement
from codeanatomy.sandbox.limits import Limits
from codeanatomy.sandbox.run import ENVIRONMENT

LANDLOCK = (FILES, TCP, SCOPE)
MEANS: dict[str, tuple[str, ...]] = {
    "read_file": (FILES, SECCOMP),
    "list_folder": (FILES, SECCOMP),
    "write_file": (FILES, SECCOMP),
    "truncate_file": (FILES, SECCOMP),
    "remove_file": (FILES, SECCOMP),
    "change_mode": (SECCOMP,),
    "change_time": (SECCOMP,),
    "connect_tcp": (TCP, SECCOMP),
    "send_udp": (SECCOMP,),
    "connect_local": (SECCOMP,),
    "connect_abstract": (SCOPE, SECCOMP),
    "execute": (FILES, SECCOMP),
    "fork": (SECCOMP,),
    "clone3": (SECCOMP,),
    "signal_parent": (SCOPE, SECCOMP),
    # Any rule of Landlock also keeps a process from looking into one outside.
    "read_memory_file": (*LANDLOCK, SECCOMP),
    "read_memory": (*LANDLOCK, SECCOMP),
    "make_executable": (SECCOMP,),
    "hidden_file": (SECCOMP,),
}
"""Each deed with the means that prevent it, each of them alone."""
SETTINGS = {
    "all": Confinement(required=True),
    "none": UNCONFINED,
    **{name: Confinement(without=UNCONFINED.without - {name}) for name in (*LANDLOCK, SECCOMP)},
}
SECRET = ctypes.create_string_buffer(b"a secret")


@dataclass(frozen=True)
class Place:
    """What there is to be attacked."""

    folder: Path
    facts: dict[str, object]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.txt").write_bytes(b"a secret")
    (folder / "victim.txt").write_bytes(b"important")
    with Listening(str(folder / "socket")) as facts:
        own = {"pid": os.getpid(), "address": ctypes.addressof(SECRET)}
        files = {"file": str(folder / "secret.txt"), "victim": str(folder / "victim.txt"), "folder": str(folder)}
        yield Place(folder, {**facts, **own, **files})


class Listening:
    """Sockets of every kind that wait for somebody: their addresses."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> dict[str, object]:
        self._ends = [socket.socket(family, kind) for family, kind in KINDS]
        abstract = f"codeanatomy-{os.getpid()}"
        for end, address in zip(self._ends, (("127.0.0.1", 0), ("127.0.0.1", 0), self._path, f"\0{abstract}"), strict=True):
            end.bind(address)
            if end.type == socket.SOCK_STREAM:
                end.listen(64)
        tcp, udp = (end.getsockname()[1] for end in self._ends[:2])
        return {"tcp": tcp, "udp": udp, "unix": self._path, "abstract": abstract}

    def __exit__(self, *error: object) -> None:
        for end in self._ends:
            end.close()


KINDS = (
    (socket.AF_INET, socket.SOCK_STREAM),
    (socket.AF_INET, socket.SOCK_DGRAM),
    (socket.AF_UNIX, socket.SOCK_STREAM),
    (socket.AF_UNIX, socket.SOCK_STREAM),
)


@pytest.fixture(scope="module")
def ends(place: Place) -> Callable[[str], dict[str, str]]:
    """How every deed ends under a setting: one worker for all deeds."""

    @cache
    def run(setting: str) -> dict[str, str]:
        folder = place.folder / setting
        folder.mkdir()
        contents = [b"bad " + json.dumps([deed, {**place.facts, "folder": str(folder)}]).encode() for deed in MEANS]
        shard = Shard("intruder", folder, contents, {"open_files": 64}, SETTINGS[setting])
        outcome = anyio.run(shard.run)
        assert outcome.restarts == 0, outcome.failures
        assert set(outcome.in_force) == WORKER - SETTINGS[setting].without
        return {deed: failure.message for deed, failure in zip(MEANS, outcome.failures, strict=True)}

    return run


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("deed", MEANS)
def test_a_deed_is_refused_by_its_means_and_by_no_other(deed: str, setting: str, ends: Callable[[str], dict[str, str]]) -> None:
    refused = setting == "all" or setting in MEANS[deed]
    assert ends(setting)[deed].startswith("refused: [Errno" if refused else "done"), ends(setting)[deed]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_a_worker_cannot_leave_a_process_behind(place: Place, tmp_path: Path, anyio_backend: str) -> None:
    """A child in its own session outlives a worker that may fork; one that may not has none."""
    content = b"bad " + json.dumps(["escape", {}]).encode()
    free = Shard("intruder", tmp_path, [content], {}, UNCONFINED)
    assert [failure.message for failure in (await free.run()).failures] == ["done"]
    [escaped] = workers_alive()
    os.kill(escaped, signal.SIGKILL)
    while workers_alive():  # noqa: ASYNC110 (it is another process that we wait for)
        await anyio.sleep(0.01)
    caged = Shard("intruder", tmp_path, [content], {})
    assert [failure.message for failure in (await caged.run()).failures] == ["refused: [Errno 1] Operation not permitted"]
    assert workers_alive() == []


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_limits_are_what_holds_memory_and_talk(tmp_path: Path, anyio_backend: str) -> None:
    """The same deeds under a lower and under a higher limit."""
    meal, talk = ["eat", {"bytes": 128 << 20, "seconds": 1.0}], ["flood", {"bytes": 4 << 20}]
    cases: list[tuple[list[object], dict[str, int], str]] = [
        (meal, {"data_bytes": 160 << 20}, "CA213"),
        (meal, {"resident_bytes": 150 << 20}, "CA213"),
        (meal, {"data_bytes": 1 << 30, "resident_bytes": 1 << 30}, "CA201"),
        (talk, {"stderr_bytes": 1 << 20}, "CA215"),
        (talk, {"stderr_bytes": 8 << 20}, "CA201"),
    ]
    for deed, limits, code in cases:
        outcome = await Shard("intruder", tmp_path, [b"bad " + json.dumps(deed).encode()], limits).run()
        assert [failure.code for failure in outcome.failures] == [code], limits


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_a_forbidden_call_may_also_kill(tmp_path: Path, anyio_backend: str) -> None:
    shard = Shard("intruder", tmp_path, [b"bad " + json.dumps(["fork", {}]).encode(), b"good"], {}, Confinement(kills=True))
    outcome = await shard.run()
    assert [(failure.code, failure.worker_exit) for failure in outcome.failures] == [("CA211", "signal SIGSYS")]
    assert shard.rows == [(101, 4)]


def test_what_is_left_out_on_purpose_is_not_missing() -> None:
    have = WORKER - {FILES, TCP}
    assert Confinement().missing(WORKER, have) == (FILES, TCP)
    assert Confinement(without=frozenset({FILES})).missing(WORKER, have) == (TCP,)
    with pytest.raises(Coded) as caught:
        Confinement(required=True).check("a worker", WORKER, have)
    assert (caught.value.code, caught.value.details["missing"]) == ("CA221", [FILES, TCP])


def workers_alive() -> list[int]:
    """Processes that were started as workers of ours, or came of one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f'"parent": {os.getpid()}'.encode() in command:
            found.append(int(entry.name))
    return found


WARM = """
import importlib, sys
sys.path[:0] = sys.argv[2:]
extraction = importlib.import_module(sys.argv[1]).open()
print(*[line.split()[1] for line in open("/proc/self/status") if line.startswith("VmData:")])
"""


@pytest.mark.parametrize("module", [extractor.module for extractor in EXTRACTORS if extractor.module.startswith("codeanatomy.extract.")])
def test_memory_that_nobody_uses_is_not_taken_from_the_sources(module: str) -> None:
    """An allocator that reserves a gigabyte at its first use would leave half of what a worker may have."""
    command = [sys.executable, "-c", WARM, module, *sys.path]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < Limits().data_bytes / 8
