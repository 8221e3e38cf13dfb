"""Workers that misbehave: each loses the file over which it does, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.sandbox.shard import Parcel, Shard
from tests.sandbox.zoo.animal import TABLES

from codeanatomy.engine.writer import open_writer
from codeanatomy.events import FileDone, WorkerEnded, WorkerStarted
from codeanatomy.failure import Coded, Failure
from codeanatomy.sandbox.confinement import CONFINED, UNCONFINED, WORKER, Confinement
from codeanatomy.sandbox.process import Process

pytestmark = pytest.mark.anyio

MakeShard = Callable[..., Shard]


@dataclass(frozen=True)
class Case:
    """What an animal does to its file: the code, how its worker ended, words of the message, and the limits that it needs."""

    animal: str
    code: str
    exit: str
    words: str
    limits: dict[str, Any] = field(default_factory=dict)
    confinement: Confinement = CONFINED


BITERS = (
    Case("crash", "CA211", "exit 3", "the worker ended with exit code 3"),
    Case("bug", "CA211", "exit 1", "the worker ended with exit code 1"),
    Case("segfault", "CA211", "signal SIGSEGV", "the worker was killed by SIGSEGV"),
    Case("glutton", "CA213", "limit memory", "the worker needed more than the 1024 MiB it had"),
    Case("sharer", "CA213", "limit memory", "the worker needed more than the 300 MiB it had", {"resident_bytes": 300 << 20}),
    Case("garbage", "CA214", "protocol", "the worker broke the protocol: b't' is no kind of frame"),
    Case("giant", "CA214", "protocol", "the worker broke the protocol: a frame of 4294967295 bytes, of 268435456 allowed"),
    Case("liar", "CA214", "protocol", "the worker broke the protocol: it committed 1000 out of turn"),
    Case("half_frame", "CA214", "protocol", "the worker broke the protocol: it ended without its last frame"),
    Case("mute", "CA214", "protocol", "the worker closed its stream and did not end", {"grace_seconds": 1.0}),
    Case("talker", "CA215", "limit output", "the worker wrote more than 1048576 bytes to stderr"),
    Case("hoarder", "CA215", "limit output", "the worker sent more than 4194304 bytes without a commit"),
    Case("crumbler", "CA215", "limit output", "the worker sent more than 4194304 bytes without a commit"),
    Case("dawdler", "CA214", "protocol", "the worker broke the protocol: it began what it was already doing", {"file_seconds": 3.0}),
    Case("sleeper", "CA212", "limit time", "the worker took more than the 3.0 s it had", {"file_seconds": 3.0}),
    Case("stubborn", "CA212", "limit time", "the worker took more than the 3.0 s it had", {"file_seconds": 3.0}, UNCONFINED),
    Case("stubborn", "CA212", "limit cpu", "the worker used up its processor time", {"cpu_seconds": 2}, UNCONFINED),
    Case(
        "stubborn",
        "CA212",
        "limit cpu",
        "the worker took more than the 1.0 s of the processor it had",
        {"file_cpu_seconds": 1.0},
        UNCONFINED,
    ),
    Case("rusty", "CA213", "limit memory", "the worker needed more than the 1024 MiB it had"),
    Case("late", "CA211", "exit 4", "the worker ended with exit code 4"),
)

FILES = (b"good", b"fine", b"bad", b"very good")


@pytest.mark.parametrize("case", BITERS, ids=lambda case: f"{case.animal}-{case.exit.replace(' ', '_')}")
async def test_a_biter_loses_one_file(case: Case, shard: MakeShard) -> None:
    bitten = shard(case.animal, FILES, case.confinement, **case.limits)
    outcome = await bitten.run()
    [failure] = outcome.failures
    assert (failure.code, failure.path, failure.worker_exit) == (case.code, "file_2.py", case.exit)
    assert failure.message == case.words
    assert (failure.stage, failure.extractor, failure.severity) == ("extraction", case.animal, "error")
    assert sorted(bitten.rows) == [(100, 4), (101, 4), (103, 9)]
    assert (outcome.files, outcome.failed, outcome.rows) == (3, 1, {"zoo_rows": 3})


@pytest.mark.parametrize("batch_files", [100, 1])
async def test_what_a_worker_said_before_it_was_stopped_is_heard(
    batch_files: int, shard: MakeShard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over which file it was is still in the pipe when its talking, its memory or its processor time ends it."""

    async def read_late(process: Process) -> bytes:
        await anyio.sleep(0.5)
        return await read(process)

    read = Process.read
    monkeypatch.setattr(Process, "read", read_late)
    outcome = await shard("talker", FILES, batch_files=batch_files).run()
    assert [(failure.code, failure.path) for failure in outcome.failures] == [("CA215", "file_2.py")]
    assert (outcome.files, outcome.restarts) == (3, 1)


@pytest.mark.parametrize(("animal", "restarts"), [("segfault", 1), ("late", 2)])
async def test_a_killer_costs_one_restart_and_one_more_if_it_kills_a_batch(animal: str, restarts: int, shard: MakeShard) -> None:
    outcome = await shard(animal, FILES).run()
    assert outcome.restarts == restarts


