"""Questions about what names mean: where a thing is used (`refs`), and what the name at a place means (`definition`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from codeanatomy.failure import Coded
from codeanatomy.query.answer import Answer, answer, literal
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import SPAN, Row, by_id, definitions
from codeanatomy.query.names import ANYTHING, named
from codeanatomy.query.places import beyond, source

Place = tuple[int, int]

_ACCESSES = {"reads": "read", "writes": "write", "deletes": "delete"}
_USES = "SELECT kind, src, dst, path, line, col, end_line, end_col, label, origin, confidence FROM cpg_edges WHERE kind IN ('reads', 'writes', 'deletes')"


def refs(graph: OpenGraph, name: str) -> Answer:
    """Where it is used. Raises CA630 and CA631 for a name that is not one thing's."""
    thing = named(graph, name, ANYTHING)
    edges = graph.among(_USES, "dst", thing.ids).to_pylist()
    found, bound = (
        by_id(definitions(graph, thing.ids)),
        _bound(graph, thing.ids, {edge["src"] for edge in edges if edge["kind"] != "writes"}),
    )
    rows = [
        _ref(edge, found[edge["dst"]], place)
        for edge in edges
        for place in ([None] if edge["kind"] == "writes" else bound.get((edge["src"], edge["dst"]), [None]))
    ]
    return answer(graph, "refs", [thing.name], sorted(rows, key=_place))


def _place(row: Mapping[str, Any]) -> tuple[str, int, int, str, int, int]:
    """What is nowhere comes first."""
    line, col, target_line, target_col = (row[name] or 0 for name in ("line", "col", "target_line", "target_col"))
    return row["path"] or "", line, col, row["access"], target_line, target_col


def _bound(graph: OpenGraph, ids: Collection[int], reads: Collection[int]) -> dict[tuple[int, int], list[Place]]:
    """Where the things are bound that reach these reads, by read and thing."""
    bindings: dict[int, list[Row]] = {}
    for row in graph.among("SELECT src, dst, line, col FROM cpg_edges WHERE kind = 'binds'", "dst", ids).to_pylist():
        bindings.setdefault(row["src"], []).append(row)
    found: dict[tuple[int, int], set[Place]] = {}
    for flow in graph.among("SELECT src, dst FROM cpg_edges WHERE kind = 'reaches'", "dst", reads).to_pylist():
        for binding in bindings.get(flow["src"], []):
            found.setdefault((flow["dst"], binding["dst"]), set()).add((binding["line"], binding["col"]))
    return {key: sorted(places) for key, places in found.items()}


def _ref(edge: Row, target: Row, place: Place | None) -> Row:
    line, col = place or (target["line"], target["col"])
    return {
        **{name: edge[name] for name in ("path", *SPAN, "origin", "confidence")},
        "name": edge["label"],
        "access": _ACCESSES[edge["kind"]],
        "target_id": target["id"],
        "target": target["qualified_name"],
        "target_path": target["path"],
        "target_line": line,
        "target_col": col,
    }


def definition(graph: OpenGraph, path: str, line: int, col: int) -> Answer:
    """What the name at a place means. Raises CA634 for a source there is not, CA632 when no name is there."""
    path = source(graph, path)
    there = f"path = {literal(path)} AND line = {line} AND col <= {col} AND end_col > {col}"
    used = graph.sql(
        f"SELECT DISTINCT dst, origin, confidence FROM cpg_edges WHERE kind IN ('reads', 'writes', 'deletes') AND {there} "
        f"AND end_line = {line} ORDER BY confidence DESC, dst"
    ).to_pylist()
    if not used:
        used = graph.sql(f"SELECT dst, origin, confidence FROM cpg_edges WHERE kind = 'defines' AND {there}").to_pylist()
    if not used:
        raise Coded("CA632", f"no name is known at {path}:{line}:{col}", _names_on(graph, path, line))
    found = by_id(definitions(graph, {row["dst"] for row in used}))
    rows = [{**_target(found[row["dst"]]), "origin": row["origin"], "confidence": row["confidence"]} for row in used]
    return answer(graph, "definition", [f"{path}:{line}:{col}"], rows)


def _target(node: Row) -> Row:
    return {"target_id": node["id"], "target": node["qualified_name"]} | {name: node[name] for name in ("kind", "path", *SPAN)}


def _names_on(graph: OpenGraph, path: str, line: int) -> str:
    """A hint with the names of the line and the columns at which they start."""
    rows = graph.sql(
        "SELECT DISTINCT coalesce(edge.label, node.name) AS name, edge.col FROM cpg_edges AS edge JOIN cpg_nodes AS node ON node.id = edge.dst "
        f"WHERE edge.kind IN ('reads', 'writes', 'deletes', 'defines') AND edge.path = {literal(path)} AND edge.line = {line} ORDER BY edge.col"
    ).to_pylist()
    if not rows:
        return beyond(graph, path, line) or "no name is on that line; lines and columns count from 1"
    return "on that line are " + ", ".join(f"{row['name']} (column {row['col']})" for row in rows)
