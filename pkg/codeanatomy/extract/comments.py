"""What a comment is for, by how it starts. It says nothing of where a comment stands."""

from __future__ import annotations

import re

KINDS = ("plain", "shebang", "encoding", "type_ignore", "type", "noqa", "pragma", "tool")

_PATTERNS = (
    ("type_ignore", r"#\s*type:\s*ignore(?![^\s\[#])"),
    ("type", r"#\s*type:\s*\S"),
    ("noqa", r"#.*#\s*noqa\b|#\s*(?:flake8[:=]\s*|ruff:\s*)?noqa\b"),
    ("pragma", r"#\s*pragma\b"),
    ("tool", r"#\s*(?:(?:pylint|mypy|pyright|pyre|pyrefly|pytype|ty|ruff|flake8|isort|fmt|yapf|black|coverage)\s*:|nosec\b|pyre-)"),
)
"""The first that matches is it; only `noqa` is also found behind other words."""

_COMMENT = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.IGNORECASE)
_COOKIE = re.compile(r"#.*?coding[:=][ \t]*[-\w.]+")
_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
_SHEBANG, _ENCODING, _PLAIN = (_NUMBER[kind] for kind in ("shebang", "encoding", "plain"))


def kind(comment: str, is_first: bool, line: int, own_line: bool) -> int:
    """Index in `KINDS` of a comment: whether the source starts with it, its line from 0, whether it stands alone there."""
    if is_first and comment.startswith("#!"):
        return _SHEBANG
    if line < 2 and own_line and _COOKIE.match(comment):
        return _ENCODING
    match = _COMMENT.match(comment)
    return _NUMBER[match.lastgroup] if match and match.lastgroup else _PLAIN
