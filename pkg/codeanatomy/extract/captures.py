"""Where all that tree-sitter's trees say of many sources is. It knows what belongs together only by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codeanatomy._engine import Captures
from codeanatomy.extract.columns import Ints


@dataclass(frozen=True, slots=True)
class Spans:
    """Captures of one name, of all sources joined: outer before inner, in the order of the text."""

    bstart: Ints
    bend: Ints
    types: Sequence[str] = ()
    """The token, of captures of `missing`."""


@dataclass(frozen=True, slots=True)
class Captured:
    """Sources and their captures. The texts are joined with a byte between them so that no end of one is a start of the next."""

    file_ids: Ints
    joined: bytes
    starts: Ints
    """Where the text of each source starts."""
    spans: dict[str, Spans]
    """By the names that `Captures` has for them."""


class Batch:
    """The captures of many sources, and their texts."""

    def __init__(self) -> None:
        self._captures = Captures()
        self._file_ids: list[int] = []
        self._texts: list[bytes] = []

    def add(self, file_id: int, utf8: bytes, parsed: bytes) -> int:
        """Parse a source, or in its stead a text of the same length; returns how many of its captures become rows."""
        self._file_ids.append(file_id)
        self._texts.append(utf8)
        return self._captures.add(parsed)

    def take(self) -> Captured:
        """All that was added since the last take."""
        lengths = np.array([len(text) + 1 for text in self._texts], np.int64)
        taken, tokens = self._captures.take()
        spans = {name: Spans(_ints(starts), _ints(ends), tokens if name == "missing" else ()) for name, (starts, ends) in taken.items()}
        captured = Captured(np.array(self._file_ids, np.int64), b"\n".join(self._texts), np.cumsum(lengths) - lengths, spans)
        self._file_ids, self._texts = [], []
        return captured


def _ints(data: bytes) -> Ints:
    return np.frombuffer(data, np.int64)
