"""Questions about inheritance: `subclasses` of a class and `overrides` of a method, with all that follow by others."""

from __future__ import annotations

from typing import Any

import numpy as np

from codeanatomy.query.answer import Answer, answer
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import by_id, definitions
from codeanatomy.query.names import CLASS, METHOD, named
from codeanatomy.query.walk import Edges, walk


def subclasses(graph: OpenGraph, name: str) -> Answer:
    """Classes that inherit from it. Raises CA630 and CA631 for a name that is not one class's."""
    base = named(graph, name, CLASS)
    edges = graph.sql("SELECT dst, src FROM cpg_edges WHERE kind = 'inherits'")
    steps = _steps(Edges(edges["dst"].to_numpy(), edges["src"].to_numpy()), base.ids)
    places = by_id(definitions(graph, {id for _, through, node in steps for id in (through, node)}))
    rows = [
        {
            "class_id": node,
            "class": places[node]["qualified_name"],
            **_place(places[node]),
            "base_id": through,
            "base": places[through]["qualified_name"],
        }
        | {"distance": distance}
        for distance, through, node in steps
    ]
    return answer(graph, "subclasses", [base.name], sorted(rows, key=lambda row: (row["distance"], row["class"], row["class_id"])))


def overrides(graph: OpenGraph, name: str) -> Answer:
    """Methods that override it, and methods that it overrides. Raises CA630 and CA631 for a name that is not one method's."""
    method = named(graph, name, METHOD)
    edges = graph.sql("SELECT src, dst FROM cpg_edges WHERE kind = 'overrides'")
    below, above = edges["src"].to_numpy(), edges["dst"].to_numpy()
    steps = [("overrides", *step) for step in _steps(Edges(above, below), method.ids)]
    steps += [("overridden", *step) for step in _steps(Edges(below, above), method.ids)]
    places = by_id(definitions(graph, {node for *_, node in steps}))
    rows = [
        {"method_id": node, "method": places[node]["qualified_name"], **_place(places[node]), "relation": relation, "distance": distance}
        for relation, distance, _, node in steps
    ]
    return answer(
        graph, "overrides", [method.name], sorted(rows, key=lambda row: (row["relation"], row["distance"], row["method"], row["method_id"]))
    )


def _steps(arrows: Edges, ids: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Distance, node through which, node, of all that is reached."""
    return [
        (distance, through, node)
        for distance, (reached, numbers) in enumerate(walk(arrows, np.array(ids)), start=1)
        for node, through in zip(reached.tolist(), arrows.start[numbers].tolist(), strict=True)
    ]


def _place(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("path", "line", "col")}
