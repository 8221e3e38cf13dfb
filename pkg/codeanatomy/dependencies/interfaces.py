"""What the extractor `external_names` reads: stubs and sources of the packages that are imported and installed. Nothing is parsed here."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pyarrow as pa
from anyio import to_thread

from codeanatomy.attachment import attach
from codeanatomy.dependencies.environment import Site, names_in, sites
from codeanatomy.dependencies.files import MOST_BYTES, MOST_BYTES_IN_ALL, Gathering, Metadata
from codeanatomy.failure import Failure
from codeanatomy.scan import Scan
from codeanatomy.scan.reach import Reach
from codeanatomy.supply import Rows, Supply

EXTRACTOR = "external_names"
MOST_FILES = 10_000
MOST_FOLDERS_DEEP = 16
_SUFFIXES = (b".pyi", b".py")
"""A stub wins over the source of the same module (PEP 561)."""


@asynccontextmanager
async def provide_interfaces(scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
    """Read whole packages, and those that come with them: which module a re-export leads to is not known before they are parsed."""
    gathering = await to_thread.run_sync(_gather, scan, rows)
    warnings = [f"CA255: {gathering.left_out} files of installed packages were not read: they are too many, or too large in all"]
    yield Supply(gathering.parcels, _read, gathering.failures, warnings if gathering.left_out else ())


def _gather(scan: Scan, rows: Rows) -> Gathering:
    gathering = Gathering(extractor=EXTRACTOR)
    found = _rows(rows, "python_external")
    of_distribution = {row["name"]: row["modules"] for row in _rows(rows, "installed_distributions")}
    imported = {kind: {row["top_level"] for row in found if row["kind"] == kind} for kind in ("installed", "stdlib")}
    beside = {name.partition(".")[0] for row in found for name in of_distribution.get(row["distribution"], ())} - imported["installed"]
    installed, _ = sites(scan)
    library = Site(Reach(os.fsencode(os.path.realpath(sysconfig.get_path("stdlib")))), b".", b"<library>/")
    seen: set[str] = set()
    for packages, places in ((imported["installed"], installed), (imported["stdlib"], [library]), (beside, installed)):
        for package in sorted(packages):
            for site, path, module in _files(places, package):
                if module not in seen:
                    seen.add(module)
                    _add(gathering, site, path, module)
    return gathering


def _rows(rows: Rows, table: str) -> list[dict[str, Any]]:
    return [row for stream in rows[table] for row in pa.ipc.open_stream(stream).read_all().to_pylist()]


def _add(gathering: Gathering, site: Site, path: bytes, module: str) -> None:
    if len(gathering.parcels) >= MOST_FILES or gathering.size >= MOST_BYTES_IN_ALL:
        gathering.left_out += 1
        return
    full = site.folder + b"/" + path
    gathering.add(site.prefix + path, lambda: attach(module.encode(), site.reach.read(full, MOST_BYTES)))


def _files(places: Sequence[Site], package: str) -> Iterator[tuple[Site, bytes, str]]:
    """The files of a package, best first: of its stub distribution, then its own stubs and sources, then private modules named after it.

    The standard library has those: `_collections_abc`, `_pydecimal`.
    """
    name = package.encode()
    for folder in (name + b"-stubs", name):
        for site in places:
            yield from ((site, path, module) for path, module in _below(site, folder, package, 0))
    for suffix in _SUFFIXES:
        for site in places:
            found = names_in(site.reach, site.folder)
            if name + suffix in found:
                yield site, name + suffix, package
            for file in found:
                stem = file.removesuffix(suffix)
                if stem != file and stem.startswith((b"_" + name, b"_py" + name)) and stem.isascii() and stem.decode().isidentifier():
                    yield site, file, stem.decode()


def _below(site: Site, folder: bytes, package: str, depth: int) -> Iterator[tuple[bytes, str]]:
    names = names_in(site.reach, site.folder + b"/" + folder) if depth < MOST_FOLDERS_DEEP else []
    for suffix in _SUFFIXES:
        for name in names:
            stem = name.removesuffix(suffix)
            if stem != name and stem.isascii() and stem.decode().isidentifier():
                yield folder + b"/" + name, package if stem == b"__init__" else f"{package}.{stem.decode()}"
    for name in names:
        if name.isascii() and name.decode().isidentifier() and name != b"__pycache__":
            yield from _below(site, folder + b"/" + name, f"{package}.{name.decode()}", depth + 1)


def _read(parcels: Sequence[Metadata]) -> list[bytes | Failure]:
    return [parcel.data for parcel in parcels]
