"""Whether a condition of an `if` holds here, where that is decided by the interpreter alone: its version, its platform, `TYPE_CHECKING`."""

from __future__ import annotations

import ast
import operator
import os
import sys
from collections.abc import Callable
from typing import Any

_FACTS = {
    "sys.version_info": tuple(sys.version_info[:3]),
    "sys.platform": sys.platform,
    "os.name": os.name,
    "TYPE_CHECKING": True,
    "typing.TYPE_CHECKING": True,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def holds(test: ast.expr) -> bool | None:
    """None where it is not decided."""
    match test:
        case ast.Name() | ast.Attribute():
            return True if _fact(test) is True else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = holds(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            found = [holds(value) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant() | ast.Tuple() as right]) if type(op) in _COMPARISONS:
            return _compared(_fact(left), op, right)
        case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(start))]):
            fact = _fact(value)
            return fact.startswith(start) if isinstance(fact, str) else None
    return None


def _compared(left: Any, op: ast.cmpop, right: ast.expr) -> bool | None:
    try:
        return None if left is None else _COMPARISONS[type(op)](left, ast.literal_eval(right))
    except (TypeError, ValueError):
        return None


def _fact(place: ast.expr) -> Any:
    """What is known of a dotted name, or of an index or slice of the version."""
    match place:
        case ast.Name(id=name):
            return _FACTS.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return _FACTS.get(f"{name}.{attribute}")
        case ast.Subscript(value=ast.Attribute() as inner, slice=ast.Constant(value=int(index))):
            fact = _fact(inner)
            return fact[index] if isinstance(fact, tuple) and -len(fact) <= index < len(fact) else None
        case ast.Subscript(value=ast.Attribute() as inner, slice=ast.Slice(lower=None, upper=ast.Constant(value=int(end)), step=None)):
            fact = _fact(inner)
            return fact[:end] if isinstance(fact, tuple) else None
    return None
