"""Module names, source roots, test paths, globs and file ids: functions of paths alone."""

from __future__ import annotations

import pytest

from codeanatomy.scan.globs import selector
from codeanatomy.scan.module import Roots, is_test, project_folders
from codeanatomy.scan.source import FILE_ID_BITS, Content, file_id, file_ids
from codeanatomy.scan.text import text_of

TREE = {
    # path: (module, root, is_package)
    "__init__.py": ("__init__", "", True),
    "setup.py": ("setup", "", False),
    "django/__init__.py": ("django", "", True),
    "django/db/models.py": ("django.db.models", "", False),
    "django/__main__.py": ("django.__main__", "", False),
    "tests/admin/models.py": ("tests.admin.models", "", False),
    "src/pkg/__init__.py": ("pkg", "src", True),
    "src/pkg/core.pyi": ("pkg.core", "src", False),
    "src/single.pyw": ("single", "src", False),
    "other/src/x.py": ("other.src.x", "", False),
    "parts/one/src/one/a.py": ("one.a", "parts/one/src", False),
    "lib/mako/__init__.py": ("mako", "lib", True),
    "parts/two/lib/helper.py": ("parts.two.lib.helper", "", False),
    "closed/src/__init__.py": ("closed.src", "", True),
    "my-script.py": ("my-script", "", False),
    "conf.d/a.b.py": ("conf_d.a_b", "", False),
    "bin/manage": ("bin.manage", "", False),
}
PROJECTS = [b"pyproject.toml", b"parts/one/setup.py", b"parts/two/setup.cfg", b"closed/setup.py", b"README"]


@pytest.mark.parametrize("path", TREE)
def test_module_names(path: str) -> None:
    module = Roots(TREE, project_folders(PROJECTS)).module(path)
    assert (module.name, module.root, module.is_package) == TREE[path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/x.py", True),
        ("a/test/b/x.py", True),
        ("a/test_x.py", True),
        ("a/x_test.py", True),
        ("conftest.py", True),
        ("a/testing/x.py", False),
        ("a/contest.py", False),
        ("tests.py", False),
        ("latest/x.py", False),
    ],
)
def test_test_paths(path: str, expected: bool) -> None:
    assert is_test(path) is expected


@pytest.mark.parametrize(
    ("glob", "hits", "misses"),
    [
        ("*.py", ["a.py", "d/a.py"], ["a.pyi"]),
        ("tests", ["tests/a.py", "d/tests/b/a.py", "tests"], ["mytests/a.py", "tests.py"]),
        ("tests/", ["tests/a.py"], ["mytests/a.py"]),
        ("/setup.py", ["setup.py"], ["d/setup.py"]),
        ("src/*.py", ["src/a.py"], ["src/d/a.py", "d/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/d/e/a.py"], ["a.py"]),
        ("**/gen/*", ["gen/a.py", "d/e/gen/a.py"], ["gen.py"]),
        ("docs/**", ["docs/a.py", "docs/d/a.py"], ["docs.py"]),
        ("a?c.py", ["abc.py"], ["ac.py", "a/c.py"]),
        ("[ab].py", ["a.py", "d/b.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py"]),
        ("x+(1).py", ["x+(1).py"], ["xx1.py"]),
        ("a\nb.py", ["a\nb.py"], ["ab.py"]),
    ],
)
def test_globs(glob: str, hits: list[str], misses: list[str]) -> None:
    included, excluded = selector([glob], []), selector([], [glob])
    assert [path for path in hits + misses if not included(path)] == hits
    assert [path for path in hits + misses if not excluded(path)] == misses


def test_file_ids_are_small_stable_and_depend_on_path_and_content() -> None:
    assert file_id("a.py", "00") == 1755833654
    ids = {file_id(path, sha) for path in ("a.py", "b.py") for sha in ("00", "01")}
    assert len(ids) == 4
    assert all(0 <= found < 1 << FILE_ID_BITS for found in ids)


def test_colliding_ids_are_told_apart_by_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every unsalted id alike, the first keeps it and each later one takes the first salt that is free."""
    monkeypatch.setattr("codeanatomy.scan.source.file_id", lambda path, sha256, salt=0: 7 + salt)
    contents = [Content(path, 0, "00", text_of(b"")) for path in ("a.py", "b.py", "c.py")]
    assert file_ids(contents) == [7, 8, 9]
