"""Graphs to be asked: built and read in processes of their own, so that a build that dies or hangs costs its own case and no other."""

from __future__ import annotations

import multiprocessing
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import anyio

from codeanatomy.build import build_graph_product
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.query.graph import OpenGraph, open_graph_sync
from codeanatomy.tools.config import ScipIndexConfig

AT_ONCE = 2
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Job:
    """A repository to build and what to read of its graph: a module's function, since it travels to another process.

    The graph rests on CPython's own parsers alone unless `settings` say more: what other people's tools know is not what is judged.
    """

    repository: Path
    read: Callable[[OpenGraph], Any]
    settings: dict[str, Any] = field(default_factory=dict)
    timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read, or why nothing was."""

    value: Any = None
    crash: str = ""


def ask(jobs: Sequence[Job], at_once: int = AT_ONCE) -> list[Answer]:
    """The answers to all jobs, in their order."""
    builders: SimpleQueue[_Builder] = SimpleQueue()
    everybody = [_Builder() for _ in range(min(at_once, len(jobs)))]

    def one(job: Job) -> Answer:
        builder = builders.get()
        try:
            return builder.answer(job)
        finally:
            builders.put(builder)

    for builder in everybody:
        builders.put(builder)
    try:
        with ThreadPoolExecutor(max(1, len(everybody))) as threads:
            return list(threads.map(one, jobs))
    finally:
        for builder in everybody:
            builder.end()


def ask_one(job: Job) -> Any:
    """The answer to one job that must have one. Raises `RuntimeError` where it has none."""
    (answer,) = ask([job])
    if answer.crash:
        raise RuntimeError(f"no graph of {job.repository}: {answer.crash}")
    return answer.value


@contextmanager
def written(files: dict[str, str]) -> Iterator[Path]:
    """A repository of those files, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        for path, text in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        yield Path(folder)


class _Builder:
    """One process that does one job after another; a fresh one takes its place when it dies or takes too long."""

    def __init__(self) -> None:
        self._running: tuple[SpawnProcess, Connection] | None = None

    def answer(self, job: Job) -> Answer:
        process, pipe = self._started()
        pipe.send(job)
        if not pipe.poll(job.timeout):
            self.end()
            return Answer(crash=f"took longer than {job.timeout:g} s")
        try:
            answer: Answer = pipe.recv()
        except EOFError:
            process.join()
            self._running = None
            return Answer(crash=f"the process ended with {process.exitcode}")
        return answer

    def end(self) -> None:
        if self._running:
            process, pipe = self._running
            pipe.close()
            process.kill()
            process.join()
            self._running = None

    def _started(self) -> tuple[SpawnProcess, Connection]:
        if self._running is None:
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._running = process, ours
        return self._running


def _serve(pipe: Connection) -> None:
    """What the process does: one answer a job, until nobody asks."""
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(job))


def _answer(job: Job) -> Answer:
    with tempfile.TemporaryDirectory(prefix="accuracy-") as output:
        request = GraphProductBuildRequest(
            repo_root=job.repository,
            output_dir=output,
            **{
                "workers": 1,
                "scip": ScipIndexConfig(mode="off"),
                "types": "off",
                "enable_libcst": False,
                "enable_tree_sitter": False,
                **job.settings,
            },
        )
        try:
            anyio.run(build_graph_product, request)
            return Answer(job.read(open_graph_sync(output)))
        except BaseException as error:  # a crash of the case, whatever it is: a panic of the engine is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            return Answer(crash="".join(traceback.format_exception_only(error)).strip()[-500:])
