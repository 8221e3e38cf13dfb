"""DOT for Graphviz: the call graph, what is around a definition, or the control flow of a function. It lays nothing out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from codeanatomy.catalog.graph.kinds import FUNCTIONS, SCOPE_OWNERS
from codeanatomy.failure import Coded
from codeanatomy.query.answer import among
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import by_id
from codeanatomy.query.names import ANYTHING, Kinds, named

_CODE: Kinds = (("module", "class", *FUNCTIONS),)
_AROUND = ("calls", "calls_implicitly", "inherits", "overrides", "defines")
_CONTROL = ("next", "true", "false", "exception")
_DASHED = ("calls_implicitly", "exception")


def write_calls(graph: OpenGraph, file: IO[bytes]) -> None:
    """Write the call graph: every caller and callee by its qualified name, dashed where no call is written."""
    _write(file, "calls", _call_lines(graph))


def write_around(graph: OpenGraph, file: IO[bytes], name: str, depth: int) -> None:
    """Write what is around a definition: what calls, inherits, overrides or holds it or is held, so many steps away."""
    found = named(graph, name, ANYTHING)
    edges = sorted(_around(graph, set(found.ids), depth))
    ids = {*found.ids, *(node for src, _, dst in edges for node in (src, dst))}
    nodes = by_id(graph.among("SELECT id, kind, qualified_name FROM cpg_nodes", "id", ids))
    lines = [_node(node["id"], f"{node['qualified_name']}\n{node['kind']}", bold=node["id"] in found.ids) for node in nodes.values()]
    lines += [_edge(src, dst, kind) for src, kind, dst in edges]
    _write(file, found.name, iter(sorted(lines, key=lambda line: " -> " in line)))


def write_control_flow(graph: OpenGraph, file: IO[bytes], name: str) -> None:
    """Write the basic blocks of a function, class body or module. Raises CA636 when the graph has none of it."""
    found = named(graph, name, _CODE)
    blocks = by_id(graph.among("SELECT id, name, line, end_line, parent_id FROM cpg_nodes WHERE kind = 'block'", "parent_id", found.ids))
    if not blocks:
        raise Coded(
            "CA636", f"the graph has no control flow of {found.name}", '`codeanatomy query "SELECT * FROM failures"` says what was not read'
        )
    marks = graph.among("SELECT entity_id, key FROM cpg_props WHERE key IN ('entry', 'exit')", "entity_id", blocks.keys()).to_pylist()
    edges = graph.among(f"SELECT src, dst, kind FROM cpg_edges WHERE kind IN {among(_CONTROL)}", "src", blocks.keys()).to_pylist()
    lines = [_node(id, _block(block, {mark["key"] for mark in marks if mark["entity_id"] == id})) for id, block in blocks.items()]
    lines += [_edge(edge["src"], edge["dst"], edge["kind"]) for edge in sorted(edges, key=lambda edge: tuple(edge.values()))]
    _write(file, found.name, iter(lines))


def _block(block: Mapping[str, Any], marks: Collection[str]) -> str:
    lines = f"line {block['line']}" if block["line"] == block["end_line"] else f"lines {block['line']}-{block['end_line']}"
    return "\n".join([f"block {block['name']}", lines, *sorted(marks)])


def _around(graph: OpenGraph, frontier: set[int], depth: int) -> set[tuple[int, str, int]]:
    """Edges on ways of so many steps from some nodes, along or against them, by the adjacency tables."""
    seen, edges = set(frontier), set()
    for _ in range(depth):
        found = {(node, kind, other) for node, kind, other in _neighbours(graph, "cpg_edges_by_src", frontier)}
        found |= {(other, kind, node) for node, kind, other in _neighbours(graph, "cpg_edges_by_dst", frontier)}
        edges |= found
        frontier = {node for src, _, dst in found for node in (src, dst)} - seen
        seen |= frontier
    return edges


def _neighbours(graph: OpenGraph, table: str, nodes: Collection[int]) -> Iterator[tuple[int, str, int]]:
    for row in graph.among(f"SELECT id, kinds, neighbours FROM {table}", "id", nodes).to_pylist():
        for kind, other in zip(row["kinds"], row["neighbours"], strict=True):
            if kind in _AROUND:
                yield row["id"], kind, other


def _call_lines(graph: OpenGraph) -> Iterator[str]:
    for batch in graph.batches(f"SELECT qualified_name FROM cpg_nodes WHERE kind IN {among(SCOPE_OWNERS)} AND kind <> 'class'"):
        for name in batch["qualified_name"].to_pylist():
            yield f"  {_text(name)};"
    for batch in graph.batches("SELECT DISTINCT caller, callee, implicit FROM calls ORDER BY caller, callee, implicit"):
        for row in batch.to_pylist():
            yield f"  {_text(row['caller'])} -> {_text(row['callee'])}{' [style=dashed]' if row['implicit'] else ''};"


def _write(file: IO[bytes], name: str, lines: Iterator[str]) -> None:
    file.write(f"digraph {_text(name)} {{\n  node [shape=box];\n".encode())
    for line in lines:
        file.write(f"{line}\n".encode())
    file.write(b"}\n")


def _node(id: int, label: str, bold: bool = False) -> str:
    return f"  {id} [label={_text(label)}{', style=bold' if bold else ''}];"


def _edge(src: int, dst: int, kind: str) -> str:
    return f"  {src} -> {dst} [label={_text(kind)}{', style=dashed' if kind in _DASHED else ''}];"


def _text(text: str) -> str:
    """A quoted string of DOT."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
