"""`external_interfaces`: what a real build knows of a small installed tree, and what its graph says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from deltalake import DeltaTable
from tests.support.collected import collected
from tests.support.literate import Row
from tests.support.repositories import write
from tests.torture.corpus import DEEP, KILLERS

from codeanatomy.collect import Collection
from codeanatomy.dependencies import interfaces
from codeanatomy.extract.interface import Interface, interface
from codeanatomy.extract.reexports import Effort, public
from codeanatomy.sandbox.limits import Limits

EXTRACTORS = {"ast", "dependencies", "python_imports", "python_external", "external_names", "external_interfaces"}
HASTY = Limits(file_cpu_seconds=0.5, seconds_per_byte=0)
"""For files that take no time, or much more."""
Files = dict[str, bytes | str]
WHOLE = int(os.environ.get("CODEANATOMY_TORTURE", "3")) > 3
SITE = ".venv/lib/python3.11/site-packages"
FILES = {
    "a.py": "import chain, typed, missing\nfrom chain import Thing, run, gone\n\nrun(1)\nThing().walk()\ntyped.f(1)\nmissing.x()\n",
    f"{SITE}/chain-1.2.dist-info/METADATA": "Name: chain\nVersion: 1.2\n",
    f"{SITE}/chain-1.2.dist-info/RECORD": "chain/__init__.py,,\n",
    f"{SITE}/chain/__init__.py": '"""A chain."""\nfrom .middle import *\nfrom .broken import gone\n',
    f"{SITE}/chain/middle.py": "__all__ = ['Thing', 'run']\nfrom chain.last import Thing, run\n",
    f"{SITE}/chain/broken.py": "def gone(:\n",
    f"{SITE}/chain/last.py": '''from typing import overload

class Thing(dict):
    """A thing.

    More."""

    size: int = 0

    @property
    def name(self) -> str: ...
    @overload
    def walk(self) -> int: ...
    @overload
    def walk(self, far: bool) -> str: ...
    def walk(self, far=False): ...

async def run(times: int = 1) -> None:
    """Runs."""
    raise SystemExit("nobody runs it")

raise SystemExit("nobody imports it")
''',
    f"{SITE}/typed-3.dist-info/METADATA": "Name: typed\nVersion: 3\n",
    f"{SITE}/typed-3.dist-info/RECORD": "typed.py,,\n",
    f"{SITE}/typed.py": "def f(a): ...\ndef only_in_source(): ...\n",
    f"{SITE}/typed-stubs/__init__.pyi": "def f(a: int) -> str: ...\n",
}


def build(folder: Path, *options: str, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "codeanatomy", "build", str(folder), "--scip", "off", "--types", "off", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return DeltaTable(folder / "build/codeanatomy/work/extract" / table).to_pyarrow_table().to_pylist()


def query(folder: Path, sql: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "codeanatomy", "query", sql, "--graph", str(folder / "build/codeanatomy"), "--format", "jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("full"), FILES)
    build(folder, "--external-interface-depth", "full")
    return folder


def test_names_and_where_they_are_defined(full: Path) -> None:
    found = {row["qualified_name"]: row for row in rows(full, "external_interfaces")}
    said = {name: (row["kind"], row["signature"], row["annotation"], row["defined_in"], row["line"]) for name, row in found.items()}
    assert said == {
        "chain": ("module", None, None, "chain", 1),
        "chain.Thing": ("class", None, None, "chain.last", 3),
        "chain.Thing.name": ("property", None, "str", "chain.last", 11),
        "chain.Thing.size": ("variable", None, "int", "chain.last", 8),
        "chain.Thing.walk": ("method", "(self) -> int\n(self, far: bool) -> str", "int", "chain.last", 13),
        "chain.gone": ("re-export", None, None, "chain.broken", 3),
        "chain.run": ("function", "(times: int=1) -> None", "None", "chain.last", 18),
        "typed": ("module", None, None, "typed", 1),
        "typed.f": ("function", "(a: int) -> str", "str", "typed", 1),
    }
    thing, run, f = found["chain.Thing"], found["chain.run"], found["typed.f"]
    assert (thing["bases"], thing["docstring"], thing["distribution"], thing["version"]) == (["dict"], "A thing.", "chain", "1.2")
    assert (run["is_async"], run["path"], run["is_stub"]) == (True, f"{SITE}/chain/last.py", False)
    assert (f["is_stub"], f["path"]) == (True, f"{SITE}/typed-stubs/__init__.pyi")


def test_a_broken_file_is_a_warning(full: Path) -> None:
    errors = DeltaTable(full / "build/codeanatomy/extract_errors").to_pyarrow_table().to_pylist()
    assert [(row["code"], row["path"], row["severity"]) for row in errors] == [("CA254", f"{SITE}/chain/broken.py", "warning")]


def test_the_graph_says_it(full: Path) -> None:
    sql = (
        "SELECT n.qualified_name AS name, p.key AS key, coalesce(p.string_value, CAST(p.int_value AS VARCHAR)) AS value "
        "FROM cpg_props p JOIN cpg_nodes n ON n.id = p.entity_id WHERE n.qualified_name = 'chain.run' ORDER BY key"
    )
    assert {row["key"]: row["value"] for row in query(full, sql)} == {
        "interface_kind": "function",
        "signature": "(times: int=1) -> None",
        "annotation": "None",
        "defined_in": "chain.last",
        "external_path": f"{SITE}/chain/last.py",
        "external_line": "18",
        "docstring": "Runs.",
    }


def test_metadata_reads_none(tmp_path: Path) -> None:
    build(write(tmp_path, FILES))
    assert rows(tmp_path, "external_names") == rows(tmp_path, "external_interfaces") == []


@pytest.mark.parametrize(
    ("variables", "more"),
    [
        ({"CODEANATOMY_EXTERNAL_INTERFACE_DEPTH": "full"}, {}),
        ({}, {"codeanatomy.toml": '[scope]\nexternal_interface_depth = "full"\n'}),
    ],
    ids=["environment", "file"],
)
def test_the_environment_and_the_file_say_it_too(tmp_path: Path, variables: dict[str, str], more: dict[str, str]) -> None:
    files = {"a.py": "import typed\n"} | {path: text for path, text in FILES.items() if "typed" in path}
    build(write(tmp_path, files | more), environment={**os.environ, **variables})
    assert [row["qualified_name"] for row in rows(tmp_path, "external_interfaces")] == ["typed", "typed.f"]


def test_what_is_too_much_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "MOST_FILES", 3)
    found = anyio.run(collected, write(tmp_path, FILES), EXTRACTORS, "full")
    assert found.warnings == ["CA255: 2 files of installed packages were not read: they are too many, or too large in all"]
    assert len({row["path"] for row in found.tables["external_names"]}) == 2


def test_the_standard_library_and_lone_surrogates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / SITE
    write(site, {"odd-1.dist-info/METADATA": "Name: odd\nVersion: 1\n", "odd-1.dist-info/RECORD": "odd.py,,\n"})
    write(site, {"odd.py": "def f(a='\\ud800'):\n    '\\ud800'\ndef g(a='\\N{BULLET}'): ...\n"})
    found = anyio.run(collected, write(tmp_path, {"a.py": "import odd, string\n"}), EXTRACTORS, "full")
    said = {row["qualified_name"]: row for row in found.tables["external_interfaces"]}
    assert said["odd.f"]["docstring"] == "?"
    assert said["odd.g"]["signature"] == "(a='•')"
    capwords = said["string.capwords"]
    assert (capwords["path"], capwords["signature"], capwords["distribution"]) == ("<library>/string.py", "(s, sep=None)", None)


@pytest.mark.parametrize(
    "files",
    [
        {"p": "from q import x\n", "q": "from p import x\n"},
        {"p": "from q import *\n", "q": "from p import *\n"},
        {"p": "__all__ = ['x']\nfrom q import *\n", "q": "from p import *\nfrom r import *\n", "r": "from q import *\n"},
        {f"{name}": "".join(f"from {other} import *\n" for other in "pqrstuvwxyz") for name in "pqrstuvwxyz"},
    ],
)
def test_circles_end(files: dict[str, str]) -> None:
    known: dict[str, Interface] = {name: interface(text.encode(), name, False, False) for name, text in files.items()}
    assert all(found.name.kind == "re-export" for found in public("p", known.get, Effort(99_000)))


@pytest.mark.parametrize("line", ["from m{} import x", "from m{} import *"])
def test_a_chain_of_any_length_ends(line: str) -> None:
    files = {f"m{number}": line.format(number + 1) + "\n" for number in range(3_000)} | {"m3000": "def x(): ...\n"}
    known: dict[str, Interface] = {name: interface(text.encode(), name, False, False) for name, text in files.items()}
    assert [found.defined_in for found in public("m2800", known.get, Effort(99_000))] == ["m3000"]
    assert "m3000" not in [found.defined_in for found in public("m0", known.get, Effort(99_000))], "too far away to be followed"


def test_a_stub_re_exports_only_what_it_says_twice() -> None:
    found = interface(b"from q import a, b as b\nimport os\n", "p", False, True)
    assert set(found.reexports) == {"b"}


def gathered(folder: Path, more: Files, limits: Limits = HASTY) -> Collection[list[Row]]:
    return anyio.run(collected, write(folder, FILES | more), EXTRACTORS, "full", limits)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return gathered(tmp_path_factory.mktemp("undisturbed"), {}).tables["external_interfaces"]


@pytest.mark.parametrize("name", sorted(KILLERS | DEEP) if WHOLE else ["clauses", "lambda_defaults_600", "unary_20000", "dedents_300000"])
def test_a_file_that_is_bad_for_the_parser_is_lost_alone(name: str, tmp_path: Path, undisturbed: list[Row]) -> None:
    """In a package that is imported: the re-exports beside it, and other packages, are what they were."""
    bad = f"{SITE}/chain/aaa.py"
    found = gathered(tmp_path, {bad: (KILLERS | DEEP)[name]()})
    assert found.tables["external_interfaces"] == undisturbed
    told = [(failure.code, failure.severity) for failure in found.failures if failure.path == bad]
    is_read = bad in {row["path"] for row in found.tables["external_names"]}
    assert len(told) == (0 if is_read else 1)
    assert set(told) <= {(code, "warning") for code in ("CA211", "CA212", "CA213", "CA254")}
    assert name != "dedents_300000" or told == [("CA212", "warning")]


def test_a_build_goes_on_without_what_is_bad_for_the_parser(tmp_path: Path, full: Path) -> None:
    """Also one that asks for a graph of every source: an installed file is none."""
    bad = {f"{SITE}/chain/{name}.py": KILLERS[name]() for name in ("clauses", "parentheses_1296", "ternaries_3000", "backslashes")}
    build(write(tmp_path, FILES | bad), "--external-interface-depth", "full", "--strict-extraction")
    assert rows(tmp_path, "external_interfaces") == rows(full, "external_interfaces")
    errors = DeltaTable(tmp_path / "build/codeanatomy/extract_errors").to_pyarrow_table().to_pylist()
    assert len({row["path"] for row in errors}) == len(errors)
    assert {(row["code"], row["severity"]) for row in errors} == {("CA254", "warning")}


HOSTILE: dict[str, Files] = {
    "CA254 names_100000": {"m": "".join(f"n{number} = 1\n" for number in range(100_000))},
    "CA256 stars_in_every_order": {f"m{a}": "".join(f"from m.m{b} import *\n" for b in range(200)) for a in range(200)}
    | {"m": "".join(f"from m.m0 import n{number}\n" for number in range(5_000))},
    "CA256 members_under_every_alias": {
        "m": "from m.c import " + ", ".join(f"C as c{number}" for number in range(10_000)) + "\n",
        "c": "class C:\n" + "".join(f"    n{number} = 1\n" for number in range(10_000)),
    },
    "CA256 a_long_default_under_every_alias": {
        "m": "from m.c import " + ", ".join(f"f as f{number}" for number in range(10_000)) + "\n",
        "c": f"def f(a='{'a' * 1_000_000}'): ...\n",
    },
    "None lists_of_names": {"m": "__all__ = []\n" + "__all__ += ['a', 'b']\n" * 100_000},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_too_much_to_follow_is_cut_short(name: str, tmp_path: Path, undisturbed: list[Row]) -> None:
    """And takes no name from another module that is imported."""
    modules = {f"{SITE}/m/{module}.py": text for module, text in HOSTILE[name].items()}
    installed: Files = {f"{SITE}/m-1.dist-info/METADATA": "Name: m\nVersion: 1\n", f"{SITE}/m-1.dist-info/RECORD": "m/__init__.py,,\n"}
    found = gathered(tmp_path, installed | modules | {f"{SITE}/m/__init__.py": "", "b.py": "import m.m\n"}, Limits())
    assert [row for row in found.tables["external_interfaces"] if row["distribution"] != "m"] == undisturbed
    told = {failure.code: failure for failure in found.failures if failure.path != f"{SITE}/chain/broken.py"}
    assert [str(code) for code in told] == ([] if name.startswith("None") else [name.partition(" ")[0]])
    assert all(failure.severity == "warning" and failure.worker_exit is None for failure in told.values())
    assert "CA256" not in told or told["CA256"].message.endswith(": m.m")


def kinds(text: str, module: str = "p", *, is_stub: bool = False) -> dict[str, tuple[str, str | None]]:
    found = interface(text.encode(), module, False, is_stub)
    said = {name: (own.kind, own.signature) for name, own in found.names.items()}
    return said | {name: (f"{own.module}:{own.imported}", None) for name, own in found.reexports.items()}


def test_an_alias_is_what_it_stands_for() -> None:
    text = """
