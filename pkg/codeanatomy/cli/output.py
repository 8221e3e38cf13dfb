"""What every command prints alike: failures. Results are each command's own."""

from __future__ import annotations

import sys

from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.failure import Coded


def exit_code(failure: Coded) -> int:
    """The exit code that the catalog gives a failure of a whole command."""
    return BY_CODE[failure.code].exit


def stage(failure: Coded) -> str:
    """The stage that the catalog gives a failure."""
    return BY_CODE[failure.code].stage


def fail(failure: Coded) -> int:
    """Say on stderr what failed, why and what next; returns the exit code."""
    print(f"codeanatomy: {failure.code}: {failure.message}", file=sys.stderr)
    if failure.hint:
        print(f"  hint: {failure.hint}", file=sys.stderr)
    print(f"  `codeanatomy explain {failure.code}` says more", file=sys.stderr)
    return exit_code(failure)
