"""What answers walk over, read before anything is asked: whoever keeps a graph open then waits for no first answer."""

from __future__ import annotations

from codeanatomy.query import impact, imports, slices
from codeanatomy.query.graph import OpenGraph


def read_ahead(graph: OpenGraph) -> None:
    """Read what `impact`, `slice` and `imports` need of a graph, whatever they are asked about."""
    for make in (*impact.AHEAD, *slices.AHEAD, *imports.AHEAD):
        graph.kept(make)
