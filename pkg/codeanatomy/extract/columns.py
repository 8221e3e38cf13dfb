"""From columns of plain values to a record batch of a declared table. It derives every Arrow type from the catalog and decides none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy.catalog.shapes import Column, Table

Ints = NDArray[np.int64]

_ARROW = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "list<string>": pa.list_(pa.string()),
}
"""The types that extractors of sources use; another one is a KeyError, not a guess."""


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words that occur again and again: an index into `words` per row, -1 for null."""

    indices: NDArray[np.signedinteger]
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Lists:
    """A column of lists: the length of each, and all their items in order."""

    lengths: Sequence[int]
    items: Sequence[str]


Values: TypeAlias = NDArray[Any] | Sequence[Any] | Words | Lists | pa.Array


def record_batch(table: Table, values: Mapping[str, Values]) -> pa.RecordBatch:
    """The batch of a table, its columns in declared order; `values` has one entry per column, all of one length."""
    assert values.keys() == {column.name for column in table.columns}, f"table {table.name}: {sorted(values)} are not its columns"
    arrays = [_array(column, values[column.name]) for column in table.columns]
    fields = [pa.field(column.name, array.type, column.nullable) for column, array in zip(table.columns, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _array(column: Column, values: Values) -> pa.Array:
    declared = _ARROW[column.type]
    if isinstance(values, Words):
        assert column.type == "string", f"column {column.name}: words in a {column.type}"
        return _dictionary(values)
    if isinstance(values, Lists):
        offsets = np.zeros(len(values.lengths) + 1, np.int32)
        np.cumsum(values.lengths, out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.items, declared.value_type), type=declared)
    if isinstance(values, pa.Array):
        assert values.type == declared, f"column {column.name}: {values.type} is not {declared}"
        return values
    return pa.array(values, declared)


def _dictionary(values: Words) -> pa.Array:
    absent = values.indices < 0
    indices = pa.array(values.indices, mask=absent if absent.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values.words, pa.string()))
