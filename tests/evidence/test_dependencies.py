"""`dependencies`: each format of file with the rows stated by hand, what a hostile one costs, and which files and environments are read."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.collected import collected
from tests.support.repositories import write

from codeanatomy.attachment import attach
from codeanatomy.dependencies import environment, files
from codeanatomy.extract import dependencies
from codeanatomy.extract.source import Failed, Source
from codeanatomy.failure import Failure

Cells = tuple[Any, ...]


def declared(path: str, text: str | bytes, *columns: str) -> list[Cells]:
    """These columns of the declarations of one file."""
    extraction = dependencies.open()
    extraction.read(Source(0, path, text if isinstance(text, bytes) else text.encode()))
    pending = extraction.pending
    batch, installed = extraction.take()
    assert installed is None
    rows = batch.to_pylist() if batch else []
    assert [row["declaration"] for row in rows] == list(range(pending))
    assert {row["path"] for row in rows} <= {path}
    return [tuple(row[name] for name in columns) for row in rows]


def test_pyproject() -> None:
    text = """\
[build-system]
requires = ["setuptools>=61", "wheel"]

[project]
name = "mine"
dependencies = [
    # "not>=1",
    "Foo_Bar[z,a] >= 1, <2 ; python_version < '3.12'",
    'exact==1.2.*', "pinned == 1.2",
    "direct @ https://example.org/d.zip",
    "not a requirement",
]

[project.optional-dependencies]
test = ["pytest"]

[dependency-groups]
dev = ["ruff", {include-group = "docs"}, "mypy>1"]
docs = ["sphinx"]
"""
    assert declared("pyproject.toml", text, "line", "kind", "group", "name", "extras", "specifier", "version", "marker", "url") == [
        (2, "build", None, "setuptools", [], ">=61", None, None, None),
        (2, "build", None, "wheel", [], None, None, None, None),
        (8, "runtime", None, "foo-bar", ["a", "z"], "<2,>=1", None, 'python_version < "3.12"', None),
        (9, "runtime", None, "exact", [], "==1.2.*", None, None, None),
        (9, "runtime", None, "pinned", [], "==1.2", "1.2", None, None),
        (10, "runtime", None, "direct", [], None, None, None, "https://example.org/d.zip"),
        (11, "runtime", None, None, [], None, None, None, None),
        (15, "extra", "test", "pytest", [], None, None, None, None),
        (18, "group", "dev", "ruff", [], None, None, None, None),
        (18, "group", "dev", "mypy", [], ">1", None, None, None),
        (19, "group", "docs", "sphinx", [], None, None, None, None),
    ]


def test_pyproject_of_poetry_and_others() -> None:
    text = """\
