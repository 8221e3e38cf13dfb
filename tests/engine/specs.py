"""Small Delta inputs and specs over them: what the tests of the engine are made of. Nothing is asserted here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from codeanatomy import _engine

ARROW = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "list<int32>": pa.list_(pa.int32()),
    "list<int64>": pa.list_(pa.int64()),
    "list<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}

Columns = list[dict[str, Any]]


def columns(text: str) -> Columns:
    """Columns from `name type, name type?`; a question mark makes one nullable."""
    pairs = [part.rsplit(" ", 1) for part in text.split("; ")]
    return [{"name": name, "type": kind.rstrip("?"), "nullable": kind.endswith("?")} for name, kind in pairs]


def table(declared: Columns, rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as an Arrow table of the declared columns."""
    arrays = [pa.array([row[index] for row in rows], ARROW[column["type"]]) for index, column in enumerate(declared)]
    return pa.table(arrays, names=[column["name"] for column in declared])


def ipc(data: pa.Table | pa.RecordBatch) -> bytes:
    """One Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write(data)
    return bytes(sink.getvalue())


def write(folder: Path, declared: Columns, rows: list[tuple[Any, ...]], promises: list[Any] | None = None) -> dict[str, Any]:
    """Commit a table; what the writer says of it."""
    writer = _engine.TableWriter(folder, json.dumps({"name": folder.name, "columns": declared, "promises": promises or []}))
    writer.write_arrow(table(declared, rows))
    told: dict[str, Any] = json.loads(writer.finish("{}"))
    return told


def read(folder: Path, version: int | None = None) -> list[dict[str, Any]]:
    """All rows, as another reader sees them."""
    rows: list[dict[str, Any]] = DeltaTable(str(folder), version=version).to_pyarrow_table().to_pylist()
    return rows


NODES = columns("id int64; kind string; name string?")
EDGES = columns("id int64; kind string; src int64; dst int64")
NODE_ROWS = [(1, "class", "a.C"), (2, "function", "a.f"), (3, "function", None)]
EDGE_ROWS = [(10, "calls", 2, 3), (11, "defines", 1, 2)]
ALLOWED = {"calls": {"src": ["function"], "dst": ["function"]}, "defines": {"src": ["class"], "dst": ["function"]}}
ENDS = {"src": "src", "dst": "dst", "kind": "kind", "nodes": "nodes", "node_key": "id", "node_kind": "kind", "allowed": ALLOWED}


class Graph:
    """A folder with input tables `in/nodes` and `in/edges`, and specs that read them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, nodes: list[tuple[Any, ...]] = NODE_ROWS, edges: list[tuple[Any, ...]] = EDGE_ROWS) -> None:
        """Write the inputs anew."""
        write(self.folder / "in" / "nodes", NODES, nodes)
        write(self.folder / "in" / "edges", EDGES, edges)

    def inputs(self) -> list[dict[str, Any]]:
        """Both input relations."""
        pairs = (("in_nodes", "nodes", NODES), ("in_edges", "edges", EDGES))
        return [{"name": name, "location": str(self.folder / "in" / table), "columns": declared} for name, table, declared in pairs]

    def spec(self, views: list[dict[str, Any]], outputs: list[dict[str, Any]], **runtime: Any) -> dict[str, Any]:
        """A spec over the inputs."""
        return {
            "schema_version": 1,
            "input_relations": self.inputs(),
            "view_definitions": views,
            "output_targets": outputs,
            "runtime": runtime,
            "rulepack_profile": "Default",
        }

    def output(self, name: str, view: str, declared: Columns, promises: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        """An output in a folder of its name."""
        place = {"table": name, "view": view, "location": str(self.folder / name)}
        return {**place, "columns": declared, "promises": promises or [], **more}

    def query(self, sql: str, declared: Columns, **runtime: Any) -> dict[str, Any]:
        """A spec with one SQL view `v`, written to `out`."""
        view = sql_view("v", sql, declared, ["in_nodes", "in_edges"])
        return self.spec([view], [self.output("out", "v", declared)], **runtime)

    def graph(self, **changes: Any) -> dict[str, Any]:
        """Both inputs written as outputs, with every kind of promise."""
        nodes = self.output("nodes", "in_nodes", NODES, [{"unique": ["id"]}], order_by=["id"])
        reference = {"column": "src", "table": "nodes", "key": "id"}
        promises = [{"unique": ["id"]}, {"unique": ["kind", "src", "dst"]}, {"references": reference}, {"edge_ends": ENDS}]
        spec = {**self.spec([], [nodes, self.output("edges", "in_edges", EDGES, promises)]), **changes}
        copy: dict[str, Any] = json.loads(json.dumps(spec))  # tests edit it, and parts of it are shared
        return copy


def sql_view(name: str, sql: str, declared: Columns, dependencies: list[str]) -> dict[str, Any]:
    """A view of kind `sql`."""
    return {"name": name, "kind": "sql", "dependencies": dependencies, "columns": declared, "transform": {"sql": sql}}


def run(spec: dict[str, Any], profile: str = "medium", **options: Any) -> dict[str, Any]:
    """Compile and run a spec; the result."""
    compiled = _engine.SemanticPlanCompiler().compile(json.dumps(spec))
    result = _engine.CpgMaterializer().execute(_engine.SessionFactory.from_class(profile), compiled, **options)
    told: dict[str, Any] = json.loads(result.to_json())
    return told


def adjacency(name: str, relation: str, port: str) -> dict[str, Any]:
    """A view of one port of the operator `adjacency`."""
    declared = columns("id int64; degree int32; edge_ids list<int64>; kinds list<string>; neighbours list<int64>")
    transform = {"operator": "adjacency", "inputs": {"edges": relation}, "output": port}
    return {"name": name, "kind": "operator", "dependencies": [relation], "columns": declared, "transform": transform}
