"""Globs over repository-relative paths. They are ours, not the shell's or git's: five rules, below.

`*` and `?` stop at `/`; `**` does not; `[...]` is a set of characters, `[!...]` its opposite; a pattern without a `/` (but at its end)
matches at any depth; a pattern that matches a folder matches everything in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Ruling = tuple[str, str | None]
"""A reason of `scope_manifest`, and the glob that decided, if it was one."""


def selector(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], Ruling | None]:
    """Why a path is not wanted: one of `exclude` matches it, or none of `include` does (and there are some); None for one that is wanted."""
    included, excluded = _any(include), _any(exclude)

    def ruling(path: str) -> Ruling | None:
        if excluded is not None and excluded.match(path):
            return "excluded", next(glob for glob in exclude if re.match(_expression(glob), path, re.DOTALL))
        if included is not None and not included.match(path):
            return "not_included", None
        return None

    return ruling


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
