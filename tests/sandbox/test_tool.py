"""What a hostile tool may not do, by which means, and that nothing of it is left, whoever ends it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.sandbox.test_worker_rights import SECRET, Listening
from tests.sandbox.zoo import deeds
from tests.support.mounts import NEEDS_MOUNTS

from codeanatomy.failure import Coded
from codeanatomy.sandbox import confinement as sandbox
from codeanatomy.sandbox.confinement import FILES, PROCESSES, SCOPE, SECCOMP, TCP, UNCONFINED, Confinement
from codeanatomy.sandbox.limits import ToolLimits
from codeanatomy.sandbox.tool import ToolOutcome, run_tool

pytestmark = pytest.mark.anyio

LANDLOCK = (FILES, TCP, SCOPE)
MEANS: dict[str, tuple[str, ...]] = {
    "read_file": (FILES,),
    "list_folder": (FILES,),
    "write_file": (FILES,),
    "truncate_file": (FILES,),
    "remove_file": (FILES,),
    "change_mode": (SECCOMP,),
    "change_time": (SECCOMP,),
    "connect_tcp": (TCP, SECCOMP),
    "send_udp": (SECCOMP,),
    "connect_local": (SECCOMP,),
    "connect_abstract": (SCOPE, SECCOMP),
    "execute": (FILES,),
    "signal_parent": (SCOPE, PROCESSES),
    "read_memory_file": LANDLOCK,
    "read_memory": (*LANDLOCK, SECCOMP, PROCESSES),
}
SETTINGS = {
    "all": Confinement(required=True),
    "none": UNCONFINED,
    **{name: Confinement(without=UNCONFINED.without - {name}) for name in (*LANDLOCK, SECCOMP, PROCESSES)},
}
BOTH = pytest.mark.parametrize("setting", [Confinement(), Confinement(without=frozenset({PROCESSES}))], ids=["namespace", "subreaper"])
SCRIPT = Path(deeds.__file__)
RUNTIME = [sys.base_prefix, sys.prefix, str(SCRIPT)]


async def attempt(
    deed: str, facts: dict[str, Any], confinement: Confinement, seconds: float = 60, limits: ToolLimits | None = None, mark: str = ""
) -> ToolOutcome:
    command = [sys.executable, "-I", "-S", str(SCRIPT), deed, json.dumps(facts), mark]
    return await run_tool(command, reads=RUNTIME, timeout=seconds, limits=limits, confinement=confinement)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.txt").write_bytes(b"a secret")
    (folder / "victim.txt").write_bytes(b"important")
    with Listening(str(folder / "socket")) as facts:
        files = {"file": str(folder / "secret.txt"), "victim": str(folder / "victim.txt"), "folder": str(folder)}
        yield {**facts, **files, "pid": os.getpid(), "address": ctypes.addressof(SECRET)}


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("deed", MEANS)
async def test_a_deed_is_refused_by_its_means_and_by_no_other(deed: str, place: dict[str, Any], nothing_left: None) -> None:
    ended: dict[str, str] = {}

    async def under(setting: str) -> None:
        outcome = await attempt(deed, place, SETTINGS[setting])
        assert set(outcome.in_force) == sandbox.TOOL - SETTINGS[setting].without
        ended[setting] = outcome.stdout.decode()

    for setting in SETTINGS:
        await under(setting)
    refused = {setting for setting, words in ended.items() if words.startswith("refused: ")}
    done = {setting for setting, words in ended.items() if words == "done\n"}
    assert refused == {"all", *MEANS[deed]}, ended
    assert done == set(SETTINGS) - refused, ended


async def test_a_tool_reads_and_writes_what_it_is_granted(tmp_path: Path, nothing_left: None) -> None:
    for name in ("read", "write", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "here").write_text(name)
    script = "cat ../read/here ../write/here; echo new > ../write/there; echo x > ../read/there; cat ../other/here; echo $ONLY; pwd; read x; exit 3"
    outcome = await run_tool(
        ["sh", "-c", script],
        reads=[tmp_path / "read"],
        writes=[tmp_path / "write"],
        executes=["/bin/cat"],
        folder=tmp_path / "read",
        environment={"ONLY": "this", "PATH": "/bin:/usr/bin"},
        timeout=60,
    )
    assert (outcome.exit, outcome.well) == ("exit 3", False)
    assert outcome.stdout.decode().splitlines() == ["readwritethis", str(tmp_path / "read")]
    assert (tmp_path / "write/there").read_text() == "new\n"
    assert outcome.stderr.count(b"Permission denied") == 2
    assert not (tmp_path / "read/there").exists()


@NEEDS_MOUNTS
async def test_what_nobody_reads_never_reaches_the_disk(tmp_path: Path, nothing_left: None) -> None:
    (tmp_path / "report" / "of no use").mkdir(parents=True)
    outcome = await run_tool(
        ["sh", "-c", "echo 1 > kept; echo 2 > 'of no use/file'; cat 'of no use/file'; echo 3 > ../outside"],
        writes=[tmp_path / "report"],
        executes=["/bin/cat"],
        discards=[tmp_path / "report" / "of no use"],
        folder=tmp_path / "report",
        environment={"PATH": "/bin:/usr/bin"},
        timeout=60,
    )
    assert outcome.stdout == b"2\n"
    assert outcome.stderr.count(b"Permission denied") == 1
    assert sorted(os.listdir(tmp_path / "report")) == ["kept", "of no use"]
    assert os.listdir(tmp_path / "report" / "of no use") == []
    assert os.listdir(tmp_path) == ["report"]


@BOTH
async def test_what_nobody_reads_is_on_the_disk_where_nothing_is_mounted(tmp_path: Path, setting: Confinement, nothing_left: None) -> None:
    (tmp_path / "of no use").mkdir()
    script = [sys.executable, "-I", "-S", "-c", "open('of no use/file', 'w')"]
    discards = [tmp_path / "nowhere", tmp_path / "of no use"]
    outcome = await run_tool(script, reads=RUNTIME, writes=[tmp_path], discards=discards, folder=tmp_path, timeout=60, confinement=setting)
    assert outcome.exit == "exit 0"
    assert os.listdir(tmp_path / "of no use") == ["file"]


async def test_what_nobody_reads_is_on_the_disk_where_nothing_is_confined(tmp_path: Path, nothing_left: None) -> None:
    """Also of the superuser, who might mount: the tool sees the file systems that everybody sees."""
    (tmp_path / "of no use").mkdir()
    script = "import os; open('of no use/file', 'w'); print(os.readlink('/proc/self/ns/mnt'))"
    outcome = await run_tool(
        [sys.executable, "-I", "-S", "-c", script],
        discards=[tmp_path / "of no use"],
        folder=tmp_path,
        timeout=60,
        confinement=UNCONFINED,
    )
    assert outcome.stdout.decode().strip() == os.readlink("/proc/self/ns/mnt")
    assert os.listdir(tmp_path / "of no use") == ["file"]


@BOTH
@pytest.mark.parametrize(
    ("deed", "facts", "limits", "exit"),
    [
        ("eat", {"bytes": 160 << 20, "seconds": 30}, {"memory_bytes": 100 << 20}, "limit memory"),
        ("eat", {"bytes": 160 << 20, "seconds": 0.5}, {"memory_bytes": 400 << 20}, "exit 0"),
        ("eat_together", {"bytes": 160 << 20, "seconds": 30}, {"memory_bytes": 130 << 20}, "limit memory"),
        ("eat_together", {"bytes": 160 << 20, "seconds": 0.5}, {"memory_bytes": 400 << 20}, "exit 0"),
        ("multiply", {"children": 5_000, "seconds": 60}, {"processes": 20}, "limit processes"),
        ("multiply", {"children": 40, "seconds": 0.5}, {"processes": 60}, "exit 0"),
        ("flood", {"bytes": 4 << 20}, {"output_bytes": 1 << 20}, "limit output"),
        ("flood", {"bytes": 4 << 20}, {"output_bytes": 8 << 20}, "exit 0"),
    ],
)
async def test_a_tool_is_held_to_its_limits(
    deed: str, facts: dict[str, Any], limits: dict[str, int], exit: str, setting: Confinement, nothing_left: None
) -> None:
    """Each deed under a lower and a higher limit; it starts its children in sessions of their own."""
    mark = str(uuid.uuid4())
    outcome = await attempt(deed, facts, setting, limits=ToolLimits(**limits), mark=mark)  # type: ignore[arg-type]
    assert outcome.exit == exit
    assert marked(mark) == []
    if deed.startswith("eat"):
        assert outcome.peak_bytes > 90 << 20
    if deed == "flood":
        assert len(outcome.stderr) == 1 << 16


async def test_processor_time_and_clock(nothing_left: None) -> None:
    busy = await run_tool(["sh", "-c", "while :; do :; done"], limits=ToolLimits(cpu_seconds=1), timeout=60)
    assert (busy.exit, busy.cpu_seconds > 0.9) == ("limit cpu", True)
    slow = await attempt("stay", {}, Confinement(), seconds=0.5)
    assert slow.exit == "limit time"


@BOTH
async def test_nothing_outlives_a_tool(setting: Confinement, nothing_left: None) -> None:
    mark = str(uuid.uuid4())
    outcome = await attempt("escape", {}, setting, mark=mark)
    assert (outcome.exit, outcome.stdout) == ("exit 0", b"done\n")
    assert marked(mark) == []


def test_without_a_launcher_something_does() -> None:
    """The deed of the test above is one: a group or a session would not catch its child."""
    mark = str(uuid.uuid4())
    subprocess.run([sys.executable, str(SCRIPT), "escape", "{}", mark], check=True, start_new_session=True, stdout=subprocess.DEVNULL)
    [left] = marked(mark)
    os.kill(left, signal.SIGKILL)


@BOTH
async def test_a_cancelled_tool_is_gone(setting: Confinement, nothing_left: None) -> None:
    for seconds in (0.0, 0.05, 0.3, 0.6):
        mark = str(uuid.uuid4())
        with anyio.move_on_after(seconds) as scope:
            await attempt("multiply", {"children": 10, "seconds": 60}, setting, mark=mark)
        assert scope.cancelled_caught
        assert marked(mark) == []


@BOTH
@pytest.mark.parametrize("victim", ["launcher", "warden", "tool"])
async def test_whichever_process_is_killed_the_others_go(victim: str, setting: Confinement, nothing_left: None) -> None:
    mark, outcomes = str(uuid.uuid4()), []
    async with anyio.create_task_group() as group:

        async def run() -> None:
            outcomes.append(await attempt("multiply", {"children": 3, "seconds": 60}, setting, mark=mark))

        group.start_soon(run)
        while len(marked(mark)) < 4:  # noqa: ASYNC110 (it is another process that we wait for)
            await anyio.sleep(0.02)
        tool = min(marked(mark))
        warden = parent(tool)
        os.kill({"launcher": parent(warden), "warden": warden, "tool": tool}[victim], signal.SIGKILL)
    assert [outcome.exit for outcome in outcomes] == ["signal SIGKILL"]
    with anyio.fail_after(20):
        # The subreaper hunts a moment longer than its launcher lives, when it was the launcher that was killed.
        while marked(mark):  # noqa: ASYNC110 (the same)
            await anyio.sleep(0.02)


@BOTH
def test_a_tool_dies_with_a_parent_that_is_killed(setting: Confinement) -> None:
    mark = str(uuid.uuid4())
    code = (
        "import anyio, sys; from functools import partial; from tests.sandbox.test_tool import attempt, Confinement;"
        "anyio.run(partial(attempt, 'multiply', {'children': 3, 'seconds': 60}, Confinement(without=frozenset(sys.argv[1:2])), mark=sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, *(setting.without or ["nothing"]), mark]
    with subprocess.Popen(command, env={"PYTHONPATH": os.pathsep.join(sys.path)}) as builder:
        wait_until(lambda: len(marked(mark)) >= 5)
        builder.kill()
    wait_until(lambda: not marked(mark))


async def test_a_program_that_cannot_be_run_is_coded(tmp_path: Path, nothing_left: None) -> None:
    with pytest.raises(FileNotFoundError):
        await run_tool(["/no/such/tool"], timeout=10)
    script = tmp_path / "script"
    script.write_text("#!/bin/cat\n")
    script.chmod(0o755)
    with pytest.raises(Coded, match=r"CA222.*PermissionError"):
        await run_tool([str(script)], timeout=60)
    outcome = await run_tool([str(script)], executes=["/bin/cat"], reads=[script], timeout=60)
    assert (outcome.exit, outcome.stdout) == ("exit 0", b"#!/bin/cat\n")


def marked(mark: str) -> list[int]:
    """Living processes with that word on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark.encode() in words:
            found.append(int(entry.name))
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def wait_until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
