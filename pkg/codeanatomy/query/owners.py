"""In which module, class, function or lambda a position of a source lies. It knows no syntax, only where definitions start and end."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from codeanatomy.catalog.graph.kinds import SCOPE_OWNERS
from codeanatomy.query.answer import among
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.walk import Ids

_PLACE_BITS = 24
"""Bits of a position that are the byte in the file; those above are the file's key, which has 39."""
_LAST = (1 << _PLACE_BITS) - 1


def scopes(graph: OpenGraph) -> pa.Table:
    """Modules, classes, functions and lambdas of all sources: where they start and end as positions (`first`, `last`), and what is known of them."""
    return graph.sql(
        f"""
        SELECT id, {position("file_id", "bstart")} AS first, {position("file_id", f"coalesce(bend, {_LAST})")} AS last, parent_id,
               kind, qualified_name, path, line, col
        FROM cpg_nodes WHERE kind IN {among(SCOPE_OWNERS)} AND file_id IS NOT NULL
        """
    )


class Owners:
    """The scopes in the order in which they start."""

    def __init__(self, graph: OpenGraph) -> None:
        table = graph.kept(scopes)
        first, last = (table[name].to_numpy() for name in ("first", "last"))
        order = np.lexsort((-last, first))  # what is around something stands before it
        self.ids: Ids = table["id"].to_numpy()[order]
        self._first, self._last = first[order], last[order]
        self._by_id = np.argsort(self.ids)
        self._around = self.places(table["parent_id"].to_numpy()[order])

    def places(self, ids: Ids) -> Ids:
        """Places of these owners. Of what is none, that of another."""
        places: Ids = self._by_id[np.minimum(np.searchsorted(self.ids, ids, sorter=self._by_id), self.ids.size - 1)]
        return places

    def around(self, positions: Ids) -> Ids:
        """Place of the innermost one around each position. Every file has a module, which is around all of it."""
        found = np.searchsorted(self._first, positions, side="right") - 1
        while (beyond := self._last[found] <= positions).any():
            found[beyond] = self._around[found[beyond]]
        return found


def positions(files: Ids, places: Ids) -> Ids:
    """Places in files as one number each."""
    found: Ids = (files << _PLACE_BITS) + np.minimum(places, _LAST)
    return found


def position(file: str, place: str) -> str:
    """The same as SQL, of two columns."""
    return f"(coalesce({file}, 0) * {1 << _PLACE_BITS} + least(coalesce({place}, 0), {_LAST}))"
