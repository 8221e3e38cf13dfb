"""The words in which tables are declared: `Column`, `Table`, `Key`. They say shapes; they hold no rows and build no Arrow."""

from __future__ import annotations

from dataclasses import dataclass

TYPES = (
    "bool",
    "int32",
    "int64",
    "float64",
    "string",
    "binary",
    "list<int32>",
    "list<int64>",
    "list<string>",
    "map<string,string>",
)
"""Every column type there is. Integers that are ids are int64; spans, counts and positions are int32."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, one of `TYPES`, what it means, and whether it may be null."""

    name: str
    type: str
    sentence: str
    nullable: bool = False

    def __post_init__(self) -> None:
        assert self.type in TYPES, f"column {self.name}: there is no type {self.type!r}"


@dataclass(frozen=True, slots=True)
class Table:
    """A declared shape: its columns in order and the columns that identify a row."""

    name: str
    sentence: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(set(names)) == len(names), f"table {self.name}: a column is declared twice"
        assert set(self.key) <= set(names), f"table {self.name}: its key names no column of it"

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
