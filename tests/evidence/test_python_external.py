"""`python_external`: what is inside and outside, which distribution brings it, and the facts of Django, by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pyarrow as pa
import pytest
from bench.sources import source
from tests.support.collected import collected
from tests.support.literate import Row
from tests.support.repositories import write

import codeanatomy
from codeanatomy.extract.distributions import IMPORTED_AS
from codeanatomy.extract.inside import Repository

NAMES = {"ast", "dependencies", "python_imports", "python_external"}


def distribution(name: str, version: str, *modules: str) -> dict[str, str | bytes]:
    """The files of an installed distribution."""
    folder = f"{name}-{version}.dist-info"
    return {f"{folder}/METADATA": f"Name: {name}\nVersion: {version}\n", f"{folder}/RECORD": "".join(f"{module},,\n" for module in modules)}


@pytest.fixture
def active(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site-packages of the active environment: empty, so that nothing hangs on the machine."""
    folder = tmp_path / "active" / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    return folder


def external(folder: Path) -> list[Row]:
    return anyio.run(collected, folder, NAMES).tables["python_external"]


def say(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in rows]


def test_every_kind(tmp_path: Path, active: Path) -> None:
    write(
        active,
        distribution("PyYAML", "6.0", "yaml/__init__.py")
        | distribution("extra", "1", "extra.py")
        | distribution("numpy", "2.4", "numpy/__init__.py"),
    )
    repository = write(
        tmp_path / "repository",
        {
            "requirements.txt": "pillow>=9\nscikit_learn==1.0\nPyYAML\nzope.interface\n",
            "uv.lock": '[[package]]\nname = "numpy"\nversion = "1.26"\n[[package]]\nname = "forked"\nversion = "1"\n[[package]]\nname = "forked"\nversion = "2"\n',
            "a.py": "import os.path, _thread, __main__\nimport yaml.nodes, extra, numpy\nfrom PIL import Image\nimport sklearn, nowhere\n",
            "b.py": "import numpy, forked\nimport zope.interface.verify\nfrom os import path\nimport b, a.c\nfrom . import d\nimport test.support\n",
        },
    )
    columns = (
        "module",
        "kind",
        "distribution",
        "version",
        "environment",
        "locked_in",
        "specifier",
        "declared_in",
        "declared_line",
        "importers",
    )
    assert say(external(repository), *columns) == [
        ("PIL", "declared", "pillow", None, None, None, ">=9", "requirements.txt", 1, 1),
        ("__main__", "stdlib", None, None, None, None, None, None, None, 1),
        ("_thread", "stdlib", None, None, None, None, None, None, None, 1),
        ("extra", "installed", "extra", "1", "active", None, None, None, None, 1),
        ("forked", "declared", "forked", None, None, None, None, "uv.lock", 4, 1),
        ("nowhere", "unresolved", None, None, None, None, None, None, None, 1),
        ("numpy", "installed", "numpy", "1.26", "active", "uv.lock", None, "uv.lock", 1, 2),
        ("os", "stdlib", None, None, None, None, None, None, None, 1),
        ("os.path", "stdlib", None, None, None, None, None, None, None, 1),
        ("sklearn", "declared", "scikit-learn", "1.0", None, "requirements.txt", "==1.0", "requirements.txt", 2, 1),
        ("test.support", "stdlib", None, None, None, None, None, None, None, 1),
        ("yaml.nodes", "installed", "pyyaml", "6.0", "active", None, None, "requirements.txt", 3, 1),
        ("zope.interface.verify", "declared", "zope-interface", None, None, None, None, "requirements.txt", 4, 1),
    ]


def test_the_repository_s_own_environment_is_exact(tmp_path: Path) -> None:
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    write(site, distribution("Foo.Bar", "2.0", "foo/__init__.py"))
    write(tmp_path, {"a.py": "import foo.x\n", "poetry.lock": '[[package]]\nname = "foo-bar"\nversion = "1.0"\n'})
    columns = ("module", "kind", "distribution", "version", "environment", "locked_in", "declared_in")
    assert say(external(tmp_path), *columns) == [("foo.x", "installed", "foo-bar", "2.0", "repository", None, "poetry.lock")]


