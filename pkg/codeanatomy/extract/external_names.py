"""The `external_names` extractor: one stub or source of an installed package in, the names it binds out. It follows nothing."""

from __future__ import annotations

import pyarrow as pa

from codeanatomy.attachment import attach, detach
from codeanatomy.catalog.evidence.external_interfaces import EXTERNAL_NAMES
from codeanatomy.extract import text
from codeanatomy.extract.columns import record_batch
from codeanatomy.extract.interface import Interface, interface
from codeanatomy.extract.source import Failed, Source

_SAMPLE = b"from a import *\nfrom . import b\n__all__ = ['c']\n@d\nasync def c(e: f = 1) -> g:\n    'h'\nclass i(j):\n    k: l\n"


class ExternalNames:
    """Files of installed packages to rows. A parcel is the name of its module, and behind it the file."""

    tables = (EXTERNAL_NAMES,)

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    @property
    def pending(self) -> int:
        """Rows waiting to be taken."""
        return len(self._rows)

    def read(self, source: Source) -> None:
        """Read one file."""
        name, data = detach(source.data)
        file = source.path.rpartition("/")[2]
        try:
            found = interface(data, name.decode(), file.startswith("__init__."), file.endswith(".pyi"))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Failed("CA254", f"{type(error).__name__}: {error}", line=getattr(error, "lineno", None), severity="warning") from None
        self._rows += _rows(found, name.decode(), source.path)

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows since the last take."""
        rows, self._rows = self._rows, []
        if not rows:
            return [None]
        return [record_batch(EXTERNAL_NAMES, {column.name: [row[column.name] for row in rows] for column in EXTERNAL_NAMES.columns})]


def open() -> ExternalNames:
    """An extraction, warmed up: nothing is imported later."""
    names = ExternalNames()
    for data in (_SAMPLE, text.warm().data):
        names.read(Source(0, "a.py", attach(b"a", data)))
    names.take()
    return names


def _rows(found: Interface, module: str, path: str) -> list[dict[str, object]]:
    nothing: dict[str, object] = {column.name: None for column in EXTERNAL_NAMES.columns}
    nothing |= {"module": module, "path": path, "name": "", "bases": [], "is_async": False, "line": 1}
    rows = [nothing | {"kind": "module", "docstring": found.docstring}]
    rows += [nothing | {name: getattr(item, name) for name in item.__slots__} for item in found.names.values()]
    rows += [
        nothing | {"kind": "re-export", "name": item.name, "line": item.line, "target_module": item.module, "target_name": item.imported}
        for item in found.reexports.values()
    ]
    rows += [nothing | {"kind": "star", "target_module": star} for star in found.stars]
    rows += [nothing | {"kind": "all", "target_name": name} for name in sorted(found.exported or ())]
    if found.exported is not None and not found.exported:
        rows.append(nothing | {"kind": "all"})
    return [{key: _encodable(value) for key, value in row.items()} | {"number": number} for number, row in enumerate(rows)]


def _encodable(value: object) -> object:
    """A text without lone surrogates, which a string of Python may have and a table may not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
