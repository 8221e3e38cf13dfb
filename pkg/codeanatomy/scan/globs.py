"""Globs over repository-relative paths. They are ours, not the shell's or git's: five rules, below.

`*` and `?` stop at `/`; `**` does not; `[...]` is a set of characters, `[!...]` its opposite; a pattern without a `/` (but at its end)
matches at any depth; a pattern that matches a folder matches everything in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def selector(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is wanted: included by one of `include` (or there are none) and by none of `exclude`."""
    included, excluded = _any(include), _any(exclude)
    return lambda path: (included is None or bool(included.match(path))) and not (excluded is not None and excluded.match(path))


def _any(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{_expression(glob)})" for glob in globs), re.DOTALL) if globs else None


def _expression(glob: str) -> str:
    pattern = glob.removeprefix("./").rstrip("/")
    anywhere = "/" not in pattern
    body = "".join(_translate(token) for token in re.findall(r"/?\*\*/?|\[!?\]?[^\]]*\]|.", pattern.removeprefix("/"), re.DOTALL))
    return ("(?:.*/)?" if anywhere else "") + body + r"(?:/.*)?\Z"


def _translate(token: str) -> str:
    if "**" in token:
        # `a/**/b` also matches `a/b`: the slashes on both sides are one.
        left, right = token.startswith("/"), token.endswith("/")
        return "/(?:.*/)?" if left and right else "(?:.*/)?" if right else "/.*" if left else ".*"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if len(token) > 2 and token.startswith("["):
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return "(?!/)[" + ("^" + inner[1:] if inner.startswith("!") else inner) + "]"
    return re.escape(token)
