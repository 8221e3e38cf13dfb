"""Run a test module of the standard library with its written calls rewritten so that they say what they call, and print which calls were executed.

Run as a script: the first argument is the test module, the others are modules of the library whose calls are of interest as well. Output as JSON:
{"loaded": [path, …], "explicit": [[path, line, col, end line, end col, how, path, name, first line], …], "implicit": [the same]}, a caller's span and
a callee each; only callees in the modules of interest. Explicit calls are written; implicit ones began at an instruction which is that of no
written call of them. A call that began no frame (its arguments did not fit) is not executed. Frames of generators and coroutines
begin where they are first resumed: for them alone the written call is believed. Calls in f-strings, whose place CPython 3.11 does not know, say nothing.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import io
import json
import sys
import sysconfig
import threading
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

ROOT = Path(sysconfig.get_paths()["stdlib"])
INLINE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
SUSPENDED = 0x20 | 0x80 | 0x200
"""Flags of the code of generators, coroutines and asynchronous generators."""
OPTIMISED = 0x1
"""The flag that module and class bodies lack."""

spans: list[tuple[str, int, int, int, int]] = []
sources: dict[str, list[bytes]] = {}
"""The lines of each file that was rewritten."""
called: set[tuple[int, str, CodeType]] = set()
begun: set[tuple[CodeType, int, CodeType]] = set()


def calls(site: int, callee: Any) -> Any:
    """Put around the callee of every written call."""
    for how, code in targets(callee):
        if code.co_filename in sources:
            called.add((site, how, code))
    return callee


def targets(callee: Any) -> list[tuple[str, CodeType]]:
    """The code that a call of an object may begin without another written call between."""
    kind = type(callee)
    if kind is FunctionType:
        return [("function", callee.__code__)]
    if kind is MethodType:
        return [("method", code) for _, code in targets(callee.__func__)]
    if kind.__module__ == "functools" and kind.__name__ == "partial":
        return [("partial", code) for _, code in targets(callee.func)]
    if kind.__module__ == "functools" and kind.__name__ == "_lru_cache_wrapper":
        return [("cached", code) for _, code in targets(callee.__wrapped__)]
    if issubclass(kind, type):
        makers = [lookup(kind, "__call__"), lookup(callee, "__new__"), lookup(callee, "__init__")]
        return [("constructor", maker.__code__) for maker in makers if type(maker) is FunctionType]
    instance_call = lookup(kind, "__call__")
    return [("instance", instance_call.__code__)] if type(instance_call) is FunctionType else []


def lookup(owner: type, name: str) -> Any:
    """An attribute as its class holds it."""
    for ancestor in type.__dict__["__mro__"].__get__(owner):
        found = type.__dict__["__dict__"].__get__(ancestor).get(name)
        if found is not None:
            return found.__func__ if isinstance(found, staticmethod) else found
    return None


def profile(frame: FrameType, event: str, arg: object) -> None:
    """Told of every frame that begins."""
    if event == "call":
        code, caller = frame.f_code, frame.f_back
        if caller is not None and code.co_filename in sources and caller.f_code.co_filename in sources and is_function(code):
            begun.add((caller.f_code, caller.f_lasti, code))


def is_function(code: CodeType) -> bool:
    return bool(code.co_flags & OPTIMISED) and not code.co_flags & SUSPENDED and code.co_name not in INLINE


class Rewrite(ast.NodeTransformer):
    """Rewrites one module."""

    def __init__(self, path: str, lines: list[bytes]) -> None:
        self.path = path
        self.lines = lines

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return node
        site = ast.Constant(len(spans))
        spans.append(span(self.path, self.lines, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset))
        name = ast.Name("__calls__", ast.Load())
        node.func = ast.copy_location(ast.Call(name, [site, node.func], []), node.func)
        return node


def span(path: str, lines: list[bytes], line: int, end_line: int | None, col: int, end_col: int | None) -> tuple[str, int, int, int, int]:
    """A span with columns from 1, in characters."""
    end_line = line if end_line is None else end_line
    end = len(lines[end_line - 1][:end_col].decode()) + 1
    return path, line, len(lines[line - 1][:col].decode()) + 1, end_line, end


def is_in(name: str, owners: list[str]) -> bool:
    """Whether a module is one of those, or in a package that is."""
    return any(f"{name}.".startswith(f"{owner}.") for owner in owners)


class Rewritten(MetaPathFinder, Loader):
    """Imports the modules of interest rewritten: the tests and what is named."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if not is_in(name, ["test", *self.names]):
            return None
        folder = ROOT.joinpath(*name.split("."))
        is_package = folder.is_dir()
        file = folder / "__init__.py" if is_package else folder.with_suffix(".py")
        if not file.is_file():
            return None
        return importlib.util.spec_from_file_location(
            name, file, loader=self, submodule_search_locations=[str(folder)] if is_package else None
        )

    def exec_module(self, module: ModuleType) -> None:
        file = Path(str(module.__file__))
        source = file.read_bytes()
        sources[str(file)] = source.split(b"\n")
        tree = Rewrite(file.relative_to(ROOT).as_posix(), sources[str(file)]).visit(ast.parse(source))
        exec(compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True), module.__dict__)


def sites() -> dict[str, set[tuple[Any, ...]]]:
    """The executed calls, explicit and implicit."""
    positions: dict[CodeType, list[Any]] = {}
    at: set[tuple[tuple[str, int, int, int, int], CodeType]] = set()
    for caller, offset, callee in begun:
        line, end_line, col, end_col = positions.setdefault(caller, list(caller.co_positions()))[offset // 2]
        if line and col is not None:
            path = Path(caller.co_filename).relative_to(ROOT).as_posix()
            at.add((span(path, sources[caller.co_filename], line, end_line, col, end_col), callee))
    explicit = {
        (*spans[site], how, *identity(code)) for site, how, code in called if code.co_flags & SUSPENDED or (spans[site], code) in at
    }
    written = {(place[:5], place[6:]) for place in explicit}
    implicit = {(*place, "implicit", *identity(code)) for place, code in at if (place, identity(code)) not in written}
    return {"explicit": explicit, "implicit": implicit}


def identity(code: CodeType) -> tuple[str, str, int]:
    return Path(code.co_filename).relative_to(ROOT).as_posix(), code.co_name, code.co_firstlineno


def main(test: str, names: list[str]) -> None:
    printed, sys.stdout = sys.stdout, io.StringIO()  # tests print
    vars(builtins)["__calls__"] = calls
    sys.meta_path.insert(0, Rewritten(names))
    for name in [name for name in sys.modules if is_in(name, names)]:
        del sys.modules[name]
    unittest = importlib.import_module("unittest")
    vars(importlib.import_module("test.support"))["use_resources"] = []  # no network, no sound, no hours
    suite = unittest.defaultTestLoader.loadTestsFromName(test)
    threading.setprofile(profile)
    sys.setprofile(profile)
    unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    sys.setprofile(None)
    files = [str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    loaded = {Path(file).relative_to(ROOT).as_posix() for file in files if file.startswith(f"{ROOT}/") and "site-packages" not in file}
    found = {name: sorted(of) for name, of in sites().items()}
    json.dump({"loaded": sorted(path for path in loaded if path.endswith(".py")), **found}, printed)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
