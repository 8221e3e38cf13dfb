"""JSON Lines: one object a node, then one object an edge, with the columns of the tables as keys and a node's properties in an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import msgspec

from codeanatomy.export.entities import NODE_COLUMNS, PROPERTIES, edges, nodes_with_properties
from codeanatomy.query.graph import OpenGraph

_VALUES: dict[str, Callable[[str], Any]] = {"string": str, "int64": int, "bool": "true".__eq__}


def write_json_lines(graph: OpenGraph, file: IO[bytes]) -> None:
    """Write every node and every edge; `entity` says which it is."""
    encoder = msgspec.json.Encoder()
    for batch in nodes_with_properties(graph):
        file.write(encoder.encode_lines([_node(row) for row in batch.to_pylist()]))
    for batch in edges(graph):
        file.write(encoder.encode_lines([{"entity": "edge", **row} for row in batch.to_pylist()]))


def _node(row: dict[str, Any]) -> dict[str, Any]:
    keys, texts = row.pop("keys") or (), row.pop("texts") or ()
    properties = {key: _VALUES[PROPERTIES[key]](text) for key, text in zip(keys, texts, strict=True)}
    assert row.keys() == NODE_COLUMNS.keys(), "the columns of a node"
    return {"entity": "node", **row, "properties": properties}
