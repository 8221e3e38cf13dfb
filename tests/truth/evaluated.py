"""Run test modules of the standard library, rewritten so that expressions and statements say when they are finished, and print what followed what as JSON.

Run as a script, in a process of its own: module names are rewritten, those that begin with `test.` are run too. Output: {path: {"places":
[[kind, line, col, end line, end col], …], "pairs": [[place or null, next place], …]}}, one pair per succession in one frame; null is its start.
What CPython may decide while it compiles, or spells another way when it is rewritten (f-strings, patterns, annotations, `assert`), says nothing.
"""

import ast
import builtins
import importlib
import importlib.util
import io
import json
import sys
import sysconfig
import unittest
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path

ROOT = Path(sysconfig.get_paths()["stdlib"])
SILENT = (ast.pattern, ast.JoinedStr, ast.Assert, ast.AnnAssign, ast.Constant)
UNSAID = (ast.Starred, ast.Slice, ast.expr_context)
STATEMENTS = (
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.Match),
)
frames: dict = {}
found: dict = {}


def finished(path: str, place: int, value=None):
    """Put behind every expression and statement."""
    frame = sys._getframe(1)
    last = frames.get(frame)
    found[path]["pairs"].add((last, place))
    frames[frame] = place
    return value


def is_constant(node: ast.AST) -> bool:
    return not any(isinstance(part, (ast.Name, ast.Call, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await)) for part in ast.walk(node))


def is_decided(node: ast.AST) -> bool:
    """Whether the compiler may drop a node or a part of it."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        return decides(node.test)
    return is_constant(node) or decides(node)


def decides(test: ast.AST) -> bool:
    if isinstance(test, ast.UnaryOp):
        return decides(test.operand)
    return is_constant(test) or (isinstance(test, ast.BoolOp) and any(map(decides, test.values)))


class Rewrite:
    """One module, rewritten."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.lines = source.split(b"\n")
        self.places: list = []
        found[path] = {"places": self.places, "pairs": set()}

    def place(self, node: ast.AST) -> ast.Constant:
        col, end_col = (
            len(self.lines[line - 1][:offset].decode()) + 1
            for line, offset in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        )
        self.places.append((type(node).__name__, node.lineno, col, node.end_lineno, end_col))
        return ast.Constant(len(self.places) - 1)

    def said(self, node: ast.AST, *value: ast.expr) -> ast.Call:
        return ast.copy_location(
            ast.Call(ast.Name("__finished__", ast.Load()), [ast.Constant(self.path), self.place(node), *value], []), node
        )

    def parts(self, node: ast.AST, *fields: str) -> None:
        for field in fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                is_body = value and isinstance(value[0], ast.stmt)
                setattr(node, field, self.body(value) if is_body else [self.visit(part) for part in value])
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))

    def visit(self, node):
        if not isinstance(node, ast.AST) or isinstance(node, SILENT) or is_super(node):
            return node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.parts(node, "decorator_list", "args", "body")
        elif isinstance(node, ast.arguments):
            self.parts(node, "defaults", "kw_defaults")
        elif isinstance(node, ast.ClassDef):
            self.parts(node, "decorator_list", "bases", "keywords", "body")
        else:
            self.parts(node, *node._fields)
        is_read = isinstance(getattr(node, "ctx", None), (ast.Load, type(None)))
        return (
            self.said(node, node)
            if isinstance(node, ast.expr) and is_read and not isinstance(node, UNSAID) and not is_decided(node)
            else node
        )

    def body(self, statements: list) -> list:
        rewritten = []
        for statement in statements:
            says = isinstance(statement, STATEMENTS) and not is_decided(statement) and getattr(statement, "module", None) != "__future__"
            visited = self.visit(statement)
            rewritten += [visited, ast.copy_location(ast.Expr(self.said(statement)), statement)] if says else [visited]
        return rewritten


def is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


class Rewritten(MetaPathFinder, Loader):
    """Imports modules of the standard library rewritten."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        folder = ROOT.joinpath(*name.split("."))
        is_package = folder.is_dir()
        file = folder / "__init__.py" if is_package else folder.with_suffix(".py")
        return importlib.util.spec_from_file_location(
            name, file, loader=self, submodule_search_locations=[str(folder)] if is_package else None
        )

    def exec_module(self, module) -> None:
        file = Path(module.__spec__.origin)
        source = file.read_bytes()
        tree = ast.parse(source)
        tree.body = Rewrite(file.relative_to(ROOT).as_posix(), source).body(tree.body)
        exec(compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True), module.__dict__)


def main(names: list[str]) -> None:
    sys.setrecursionlimit(20_000)
    sys.stdout = io.StringIO()  # tests print
    builtins.__finished__ = finished
    sys.meta_path.insert(0, Rewritten(names))
    for name in names:
        sys.modules.pop(name, None)
    for name in names:
        importlib.import_module(name)
    suite = unittest.defaultTestLoader.loadTestsFromNames([name for name in names if name.startswith("test.")])
    unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    of_places = lambda pair: (-1 if pair[0] is None else pair[0], pair[1])  # noqa: E731
    json.dump({path: {**of, "pairs": sorted(of["pairs"], key=of_places)} for path, of in found.items()}, sys.__stdout__)


if __name__ == "__main__":
    main(sys.argv[1:])
