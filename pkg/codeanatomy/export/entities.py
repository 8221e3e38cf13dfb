"""Nodes and edges as exports write them: batches of flat rows, the properties of a node as typed columns. It knows no format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeanatomy.catalog.graph import LAYERS
from codeanatomy.catalog.tables import CPG_EDGES, CPG_NODES
from codeanatomy.query.graph import OpenGraph

if TYPE_CHECKING:
    import pyarrow as pa

NODE_COLUMNS: dict[str, str] = {column.name: column.type for column in CPG_NODES.columns}
EDGE_COLUMNS: dict[str, str] = {column.name: column.type for column in CPG_EDGES.columns}

_TYPES = {"string": "string", "int": "int64", "bool": "bool"}
PROPERTIES: dict[str, str] = {item.key: _TYPES[item.type] for layer in LAYERS for item in layer.properties}
"""Type of every property of a node, by key."""

_CASTS = {"string": "{}", "int64": "CAST({} AS BIGINT)", "bool": "CAST({} AS BOOLEAN)"}


def nodes(graph: OpenGraph) -> Iterator[pa.RecordBatch]:
    """All nodes: `NODE_COLUMNS`, then a column for each of `PROPERTIES`, null where a node has no such property."""
    columns = [f'node."{name}"' for name in NODE_COLUMNS]
    columns += [f'{_property(key, kind)} AS "{key}"' for key, kind in PROPERTIES.items()]
    return graph.batches(f"SELECT {', '.join(columns)} {_WITH_PROPERTIES}")


def nodes_with_properties(graph: OpenGraph) -> Iterator[pa.RecordBatch]:
    """All nodes: `NODE_COLUMNS`, then `keys` and `texts`, the properties of the node and their values as text, null where it has none."""
    columns = [f'node."{name}"' for name in NODE_COLUMNS]
    return graph.batches(f'SELECT {", ".join(columns)}, facts.keys, facts."values" AS texts {_WITH_PROPERTIES}')


def edges(graph: OpenGraph) -> Iterator[pa.RecordBatch]:
    """All edges: `EDGE_COLUMNS`. Edges have no properties."""
    columns = [f'"{name}"' for name in EDGE_COLUMNS]
    return graph.batches(f"SELECT {', '.join(columns)} FROM cpg_edges")


_WITH_PROPERTIES = "FROM cpg_nodes AS node LEFT JOIN cpg_props_map AS facts ON facts.entity_id = node.id AND facts.entity = 'node'"


def _property(key: str, kind: str) -> str:
    return _CASTS[kind].format(f"facts.\"values\"[CAST(array_position(facts.keys, '{key}') AS BIGINT)]")
