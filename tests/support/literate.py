"""Literate tests: a Markdown file of source blocks and the rows expected of them. It knows how to read, compare and rewrite; not what a row is.

A case is a heading, a sentence, a fenced `python` block (the source; `python >=3.12` where older grammars refuse it) and any number
of expectations after it:

    ```rows ast_nodes(kind, name, text) where kind in Name, arg
    Name | x | x
    ```

Columns are those of the table, and two more: `text` is the source of the row's span, `token` that of its name. Null is `-`.
`failure` instead of `rows …` expects the source to be refused. Spaces around cells do not count; a newline in a cell is `⏎`.
`pytest --golden` rewrites the expectations from what is found; people review the diff.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
Rows = Callable[[str, bytes], list[Row]]
"""Table and source → rows; raises `Refused` where the source is refused."""

_FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_ROWS = re.compile(r"rows (?P<table>\w+)\((?P<columns>[^)]*)\)(?: where (?P<column>\w+) in (?P<values>.+))?")
_WIDEST = 60


class Refused(Exception):
    """The source was refused; the text says how."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expected block: its place in the file, what it asks of which source, and what is written there."""

    title: str
    source: str
    minimum: tuple[int, ...]
    info: str
    body: str
    start: int
    end: int


def expectations(text: str) -> Iterator[Expectation]:
    """The expected blocks of a file, in order, each with the source block before it."""
    titles = [(match.start(), match["title"]) for match in _HEADING.finditer(_without_fences(text))]
    source: str | None = None
    minimum: tuple[int, ...] = (3,)
    for fence in _FENCE.finditer(text):
        if fence["info"].startswith("python"):
            source, minimum = fence["body"], _minimum(fence["info"])
            continue
        assert source is not None, f"an expectation without a source before it: {fence['info']}"
        title = [title for start, title in titles if start < fence.start()][-1]
        yield Expectation(title, source, minimum, fence["info"].strip(), fence["body"], fence.start("body"), fence.end("body"))


def _without_fences(text: str) -> str:
    """The same text with the code blanked: a comment in Python is no heading."""
    return _FENCE.sub(lambda fence: " " * len(fence[0]), text)


def _minimum(info: str) -> tuple[int, ...]:
    version = info.removeprefix("python").strip().removeprefix(">=")
    return tuple(map(int, version.split("."))) if version else (3,)


def found(expectation: Expectation, rows: Rows) -> str:
    """What the block should say."""
    asked = _ROWS.fullmatch(expectation.info)
    source = expectation.source.encode()
    if asked is None:
        assert expectation.info == "failure", f"neither rows nor failure: {expectation.info}"
        try:
            found = rows("", source)
        except Refused as refused:
            return f"{refused}\n"
        raise AssertionError(f"accepted, with {len(found)} rows")
    wanted = asked["values"] and [value.strip() for value in asked["values"].split(",")]
    chosen = [row for row in rows(asked["table"], source) if not wanted or str(row[asked["column"]]) in wanted]
    return _table([[_cell(row, column.strip(), source) for column in asked["columns"].split(",")] for row in chosen])


def _cell(row: Row, column: str, source: bytes) -> str:
    if column == "text":
        value: Any = source[row["bstart"] : row["bend"]].decode()
    elif column == "token":
        value = source[row["name_bstart"] : row["name_bend"]].decode() if row["name_bstart"] >= 0 else None
    else:
        value = row[column]
    if value is None:
        return "-"
    text = str(value).replace("\n", "⏎")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _table(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows)


def _plain(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.splitlines()]


class LiterateFile(pytest.File):
    """A Markdown file as tests, one per expected block."""

    rows: Rows

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, rows: Rows) -> LiterateFile:
        """The file, with the function that finds its rows."""
        file: LiterateFile = cls.from_parent(parent, path=path)
        file.rows = rows
        return file

    def collect(self) -> Iterator[pytest.Item]:
        """One test per expected block."""
        for number, expectation in enumerate(expectations(self.path.read_text(encoding="utf-8"))):
            item: LiterateItem = LiterateItem.from_parent(self, name=f"{expectation.title}: {expectation.info}")
            item.number = number
            item.rows = self.rows
            if sys.version_info < expectation.minimum:
                needed = ".".join(map(str, expectation.minimum))
                item.add_marker(pytest.mark.skip(reason=f"the source is grammatical from Python {needed} on"))
            yield item


class LiterateItem(pytest.Item):
    """One expected block."""

    number: int
    rows: Rows

    def runtest(self) -> None:
        """Compare, or rewrite when asked to."""
        text = self.path.read_text(encoding="utf-8")
        expectation = list(expectations(text))[self.number]
        actual = found(expectation, self.rows)
        if self.config.getoption("--golden"):
            self.path.write_text(text[: expectation.start] + actual + text[expectation.end :], encoding="utf-8")
        else:
            assert _plain(actual) == _plain(expectation.body), f"expected\n{expectation.body}\nfound\n{actual}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is."""
        return self.path, 0, self.name
