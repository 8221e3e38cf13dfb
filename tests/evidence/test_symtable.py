"""Laws of `symtable_scopes` and `symtable_symbols` over the standard library: they say what CPython's `symtable` module says."""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]
import symtable as api
import sys
import warnings
from pathlib import Path

import pytest
from tests.support.evidence import check_extractor, extract, readable, refusal, standard_library
from tests.support.literate import Row

from codeanatomy.extract import symtable as extractor

KINDS = {
    "module": "module",
    "class": "class",
    "function": "function",
    "annotation": "annotation",
    "type alias": "type alias",
    "type parameter": "type parameters",  # 3.12
    "type parameters": "type parameters",
    "TypeVar bound": "type variable",  # 3.12
    "type variable": "type variable",
}


def test_contract() -> None:
    check_extractor(extractor)


@pytest.mark.parametrize("part", range(4))
def test_scopes_and_symbols_over_the_standard_library(part: int) -> None:
    checked = sum(check_file(path) for path in standard_library(12)[part::4])
    assert checked > 15


def check_file(path: Path) -> bool:
    """Every block and symbol of one file; False where CPython refuses it."""
    read = readable(extractor, path)
    if read is None:
        return False
    scopes, symbols = read[1]["symtable_scopes"], read[1]["symtable_symbols"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = api.symtable(path.read_bytes(), str(path), "exec")  # type: ignore[arg-type]
    expected_scopes, expected_symbols = reference(top)
    names = ("scope", "parent", "kind", "name", "line", "nested")
    assert [{name: row[name] for name in names} for row in scopes] == expected_scopes, path
    assert [{name: value for name, value in row.items() if name != "file_id"} for row in symbols] == expected_symbols, path
    return True


def reference(top: api.SymbolTable) -> tuple[list[Row], list[Row]]:
    """Blocks in pre-order and their symbols by name, by the public classes."""
    scopes: list[Row] = []
    symbols: list[Row] = []
    waiting = [(top, -1)]
    while waiting:
        block, parent = waiting.pop()
        number = len(scopes)
        kind = KINDS[str(getattr(block.get_type(), "value", block.get_type()))]
        name = block.get_name()
        scopes.append(
            {"scope": number, "parent": parent, "kind": kind, "name": name, "line": block.get_lineno(), "nested": block.is_nested()}
        )
        symbols += [symbol_row(number, symbol) for symbol in sorted(block.get_symbols(), key=lambda symbol: symbol.get_name())]
        waiting += [(child, number) for child in reversed(block.get_children())]
    return scopes, symbols


def symbol_row(scope: int, symbol: api.Symbol) -> Row:
    return {
        "scope": scope,
        "name": symbol.get_name(),
        "scope_kind": scope_kind(symbol),
        "is_referenced": symbol.is_referenced(),
        "is_assigned": symbol.is_assigned(),
        "is_parameter": symbol.is_parameter(),
        "is_imported": symbol.is_imported(),
        "is_annotated": symbol.is_annotated(),
        "is_global": symbol.is_declared_global(),
        "is_nonlocal": symbol.is_nonlocal(),
        "is_namespace": symbol.is_namespace(),
    }


def scope_kind(symbol: api.Symbol) -> str:
    """The public class says `is_local` of cells, and of every name that a module binds: only its private number tells them apart."""
    if symbol.is_free():
        return "free"
    if symbol.is_declared_global():
        return "global_explicit"
    scope = symbol._Symbol__scope  # type: ignore[attr-defined]
    assert scope in (_symtable.LOCAL, _symtable.CELL, _symtable.GLOBAL_IMPLICIT)
    return {_symtable.LOCAL: "local", _symtable.CELL: "cell"}.get(scope, "global_implicit")


def scopes(data: bytes) -> list[tuple[str, str, int, int]]:
    rows = extract(extractor, data)["symtable_scopes"]
    return [(row["kind"], row["name"], row["parent"], row["line"]) for row in rows]


def test_scopes_are_in_pre_order() -> None:
    data = b"class C:\n  def f(self):\n    return lambda: 0\nasync def g(): pass\n"
    assert scopes(data) == [
        ("module", "top", -1, 0),
        ("class", "C", 0, 1),
        ("function", "f", 1, 2),
        ("function", "lambda", 2, 3),
        ("function", "g", 0, 4),
    ]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are grammatical from Python 3.12 on")
def test_type_parameters_have_the_same_words_in_every_version() -> None:
    assert [scope[:2] for scope in scopes(b"def f[T: int](): pass\ntype A = int\n")] == [
        ("module", "top"),
        ("type parameters", "f"),
        ("type variable", "T"),
        ("function", "f"),
        ("type alias", "A"),
    ]


def test_rows_do_not_depend_on_the_hash_seed() -> None:
    """Free names come out of a set: they are written by name."""
    free = b", ".join(b"name%d" % number for number in range(50))
    data = b"def f(" + free + b"):\n  class C:\n    def g(self): return " + free + b"\n"
    names = [row["name"] for row in extract(extractor, data)["symtable_symbols"] if row["scope"] == 2]
    assert len(names) == 51, "50 free names and g"
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("data", "code", "line", "span"),
    [
        pytest.param(b"x = (\n", "CA201", 1, b"(", id="grammar"),
        pytest.param("def f():\n  'é'; x = 1; global x\n".encode(), "CA204", 2, b"global x", id="global after use, columns are bytes"),
        pytest.param(b"def f(a, a): pass\n", "CA204", 1, b"a", id="two parameters of one name"),
        pytest.param(b"-" * 100_000 + b"1\n", "CA203", None, None, id="too deep"),
    ],
)
def test_refused(data: bytes, code: str, line: int | None, span: bytes | None) -> None:
    failed = refusal(extractor, data)
    assert (failed.code, failed.line) == (code, line), failed.message
    assert (None if failed.bstart is None else data[failed.bstart : failed.bend]) == span


def test_what_only_the_compiler_refuses_has_scopes() -> None:
    assert scopes(b"return 1\n") == [("module", "top", -1, 0)]
