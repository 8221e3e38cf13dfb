"""`__bases__` and `__mro__` of the classes that the standard library has once it is imported, against `inherits` and `mro`, file by file.

Judged are classes whose bases are static, and those of their bases in turn: see `static`.
`object` is left out: the graph names it only where it is written. A class outside the sources may be told under any name that a module has for it.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.cpython.runs import ROOT, graph_of, printed
from bench.accuracy.cpython.static import classes
from codeanatomy.query.graph import OpenGraph

NOT_IMPORTED = {
    *("test", "tests", "idle_test", "site-packages", "__main__"),
    *("antigravity", "idlelib", "this", "turtle", "turtledemo", "tkinter"),
    "venv",
}
"""Tests, programs, what opens windows, and the package whose folder every scan takes for a virtual environment."""

INHERITED = """
SELECT class.path, class.line, inherits.base AS name, 'bases' AS relation, inherits.position
FROM inherits JOIN definitions class ON class.id = inherits.class_id
UNION ALL
SELECT class.path, class.line, mro.ancestor AS name, 'mro' AS relation, mro.position
FROM mro JOIN definitions class ON class.id = mro.class_id
ORDER BY 1, 2, 4, 5
"""
OBJECT = "builtins.object"
Place = tuple[str, int]
"""A class: its source and the line of its `class`."""
Key = tuple[str, int, str]
"""That, and what is told of it."""
KINDS = ("bases", "mro")


def run() -> Outcome:
    """All modules that can be imported without harm."""
    return outcome(modules())


def modules() -> list[str]:
    """Dotted names of the modules to import."""
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if not NOT_IMPORTED.intersection(parts) and all(part.isidentifier() for part in parts):
            found.append(_module(file.relative_to(ROOT).as_posix()))
    return found


def outcome(names: Sequence[str]) -> Outcome:
    """Import modules, build the graph of all sources that hold their classes, and compare class by class."""
    (found,) = printed("inheriting.py", [names])
    sources = _Sources()
    static = sources.static(of for of in found["classes"] if not NOT_IMPORTED.intersection(PurePosixPath(of[0]).parts))
    graph = graph_of(found["loaded"], inherited)
    written = {_dotted([path, first, name]) for path, first, name, _, _ in found["classes"]}
    aliases = {name: of for name, of in found["aliases"].items() if name not in written}
    truth = {
        (*place, kind): _without_object(map(_dotted, of)) for place, both in static.items() for kind, of in zip(KINDS, both, strict=True)
    }
    told = {key: _without_object(_dotted(aliases.get(name, name)) for name in graph.get(key, ())) for key in truth}
    of_path: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(truth):
        of_path[key[0]].append(key)
    cases = [
        Case(path, Counter(_fact(key, truth[key]) for key in keys), Counter(_fact(key, told[key]) for key in keys))
        for path, keys in of_path.items()
    ]
    facts = {"modules": len(names), "not importable": len(found["skipped"]), "classes": len(found["classes"]), "static": len(static)}
    for kind in KINDS:
        keys = [key for key in truth if key[2] == kind]
        facts[f"{kind} right"] = sum(truth[key] == told[key] for key in keys)
        within = [[name for name in of[key] if name in written] for of in (truth, told) for key in keys]
        facts[f"{kind} right but for classes outside the sources"] = sum(map(list.__eq__, within[: len(keys)], within[len(keys) :]))
    return Outcome(cases, {name: float(count) for name, count in facts.items()})


def inherited(graph: OpenGraph) -> dict[Key, list[str]]:
    """Names of bases and ancestors, in their order, by class and relation."""
    found = defaultdict(list)
    for row in graph.sql(INHERITED).to_pylist():
        found[row["path"], row["line"], row["relation"]].append(row["name"])
    return dict(found)


class _Sources:
    """What is written in the sources of classes."""

    def __init__(self) -> None:
        self._of_path: dict[str, dict[tuple[str, int], tuple[int, bool]]] = {}

    def place(self, path: str, first: int, name: str) -> Place:
        """A class by the line of its `class`; its code begins at the first decorator."""
        line, _ = self._written(path, name, first)
        return path, line

    def static(self, found: Iterable[Any]) -> dict[Place, tuple[list[Any], list[Any]]]:
        """Bases and ancestors of the classes that have nothing but static bases, all the way up."""
        found = list(found)
        dynamic = {self.place(*of[:3]) for of in found if not self._written(of[0], of[2], of[1])[1]}
        return {
            place: (bases, ancestors)
            for *place_of, bases, ancestors in found
            if (place := self.place(*place_of)) not in dynamic
            and dynamic.isdisjoint(self.place(*ancestor) for ancestor in ancestors if not isinstance(ancestor, str))
        }

    def _written(self, path: str, name: str, first: int) -> tuple[int, bool]:
        """The line of `class`, and whether its bases are static. What is no class statement, as a type that a call makes, is not."""
        if path not in self._of_path:
            self._of_path[path] = {
                (node.name, _first(node)): (node.lineno, is_static) for node, is_static in classes(ROOT / path, _module(path)).items()
            }
        return self._of_path[path].get((name.rpartition(".")[2], first), (first, False))


def _first(node: ast.ClassDef) -> int:
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _dotted(name: Any) -> str:
    """The name of a class as the graph spells it."""
    if isinstance(name, str):
        return name
    path, _, qualified_name = name
    return f"{_module(path)}.{qualified_name.replace('.<locals>', '')}"


def _module(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _without_object(names: Iterable[str]) -> list[str]:
    return [name for name in names if name != OBJECT]


def _fact(key: Key, names: list[str]) -> str:
    return f"{key[1]} {key[2]} {', '.join(names)}"
