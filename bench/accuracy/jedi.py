"""jedi's own tests, as data: the places that refer to one thing (`#<`), and what a name leads to (`#!`). Inferred instances (`#?`) are left out.

Most of the files hold code that is being typed, so CPython refuses them: they are repaired first (see `repair`), and cases whose
name a repair took away are left out. What the graph knows of the files as they are written is told too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from operator import eq, ge, gt, le, lt
from pathlib import Path
from typing import Any

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.graphs import Answer, Job, ask, written
from bench.accuracy.repair import repaired
from bench.sources import source
from codeanatomy.query.graph import OpenGraph

LEFT_OUT = ("stdlib", "django", "pytest", "thirdparty")
COMPARISONS = {"==": eq, "<=": le, ">=": ge, "<": lt, ">": gt}

PLACES = """
WITH own AS (SELECT DISTINCT definition_id FROM bindings WHERE how = 'comprehension'),
found AS (
    SELECT path, line, col, name, target_id, target FROM refs WHERE target IS NOT NULL
    UNION
    SELECT binding.path, binding.line, binding.col, binding.name, definition.id, definition.qualified_name
    FROM bindings binding JOIN definitions definition ON definition.id = binding.definition_id
    UNION
    SELECT path, line, col, name, id, qualified_name FROM definitions WHERE kind = 'module'
)
SELECT found.path, found.line, found.col, found.name, found.target, own.definition_id AS own
FROM found LEFT JOIN own ON own.definition_id = found.target_id
"""
"""Every place that means something, by the qualified name of what it means: jedi tells neither two definitions of one name apart, nor a stub from
its source. Variables of comprehensions have the qualified name of what they hide, so they are told apart."""

LEADS = """
SELECT 'binding' AS what, binding.path, binding.line, binding.col, binding.path AS target_path, binding.line AS target_line,
       binding.col AS target_col, definition.kind, definition.qualified_name AS target
FROM bindings binding JOIN definitions definition ON definition.id = binding.definition_id
UNION
SELECT 'reference', ref.path, ref.line, ref.col, ref.target_path, ref.target_line, ref.target_col, definition.kind, ref.target
FROM refs ref LEFT JOIN definitions definition ON definition.id = ref.target_id
WHERE ref.target IS NOT NULL
UNION
SELECT 'inherited', path, line, col, target_path, target_line, target_col, kind, target FROM (
    SELECT binding.path, binding.line, binding.col, member.path AS target_path, member.line AS target_line, member.col AS target_col, member.kind,
           member.qualified_name AS target, rank() OVER (PARTITION BY binding.path, binding.line, binding.col ORDER BY mro.position) AS nearest
    FROM bindings binding JOIN mro ON mro.class_id = binding.scope_id AND mro.position > 0
    JOIN definitions ancestor ON ancestor.qualified_name = mro.ancestor
    JOIN definitions member ON member.parent_id = ancestor.id AND member.name = binding.name
) WHERE nearest = 1
"""
"""Where each place leads: a binding to itself, or to what it hides of a base class; a reference to what it means."""

Position = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Test:
    """A comment of jedi's and the place that it is about: line from 1, column of the cursor from 0."""

    kind: str
    path: str
    line: int
    column: int
    expected: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Sources:
    """The files as they are written, as they are built, and which of their lines differ."""

    written: dict[str, str]
    built: dict[str, str]
    changed: dict[str, set[int]]


def references() -> Outcome:
    """The sets of places that refer to one thing."""
    return _outcome("<", _references, places)


def _references(sources: Sources, test: Test, rows: list[dict[str, Any]]) -> Case:
    wanted = _wanted_places(sources, test)
    return Case(test.name, wanted, _anywhere(wanted, _found_places(sources, test, rows)))


def goto() -> Outcome:
    """What a name leads to, by the text of the statement that makes it."""
    return _outcome("!", lambda sources, test, rows: Case(test.name, _wanted_texts(test), _found_texts(sources, test, rows)), leads)


