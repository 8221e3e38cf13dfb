"""Where a repository's imports would be installed, and what the distributions there say of themselves. Nothing of them is imported."""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass

from codeanatomy.attachment import attach
from codeanatomy.dependencies.files import Gathering
from codeanatomy.scan import Scan
from codeanatomy.scan.reach import Reach
from codeanatomy.scan.refusal import Refused

MOST_DISTRIBUTIONS = 5_000
MOST_HEAD = 64 << 10
"""Bytes of a distribution's core metadata: name and version come first, the description last."""
MOST_RECORD = 16 << 20

_FOLDERS = (b".venv", b"venv")
_PYTHON = re.compile(rb"python3(?:\.\d+)?t?")
_METADATA = re.compile(rb"[^~].*\.(?:dist|egg)-info")


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of installed distributions, relative to what `reach` reaches; `prefix` is what its paths are told with."""

    reach: Reach
    folder: bytes
    prefix: bytes


def gather_installed(scan: Scan, gathering: Gathering) -> list[str]:
    """Read what is installed for the repository. Returns warnings. Blocking."""
    found, warnings = sites(scan)
    for site in found:
        _gather(site, gathering)
    return warnings


def sites(scan: Scan) -> tuple[list[Site], list[str]]:
    """Where distributions are installed: in the repository's own virtual environment, else in the active one, else beside the interpreter.

    With warnings. Blocking.
    """
    warnings = []
    found = list(_of_repository(scan.reach))
    active = os.environ.get("VIRTUAL_ENV")
    if not found and active:
        found = [Site(Reach(folder), b".", b"<active>/") for folder in _sites_below(active)]
        if not found:
            warnings.append(
                "CA253: VIRTUAL_ENV names a folder that is no virtual environment; what is installed beside the interpreter counts"
            )
    return found or _of_interpreter(), warnings


def _of_repository(reach: Reach) -> Iterator[Site]:
    """The sites of the first virtual environment at the top of the repository."""
    for folder in _FOLDERS:
        library = folder + b"/lib"
        sites = [library + b"/" + name + b"/site-packages" for name in names_in(reach, library) if _PYTHON.fullmatch(name)]
        sites = [site for site in sites if names_in(reach, site)]
        if sites:
            yield from (Site(reach, site, site + b"/") for site in sites)
            return


def _sites_below(environment: str) -> list[bytes]:
    library = Reach(os.fsencode(environment))
    names = [name for name in names_in(library, b"lib") if _PYTHON.fullmatch(name)]
    folders = (os.path.join(os.fsencode(environment), b"lib", name, b"site-packages") for name in names)
    return [folder for folder in folders if os.path.isdir(folder)]


def _of_interpreter() -> list[Site]:
    """Pure and compiled distributions may lie apart."""
    folders = dict.fromkeys(os.path.realpath(os.fsencode(sysconfig.get_path(kind))) for kind in ("purelib", "platlib"))
    return [Site(Reach(folder), b".", b"<interpreter>/") for folder in folders]


def names_in(reach: Reach, folder: bytes) -> list[bytes]:
    """What is in a folder; nothing where there is none."""
    try:
        return reach.names(folder)
    except Refused:
        return []


def _gather(site: Site, gathering: Gathering) -> None:
    names = [name for name in names_in(site.reach, site.folder) if _METADATA.fullmatch(name)]
    gathering.left_out += len(names[MOST_DISTRIBUTIONS:])
    for name in names[:MOST_DISTRIBUTIONS]:
        gathering.add(site.prefix + name, lambda name=name: _distribution(site, name, gathering))  # type: ignore[misc]


def _distribution(site: Site, name: bytes, gathering: Gathering) -> bytes:
    """The head of its core metadata, its `top_level.txt` and its list of files. Raises `Refused`."""
    folder = site.folder + b"/" + name
    if name.endswith(b".egg-info"):
        # An egg's metadata may be a single file.
        head = site.reach.head(folder, MOST_HEAD)
        if head:
            return attach(head, attach(b"", b""))
        return attach(site.reach.head(folder + b"/PKG-INFO", MOST_HEAD), attach(_part(site, folder + b"/top_level.txt", gathering), b""))
    head = site.reach.head(folder + b"/METADATA", MOST_HEAD)
    parts = [_part(site, folder + part, gathering) for part in (b"/top_level.txt", b"/RECORD")]
    return attach(head, attach(*parts))


def _part(site: Site, path: bytes, gathering: Gathering) -> bytes:
    """A file that a distribution may lack."""
    try:
        return site.reach.read(path, MOST_RECORD)
    except Refused as refused:
        if refused.failure.code != "CA109":
            gathering.refuse(refused)
        return b""
