"""The `external_interfaces` extractor: the public names of what is imported from outside, re-exports followed. It reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from codeanatomy.catalog.evidence.external_interfaces import EXTERNAL_INTERFACES
from codeanatomy.extract.columns import Values
from codeanatomy.extract.combination import Combination
from codeanatomy.extract.interface import Interface, Name, Reexport
from codeanatomy.extract.reexports import Effort, public
from codeanatomy.extract.source import Failed, Source

MOST_STEPS = 400_000
STEPS_OF_ROW = 10
"""What all modules together may take, and more for each row that is read: the time that a worker has grows with its bytes too."""
MOST_TOLD = 10

Row = dict[str, Any]


class ExternalInterfaces(Combination):
    """Rows of what installed files bind to rows of what is public."""

    def __init__(self) -> None:
        self._cut_short: list[str] = []
        super().__init__("external_interfaces", self._interfaces, word="module")

    def read(self, source: Source) -> None:
        """Combine the rows of the inputs. What was found stands, also where something is missing."""
        super().read(source)
        if self._cut_short:
            told = ", ".join(self._cut_short[:MOST_TOLD])
            message = f"{len(self._cut_short)} modules offer more than can be followed, and some of their names are missing: {told}"
            raise Failed("CA256", message, severity="warning")

    def _interfaces(self, inputs: Mapping[str, pa.Table]) -> Mapping[str, Values]:
        columns, self._cut_short = interfaces(inputs)
        return columns


def open() -> ExternalInterfaces:
    """An extraction, warmed up: nothing is imported later."""
    return ExternalInterfaces()


def interfaces(inputs: Mapping[str, pa.Table]) -> tuple[Mapping[str, Values], list[str]]:
    """The columns of `external_interfaces`, by qualified name; and the modules of which names are missing because they have too many."""
    by_module: dict[str, list[Row]] = {}
    for row in sorted(inputs["external_names"].to_pylist(), key=lambda row: (row["path"], row["number"])):
        by_module.setdefault(row["module"], []).append(row)
    known = {module: _interface(rows) for module, rows in by_module.items()}
    paths = {module: rows[0]["path"] for module, rows in by_module.items()}
    externals = sorted(inputs["python_external"].to_pylist(), key=lambda row: row["module"])
    offered, cut_short = _public_of_all([row["module"] for row in externals if row["module"] in known], known)
    found: dict[str, Row] = {}
    for external in externals:
        for row in offered.get(external["module"], ()):
            place = {"path": paths.get(row["within"], paths[external["module"]]), "module": external["module"]}
            place |= {"distribution": external["distribution"], "version": external["version"]}
            found.setdefault(row["qualified_name"], row | place | {"is_stub": place["path"].endswith(".pyi")})
    return {column.name: [found[name][column.name] for name in sorted(found)] for column in EXTERNAL_INTERFACES.columns}, cut_short


def _public_of_all(modules: list[str], known: Mapping[str, Interface]) -> tuple[dict[str, list[Row]], list[str]]:
    """What each offers, and which offer more than can be followed. The smallest come first: what they leave is for those that need more."""
    left = MOST_STEPS + STEPS_OF_ROW * sum(len(interface.names) for interface in known.values())
    offered: dict[str, list[Row]] = {}
    waiting = sorted(modules, key=lambda module: (len(known[module].names) + len(known[module].reexports), module))
    for part in (2, 1):
        # Half is dealt to all, and what is left to those for which their share was too little.
        cut_short, dealt = [], left // part
        for number, module in enumerate(waiting):
            share = dealt // (len(waiting) - number)
            effort = Effort(share)
            offered[module] = list(_public(module, known, effort))
            used = share - max(effort.left, 0)
            left, dealt = left - used, dealt - used
            if effort.is_spent():
                cut_short.append(module)
        waiting = cut_short
    return offered, sorted(waiting)


def _public(module: str, known: Mapping[str, Interface], effort: Effort) -> Iterator[Row]:
    """The module itself and its names; `within` is the module in whose file each stands."""
    yield _row(Name("", "module", 1, docstring=known[module].docstring), module, module) | {"within": module}
    for found in public(module, known.get, effort):
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