def test_namespaces_are_shared(tmp_path: Path, active: Path) -> None:
    write(
        active,
        distribution("protobuf", "4", "google/protobuf/__init__.py") | distribution("storage", "2", "google/cloud/storage/client.py"),
    )
    files = {
        "google/ours/__init__.py": "",
        "a.py": "from google import protobuf, ours\nimport google.cloud.storage.client\nfrom google.cloud import missing\n",
    }
    write(tmp_path / "repository", files)
    assert say(external(tmp_path / "repository"), "module", "kind", "distribution") == [
        ("google.cloud.missing", "unresolved", None),
        ("google.cloud.storage.client", "installed", "storage"),
        ("google.protobuf", "installed", "protobuf"),
    ]


def test_of_several_that_bring_a_module_the_declared_one(tmp_path: Path, active: Path) -> None:
    write(active, distribution("a-headless", "1", "cv2/__init__.py") | distribution("b-full", "2", "cv2/__init__.py"))
    write(tmp_path / "repository", {"a.py": "import cv2\n"})
    assert say(external(tmp_path / "repository"), "distribution") == [("a-headless",)]
    write(tmp_path / "repository", {"requirements.txt": "b_full\n"})
    assert say(external(tmp_path / "repository"), "distribution", "declared_line") == [("b-full", 1)]


def test_which_declaration_is_told(tmp_path: Path, active: Path) -> None:
    project = '[project]\ndependencies = ["a>1"]\noptional-dependencies.x = ["b>2"]\n[dependency-groups]\ny = ["a>3", "c>3"]\n'
    files = {
        "pyproject.toml": project,
        "requirements.txt": "a>4\nb>4\nc>4\n",
        "x/requirements.txt": "c>5\nd>5\n",
        "constraints.txt": "d>6\ne==6\n",
    }
    write(tmp_path / "repository", files | {"a.py": "import a1, b, c, d, e\nfrom a import z\n"})
    (tmp_path / "repository" / "a.py").rename(tmp_path / "repository" / "main.py")
    assert say(external(tmp_path / "repository"), "module", "kind", "specifier", "declared_in", "version", "locked_in") == [
        ("a", "declared", ">1", "pyproject.toml", None, None),
        ("a1", "unresolved", None, None, None, None),
        ("b", "declared", ">2", "pyproject.toml", None, None),
        ("c", "declared", ">4", "requirements.txt", None, None),
        ("d", "declared", ">5", "x/requirements.txt", None, None),
        ("e", "declared", "==6", "constraints.txt", "6", "constraints.txt"),
    ]


FILES = [
    ("src/pkg/__init__.py", "pkg", "src"),
    ("src/pkg/a.py", "pkg.a", "src"),
    ("src/space/b.py", "space.b", "src"),
    ("json/__init__.py", "json", ""),
    ("tools/helper.py", "tools.helper", ""),
    ("tools/twice.py", "tools.twice", ""),
    ("other/twice.py", "other.twice", ""),
    ("tests/util.py", "tests.util", ""),
    ("tests/deep/test_x.py", "tests.deep.test_x", ""),
    ("lib/queue.py", "queue", "lib"),
]


@pytest.mark.parametrize(
    ("folder", "name", "inside"),
    [
        ("", "pkg.a", True),
        ("", "pkg.missing", True),  # a module of a package that is ours: nobody else brings it
        ("", "space", True),
        ("", "space.b.c", True),
        ("", "space.missing", False),  # a folder without `__init__` may have other parts elsewhere
        ("", "json.tool", True),
        ("", "queue", False),  # the standard library's, seen from outside of `lib`
        ("lib", "queue", True),
        ("tests/deep", "util", True),
        ("tools", "util", False),  # what tests share is for tests
        ("", "helper", True),  # `tools` may be a source root, and no other folder has it
        ("", "twice", False),
        ("other", "twice", True),
        ("", "requests", False),
    ],
)
def test_inside(folder: str, name: str, inside: bool) -> None:
    assert Repository(FILES).holds(folder, name) is inside