async def test_killers_cost_a_restart_each(shard: MakeShard) -> None:
    bitten = shard("crash", [b"bad", b"good", b"bad", b"bad", b"fine", b"bad"])
    outcome = await bitten.run()
    assert [failure.path for failure in outcome.failures] == ["file_0.py", "file_2.py", "file_3.py", "file_5.py"]
    assert (outcome.restarts, outcome.files, outcome.failed) == (4, 2, 4)
    assert sorted(bitten.rows) == [(101, 4), (104, 4)]


async def test_files_committed_before_a_death_are_not_read_again(shard: MakeShard) -> None:
    bitten = shard("crash", [b"good"] * 5 + [b"bad"] + [b"fine"], batch_files=2)
    await bitten.run()
    assert [event.files for event in bitten.events if isinstance(event, FileDone)] == [2, 2, 2]
    assert sorted(row[0] for row in bitten.rows) == [100, 101, 102, 103, 104, 106]


async def test_once_a_worker_has_died_less_is_read_again(shard: MakeShard) -> None:
    bitten = shard("crash", [b"good"] * 4 + [b"bad"] + [b"fine"] * 4, batch_files=100, batch_files_again=2)
    await bitten.run()
    assert [event.files for event in bitten.events if isinstance(event, FileDone)] == [2, 2, 2, 2]


async def test_a_refusal_is_a_failure_and_the_worker_goes_on(shard: MakeShard) -> None:
    refused = shard("refuser", FILES)
    outcome = await refused.run()
    assert outcome.failures == [Failure("CA201", "file_2.py", "extraction", "refuser", "error", "this is no Python", 7, 1, 3)]
    assert outcome.restarts == 0
    assert sorted(refused.rows) == [(100, 4), (101, 4), (103, 9)]


async def test_a_refusal_that_was_not_committed_is_told_once(shard: MakeShard) -> None:
    """After a death the refused file is read again; the second refusal is the only one that counts."""
    outcome = await shard("moody", [b"bad", b"bad and worse", b"good"]).run()
    assert [(failure.path, failure.code) for failure in outcome.failures] == [("file_1.py", "CA211"), ("file_0.py", "CA201")]
    assert (outcome.files, outcome.failed, outcome.restarts) == (1, 2, 1)


FAILURE = {"code": "CA201", "message": "no", "severity": "error", "line": 1, "bstart": 0, "bend": 1}


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([FAILURE, FAILURE], "a second failure of one file"),
        ([{**FAILURE, "code": "CA000"}], "a failure that nobody declared"),
        ([{**FAILURE, "line": 1 << 31}], "a failure that is none: Expected `int` <= 2147483647 - at `$.line`"),
        ([{**FAILURE, "bstart": -1}], "a failure that is none: Expected `int` >= 0 - at `$.bstart`"),
        ([{**FAILURE, "severity": "terrible"}], "a failure that is none: Invalid enum value 'terrible' - at `$.severity`"),
    ],
)
async def test_what_is_said_of_a_file_fits_into_its_row(frames: list[dict[str, object]], words: str, shard: MakeShard) -> None:
    content = b"\n".join([b"bad", *(json.dumps(frame).encode() for frame in frames)])
    slandered = shard("slanderer", [b"good", content, b"fine"])
    outcome = await slandered.run()
    [failure] = outcome.failures
    assert (failure.code, failure.path, failure.message) == ("CA214", "file_1.py", f"the worker broke the protocol: {words}")
    assert sorted(slandered.rows) == [(100, 4), (102, 4)]


async def test_a_batch_that_is_none_ends_the_build_and_leaves_nothing(shard: MakeShard, tmp_path: Path) -> None:
    """Which of its files it comes from is not known any more, and a table may not hold what nobody can read."""
    writer = await open_writer(TABLES[0], tmp_path / "table")
    forged = shard("forger", [b"good", b"bad and no Arrow at all", b"fine"])

    async def sink(table: str, data: bytes) -> int:
        return await writer.write_ipc(data)

    forged.sink = sink  # type: ignore[method-assign]
    with pytest.raises(Coded) as caught:
        await forged.run()
    await writer.abort()
    assert caught.value.code == "CA612"
    assert [path for path in (tmp_path / "table").rglob("*") if path.is_file()] == []


async def test_a_printer_is_harmless(shard: MakeShard) -> None:
    heard = shard("printer", FILES)
    outcome = await heard.run()
    assert (outcome.failures, outcome.restarts) == ([], 0)
    assert sorted(heard.rows) == [(100, 4), (101, 4), (102, 3), (103, 9)]


async def test_a_worker_that_does_not_go_after_its_end_has_still_done_its_work(shard: MakeShard) -> None:
    lingering = shard("lingerer", FILES, grace_seconds=1.0)
    outcome = await lingering.run()
    assert (outcome.failures, outcome.files) == ([], 4)
    assert len(lingering.rows) == 4


async def test_the_last_words_of_a_worker_are_kept_beside_the_row(shard: MakeShard) -> None:
    outcome = await shard("bug", FILES).run()
    assert outcome.failures[0].stderr.endswith("SystemExit: a bug in the extractor\n")
    flooded = await shard("talker", FILES).run()
    assert len(flooded.failures[0].stderr) == 65_536