[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.0"
"zope.interface" = {version = "*", extras = ["test"], markers = "os_name == 'nt'"}
mine = {path = "../mine", develop = true}
two = [{version = "1", python = "<3.12"}, {version = "==2.0", python = ">=3.12"}]
[tool.poetry.dependencies.long]
git = "https://example.org/long.git"
[tool.poetry.group.dev.dependencies]
black = "*"
[tool.pdm.dev-dependencies]
lint = ["flake8"]
[tool.uv]
dev-dependencies = ["tox==4.1"]
constraint-dependencies = ["idna<4"]
[tool.hatch.envs.docs]
dependencies = ["mkdocs"]
"""
    assert declared("a/pyproject.toml", text, "line", "kind", "group", "name", "specifier", "version", "url", "editable") == [
        (3, "runtime", None, "requests", "^2.0", None, None, False),
        (4, "runtime", None, "zope-interface", None, None, None, False),
        (5, "runtime", None, "mine", None, None, "../mine", True),
        (6, "runtime", None, "two", "1", None, None, False),
        (6, "runtime", None, "two", "==2.0", "2.0", None, False),
        (7, "runtime", None, "long", None, None, "https://example.org/long.git", False),
        (10, "group", "dev", "black", None, None, None, False),
        (12, "group", "lint", "flake8", None, None, None, False),
        (14, "group", "dev", "tox", "==4.1", "4.1", None, False),
        (15, "constraint", None, "idna", "<4", None, None, False),
        (17, "group", "docs", "mkdocs", None, None, None, False),
    ]


def test_lines_of_unusual_toml() -> None:
    dotted = '[project]\noptional-dependencies.test = [\n  "a",\n]\n[tool]\npoetry.dependencies.b = "1"\n'
    assert declared("pyproject.toml", dotted, "line", "name") == [(3, "a"), (6, "b")]
    assert declared("pyproject.toml", 'project = {dependencies = ["a"]}\n', "line", "name") == [(None, "a")]
    assert declared("pyproject.toml", '[ "project" ] # x\n\'dependencies\' = ["""a""", "b"]\n', "line", "name") == [(2, "a"), (2, "b")]


def test_requirements() -> None:
    text = """\
# a comment
-r other.txt
--index-url https://example.org/simple
a==1.0 \\
    --hash=sha256:00 \\
    --hash=sha256:11
B.c>=2 ; python_version > "3"  # why
-e git+https://example.org/d.git@main#egg=D_d[x]
-e .
./local/e.whl
f @ file:///f.zip
https://example.org/g.zip
h ===legacy
"""
    assert declared("requirements.txt", text, "line", "text", "name", "specifier", "version", "url", "editable") == [
        (4, "a==1.0", "a", "==1.0", "1.0", None, False),
        (7, 'B.c>=2 ; python_version > "3"', "b-c", ">=2", None, None, False),
        (8, *["git+https://example.org/d.git@main#egg=D_d[x]", "d-d", None, None, "git+https://example.org/d.git@main#egg=D_d[x]", True]),
        (9, ".", None, None, None, None, True),
        (10, "./local/e.whl", None, None, None, None, False),
        (11, "f @ file:///f.zip", "f", None, None, "file:///f.zip", False),
        (12, "https://example.org/g.zip", None, None, None, "https://example.org/g.zip", False),
        (13, "h ===legacy", "h", "===legacy", "legacy", None, False),
    ]
    assert declared("x/constraints.txt", "a<2\n", "kind", "name") == [("constraint", "a")]
    assert declared("requirements.txt", "a\n".encode("utf-16"), "kind", "name") == [("requirement", "a")]


def test_prose_that_is_called_requirements() -> None:
    assert declared("docs/constraints.txt", "Constraints of the database\n====\n\n.. module:: x\nsee\n") == []


def test_setup_cfg() -> None:
    text = """\
[metadata]
name = mine
[options]
install_requires =
    a>=1
    # no
    b; os_name == 'nt'
setup_requires = c; d
tests_require = file: requirements.txt
[options.extras_require]
Docs =
  e
"""
    assert declared("setup.cfg", text, "line", "kind", "group", "name", "specifier", "marker") == [
        (5, "runtime", None, "a", ">=1", None),
        (7, "runtime", None, "b", None, 'os_name == "nt"'),
        (8, "build", None, "c", None, None),
        (8, "build", None, "d", None, None),
        (12, "extra", "docs", "e", None, None),
    ]


def test_setup_py_is_read_and_never_run() -> None:
    text = """\
import setuptools
raise SystemExit("it was run")
REQUIRES = ["a>=1",
            "b"]
twice = ["x"]
twice = ["y"]
setuptools.setup(
    install_requires=REQUIRES,
    setup_requires=twice,
    tests_require="c\\nd",
    extras_require={"docs": ["e", "f" + "g"], computed(): ["h"]},
)
"""
    assert declared("setup.py", text, "line", "kind", "group", "name") == [
        (3, "runtime", None, "a"),
        (4, "runtime", None, "b"),
        (10, "group", "tests", "c"),
        (10, "group", "tests", "d"),
        (11, "extra", "docs", "e"),
    ]


def test_pipfile_and_its_lock() -> None:
    text = '[packages]\nrequests = "*"\nflask = {version = ">=1", extras = ["async"]}\n[dev-packages]\npytest = "==7.0"\n'
    assert declared("Pipfile", text, "line", "kind", "group", "name", "specifier", "version") == [
        (2, "runtime", None, "requests", None, None),
        (3, "runtime", None, "flask", ">=1", None),
        (5, "group", "dev", "pytest", "==7.0", "7.0"),
    ]
    locked = {
        "_meta": {"a": {}},
        "default": {"A_b": {"version": "==1.0", "markers": "x"}},
        "develop": {"a-b": {"git": "u", "editable": True}},
    }
    text = json.dumps(locked, indent=4)
    assert declared("Pipfile.lock", text, "line", "kind", "group", "name", "version", "marker", "url", "editable") == [
        (6, "lock", "default", "a-b", "1.0", "x", None, False),
        (12, "lock", "develop", "a-b", None, None, "u", True),
    ]


def test_lock_files() -> None:
    text = """\
version = 1
[[package]]
name = "mine"
version = "0.1"
source = { virtual = "." }
[[package]]
name = "A"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "b"
version = "2.0"
source = { git = "https://example.org/b.git" }
"""
    columns = ("line", "kind", "text", "name", "version", "url")
    assert declared("uv.lock", text, *columns) == [
        (6, "lock", "A", "a", "1.0", None),
        (10, "lock", "b", "b", "2.0", "https://example.org/b.git"),
    ]
    poetry = '[[package]]\nname = "c"\nversion = "3"\n[package.source]\ntype = "legacy"\nurl = "https://example.org"\n'
    assert declared("poetry.lock", poetry, *columns) == [(1, "lock", "c", "c", "3", "https://example.org")]
    assert declared("pylock.dev.toml", 'lock-version = "1.0"\n[[packages]]\nname = "d"\nversion = "4"\n', *columns) == [
        (2, "lock", "d", "d", "4", None)
    ]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("pyproject.toml", b"[project\n"),
        ("pyproject.toml", b"\xff\n"),
        ("pyproject.toml", b"a = " + b"[" * 100_000),
        ("pyproject.toml", b"[project]\ndependencies = 1\n"),
        ("pyproject.toml", b"[project]\ndependencies = [1]\n"),
        ("pyproject.toml", b"project = 1\n"),
        ("pyproject.toml", b"[project]\noptional-dependencies = 1\n"),
        ("Pipfile", b"packages = []\n"),
        ("Pipfile.lock", b"[" * 100_000),
        ("Pipfile.lock", b'{"default": 1}'),
        ("uv.lock", b"package = 1\n"),
        ("uv.lock", b"[[package]]\nversion = '1'\n"),
        ("setup.cfg", b"a = 1\n"),
        ("setup.py", b"def f(:\n"),
        ("setup.py", b"x = " + b"(" * 100_000),
        ("setup.py", b"# coding: klingon\n"),
        ("requirements.txt", b"\xff\xfea"),
        ("x.dist-info", attach(b"Version: 1\n", attach(b"", b""))),
        ("x.dist-info", attach(b"Name: a\nVersion: 1\n", attach(b"", b'"' + b"a" * 200_000))),
    ],
)
def test_a_file_that_is_not_understood(path: str, data: bytes) -> None:
    extraction = dependencies.open()
    with pytest.raises(Failed) as failed:
        extraction.read(Source(0, path, data))
    assert (failed.value.code, failed.value.severity) == ("CA251", "warning")
    assert extraction.pending == 0
    assert extraction.take() == [None, None]


def test_odd_requirements_are_no_failure() -> None:
    nested = "a; " + "(" * 50_000
    assert declared("requirements.txt", f"{nested}\nb\nhttp://[x#egg=y\n", "name") == [(None,), ("b",), (None,)]


def installed(path: str, head: str, top_level: str = "", record: str = "") -> tuple[Any, ...]:
    extraction = dependencies.open()
    extraction.read(Source(0, path, attach(head.encode(), attach(top_level.encode(), record.encode()))))
    _, batch = extraction.take()
    (row,) = batch.to_pylist()
    return tuple(row[name] for name in ("environment", "name", "version", "modules"))


def test_installed() -> None:
    record = """\
google/cloud/storage/__init__.py,sha256=1,2
google/cloud/storage/client.py,,
yaml/__init__.py,,
yaml/inner/deep.py,,
_yaml.cpython-311-x86_64-linux-gnu.so,,
"odd,name.py",,
types-stubs/__init__.pyi,,
../../../bin/tool.py,,
/absolute.py,,
yaml/__pycache__/__init__.cpython-311.pyc,,
PyYAML-6.0.dist-info/RECORD,,
"""
    head = "Metadata-Version: 2.1\nName: Py_YAML\nVersion: 6.0\n\nDescription\nName: other\n"
    assert installed(".venv/lib/python3.11/site-packages/PyYAML-6.0.dist-info", head, "ignored", record) == (
        "repository",
        "py-yaml",
        "6.0",
        ["_yaml", "google.cloud.storage", "yaml"],
    )
    # What an editable installation lists are no modules.
    listed = "__editable__.x.pth,,\nx-1.dist-info/METADATA,,\n"
    assert installed("<active>/x-1.dist-info", "Name: x\nVersion: 1\n", "x_module\n", listed) == ("active", "x", "1", ["x_module"])
    assert installed("<interpreter>/x.egg-info", "Name: x\nVersion: 1\n") == ("interpreter", "x", "1", [])


def distribution(name: str, version: str, module: str) -> dict[str, str | bytes]:
    """The files of an installed distribution."""
    folder = f"{name}-{version}.dist-info"
    return {f"{folder}/METADATA": f"Name: {name}\nVersion: {version}\n", f"{folder}/RECORD": f"{module}.py,,\n"}


def site(folder: Path, *distributions: dict[str, str | bytes]) -> Path:
    for files_of_one in distributions:
        write(folder / "lib" / "python3.11" / "site-packages", files_of_one)
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, with an active environment that has `outer` installed."""
    monkeypatch.setenv("VIRTUAL_ENV", str(site(tmp_path / "active", distribution("outer", "1", "outer"))))
    return write(tmp_path / "repository", {"a.py": "import outer\n"})


async def told(folder: Path) -> tuple[list[str], list[tuple[str, str]], list[Failure], list[str]]:
    """Files that declare, distributions with their environment, failures and warnings."""
    found = await collected(folder, {"dependencies"})
    paths = sorted({row["path"] for row in found.tables["declared_dependencies"]})
    distributions = [(row["environment"], row["name"]) for row in found.tables["installed_distributions"]]
    return paths, distributions, found.failures, found.warnings


@pytest.mark.anyio
async def test_which_files_are_read(repository: Path) -> None:
    names = [
        "pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
        "dev_requirements.in",
        "sub/requirements/all.txt",
        "sub/constraints.txt",
    ]
    write(repository, dict.fromkeys(names, "a\n") | {"pyproject.toml": '[project]\ndependencies = ["a"]\n'})
    write(repository, dict.fromkeys(["notes.txt", "my-requirements.md", "node_modules/requirements.txt"], "a\n"))
    write(
        repository,
        {"requirements.txt": "-r pins/base.txt\n--constraint=sub/../notes.txt\n-r ../outside.txt\na\n", "pins/base.txt": "-r deeper\nb\n"},
    )
    write(repository, {"pins/deeper": "c\n-r ../requirements.txt\n", "../outside.txt": "d\n"})
    paths, _, failures, warnings = await told(repository)
    assert paths == sorted([*names, "notes.txt", "pins/base.txt", "pins/deeper"])
    assert (failures, warnings) == ([], [])


@pytest.mark.anyio
async def test_files_that_cannot_be_read(repository: Path) -> None:
    write(repository, {"requirements.txt": "a\n", "b/pyproject.toml": "[", "c/setup.cfg": b"#" * (files.MOST_BYTES + 1)})
    (repository / "d").mkdir()
    os.mkfifo(repository / "d" / "Pipfile")
    (repository / "uv.lock").symlink_to(sys.executable)
    (repository / "setup.py").write_text(
        "x = [0 " + "for a in b " * 50_000 + "]\nsetup(install_requires=['a'])\n"
    )  # kills CPython's compiler
    paths, distributions, failures, _ = await told(repository)
    assert paths == ["requirements.txt", "setup.py"]
    assert distributions == [("active", "outer")]
    assert [(failure.path, failure.code, failure.severity, failure.extractor) for failure in failures] == [
        ("b/pyproject.toml", "CA251", "warning", "dependencies"),
        ("c/setup.cfg", "CA105", "warning", "dependencies"),
        ("d/Pipfile", "CA103", "warning", "dependencies"),
        ("uv.lock", "CA104", "warning", "dependencies"),
    ]


@pytest.mark.anyio
async def test_a_file_whose_name_is_no_text_is_told_and_not_read(repository: Path) -> None:
    write(repository, {"requirements.txt": "a\n"})
    (repository / os.fsdecode(b"requirements-\xff.txt")).write_text("b\n")
    paths, _, failures, _ = await told(repository)
    assert paths == ["requirements.txt"]
    assert [(failure.path, failure.code, failure.severity, failure.extractor) for failure in failures] == [
        ("requirements-\\xff.txt", "CA107", "warning", "dependencies")
    ]


@pytest.mark.anyio
async def test_which_environment_counts(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await told(repository))[1] == [("active", "outer")]
    monkeypatch.delenv("VIRTUAL_ENV")
    _, distributions, _, warnings = await told(repository)
    assert ("interpreter", "pyarrow") in distributions
    assert warnings == []
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "nowhere"))
    _, distributions, _, warnings = await told(repository)
    assert ("interpreter", "pyarrow") in distributions
    assert [warning[:6] for warning in warnings] == ["CA253:"]
    site(repository / ".venv", distribution("inner", "1", "inner"), distribution("~broken", "1", "x"))
    assert (await told(repository))[1:] == ([("repository", "inner")], [], [])


