"""Limits of the analysis of values: for each, what a lower number changes in the graph, and who is told of it; and that Strict does not guess."""

import functools
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import anyio
import pytest
from tests.support.repositories import write

from codeanatomy import GraphProductBuildRequest, ResolutionLimits, build_graph_product, engine
from codeanatomy.engine import EngineError
from codeanatomy.query.generation import Generation
from codeanatomy.query.graph import OpenGraph, open_graph_sync
from codeanatomy.semantics.emit import build_execution_spec, semantic_ir
from codeanatomy.semantics.spec import RuntimeConfig
from codeanatomy.tools.config import ScipIndexConfig

DEFAULTS = asdict(ResolutionLimits())
VALUES = "SELECT callee AS name FROM calls WHERE resolution NOT IN ('hierarchy', 'name_match') AND implicit = false"
BELOW, ALIKE = (f"SELECT callee AS name FROM calls WHERE resolution = '{resolution}'" for resolution in ("hierarchy", "name_match"))
TARGETS = "SELECT target AS name FROM refs WHERE name = 'twice'"
CLASSES = "".join(f"class {name}:\n    def METHOD(self):\n        return 1\n\n\n" for name in "ABC")
MANY = "".join(f"def f{n}(x):\n    held = x\n    return held\n\n\nf{n}(1), f{n}(2), f{n}(3), f{n}(4)\n" for n in range(500))


@dataclass(frozen=True)
class Case:
    """A source, what `question` finds in its line `# here` under the defaults (with `beside`) and under a lower number, and for whom it is reached."""

    source: str
    before: list[str]
    after: list[str]
    reached: list[str]
    number: int = 1
    question: str = VALUES
    beside: Mapping[str, int] = field(default_factory=dict)


