"""`python_imports`: every form of import by hand, disagreement, and the totals of real code."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bench.sources import source
from tests.support.collected import collected
from tests.support.evidence import extractor, standard_library
from tests.support.literate import Row
from tests.support.repositories import write

from codeanatomy.catalog.evidence.python_imports import PYTHON_IMPORTS
from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.extract import python_imports
from codeanatomy.extract.columns import record_batch
from codeanatomy.extract.source import Failed, Source
from codeanatomy.streams import pack

ALL = ["ast", "libcst", "tree_sitter"]
INPUTS = next(extractor.inputs for extractor in EXTRACTORS if extractor.name == "python_imports")


def stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def repo_files(modules: dict[int, tuple[str, bool]]) -> pa.RecordBatch:
    """Rows of `repo_files` that say no more than is asked of them: the name of the module, and whether it is an `__init__`."""
    table = INPUTS[0]
    values: dict[str, Any] = {column.name: [""] * len(modules) for column in table.columns}
    values |= {column.name: [0] * len(modules) for column in table.columns if column.type.startswith("int")}
    values |= {column.name: [False] * len(modules) for column in table.columns if column.type == "bool"}
    values |= {
        "file_id": list(modules),
        "module": [name for name, _ in modules.values()],
        "is_package": [is_package for _, is_package in modules.values()],
    }
    return record_batch(table, values)


def merged(streams: dict[str, list[bytes]]) -> list[Row]:
    extraction = python_imports.open()
    extraction.read(Source(0, "", pack({table.name: streams.get(table.name, []) for table in INPUTS})))
    pending = extraction.pending
    (batch,) = extraction.take()
    assert extraction.take() == [None]
    assert pending == (batch.num_rows if batch else 0)
    return batch.to_pylist() if batch else []


def imports(*sources: bytes, module: str = "package.file", is_package: bool = False, per_batch: int = 50) -> list[Row]:
    """The rows of sources with the ids 1, 2, …, from what the real extractors say of them."""
    streams: dict[str, list[bytes]] = {"repo_files": [stream(repo_files(dict.fromkeys(range(1, len(sources) + 1), (module, is_package))))]}
    for name in ALL:
        extraction = extractor(name).open()
        for number, data in enumerate(sources, 1):
            with contextlib.suppress(Failed):
                extraction.read(Source(number, "file.py", data))
            if number % per_batch == 0 or number == len(sources):
                for table, batch in zip(extraction.tables, extraction.take(), strict=True):
                    if batch is not None:
                        streams.setdefault(table.name, []).append(stream(batch))
    return merged(streams)


def say(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in ("import", "position", "level", "module", "name", "alias", "absolute")) for row in rows]


FORMS = b"""\
import os, xml.dom as dom
from a . b import (
    c as d,  # a comment
    e,
)
from . import f
from .. g.h import *
from __future__ import annotations; import sys
def k():
    if True: from ...x import y
