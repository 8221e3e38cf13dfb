"""pyflakes' own tests, as data: how often each of its messages about names is due. Ours are counted by queries over the public views alone."""

from __future__ import annotations

import ast
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from pathlib import Path
from typing import Any

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.graphs import Job, ask_one, written
from bench.sources import source
from codeanatomy.query.graph import OpenGraph

LEFT_OUT = ("test_api", "test_doctests", "test_custom_builtins", "harness", "__init__")
"""Files about its command line, about code inside docstrings, and about options of its own."""

COMPARISONS = {ast.Eq: eq, ast.GtE: ge, ast.Gt: gt, ast.LtE: le, ast.Lt: lt}

MESSAGES = ("UndefinedName", "UnusedImport", "UnusedVariable")
FLAWS = Path(__file__).with_name("flaws")


@dataclass(frozen=True, slots=True)
class Test:
    """One call of `flakes`: its code, and the messages that it expects."""

    name: str
    path: str
    code: str
    messages: Counter[str]


def run() -> Outcome:
    """Build one repository of all tests, ask for every message, and compare the counts test by test."""
    tests = list(_tests())
    with written({test.path: test.code for test in tests}) as repository:
        due = ask_one(Job(repository, messages, timeout=600))
    cases = [Case(test.name, _only(test.messages), Counter(due.get(test.path, ()))) for test in tests]
    facts = {f"{message} {kind}": count for message in MESSAGES for kind, count in _counts(cases, message).items()}
    return Outcome(cases, facts)


def messages(graph: OpenGraph) -> dict[str, list[str]]:
    """The messages due in each file."""
    found = defaultdict(list)
    for message in MESSAGES:
        for row in graph.sql((FLAWS / f"{message}.sql").read_text(encoding="utf-8")).to_pylist():
            found[row["path"]].append(message)
    return dict(found)


def _only(messages: Counter[str]) -> Counter[str]:
    return Counter({message: count for message, count in messages.items() if message in MESSAGES})


def _counts(cases: list[Case], message: str) -> dict[str, float]:
    """In how many of the cases that have to do with a message its count is right."""
    about = [case for case in cases if case.wanted[message] or case.found[message]]
    return {"expected": sum(case.wanted[message] for case in cases), "right": sum((case.wanted & case.found)[message] for case in about)}


def _tests() -> Iterator[Test]:
    for file in sorted((source("pyflakes") / "pyflakes" / "test").glob("*.py")):
        if file.stem in LEFT_OUT:
            continue
        for owner in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(owner, ast.ClassDef) and all(map(_applies, owner.decorator_list)):
                for function in owner.body:
                    if isinstance(function, ast.FunctionDef) and all(map(_applies, function.decorator_list)):
                        yield from _tests_of(f"{file.stem}.{owner.name}.{function.name}", function)


def _tests_of(name: str, function: ast.FunctionDef) -> Iterator[Test]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.flakes"]
    for number, call in enumerate(sorted(calls, key=lambda call: call.lineno), 1):
        options: dict[str | None, Any] = {keyword.arg: keyword.value for keyword in call.keywords}
        file = options.get("filename")
        folder = str(file.value) if isinstance(file, ast.Constant) else ""
        if call.args and isinstance(code := getattr(call.args[0], "value", None), str) and (file is None or folder):
            expected = _messages(call.args[1:])
            if expected is not None:
                case = f"{name}_{number}".replace(".", "_")
                yield Test(f"{name}:{number}", f"{case}/{folder}" if folder else f"{case}.py", textwrap.dedent(code), expected)


def _messages(arguments: list[ast.expr]) -> Counter[str] | None:
    """The messages that a call expects, by their class; none where the test computes them."""
    names = [ast.unparse(argument) for argument in arguments]
    return Counter(name.removeprefix("m.") for name in names) if all(name.replace(".", "").isidentifier() for name in names) else None


def _applies(decorator: ast.expr) -> bool:
    """Whether a test is to be run on this interpreter: `@skip(…)` and `@skipIf(version_info < …, …)` say when not."""
    if not isinstance(decorator, ast.Call):
        return True
    condition = decorator.args[0]
    if ast.unparse(decorator.func) == "skip":
        return False
    if not isinstance(condition, ast.Compare):
        return True
    return not COMPARISONS[type(condition.ops[0])](sys.version_info, ast.literal_eval(condition.comparators[0]))
