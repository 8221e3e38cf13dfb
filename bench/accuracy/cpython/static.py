"""Which classes of the standard library have static bases: each is a dotted name, maybe with a subscript, that means one thing whatever happens.

A name means one thing where its scope binds it to that alone, outside of any `if` or `try`: by a class statement, by an import of such a name, or by
an assignment of one. So `from _pickle import Pickler` in a `try` with another Pickler behind `except` is none, and neither is what a call gives.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from functools import cache
from pathlib import Path

from bench.accuracy.cpython.runs import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@cache
def source(module: str) -> Path | None:
    """The file of a module of the standard library."""
    folder = ROOT.joinpath(*module.split("."))
    return next((file for file in (folder / "__init__.py", folder.with_suffix(".py")) if file.is_file()), None)


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def classes(file: Path, module: str) -> dict[ast.ClassDef, bool]:
    """The class statements of a source, and whether the bases of each are static."""
    found: dict[ast.ClassDef, bool] = {}

    def walk(node: ast.AST, around: list[ast.AST]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                found[child] = all(_is_static(base, around, module) for base in child.bases)
            walk(child, [child, *around] if isinstance(child, ast.ClassDef | Function) else around)

    walk(tree(file), [])
    return found


def _is_static(base: ast.expr, around: list[ast.AST], module: str) -> bool:
    if isinstance(base, ast.Subscript):
        base = base.value
    name = _dotted(base)
    if name is None:
        return False
    root = name.split(".")[0]
    bound = [scope for scope in around if root in _bindings(scope)]
    if not bound:
        return means_one(module, name)
    return bound == [around[0]] and isinstance(_only(bound[0], root), ast.ClassDef) and "." not in name


@cache
def means_one(module: str, name: str) -> bool:
    """Whether a dotted name in a module means one class, whatever happens."""
    file = source(module)
    if file is None:
        return True  # written in C
    root, _, rest = name.partition(".")
    if root not in _bindings(tree(file)):
        star = _only(tree(file), "*")
        if isinstance(star, ast.ImportFrom) and not hasattr(builtins, root):
            return means_one(_origin(star, module, file), name)
        return source(f"{module}.{root}") is not None or hasattr(builtins, root)
    match _only(tree(file), root):
        case ast.ClassDef():
            return True
        case ast.Import(names=names):
            alias = next(alias for alias in names if root in _bound_by(alias))
            return _in_module(alias.name if alias.asname else root, rest)
        case ast.ImportFrom(names=names) as statement:
            alias = next(alias for alias in names if (alias.asname or alias.name) == root)
            return _in_module(_origin(statement, module, file), f"{alias.name}.{rest}".strip("."))
        case ast.Assign(value=value) if target := _dotted(value):
            return means_one(module, f"{target}.{rest}".strip("."))
    return False


def _in_module(module: str, name: str) -> bool:
    head, _, rest = name.partition(".")
    if rest and source(f"{module}.{head}"):
        return _in_module(f"{module}.{head}", rest)
    return bool(name) and means_one(module, name)


def _origin(statement: ast.ImportFrom, module: str, file: Path) -> str:
    parts = module.split(".")
    package = parts[: len(parts) - statement.level + (file.name == "__init__.py")] if statement.level else []
    return ".".join([*package, *filter(None, [statement.module])])


def _only(scope: ast.AST, name: str) -> ast.stmt | None:
    """The statement that binds a name in a scope, if it always runs and no other binds it to something else; a constant is no class."""
    bound = [statement for statement in _bindings(scope).get(name, []) if not _is_constant(statement)]
    body: list[ast.stmt] = getattr(scope, "body", [])
    is_one = len({_meaning(statement, name) for statement in bound}) == 1
    return bound[0] if is_one and isinstance(body, list) and all(statement in body for statement in bound) else None


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)


def _meaning(statement: ast.stmt, name: str) -> object:
    """What a statement binds a name to. `import a` and `import a.b` bind `a` to the same."""
    if isinstance(statement, ast.ImportFrom):
        return statement.level, statement.module, next(alias.name for alias in statement.names if name in (alias.asname or alias.name, "*"))
    if isinstance(statement, ast.Import) and all(alias.asname is None for alias in statement.names if name in _bound_by(alias)):
        return "package"
    return statement


def _bound_by(alias: ast.alias) -> list[str]:
    return [alias.asname or alias.name.split(".")[0]]


@cache
def _bindings(scope: ast.AST) -> dict[str, list[ast.stmt]]:
    """The statements that bind each name of a scope; parameters are bound by nothing that runs."""
    found: dict[str, list[ast.stmt]] = defaultdict(list)
    if isinstance(scope, Function):
        for argument in ast.walk(scope.args):
            if isinstance(argument, ast.arg):
                found[argument.arg] = []
    waiting: list[tuple[ast.AST, ast.stmt | None]] = [(child, None) for child in ast.iter_child_nodes(scope)]
    while waiting:
        node, statement = waiting.pop()
        statement = node if isinstance(node, ast.stmt) else statement
        for name in _bound(node):
            found[name].append(statement or ast.Pass())
        if not isinstance(node, ast.ClassDef | Function):
            waiting += [(child, statement) for child in ast.iter_child_nodes(node)]
    return dict(found)


def _bound(node: ast.AST) -> list[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.Import(names=names):
            return [name for alias in names for name in _bound_by(alias)]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
    return []


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    value = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{value}.{node.attr}" if value and isinstance(node, ast.Attribute) else None
