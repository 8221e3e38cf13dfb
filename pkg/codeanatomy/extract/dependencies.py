"""The `dependencies` extractor: files that declare or install distributions in, rows out. Each file is read alone, whatever is wrong with another.

A parcel's path says how it is read: a folder `*.dist-info` or `*.egg-info` is installed, a name of `_BY_NAME` is what it is called, and
everything else is a requirements file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import pyarrow as pa

from codeanatomy.attachment import attach
from codeanatomy.catalog.evidence.dependencies import DECLARED_DEPENDENCIES, INSTALLED_DISTRIBUTIONS, TABLES
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract import text
from codeanatomy.extract.columns import Values, record_batch
from codeanatomy.extract.declaration import Declaration, Malformed, decode
from codeanatomy.extract.installed import Distribution, distribution
from codeanatomy.extract.lock_file import lock, pipfile_lock
from codeanatomy.extract.project_file import pipfile, project
from codeanatomy.extract.requirements_file import requirements
from codeanatomy.extract.setup_file import setup_cfg, setup_py
from codeanatomy.extract.source import Failed, Source

Reader = Callable[[bytes], list[Declaration]]


def _of_text(read: Callable[[str], list[Declaration]]) -> Reader:
    return lambda data: read(decode(data))


_BY_NAME: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"pyproject\.toml"), _of_text(project)),
    (re.compile(r"Pipfile"), _of_text(pipfile)),
    (re.compile(r"Pipfile\.lock"), _of_text(pipfile_lock)),
    (re.compile(r"(?:poetry|uv|pdm)\.lock|pylock(?:\.[^.]+)?\.toml"), _of_text(lock)),
    (re.compile(r"setup\.cfg"), _of_text(setup_cfg)),
    (re.compile(r"setup\.py"), setup_py),
    (re.compile(r".*constraints.*"), _of_text(partial(requirements, kind="constraint"))),
    (re.compile(r".*"), _of_text(partial(requirements, kind="requirement"))),
)
_ENVIRONMENT = re.compile(r"<(\w+)>/")


class Dependencies:
    """Metadata files to rows."""

    tables: tuple[Table, ...] = TABLES

    def __init__(self) -> None:
        self._declared: list[tuple[str, list[Declaration]]] = []
        self._installed: list[tuple[str, Distribution]] = []

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return sum(len(declarations) for _, declarations in self._declared) + len(self._installed)

    def read(self, source: Source) -> None:
        """Read one file, or the metadata of one distribution."""
        try:
            if source.path.endswith((".dist-info", ".egg-info")):
                self._installed.append((source.path, distribution(source.data)))
            else:
                self._declared.append((source.path, _reader(source.path)(source.data)))
        except Malformed as malformed:
            raise Failed("CA251", str(malformed), severity="warning") from None

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows since the last take."""
        declared, self._declared = self._declared, []
        installed, self._installed = self._installed, []
        columns = (_declared(declared), _installed(installed))
        return [record_batch(table, found) if found else None for table, found in zip(TABLES, columns, strict=True)]


def open() -> Dependencies:
    """An extraction, warmed up: nothing is imported later."""
    dependencies = Dependencies()
    text.warm()
    for path, data in _SAMPLES.items():
        dependencies.read(Source(0, path, data))
    dependencies.take()
    return dependencies


_SAMPLES = {
    "pyproject.toml": b'[project]\ndependencies = ["a[b] ~= 1.0; python_version > \'3\'", "c @ https://d/e"]\n[tool.poetry.dependencies]\na = "^1"\n',
    "Pipfile.lock": b'{"default": {"a": {"version": "==1"}}}',
    "poetry.lock": b'[[package]]\nname = "a"\nversion = "1"\n',
    "setup.cfg": b"[options]\ninstall_requires = a\n",
    "setup.py": b"# coding: latin-1\nsetup(install_requires=['a'])\n",
    "requirements.txt": b"a==1\n-e git+https://b#egg=c\n",
    "a.dist-info": attach(b"Name: a\nVersion: 1\n", attach(b"", b"a.py,,\n")),
}


def _reader(path: str) -> Reader:
    name = path.rpartition("/")[2]
    return next(reader for pattern, reader in _BY_NAME if pattern.fullmatch(name))


def _declared(files: Sequence[tuple[str, list[Declaration]]]) -> dict[str, Values]:
    rows = [(path, number, declaration) for path, declarations in files for number, declaration in enumerate(declarations)]
    if not rows:
        return {}
    of_file: dict[str, Values] = {"path": [path for path, _, _ in rows], "declaration": [number for _, number, _ in rows]}
    names = [column.name for column in DECLARED_DEPENDENCIES.columns if column.name not in of_file]
    return of_file | {name: [getattr(declaration, name) for _, _, declaration in rows] for name in names}


def _installed(found: Sequence[tuple[str, Distribution]]) -> dict[str, Values]:
    if not found:
        return {}
    paths = [path for path, _ in found]
    labels = [match[1] if (match := _ENVIRONMENT.match(path)) else "repository" for path in paths]
    names = [column.name for column in INSTALLED_DISTRIBUTIONS.columns if column.name not in ("path", "environment")]
    return {"path": paths, "environment": labels} | {name: [getattr(distribution, name) for _, distribution in found] for name in names}
