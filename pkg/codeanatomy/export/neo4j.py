"""CSV for Neo4j's bulk import: `nodes.csv` and `edges.csv` with its typed headers. It starts no database.

To import: `neo4j-admin database import full --id-type=integer --multiline-fields=true --nodes=nodes.csv --relationships=edges.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from codeanatomy.export.entities import EDGE_COLUMNS, NODE_COLUMNS, PROPERTIES, edges, nodes
from codeanatomy.query.graph import OpenGraph

_TYPES = {"string": "string", "int32": "int", "int64": "long", "float64": "double", "bool": "boolean"}
_NODE_ROLES = {"id": "id:ID", "kind": ":LABEL"}
_EDGE_ROLES = {"src": ":START_ID", "dst": ":END_ID", "kind": ":TYPE"}


def write_neo4j(graph: OpenGraph, folder: Path) -> None:
    """Write both files. Null is an empty field, an empty text is `""`."""
    _write(folder / "nodes.csv", header({**NODE_COLUMNS, **PROPERTIES}, _NODE_ROLES), nodes(graph))
    _write(folder / "edges.csv", header(EDGE_COLUMNS, _EDGE_ROLES), edges(graph))


def header(columns: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """The header of a file: a column's role, or its name and type."""
    return ",".join(roles.get(name, f"{name}:{_TYPES[kind]}") for name, kind in columns.items())


def _write(path: Path, head: str, batches: Iterable[pa.RecordBatch]) -> None:
    with path.open("wb") as file:
        file.write(head.encode() + b"\n")
        for batch in batches:
            csv.write_csv(batch, file, csv.WriteOptions(include_header=False))
