"""Which state of the checkout is measured: its commit, and whether files differ from it. It changes nothing."""

from __future__ import annotations

import subprocess

from bench.build import ROOT


def commit() -> tuple[str, bool]:
    """The commit's short hash and whether tracked files were changed since."""
    return _git("rev-parse", "--short=12", "HEAD"), bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True).stdout.strip()
