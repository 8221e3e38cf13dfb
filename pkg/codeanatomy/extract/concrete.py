"""What the nodes of a concrete tree say: which pieces of the text are what, and whose. It makes no rows; a piece is a number until it has a place."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import numpy as np

from codeanatomy.extract.columns import Ints
from codeanatomy.extract.rendition import Rendition

TEXT_KINDS = ("decorator", "base", "default", "annotation", "return")
_DECORATOR, _BASE, _DEFAULT, _ANNOTATION, _RETURN = range(len(TEXT_KINDS))
OWNERS = ("module", "class", "function")
_MODULE, _CLASS, _FUNCTION = range(len(OWNERS))

NOWHERE = -1
"""The number of a piece that is not there: its place is -1, -1."""

Numbers = list[int]


class Facts:
    """The facts of one tree as numbers of pieces; each list is flat, with a fixed number of entries per fact."""

    def __init__(self) -> None:
        self.comments: Numbers = []
        self.texts: Numbers = []
        """Piece, kind, position, owner."""
        self.imports: Numbers = []
        """Statement, position, level, module, name, alias."""
        self.import_names: list[tuple[str | None, str, str | None]] = []
        """Module, name, alias."""
        self.calls: Numbers = []
        """Call, callee."""
        self.dotted: list[bool] = []
        """Whether the callee of each call is a name, or names joined by dots."""
        self.docstrings: Numbers = []
        """Piece, kind of owner, owner."""
        self._pieces: list[cst.CSTNode] = []
        self._bracketed: Numbers = []
        self._stretched: Numbers = []

    def whole(self, node: cst.CSTNode) -> int:
        """The number of a node, brackets around it included."""
        self._pieces.append(node)
        return len(self._pieces) - 1

    def inner(self, node: cst.BaseExpression) -> int:
        """The number of a node without brackets around it."""
        number = self.whole(node)
        if node.lpar:
            self._bracketed += (number, self.whole(node.lpar[-1]), self.whole(node.rpar[0]))
        return number

    def stretch(self, first: cst.CSTNode, last: cst.CSTNode) -> int:
        """The number of all from the start of a node to the end of another."""
        number = self.whole(first)
        self._stretched += (number, self.whole(last))
        return number

    def places(self, rendition: Rendition) -> tuple[Ints, Ints]:
        """Start and end of every piece, in characters; the last of each is for `NOWHERE`."""
        starts, ends = rendition.spans(self._pieces)
        number, left, right = np.array(self._bracketed, np.int64).reshape(-1, 3).T
        starts[number], ends[number] = ends[left], starts[right]
        number, last = np.array(self._stretched, np.int64).reshape(-1, 2).T
        ends[number] = ends[last]
        return np.append(starts, NOWHERE), np.append(ends, NOWHERE)


def collect(module: cst.Module, rendition: Rendition) -> Facts:
    """The facts of one tree, in the order of the nodes that state them."""
    facts = Facts()
    if module.body:
        _docstring(facts, module.body[0], _MODULE, NOWHERE)
    for node in rendition.nodes(*_COLLECT):
        _COLLECT[type(node)](facts, node)
    return facts


def _comment(facts: Facts, node: cst.Comment) -> None:
    facts.comments.append(facts.whole(node))


def _call(facts: Facts, node: cst.Call) -> None:
    facts.calls += (facts.inner(node), facts.inner(node.func))
    facts.dotted.append(_is_dotted(node.func))


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
        if node.lpar:
            return False
    return isinstance(node, cst.Name)


def _function(facts: Facts, node: cst.FunctionDef) -> None:
    owner = facts.whole(node.name)
    _decorators(facts, node.decorators, owner)
    if node.returns is not None:
        facts.texts += (facts.whole(node.returns.annotation), _RETURN, 0, owner)
    _docstring(facts, node.body, _FUNCTION, owner)


def _class(facts: Facts, node: cst.ClassDef) -> None:
    owner = facts.whole(node.name)
    _decorators(facts, node.decorators, owner)
    for position, base in enumerate((*node.bases, *node.keywords)):
        facts.texts += (facts.stretch(base, base.value), _BASE, position, owner)
    _docstring(facts, node.body, _CLASS, owner)


def _decorators(facts: Facts, decorators: Sequence[cst.Decorator], owner: int) -> None:
    for position, decorator in enumerate(decorators):
        facts.texts += (facts.whole(decorator.decorator), _DECORATOR, position, owner)


def _parameter(facts: Facts, node: cst.Param) -> None:
    if node.annotation is None and node.default is None:
        return
    owner = facts.whole(node.name)
    if node.annotation is not None:
        facts.texts += (facts.whole(node.annotation.annotation), _ANNOTATION, 0, owner)
    if node.default is not None:
        facts.texts += (facts.whole(node.default), _DEFAULT, 0, owner)


def _annotated(facts: Facts, node: cst.AnnAssign) -> None:
    facts.texts += (facts.whole(node.annotation.annotation), _ANNOTATION, 0, facts.inner(node.target))


def _import(facts: Facts, node: cst.Import) -> None:
    statement = facts.stretch(node, _end(node.names[-1]))
    _aliases(facts, statement, node.names, 0, NOWHERE, None)


def _import_from(facts: Facts, node: cst.ImportFrom) -> None:
    names = node.names
    last = names if isinstance(names, cst.ImportStar) else _end(names[-1])
    statement = facts.stretch(node, node.rpar or last)
    module = NOWHERE if node.module is None else facts.whole(node.module)
    name = None if node.module is None else _dotted(node.module)
    level = len(node.relative)
    if isinstance(names, cst.ImportStar):
        facts.imports += (statement, 0, level, module, facts.whole(names), NOWHERE)
        facts.import_names.append((name, "*", None))
    else:
        _aliases(facts, statement, names, level, module, name)


def _aliases(facts: Facts, statement: int, aliases: Sequence[cst.ImportAlias], level: int, module: int, module_name: str | None) -> None:
    for position, alias in enumerate(aliases):
        new = alias.asname and alias.asname.name
        number = facts.whole(new) if new else NOWHERE
        facts.imports += (statement, position, level, module, facts.whole(alias.name), number)
        facts.import_names.append((module_name, _dotted(alias.name), _dotted(new) if new else None))


def _end(alias: cst.ImportAlias) -> cst.CSTNode:
    return alias.asname.name if alias.asname else alias.name


def _dotted(node: cst.CSTNode) -> str:
    """Names joined by dots, as the grammar knows them."""
    names = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    assert isinstance(node, cst.Name), "an import names nothing else"
    return unicodedata.normalize("NFKC", ".".join((node.value, *reversed(names))))


def _docstring(facts: Facts, body: cst.CSTNode, kind: int, owner: int) -> None:
    """The string that is the first statement, if one is."""
    first = body
    while isinstance(first, (cst.BaseSuite, cst.SimpleStatementLine)):
        first = first.body[0]
    if isinstance(first, cst.Expr) and _is_text(first.value):
        facts.docstrings += (facts.inner(first.value), kind, owner)


def _is_text(node: cst.BaseExpression) -> bool:
    """Whether it is a string, or strings side by side: no bytes, nothing formatted."""
    while isinstance(node, cst.ConcatenatedString):
        if not _is_text(node.left):
            return False
        node = node.right
    return isinstance(node, cst.SimpleString) and "b" not in node.prefix


_COLLECT: dict[type[cst.CSTNode], Callable[[Facts, Any], None]] = {
    cst.Comment: _comment,
    cst.Call: _call,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Param: _parameter,
    cst.AnnAssign: _annotated,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
}
