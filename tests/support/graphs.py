"""Rows of public views for literate tests: all sources of a folder of Markdown files are one repository, built once. It compares nothing.

A source block may hold several files: `# file: pkg/mod.py` begins one; what stands before the first is `m.py`.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tempfile
from pathlib import Path

import anyio

from codeanatomy import GraphProductBuildRequest, build_graph_product
from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.query.graph import open_graph_sync
from codeanatomy.tools.config import ScipIndexConfig
from tests.support.literate import Row, Rows, expectations
from tests.support.repositories import write

_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)


def rows_of(folder: Path) -> Rows:
    """The function that finds rows of a view for a source of that folder."""

    def rows(view: str, source: bytes) -> list[Row]:
        case = _case(source.decode())
        of_case = [row for row in _views(folder)[view] if any(_is_of(value, case) for value in row.values())]
        return sorted(({name: _plain(value, case) for name, value in row.items()} for row in of_case), key=_order)

    return rows


def _case(source: str) -> str:
    """The folder of a source: it begins with a letter, so that it may be part of a module's name."""
    return f"c{hashlib.blake2b(source.encode(), digest_size=6).hexdigest()}"


@functools.cache
def _views(folder: Path) -> dict[str, list[Row]]:
    sources = {expected.source for path in sorted(folder.glob("*.md")) for expected in expectations(path.read_text(encoding="utf-8"))}
    files = {f"{_case(source)}/{path}": text for source in sorted(sources) for path, text in _files(source)}
    with tempfile.TemporaryDirectory() as root:
        request = GraphProductBuildRequest(
            repo_root=write(Path(root) / "repository", dict(files)),
            output_dir=Path(root) / "out",
            scip=ScipIndexConfig(mode="off"),
            types="off",
        )
        graph = open_graph_sync(anyio.run(build_graph_product, request).output_dir)
        return {view.name: graph.table(view.name).to_pylist() for view in PUBLIC_VIEWS}


def _files(source: str) -> list[tuple[str, str]]:
    first, *rest = _FILE.split(source)
    named = list(zip(rest[::2], rest[1::2], strict=True))
    return [("m.py", first), *named] if first.strip() else named


def _is_of(value: object, case: str) -> bool:
    return isinstance(value, str) and (value == case or value.startswith((f"{case}.", f"{case}/")))


def _plain(value: object, case: str) -> object:
    return value[len(case) + 1 :] if isinstance(value, str) and _is_of(value, case) else value


def _order(row: Row) -> tuple[str, ...]:
    places = (
        f"{row.get(name) or 0:>9}" for name in ("block", "seq", "line", "col", "def_line", "def_col", "use_line", "use_col", "position")
    )
    return (str(row.get("path")), *places, *(str(row[name]) for name in sorted(row) if not name.endswith("_id")))
