"""The semantic IR: views with their inputs and columns, in an order in which they can be computed. It knows no location and no engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.catalog.views import OperatorView, Output, SqlView, UnionView, View

SQL_TYPES = {
    "bool": "BOOLEAN",
    "int32": "INT",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BYTEA",
    "list<int32>": "INT[]",
    "list<int64>": "BIGINT[]",
    "list<string>": "VARCHAR[]",
}


class IRError(Exception):
    """The declared views do not fit together: a mistake in the catalog, not in a repository."""


@dataclass(frozen=True, slots=True)
class Node:
    """A view of the IR: SQL text, or an operator's port with its inputs by port."""

    name: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    sql: str | None = None
    operator: str | None = None
    port: str | None = None
    ports: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IR:
    """Relations, views in order of computation, outputs, and the views that no output needs."""

    relations: tuple[Table, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    pruned: tuple[Node, ...] = ()


Ports = Mapping[str, Mapping[str, Sequence[Column]]]
"""Columns of every output port of every operator, as the engine says them: `ports[operator][port]`."""


def compile_views(relations: Iterable[Table], views: Iterable[View], outputs: Iterable[Output], ports: Ports) -> IR:
    """Declared views as IR, in their declared order. Raises `IRError` for an operator or port that the engine does not have."""
    declared = {view.name: view for view in views}
    nodes = tuple(_node(view, ports, declared) for view in declared.values())
    return IR(tuple(relations), nodes, tuple(outputs))


def infer(ir: IR) -> IR:
    """Views in an order in which each comes after its inputs. Raises `IRError` for an unknown input, a cycle or a name used twice."""
    known = {table.name for table in ir.relations}
    waiting = {node.name: node for node in ir.nodes}
    if clash := known & waiting.keys():
        raise IRError(f"view {min(clash)!r} has the name of a relation")
    for node in ir.nodes:
        for name in node.inputs:
            if name not in known and name not in waiting:
                raise IRError(f"view {node.name!r} reads {name!r}, which there is not{_nearest(name, [*known, *waiting])}")
    ordered: list[Node] = []
    while waiting:
        ready = [node for node in waiting.values() if known.issuperset(node.inputs)]
        if not ready:
            raise IRError(f"views read each other in a circle: {', '.join(sorted(waiting))}")
        for node in ready:
            known.add(node.name)
            ordered.append(waiting.pop(node.name))
    for output in ir.outputs:
        if output.view not in known:
            raise IRError(
                f"output {output.table.name!r} takes its rows from {output.view!r}, which there is not{_nearest(output.view, known)}"
            )
    return IR(ir.relations, tuple(ordered), ir.outputs)


def optimise(ir: IR) -> IR:
    """Only the views and relations that an output needs; the rest is listed as pruned."""
    inputs = {node.name: node.inputs for node in ir.nodes}
    needed: set[str] = set()
    todo = [output.view for output in ir.outputs]
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo.extend(inputs.get(name, ()))
    return IR(
        tuple(table for table in ir.relations if table.name in needed),
        tuple(node for node in ir.nodes if node.name in needed),
        ir.outputs,
        tuple(node for node in ir.nodes if node.name not in needed),
    )


def _node(view: View, ports: Ports, declared: Mapping[str, View]) -> Node:
    match view:
        case OperatorView():
            if view.operator not in ports:
                raise IRError(f"view {view.name!r}: the engine has no operator {view.operator!r}{_nearest(view.operator, ports)}")
            if view.port not in ports[view.operator]:
                raise IRError(f"view {view.name!r}: {view.operator} has no output {view.port!r}{_nearest(view.port, ports[view.operator])}")
            columns = tuple(ports[view.operator][view.port])
            inputs = tuple(dict.fromkeys(name for _, name in view.inputs))
            return Node(view.name, inputs, columns, operator=view.operator, port=view.port, ports=view.inputs)
        case SqlView():
            return Node(view.name, view.inputs, view.columns, sql=view.sql)
        case UnionView():
            return Node(view.name, view.inputs, view.columns, sql=_union(view, declared))


def _union(view: UnionView, declared: Mapping[str, View]) -> str:
    return "\nUNION ALL\n".join(f"SELECT {', '.join(_filled(view, declared[name]))} FROM {name}" for name in view.inputs)


def _filled(view: UnionView, part: View) -> Iterable[str]:
    assert isinstance(part, SqlView), f"union {view.name!r}: {part.name!r} is not an SQL view"
    names = {column.name for column in part.columns}
    for column in view.columns:
        yield f'"{column.name}"' if column.name in names else f'CAST(NULL AS {SQL_TYPES[column.type]}) AS "{column.name}"'


def _nearest(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
