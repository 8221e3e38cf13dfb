"""Encodings and lines of single files; CPython's own reading is the oracle where there is one."""

from __future__ import annotations

import io
import tokenize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeanatomy.scan.text import encoding_of, text_of

CASES = [
    # bytes, encoding, newline, lines, line starts, continuation bytes, length of the UTF-8 text
    (b"", "utf-8", "none", 0, [0], [], 0),
    (b"x", "utf-8", "none", 1, [0], [], 1),
    (b"x\n", "utf-8", "lf", 1, [0], [], 2),
    (b"a\nbb\n\nc", "utf-8", "lf", 4, [0, 2, 5, 6], [], 7),
    (b"a\r\nb\r\n", "utf-8", "crlf", 2, [0, 3], [], 6),
    (b"a\rb\r", "utf-8", "cr", 2, [0, 2], [], 4),
    (b"a\rb\nc\r\nd", "utf-8", "mixed", 4, [0, 2, 4, 7], [], 8),
    (b"a\r\r\nb", "utf-8", "mixed", 3, [0, 2, 4], [], 5),
    (b"a\x0cb\x0bc\x1cd\n", "utf-8", "lf", 1, [0], [], 8),
    ("é = '€'\nx".encode(), "utf-8", "lf", 2, [0, 11], [1, 7, 8], 12),
    (b"\xef\xbb\xbfx\ny\n", "utf-8-sig", "lf", 2, [3, 5], [1, 2], 7),
    (b"\xef\xbb\xbf", "utf-8-sig", "none", 0, [3], [1, 2], 3),
    (b"# coding: latin-1\n\xe9 = 1\n", "iso-8859-1", "lf", 2, [0, 18], [19], 25),
    (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'\n", "cp1252", "lf", 3, [0, 18, 51], [53, 54], 57),
    (b"# coding: klingon\nx\n", "klingon", "lf", 2, [0, 18], [], 20),
    (b"# coding: base64\nx\n", "base64", "lf", 2, [0, 17], [], 19),
    (b"# coding: ascii\n\xe9\n", "ascii", "lf", 2, [0, 16], [], 18),
    (b"x = 1\ny = '\xff'\n", "utf-8", "lf", 2, [0, 6], [], 14),
    (b"\xff\xfex\0", "utf-8", "none", 1, [0], [], 4),
    ("# coding: shift_jis\n'日本'\n".encode("shift_jis"), "shift_jis", "lf", 2, [0, 20], [22, 23, 25, 26], 29),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case[0])[2:30])
def test_stated_cases(case: tuple[bytes, str, str, int, list[int], list[int], int]) -> None:
    data, encoding, newline, lines, starts, continuations, length = case
    text = text_of(data)
    assert (text.encoding, text.newline, text.lines, text.length) == (encoding, newline, lines, length)
    assert text.line_starts.tolist() == starts
    assert text.continuations.tolist() == continuations
    assert (text.line_starts.dtype, text.continuations.dtype) == (np.int32, np.int32)


@settings(deadline=None)
@given(st.text(st.sampled_from("aé€𝔘\n\r\x0c"), max_size=60))
def test_lines_are_those_of_universal_newlines(source: str) -> None:
    """Lines split at \\n, \\r\\n and \\r, and at nothing else; columns in characters follow from the continuation bytes."""
    data = source.encode()
    text = text_of(data)
    lines = io.StringIO(source, newline=None).read().split("\n")
    assert text.lines == len(lines) - (lines[-1] == "")
    ends = [*text.line_starts.tolist()[1:], text.length]
    for line, start, end in zip(lines, text.line_starts.tolist(), ends, strict=False):
        wide = int(((text.continuations >= start) & (text.continuations < end)).sum())
        assert data[start:end].decode().rstrip("\r\n") == line
        assert end - start - wide == len(data[start:end].decode())


def test_a_slow_codec_is_not_run_on_a_large_file() -> None:
    """Decoding this would take the square of its length; it is measured by its bytes."""
    data = b"# coding: punycode\n" + b"a-bcde" * 200_000
    assert text_of(data).length == len(data)


@pytest.mark.parametrize("name", ["utf-8", "UTF-8", "utf_8_foo", "latin-1", "Latin_1-unix", "iso-8859-15", "cp437", "euc_jp", "utf-7"])
def test_encodings_are_named_as_tokenize_does(name: str) -> None:
    data = f"# -*- coding: {name} -*-\n".encode()
    try:
        expected = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError:
        expected = name
    assert encoding_of(data) == expected