"""


def test_every_form() -> None:
    rows = imports(FORMS, module="p.q.r")
    assert say(rows) == [
        (0, 0, 0, None, "os", None, "os"),
        (1, 1, 0, None, "xml.dom", "dom", "xml.dom"),
        (2, 0, 0, "a.b", "c", "d", "a.b"),
        (3, 1, 0, "a.b", "e", None, "a.b"),
        (4, 0, 1, None, "f", None, "p.q"),
        (5, 0, 2, "g.h", "*", None, "p.g.h"),
        (6, 0, 0, "__future__", "annotations", None, "__future__"),
        (7, 0, 0, None, "sys", None, "sys"),
        (8, 0, 3, "x", "y", None, "x"),
    ]
    assert [row["sources"] for row in rows] == [ALL] * 9
    texts = [(FORMS[row["bstart"] : row["bend"]].split()[0], FORMS[row["name_bstart"] : row["name_bend"]].decode()) for row in rows]
    assert texts == [(b"import", name) if name in ("os", "xml.dom", "sys") else (b"from", name) for name in (row["name"] for row in rows)]
    assert FORMS[rows[2]["bstart"] : rows[2]["bend"]].endswith(b",\n)")


def test_nodes_are_those_of_ast() -> None:
    extraction = extractor("ast").open()
    extraction.read(Source(1, "file.py", FORMS))
    nodes = {row["node"]: row for row in extraction.take()[0].to_pylist()}
    for row in imports(FORMS):
        node = nodes[row["node"]]
        assert (node["kind"], node["name"], node["value"], node["position"]) == ("alias", row["name"], row["alias"], row["position"])


@pytest.mark.parametrize(
    ("module", "is_package", "statement", "absolute"),
    [
        ("a.b", False, "from . import x", "a"),
        ("a.b", False, "from .c import x", "a.c"),
        ("a.b", False, "from ..c import x", "c"),
        ("a.b", False, "from .. import x", None),
        ("a.b", False, "from ...c import x", None),
        ("a.b", True, "from . import x", "a.b"),
        ("a.b", True, "from ..c import x", "a.c"),
        ("main", False, "from . import x", None),
        ("main", False, "from .c import x", "c"),
        ("__init__", True, "from .c import x", "c"),
        ("__init__", True, "from . import x", None),
        ("a.b", False, "from c import x", "c"),
    ],
)
def test_relative_to_what(module: str, is_package: bool, statement: str, absolute: str | None) -> None:
    assert [row["absolute"] for row in imports(statement.encode(), module=module, is_package=is_package)] == [absolute]


def test_a_file_that_only_some_can_read() -> None:
    rows = imports(b"import a\n", b"import b\ndef f(:\n", b"import c\n(x): int\n", b"")
    assert [(row["file_id"], row["name"], row["sources"], row["node"] is None) for row in rows] == [
        (1, "a", ALL, False),
        (2, "b", ["tree_sitter"], True),
        (3, "c", ["ast", "tree_sitter"], False),
    ]


def test_names_are_normalised_alike() -> None:
    (row,) = imports("import ﬁ.ﬂ as ｘ\n".encode())
    assert (row["name"], row["alias"], row["sources"]) == ("fi.fl", "x", ALL)


def claims(table: str, **changed: list[Any]) -> bytes:
    """A stream with rows of `import a as b` at byte 7 of file 1, with some columns changed."""
    declared = next(found for found in INPUTS if found.name == table)
    row: dict[str, Any] = {
        "file_id": 1,
        "bstart": 0,
        "bend": 13,
        "level": 0,
        "module": None,
        "name": "a",
        "name_bstart": 7,
        "name_bend": 8,
        "alias": "b",
    }
    length = max(map(len, changed.values()), default=1)
    values = {column.name: [row.get(column.name, -1)] * length for column in declared.columns}
    return stream(record_batch(declared, values | changed))


def test_where_they_differ_the_first_is_right() -> None:
    files = [stream(repo_files({1: ("m", False)}))]
    differing = {"repo_files": files, "ast_imports": [claims("ast_imports")], "tree_sitter_imports": [claims("tree_sitter_imports")]}
    assert [(row["alias"], row["sources"]) for row in merged(differing | {"libcst_imports": [claims("libcst_imports", alias=["c"])]})] == [
        ("b", ["ast", "tree_sitter"])
    ]
    for changed in ({"name": ["x"]}, {"level": [1]}, {"module": ["x"]}, {"alias": pa.array([None], pa.string())}, {"bstart": [1]}):
        (row,) = merged(differing | {"ast_imports": [], "libcst_imports": [claims("libcst_imports", **changed)]})
        assert row["sources"] == ["libcst"], changed
        assert row["node"] is None


def test_a_name_that_one_alone_sees_is_kept() -> None:
    rows = merged(
        {
            "repo_files": [stream(repo_files({1: ("m", False)}))],
            "ast_imports": [claims("ast_imports")],
            "tree_sitter_imports": [claims("tree_sitter_imports", name_bstart=[9, 7], name=["z", "a"])],
        }
    )
    assert [(row["import"], row["position"], row["name"], row["sources"]) for row in rows] == [
        (0, 0, "a", ["ast", "tree_sitter"]),
        (1, 1, "z", ["tree_sitter"]),
    ]


def test_names_without_a_place_stand_alone() -> None:
    rows = merged(
        {
            "repo_files": [stream(repo_files({1: ("m", False)}))],
            "ast_imports": [claims("ast_imports", name_bstart=[-1, -1], name_bend=[-1, -1], node=[5, 4], name=["y", "x"])],
            "libcst_imports": [claims("libcst_imports", name_bstart=[-1])],
        }
    )
    assert [(row["import"], row["name"], row["sources"]) for row in rows] == [(0, "x", ["ast"]), (1, "y", ["ast"]), (2, "a", ["libcst"])]


def test_nothing_gives_nothing() -> None:
    assert merged({"repo_files": [stream(repo_files({1: ("m", False)}))]}) == []


def test_rows_do_not_depend_on_batches() -> None:
    sources = [FORMS, b"x = 1\n", b"from . import z\n", b"def f(:\nimport q\n"]
    assert imports(*sources) == imports(*sources, per_batch=1) == imports(*sources, per_batch=2)


def counted(data: bytes) -> Counter[tuple[str | None, int, str, str | None]]:
    """Module, level, name and alias of every import, by `ast.walk`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    found: Counter[tuple[str | None, int, str, str | None]] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module, level = (node.module, node.level) if isinstance(node, ast.ImportFrom) else (None, 0)
            found.update((module, level, alias.name, alias.asname) for alias in node.names)
    return found