CASES = {
    "contexts_per_function": Case(
        CLASSES + "def same(x):\n    held = x\n    return held\n\n\nsame(A())\nsame(B()).METHOD()  # here\nsame(C())\n",
        ["B", "B.METHOD", "same"],
        ["B", "B.METHOD", "C.METHOD", "same"],
        ["same"],
    ),
    "contexts_per_factory": Case(
        CLASSES
        + "def wrap(f):\n    def inner():\n        return f()\n\n    return inner\n\n\n"
        + "wrap(A)()\nwrap(B)().METHOD()  # here\nwrap(C)()\n",
        ["B.METHOD", "wrap", "wrap.inner"],
        ["B.METHOD", "C.METHOD", "wrap", "wrap.inner"],
        ["wrap"],
    ),
    "nodes_per_factory": Case(
        CLASSES
        + "def wrap(f, n):\n    def inner():\n        return f()\n\n    return inner\n\n\n"
        + "wrap(A, 1)()\nwrap(A, 2)()\nwrap(A, 3)()\nwrap(A, 4)()\nwrap(B, 5)().METHOD()  # here\nwrap(C, 6)()\n",
        ["B.METHOD", "wrap", "wrap.inner"],
        ["B.METHOD", "C.METHOD", "wrap", "wrap.inner"],
        ["wrap"],
    ),
    "contexts_on_average": Case(
        CLASSES + MANY + "def last(x):\n    held = x\n    return held\n\n\nlast(A()).METHOD()  # here\nlast(B())\n",
        ["A", "A.METHOD", "last"],
        ["A", "A.METHOD", "B.METHOD", "last"],
        ["last"],
    ),
    "runs_per_activation": Case(
        CLASSES + "held = []\n\n\ndef use():\n    for x in held:\n        x.METHOD()  # here\n\n\nuse()\nheld.append(A())\n",
        ["A.METHOD"],
        [],
        ["use"],
    ),
    "passes_per_loop": Case(
        CLASSES + "x = A()\nwhile input():\n    x.METHOD()  # here\n    x = B()\n",
        ["A.METHOD", "B.METHOD"],
        ["A.METHOD"],
        [""],
    ),
    "open_calls": Case(
        CLASSES + "def inner():\n    return A()\n\n\ndef outer():\n    return inner()\n\n\nouter().METHOD()  # here\n",
        ["A.METHOD", "outer"],
        ["outer"],
        ["outer"],
    ),
    "calls_at_once": Case(
        CLASSES + "import functools\n\n\ndef made():\n    return A()\n\n\nfunctools.partial(functools.partial(made))().METHOD()  # here\n",
        ["A.METHOD", "made", "functools.partial", "functools.partial"],
        ["functools.partial", "functools.partial"],
        [""],
    ),
    "values_per_set": Case(
        CLASSES + "x = A() if input() else B()\nx.METHOD()  # here\n",
        ["A.METHOD", "B.METHOD"],
        [],
        [""],
    ),
    "values_per_open_set": Case(
        CLASSES
        + "def inner():\n    return A()\n\n\ndef middle():\n    return inner()\n\n\ndef outer():\n    return middle()\n\n\n"
        + "x = B() if input() else outer()\nx.METHOD()  # here\n",
        ["B.METHOD"],
        [],
        [""],
        beside={"open_calls": 2},
    ),
    "constants_per_set": Case(
        "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n\n\n"
        "name = 'one' if input() else 'two'\nmethod = getattr(A(), name)\nmethod()  # here\n",
        ["A.one", "A.two"],
        [],
        [""],
    ),
    "texts_per_sum": Case(
        "class A:\n    def one_do(self):\n        return 1\n\n    def two_do(self):\n        return 2\n\n\n"
        "name = 'one' if input() else 'two'\nmethod = getattr(A(), name + '_do')\nmethod()  # here\n",
        ["A.one_do", "A.two_do"],
        [],
        [""],
    ),
    "objects_per_class": Case(
        CLASSES
        + "class Box:\n    def __init__(self, thing):\n        self.thing = thing\n\n\n"
        + "one = Box(A())\ntwo = Box(B())\nthree = Box(C())\ntwo.thing.METHOD()  # here\n",
        ["B.METHOD"],
        ["A.METHOD", "B.METHOD", "C.METHOD"],
        ["Box"],
    ),
    "heirs_per_method": Case(
        "class Base:\n    def run(self):\n        self.METHOD()  # here\n\n\nclass One(Base):\n    def METHOD(self):\n        return 1\n",
        ["One.METHOD"],
        [],
        ["Base.run"],
    ),
    "overrides_per_object": Case(
        "class Base:\n    def METHOD(self):\n        return 0\n\n\nclass One(Base):\n    def METHOD(self):\n        return 1\n\n\n"
        "class Two(Base):\n    def METHOD(self):\n        return 2\n\n\ndef run(thing: Base):\n    thing.METHOD()  # here\n",
        ["Base.METHOD", "One.METHOD", "Two.METHOD"],
        ["Base.METHOD"],
        ["run"],
    ),
    "classes_per_metaclass": Case(
        "class Meta(type):\n    known = {}\n\n    def __init__(cls, name, bases, body):\n        cls.known[name] = cls\n\n\n"
        "class One(metaclass=Meta):\n    pass\n\n\nclass Two(metaclass=Meta):\n    def METHOD(self):\n        return 1\n\n\n"
        "Meta.known['Two'].METHOD(0)  # here\n",
        ["Two.METHOD"],
        [],
        ["Two"],
    ),
    "finally_depth": Case(
        CLASSES
        + "def f(c):\n    try:\n        try:\n            try:\n                x = A()\n                c()\n                x = B()\n"
        + "            finally:\n                x.METHOD()  # here\n        finally:\n            c()\n    finally:\n        c()\n",
        ["A.METHOD", "B.METHOD"],
        ["B.METHOD"],
        ["f"],
    ),
    "targets_per_name": Case(
        "if input():\n    def twice():\n        return 1\nelse:\n    class twice:\n        pass\n\n\ntwice()  # here\n",
        ["twice", "twice"],
        ["twice"],
        [""],
        question=TARGETS,
    ),
    "hierarchy_methods": Case(
        "class Base:\n    pass\n\n\nclass One(Base):\n    def METHOD(self):\n        return 1\n\n\nclass Two(Base):\n    def METHOD(self):\n"
        "        return 1\n\n\ndef use(x: Base):\n    x.METHOD()  # here\n",
        ["One.METHOD", "Two.METHOD"],
        [],
        ["use"],
        question=BELOW,
    ),
    "name_match_classes": Case(
        CLASSES + "def use(x):\n    x.METHOD()  # here\n",
        ["A.METHOD", "B.METHOD", "C.METHOD"],
        [],
        ["use"],
        question=ALIKE,
    ),
}


