"""How many rows each evidence table has of each file, through real workers, against counts made without us: by `ast.walk`, `symtable`, `compile`,
`tokenize`, a visitor of libcst and a cursor of tree-sitter. What is in the rows is the matter of the other tests here.

`make test` counts a part of the standard library, `make torture` (CODEANATOMY_TORTURE=100) all of it, and Django and SymPy.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import symtable
import sys
import sysconfig
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import CodeType

import libcst as cst
import pytest
import tree_sitter_python
from tests.support.evidence import standard_library, text_of
from tests.support.sources import source
from tests.torture.collected import Collected, Rows, collected
from tree_sitter import Language, Node, Parser

from codeanatomy.scan import ScanSettings

WHOLE = int(os.environ.get("CODEANATOMY_TORTURE", "3")) > 3
PARSER = Parser(Language(tree_sitter_python.language()))
KEEP = {
    "ast_nodes": ["kind"],
    "symtable_scopes": ["kind"],
    "symtable_symbols": ["scope_kind"],
    "bytecode_objects": ["name", "first_line"],
    "libcst_docstrings": ["owner"],
    "libcst_texts": ["kind"],
    "tree_sitter_definitions": ["kind"],
    "tree_sitter_errors": ["kind"],
}
NO_ROWS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.type_ignore)
DEFINITIONS = {"class_definition": "class", "function_definition": "function"}
IMPORTS = ("import_statement", "import_from_statement", "future_import_statement")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Counts = dict[str, Rows]
"""Table → how many rows of each kind."""


def by_ast(tree: ast.Module) -> Counts:
    kinds = Counter((type(node).__name__,) for node in ast.walk(tree) if not isinstance(node, NO_ROWS))
    return {"ast_nodes": kinds}


def by_symtable(data: bytes) -> Counts:
    scopes, symbols = Rows(), Rows()
    waiting = [symtable.symtable(data, "", "exec")]  # type: ignore[arg-type]
    while waiting:
        block = waiting.pop()
        scopes[str(getattr(block.get_type(), "value", block.get_type())),] += 1
        for symbol in block.get_symbols():
            free, explicit, implicit = symbol.is_free(), symbol.is_declared_global(), symbol.is_global()
            scope = symbol._Symbol__scope  # type: ignore[attr-defined]
            cell = scope == 5
            symbols["free" if free else "global_explicit" if explicit else "cell" if cell else _inner(implicit, scope),] += 1
        waiting += block.get_children()
    return {"symtable_scopes": scopes, "symtable_symbols": symbols}


def _inner(is_global: bool, scope: int) -> str:
    """A name that a module binds is global to the public class, and local to the table."""
    return "global_implicit" if is_global and scope == 3 else "local"


def by_compile(data: bytes) -> Counts:
    codes = Rows()
    waiting = [compile(data, "", "exec", dont_inherit=True, optimize=0)]
    while waiting:
        code = waiting.pop()
        codes[code.co_name, str(code.co_firstlineno)] += 1
        waiting += [item for item in code.co_consts if isinstance(item, CodeType)]
    return {"bytecode_objects": codes}


def by_tokens_and_ast(data: bytes, tree: ast.Module) -> Counts:
    """What the concrete tree has too, counted without it."""
    nodes = list(ast.walk(tree))
    texts, docstrings = Rows(), Rows()
    for node in nodes:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            texts["decorator",] += len(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            texts["base",] += len(node.bases) + len(node.keywords)
        if isinstance(node, FUNCTIONS):
            texts["return",] += node.returns is not None
        if isinstance(node, ast.arguments):
            texts["default",] += len(node.defaults) + sum(default is not None for default in node.kw_defaults)
        if isinstance(node, ast.arg | ast.AnnAssign):
            texts["annotation",] += node.annotation is not None
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)) and ast.get_docstring(node, clean=False) is not None:
            docstrings["module" if isinstance(node, ast.Module) else "class" if isinstance(node, ast.ClassDef) else "function",] += 1
    return {
        "libcst_modules": Rows({(): 1}),
        "libcst_comments": Rows({(): sum(token.type == tokenize.COMMENT for token in tokenize.tokenize(BytesIO(data).readline))}),
        "libcst_calls": Rows({(): sum(isinstance(node, ast.Call) for node in nodes)}),
        "libcst_imports": Rows({(): sum(isinstance(node, ast.alias) for node in nodes)}),
        "libcst_texts": texts,
        "libcst_docstrings": docstrings,
    }


class Visitor(cst.CSTVisitor):
    """libcst's own, counting."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.seen[type(node).__name__] += 1
        return True


