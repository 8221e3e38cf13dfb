"""Executed store → load pairs of local variables, against the def-use edges of `dataflow`, file by file. What was not executed says nothing.

A definition is the binding of the name in the span that was stored from: the name itself, or its `import`, `def`, `class` or `except`; of an
argument, the parameter. A use is the name that was read. CPython stores all captures of a `case` from the place of its last one: there the definition
is the name in the pattern, and where alternatives bind it, what was executed is not known.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.cpython.modules import TRACED, dotted
from bench.accuracy.cpython.runs import ROOT, graph_of, printed
from codeanatomy.query.graph import OpenGraph

PAIRS = "SELECT use_path, variable, def_line, def_col, use_line, use_col FROM dataflow WHERE kind = 'local' AND path = use_path"
BINDINGS = "SELECT path, name, line, col FROM bindings ORDER BY path, line, col"
Place = tuple[int, int]


def run() -> Outcome:
    """All modules whose every opcode may be traced."""
    return outcome(dotted(TRACED))


def outcome(modules: list[str]) -> Outcome:
    """Run test modules, build the graph of all files that they executed, and look for each pair."""
    of_path: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for run in printed("storing.py", [[module] for module in modules]):
        for path, rows in run.items():
            of_path[path] |= {(name, code, first, store and tuple(store), tuple(load)) for name, code, first, store, load in rows}
    pairs, bindings = graph_of(sorted(of_path), rows_of)
    cases = []
    for path, rows in sorted(of_path.items()):
        wanted = Counter(_wanted(rows, Written(path, bindings.get(path, {}))))
        cases.append(Case(path, wanted, Counter(fact for fact in wanted if fact in pairs.get(path, ()))))
    return Outcome(cases, recall_only=True)


def rows_of(graph: OpenGraph) -> tuple[dict[str, set[str]], dict[str, dict[str, list[Place]]]]:
    """Def-use pairs by file, and bindings by file and name."""
    pairs: dict[str, set[str]] = defaultdict(set)
    for row in graph.sql(PAIRS).to_pylist():
        pairs[row["use_path"]].add(_fact(row["variable"], (row["def_line"], row["def_col"]), (row["use_line"], row["use_col"])))
    bindings: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for row in graph.sql(BINDINGS).to_pylist():
        bindings[row["path"]][row["name"]].append((row["line"], row["col"]))
    return dict(pairs), {path: dict(of) for path, of in bindings.items()}


class Written:
    """What is written in a source: bindings, parameters by function, its first line and name, and the spans of patterns."""

    def __init__(self, path: str, bindings: dict[str, list[Place]]) -> None:
        source = (ROOT / path).read_bytes()
        self._lines = source.split(b"\n")
        self._bindings = bindings
        self._parameters: dict[tuple[str, int, str], set[Place]] = defaultdict(set)
        self._patterns: list[tuple[Place, Place]] = []
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                self._add_parameters(node)
            elif isinstance(node, ast.match_case):
                pattern = node.pattern
                self._patterns.append(
                    (self._place(pattern.lineno, pattern.col_offset), self._place(pattern.end_lineno, pattern.end_col_offset))
                )

    def definitions(self, name: str, begin: Place, end: Place) -> list[Place]:
        """Which bindings of a name a store from a span may be; the span itself where there is none."""
        every = self._bindings.get(name, ())
        within = [place for place in every if begin <= place < end][:1]
        for first, last in self._patterns:
            if first <= begin < last:
                within = [place for place in every if first <= place < last]
        return within or [begin]

    def parameters(self, function: str, first: int, name: str) -> set[Place]:
        """Which parameters of a name there are: lambdas of one line may each have one; none where a variable is read unbound."""
        return self._parameters.get((function, first, name), set())

    def _add_parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        first = decorators[0].lineno if decorators else node.lineno
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        for argument in filter(None, every):
            self._parameters[name, first, argument.arg].add(self._place(argument.lineno, argument.col_offset))

    def _place(self, line: int, col: int) -> Place:
        return line, len(self._lines[line - 1][:col].decode()) + 1


def _wanted(rows: Iterable[tuple[Any, ...]], written: Written) -> set[str]:
    """The pairs that must be there."""
    found = set()
    for name, function, first, store, load in rows:
        if store is None:
            definitions = list(written.parameters(function, first, name))
        else:
            definitions = written.definitions(name, store[:2], store[2:])
        if len(definitions) == 1:
            found.add(_fact(name, definitions[0], load[:2]))
    return found


def _fact(name: str, definition: Place, use: Place) -> str:
    return f"{name} {definition[0]}:{definition[1]} -> {use[0]}:{use[1]}"
