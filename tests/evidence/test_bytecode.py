"""Laws of `bytecode_objects` over the standard library: they hold what `compile` made, byte for byte."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import CodeType

import pytest
from tests.support.evidence import FILE_ID, check_extractor, extract, readable, refusal, standard_library
from tests.support.literate import Row

from codeanatomy.extract import bytecode as extractor


def test_contract() -> None:
    check_extractor(extractor)


@pytest.mark.parametrize("part", range(4))
def test_code_objects_over_the_standard_library(part: int) -> None:
    checked = sum(check_file(path) for path in standard_library(12)[part::4])
    assert checked > 15


def check_file(path: Path) -> bool:
    """Every code object of one file; False where CPython refuses it."""
    read = readable(extractor, path)
    if read is None:
        return False
    rows: list[Row] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        append(rows, compile(path.read_bytes(), "elsewhere", "exec", dont_inherit=True, optimize=0), -1, -1)
    assert read[1]["bytecode_objects"] == rows, path
    return True


def append(rows: list[Row], code: CodeType, parent: int, constant: int) -> None:
    """A code object and those in its constants, by the plainest of walks."""
    number = len(rows)
    rows.append(
        {
            "file_id": FILE_ID,
            "code": number,
            "parent": parent,
            "constant": constant,
            "name": code.co_name,
            "qualname": code.co_qualname,
            "first_line": code.co_firstlineno,
            "flags": code.co_flags,
            "arg_count": code.co_argcount,
            "positional_only_count": code.co_posonlyargcount,
            "keyword_only_count": code.co_kwonlyargcount,
            "stack_size": code.co_stacksize,
            "constant_count": len(code.co_consts),
            "names": list(code.co_names),
            "instructions": code.co_code,
            "positions": code.co_linetable,
            "exceptions": code.co_exceptiontable,
        }
    )
    for index, item in enumerate(code.co_consts):
        if isinstance(item, CodeType):
            append(rows, item, number, index)


def test_assertions_and_docstrings_are_kept_and_no_future_is_inherited() -> None:
    """`optimize=0` whatever the interpreter's own flags, and this file's `annotations` future is not the source's."""
    rows = extract(extractor, b'def f(a: int):\n    "doc"\n    assert a\n')["bytecode_objects"]
    assert [row["qualname"] for row in rows] == ["<module>", "f"]
    assert rows[0]["flags"] & 0x1000000 == 0
    assert b"doc" not in rows[1]["instructions"]
    assert rows[1]["instructions"] == compile("def f(a):\n    'doc'\n    assert a\n", "", "exec", optimize=0).co_consts[0].co_code


@pytest.mark.parametrize(
    ("data", "code", "line", "span"),
    [
        pytest.param(b"x = (\n", "CA201", 1, b"(", id="grammar"),
        pytest.param("'é'; return 1\n".encode(), "CA204", 1, b"return 1", id="return outside, columns are bytes"),
        pytest.param(b"for x in y: pass\nbreak\n", "CA204", 2, b"break", id="break outside"),
        pytest.param(b"x = 1\ndef f():\n  nonlocal x\n", "CA204", 3, b"nonlocal x", id="no binding for nonlocal"),
        pytest.param(b"-" * 100_000 + b"1\n", "CA203", None, None, id="too deep"),
    ],
)
def test_refused(data: bytes, code: str, line: int | None, span: bytes | None) -> None:
    failed = refusal(extractor, data)
    assert (failed.code, failed.line) == (code, line), failed.message
    assert (None if failed.bstart is None else data[failed.bstart : failed.bend]) == span
