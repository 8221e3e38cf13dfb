"""The tables a build publishes: the six of the graph and the auxiliary ones. Evidence tables are in `evidence`."""

from __future__ import annotations

from codeanatomy.catalog.shapes import Column, Table

_SITE = (
    Column("file_id", "int64", "Key of the source; null outside any.", nullable=True),
    Column("path", "string", "Path of the source or folder, relative to the repository.", nullable=True),
    Column("bstart", "int32", "First byte of the span.", nullable=True),
    Column("bend", "int32", "Byte after the span.", nullable=True),
    Column("line", "int32", "First line, from 1.", nullable=True),
    Column("col", "int32", "First column, from 1, in characters.", nullable=True),
    Column("end_line", "int32", "Last line.", nullable=True),
    Column("end_col", "int32", "Column after the last character.", nullable=True),
)

CPG_NODES = Table(
    "cpg_nodes",
    "One row per node.",
    (
        Column("id", "int64", "Id: see ARCHITECTURE.md, Ids."),
        Column("kind", "string", "Node kind."),
        Column("name", "string", "Its own name, where it has one.", nullable=True),
        Column("qualified_name", "string", "Dotted name from the module on, where it has one.", nullable=True),
        *_SITE,
        Column("parent_id", "int64", "The node that contains it, of the same layer or the file.", nullable=True),
        Column("syntax", "string", "Class of a syntax node in CPython's `ast`.", nullable=True),
    ),
    key=("id",),
)

CPG_EDGES = Table(
    "cpg_edges",
    "One row per edge.",
    (
        Column("id", "int64", "Id: see ARCHITECTURE.md, Ids."),
        Column("kind", "string", "Edge kind."),
        Column("src", "int64", "Node it starts from."),
        Column("dst", "int64", "Node it leads to."),
        Column("site_id", "int64", "Syntax node that makes the edge.", nullable=True),
        *_SITE,
        Column("label", "string", "What the kind says of it: a field, a name, a manner.", nullable=True),
        Column("position", "int32", "Order among the edges of its kind at its source.", nullable=True),
        Column("origin", "string", "Which evidence it rests on."),
        Column("resolution", "string", "How its target was found.", nullable=True),
        Column("confidence", "float64", "How often such an edge is right; null where it is a fact of the source.", nullable=True),
        Column("ambiguity_group", "int64", "Edges of one group are alternatives.", nullable=True),
    ),
    key=("id",),
)

CPG_PROPS = Table(
    "cpg_props",
    "One row per property of a node or edge.",
    (
        Column("entity_id", "int64", "Id of the node or edge."),
        Column("entity", "string", "`node` or `edge`."),
        Column("key", "string", "Name of the property."),
        Column("type", "string", "Which value column holds it: `string`, `int` or `bool`."),
        Column("string_value", "string", "The value of a string.", nullable=True),
        Column("int_value", "int64", "The value of an integer.", nullable=True),
        Column("bool_value", "bool", "The value of a truth value.", nullable=True),
    ),
    key=("entity", "entity_id", "key"),
)

CPG_PROPS_MAP = Table(
    "cpg_props_map",
    "One row per node or edge that has properties, with all of them.",
    (
        Column("entity_id", "int64", "Id of the node or edge."),
        Column("entity", "string", "`node` or `edge`."),
        Column("keys", "list<string>", "Names of the properties, sorted."),
        Column("values", "list<string>", "Their values as text, in the same order."),
    ),
    key=("entity", "entity_id"),
)


def _adjacency(name: str, side: str) -> Table:
    return Table(
        name,
        f"One row per node with edges on which it is the {side}.",
        (
            Column("id", "int64", "The node."),
            Column("degree", "int32", "Number of its edges on this side."),
            Column("edge_ids", "list<int64>", "Ids of the edges, by kind, neighbour and id."),
            Column("kinds", "list<string>", "Their kinds, in the same order."),
            Column("neighbours", "list<int64>", "The nodes at their other ends, in the same order."),
        ),
        key=("id",),
    )


CPG_EDGES_BY_SRC = _adjacency("cpg_edges_by_src", "source")
CPG_EDGES_BY_DST = _adjacency("cpg_edges_by_dst", "target")

GRAPH_TABLES: tuple[Table, ...] = (CPG_NODES, CPG_EDGES, CPG_PROPS, CPG_PROPS_MAP, CPG_EDGES_BY_SRC, CPG_EDGES_BY_DST)

NORMALIZE_OUTPUTS = Table(
    "normalize_outputs",
    "One row per view of the build's semantic IR: what it was compiled to.",
    (
        Column("view", "string", "Name of the view."),
        Column("kind", "string", "`sql` or `operator`."),
        Column("inputs", "list<string>", "Names of the relations and views it reads."),
        Column("columns", "list<string>", "Its columns, in order."),
        Column("pruned", "bool", "Whether no output needs it, so that it was not computed."),
    ),
    key=("view",),
)

EXTRACT_ERRORS = Table(
    "extract_errors",
    "One row per problem with a source.",
    (
        Column("path", "string", "The source or folder; bytes that are not UTF-8 are escaped."),
        Column("stage", "string", "`scan` or `extraction`."),
        Column("extractor", "string", "Who met the problem."),
        Column("code", "string", "Failure code: `codeanatomy explain CODE`."),
        Column("severity", "string", "`error` or `warning`."),
        Column("message", "string", "What happened, in one sentence."),
        Column("line", "int32", "Line, where known.", nullable=True),
        Column("bstart", "int32", "First byte, where known.", nullable=True),
        Column("bend", "int32", "Byte after the last, where known.", nullable=True),
        Column("worker_exit", "string", "Signal or limit that ended the worker, if one did.", nullable=True),
    ),
    key=("path", "extractor", "code"),
)

RUN_MANIFEST = Table(
    "run_manifest",
    "One row per run that published, the last 100: what ran, with what, and what came of it.",
    (
        Column("run_id", "string", "Id of the run."),
        Column("status", "string", "`ok`."),
        Column("started", "string", "Start, ISO 8601, UTC."),
        Column("seconds", "float64", "Wall time up to the writing of this row."),
        Column("files_scanned", "int64", "Sources of the scan."),
        Column("files_failed", "int64", "Sources with a failure of severity `error`."),
        Column("spec_hash", "string", "BLAKE3 of the spec."),
        Column("envelope_hash", "string", "BLAKE3 of spec, versions, settings and inputs."),
        Column("manifest", "string", "The whole manifest as JSON: the same as `runs/<run id>/manifest.json`."),
    ),
    key=("run_id",),
)

AUXILIARY_TABLES: tuple[Table, ...] = (NORMALIZE_OUTPUTS, EXTRACT_ERRORS, RUN_MANIFEST)
