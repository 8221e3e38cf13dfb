"""The public interface of one module outside the repository, by its stub or source: names, signatures, re-exports. It follows nothing and runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from codeanatomy.extract.conditions import holds

MOST_NAMES = 50_000
"""That one file may bind. No package that is known has half as many in one."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a module, or with `Class.` before it a public one of a class."""

    name: str
    kind: str
    line: int
    signature: str | None = None
    annotation: str | None = None
    bases: tuple[str, ...] = ()
    is_async: bool = False
    docstring: str | None = None


@dataclass(frozen=True, slots=True)
class Reexport:
    """A name that is taken from another module, absolute; `imported` is None for the module itself."""

    name: str
    module: str
    imported: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Interface:
    """What a module defines, what it takes from elsewhere, and whose names it takes all of. What is private may be taken by others by name."""

    docstring: str | None
    names: dict[str, Name]
    reexports: dict[str, Reexport]
    stars: tuple[str, ...]
    exported: frozenset[str] | None
    """`__all__`, where it is static."""
    members: dict[str, list[Name]] = field(default_factory=dict, init=False)
    """The names by what stands before their first dot: a class with all that is in it."""

    def __post_init__(self) -> None:
        for found in self.names.values():
            self.members.setdefault(found.name.partition(".")[0], []).append(found)


def interface(data: bytes, module: str, is_package: bool, is_stub: bool) -> Interface:
    """Raises what `ast.parse` does, and ValueError where it binds too many names."""
    tree = ast.parse(data)
    reading = _Reading(module if is_package else module.rpartition(".")[0])
    reading.body(tree.body)
    exported = frozenset(reading.exported) if reading.is_static and reading.exported is not None else None
    reading.settle_aliases()
    # A stub re-exports only what it says twice (`import a as a`, `from b import c as c`), in `__all__`, or by `*` (PEP 484).
    taken = {
        name: found
        for name, found in reading.reexports.items()
        if not is_stub or name in reading.said_twice or (exported is not None and name in exported)
    }
    return Interface(_first_line(tree), reading.names, taken, tuple(reading.stars), exported)


