"""Which dotted names are in the repository, seen from one of its files. It follows the resolver of the graph, so that both say the same.

A name is looked for among the modules by their names, then in the folders above the file that are no packages, then in any folder that
could be a source root, if only one has it. A name of the standard library is found elsewhere only where the file would import it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

STANDARD_LIBRARY = sys.stdlib_module_names | set(sys.builtin_module_names) | {"__main__"}

_ASIDE = frozenset(("test", "tests", "testing", "testdata", "doc", "docs", "example", "examples", "samples"))
"""Folders whose contents nobody outside of them imports."""

MODULE, NAMESPACE = "module", "namespace"


class Repository:
    """The modules and folders of a repository."""

    def __init__(self, files: Iterable[tuple[str, str, str]]) -> None:
        """`files` are path, module and source root of every source."""
        self._roots: dict[str, set[str]] = {}
        self._paths: set[str] = set()
        self._folders: set[str] = set()
        self._folder_names: set[str] = set()
        for path, module, root in files:
            stem = _stem(path)
            self._roots.setdefault(module, set()).add(root)
            self._paths.add(stem)
            for folder in _folders(stem):
                if not _is_below(folder, root) or folder == root:
                    break
                self._folders.add(folder)
                self._folder_names.add((folder[len(root) + 1 :] if root else folder).replace(".", "_").replace("/", "."))
        self._elsewhere = self._seen_from_any_root()
        self.find = cache(self._find)

    def holds(self, folder: str, name: str) -> bool:
        """Whether a dotted name, imported in that folder, is in the repository: all of it, or a module on the way to it."""
        parts = name.split(".")
        found = None
        for end in range(1, len(parts) + 1):
            found = self.find(folder, ".".join(parts[:end]))
            if found != NAMESPACE:
                break
        return found is not None

    def _find(self, folder: str, name: str) -> str | None:
        """`module`, `namespace` (a folder without `__init__`), or None."""
        standard = name.partition(".")[0] in STANDARD_LIBRARY
        if any(not standard or _is_below(folder, root) for root in self._roots.get(name, ())):
            return MODULE
        if not standard and name in self._folder_names:
            return NAMESPACE
        path = name.replace(".", "/")
        for above in (folder, *_folders(folder)):
            if above and f"{above}/__init__" not in self._paths and (found := self._at(f"{above}/{path}")):
                return found
        elsewhere = None if standard else self._elsewhere.get(name)
        return self._at(elsewhere) if elsewhere else None

    def _at(self, path: str) -> str | None:
        if path in self._paths or f"{path}/__init__" in self._paths:
            return MODULE
        return NAMESPACE if path in self._folders else None

    def _seen_from_any_root(self) -> dict[str, str | None]:
        """The only path of each name, seen from every folder that is no package; None where there are several."""
        seen: dict[str, str | None] = {}
        for stem in sorted(self._paths):
            path = stem.removesuffix("/__init__")
            for root in _folders(path):
                if f"{root}/__init__" not in self._paths and _ASIDE.isdisjoint(root.split("/")):
                    name = path[len(root) + 1 :].replace("/", ".")
                    seen[name] = path if seen.get(name, path) == path else None
        return seen


def _stem(path: str) -> str:
    """A path without the suffix of its file name."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name[: name.rindex(".")] if "." in name[1:] else name)


def _folders(path: str) -> list[str]:
    """The folders above a path, the nearest first; without the repository's own."""
    return [str(folder) for folder in PurePosixPath(path).parents][:-1] if path else []


def _is_below(folder: str, root: str) -> bool:
    return not root or folder == root or folder.startswith(f"{root}/")
