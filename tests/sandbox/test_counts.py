"""Rows that do not add up: what a worker says that it made, and what was written, differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.sandbox.shard import Shard

from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.events import WorkerEnded, WorkerStarted
from codeanatomy.failure import Coded

pytestmark = pytest.mark.anyio

FILES = (b"good", b"bad", b"fine")


async def refusal(shard: Shard) -> Coded:
    """What the run of the shard ends with, once its worker is gone."""
    with pytest.raises(Coded) as caught:
        await shard.run()
    assert [type(event) for event in shard.events if isinstance(event, WorkerStarted | WorkerEnded)] == [WorkerStarted, WorkerEnded]
    return caught.value


async def test_rows_that_the_worker_did_not_count(shard: Callable[..., Shard]) -> None:
    smuggling = shard("smuggler", FILES)
    error = await refusal(smuggling)
    assert (error.code, BY_CODE[error.code].stage) == ("CA216", "extraction")
    assert error.message == "the extractor smuggler made 3 rows of 3 files, and 4 rows of 3 files were written"
    assert sorted(smuggling.rows) == [(100, 4), (101, 3), (102, 4), (999, 1)]


async def test_rows_that_the_sink_lost(shard: Callable[..., Shard]) -> None:
    losing = shard("tame", FILES)
    honest = losing.sink

    async def sink(table: str, data: bytes) -> int:
        return await honest(table, data) - 1

    losing.sink = sink  # type: ignore[method-assign]
    error = await refusal(losing)
    assert (error.code, BY_CODE[error.code].stage) == ("CA216", "extraction")
    assert error.message == "the extractor tame made 3 rows of 3 files, and 2 rows of 3 files were written"


async def test_rows_that_add_up(shard: Callable[..., Shard]) -> None:
    outcome = await shard("tame", FILES).run()
    assert (outcome.rows, outcome.files, outcome.failures) == ({"zoo_rows": 3}, 3, [])