def test_django(active: Path, tmp_path: Path) -> None:
    """A part of Django with the files that declare its dependencies."""
    django = source("django")
    names = ["pyproject.toml", "tests/requirements/py3.txt", "tests/requirements/mysql.txt", "tests/requirements/oracle.txt"]
    names += [
        str(path.relative_to(django))
        for folder in ("db/backends", "core/management", "core/handlers")
        for path in (django / "django" / folder).rglob("*.py")
    ]
    write(tmp_path / "repository", {name: (django / name).read_bytes() for name in ["django/__init__.py", "django/shortcuts.py", *names]})
    rows = {row["module"]: row for row in external(tmp_path / "repository")}
    columns = ("kind", "distribution", "specifier", "declared_in", "declared_line")
    expected = {
        "asgiref.sync": ("declared", "asgiref", ">=3.8.1", "pyproject.toml", 10),
        "sqlparse": ("declared", "sqlparse", ">=0.3.1", "pyproject.toml", 11),
        "MySQLdb": ("declared", "mysqlclient", ">=1.4.3", "tests/requirements/mysql.txt", 1),
        "oracledb": ("declared", "oracledb", ">=2.3.0", "tests/requirements/oracle.txt", 1),
        "cx_Oracle": ("unresolved", None, None, None, None),
        "IPython": ("unresolved", None, None, None, None),
        "argparse": ("stdlib", None, None, None, None),
    }
    assert {module: tuple(rows[module][name] for name in columns) for module in expected} == expected
    # What Django's other folders hold is not here, so it is unresolved inside of it and never outside.
    assert not [module for module in rows if module.startswith("django")]
    importers = subprocess.run(
        ["grep", "-rlE", r"^\s*(from|import) +sqlparse\b", "."], cwd=tmp_path / "repository", capture_output=True, text=True, check=True
    )
    assert rows["sqlparse"]["importers"] == len(importers.stdout.splitlines())


def test_known_names_are_canonical_and_not_what_the_name_says() -> None:
    for module, names in IMPORTED_AS.items():
        assert all(name == name.lower() and "_" not in name and "." not in name for name in names)
        assert names != (module.lower().replace("_", "-"),), module


SCRIPT = """
import sys
sys.path[:0] = sys.argv[2:]
import importlib
from codeanatomy.extract.source import Failed, Source
module = importlib.import_module("codeanatomy.extract." + sys.argv[1])
extraction = module.open()
events = []
sys.addaudithook(lambda event, arguments: events.append((event, arguments[0])) if event in ("import", "open") else None)
for path, data in eval(sys.stdin.buffer.read().decode("latin-1")):
    try:
        extraction.read(Source(0, path, data))
    except Failed:
        pass
extraction.take()
# To quote a refused line CPython opens the file by its name: the empty name, which no file has.
print([event for event in events if event != ("open", "")])
"""


def late(name: str, parcels: list[tuple[str, bytes]]) -> str:
    """What an open extractor imports or opens while it reads."""
    folders = {str(Path(module.__path__[0]).parent) for module in (codeanatomy, np, pa)}
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, name, *sorted(folders)]
    done = subprocess.run(command, input=repr(parcels).encode("latin-1"), capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    return done.stdout.decode().strip()


def test_an_open_extractor_opens_and_imports_nothing() -> None:
    parcels: list[tuple[str, bytes]] = [
        ("pyproject.toml", b"[project]\ndependencies = ['a; python_version > \"3\" and (os_name == \"x\")', 'b ~= ', 1]\n"),
        ("pyproject.toml", b"date = 2020-01-01T00:00:00Z\nfloat = 1.5\n[project]\ndependencies = ['a>=1.0.dev1+x', 'a[b]==1.*']\n"),
        ("setup.cfg", b"["),
        ("setup.cfg", b"[options]\ninstall_requires=a\n"),
        ("Pipfile.lock", b"{"),
        ("setup.py", "# coding: euc_jp\nsetup(install_requires=['\u8868'])\n".encode("euc_jp")),
        ("setup.py", b"'\\d'\nreturn\n("),
        ("requirements.txt", "a\n".encode("utf-32")),
        ("requirements.txt", b"\xff"),
        ("requirements.txt", b"git+ssh://[::1]/a#egg=b\nhttp://[x\n\xc3\xa9==1\n"),
    ]
    assert late("dependencies", parcels) == "[]"
