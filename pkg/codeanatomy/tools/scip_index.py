"""A SCIP index as bytes: where its documents lie and which sources they are of. What is in a document is read by a worker, not here."""

from __future__ import annotations

from collections.abc import Iterator

METADATA, DOCUMENT, EXTERNAL_SYMBOL = 1, 2, 3
_PATH = 1
_BYTES = 2
"""The wire type of everything that is read here: a length, and so many bytes."""


class Truncated(Exception):
    """The bytes end inside a field, or are no fields of an index: what lies before is whole."""


class Index:
    """Documents by path, and the fields of symbols outside the repository. Parts may be added: a later document of a path counts."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.externals: list[bytes] = []
        self.truncated = ""

    def add(self, data: bytes) -> None:
        """Take what is whole of these bytes; `truncated` says what is wrong with the rest."""
        view = memoryview(data)
        try:
            for number, start, end, first in _fields(view):
                if number == DOCUMENT:
                    self.documents[_path(view[start:end])] = bytes(view[start:end])
                elif number == EXTERNAL_SYMBOL:
                    self.externals.append(bytes(view[first:end]))
        except Truncated as problem:
            self.truncated = str(problem)


def _path(document: memoryview) -> str:
    for number, start, end, _ in _fields(document):
        if number == _PATH:
            return bytes(document[start:end]).decode("utf-8", "replace").replace("\\", "/")
    return ""


def _fields(data: memoryview) -> Iterator[tuple[int, int, int, int]]:
    """Every field with bytes in it: its number, where they start and end, and where the field itself starts."""
    at = 0
    while at < len(data):
        first = at
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _BYTES:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise Truncated(f"it breaks off at byte {len(data)}")
            yield tag >> 3, at, at + length, first
            at += length
        elif kind == 0:
            _, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise Truncated(f"byte {first} is none of an index")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise Truncated(f"it breaks off at byte {len(data)}")
