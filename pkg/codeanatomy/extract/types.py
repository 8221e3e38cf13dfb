"""The `types` extractor: a type checker's report on each source in, rows of the `types_` tables out. It runs no checker.

A parcel is a source with its report behind it (`attachment`): JSON `{"modules": {id: [name, file id or null]}, "types": …, "calls": …,
"definitions": …}`, the last three as pyrefly writes them for its module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from codeanatomy.attachment import attach, detach
from codeanatomy.catalog.evidence.types import TABLES, TYPES_CALLS, TYPES_EXPRESSIONS, TYPES_FUNCTIONS
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract import text
from codeanatomy.extract.columns import Lists, record_batch
from codeanatomy.extract.source import Failed, Source

ROLES = {
    "call_targets": "call",
    "init_targets": "init",
    "new_targets": "new",
    "property_getters": "getter",
    "property_setters": "setter",
    "targets": "call",
}
"""Lists of targets, by what part they play."""
_UNKNOWN = "Unknown"

_WARM = {
    "modules": {"1": ["warm", 1]},
    "types": {"functions": {"F:0": {"type_table": [{"string": "int"}], "locations": {"1:1-1:4": 0}}}},
    "calls": {
        "call_graphs": {
            "F:0": {
                "1:1-1:4": {
                    "Call": {"call_targets": [{"target": {"Function": {"module_id": 1, "function_id": "F:0", "function_name": "f"}}}]}
                }
            }
        }
    },
    "definitions": {"function_definitions": {"F:0": {"name": "f", "name_location": "1:1-1:4"}}},
}
"""A report on the source that parsers are warmed up with."""

Modules = dict[str, list[Any]]
Row = tuple[Any, ...]


class Types:
    """Reports to rows."""

    tables = TABLES

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return sum(map(len, self._rows.values()))

    def read(self, source: Source) -> None:
        """Decode one report."""
        data, attachment = detach(source.data)
        decoded = text.decode(Source(source.file_id, source.path, data))
        try:
            report = msgspec.json.decode(attachment)
            # A byte order mark counts as part of the first line.
            places = _Places([0, *decoded.line_starts()[1:].tolist()], len(decoded.utf8))
            found = {
                TYPES_EXPRESSIONS.name: _expressions(report, places),
                TYPES_FUNCTIONS.name: _functions(report, places),
                TYPES_CALLS.name: _calls(report, places),
            }
        except (msgspec.DecodeError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Failed("CA245", f"the report on it cannot be read: {type(error).__name__}: {error}", severity="warning") from None
        for table, rows in found.items():
            self._rows[table] += [(source.file_id, *row) for row in rows]

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every report read since the last take."""
        batches = [_batch(table, self._rows[table.name]) if self._rows[table.name] else None for table in TABLES]
        self._rows = {table.name: [] for table in TABLES}
        return batches


def _batch(table: Table, rows: list[Row]) -> pa.RecordBatch:
    columns: dict[str, Any] = dict(zip((column.name for column in table.columns), map(list, zip(*rows, strict=True)), strict=True))
    for column in table.columns:
        if column.type == "list<string>":
            lists = columns[column.name]
            columns[column.name] = Lists([len(items) for items in lists], [item for items in lists for item in items])
    return record_batch(table, columns)


def open() -> Types:
    """An extraction, warmed up: nothing is imported later."""
    types = Types()
    warm = text.warm()
    types.read(Source(warm.file_id, warm.path, attach(warm.data, msgspec.json.encode(_WARM))))
    types.take()
    return types


class _Places:
    """Lines and columns of a report, both from 1, columns in bytes, to bytes of the text."""

    def __init__(self, starts: list[int], length: int) -> None:
        self._starts = starts
        self._length = length

    def span(self, location: str) -> tuple[int, int]:
        """`3:14-3:22` in bytes. `ValueError` for what is no place of the text."""
        first, last = location.split("-")
        bstart, bend = self._offset(first), self._offset(last)
        if bend < bstart:
            raise ValueError(f"{location} ends before it starts")
        return bstart, bend

    def _offset(self, place: str) -> int:
        line, column = map(int, place.split(":"))
        if not 1 <= line <= len(self._starts):
            raise ValueError(f"the source has no line {line}")
        offset = self._starts[line - 1] + column - 1
        if not 0 <= offset <= self._length:
            raise ValueError(f"the source has no column {column} in line {line}")
        return offset


def _expressions(report: Any, places: _Places) -> list[Row]:
    """By place; where a place is reported more than once (functions share decorators), the first type in their order counts."""
    found: dict[tuple[int, int], tuple[str, list[str]]] = {}
    for function in report["types"]["functions"].values():
        table = [_type(entry, report["modules"]) for entry in function["type_table"]]
        for location, number in function["locations"].items():
            place, said = places.span(location), table[number]
            if place not in found or said < found[place]:
                found[place] = said
    return [(*place, *found[place]) for place in sorted(found)]


def _type(entry: Any, modules: Modules) -> tuple[str, list[str]]:
    names = entry.get("class_names") or {}
    classes = {_dotted(item["class"], modules) for item in names.get("classes", ())} if names.get("is_exhaustive") else set()
    return entry["string"], sorted(classes)


def _dotted(reference: Any, modules: Modules) -> str:
    return f"{modules[str(reference['module_id'])][0]}.{reference['class_name']}"


def _functions(report: Any, places: _Places) -> list[Row]:
    rows = []
    for key, function in report["definitions"]["function_definitions"].items():
        location = function.get("name_location")
        if location is not None:
            signatures = function.get("undecorated_signatures") or [{}]
            returns = (signatures[-1].get("return_annotation") or {}).get("string", _UNKNOWN)
            rows.append((key, *places.span(location), function["name"], returns))
    return sorted(rows)


def _calls(report: Any, places: _Places) -> list[Row]:
    rows: dict[tuple[Any, ...], Row] = {}
    for function in report["calls"]["call_graphs"].values():
        for location, callees in function.items():
            place, *words = location.split("|")
            for form, parts in callees.items():
                site = "-".join(words[1:]) if words and words[0] == "artificial-call" else form.replace("Access", "").lower()
                for role, target in _targets(parts):
                    row = (*places.span(place), site, role, *_target(target, report["modules"]))
                    # A place may be reported for a function and again for the decorated one.
                    rows.setdefault((*row[:6], row[6], row[8]), row)
    return sorted(rows.values(), key=lambda row: tuple((value is not None, value) for value in row))


def _targets(parts: Any, role: str | None = None) -> Iterator[tuple[str, Any]]:
    """Every target of a place, with the part that it plays."""
    for name, value in sorted(parts.items()):
        if name in ROLES:
            # The place where a string is made of parts has a word instead of a function.
            yield from ((role or ROLES[name], target) for target in value if isinstance(target["target"], dict))
        elif name == "if_called":
            yield from _targets(value, "if_called")
        elif name == "higher_order_parameters":
            for parameter in value.values() if isinstance(value, dict) else value:
                yield from _targets(parameter, "higher_order")


def _target(target: Any, modules: Modules) -> Row:
    (kind, function), *others = target["target"].items()
    if others or kind not in ("Function", "Overrides", "AllOverrides"):
        raise ValueError(f"a target of kind {kind}")
    module, file_id = modules[str(function["module_id"])]
    receiver = target.get("receiver_class")
    dotted = None if receiver is None else _dotted(receiver, modules)
    return module, file_id, function["function_id"], function["function_name"], dotted, kind != "Function"
