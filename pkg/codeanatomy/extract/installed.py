"""What the metadata of an installed distribution says: its name, its version, and which modules it brings. No module is looked at."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from packaging.utils import canonicalize_name

from codeanatomy.attachment import detach
from codeanatomy.extract.declaration import Malformed

_SUFFIXES = (".py", ".pyi", ".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Distribution:
    """A row of `installed_distributions`, without its place."""

    name: str
    version: str
    modules: tuple[str, ...]


def distribution(data: bytes) -> Distribution:
    """A distribution by the head of its core metadata, its `top_level.txt` and its list of files; the last two may be empty. Raises `Malformed`."""
    head, rest = detach(data)
    top_level, record = (part.decode("utf-8", "replace") for part in detach(rest))
    fields = BytesHeaderParser().parsebytes(head)
    name, version = fields["Name"], fields["Version"]
    if not name or not version:
        raise Malformed("its metadata has no name or no version")
    try:
        files = [row[0] for row in csv.reader(record.splitlines()) if row]
    except csv.Error as error:
        raise Malformed(f"its list of files is not CSV: {error}") from None
    named = (line.strip() for line in top_level.splitlines())
    modules = modules_of(files) or {name for name in named if name.isidentifier()}
    return Distribution(canonicalize_name(str(name).strip()), str(version).strip(), tuple(sorted(modules)))


def modules_of(files: Iterable[str]) -> set[str]:
    """The topmost packages and modules among files: a folder without `__init__` is a namespace, which nobody brings alone."""
    sources = [path.split("/") for path in files if path.endswith(_SUFFIXES)]
    sources = [[*folders, name.partition(".")[0]] for *folders, name in sources]
    sources = [parts for parts in sources if all(map(str.isidentifier, parts))]
    packages = {tuple(parts[:-1]) for parts in sources if parts[-1] == "__init__"}
    return {".".join(_topmost(parts, packages)) for parts in sources}


def _topmost(parts: list[str], packages: set[tuple[str, ...]]) -> tuple[str, ...]:
    return next((above for depth in range(1, len(parts)) if (above := tuple(parts[:depth])) in packages), tuple(parts))
