"""Extractors run bare, in this process: sources in, rows out, and the contract that every extractor keeps. No worker is involved."""

from __future__ import annotations

import importlib
import io
import os
import sysconfig
import tokenize
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from codeanatomy.extract.source import Extraction, Failed, Source
from tests.support.literate import Refused, Row, Rows

FILE_ID = 7


def extractor(name: str) -> ModuleType:
    """The module of an extractor."""
    return importlib.import_module(f"codeanatomy.extract.{name}")


def extract(module: ModuleType, *sources: bytes) -> dict[str, list[Row]]:
    """Rows by table; the sources are files 7, 8, … and must all be accepted."""
    extraction: Extraction = module.open()
    for number, data in enumerate(sources):
        extraction.read(Source(FILE_ID + number, f"package/file{number}.py", data))
    return rows(extraction)


def rows(extraction: Extraction) -> dict[str, list[Row]]:
    """Take, check and convert."""
    batches = extraction.take()
    assert len(batches) == len(extraction.tables)
    return {table.name: [] if batch is None else batch.to_pylist() for table, batch in zip(extraction.tables, batches, strict=True)}


def refusal(module: ModuleType, data: bytes) -> Failed:
    """The failure of a source that must not be accepted; it leaves no rows."""
    extraction: Extraction = module.open()
    with pytest.raises(Failed) as failed:
        extraction.read(Source(FILE_ID, "package/file.py", data))
    assert extraction.pending == 0
    assert not any(rows(extraction).values())
    return failed.value


def rows_of(name: str) -> Rows:
    """What a literate test of an extractor asks."""

    def found(table: str, source: bytes) -> list[Row]:
        extraction: Extraction = extractor(name).open()
        try:
            extraction.read(Source(FILE_ID, "package/file.py", source))
        except Failed as failed:
            text = None if failed.bstart is None else source[failed.bstart : failed.bend].decode()
            raise Refused(f"{failed.code} | {failed.line} | {text} | {failed.message}") from failed
        return rows(extraction).get(table, [])

    return found


def standard_library(step: int) -> list[Path]:
    """Every `step`-th module of the running interpreter's standard library, and all tests of its grammar."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = sorted(path for path in _python_files(root))
    grammar = [path for path in paths if path.parent.name == "test" and path.stem in _GRAMMAR]
    assert len(grammar) > 10, f"no tests of the grammar under {root}"
    return sorted({*paths[::step], *grammar})


_GRAMMAR = {
    "test_grammar", "test_syntax", "test_patma", "test_fstring", "test_named_expressions", "test_scope", "test_decorators", "test_type_params",
    "test_type_aliases", "test_lambda", "test_positional_only_arg", "test_keywordonlyarg", "test_listcomps", "test_coroutines", "test_asyncgen",
    "test_except_star", "test_class", "test_unicode_identifiers", "test_utf8source", "test_symtable", "test_unpack_ex", "test_string_literals",
    "test_source_encoding", "test_generators", "test_super", "test_annotations", "test_future", "test_global", "test_with", "test_raise",
}  # fmt: skip


def _python_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in ("site-packages", "__pycache__")]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def readable(module: ModuleType, path: Path) -> tuple[bytes, dict[str, list[Row]]] | None:
    """A file's UTF-8 text and rows by table; None where CPython refuses the file."""
    data = path.read_bytes()
    try:
        found = extract(module, data)
    except Failed:
        return None
    return text_of(data), found


def text_of(data: bytes) -> bytes:
    """UTF-8 text by the standard library's own reading of BOM and cookie."""
    encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    return data if encoding.startswith("utf-8") else data.decode(encoding).encode()


def normal(token: bytes) -> str:
    """A name as the grammar knows it."""
    return unicodedata.normalize("NFKC", token.decode())


def check_extractor(module: ModuleType) -> None:
    """The contract between an extractor and its worker."""
    good, bad = b"import os\ndef f(a):\n    return [a for a in (1, 2)]\n", b"def f(:\n"
    extraction: Extraction = module.open()
    assert extraction.pending == 0, "warming up leaves rows"
    assert extraction.take() == [None] * len(extraction.tables), "a batch of nothing"

    extraction.read(Source(1, "a.py", good))
    waiting = extraction.pending
    assert waiting > 0
    for data, code in ((bad, "CA201"), (b"x = '\xff'\n", "CA202"), (b"# coding: klingon\n", "CA202"), (b"x\0", "CA202")):
        with pytest.raises(Failed, match=r"\w") as failed:
            extraction.read(Source(2, "b.py", data))
        assert failed.value.code == code, f"{data!r}: {failed.value}"
        assert extraction.pending == waiting, "a failed source leaves rows behind"
    extraction.read(Source(3, "c.py", good))

    batches = extraction.take()
    assert extraction.pending == 0
    assert extraction.take() == [None] * len(extraction.tables), "rows are given twice"
    for table, batch in zip(extraction.tables, batches, strict=True):
        assert batch is not None
        _check_batch(table, batch)
        first, second = ([_without_file(row) for row in batch.to_pylist() if row["file_id"] == file_id] for file_id in (1, 3))
        assert first, f"{table.name} has no rows of the file"
        assert first == second, "rows depend on the file's id, path or place"
        assert first == [_without_file(row) for row in extract(module, good)[table.name]], "rows depend on the neighbours"


def _without_file(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "file_id"}


def _check_batch(table: Any, batch: pa.RecordBatch) -> None:
    """Shape, nulls and key as declared."""
    batch.validate(full=True)
    assert batch.schema.names == [column.name for column in table.columns]
    for column, field in zip(table.columns, batch.schema, strict=True):
        plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        assert str(plain) == column.type.replace("list<string>", "list<item: string>"), column.name
        assert field.nullable == column.nullable, column.name
        assert column.nullable or batch[column.name].null_count == 0, column.name
    keys = [tuple(row[name] for name in table.key) for row in batch.to_pylist()]
    assert len(set(keys)) == len(keys), f"{table.name}: a key occurs twice"
