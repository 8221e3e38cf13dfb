"""The question what a change may affect (`impact`): what depends on what some sources define, directly and by others.

It follows names, not values: where the value of a changed variable ends up is for `slices` to say.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from codeanatomy.catalog.graph.kinds import DEFINITIONS
from codeanatomy.query.answer import Answer, above_zero, among, answer
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import at_their_names, definitions, name_tokens
from codeanatomy.query.owners import Owners, position, scopes
from codeanatomy.query.places import sources
from codeanatomy.query.walk import Arrows, Ids, walk

REASONS = ("inheritance", "override", "call", "import", "reference")
"""Why something depends on another; what is said first counts where several hold."""

_LINE_BITS = 24
_EDGES = f"""
SELECT src, dst, {position("file_id", "bstart")} AS position, coalesce(line, 0) + {1 << _LINE_BITS} *
       CASE kind WHEN 'inherits' THEN 0 WHEN 'overrides' THEN 1 WHEN 'calls' THEN 2 WHEN 'calls_implicitly' THEN 2 WHEN 'imports' THEN 3 ELSE 4 END AS rank
FROM cpg_edges
WHERE kind IN ('inherits', 'overrides', 'calls', 'calls_implicitly', 'imports', 'reads', 'writes')
"""
_WRITTEN = REASONS.index("import")
"""From this reason on, edges start at syntax, and what depends is the definition in which that stands."""


def impact(graph: OpenGraph, paths: Iterable[str], depth: int | None = None) -> Answer:
    """What depends on these sources, or on those below these folders, no farther than `depth`.

    Raises CA634 for a path that names none, CA640 for a depth that is not above zero.
    """
    above_zero(depth=depth)
    changed = sources(graph, paths)
    seeds = graph.sql(f"SELECT id FROM cpg_nodes WHERE path IN {among(changed)} AND kind IN {among(DEFINITIONS)}")["id"].to_numpy()
    arrows = graph.kept(_Dependents)
    ids, numbers, distances = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for distance, (reached, by) in enumerate(walk(arrows, seeds, arrows.ranks), start=1):
        if depth is not None and distance > depth:
            break
        ids.append(reached)
        numbers.append(by)
        distances.append(np.full(reached.size, distance, np.int32))
    rows = _rows(graph, changed, np.concatenate(ids), np.concatenate(numbers), np.concatenate(distances))
    return answer(graph, "impact", changed, rows)


class _Dependents(Arrows):
    """Arrows from what something depends on to the module, class, function or lambda that depends on it."""

    def __init__(self, graph: OpenGraph) -> None:
        edges, self._owners = graph.sql(_EDGES), graph.kept(Owners)
        super().__init__(edges["dst"].to_numpy())
        self.sources, self.ranks, self._positions = (edges[name].to_numpy() for name in ("src", "rank", "position"))
        self.ids = self._owners.ids

    def reasons(self, numbers: Ids) -> Ids:
        """Places in `REASONS`."""
        reasons: Ids = self.ranks[numbers] >> _LINE_BITS
        return reasons

    def lines(self, numbers: Ids) -> Ids:
        """Where each stands in its source; 0 of what stands nowhere."""
        lines: Ids = self.ranks[numbers] & ((1 << _LINE_BITS) - 1)
        return lines

    def ends(self, numbers: Ids) -> Ids:
        written = self.reasons(numbers) >= _WRITTEN
        ends = np.empty(numbers.size, np.int64)
        ends[written] = self._owners.around(self._positions[numbers[written]])
        ends[~written] = self._owners.places(self.sources[numbers[~written]])
        return ends


def _rows(graph: OpenGraph, changed: list[str], ids: Ids, numbers: Ids, distances: Ids) -> pa.Table:
    arrows, known = graph.kept(_Dependents), graph.kept(_owners).select(["id", "kind", "qualified_name", "path", "line", "col"])
    through = arrows.start[numbers]
    # What depends is an owner; what it depends on is one, too, or a definition in what was changed.
    others = np.setdiff1d(through, known["id"].to_numpy())
    if others.size:
        known = pa.concat_tables([known, definitions(graph, others, changed).select(known.column_names)])
    known_ids = known["id"].to_numpy()
    order = np.argsort(known_ids)
    places, through_places = (order[np.searchsorted(known_ids, wanted, sorter=order)] for wanted in (ids, through))
    lines = arrows.lines(numbers)
    table = known.take(places)
    for name, values in (
        ("distance", distances),
        ("reason", pa.array(REASONS).take(pa.array(_reasons(graph, arrows, numbers)))),
        ("through_id", through),
        ("through", known["qualified_name"].take(through_places)),
        ("site_line", pa.array(lines, mask=lines == 0)),
    ):
        table = table.append_column(name, values if isinstance(values, pa.ChunkedArray) else pa.array(values))
    return table.sort_by([(name, "ascending") for name in ("distance", "path", "line", "col", "id")])


def _owners(graph: OpenGraph) -> pa.Table:
    """All that can depend on something."""
    return at_their_names(graph.kept(scopes), name_tokens(graph))


def _reasons(graph: OpenGraph, arrows: _Dependents, numbers: Ids) -> Ids:
    """Why each depends: a name in an import statement is an import, too."""
    reasons = arrows.reasons(numbers)
    sources = arrows.sources[numbers]
    reasons[(reasons > _WRITTEN) & np.isin(sources, graph.kept(_imports))] = _WRITTEN
    return reasons


def _imports(graph: OpenGraph) -> Ids:
    """Import statements and the names in them."""
    ids: Ids = graph.sql("SELECT id FROM cpg_nodes WHERE syntax IN ('Import', 'ImportFrom', 'alias')")["id"].to_numpy()
    return ids


AHEAD = (_Dependents, _owners, _imports)
"""What answers need of a graph."""
