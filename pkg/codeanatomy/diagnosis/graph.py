"""Whether a finished build is what it says: tables at their versions, rows as recorded, promises asked again in SQL. The engine takes no part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codeanatomy.care.generations import missing, published
from codeanatomy.catalog.graph import EDGE_KINDS
from codeanatomy.catalog.shapes import Table
from codeanatomy.catalog.tables import AUXILIARY_TABLES, CPG_EDGES, CPG_NODES, GRAPH_TABLES
from codeanatomy.diagnosis.check import Check, judged
from codeanatomy.failure import Coded
from codeanatomy.query.generation import Generation, open_generation
from codeanatomy.query.graph import OpenGraph

TABLES = (*GRAPH_TABLES, *AUXILIARY_TABLES)
AGAIN = "build again; `codeanatomy delta restore` makes an earlier generation current"
UTF8 = "('utf-8', 'utf-8-sig', 'ascii')"


def graph(output: Path) -> list[Check]:
    """Every check of the current generation."""
    try:
        generation = open_generation(output)
    except Coded as failure:
        return [Check("generation", "fail", failure.message, failure.hint)]
    of_run = f"{generation.number}, of run {generation.record.get('run_id')}, of {generation.record.get('repository')}"
    first = Check("generation", "ok", of_run)
    gone = missing(generation)
    if gone:
        return [first, Check("tables", "fail", f"{gone[0]}" + (f" and {len(gone) - 1} more" if len(gone) > 1 else ""), AGAIN)]
    asked = Asked(OpenGraph(generation))
    tables = Check("tables", "ok", f"{len(generation.versions)} tables can be read at the versions that the generation names")
    return [first, _repository(generation), tables, *_rows(generation, asked), *_promises(asked), _failures(asked)]


def _repository(current: Generation) -> Check:
    """Whether the generations that are kept are of one repository."""
    try:
        others = [other for other in published(current.output_dir) if _place(other) != _place(current)]
    except Coded as failure:  # of a record that is not the current one: that is whole
        return Check("repository", "warn", failure.message, failure.hint)
    told = "; ".join(f"generation {other.number} is of another, {other.record.get('repository')}" for other in others)
    return judged("repository", not others, told or "all generations are of it", "give each repository an output folder of its own", "warn")


def _place(generation: Generation) -> Path | None:
    """The repository, if the record says it."""
    place = generation.record.get("repository")
    return None if place is None else Path(place).resolve()


class Asked:
    """A graph that answers in numbers."""

    def __init__(self, graph: OpenGraph) -> None:
        self._graph = graph

    def number(self, sql: str) -> int:
        """The one number that a query yields."""
        return int(self._graph.sql(sql).column(0)[0].as_py())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows that it yields."""
        found: list[dict[str, Any]] = self._graph.sql(sql).to_pylist()
        return found


def _rows(generation: Generation, asked: Asked) -> Iterator[Check]:
    recorded = {name: table["rows"] for name, table in generation.record["tables"].items()}
    counted = {name: asked.number(f"SELECT count(*) FROM {name}") for name in recorded}
    yield _same("rows as the generation says", recorded, counted)
    path = generation.output_dir / "runs" / str(generation.record.get("run_id")) / "manifest.json"
    if not path.is_file():
        yield Check("manifest", "warn", f"there is no {path}", "nothing: the table run_manifest has it too")
        return
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        yield Check("manifest", "warn", f"cannot read {path}: {error}", "nothing: the table run_manifest has it too")
        return
    told = {name: table["rows"] for name, table in manifest["tables"].items()}
    yield _same("rows as the manifest says", told, counted)


def _same(what: str, told: dict[str, int], counted: dict[str, int]) -> Check:
    wrong = [f"{name} has {counted.get(name)} rows, not {rows}" for name, rows in told.items() if counted.get(name) != rows]
    return judged(what, not wrong, "; ".join(wrong) or f"{sum(told.values()):,} rows in {len(told)} tables", AGAIN)


def _promises(asked: Asked) -> Iterator[Check]:
    yield _none("keys are unique", (f"{table.name}: {count}" for table in TABLES if (count := asked.number(_repeated(table)))), len(TABLES))
    yield _none("columns are filled", (f"{table.name}: {count}" for table in TABLES if (count := asked.number(_nulls(table)))), len(TABLES))
    for what, sql in ENDS.items():
        count = asked.number(sql)
        yield judged(what, count == 0, f"{count:,} do not" if count else "all do", AGAIN)
    kinds = [f"{row['kind']} from {row['source']} to {row['target']}" for row in asked.rows(KINDS) if not _allowed(row)]
    yield _none("edges join what their kind allows", kinds, len(EDGE_KINDS))


def _none(what: str, wrong: Any, of: int) -> Check:
    found = list(wrong)
    return judged(what, not found, "; ".join(found) or f"checked {of}", AGAIN)


def _repeated(table: Table) -> str:
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"SELECT count(*) FROM (SELECT {key} FROM {table.name} GROUP BY {key} HAVING count(*) > 1)"


def _nulls(table: Table) -> str:
    wanted = " OR ".join(f'"{column.name}" IS NULL' for column in table.columns if not column.nullable)
    return f"SELECT count(*) FROM {table.name} WHERE {wanted}"


def _end(side: str) -> str:
    return (
        f"SELECT count(*) FROM {CPG_EDGES.name} AS edge LEFT JOIN {CPG_NODES.name} AS node ON node.id = edge.{side} WHERE node.id IS NULL"
    )


def _span(table: Table) -> str:
    """Spans are in bytes of the UTF-8 text: only where the file is UTF-8 is its size a bound."""
    return (
        f"SELECT count(*) FROM {table.name} AS place LEFT JOIN files AS file ON file.path = place.path "
        f"WHERE place.bstart IS NOT NULL AND (place.bstart < 0 OR place.bend < place.bstart OR file.path IS NULL "
        f"OR (file.encoding IN {UTF8} AND place.bend > file.bytes))"
    )


ENDS = {
    "edges start at a node": _end("src"),
    "edges end at a node": _end("dst"),
    "spans of nodes lie in their file": _span(CPG_NODES),
    "spans of edges lie in their file": _span(CPG_EDGES),
}

KINDS = (
    f"SELECT DISTINCT edge.kind AS kind, source.kind AS source, target.kind AS target FROM {CPG_EDGES.name} AS edge "
    f"JOIN {CPG_NODES.name} AS source ON source.id = edge.src JOIN {CPG_NODES.name} AS target ON target.id = edge.dst"
)


def _allowed(row: dict[str, Any]) -> bool:
    kind = EDGE_KINDS.get(row["kind"])
    return kind is not None and row["source"] in kind.sources and row["target"] in kind.targets


def _failures(asked: Asked) -> Check:
    rows = asked.rows("SELECT code, severity, count(*) AS n FROM failures GROUP BY code, severity ORDER BY n DESC, code")
    told = ", ".join(f"{row['n']} × {row['code']} ({row['severity']})" for row in rows)
    return judged("failures of sources", not rows, told or "none", "`codeanatomy explain CODE`; the view `failures` has each", "warn")
