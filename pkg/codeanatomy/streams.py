"""The rows of several tables as the bytes of one parcel: both ends of the way to a worker use it. It reads no row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain

from codeanatomy.attachment import attach, detach


def pack(streams: Mapping[str, Sequence[bytes]]) -> bytes:
    """The Arrow IPC streams of each table, all in one."""
    lengths = {name: [len(stream) for stream in of_table] for name, of_table in streams.items()}
    return attach(json.dumps(lengths).encode(), b"".join(chain.from_iterable(streams.values())))


def unpack(data: bytes) -> dict[str, list[bytes]]:
    """The streams of each table again."""
    head, body = detach(data)
    streams: dict[str, list[bytes]] = {}
    start = 0
    for name, lengths in json.loads(head).items():
        streams[name] = []
        for length in lengths:
            streams[name].append(body[start : start + length])
            start += length
    return streams
