"""PyCG's micro-benchmark: call edges of small programs, in PyCG's names. How PyCG and others do on it is `peers`'s."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.graphs import Job, ask, written
from bench.sources import source
from codeanatomy.export.pycg import write_pycg
from codeanatomy.query.graph import OpenGraph

CONTRADICTED = {
    "builtins/map": "the program raises TypeError: the arguments of `map` are the wrong way round",
    "decorators/nested_decorators": "`main` calls `dec1.inner`; `func` is called by `dec2.inner` alone",
    "dynamic/eval": "`main` calls `eval`, and `eval` in it `func`; the truth has `main.func` call `eval`",
    "kwargs/chained_call": "`func2` calls `func3` alone, never itself",
    "mro/self_assignment": "`self.func` of an `A` is `A.func` in `funcb` too: `B.func` never runs",
}
"""Truths that the program's own execution contradicts. They are counted like all others and not imitated."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program of the benchmark: its Python files and the edges that are its truth."""

    name: str
    files: dict[str, str]
    edges: frozenset[str]


def run() -> Outcome:
    """Build a graph of every program, and compare its edges with the truth."""
    found = snippets()
    with repositories(found) as folders:
        answers = ask([Job(folder, call_edges) for folder in folders])
    cases = [
        Case(snippet.name, Counter(snippet.edges), Counter(answer.value or ()), answer.crash, CONTRADICTED.get(snippet.name, ""))
        for snippet, answer in zip(found, answers, strict=True)
    ]
    return Outcome(cases, contradicted(cases))


def snippets() -> list[Snippet]:
    """Every program of the benchmark."""
    root = source("pycg") / "micro-benchmark" / "snippets"
    return [_snippet(root, truth) for truth in sorted(root.glob("*/*/callgraph.json"))]


@contextmanager
def repositories(found: list[Snippet]) -> Iterator[list[Path]]:
    """Each program in a folder of its own, without its truth."""
    files = {f"{number}/{path}": text for number, snippet in enumerate(found) for path, text in snippet.files.items()}
    with written(files) as root:
        yield [root / str(number) for number in range(len(found))]


def contradicted(cases: list[Case]) -> dict[str, float]:
    """What is told of the truths that are wrong: how many there are, and how many of the cases that are not exact they are."""
    wrong = [case for case in cases if case.note]
    return {"contradicted": len(wrong), "contradicted and not matched": sum(not case.exact for case in wrong)}


def call_edges(graph: OpenGraph) -> set[str]:
    """What `codeanatomy export --format pycg` writes, each edge as text."""
    file = io.BytesIO()
    write_pycg(graph, file)
    return {f"{caller} -> {callee}" for caller, callees in json.loads(file.getvalue()).items() for callee in callees}


def _snippet(root: Path, truth: Path) -> Snippet:
    folder = truth.parent
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    edges = {f"{caller} -> {callee}" for caller, callees in json.loads(truth.read_text(encoding="utf-8")).items() for callee in callees}
    return Snippet(folder.relative_to(root).as_posix(), files, frozenset(edges))
