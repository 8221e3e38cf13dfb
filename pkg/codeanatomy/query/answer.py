"""The answer to a question: what was asked, rows in the columns that the catalog declares, and what limits them. It finds nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from codeanatomy.catalog.questions import BY_NAME, Question
from codeanatomy.failure import Coded
from codeanatomy.query.graph import OpenGraph

_ARROW = {"bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in order, and in sentences what limits them."""

    question: Question
    generation: int
    asked: tuple[str, ...]
    table: pa.Table
    notes: tuple[str, ...] = ()
    complete: bool = True
    """Whether these are all rows there are."""

    def document(self, limit: int | None = None) -> dict[str, Any]:
        """The object that `ask --json` prints; its schema is `cli.asked`'s."""
        return {
            "question": self.question.name,
            "generation": self.generation,
            "asked": list(self.asked),
            "total": self.table.num_rows if self.complete else None,
            "truncated": not self.complete or (limit is not None and limit < self.table.num_rows),
            "notes": list(self.notes),
            "rows": self.table.slice(0, limit).to_pylist(),
        }


def answer(
    graph: OpenGraph,
    name: str,
    asked: Sequence[str],
    rows: pa.Table | Sequence[Mapping[str, Any]],
    notes: Sequence[str] = (),
    complete: bool = True,
) -> Answer:
    """An answer to the question of that name: rows as a query gave them, or as dictionaries, in the types of its columns."""
    question = BY_NAME[name]
    schema = pa.schema([pa.field(column.name, _ARROW[column.type], column.nullable) for column in question.columns])
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema)
    return Answer(question, graph.generation.number, tuple(asked), table.select(schema.names).cast(schema), tuple(notes), complete)


def columns(name: str) -> str:
    """The columns of a question as a query writes them."""
    return ", ".join(f'"{column.name}"' for column in BY_NAME[name].columns)


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def above_zero(**numbers: int | None) -> None:
    """Raises CA640 for one of these numbers that is not; None is no limit."""
    for name, number in numbers.items():
        if number is not None and number <= 0:
            raise Coded("CA640", f"{name}: {number} is not above zero", "give a larger number")


def among(values: Sequence[str] | Sequence[int]) -> str:
    """A list of values as SQL writes it after `IN`; never empty, which SQL does not know."""
    return "(" + (", ".join(literal(value) if isinstance(value, str) else str(value) for value in values) or "NULL") + ")"