def accepted(name: str, data: bytes) -> bool:
    try:
        extractor(name).open().read(Source(1, "file.py", data))
    except Failed:
        return False
    return True


def check_totals(paths: list[Path]) -> None:
    """Of every file that CPython accepts: the same imports as by `ast.walk`, and of each all three say so; libcst refuses some files whole."""
    sources = [path.read_bytes() for path in paths]
    rows: dict[int, list[Row]] = {}
    for row in imports(*sources):
        rows.setdefault(row["file_id"], []).append(row)
    names = 0
    for number, (path, data) in enumerate(zip(paths, sources, strict=True), 1):
        found = rows.get(number, [])
        if not accepted("ast", data):
            assert {tuple(row["sources"]) for row in found} <= {("tree_sitter",), ("libcst", "tree_sitter")}, path
            continue
        assert Counter((row["module"], row["level"], row["name"], row["alias"]) for row in found) == counted(data), path
        if [row["sources"] for row in found] != [ALL] * len(found):
            assert not accepted("libcst", data), path
            assert [row["sources"] for row in found] == [["ast", "tree_sitter"]] * len(found), path
        names += len(found)
    assert names > 300


def test_totals_of_the_standard_library() -> None:
    check_totals([path for path in standard_library(60) if path.stat().st_size < 60_000])


def test_totals_of_django() -> None:
    check_totals([path for path in sorted((source("django") / "django").rglob("*.py"))[::12] if path.stat().st_size < 60_000])


@pytest.mark.anyio
async def test_through_workers(tmp_path: Path) -> None:
    write(tmp_path, {"p/__init__.py": "from .a import b\n", "p/a.py": "import os as b\n", "p/bad.py": "from . import a\nx = (\n"})
    found = await collected(tmp_path, {"ast", "libcst", "tree_sitter", "python_imports"})
    paths = {row["file_id"]: row["path"] for row in found.tables["repo_files"]}
    rows = found.tables[PYTHON_IMPORTS.name]
    assert sorted((paths[row["file_id"]], row["absolute"], row["name"], row["alias"], row["sources"]) for row in rows) == [
        ("p/__init__.py", "p.a", "b", None, ALL),
        ("p/a.py", "os", "os", "b", ALL),
        ("p/bad.py", "p", "a", None, ["tree_sitter"]),
    ]
    assert found.extractors["python_imports"].in_force == found.extractors["ast"].in_force
