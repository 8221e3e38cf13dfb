"""What a file is called when it is imported: its source root and dotted name, from paths alone. Whether it can be imported is not asked."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from codeanatomy.scan.settings import PYTHON_SUFFIXES

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_SOMETIMES = ("lib", "pkg", "python")
_TEST_NAME = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")


@dataclass(frozen=True, slots=True)
class Module:
    """A dotted name and the root that it starts from; the repository's own root is empty."""

    name: str
    root: str
    is_package: bool


class Roots:
    """The source roots of a repository.

    A folder `src` without `__init__.py` is one at the top of the repository or next to a project file. A folder named like those in
    `_SOMETIMES` is one only next to a project file, and with a package directly in it: such names are as often a package's own.
    """

    def __init__(self, sources: Collection[str], projects: Collection[str]) -> None:
        """`sources` are the paths of all sources, `projects` the folders that hold a project file."""
        self._packages = {path.rpartition("/")[0] for path in sources if path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")}
        self._projects = frozenset(projects)
        folders = {str(folder) for path in sources for folder in PurePosixPath(path).parents}
        self._roots = {folder for folder in folders if self._is_root(folder)}

    def module(self, path: str) -> Module:
        """The name of a source."""
        folders = [str(folder) for folder in PurePosixPath(path).parents]
        root = next((folder for folder in folders if folder in self._roots), "")
        *parts, last = (path[len(root) + 1 :] if root else path).split("/")
        stem = next((last.removesuffix(suffix) for suffix in PYTHON_SUFFIXES if last.endswith(suffix)), last)
        is_package = stem == "__init__"
        # The top folder of a repository has no name that is the same everywhere: its `__init__` keeps its own.
        names = parts if is_package and parts else [*parts, stem]
        return Module(".".join(name.replace(".", "_") for name in names), root, is_package)

    def _is_root(self, folder: str) -> bool:
        parent, _, name = folder.rpartition("/")
        if folder in self._packages:
            return False
        if name == "src":
            return parent == "" or parent in self._projects
        return name in _SOMETIMES and parent in self._projects and any(package.rpartition("/")[0] == folder for package in self._packages)


def project_folders(paths: Collection[bytes]) -> set[str]:
    """The folders that hold a project file, among the listed paths of a repository."""
    names = tuple(name.encode() for name in _PROJECT_FILES)
    found = (path.rpartition(b"/") for path in paths)
    return {folder.decode("utf-8", "surrogateescape") for folder, _, name in found if name in names}


def is_test(path: str) -> bool:
    """Whether a path lies under a test folder or is named like a test."""
    *folders, name = path.split("/")
    return not {"test", "tests"}.isdisjoint(folders) or _TEST_NAME.fullmatch(name) is not None
