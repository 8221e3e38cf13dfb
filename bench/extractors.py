"""Each extractor alone: the worker that a build uses, over all files, its rows counted and dropped. No table is written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import anyio
import pyarrow as pa

from bench.corpus import Corpus, SourceFile
from bench.results import ExtractorFigures
from codeanatomy.catalog.extractors import EXTRACTORS, Extractor
from codeanatomy.events import unwatched
from codeanatomy.failure import Failure
from codeanatomy.sandbox.ledger import ShardOutcome
from codeanatomy.sandbox.limits import Limits
from codeanatomy.sandbox.run import run_shard

BY_NAME = {extractor.name: extractor for extractor in EXTRACTORS}


def measure_extractor(extractor: Extractor, corpus: Corpus) -> ExtractorFigures:
    """What one worker needs for all files in one shard."""
    return anyio.run(_measure, extractor, corpus)


async def _measure(extractor: Extractor, corpus: Corpus) -> ExtractorFigures:
    start = await _extract(extractor, corpus, [min(corpus.files, key=lambda file: file.size)])
    began = time.process_time()
    outcome = await _extract(extractor, corpus, corpus.files)
    return ExtractorFigures(
        cpu_seconds=outcome.cpu_seconds,
        start_cpu_seconds=start.cpu_seconds,
        parent_cpu_seconds=time.process_time() - began,
        wall_seconds=outcome.seconds,
        files=outcome.files,
        failed=outcome.failed,
        rows=outcome.rows,
        restarts=outcome.restarts,
        peak_bytes=outcome.peak_bytes,
    )


async def _extract(extractor: Extractor, corpus: Corpus, files: Sequence[SourceFile]) -> ShardOutcome:
    return await run_shard(extractor, 0, files, partial(_read, corpus), _count, Limits(), unwatched)


def _read(corpus: Corpus, files: Sequence[SourceFile]) -> list[bytes | Failure]:
    return [corpus.contents[file.path] for file in files]


async def _count(table: str, stream: bytes) -> int:
    with pa.ipc.open_stream(stream) as batches:
        return sum(batch.num_rows for batch in batches)
