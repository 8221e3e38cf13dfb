"""Both ends of the stream between a worker and its parent: frames and their payloads. It moves bytes; it judges no content.

Worker to parent: one byte of kind, the payload's length (u32, little endian), the payload.

| kind | payload |
| --- | --- |
| `R` ready | JSON: interpreter, process id, what is in force |
| `S` start | u32 number of the file that is read from now on; `NO_FILE` while batches are made |
| `F` failure of the file last started | JSON: code, message, severity, line, bstart, bend |
| `B` batch | u8 number of the table, then one Arrow IPC stream: schema, one batch, end |
| `C` commit | u32: every file below this number is complete, everything sent for them is final |
| `E` end | JSON: rows per table, files, failed; the worker then waits for the end of its input |

Parent to worker: per file u32 number, i64 file id, u16 length of the path, u32 length of the bytes, path in UTF-8, bytes; then a header
whose number is `NO_FILE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

READY, START, FAILURE, BATCH, COMMIT, END = b"R", b"S", b"F", b"B", b"C", b"E"
KINDS = frozenset((READY, START, FAILURE, BATCH, COMMIT, END))
FRAME = Struct("<cI")
NUMBER = Struct("<I")
FILE = Struct("<IqHI")
NO_FILE = 0xFFFF_FFFF
PIPE_BYTES = 1 << 20
EXIT_MEMORY = 77
"""The worker's exit code when Python itself ran out of memory."""


class Garbage(Exception):
    """The bytes on the stream are not what this protocol says."""


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self, most: int) -> None:
        self._buffer = bytearray()
        self._most = most

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that `data` completes, each as its kind and payload."""
        self._buffer += data
        while len(self._buffer) >= FRAME.size:
            kind, length = FRAME.unpack_from(self._buffer)
            if kind not in KINDS:
                raise Garbage(f"{kind!r} is no kind of frame")
            if length > self._most:
                raise Garbage(f"a frame of {length} bytes, of {self._most} allowed")
            end = FRAME.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(memoryview(self._buffer)[FRAME.size : end])
            del self._buffer[:end]
            yield kind, payload


def number(payload: bytes) -> int:
    """The number that is the whole payload of `S` and `C`."""
    if len(payload) != NUMBER.size:
        raise Garbage(f"a number of {len(payload)} bytes")
    return int(NUMBER.unpack(payload)[0])


def frame(kind: bytes, payload: bytes) -> bytes:
    """A whole frame."""
    return FRAME.pack(kind, len(payload)) + payload


def file_header(index: int, file_id: int, path: bytes, size: int) -> bytes:
    """What precedes the bytes of a file on its way to the worker."""
    return FILE.pack(index, file_id, len(path), size) + path


NO_MORE_FILES = FILE.pack(NO_FILE, 0, 0, 0)
