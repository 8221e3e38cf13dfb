"""Requirements and constraints files, as pip reads them: options, hashes, URLs and editable folders included. No file is followed from here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from packaging.utils import canonicalize_name

from codeanatomy.extract.declaration import Declaration, requirement

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(.+)")
_OPTIONS = re.compile(r"\s--?[A-Za-z].*$")
"""Options of one requirement, such as hashes."""
_PATH = re.compile(r"\.?\.?/|.*\.(?:whl|zip|tar\.\w+)$|\.$")
_URL = re.compile(r"(?:[a-z]+\+)?[a-z]+:", re.IGNORECASE)


def requirements(text: str, kind: str) -> list[Declaration]:
    """The requirements, each at the line it starts on. Options for all of them are no requirements.

    None, where most lines are something else: prose may have such a file's name.
    """
    lines = (_declaration(line, kind, number) for number, line in _logical_lines(text))
    found = [declaration for declaration in lines if declaration]
    return found if 2 * sum(map(_is_understood, found)) >= len(found) else []


def _is_understood(declaration: Declaration) -> bool:
    return bool(declaration.name or declaration.url or declaration.editable or _PATH.match(declaration.text))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where a backslash ends them, without comments, each with the number of its first."""
    parts: list[str] = []
    first = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            first = number
        is_comment = line.lstrip().startswith("#")
        parts.append(line.removesuffix("\\") if not is_comment else "")
        if is_comment or not line.endswith("\\"):
            yield first, _COMMENT.sub("", "".join(parts)).strip()
            parts = []
    if parts:
        yield first, _COMMENT.sub("", "".join(parts)).strip()


def _declaration(line: str, kind: str, number: int) -> Declaration | None:
    editable = _EDITABLE.fullmatch(line)
    if not line or (line.startswith("-") and not editable):
        return None
    written = _OPTIONS.sub("", editable[1] if editable else line).strip()
    if _URL.match(written):
        return _from_url(written, kind, number, editable is not None)
    return requirement(written, kind, None, number, editable is not None)


def _from_url(url: str, kind: str, line: int, editable: bool) -> Declaration:
    """A bare URL says its distribution after `#egg=`, if at all."""
    try:
        egg = parse_qs(urlsplit(url).fragment).get("egg", [""])[0]
    except ValueError:
        egg = ""
    named = requirement(egg, kind, None, line) if egg else None
    name = canonicalize_name(named.name) if named and named.name else None
    return Declaration(kind, None, url, line, name, named.extras if named else (), url=url, editable=editable)
