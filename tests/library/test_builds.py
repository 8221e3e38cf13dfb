"""Builds as a library: how they end for whoever waits for them, on asyncio and on trio, and by asyncio's own cancelling."""

import asyncio
import json
import time

import anyio
import pytest
from tests.support.repositories import SHOP, write

from codeanatomy import Coded, GraphProductBuildRequest, build_graph_product, open_build, open_graph
from codeanatomy.care import leftovers
from codeanatomy.engine import generation
from codeanatomy.events import FilesFound, StageStarted
from codeanatomy.tools.config import ScipIndexConfig

QUICK = {"scip": ScipIndexConfig(mode="off"), "types": "off", "enable_libcst": False, "enable_tree_sitter": False}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.fixture
def request_of(tmp_path):
    """A request for a small repository, or for one without a source."""
    write(tmp_path / "shop", SHOP)
    (tmp_path / "empty").mkdir()

    def make(repository="shop", **settings):
        return GraphProductBuildRequest(repo_root=tmp_path / repository, output_dir=tmp_path / "out", **QUICK | settings)

    return make


async def cancelled_as_a_task(build, ready):
    task = asyncio.create_task(build)
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def timed_out(build, ready):
    with pytest.raises(TimeoutError):
        await within(build, ready)


async def within(build, ready):
    async def due():
        await ready.wait()
        limit.reschedule(0)

    async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as tasks:
        tasks.create_task(due())
        await build


def held(monkeypatch, place, name, loop, ready):
    """What a thread of the build does next takes long; `ready` is set when it has begun, and the list has an entry when it is done."""
    done, act = [], getattr(place, name)

    def slowly(*arguments):
        loop.call_soon_threadsafe(ready.set)
        time.sleep(0.3)
        done.append(act(*arguments))
        return done[-1]

    monkeypatch.setattr(place, name, slowly)
    return done


@pytest.mark.parametrize("cancelled", [cancelled_as_a_task, timed_out])
@pytest.mark.parametrize(("place", "name"), [(generation._engine, "publish"), (generation._engine, "clean"), (leftovers, "clean")])
def test_asyncio_cancelling_a_build_leaves_nothing_that_works_on(request_of, monkeypatch, cancelled, place, name):
    """What has begun to be published is, and the build says so; the folder is free only when nothing writes there any more."""
    request, events = request_of(), []

    async def main():
        ready = asyncio.Event()
        done = held(monkeypatch, place, name, asyncio.get_running_loop(), ready)
        await cancelled(build_graph_product(request, events.append), ready)
        assert len(done) == 1
        monkeypatch.undo()
        return (await build_graph_product(request)).generation

    assert asyncio.run(main()) == 2
    build = events[-1].build
    assert (build.status, build.generation, "cpg_nodes" in build.tables) == ("cancelled", 1, True)
    record = json.loads((request.output / "generations" / "000001.json").read_text())
    assert record["run_id"] == build.run_id


def test_asyncio_cancelling_a_build_that_extracts_stops_it(request_of):
    request, events = request_of(), []

    async def main():
        def watch(event):
            events.append(event)
            if event == StageStarted("extraction_1"):
                task.cancel()

        task = asyncio.create_task(build_graph_product(request, watch))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (events[-1].build.status, events[-1].build.generation) == ("cancelled", None)
    assert not (request.output / "CURRENT").exists()
    assert not request.scratch.exists()


@pytest.mark.anyio
async def test_a_failure_is_raised_as_it_is(request_of):
    request = request_of("empty")
    with pytest.raises(Coded) as failed:
        await build_graph_product(request)
    assert (failed.value.code, failed.value.run_bundle.parent) == ("CA101", request.output / "runs")


@pytest.mark.anyio
async def test_a_failure_of_a_watched_build_is_raised_as_it_is(request_of):
    with pytest.raises(Coded) as failed:
        async with open_build(request_of("empty")) as build:
            await build.result()
    assert failed.value.code == "CA101"


@pytest.mark.anyio
@pytest.mark.parametrize("error", [ValueError("mine"), ExceptionGroup("mine", [ValueError("one"), KeyError("two")])])
async def test_what_is_raised_beside_a_watched_build_comes_out_as_it_is(request_of, error):
    reason = LookupError("why")

    async def watch():
        async with open_build(request_of()) as build:
            await anext(build.events)
            raise error from reason

    with pytest.raises(type(error)) as raised:
        await watch()
    assert raised.value is error
    assert error.__cause__ is reason


def test_asyncio_cancelling_whoever_watches_a_build_stops_it(request_of):
    request, ended = request_of(), []

    async def watch():
        async with open_build(request) as build:
            try:
                async for event in build.events:
                    if event == StageStarted("extraction_1"):
                        task.cancel()
            finally:
                ended.append(build)

    async def main():
        nonlocal task
        task = asyncio.create_task(watch())
        with pytest.raises(asyncio.CancelledError):
            await task

    task = None
    asyncio.run(main())
    assert len(ended) == 1
    assert not (request.output / "CURRENT").exists()
    [run] = (request.output / "runs").iterdir()
    assert json.loads((run / "manifest.json").read_text())["status"] == "cancelled"


@pytest.mark.anyio
async def test_a_scope_around_a_watched_build_that_is_cancelled_stops_it(request_of):
    request = request_of()
    with anyio.move_on_after(60) as scope:
        async with open_build(request) as build:
            async for event in build.events:
                if event == StageStarted("extraction_1"):
                    scope.cancel()
    assert scope.cancelled_caught
    assert not (request.output / "CURRENT").exists()


@pytest.mark.anyio
async def test_relative_paths_mean_the_same_to_the_end_whatever_folder_the_program_goes_to(request_of, tmp_path, monkeypatch):
    def go(event):
        if isinstance(event, FilesFound):
            monkeypatch.chdir(tmp_path / "empty")

    monkeypatch.chdir(tmp_path)
    settings = {"repo_root": "shop", "output_dir": "out", "work_dir": "work", "scip": ScipIndexConfig(mode="off", env_json="e.json")}
    request = GraphProductBuildRequest(**QUICK | settings)
    assert request == GraphProductBuildRequest(**QUICK | settings)
    result = await build_graph_product(request, go)
    places = (result.repository, result.output_dir, result.work_dir, request.scip.env_json)
    assert places == tuple(tmp_path / name for name in ("shop", "out", "work", "e.json"))
    async with open_graph(tmp_path / "out") as graph:
        assert (await graph.table("cpg_nodes")).num_rows == result.tables["cpg_nodes"].rows
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.anyio
async def test_who_asks_for_the_result_of_a_build_whose_scope_was_left_is_told_so(request_of):
    async with open_build(request_of()) as build:
        pass
    with pytest.raises(Coded, match=r"CA690: the build was cancelled: its scope was left") as cancelled:
        await build.result()
    assert cancelled.value.hint
