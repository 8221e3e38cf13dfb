"""On which line of a TOML text something stands. The standard library's reader does not say; this looks for headers, keys and strings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_HEADER = re.compile(r"^[ \t]*(\[\[?)([^\[\]\n=,]+)\]\]?[ \t]*(?:#.*)?$", re.MULTILINE)
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""' r"|'''.*?'''" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'" r"|#[^\n]*",
    re.DOTALL,
)
_NAME = r"""(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)"""
_KEY = re.compile(rf"^[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*=", re.MULTILINE)
_PART = re.compile(_NAME)

Keys = tuple[str, ...]


class TomlLines:
    """The lines of one text that the standard library has accepted. An unusual way of writing has no line; a wrong one is not given."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        headers = list(_HEADER.finditer(text))
        begins = [0, *(header.end() for header in headers)]
        ends = [*(header.start() for header in headers), len(text)]
        self._tables: dict[Keys, list[tuple[int, int]]] = {}
        for keys, begin, end in zip([(), *(_keys(header[2]) for header in headers)], begins, ends, strict=True):
            self._tables.setdefault(keys, []).append((begin, end))
        self._keys: dict[tuple[int, Keys], int] = {}
        for match in _KEY.finditer(text):
            keys, table = _keys(match[1]), begins[bisect_right(begins, match.start()) - 1]
            self._keys.setdefault((table, keys), match.end())
            self._keys.setdefault((table, keys[:1]), match.end())

    def of_strings(self, keys: Keys, count: int) -> list[int | None]:
        """The lines of the first strings of the array of that key."""
        place = self._place(keys)
        lines: list[int | None] = list(self._strings(*place, count)) if place else []
        return lines if len(lines) == count else [None] * count

    def of_key(self, keys: Keys) -> int | None:
        """The line of a key or of the header of its table."""
        place = self._place(keys)
        return self._line(place[0]) if place else None

    def of_tables(self, keys: Keys) -> list[int]:
        """The lines of the headers of an array of tables."""
        return [self._line(start) for start, _ in self._tables.get(keys, ())]

    def _place(self, keys: Keys) -> tuple[int, int] | None:
        """Behind the key, and the end of its table: the key may be dotted, and the table its own."""
        for split in range(len(keys), -1, -1):
            for start, end in self._tables.get(keys[:split], ())[:1]:
                if split == len(keys):
                    return start, end
                behind = self._keys.get((start, keys[split:]))
                if behind is not None:
                    return behind, end
        return None

    def _strings(self, start: int, end: int, count: int) -> Iterator[int]:
        for match in _STRING.finditer(self._text, start, end):
            if count == 0:
                return
            if not match[0].startswith("#"):
                yield self._line(match.start())
                count -= 1

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)


def _keys(dotted: str) -> Keys:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