APART = {
    "handed_back": (
        "class A:\n    def go(self):\n        return 1\n\n\nclass B(A):\n    def go(self):\n        return 1\n\n\n"
        "def checked(x):\n    if not x:\n        x = None\n    return x\n\n\nchecked(A())\nchecked(B()).go()  # here\nchecked(A())\n",
        ["B", "B.go", "checked"],
    ),
    "made_by_new": (
        "class Node:\n    def __new__(cls, value):\n        return object.__new__(cls)\n\n    def __init__(self, value):\n        pass\n\n\n"
        "class Leaf(Node):\n    def __init__(self, value):\n        pass\n\n\nNode(1)\nLeaf(2)\nLeaf(3)\nNode(4)  # here\nLeaf(5)\n",
        ["Node", "Node.__init__", "Node.__new__"],
    ),
    "made_by_metaclass": (
        "class Meta(type):\n    def __new__(mcls, name, bases, body):\n        return super().__new__(mcls, name, bases, body)\n\n\n"
        "class Tagged(metaclass=Meta):\n    def __init_subclass__(cls):\n        cls.__init__ = replaced\n\n\n"
        "def replaced(self):\n    pass\n\n\nclass One(Tagged):\n    pass\n\n\nclass Two(Tagged):\n    pass\n\n\n"
        "class Three(Tagged):\n    pass\n\n\nclass Plain(metaclass=Meta):\n    pass\n\n\nPlain()  # here\n",
        ["Plain"],
    ),
}
"""Calls that are not told apart under low limits, and what one of them runs all the same: nothing that another brings."""

RESULTS = "results"
SOURCE_OF_RESULTS = (
    "import outside\n\n\nclass Own:\n    def go(self):\n        return 1\n\n\n"
    "x = Own() if input() else outside.a() if input() else outside.b() if input() else outside.c()\nx.go()  # here\n"
)
"""An object of the repository among results of calls outside."""


def source(name: str) -> str:
    """The source of a case, with methods of a name that no other has."""
    if name == RESULTS:
        return SOURCE_OF_RESULTS
    return APART[name][0] if name in APART else CASES[name].source.replace("METHOD", f"go_{name}")


def request_for(folder: Path, **settings) -> GraphProductBuildRequest:
    return GraphProductBuildRequest(
        repo_root=folder / "repository",
        output_dir=folder / "out",
        scip=ScipIndexConfig(mode="off"),
        types="off",
        enable_libcst=False,
        **settings,
    )


@pytest.fixture(scope="module")
def resolved(tmp_path_factory):
    """Resolve all sources, extracted once, under some limits: the graph and what the engine warned of."""
    folder = tmp_path_factory.mktemp("limits")
    write(folder / "repository", {f"{name}.py": source(name) for name in (*CASES, *APART, RESULTS)})
    built = anyio.run(build_graph_product, request_for(folder))
    assert built.warnings == []
    evidence = {name: (built.work_dir / "extract" / name, table.version) for name, table in built.evidence.items()}
    evidence["extract_errors"] = (built.output_dir / "extract_errors", built.tables["extract_errors"].version)
    ir = semantic_ir(engine.operator_ports())

    @functools.cache
    def of(*lower: tuple[str, int]) -> tuple[OpenGraph, list[dict]]:
        output = Path(tempfile.mkdtemp(dir=folder))
        spec = build_execution_spec(ir, evidence, output, RuntimeConfig(), {**DEFAULTS, **dict(lower)})
        result = anyio.run(engine.run, spec.to_json())
        return OpenGraph(Generation(1, output, {"tables": {table["table"]: table for table in result["outputs"]}})), result["warnings"]

    return of


