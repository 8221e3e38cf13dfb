"""The `external_interfaces` extractor: the public names of what is imported from outside, re-exports followed. It reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from codeanatomy.catalog.evidence.external_interfaces import EXTERNAL_INTERFACES
from codeanatomy.extract.columns import Values
from codeanatomy.extract.combination import Combination
from codeanatomy.extract.interface import Interface, Name, Reexport
from codeanatomy.extract.reexports import public

Row = dict[str, Any]


def open() -> Combination:
    """An extraction, warmed up: nothing is imported later."""
    return Combination("external_interfaces", interfaces, word="module")


def interfaces(inputs: Mapping[str, pa.Table]) -> Mapping[str, Values]:
    """The columns of `external_interfaces`, by qualified name."""
    by_module: dict[str, list[Row]] = {}
    for row in sorted(inputs["external_names"].to_pylist(), key=lambda row: (row["path"], row["number"])):
        by_module.setdefault(row["module"], []).append(row)
    known = {module: _interface(rows) for module, rows in by_module.items()}
    paths = {module: rows[0]["path"] for module, rows in by_module.items()}
    found: dict[str, Row] = {}
    for external in sorted(inputs["python_external"].to_pylist(), key=lambda row: row["module"]):
        for row in _public(external["module"], known):
            place = {"path": paths.get(row["within"], paths[external["module"]]), "module": external["module"]}
            place |= {"distribution": external["distribution"], "version": external["version"]}
            found.setdefault(row["qualified_name"], row | place | {"is_stub": place["path"].endswith(".pyi")})
    return {column.name: [found[name][column.name] for name in sorted(found)] for column in EXTERNAL_INTERFACES.columns}


def _public(module: str, known: Mapping[str, Interface]) -> Iterator[Row]:
    """The module itself and its names; `within` is the module in whose file each stands."""
    if module not in known:
        return
    yield _row(Name("", "module", 1, docstring=known[module].docstring), module, module) | {"within": module}
    for found in public(module, known.get):
        leads_out = found.name.kind == "re-export"
        row = _row(found.name, f"{module}.{found.name.name}", found.defined_in)
        yield row | {"within": module if leads_out else found.defined_in}


def _row(name: Name, qualified_name: str, defined_in: str) -> Row:
    said = {field: getattr(name, field) for field in ("kind", "signature", "annotation", "is_async", "docstring", "line")}
    return said | {"bases": list(name.bases), "qualified_name": qualified_name, "defined_in": defined_in}


def _interface(rows: list[Row]) -> Interface:
    """The interface that the rows of one file were made of."""
    exported = [row["target_name"] for row in rows if row["kind"] == "all"]
    return Interface(
        rows[0]["docstring"],
        {row["name"]: _name(row) for row in rows if row["kind"] not in ("module", "re-export", "star", "all")},
        {
            row["name"]: Reexport(row["name"], row["target_module"], row["target_name"], row["line"])
            for row in rows
            if row["kind"] == "re-export"
        },
        tuple(row["target_module"] for row in rows if row["kind"] == "star"),
        frozenset(name for name in exported if name is not None) if exported else None,
    )


def _name(row: Row) -> Name:
    fields = ("name", "kind", "line", "signature", "annotation", "is_async", "docstring")
    return Name(**{field: row[field] for field in fields}, bases=tuple(row["bases"]))
