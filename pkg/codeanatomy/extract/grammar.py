"""The grammar of the running interpreter's syntax tree: its node kinds and which of their fields hold nodes. It reads no source."""

from __future__ import annotations

import _ast
import ast
import re

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
"""Every node class states its fields in its docstring: `Call(expr func, expr* args, keyword* keywords)`; an abstract class has alternatives."""

_NO_NODES = frozenset({"identifier", "int", "string", "constant", "expr_context", "boolop", "operator", "unaryop", "cmpop", "type_ignore"})
"""Field types whose values are columns of their node (or, for type ignores, are never asked for)."""

_NO_ROWS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.type_ignore)


def _signature(kind: type[ast.AST]) -> list[tuple[str, str]] | None:
    """(type, name) of the fields of a node class; None for an abstract one."""
    match = _SIGNATURE.fullmatch(kind.__doc__ or "")
    if match is None:
        return None
    typed = [field.split() for field in (match[2] or "").split(",") if field]
    return [(type_, name) for type_, name in typed]


def _holds_nodes(type_: str) -> bool:
    return type_.rstrip("*?") not in _NO_NODES


_CLASSES = sorted(
    (item for item in vars(_ast).values() if isinstance(item, type) and issubclass(item, ast.AST)), key=lambda kind: kind.__name__
)
_SIGNATURES = {kind: fields for kind in _CLASSES if not issubclass(kind, _NO_ROWS) and (fields := _signature(kind)) is not None}

KINDS = tuple(_SIGNATURES)
"""Every class that has rows, by name."""

KIND_NAMES = tuple(kind.__name__ for kind in KINDS)

NUMBER = {kind: number for number, kind in enumerate(KINDS)}
"""Index of a class in `KINDS`."""

FIELD_NAMES = ("", *sorted({name for fields in _SIGNATURES.values() for type_, name in fields if _holds_nodes(type_)}))
"""Every field that holds nodes; the empty name is the Module's own."""

_FIELD_NUMBER = {name: number for number, name in enumerate(FIELD_NAMES)}

CHILDREN = {
    kind: children
    for kind, fields in _SIGNATURES.items()
    if (children := tuple((name, _FIELD_NUMBER[name]) for type_, name in fields if _holds_nodes(type_)))
}
"""Fields that hold nodes, with their number, in CPython's order; a kind without any is missing."""

CHILD, OPTIONAL, CHILDREN_LIST, NAME, CONTEXT, VALUE, PLACE, OTHER = range(8)
"""What a node holds: a child, a child or None, a list of children (these three are for children, all others are not), its identifier, its
context, what else it says, a line or a column, what nobody asks for."""

_VALUE_FIELD = {
    "Constant": "value",
    "BinOp": "op",
    "AugAssign": "op",
    "UnaryOp": "op",
    "BoolOp": "op",
    "Compare": "ops",
    "FormattedValue": "conversion",
    "AnnAssign": "simple",
    "comprehension": "is_async",
    "ImportFrom": "level",
    "alias": "asname",
    "Global": "names",
    "Nonlocal": "names",
    "MatchSingleton": "value",
    "MatchClass": "kwd_attrs",
}
"""The field of a kind that says what else it says."""


def _role(kind: type[ast.AST], type_: str, name: str) -> int:
    if _holds_nodes(type_):
        return {"*": CHILDREN_LIST, "?": OPTIONAL}.get(type_[-1], CHILD)
    if name == _VALUE_FIELD.get(kind.__name__):
        return VALUE
    return NAME if type_ in ("identifier", "identifier?") else CONTEXT if type_ == "expr_context" else OTHER


LAYOUT = {
    kind: bytes([_role(kind, type_, name) for type_, name in fields] + [PLACE] * len(kind._attributes))
    for kind, fields in _SIGNATURES.items()
}
"""What is in the `__dict__` of a node that CPython made, in this order: its fields, then line, column, end line and end column."""


def having(role: int) -> NDArray[np.bool_]:
    """A mask over `KINDS`: those that hold something of that role."""
    return np.array([role in LAYOUT[kind] for kind in KINDS])


def field_number(name: str) -> int:
    """Index of a field in `FIELD_NAMES`."""
    return _FIELD_NUMBER[name]


def among(*names: str) -> NDArray[np.bool_]:
    """A mask over `KINDS`; names of newer interpreters are nowhere in an older one's."""
    return np.array([name in names for name in KIND_NAMES])


def number(name: str) -> int:
    """Index of the class of that name in `KINDS`."""
    return KIND_NAMES.index(name)
