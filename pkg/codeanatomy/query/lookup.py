"""What is known of some nodes and edges, by their ids: scans that read little of the tables, put together here rather than by joins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.catalog.graph.kinds import FUNCTIONS
from codeanatomy.query.answer import among
from codeanatomy.query.graph import OpenGraph

Row = dict[str, Any]

SPAN = ("line", "col", "end_line", "end_col")
_NODES = "SELECT id, kind, name, qualified_name, path, line, col, end_line, end_col, parent_id FROM cpg_nodes"
_TOKENS = "SELECT dst, line, col, end_line, end_col FROM cpg_edges WHERE kind = 'defines'"
_CALLS = (
    "SELECT kind, src, dst, path, line, col, end_line, end_col, label, origin, resolution, confidence, ambiguity_group "
    "FROM cpg_edges WHERE kind IN ('calls', 'calls_implicitly')"
)


def definitions(graph: OpenGraph, ids: Iterable[int], sources: Sequence[str] = ()) -> pa.Table:
    """Nodes, sorted by id. The span is that of the name token where the node is a definition, as in the view `definitions`.

    If the sources are told in which they stand, the others are not looked at.
    """
    wanted = np.unique(np.fromiter(ids, np.int64))
    there = f"path IN {among(sources)}" if sources else "true"
    nodes = graph.among(f"{_NODES} WHERE {there}", "id", wanted).sort_by("id")
    return at_their_names(nodes, graph.among(f"{_TOKENS} AND {there}", "dst", wanted))


def name_tokens(graph: OpenGraph) -> pa.Table:
    """The name tokens of all definitions (`dst`)."""
    return graph.sql(_TOKENS)


def at_their_names(nodes: pa.Table, tokens: pa.Table) -> pa.Table:
    """Nodes with the span of their name token, as far as they have both; tokens of others may be among these."""
    ids, named = nodes["id"].to_numpy(), tokens["dst"].to_numpy()
    order = np.argsort(ids)
    places = np.minimum(np.searchsorted(ids, named, sorter=order), max(ids.size - 1, 0))
    own = np.flatnonzero(ids[order[places]] == named) if ids.size else np.empty(0, np.int64)
    token = np.full(ids.size, -1)
    token[order[places[own]]] = own
    is_named, taken = pa.array(token >= 0), pa.array(token, mask=token < 0)
    for name in set(SPAN).intersection(nodes.column_names):
        column = pc.if_else(is_named, tokens[name].take(taken), nodes[name])
        nodes = nodes.set_column(nodes.schema.get_field_index(name), name, column)
    return nodes


def by_id(table: pa.Table) -> dict[int, Row]:
    """Rows by their id."""
    return {row["id"]: row for row in table.to_pylist()}


def calls(graph: OpenGraph, side: str, ids: Collection[int], others: Collection[int] | None = None) -> pa.Table:
    """Rows of the view `calls` on whose side (`src`: the caller, `dst`: the callee) one of these is, and one of the others on the other."""
    edges = graph.among(_CALLS, side, ids)
    if others is not None:
        edges = edges.filter(pc.is_in(edges["dst" if side == "src" else "src"], pa.array(others, pa.int64())))
    callers, callees = (np.unique(edges[name].to_numpy()) for name in ("src", "dst"))
    nodes = graph.among(_NODES, "id", np.union1d(callers, callees)).sort_by("id")
    lines = graph.among("SELECT entity_id, int_value FROM cpg_props WHERE key = 'def_line' AND entity = 'node'", "entity_id", callees)
    caller, callee = (nodes.take(np.searchsorted(nodes["id"].to_numpy(), edges[name].to_numpy())) for name in ("src", "dst"))
    def_line = lines["int_value"].take(pc.index_in(edges["dst"], lines["entity_id"]))
    kind = pc.index_in(callee["kind"], pa.array(_CALLEE_KINDS))
    rows = pa.table(
        {
            "caller_id": edges["src"],
            "caller": caller["qualified_name"],
            **{name: edges[name] for name in ("path", *SPAN)},
            "callee_id": edges["dst"],
            "callee": callee["qualified_name"],
            "callee_kind": pc.coalesce(pa.array(_CALLEE_KINDS.values()).take(kind), callee["kind"]),
            "callee_path": callee["path"],
            "callee_line": pc.coalesce(def_line, callee["line"]),
            "implicit": pc.equal(edges["kind"], "calls_implicitly"),
            "via": edges["label"],
            **{name: edges[name] for name in ("origin", "resolution", "confidence", "ambiguity_group")},
        }
    )
    return rows.sort_by([(name, "ascending", "at_start") for name in ("path", "line", "col", "caller", "callee", "via")])


_CALLEE_KINDS = {**dict.fromkeys(FUNCTIONS, "function"), "external_symbol": "external", "external_package": "external"}
