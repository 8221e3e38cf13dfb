"""Sources that CPython refuses, made acceptable: the lines at fault are changed, and everything else keeps its place.

Test files of editors hold code that is being typed. What such a line means is nobody's truth; what stands around it is.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

MOST_CHANGES = 60


def repaired(text: str) -> tuple[str, list[int]]:
    """The text, acceptable to CPython, and the numbers of the lines that were changed for it.

    A text that needs more than `MOST_CHANGES` is given back as it is, with no line of it changed.
    """
    lines = text.split("\n")
    changed: set[int] = set()
    for _ in range(MOST_CHANGES):
        fault = _fault("\n".join(lines))
        if fault is None:
            return "\n".join(lines), sorted(changed)
        number = _culprit(lines, min(max(fault, 1), len(lines)))
        lines[number - 1] = _mended(lines[number - 1])
        changed.add(number)
    return text, []


def _fault(text: str) -> int | None:
    """The line that CPython names, if it refuses the text; the head of a block where its body is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<suite>", "exec")
        except SyntaxError as error:
            head = re.search(r"expected an indented block .* on line (\d+)", error.msg)
            return int(head.group(1)) if head else error.lineno or 1
    return None


def _culprit(lines: list[str], number: int) -> int:
    """The line to change: the one named, or where that is a statement by itself, the nearest above that is none."""
    for above in range(number, 0, -1):
        if _fault(lines[above - 1].strip()) is not None:
            return above
    return number


def _mended(line: str) -> str:
    """The line with the smallest change that makes a statement of it, or the head of one; `pass` in its place where there is none."""
    for candidate in _candidates(line.rstrip()):
        if candidate != line.rstrip() and (_fault(candidate.strip()) is None or _fault(f"{candidate.strip()} pass") is None):
            return candidate
    return f"{line[: len(line) - len(line.lstrip())]}pass"


def _candidates(line: str) -> Iterator[str]:
    yield line.rstrip(".")
    yield f"{line} 0"
    yield f"{line}:"
    yield f"{line} import _"
