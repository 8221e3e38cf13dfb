"""The words in which the graph is declared: `NodeKind`, `EdgeKind`, `Property`, `Layer`. They hold no rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of node: its name in `cpg_nodes.kind` and what one node stands for."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """A kind of edge: its name in `cpg_edges.kind`, what it says, and the node kinds at its ends."""

    name: str
    sentence: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """A key in `cpg_props`: the kinds of node it stands on, the type of its value (`string`, `int`, `bool`) and its meaning."""

    key: str
    kinds: tuple[str, ...]
    type: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A group of kinds, fed by the views `<name>_nodes`, `<name>_edges` and `<name>_properties` (each where it has any)."""

    name: str
    sentence: str
    nodes: tuple[NodeKind, ...]
    edges: tuple[EdgeKind, ...]
    properties: tuple[Property, ...] = ()


FUNCTIONS = ("function", "lambda")
CALLERS = ("module", *FUNCTIONS)
SCOPE_OWNERS = ("module", "class", *FUNCTIONS)
DEFINITIONS = (*SCOPE_OWNERS, "parameter", "variable", "attribute", "type_parameter")
EXTERNALS = ("external_package", "external_symbol", "builtin")
SYNTAX = (
    "tree",
    "statement",
    "expression",
    "literal",
    "docstring",
    "clause",
    "pattern",
    "type_parameter_syntax",
    "reference",
    "binding",
    "import",
    "call",
)
