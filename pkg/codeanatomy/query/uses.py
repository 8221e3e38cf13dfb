"""Questions about what names mean: where a thing is used (`refs`), and what the name at a place means (`definition`)."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.failure import Coded
from codeanatomy.query.answer import Answer, answer, literal
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import SPAN, Row, by_id, definitions
from codeanatomy.query.names import ANYTHING, named
from codeanatomy.query.places import beyond, source

_ACCESSES = {"reads": "read", "writes": "write", "deletes": "delete"}
_USES = "SELECT kind, src, dst, path, line, col, end_line, end_col, label, origin, confidence FROM cpg_edges WHERE kind IN ('reads', 'writes', 'deletes')"


def refs(graph: OpenGraph, name: str) -> Answer:
    """Where it is used. Raises CA630 and CA631 for a name that is not one thing's."""
    thing = named(graph, name, ANYTHING)
    uses = graph.among(_USES, "dst", thing.ids)
    binds = pc.equal(uses["kind"], "writes")
    reads = uses.filter(pc.invert(binds)).join(_bound(graph, thing.ids), ["src", "dst"], join_type="left outer")
    uses = pa.concat_tables([uses.filter(binds), reads], promote_options="default")
    found = definitions(graph, thing.ids)
    target = found.take(np.searchsorted(found["id"].to_numpy(), uses["dst"].to_numpy()))
    rows = pa.table(
        {
            **{name: uses[name] for name in ("path", *SPAN, "origin", "confidence")},
            "name": uses["label"],
            "access": pa.array(_ACCESSES.values()).take(pc.index_in(uses["kind"], pa.array(_ACCESSES))),
            "target_id": target["id"],
            "target": target["qualified_name"],
            "target_path": target["path"],
            "target_line": pc.coalesce(uses["bound_line"], target["line"]),
            "target_col": pc.coalesce(uses["bound_col"], target["col"]),
        }
    )
    order = ("path", "line", "col", "access", "target_line", "target_col", "target_id")
    return answer(graph, "refs", [thing.name], rows.sort_by([(name, "ascending", "at_start") for name in order]))


def _bound(graph: OpenGraph, ids: Collection[int]) -> pa.Table:
    """Where the things are bound that reach what reads them (`bound_line`, `bound_col`), by reads (`src`) and things (`dst`)."""
    bindings = graph.among("SELECT src, dst, line AS bound_line, col AS bound_col FROM cpg_edges WHERE kind = 'binds'", "dst", ids)
    flows = graph.among(
        "SELECT src AS binding, dst AS read FROM cpg_edges WHERE kind = 'reaches'", "binding", set(bindings["src"].to_pylist())
    )
    bound = flows.join(bindings, "binding", "src", join_type="inner").rename_columns({"read": "src"}).drop_columns("binding")
    return bound.group_by(bound.column_names).aggregate([])


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
