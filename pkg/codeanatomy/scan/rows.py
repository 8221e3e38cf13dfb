"""The scan as record batches of `repo_files`, `scope_manifest` and `file_lines`. Shapes come from the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy.catalog.evidence.repo_scan import FILE_LINES, REPO_FILES, SCOPE_MANIFEST
from codeanatomy.catalog.shapes import Table
from codeanatomy.scan.scope import ScopeRow
from codeanatomy.scan.source import SourceFile
from codeanatomy.scan.text import Text

_ARROW = {"bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(), "string": pa.string(), "list<int32>": pa.list_(pa.int32())}
BATCH_FILES = 4096

Row = TypeVar("Row")


def repo_files(sources: Sequence[SourceFile]) -> list[pa.RecordBatch]:
    """One row per source."""
    return _plain(REPO_FILES, sources)


def scope_manifest(scope: Sequence[ScopeRow]) -> list[pa.RecordBatch]:
    """One row per path that is in or out."""
    return _plain(SCOPE_MANIFEST, scope)


def _plain(table: Table, rows: Sequence[SourceFile] | Sequence[ScopeRow]) -> list[pa.RecordBatch]:
    """Rows that have the columns of their table as fields."""
    schema = _schema(table)
    return [
        pa.RecordBatch.from_arrays([pa.array([getattr(row, field.name) for row in part], field.type) for field in schema], schema=schema)
        for part in _parts(rows)
    ]


def file_lines(sources: Sequence[SourceFile], texts: Sequence[Text]) -> list[pa.RecordBatch]:
    """One row per source: its line starts and continuation bytes."""
    schema = _schema(FILE_LINES)
    return [
        pa.RecordBatch.from_arrays(
            [
                pa.array([source.file_id for source in part], pa.int64()),
                _lists([text.line_starts for text in some]),
                _lists([text.continuations for text in some]),
                pa.array([text.length for text in some], pa.int32()),
            ],
            schema=schema,
        )
        for part, some in zip(_parts(sources), _parts(texts), strict=True)
    ]


def _parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    return [rows[start : start + BATCH_FILES] for start in range(0, len(rows), BATCH_FILES)]


def _lists(arrays: Sequence[NDArray[np.int32]]) -> pa.Array:
    offsets = np.zeros(len(arrays) + 1, np.int32)
    np.cumsum([len(array) for array in arrays], out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(arrays)))


def _schema(table: Table) -> pa.Schema:
    return pa.schema([pa.field(column.name, _ARROW[column.type], column.nullable) for column in table.columns])