async def test_an_extractor_that_does_not_start_is_a_coded_failure(shard: MakeShard) -> None:
    dead = shard("stillborn", FILES)
    with pytest.raises(Coded) as caught:
        await dead.run()
    assert caught.value.code == "CA210"
    assert caught.value.details == {"extractor": "stillborn", "exit": "exit 5", "stderr": "no library, no life\n"}
    assert [type(event) for event in dead.events] == [WorkerStarted, WorkerEnded] * 2


async def test_what_a_worker_is_given(shard: MakeShard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "not for children")
    outcome = await shard("prober", [b"bad"], UNCONFINED).run()
    facts = json.loads(outcome.failures[0].message)
    assert facts["path"] == "file_0.py"
    libraries = {"ARROW_DEFAULT_MEMORY_POOL", "MIMALLOC_ARENA_EAGER_COMMIT", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
    memory = {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"}
    assert set(facts["environment"]) - {"LC_CTYPE"} == {"LANG"} | libraries | memory
    assert (facts["collects"], facts["warns"]) == (False, "ignore")
    assert facts["folder"] == "/"
    # 0 and 1 lead nowhere, 2 is stderr, the protocol has two; the highest lists the folder.
    assert len(facts["descriptors"]) == 6
    assert (facts["isolated"], facts["no_site"], facts["core"], facts["leads_session"]) == (1, 1, 0, True)
    assert facts["writing"] == "File too large"
    assert facts["no_new_privileges"] == "1"
    assert set(outcome.in_force) == WORKER - UNCONFINED.without


async def test_a_file_that_changed_is_not_sent(shard: MakeShard) -> None:
    changed = shard("tame", FILES)
    honest = changed.read

    def read(files: list[Parcel]) -> list[bytes | Failure]:
        failure = Failure("CA106", "file_1.py", "scan", "repo_scan", "error", "it changed")
        return [failure if file.path == "file_1.py" else content for file, content in zip(files, honest(files), strict=True)]

    changed.read = read  # type: ignore[method-assign, assignment]
    outcome = await changed.run()
    assert outcome.failures == [Failure("CA106", "file_1.py", "extraction", "tame", "error", "it changed")]
    assert sorted(changed.rows) == [(100, 4), (102, 3), (103, 9)]


async def test_an_error_of_the_sink_ends_the_worker_and_comes_out_bare(shard: MakeShard) -> None:
    full = shard("tame", FILES)

    async def sink(table: str, data: bytes) -> int:
        raise OSError("no space left on device")

    full.sink = sink  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no space left"):
        await full.run()


@pytest.mark.parametrize("animal", ["stubborn", "sleeper", "talker", "tame"])
async def test_cancelled_in_the_middle(animal: str, shard: MakeShard) -> None:
    """Whenever it is cancelled, nothing is left: that is what the fixture `nothing_left` sees."""
    cancelled = shard(animal, FILES, UNCONFINED, stderr_bytes=1 << 40)
    for seconds in (0.0, 0.05, 0.6):
        with anyio.move_on_after(seconds):
            await cancelled.run()
    assert all(isinstance(event, WorkerStarted | WorkerEnded | FileDone) for event in cancelled.events)
    started = [event.pid for event in cancelled.events if isinstance(event, WorkerStarted)]
    assert started == [event.pid for event in cancelled.events if isinstance(event, WorkerEnded)]


async def test_back_pressure_holds_the_worker(shard: MakeShard) -> None:
    """While the sink takes its time, which is longer than the worker has for a file, nothing is overdue."""
    slow = shard("tame", [b"x" * 1000] * 6, batch_files=1, file_seconds=2.0)
    quick = slow.sink

    async def sink(table: str, data: bytes) -> int:
        await anyio.sleep(0 if slow.rows else 2.5)
        return await quick(table, data)

    slow.sink = sink  # type: ignore[method-assign]
    outcome = await slow.run()
    assert (outcome.files, outcome.failures) == (6, [])


async def test_more_than_the_pipes_hold_in_both_directions(shard: MakeShard) -> None:
    large = shard("tame", [bytes(3 << 20)] * 4 + [b"good"] * 500, batch_files=7)
    outcome = await large.run()
    assert (outcome.files, outcome.rows["zoo_rows"], outcome.bytes) == (504, 504, 4 * (3 << 20) + 2_000)
    assert sorted(row[0] for row in large.rows) == list(range(100, 604))


async def test_two_shards_at_once(shard: MakeShard) -> None:
    one, two = shard("segfault", FILES), shard("tame", FILES)
    async with anyio.create_task_group() as group:
        group.start_soon(one.run)
        group.start_soon(two.run)
    assert (len(one.rows), len(two.rows)) == (3, 4)


async def test_the_parent_sees_what_a_worker_used(shard: MakeShard) -> None:
    outcome = await shard("tame", FILES).run()
    assert outcome.cpu_seconds > 0
    assert 10 << 20 < outcome.peak_bytes < 1 << 30
    assert outcome.python.startswith("3.")
