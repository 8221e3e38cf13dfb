"""The child process that runs one extractor: files in on descriptor 0, frames out on descriptor 1. It does not handle crashes: it dies, and
its parent knows over which file.

It is started as a script (`python -I -S worker.py '{…}'`) and never imported. Its first act, before any other import, is to take the two
descriptors, so that no print of any library gets into the stream.
"""

from __future__ import annotations

import os
import sys


def take_streams() -> tuple[int, int]:
    """The protocol's descriptors, moved away from 0 and 1; what is printed from now on goes to stderr or nowhere."""
    source, sink = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    sys.stdout = sys.stderr
    return source, sink


SOURCE, SINK = take_streams()

import gc  # noqa: E402
import json  # noqa: E402

gc.disable()  # from the first import on: looking for garbage among modules would be a sixth of the start

ORDER = json.loads(sys.argv[1])
sys.path += ORDER["path"]

import heapq  # noqa: E402
import importlib  # noqa: E402
import platform  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402

import pyarrow as pa  # noqa: E402

from codeanatomy.extract.source import Extraction, Failed, Source  # noqa: E402
from codeanatomy.sandbox import confine, wire  # noqa: E402

COLLECT_EVERY = 200
"""Files between two collections by hand: the collector is off, and cycles that a parser leaves behind are rare."""
SLOWEST = 5
"""So many files that took longest are told at the end."""


class Inbox:
    """The files that the parent sends, one after the other."""

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "rb", buffering=1 << 16)

    def files(self) -> Iterator[tuple[int, Source]]:
        """Each file with its number, until the parent says that there are no more."""
        while True:
            number, file_id, path_length, size = wire.FILE.unpack(self._exactly(wire.FILE.size))
            if number == wire.NO_FILE:
                return
            path = self._exactly(path_length).decode()
            yield number, Source(file_id, path, self._exactly(size))

    def wait_for_the_end(self) -> None:
        """Return when the parent has closed its end: until then it may look at this process."""
        while self._stream.read(1 << 16):
            pass

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) != size:
            # The stream broke off: the parent is gone, and nobody is left to tell.
            os._exit(1)
        return data


class Outbox:
    """The frames for the parent, each written out at once: what is not out is lost when a parser dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: bytes, head: bytes, body: pa.Buffer | None = None) -> None:
        """Write one frame whose payload is `head` and then `body`."""
        self._write(memoryview(wire.FRAME.pack(kind, len(head) + (body.size if body else 0)) + head))
        if body:
            self._write(memoryview(body))

    def send_json(self, kind: bytes, value: dict[str, object]) -> None:
        """Write one frame whose payload is JSON."""
        self.send(kind, json.dumps(value).encode())

    def _write(self, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Shift:
    """One worker's work: files read, rows taken in batches, batches committed."""

    def __init__(self, extraction: Extraction, outbox: Outbox) -> None:
        self._extraction = extraction
        self.outbox = outbox
        self._files = 0
        self._failed = 0
        self._rows = dict.fromkeys((table.name for table in extraction.tables), 0)
        self._waiting_files = 0
        self._waiting_bytes = 0
        self._slowest: list[tuple[float, int]] = []

    def work(self, inbox: Inbox) -> None:
        """Read every file; then say that it was the last."""
        last = -1
        for last, source in inbox.files():
            self._read(last, source)
            if last < ORDER["alone_below"] or self._is_due():
                self._commit(last + 1)
            if self._files % COLLECT_EVERY == 0:
                gc.collect()
        if self._waiting_files:
            self._commit(last + 1)
        slowest = [(number, seconds) for seconds, number in self._slowest]
        self.outbox.send_json(wire.END, {"rows": self._rows, "files": self._files, "failed": self._failed, "slowest": slowest})
        inbox.wait_for_the_end()

    def _read(self, number: int, source: Source) -> None:
        self.outbox.send(wire.START, wire.NUMBER.pack(number))
        self._files += 1
        self._waiting_files += 1
        self._waiting_bytes += len(source.data)
        began = time.perf_counter()
        try:
            self._extraction.read(source)
        except Failed as failed:
            self._failed += 1
            fact: dict[str, object] = {
                "code": failed.code,
                "message": failed.message,
                "severity": failed.severity,
                "line": failed.line,
                "bstart": failed.bstart,
                "bend": failed.bend,
            }
            self.outbox.send_json(wire.FAILURE, fact)
        heapq.heappush(self._slowest, (time.perf_counter() - began, number))
        if len(self._slowest) > SLOWEST:
            heapq.heappop(self._slowest)

    def _is_due(self) -> bool:
        return (
            self._waiting_files >= int(ORDER["batch_files"])
            or self._waiting_bytes >= int(ORDER["batch_bytes"])
            or self._extraction.pending >= int(ORDER["batch_rows"])
        )

    def _commit(self, below: int) -> None:
        # A death from here on is not the fault of the file last read alone, and the parent must know.
        self.outbox.send(wire.START, wire.NUMBER.pack(wire.NO_FILE))
        for index, batch in enumerate(self._extraction.take()):
            if batch is not None:
                self._rows[self._extraction.tables[index].name] += batch.num_rows
                self.outbox.send(wire.BATCH, bytes((index,)), ipc(batch))
        self.outbox.send(wire.COMMIT, wire.NUMBER.pack(below))
        self._waiting_files = self._waiting_bytes = 0


def ipc(batch: pa.RecordBatch) -> pa.Buffer:
    """The batch as one self-contained Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def prepare() -> Shift:
    """Import and warm up all that extraction needs; nothing more can be imported once rights are given up."""
    extraction: Extraction = importlib.import_module(ORDER["module"]).open()
    ipc(pa.record_batch({"warm": [1]}))
    gc.freeze()
    return Shift(extraction, Outbox(SINK))


def serve(shift: Shift, inbox: Inbox, in_force: list[str]) -> None:
    """Say that it is ready, and work."""
    shift.outbox.send_json(wire.READY, {"python": platform.python_version(), "pid": os.getpid(), "in_force": in_force})
    shift.work(inbox)


def main() -> None:
    """Warm up, give up rights, and leave the rest to a thread with a stack of the size asked for, which inherits what is given up here."""
    in_force = confine.bind_to(ORDER["parent"])
    shift, inbox = prepare(), Inbox(SOURCE)
    # From here on nothing more is needed of the system than memory, threads and the three descriptors.
    in_force += confine.confine(ORDER["data_bytes"], ORDER["cpu_seconds"], ORDER["open_files"])
    in_force += confine.give_up_rights(frozenset(ORDER["without"]), ORDER["kills"])
    threading.stack_size(ORDER["stack_bytes"])
    threading.Thread(target=to_the_end, args=(serve, shift, inbox, in_force), name="extract").start()


def to_the_end(work: Callable[..., None], *arguments: object) -> None:
    """Do it, and end the process with the exit code that tells how it went."""
    code = 1
    try:
        work(*arguments)
        code = 0
    except MemoryError:
        code = wire.EXIT_MEMORY
    except BaseException:
        # Also SystemExit and whatever an extractor's library invents: a worker has one way to fail, which is to end with a traceback.
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        # Nobody has begun to read: it does not start, and the traceback says why.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