@pytest.mark.anyio
async def test_an_environment_that_leads_out_of_the_repository(repository: Path, tmp_path: Path) -> None:
    (repository / "venv").symlink_to(tmp_path / "active")
    assert (await told(repository))[1] == [("active", "outer")]
    (repository / "venv").unlink()
    folder = site(repository / "venv", distribution("inner", "1", "inner")) / "lib" / "python3.11" / "site-packages"
    (folder / "stolen-1.dist-info").mkdir()
    (folder / "stolen-1.dist-info" / "METADATA").symlink_to("/etc/passwd")
    (folder / "egg-1.egg-info").write_text("Name: egg\nVersion: 1\n")
    write(folder, {"broken-1.dist-info/METADATA": "nothing"})
    _, distributions, failures, _ = await told(repository)
    assert distributions == [("repository", "egg"), ("repository", "inner")]
    prefix = "venv/lib/python3.11/site-packages"
    assert [(failure.path, failure.code, failure.severity) for failure in failures] == [
        (f"{prefix}/broken-1.dist-info", "CA251", "warning"),
        (f"{prefix}/stolen-1.dist-info/METADATA", "CA104", "warning"),
    ]


@pytest.mark.anyio
async def test_too_many_files(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeanatomy.dependencies.declarations.MOST_FILES", 2)
    monkeypatch.setattr(environment, "MOST_DISTRIBUTIONS", 1)
    write(repository, {"requirements.txt": "a\n", "b/requirements.txt": "a\n", "a/b/requirements.txt": "a\n"})
    site(repository / ".venv", distribution("one", "1", "one"), distribution("two", "1", "two"))
    paths, distributions, failures, warnings = await told(repository)
    assert (paths, distributions, failures) == (["b/requirements.txt", "requirements.txt"], [("repository", "one")], [])
    assert warnings == ["CA252: 2 files of dependencies were not read: they are too many, or too large in all"]
    monkeypatch.setattr(files, "MOST_BYTES_IN_ALL", 3)
    assert (await told(repository))[3] == ["CA252: 4 files of dependencies were not read: they are too many, or too large in all"]


@pytest.mark.anyio
async def test_excluded_files_declare_nothing(repository: Path) -> None:
    from codeanatomy.scan import ScanSettings, scan

    write(repository, {"requirements.txt": "a\n", "vendor/requirements.txt": "a\n"})
    found = await scan(repository, ScanSettings(exclude_globs=("vendor/**",)))
    assert found.listed == (b"a.py", b"requirements.txt")
