"""What a user can say about which files count: `ScanSettings`. How it is decided is in `globs`, `git` and `walk`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """Globs over repository-relative paths (see `globs`), and what is looked at beyond tracked regular files. The fields are those of a request."""

    include_globs: tuple[str, ...] = ()
    exclude_globs: tuple[str, ...] = ()
    include_untracked: bool = False
    include_submodules: bool = False
    include_worktrees: bool = False
    follow_symlinks: bool = False


DEFAULT_EXCLUDES = frozenset(
    (".git", "__pycache__", ".venv", "venv", "node_modules", "dist", "build", ".mypy_cache", ".pytest_cache", ".ruff_cache")
)
"""Folders that are skipped wherever git does not say what belongs to the repository."""

PYTHON_SUFFIXES = (".py", ".pyi", ".pyw")

MOST_BYTES = 64 << 20
"""A larger file is not read."""
