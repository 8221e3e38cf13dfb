"""One declared dependency, and what reading any of the files that declare them needs. It knows no file format."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 before UTF-16, whose mark is a part of it."""


class Malformed(Exception):
    """A file that is not what its name says, in words."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A row of `declared_dependencies`, without its place in the table."""

    kind: str
    group: str | None
    text: str
    line: int | None
    name: str | None = None
    extras: tuple[str, ...] = ()
    specifier: str | None = None
    version: str | None = None
    marker: str | None = None
    url: str | None = None
    editable: bool = False


def requirement(text: str, kind: str, group: str | None = None, line: int | None = None, editable: bool = False) -> Declaration:
    """A requirement of PEP 508; what is none has no name."""
    try:
        found = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return Declaration(kind, group, text, line, editable=editable)
    return Declaration(
        kind=kind,
        group=group,
        text=text,
        line=line,
        name=canonicalize_name(found.name),
        extras=tuple(sorted(found.extras)),
        specifier=str(found.specifier) or None,
        version=_pinned(found.specifier),
        marker=str(found.marker) if found.marker else None,
        url=found.url,
        editable=editable,
    )


def _pinned(specifiers: SpecifierSet) -> str | None:
    """The version of `== version`, if it stands alone."""
    only = next(iter(specifiers)) if len(specifiers) == 1 else None
    return only.version if only and only.operator in ("==", "===") and not only.version.endswith(".*") else None


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, or what its byte order mark says. Raises `Malformed`."""
    mark, encoding = next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise Malformed(f"it is not {encoding.upper()}: {error.reason}") from None