def _outcome(kind: str, case: Any, read: Any) -> Outcome:
    sources = _sources()
    chosen = [test for test in _tests(sources) if test.kind == kind and "instance " not in test.expected]
    judged = [test for test in chosen if _name_at(sources.written, test) == _name_at(sources.built, test)]
    with written(sources.built) as built, written(sources.written) as raw:
        repaired_answer, raw_answer = ask([Job(built, read), Job(raw, read)])
    cases = [_judged(case, sources, test, repaired_answer) for test in judged]
    unrepaired = [_judged(case, sources, test, raw_answer) for test in judged]
    facts: dict[str, float] = {
        "left out, their name repaired away": len(chosen) - len(judged),
        "lines repaired": sum(map(len, sources.changed.values())),
        "exact in the files as they are written": sum(found.exact for found in unrepaired),
    }
    return Outcome(cases, facts)


def _judged(case: Any, sources: Sources, test: Test, answer: Answer) -> Case:
    if answer.crash:
        return Case(test.name, Counter([test.expected]), crash=answer.crash)
    found: Case = case(sources, test, answer.value)
    return found


def places(graph: OpenGraph) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = graph.sql(PLACES).to_pylist()
    return rows


def leads(graph: OpenGraph) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = graph.sql(LEADS).to_pylist()
    return rows


@cache
def _sources() -> Sources:
    root = source("jedi") / "test" / "completion"
    found = sorted(path for path in root.rglob("*.py*") if path.suffix in (".py", ".pyi") and "thirdparty" not in path.parts)
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}
    mended = {path: repaired(text) for path, text in texts.items()}
    return Sources(texts, {path: text for path, (text, _) in mended.items()}, {path: set(lines) for path, (_, lines) in mended.items()})


def _tests(sources: Sources) -> Iterator[Test]:
    for path, text in sources.written.items():
        if "/" not in path and path.endswith(".py") and Path(path).stem not in LEFT_OUT:
            yield from _tests_of(path, text.split("\n"))


def _tests_of(path: str, lines: list[str]) -> Iterator[Test]:
    """The tests of one file: a comment, and the line below it. A comment directly below a comment is no comment of a test."""
    waiting: tuple[str, str] | None = None
    applies = True
    for number, line in enumerate(lines, 1):
        if waiting:
            kind, text = waiting
            waiting = None
            column = re.match(r"(\d+)\s*(.*)$", text)
            if applies:
                yield Test(kind, path, number, int(column[1]) if column else len(line), column[2].strip() if column else text.strip())
            continue
        applies = _applies(line, applies)
        if found := re.search(r"(?:^|(?<=\s))#([?!<])\s*([^\n]*)", line):
            waiting = found[1], found[2] or " "


def _applies(line: str, before: bool) -> bool:
    """Whether tests from here on are for this interpreter: a comment `# python >= 3.12` says so."""
    said = re.match(r" *# *python *([<>]=?|==) *(\d+(?:\.\d+)?)$", line)
    return COMPARISONS[said[1]](sys.version_info[:2], tuple(map(int, said[2].split(".")))) if said else before


def _wanted_places(sources: Sources, test: Test) -> Counter[str]:
    positions = ast.literal_eval(test.expected) if test.expected else ()
    found = (_position(test, position) for position in positions)
    # What lies in other people's files is in no graph of these.
    return Counter({_place(position) for position in found if position[0] in sources.written})


def _anywhere(wanted: Counter[str], found: Counter[str]) -> Counter[str]:
    """Places as found, each that is wanted in some line of its file, whichever (`…`), as it is wanted."""
    open_lines = {tuple(place.split(":")[::2]): place for place in wanted if ":Ellipsis:" in place}
    return Counter({open_lines.get(tuple(place.split(":")[::2]), place) for place in found})


def _position(test: Test, position: tuple[Any, ...]) -> Position:
    if isinstance(position[0], str):
        stub, _, module = position[0].rpartition("stub:")
        return f"{module.replace('.', '/')}.py{'i' if stub or position[0].startswith('stub:') else ''}", position[1], position[2]
    return test.path, test.line + position[0], position[1]


def _place(position: Position) -> str:
    return "{}:{}:{}".format(*position)


def _found_places(sources: Sources, test: Test, rows: list[dict[str, Any]]) -> Counter[str]:
    own = _name_at(sources.written, test)
    if own is None:
        return Counter()
    meant, places = _index(rows)
    position = (test.path, test.line, own[0])
    found = {place for target in meant[position] for place in places[own[1], target]} | {position}
    return Counter({_place(place) for place in found})