def found(graph: OpenGraph, name: str) -> list[str]:
    """What the question of a case finds, without the module's name."""
    line = 1 + next(number for number, text in enumerate(source(name).splitlines()) if text.endswith("# here"))
    question = CASES[name].question if name in CASES else VALUES
    names = graph.sql(f"SELECT name FROM ({question} AND path = '{name}.py' AND line = {line}) ORDER BY name")
    return [row["name"].removeprefix(f"{name}.").replace(f"go_{name}", "METHOD") for row in names.to_pylist()]


def own(name: str, names: list[str]) -> list[str]:
    """The qualified names that are of a case, inside its module."""
    return [text.removeprefix(name).removeprefix(".") for text in names if text == name or text.startswith(f"{name}.")]


def test_every_limit_has_a_case():
    assert CASES.keys() == DEFAULTS.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_limit_that_is_reached_changes_the_graph_and_is_told(resolved, name):
    case = CASES[name]
    graph, warnings = resolved(*case.beside.items())
    assert found(graph, name) == case.before
    assert [warning for warning in warnings if warning["context"]["limit"] == name] == []
    graph, warnings = resolved(*case.beside.items(), (name, case.number))
    assert found(graph, name) == case.after
    [warning] = [warning for warning in warnings if warning["context"]["limit"] == name]
    assert (warning["code"], warning["severity"], warning["context"]["value"]) == ("CA609", "warning", case.number)
    noted = "SELECT qualified_name FROM cpg_nodes JOIN cpg_props ON id = entity_id AND key = 'limits_reached' AND"
    rows = graph.sql(f"{noted} ' ' || string_value || ' ' LIKE '% {name} %' ORDER BY qualified_name").to_pylist()
    assert set(case.reached) <= set(own(name, [row["qualified_name"] for row in rows]))
    assert warning["context"]["count"] == len(rows)
    assert warning["context"]["names"] == list(dict.fromkeys(row["qualified_name"] for row in rows))[:20]
    assert warning["message"].startswith(f"operator `resolve`: {name} = {case.number} was reached for {len(rows)} definition")


@pytest.mark.parametrize("name", APART)
def test_calls_that_are_not_told_apart_give_nothing_of_each_other(resolved, name):
    graph, _ = resolved(("contexts_per_function", 1), ("contexts_per_factory", 1), ("classes_per_metaclass", 3))
    assert found(graph, name) == APART[name][1]


def test_results_of_calls_outside_give_way_to_objects_of_the_repository(resolved):
    graph, _ = resolved(("values_per_set", 3))
    assert found(graph, RESULTS) == ["Own.go"]


@pytest.mark.parametrize("name", ["hierarchy_methods", "name_match_classes"])
def test_zero_turns_a_guess_off_and_is_no_limit_reached(resolved, name):
    graph, warnings = resolved((name, 0))
    assert (found(graph, name), warnings) == ([], [])


@pytest.mark.parametrize(
    ("name", "number"), [("values_per_set", 0), ("values_per_set", -1), ("hierarchy_methods", -1), ("open_calls", 2**32)]
)
def test_a_number_that_a_limit_cannot_be_is_refused(resolved, name, number):
    with pytest.raises(EngineError) as caught:
        resolved((name, number))
    assert caught.value.code == "CA605"
    assert f"`limits.{name}` must be a whole number from " in caught.value.message


GUESSED = """\
class Base:
    pass


class One(Base):
    def below(self):
        return 1


class Other:
    def alike(self):
        return 1


def use(x: Base, y):
    x.below()
    y.alike()
"""


