"""Scopes and symbols of the graph against CPython's own `symtable`, over the whole standard library with its tests."""

import symtable
import warnings
from collections import Counter


def expected(table: symtable.SymbolTable, found: Counter, path: str) -> None:
    names = " ".join(f"{symbol.get_name()}:{kind(symbol)}" for symbol in sorted(table.get_symbols(), key=symtable.Symbol.get_name))
    found[path, table.get_name(), names] += 1
    for child in table.get_children():
        expected(child, found, path)


def kind(symbol: symtable.Symbol) -> str:
    if symbol.is_free():
        return "free"
    if symbol.is_declared_global():
        return "global_explicit"
    if symbol.is_local():
        return "local"
    return "global_implicit"


def test_scopes_and_symbols_are_cpythons(standard_library):
    failed = {path for (path,) in standard_library.rows("SELECT DISTINCT path FROM failures WHERE extractor LIKE '%symtable%'")}
    wanted: Counter = Counter()
    for (path,) in standard_library.rows("SELECT path FROM files"):
        if path not in failed:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected(symtable.symtable((standard_library.repository / path).read_bytes(), path, "exec"), wanted, path)
    rows = standard_library.rows(
        "SELECT node.path, node.name, coalesce(replace(prop.string_value, ':cell', ':local'), '') FROM cpg_nodes node "
        "LEFT JOIN cpg_props prop ON prop.entity_id = node.id AND prop.key = 'symbols' WHERE node.kind = 'scope'"
    )
    got = Counter((path, name, names) for path, name, names in rows)
    assert sum(wanted.values()) > 60_000
    assert got - wanted == Counter()
    assert wanted - got == Counter()
