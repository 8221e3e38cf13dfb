"""GraphML: the whole graph as one XML document that graph libraries and viewers read. Columns become `data` of nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.export.entities import EDGE_COLUMNS, NODE_COLUMNS, PROPERTIES, edges, nodes
from codeanatomy.query.graph import OpenGraph

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {"string": "string", "int32": "int", "int64": "long", "float64": "double", "bool": "boolean"}

_NODE_DATA = {name: kind for name, kind in {**NODE_COLUMNS, **PROPERTIES}.items() if name != "id"}
_EDGE_DATA = {name: kind for name, kind in EDGE_COLUMNS.items() if name not in ("id", "src", "dst")}

_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x{fffe}\\x{ffff}]"
"""Characters that XML 1.0 has no way to write."""
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))


def write_graphml(graph: OpenGraph, file: IO[bytes]) -> None:
    """Write the document, batch by batch. Ids are `n` or `e` and the number: GraphML wants names there."""
    file.write(_head().encode())
    for batch in nodes(graph):
        _write(file, ('<node id="n', batch["id"], '">'), "n", _NODE_DATA, batch, "</node>\n")
    for batch in edges(graph):
        ends = ('<edge id="e', batch["id"], '" source="n', batch["src"], '" target="n', batch["dst"], '">')
        _write(file, ends, "e", _EDGE_DATA, batch, "</edge>\n")
    file.write(b"</graph>\n</graphml>\n")


def _head() -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<graphml xmlns="{NAMESPACE}">']
    for prefix, domain, columns in (("n", "node", _NODE_DATA), ("e", "edge", _EDGE_DATA)):
        for name, kind in columns.items():
            lines.append(f'<key id="{prefix}_{name}" for="{domain}" attr.name="{name}" attr.type="{_TYPES[kind]}"/>')
    return "\n".join([*lines, '<graph id="cpg" edgedefault="directed">', ""])


def _write(file: IO[bytes], start: tuple[Any, ...], prefix: str, columns: Mapping[str, str], batch: pa.RecordBatch, end: str) -> None:
    data = (_datum(f"{prefix}_{name}", kind, batch[name]) for name, kind in columns.items())
    parts = [part if isinstance(part, str) else part.cast(pa.string()) for part in start]
    rows = pc.binary_join_element_wise(*parts, *data, end, "")
    file.write("".join(rows.to_pylist()).encode())


def _datum(key: str, kind: str, values: pa.Array) -> pa.Array:
    """The `data` element of each row; nothing where the value is null."""
    text = _escaped(values) if kind == "string" else values.cast(pa.string())
    return pc.coalesce(pc.binary_join_element_wise(f'<data key="{key}">', text, "</data>", ""), "")


def _escaped(values: pa.Array) -> pa.Array:
    values = pc.replace_substring_regex(values.cast(pa.string()), _FORBIDDEN, "\N{REPLACEMENT CHARACTER}")
    for plain, escaped in _ESCAPES:
        values = pc.replace_substring(values, plain, escaped)
    return values