def test_strict_does_not_guess(tmp_path):
    write(tmp_path / "repository", {"m.py": GUESSED})

    def calls(**settings) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], list[str]]:
        result = anyio.run(build_graph_product, request_for(tmp_path, **settings))
        graph = open_graph_sync(result.output_dir)
        rows = graph.sql("SELECT callee, resolution FROM calls ORDER BY line").to_pylist()
        sites = graph.sql("SELECT callee_text, status, reason FROM call_sites ORDER BY line").to_pylist()
        return [tuple(row.values()) for row in rows], [tuple(row.values()) for row in sites], result.warnings

    rows, sites, _ = calls()
    assert rows == [("m.One.below", "hierarchy"), ("m.Other.alike", "name_match")]
    assert [status for _, status, _ in sites] == ["ambiguous", "ambiguous"]
    assert calls(rulepack_profile="Strict", resolution=ResolutionLimits(name_match_classes=9)) == (
        [],
        [("x.below", "unresolved", "parameter never bound"), ("y.alike", "unresolved", "parameter never bound")],
        [],
    )


def test_a_limit_of_a_build_is_in_its_warnings_its_manifest_and_its_record(tmp_path):
    write(tmp_path / "repository", {"m.py": source("contexts_per_function")})
    limits = ResolutionLimits(contexts_per_function=1)
    # Strict: a limit that is reached ends no build.
    result = anyio.run(build_graph_product, request_for(tmp_path, resolution=limits, rulepack_profile="Strict"))
    warning = "CA609: operator `resolve`: contexts_per_function = 1 was reached for 1 definition: m.same"
    assert result.warnings == [warning]
    manifest = json.loads(result.manifest_path.read_text())
    assert manifest["warnings"] == [warning]
    assert manifest["configuration"]["resolution.contexts_per_function"]["value"] == 1
    record = json.loads((result.output_dir / "generations" / "000001.json").read_text())
    assert record["limits"] == {**asdict(limits), "hierarchy_methods": 0, "name_match_classes": 0}
    assert result.limits == record["limits"]


def test_what_many_callers_bring_is_known_at_the_end_in_what_they_call(tmp_path):
    many = 5 * DEFAULTS["runs_per_activation"]
    calling = "class C{0}:\n    def go(self):\n        return 1\n\n\ndef f{0}():\n    between(C{0}())\n\n\n"
    called = "def between(thing):\n    use(thing)\n\n\ndef use(thing):\n    thing.go()\n"
    write(tmp_path / "repository", {"m.py": "".join(calling.format(number) for number in range(many)) + called})
    graph = open_graph_sync(anyio.run(build_graph_product, request_for(tmp_path)).output_dir)
    callees = graph.sql("SELECT callee FROM calls WHERE caller = 'm.use'")["callee"].to_pylist()
    assert sorted(callees) == sorted(f"m.C{number}.go" for number in range(many))


AT_ONCE = {
    "whole": "one.whole()",
    "__init__": "",
    "__new__": "",
    "got": "one.got",
    "__bool__": "not one",
    "__add__": "one + 1",
    "__radd__": "1 + one",
    "__neg__": "-one",
    "__lt__": "one < 1",
    "__contains__": "1 in one",
    "__getitem__": "one[1]",
    "__setitem__": "one[1] = 1",
    "__delitem__": "del one[1]",
    "__iter__": "for _ in one: pass",
    "__enter__": "with one: pass",
    "__hash__": "{one: 1}",
    "__str__": "str(one)",
}


@pytest.mark.parametrize("method", AT_ONCE)
def test_a_method_runs_once_with_all_objects_that_something_may_be(tmp_path, method):
    decorator = "@property" if method == "got" else ""
    base = f"class Base:\n    {decorator}\n    def {method}(self, *given):\n        return self.part()\n\n\n"
    classes = "".join(f"class {name}(Base):\n    @classmethod\n    def part(cls):\n        return 1\n\n\n" for name in "ABC")
    used = f"kind = A if input() else B if input() else C\none = kind()\n{AT_ONCE[method]}\n"
    write(tmp_path / "repository", {"m.py": base + classes + used})
    request = request_for(tmp_path, resolution=ResolutionLimits(runs_per_activation=1))
    result = anyio.run(build_graph_product, request)
    callees = open_graph_sync(result.output_dir).sql(f"SELECT callee FROM calls WHERE caller = 'm.Base.{method}'")["callee"].to_pylist()
    assert sorted(callees) == ["m.A.part", "m.B.part", "m.C.part"]
    assert result.warnings == []