_INDEX: dict[int, Any] = {}


def _index(rows: list[dict[str, Any]]) -> tuple[dict[Position, set[Any]], dict[Any, set[Position]]]:
    """What each place means, and the places of each name and meaning."""
    if id(rows) not in _INDEX:
        meant, places = defaultdict(set), defaultdict(set)
        for row in rows:
            position = (row["path"], row["line"], row["col"] - 1)
            target = (row["target"], row["own"])
            meant[position].add(target)
            places[row["name"], target].add(position)
        _INDEX[id(rows)] = (meant, places)
    found: tuple[dict[Position, set[Any]], dict[Any, set[Position]]] = _INDEX[id(rows)]
    return found


def _name_at(texts: dict[str, str], test: Test) -> tuple[int, str] | None:
    """Column and text of the name that the cursor is in or behind."""
    line = texts[test.path].split("\n")[test.line - 1]
    names = [found for found in re.finditer(r"[^\W\d]\w*", line) if found.start() <= test.column <= found.end() and not iskeyword(found[0])]
    chosen = next((name for name in names if name.start() == test.column), names[0] if names else None)
    return (chosen.start(), chosen[0]) if chosen else None


def _wanted_texts(test: Test) -> Counter[str]:
    return Counter(set(ast.literal_eval(test.expected)))


def _found_texts(sources: Sources, test: Test, rows: list[dict[str, Any]]) -> Counter[str]:
    own = _name_at(sources.written, test)
    if own is None:
        return Counter()
    here = [row for row in rows if (row["path"], row["line"], row["col"] - 1) == (test.path, test.line, own[0])]
    ranked = ([row for row in here if row["what"] == what] for what in ("inherited", "binding", "reference"))
    wanted = set(_wanted_texts(test))
    return Counter({_text(sources, row, wanted) for row in next(filter(None, ranked), ())})


def _text(sources: Sources, row: dict[str, Any], wanted: set[str]) -> str:
    """What jedi would say of the target: the kind and name of a definition, the statement of anything else."""
    last = row["target"].rpartition(".")[2]
    if row["target_path"] is None:
        # Of what lies outside, the graph knows the path and not the kind.
        return next((text for text in wanted if text.split()[-1] == last), row["target"])
    if row["kind"] in ("class", "function"):
        return f"{'class' if row['kind'] == 'class' else 'def'} {last}"
    if row["kind"] not in ("parameter", "variable", "attribute"):
        return f"module {last}"
    return _statement(sources.built[row["target_path"]], row["target_line"], row["target_col"] - 1, row["kind"] == "parameter")


def _statement(text: str, line: int, column: int, parameter: bool) -> str:
    """The source of the innermost statement around a place, or of the parameter there; spaces and comments as jedi has them."""
    offset = len(text.split("\n")[line - 1][:column].encode())
    tree = _tree(text)
    if parameter:
        return f"param {_parameter(tree, text, line, offset)}"
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _contains(node, line, offset)]
    innermost = max(around, key=lambda node: (node.lineno, node.col_offset))
    code = re.sub(r"#[^\n]+\n", " ", ast.get_source_segment(text, innermost) or "")
    return re.sub(r"\s+", " ", code).strip()


def _parameter(tree: ast.AST, text: str, line: int, offset: int) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            defaults = [*[None] * (len(positional) - len(node.defaults)), *node.defaults, *node.kw_defaults]
            pairs = [*zip([*positional, *node.kwonlyargs], defaults, strict=True)]
            pairs += [(extra, None) for extra in (node.vararg, node.kwarg) if extra]
            for argument, default in pairs:
                if (argument.lineno, argument.col_offset) == (line, offset):
                    shown = ast.get_source_segment(text, argument) or ""
                    return f"{shown}={ast.get_source_segment(text, default)}" if default else shown
    return "?"


def _contains(node: ast.stmt, line: int, offset: int) -> bool:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset) <= (line, offset) < (node.end_lineno, node.end_col_offset)


@cache
def _tree(text: str) -> ast.AST:
    return ast.parse(text)
