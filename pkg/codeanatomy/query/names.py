"""What a name means that people give: one thing of the graph, by its qualified name or by an ending of it. It knows no position."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from codeanatomy.catalog.graph.kinds import CALLERS, EXTERNALS, FUNCTIONS
from codeanatomy.failure import Coded
from codeanatomy.query.answer import among, literal
from codeanatomy.query.graph import OpenGraph

Kinds = tuple[tuple[str, ...], ...]
"""Node kinds that a name may stand for, in groups: an ending is looked for in a group only if no earlier one has it."""

CALLEE: Kinds = ((*FUNCTIONS, "class", *EXTERNALS),)
REACHED: Kinds = (("module", *CALLEE[0]),)
CALLER: Kinds = (CALLERS,)
CLASS: Kinds = (("class", *EXTERNALS),)
METHOD: Kinds = (("function",), ("class", "attribute"))
MODULE: Kinds = (("module", "package", "external_package", "external_symbol"),)
ANYTHING: Kinds = (("module", "package", "class", *FUNCTIONS, *EXTERNALS), ("variable", "attribute", "parameter", "type_parameter"))

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that has been named: its qualified name, and every definition that has it."""

    name: str
    ids: tuple[int, ...]


def named(graph: OpenGraph, name: str, kinds: Kinds) -> Named:
    """The thing of that name. Raises CA630 when there is none, CA631 when an ending is that of several."""
    rows = _of_that_name(graph, name, kinds)
    groups = ([row for row in rows if row["kind"] in group] for group in kinds)
    found = [row for row in rows if row["name"] == name] or next((group for group in groups if group), [])
    names = sorted({row["name"] for row in found})
    if not names:
        others = sorted({f"{row['name']} is {_a(row['kind'])}" for row in _of_that_name(graph, name, ANYTHING)})
        but = f": {others[0]}" if others else ""
        raise Coded("CA630", f"the graph has no {_kinds(kinds)} named {name!r}{but}", _nearest(graph, name, kinds))
    if len(names) > 1:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise Coded(
            "CA631",
            f"{name!r} is the ending of {len(names)} names: {', '.join(names[:_SHOWN])}{more}",
            "give more of the name, up to all of it",
            {"candidates": names},
        )
    return Named(names[0], tuple(sorted(row["id"] for row in found)))


def _of_that_name(graph: OpenGraph, name: str, kinds: Kinds) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = graph.sql(
        f"SELECT id, kind, qualified_name AS name FROM cpg_nodes WHERE kind IN {among(sum(kinds, ()))} "
        f"AND (qualified_name = {literal(name)} OR ends_with(qualified_name, {literal('.' + name)}))"
    ).to_pylist()
    return rows


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind.replace('_', ' ')}"


def _kinds(kinds: Kinds) -> str:
    if kinds is ANYTHING:
        return "thing"
    first = [kind for kind in kinds[0] if kind not in EXTERNALS]
    return " or ".join([", ".join(first[:-1]), first[-1]] if len(first) > 1 else first)


def _nearest(graph: OpenGraph, name: str, kinds: Kinds) -> str:
    """A hint with the names that are most like one that is not there."""
    last = name.rpartition(".")[2]
    few = 2 + len(last) // 8
    table = graph.sql(
        f"SELECT DISTINCT name, qualified_name FROM cpg_nodes WHERE kind IN {among(kinds[0])} "
        f"AND char_length(name) BETWEEN {len(last) - few} AND {len(last) + few}"
    )
    close = get_close_matches(last, sorted(set(table["name"].to_pylist())), n=5, cutoff=0.6)
    full = [row["qualified_name"] for row in table.to_pylist() if row["name"] in close]
    best = sorted(full, key=lambda other: (-SequenceMatcher(None, name, other).ratio(), other))[:3]
    if not best:
        return '`codeanatomy query "SELECT qualified_name FROM definitions"` lists what there is'
    return f"did you mean {', '.join(map(repr, best))}?"
