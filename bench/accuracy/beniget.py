"""beniget's own tests, as data: which uses each definition of a scope reaches. Its chains go on through expressions; what is compared is
definition → use of the same name, each definition by its number among those of its name in the scope, in source order."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.accuracy.cases import Case, Outcome
from bench.accuracy.graphs import Job, ask_one, written
from bench.sources import source
from codeanatomy.query.graph import OpenGraph

FLOWS = """
SELECT binding.path, binding.name, binding.how, binding.line, binding.col, scope.kind AS scope, scope.line AS scope_line, flow.use_line, flow.use_col
FROM bindings binding
JOIN definitions scope ON scope.id = binding.scope_id
LEFT JOIN dataflow flow ON flow.path = binding.path AND flow.def_line = binding.line AND flow.def_col = binding.col
    AND (flow.variable = binding.name OR binding.name = '*') AND flow.kind IN ('local', 'captured', 'global')
WHERE binding.how <> 'comprehension'
"""
"""Every binding with each use that it reaches. The scopes of comprehensions are not among those that the tests dump."""

UNBOUND = "Ω"
SCOPES = {ast.Module: "module", ast.FunctionDef: "function", ast.ClassDef: "class", ast.Lambda: "lambda"}


@dataclass(frozen=True, slots=True)
class Test:
    """The chains that a test expects of one scope of its code; the scope is the path to its node, such as `.body[0]`."""

    name: str
    code: str
    scope: str
    chains: tuple[str, ...]


def run() -> Outcome:
    """Build one repository of all codes, and compare the pairs scope by scope."""
    tests = list(_tests())
    paths = {code: f"case_{number:03}.py" for number, code in enumerate(dict.fromkeys(test.code for test in tests))}
    with written({path: _opened(code) for code, path in paths.items()}) as repository:
        rows = ask_one(Job(repository, pairs, timeout=300))
    cases = [Case(f"{test.name} in {paths[test.code]}", _wanted(test), _found(test, rows.get(paths[test.code], []))) for test in tests]
    return Outcome(cases, {"chains": sum(len(test.chains) for test in tests)})


def pairs(graph: OpenGraph) -> dict[str, list[dict[str, Any]]]:
    """Bindings with their uses, by file."""
    found = defaultdict(list)
    for row in graph.sql(FLOWS).to_pylist():
        found[row["path"]].append(row)
    return dict(found)


def _opened(code: str) -> str:
    """The code with every condition open, as beniget takes it: a name that nothing binds in the place of each constant. CPython knows better."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        test = getattr(node, "test", None)
        if isinstance(test, ast.Constant) and test.lineno == test.end_lineno:
            line = lines[test.lineno - 1].encode()
            constant = line[test.col_offset : test.end_col_offset].decode()
            lines[test.lineno - 1] = f"{line[: test.col_offset].decode()}{UNBOUND * len(constant)}{line[test.end_col_offset :].decode()}"
    return "\n".join(lines)


def _wanted(test: Test) -> Counter[str]:
    """Uses by definition. A name that is used and bound in one (`a += 1`) has its uses inside the chains that it is a use of."""
    found: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    augmented: set[str] = set()
    statements = [node.target for node in ast.walk(ast.parse(test.code)) if isinstance(node, ast.AugAssign)]
    names = {target.id for target in statements if isinstance(target, ast.Name)}
    for chain in test.chains:
        name, children = _node(chain)
        found[f"{name} #{numbers[name]} -> use"] += sum(_same(name, child) for child in children)
        numbers[name] += 1
        augmented |= {child for child in children if name in names and not child.startswith("(#") and _node(child)[0] == name}
    for chain in augmented:
        name, children = _node(chain)
        found[f"{name} augmented -> use"] += sum(_same(name, child) for child in children)
    return +found


def _same(name: str, child: str) -> bool:
    """Whether a child of a node is a use of its name; `*` stands for every name that a star import may bring."""
    return child.startswith("(#") or _node(child)[0] == name or (name == "*" and _node(child)[0].isidentifier())


def _node(text: str) -> tuple[str, list[str]]:
    """Name and children of `name -> (child, …)`."""
    name, _, inside = text.partition(" -> (")
    return name, _split(inside[:-1])


