"""What answers walk over, read before anything is asked: whoever keeps a graph open then waits for no first answer."""

from __future__ import annotations

from codeanatomy.query import impact, slices
from codeanatomy.query.graph import OpenGraph


def read_ahead(graph: OpenGraph) -> None:
    """Read what `impact` and `slice` need of a graph, whatever they are asked about."""
    for make in (*impact.AHEAD, *slices.AHEAD):
        graph.kept(make)
