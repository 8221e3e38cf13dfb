"""Every path that may count, from what git says or from a walk: `Listed`. It opens no file; which of them are Python is `choose`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codeanatomy.failure import Failure
from codeanatomy.sandbox import checkout
from codeanatomy.scan.choose import is_python_name
from codeanatomy.scan.git import Listing
from codeanatomy.scan.scope import Scope
from codeanatomy.scan.walk import skip, skipped_above, walk

_HINT = "sources are .py, .pyi, .pyw and scripts with a Python shebang; --include-glob and --exclude-glob may leave out all of them"


@dataclass(slots=True)
class Listed:
    """Each path with the reason of `scope_manifest` for which it counts, what is out already, and what to say when none is Python."""

    paths: dict[bytes, str] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    failures: list[Failure] = field(default_factory=list)
    hint: str = _HINT


def walked(repository: Path, failures: Sequence[Failure]) -> Listed:
    """What a walk meets. Blocking."""
    listed = Listed(failures=list(failures))
    paths, more = walk(os.fsencode(repository), listed.scope)
    listed.paths = dict.fromkeys(paths, "walked")
    listed.failures += more
    return listed


def told(repository: Path, listing: Listing, include_untracked: bool) -> Listed:
    """What git says. Blocking."""
    listed = Listed()
    _add(listed, listing, b"", "tracked", include_untracked)
    for folder, inner in listing.worktrees.items():
        _add(listed, inner, folder + b"/", "worktree", include_untracked)
    for path in (path for path in listing.repositories if path not in listing.worktrees):
        listed.scope.leave_out(path, "worktree" if _is_worktree(repository / os.fsdecode(path)) else "repository")
    hidden = 0 if include_untracked else sum(is_python_name(path) and skipped_above(path) is None for path in listing.untracked)
    if hidden:
        listed.hint = f"git does not track the {hidden} Python files here: --include-untracked includes them"
    return listed


def _add(listed: Listed, listing: Listing, prefix: bytes, reason: str, include_untracked: bool) -> None:
    """Add a checkout at `prefix`. A path that several list counts for the first."""
    scope = listed.scope
    for path in listing.tracked:
        listed.paths.setdefault(prefix + path, reason)
    for path in listing.untracked:
        if folder := skipped_above(path):
            if is_python_name(path):
                skip(prefix + folder, scope)
        elif include_untracked:
            listed.paths.setdefault(prefix + path, "untracked")
        elif is_python_name(path):
            scope.leave_out(prefix + path, "untracked")
    for path in listing.ignored:
        if path.endswith(b"/"):
            skip(prefix + path[:-1], scope, "ignored")
        elif is_python_name(path):
            scope.leave_out(prefix + path, "ignored")
    for path in listing.submodules:
        scope.leave_out(prefix + path, "submodule")


def _is_worktree(folder: Path) -> bool:
    """Whether a repository is another checkout of one: then its own folder of git is not where its objects are."""
    _, *stores = checkout.places(folder)
    return len(set(stores[:2])) == 2
