"""A source together with what a tool said of it, as the bytes of one parcel: both ends of the way to a worker use it. It reads neither."""

from __future__ import annotations

from struct import Struct

_LENGTH = Struct("<I")


def attach(source: bytes, attachment: bytes) -> bytes:
    """Both in one."""
    return _LENGTH.pack(len(source)) + source + attachment


def detach(data: bytes) -> tuple[bytes, bytes]:
    """The source and the attachment."""
    (length,) = _LENGTH.unpack_from(data)
    split = _LENGTH.size + length
    return data[_LENGTH.size : split], data[split:]