def _split(text: str) -> list[str]:
    """The parts of a list at its own level."""
    parts, depth, begin = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append(text[begin:position].strip())
            begin = position + 1
    return [*parts, text[begin:].strip()] if text.strip() else []


def _found(test: Test, rows: list[dict[str, Any]]) -> Counter[str]:
    tree = ast.parse(test.code)
    scope = _at(tree, test.scope)
    uses: dict[tuple[int, int, str, str], int] = Counter()
    for row in rows:
        if _stands_in(scope, row):
            uses[row["line"], row["col"], row["name"], row["how"]] += row["use_line"] is not None
    found: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for (_, _, name, how), count in sorted(uses.items()):
        if how == "augmented" and numbers[name]:
            found[f"{name} augmented -> use"] += count
        else:
            found[f"{name} #{numbers[name]} -> use"] += count
            numbers[name] += 1
    return +found


def _stands_in(scope: ast.AST, row: dict[str, Any]) -> bool:
    """Whether a binding is one of the scope."""
    return row["scope"] == SCOPES[type(scope)] and (isinstance(scope, ast.Module) or row["scope_line"] == getattr(scope, "lineno", None))


def _at(tree: ast.AST, path: str) -> ast.AST:
    """The node that a path such as `.body[-1].value` leads to."""
    node: Any = tree
    for name, index in re.findall(r"\.(\w+)(?:\[(-?\d+)\])?", path):
        node = getattr(node, name)
        node = node[int(index)] if index else node
    found: ast.AST = node
    return found


def _tests() -> Iterator[Test]:
    file = source("beniget") / "tests" / "test_chains.py"
    for owner in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(owner, ast.ClassDef) and owner.name == "TestDefUseChains":
            for function in owner.body:
                if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                    yield from _Reader(function.name).tests(function)


class _Reader:
    """Reads one test function as data: which names hold code or its tree, and which chains are expected of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._codes: dict[str, str] = {}

    def tests(self, function: ast.FunctionDef) -> Iterator[Test]:
        for statement in _statements(function):
            yield from (test for test in self._expected(statement) if _compiles(test.code))
            if isinstance(statement, ast.Assign):
                self._bind(statement.targets[0], statement.value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        code = (
            self._code(value.args[0]) if isinstance(value, ast.Call) and value.args and _called(value) != "replace" else self._code(value)
        )
        first = target.elts[0] if isinstance(target, ast.Tuple) else target
        if code is not None and isinstance(first, ast.Name):
            self._codes[first.id] = code

    def _expected(self, statement: ast.stmt) -> Iterator[Test]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _called(node) == "checkChains":
                code = self._code(node.args[0])
                if code is not None:
                    yield Test(self._name, code, "", _strings(node.args[1]))
            elif isinstance(node, ast.Call) and _called(node) == "assertEqual":
                yield from self._dumped(node.args[0], node.args[1])
            elif isinstance(node, ast.Compare):
                yield from self._dumped(node.left, node.comparators[0])

    def _dumped(self, call: ast.expr, chains: ast.expr) -> Iterator[Test]:
        if isinstance(call, ast.Call) and _called(call) == "dump_chains":
            variable, dot, path = ast.unparse(call.args[0]).partition(".")
            if variable in self._codes:
                yield Test(self._name, self._codes[variable], dot + path, _strings(chains))

    def _code(self, expression: ast.expr) -> str | None:
        """The text that an expression of constants, names, sums and replacements gives."""
        match expression:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._codes.get(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = self._code(left), self._code(right)
                return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]
            case ast.Call(func=ast.Attribute(value=value, attr="replace"), args=[ast.Constant(value=old), ast.Constant(value=new)]):
                code = self._code(value)
                return None if code is None else code.replace(str(old), str(new))
        return None


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function in order; those of `with` blocks one by one."""
    waiting: list[ast.stmt] = list(reversed(function.body))
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.With):
            waiting += reversed(statement.body)
        else:
            yield statement


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _strings(expression: ast.expr) -> tuple[str, ...]:
    if isinstance(expression, ast.BinOp) and isinstance(expression.right, ast.Constant):
        return _strings(expression.left) * int(str(expression.right.value))
    return tuple(ast.literal_eval(expression))


def _compiles(code: str) -> bool:
    """Whether CPython accepts the code: some of beniget's is newer than the interpreter, some is refused on purpose."""
    try:
        compile(code, "<case>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