def by_visitor(data: bytes) -> Counts:
    visitor = Visitor()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * limit)
    try:
        cst.parse_module(data).visit(visitor)
    finally:
        sys.setrecursionlimit(limit)
    seen = visitor.seen
    return {
        "libcst_comments": Rows({(): seen["Comment"]}),
        "libcst_calls": Rows({(): seen["Call"]}),
        "libcst_imports": Rows({(): seen["ImportAlias"] + seen["ImportStar"]}),
    }


def by_cursor(data: bytes) -> Counts:
    """A tree that is not whole has definitions that are broken off: they are not counted."""
    tree = PARSER.parse(re.sub(rb"\r(?!\n)", b"\n", text_of(data)))
    nodes = list(_walk(tree.walk()))
    errors = Counter(("error",) for node in nodes if node.type == "ERROR") + Counter(("missing",) for node in nodes if node.is_missing)
    names = (child for node in nodes if node.type in IMPORTS for child in node.children_by_field_name("name"))
    found = {
        "tree_sitter_calls": Rows({(): sum(node.type == "call" for node in nodes)}),
        "tree_sitter_imports": Rows({(): sum(1 for _ in names) + sum(node.type == "wildcard_import" for node in nodes)}),
        "tree_sitter_errors": errors,
    }
    if not tree.root_node.has_error:
        found["tree_sitter_definitions"] = Counter((DEFINITIONS[node.type],) for node in nodes if node.type in DEFINITIONS)
    return found


def _walk(cursor) -> Iterator[Node]:  # type: ignore[no-untyped-def]
    while True:
        yield cursor.node
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return


def refused(count: Callable[[], object]) -> bool:
    try:
        count()
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return True
    return False


def counts(data: bytes, codes: dict[str, str], visit: bool) -> Counts:
    """Every count of a file, of the extractors that have accepted it; CPython accepts exactly what they do."""
    accepted = {"ast", "symtable", "bytecode", "libcst", "tree_sitter"} - set(codes)
    ways: dict[str, Callable[[], object]] = {
        "ast": lambda: ast.parse(data),
        "symtable": lambda: symtable.symtable(data, "", "exec"),  # type: ignore[arg-type]
        "bytecode": lambda: compile(data, "", "exec", dont_inherit=True, optimize=0),
    }
    assert {way for way, count in ways.items() if not refused(count)} == accepted & set(ways), codes
    found: Counts = {}
    if "ast" in accepted:
        found |= by_ast(ast.parse(data))
    if "symtable" in accepted:
        found |= by_symtable(data)
    if "bytecode" in accepted:
        found |= by_compile(data)
    if {"libcst", "ast"} <= accepted:
        found |= by_tokens_and_ast(data, ast.parse(data))
        if visit:
            visited = by_visitor(data)
            assert {table: found[table] for table in visited} == visited
    if "tree_sitter" in accepted and b"\0" not in data:
        found |= by_cursor(data)
    return found


def check(folder: Path, found: Collected, every: int) -> int:
    """Every file; one of so many also by a visitor of libcst. Returns how many rows were compared."""
    compared = 0
    assert {failure.code for failure in found.collection.failures} <= {"CA201", "CA202", "CA203", "CA204", "CA205"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, (file_id, path) in enumerate(sorted(found.paths.items(), key=lambda item: item[1])):
            for table, expected in counts((folder / path).read_bytes(), found.codes(path), number % every == 0).items():
                rows = found.collection.tables[table].get(file_id, Rows())
                assert rows == +expected, f"{path}: {table}"
                compared += rows.total()
    return compared


def test_a_part_of_the_standard_library(tmp_path: Path) -> None:
    root = Path(sysconfig.get_path("stdlib"))
    for path in standard_library(80):
        if path.stat().st_size < 60_000:
            place = tmp_path / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    assert check(tmp_path, collected(tmp_path, keep=KEEP), every=10) > 80_000


@pytest.mark.skipif(not WHOLE, reason="it takes minutes: `make torture` runs it")
@pytest.mark.parametrize("name", ["standard library", "django", "sympy"])
def test_all_of(name: str) -> None:
    folder = Path(sysconfig.get_path("stdlib")) if name == "standard library" else source(name)
    found = collected(folder, keep=KEEP, settings=ScanSettings(exclude_globs=("site-packages",)))
    assert found.restarts == 0
    assert check(folder, found, every=40) > 2_000_000