import q, r.s
from . import t
from u import v

def _f(a): ...
class C:
    def read(self): ...
    get = read
f = _f
D = C
w = v
x = q.y
z = t.a
unknown = r.s.b
call = f(1)
"""
    found = kinds(text, "k.p")
    assert {name: found[name] for name in ("f", "D.read", "C.get", "D.get", "w", "x", "z", "unknown", "call")} == {
        "f": ("function", "(a)"),
        "D.read": ("method", "(self)"),
        "C.get": ("method", "(self)"),
        "D.get": ("method", "(self)"),
        "w": ("u:v", None),
        "x": ("q:y", None),
        "z": ("k.t:a", None),
        "unknown": ("variable", None),
        "call": ("variable", None),
    }
    assert found["D"] == ("class", None)


def test_a_definition_says_more_than_an_assignment() -> None:
    found = kinds("f = C = m = None\ntry:\n    from q import m\nexcept ImportError:\n    m = None\ndef f(a): ...\nclass C: ...\nf = d(f)\n")
    assert found == {"f": ("function", "(a)"), "C": ("class", None), "m": ("q:m", None)}


@pytest.mark.parametrize(
    ("condition", "is_first"),
    [
        ("sys.version_info >= (3, 8)", True),
        ("sys.version_info < (3, 8)", False),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info[:2] >= (3, 9)", True),
        ("sys.platform == 'plan9'", False),
        ("not sys.platform.startswith('plan')", True),
        ("os.name == 'posix' and sys.version_info > (3,)", True),
        ("TYPE_CHECKING or unknown", True),
        ("not TYPE_CHECKING", False),
        ("unknown", True),
        ("sys.version_info >= unknown", True),
        ("sys.version_info > 'a'", True),
        ("sys.version_info[77] > 1", True),
        ("unknown and sys.version_info < (3, 8)", False),
    ],
)
def test_what_the_interpreter_decides_is_decided(condition: str, is_first: bool) -> None:
    assert kinds(f"if {condition}:\n    def f(first): ...\nelse:\n    def f(second): ...\n") == {
        "f": ("function", "(first)" if is_first else "(second)")
    }


def test_what_is_private_is_taken_by_name_and_not_offered() -> None:
    files = {"p": "from q import _f as f, g\n", "q": "__all__ = ['h']\ndef _f(a): ...\ndef g(b): ...\ndef h(c): ...\n"}
    known: dict[str, Interface] = {name: interface(text.encode(), name, False, False) for name, text in files.items()}
    offered = {module: {found.name.name: found.name.signature for found in public(module, known.get, Effort(999))} for module in files}
    assert offered == {"p": {"f": "(a)", "g": "(b)"}, "q": {"h": "(c)"}}


def test_what_comes_with_a_package_is_followed_too(tmp_path: Path) -> None:
    """Another package of its distribution, and what the standard library keeps in private modules named after a public one."""
    more: Files = {
        f"{SITE}/pair-1.dist-info/METADATA": "Name: pair\nVersion: 1\n",
        f"{SITE}/pair-1.dist-info/RECORD": "pair/__init__.py,,\npair_core/__init__.py,,\n",
        f"{SITE}/pair/__init__.py": "from pair_core import f\n",
        f"{SITE}/pair_core/__init__.py": "def f(a): ...\n",
        "b.py": "import pair, decimal\n",
    }
    said = {row["qualified_name"]: (row["defined_in"], row["signature"]) for row in gathered(tmp_path, more).tables["external_interfaces"]}
    assert said["pair.f"] == ("pair_core", "(a)")
    assert said["decimal.Decimal.sqrt"] == ("_pydecimal", "(self, context=None)")
    assert "pair_core.f" not in said
