"""Questions about imports: what is imported where (`imports`), and which modules import each other in a circle (`import_cycles`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.catalog.graph.kinds import FUNCTIONS
from codeanatomy.query.answer import Answer, among, answer, literal
from codeanatomy.query.graph import OpenGraph
from codeanatomy.query.lookup import Row
from codeanatomy.query.names import MODULE, named

_NODES = "SELECT id, path, line FROM cpg_nodes WHERE kind = 'import'"
_ALL = """
SELECT place.qualified_name AS importer, imports.*, CAST(NULL AS VARCHAR) AS relation
FROM imports JOIN (SELECT qualified_name, path AS source FROM cpg_nodes WHERE kind = 'module') AS place ON place.source = imports.path
ORDER BY imports.path, line, module, name, target
"""
_ORDER = ("relation", "path", "line", "module", "name", "target")


def imports(graph: OpenGraph, module: str | None = None) -> Answer:
    """All imports, or those of a module and those that import it. Raises CA630 and CA631 for a name that is not one module's."""
    if module is None:
        return answer(graph, "imports", [], graph.kept(_every))
    asked = named(graph, module, MODULE)
    table = graph.kept(_every)
    is_own = pc.equal(table["importer"], asked.name)
    is_part = pc.starts_with(table["module"], f"{asked.name}.")  # whoever imports that imports the module, too
    is_theirs = pc.or_kleene(is_part, pc.or_kleene(pc.equal(table["module"], asked.name), pc.equal(table["target"], asked.name)))
    relation = pc.if_else(is_own, "imports", "imported")
    table = table.set_column(table.schema.get_field_index("relation"), "relation", relation).filter(pc.or_kleene(is_own, is_theirs))
    return answer(graph, "imports", [asked.name], table.sort_by([(name, "ascending") for name in _ORDER]))


def _every(graph: OpenGraph) -> pa.Table:
    """All imports of the repository, with their importers."""
    return graph.sql(_ALL)


def _modules(graph: OpenGraph) -> dict[str, Row]:
    """Modules of the repository, by path."""
    return {
        row["path"]: row for row in graph.sql("SELECT id, qualified_name AS name, path FROM cpg_nodes WHERE kind = 'module'").to_pylist()
    }


def _texts(graph: OpenGraph, key: str, ids: Collection[int]) -> dict[int, str]:
    """A property of nodes."""
    sql = f"SELECT entity_id, string_value FROM cpg_props WHERE entity = 'node' AND key = {literal(key)}"
    return dict(_pairs(graph.among(sql, "entity_id", ids)))


def _pairs(table: pa.Table) -> Iterator[tuple[Any, Any]]:
    """Rows of two columns."""
    return zip(table[0].to_pylist(), table[1].to_pylist(), strict=True)


@dataclass(frozen=True, slots=True, order=True)
class _Import:
    importer: int
    line: int
    imported: int
    deferred: bool


def import_cycles(graph: OpenGraph) -> Answer:
    """Every import inside a group of modules that all reach each other by imports."""
    modules = {row["id"]: row for row in graph.kept(_modules).values()}
    found = graph.kept(_imports_of_modules)
    arcs: dict[int, list[int]] = {}
    for item in found:
        arcs.setdefault(item.importer, []).append(item.imported)
    groups = sorted(_circles(arcs), key=lambda group: (-len(group), min(modules[node]["name"] for node in group)))
    group_of = {node: number for number, group in enumerate(groups) for node in group}
    rows = [
        {
            "cycle": group_of[item.importer] + 1,
            "modules": len(groups[group_of[item.importer]]),
            "importer": modules[item.importer]["name"],
            "path": modules[item.importer]["path"],
            "line": item.line,
            "imported": modules[item.imported]["name"],
            "deferred": item.deferred,
        }
        for item in found
        if item.importer in group_of and group_of.get(item.imported) == group_of[item.importer]
    ]
    return answer(graph, "import_cycles", [], sorted(rows, key=lambda row: (row["cycle"], row["path"], row["line"], row["imported"])))


def _imports_of_modules(graph: OpenGraph) -> list[_Import]:
    """Imports of modules by modules, sorted. `from a import b` imports `a.b` where that is a module, else `a`."""
    modules = {row["id"]: row for row in graph.kept(_modules).values()}
    by_name, by_path = ({row[key]: node for node, row in modules.items()} for key in ("name", "path"))
    nodes = graph.sql(_NODES)
    ids = nodes["id"].to_pylist()
    stated, deferred = _texts(graph, "module", ids), _deferred(graph)
    targets = {src: dst for src, dst in _pairs(graph.sql("SELECT src, dst FROM cpg_edges WHERE kind = 'imports'")) if dst in modules}
    found = set()
    for node, path, line in zip(ids, nodes["path"].to_pylist(), nodes["line"].to_pylist(), strict=True):
        importer, imported = by_path[path], targets.get(node, by_name.get(stated.get(node)))
        if imported is not None and imported != importer:
            found.add(_Import(importer, line, imported, node in deferred))
    return sorted(found)


def _deferred(graph: OpenGraph) -> set[int]:
    """The imports that stand in a function."""
    functions = set(graph.sql(f"SELECT id FROM cpg_nodes WHERE kind IN {among(FUNCTIONS)}")["id"].to_pylist())
    scopes = {scope for scope, owner in _pairs(graph.sql("SELECT src, dst FROM cpg_edges WHERE kind = 'scope_of'")) if owner in functions}
    within = scopes | functions
    return {node for node, scope in _pairs(graph.sql("SELECT src, dst FROM cpg_edges WHERE kind = 'binds_import'")) if scope in within}


def _circles(arcs: dict[int, list[int]]) -> list[set[int]]:
    """Strongly connected groups of more than one node, by Kosaraju: what a node reaches backward, in the order in which walks end."""
    back: dict[int, list[int]] = {}
    for node, others in arcs.items():
        for other in others:
            back.setdefault(other, []).append(node)
    ended: list[int] = []
    seen: set[int] = set()
    for node in arcs:
        ended += _ends(node, arcs, seen)
    seen = set()
    groups = (set(_ends(node, back, seen)) for node in reversed(ended))
    return [group for group in groups if len(group) > 1]


def _ends(start: int, arcs: dict[int, list[int]], seen: set[int]) -> Iterator[int]:
    """Nodes that are reached for the first time, each when all that follow from it have been given."""
    if start in seen:
        return
    seen.add(start)
    trail: list[tuple[int, Iterable[int]]] = [(start, iter(arcs.get(start, ())))]
    while trail:
        node, others = trail[-1]
        fresh = next((other for other in others if other not in seen), None)
        if fresh is None:
            trail.pop()
            yield node
        else:
            seen.add(fresh)
            trail.append((fresh, iter(arcs.get(fresh, ()))))


AHEAD = (_every, _imports_of_modules)
"""What answers need of a graph."""