class _Reading:
    """The statements of a module, in their order; both branches of a `try`, and of an `if` that the interpreter alone does not decide.

    The first that binds a name counts, but a definition or import more than an assignment.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._aliases: dict[str, tuple[str, ast.expr]] = {}
        self._modules: dict[str, str] = {}
        self.names: dict[str, Name] = {}
        self.reexports: dict[str, Reexport] = {}
        self.said_twice: set[str] = set()
        self.stars: list[str] = []
        self.exported: set[str] | None = None
        self.is_static = True

    def body(self, statements: Iterable[ast.stmt], prefix: str = "") -> None:
        for statement in _flat(statements):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(statement, prefix)
                case ast.ClassDef():
                    self._class(statement, prefix)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    self._bind(Name(prefix + name, "variable", statement.lineno, annotation=ast.unparse(statement.annotation)))
                    if not prefix and name == "__all__" and statement.value is not None:
                        self._all(statement.value, more=False)
                case ast.Assign():
                    self._assign(statement, prefix)
                case ast.AugAssign(target=ast.Name(id="__all__")) if not prefix:
                    self._all(statement.value, more=True)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr=verb), args=[value])) if not prefix:
                    self._all(ast.List([value]) if verb == "append" else value, more=True)
                case ast.Import() if not prefix:
                    self._import(statement)
                case ast.ImportFrom() if not prefix:
                    self._import_from(statement)

    def _bind(self, found: Name) -> None:
        if found.name in self.reexports or not _is_shown(found.name):
            return
        known = self.names.setdefault(found.name, found)
        if known.kind == "variable" != found.kind:
            self.names[found.name] = found
        if len(self.names) > MOST_NAMES:
            raise ValueError(f"it binds more than {MOST_NAMES} names")

    def _function(self, node: Function, prefix: str) -> None:
        decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
        name = prefix + node.name
        known = self.names.get(name)
        if known is not None and known.kind != "variable":
            if "overload" in decorators and known.signature is not None:
                self.names[name] = replace(known, signature=f"{known.signature}\n{signature(node)}")
            elif known.docstring is None and known.signature is not None and "setter" not in decorators:
                self.names[name] = replace(known, docstring=_first_line(node))  # the implementation behind its overloads
            return
        is_property = bool(prefix) and bool(decorators & {"property", "cached_property"})
        self._bind(
            Name(
                name,
                "property" if is_property else "method" if prefix else "function",
                node.lineno,
                None if is_property else signature(node),
                ast.unparse(node.returns) if node.returns else None,
                is_async=isinstance(node, ast.AsyncFunctionDef),
                docstring=_first_line(node),
            )
        )

    def _class(self, node: ast.ClassDef, prefix: str) -> None:
        name = prefix + node.name
        if name in self.reexports or (name in self.names and self.names[name].kind != "variable"):
            return
        self._bind(Name(name, "class", node.lineno, bases=tuple(map(ast.unparse, node.bases)), docstring=_first_line(node)))
        self.body(node.body, name + ".")

    def _assign(self, node: ast.Assign, prefix: str) -> None:
        for target in node.targets:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(part, ast.Name):
                    self._bind(Name(prefix + part.id, "variable", node.lineno))
                    if part is target:
                        self._aliases.setdefault(prefix + part.id, (prefix, node.value))
                    if not prefix and part.id == "__all__":
                        self._all(node.value, more=False)

    def settle_aliases(self) -> None:
        """What is assigned from a name that is known is what that is: a definition with all that is in it, or a re-export."""
        members: dict[str, list[str]] = {}
        for name in self.names:
            if name.count(".") == 1:
                members.setdefault(name.partition(".")[0], []).append(name)
        for name, (prefix, value) in self._aliases.items():
            if name not in self.names or self.names[name].kind != "variable":
                continue
            match value:
                case ast.Name(id=of):
                    known = self.names.get(prefix + of) or self.names.get(of)
                    if known is not None and known.kind != "variable":
                        self.names[name] = replace(known, name=name)
                        for member in members.get(known.name, ()) if not prefix else ():
                            self._bind(replace(self.names[member], name=name + member[len(known.name) :]))
                    elif known is None and not prefix and of in self.reexports:
                        self._take_alias(replace(self.reexports[of], name=name))
                case ast.Attribute(value=ast.Name(id=of), attr=attribute) if not prefix and of in self._modules:
                    self._take_alias(Reexport(name, self._modules[of], attribute, self.names[name].line))

    def _take_alias(self, found: Reexport) -> None:
        del self.names[found.name]
        self._take(found, is_said_twice=True)

    def _all(self, value: ast.expr, *, more: bool) -> None:
        try:
            words = {str(word) for word in ast.literal_eval(value)}
        except (ValueError, TypeError):
            self.is_static = False
            return
        if self.exported is None or not more:
            self.exported = set()
        self.exported |= words

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._modules[alias.asname or alias.name] = alias.name
            if alias.asname:
                self._take(Reexport(alias.asname, alias.name, None, node.lineno), alias.asname == alias.name)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = self._absolute(node)
        for alias in node.names:
            if module and alias.name == "*":
                self.stars.append(module)
            elif module:
                if node.module is None:
                    self._modules[alias.asname or alias.name] = f"{module}.{alias.name}"
                self._take(Reexport(alias.asname or alias.name, module, alias.name, node.lineno), alias.asname == alias.name)

    def _take(self, found: Reexport, is_said_twice: bool) -> None:
        known = self.names.get(found.name)
        if known is not None and known.kind == "variable" and known.annotation is None:
            del self.names[found.name]
            known = None
        if known is None:
            self.reexports.setdefault(found.name, found)
        if is_said_twice:
            self.said_twice.add(found.name)

    def _absolute(self, node: ast.ImportFrom) -> str | None:
        """None where it leads above the topmost package."""
        if not node.level:
            return node.module
        parts = self._package.split(".") if self._package else []
        if node.level > len(parts):
            return None
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    waiting = list(statements)[::-1]
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.If):
            decided = holds(statement.test)
            body = statement.body if decided is not False else []
            waiting += [*body, *(statement.orelse if decided is not True else [])][::-1]
        elif isinstance(statement, ast.Try | ast.TryStar):
            handlers = [inner for handler in statement.handlers for inner in handler.body]
            waiting += [*statement.body, *statement.orelse, *handlers, *statement.finalbody][::-1]
        elif isinstance(statement, ast.With):
            waiting += statement.body[::-1]
        else:
            yield statement


def _is_shown(name: str) -> bool:
    own = name.rpartition(".")[2]
    return "." not in name or not own.startswith("_") or own in ("__init__", "__call__", "__new__")


def signature(node: Function) -> str:
    """Parameters and return annotation in one line, as Python itself writes them."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def _first_line(node: ast.Module | ast.ClassDef | Function) -> str | None:
    lines = (ast.get_docstring(node) or "").strip().splitlines()
    return lines[0].strip() if lines else None
