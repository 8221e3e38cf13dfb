"""The `python_imports` extractor: what three extractors say of imports, merged by place. It parses nothing and asks for no file.

Two claims are about the same name when its token starts at the same byte. A name of `ast` whose place is not known stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codeanatomy.catalog.evidence.ast import AST_IMPORTS
from codeanatomy.catalog.evidence.libcst import CST_IMPORTS
from codeanatomy.catalog.evidence.tree_sitter import TS_IMPORTS
from codeanatomy.extract.columns import Ints, Values
from codeanatomy.extract.combination import Combination

SOURCES = {"ast": AST_IMPORTS, "libcst": CST_IMPORTS, "tree_sitter": TS_IMPORTS}
"""Who is right before whom."""

_CLAIM = ("level", "module", "name", "alias", "bstart")
"""What the claims about a name have to have in common to be the same."""
_SPAN = ("bend", "name_bstart", "name_bend")
_ALL_SOURCES = [[name for bit, name in enumerate(SOURCES) if bits >> bit & 1] for bits in range(1 << len(SOURCES))]


def open() -> Combination:
    """An extraction, warmed up: nothing is imported later."""
    return Combination("python_imports", merge)


def merge(inputs: Mapping[str, pa.Table]) -> Mapping[str, Values]:
    """The columns of `python_imports`, in the order of files and of their texts."""
    claims = _claims(inputs)
    files, places, known = _numbers(claims, "file_id"), _numbers(claims, "name_bstart"), _numbers(claims, "name_bstart") >= 0
    places = np.where(known, places, _numbers(claims, "bstart"))
    order = np.lexsort((_numbers(claims, "node"), _numbers(claims, "source"), known, places, files))
    claims, known = claims.take(pa.array(order)), known[order]
    firsts = np.flatnonzero(~known | _changes(files[order], places[order], known))
    sources = _agreeing(claims, firsts)
    rows = claims.take(pa.array(firsts))
    files = _numbers(rows, "file_id")
    return {name: rows[name].combine_chunks() for name in ("file_id", "node", *_CLAIM, *_SPAN)} | {
        "import": _ranks(_changes(files)),
        "position": _ranks(_changes(files, _numbers(rows, "bstart"))),
        "absolute": _absolute(rows, inputs["repo_files"]),
        "sources": pa.array(_ALL_SOURCES, pa.list_(pa.string())).take(pa.array(sources)),
    }


def _claims(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """What each source says, one after the other, with its number in `SOURCES`."""
    tables = []
    for number, table in enumerate(SOURCES.values()):
        rows = inputs[table.name]
        numbers = pa.array(np.full(rows.num_rows, number, np.int32))
        nodes = rows["node"] if "node" in rows.schema.names else pa.nulls(rows.num_rows, pa.int32())
        columns = {name: rows[name] for name in ("file_id", *_CLAIM, *_SPAN)}
        tables.append(pa.table(columns | {"node": nodes, "source": numbers}))
    return pa.concat_tables(tables)


def _agreeing(claims: pa.Table, firsts: Ints) -> Ints:
    """For each place, by the row of its first claim: the bits of the sources that say the same as the first."""
    lengths = np.diff(np.append(firsts, claims.num_rows))
    first_of = np.repeat(firsts, lengths)
    same = np.ones(claims.num_rows, np.bool_)
    for name in _CLAIM:
        column = claims[name].combine_chunks()
        values = _numbers(claims, name) if pa.types.is_integer(column.type) else _codes(column)
        same &= values == values[first_of]
    bits = np.where(same, 1 << _numbers(claims, "source"), 0)
    return np.bitwise_or.reduceat(bits, firsts) if len(firsts) else bits


def _absolute(rows: pa.Table, files: pa.Table) -> pa.Array:
    """The module of each row: only those of relative imports depend on the file."""
    named = pc.coalesce(rows["module"], rows["name"]).combine_chunks()
    is_relative = pc.greater(rows["level"], 0).combine_chunks()
    packages = {
        file_id: _package(module, is_package)
        for file_id, module, is_package in zip(*(files[name].to_pylist() for name in ("file_id", "module", "is_package")), strict=True)
    }
    relative = rows.select(["file_id", "level", "module"]).filter(is_relative)
    claims = zip(*(column.to_pylist() for column in relative), strict=True)
    found = [_climb(packages[file], level, module) for file, level, module in claims]
    return pc.replace_with_mask(named, is_relative, pa.array(found, pa.string()))


def _package(module: str, is_package: bool) -> list[str]:
    """The package that holds a module, or that it is. An `__init__` directly in a source root is named like a module: its package has no name."""
    parts = module.split(".")
    return parts if is_package and parts != ["__init__"] else parts[:-1]


def _climb(package: list[str], level: int, module: str | None) -> str | None:
    """The dotted name of the module `level - 1` packages above a package; None above the top, or when nothing is left."""
    kept = len(package) - (level - 1)
    return ".".join((*package[:kept], *filter(None, (module,)))) or None if kept >= 0 else None


def _numbers(table: pa.Table, name: str) -> Ints:
    """A column of integers; -1 for null."""
    numbers: Ints = pc.fill_null(table[name].combine_chunks(), -1).to_numpy().astype(np.int64)
    return numbers


def _codes(column: pa.Array) -> Ints:
    """A number for each different text; -1 for null."""
    codes: Ints = pc.fill_null(column.dictionary_encode().indices, -1).to_numpy().astype(np.int64)
    return codes


def _changes(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where a row differs from the one before; the first does."""
    changed = np.zeros(len(columns[0]), np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _ranks(starts: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number of each row in its run, from the rows that start one."""
    rows = np.arange(len(starts))
    return (rows - np.maximum.accumulate(np.where(starts, rows, 0))).astype(np.int32)
