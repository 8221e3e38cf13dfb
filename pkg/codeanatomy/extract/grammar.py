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

FIELD_NAMES = ("", *sorted({name for fields in _SIGNATURES.values() for type_, name in fields if _holds_nodes(type_)}))
"""Every field that holds nodes; the empty name is the Module's own."""

_FIELD_NUMBER = {name: number for number, name in enumerate(FIELD_NAMES)}


def _name_field(fields: list[tuple[str, str]]) -> str | None:
    """The field of the identifier, which a kind has one of at most: others are listed, or come after `as`."""
    return next((name for type_, name in fields if type_ in ("identifier", "identifier?") and name != "asname"), None)


SHAPES = [
    (
        kind,
        [(name, _FIELD_NUMBER[name]) for type_, name in fields if _holds_nodes(type_)],
        _name_field(fields),
        "expr_context" in (type_ for type_, _ in fields),
        bool(kind._attributes),
    )
    for kind, fields in _SIGNATURES.items()
]
"""What nodes hold, one entry per class of `KINDS`: the class; (name, number) of the fields that hold nodes, in CPython's order; the field of
the identifier; whether there is a context; whether there is a position."""


def field_number(name: str) -> int:
    """Index of a field in `FIELD_NAMES`."""
    return _FIELD_NUMBER[name]


def among(*names: str) -> NDArray[np.bool_]:
    """A mask over `KINDS`; names of newer interpreters are nowhere in an older one's."""
    return np.array([name in names for name in KIND_NAMES])


def number(name: str) -> int:
    """Index of the class of that name in `KINDS`."""
    return KIND_NAMES.index(name)
