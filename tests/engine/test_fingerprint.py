"""Laws of the content fingerprint, and a second implementation of its rule, from its description in `fingerprint.rs` alone."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeanatomy import _engine
from tests.engine.blake3 import blake3
from tests.engine.specs import Columns, columns, table, write

SIMPLE = columns("id int64; n int32?; ok bool?; x float64?; s string?")
VALUES = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.booleans(),
    st.none() | st.floats(),
    st.none() | st.text(st.characters(codec="utf-8"), max_size=40),
)
MASK = 2**64 - 1


def fingerprint(folder: Path, declared: Columns, batches: list[pa.Table]) -> str:
    writer = _engine.TableWriter(folder, json.dumps({"name": "t", "columns": declared}))
    for batch in batches:
        writer.write_arrow(batch)
    told: dict[str, str] = json.loads(writer.finish("{}"))
    return told["fingerprint"]


def rotl(word: int, by: int) -> int:
    return ((word << by) | (word >> (64 - by))) & MASK


def mix(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
    return word ^ (word >> 31)


def digest(data: bytes) -> tuple[int, int]:
    a, b = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
    padded = data + b"\0" * (-len(data) % 8)
    for (word,) in [*struct.iter_unpack("<Q", padded), (len(data),)]:
        a = (a ^ word) * 0xFF51AFD7ED558CCD & MASK
        a ^= a >> 32
        b = (b ^ rotl(word, 32)) * 0xC4CEB9FE1A85EC53 & MASK
        b ^= b >> 29
    return a, b


def words(kind: str, value: Any) -> tuple[int, int]:
    if kind == "string":
        return digest(value.encode())
    if kind == "float64":
        bits = 0x7FF8000000000000 if value != value else struct.unpack("<Q", struct.pack("<d", value))[0]
        return bits, bits
    return int(value) & MASK, int(value) & MASK


def row_hash(seeds: dict[str, tuple[int, int, int, int]], declared: Columns, row: tuple[Any, ...]) -> int:
    a, b = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
    for column, value in zip(declared, row, strict=True):
        s0, s1, m0, m1 = seeds[column["name"]]
        v0, v1 = (0, 0) if value is None else words(column["type"], value)
        if value is None:
            a, b = rotl(a, 17), rotl(b, 17)
        a = (a ^ v0 ^ s0) * m0 & MASK
        a ^= a >> 32
        b = (b ^ rotl(v1, 32) ^ s1) * m1 & MASK
        b ^= b >> 29
    x = mix((a + rotl(b, 17)) & MASK)
    return x << 64 | mix(b ^ x)


@given(st.lists(VALUES, max_size=20), st.randoms())
def test_order_and_batches_do_not_matter(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]], random: Any) -> None:
    folder = tmp_path_factory.mktemp("t")
    whole = fingerprint(folder / "a", SIMPLE, [table(SIMPLE, rows)])
    mixed = random.sample(rows, len(rows))
    cut = random.randint(0, len(rows))
    assert fingerprint(folder / "b", SIMPLE, [table(SIMPLE, mixed[:cut]), table(SIMPLE, mixed[cut:])]) == whole


@given(st.lists(VALUES, min_size=1, max_size=8), st.data())
def test_a_change_of_one_value_shows(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("t")
    place = data.draw(st.integers(0, len(rows) - 1))
    changed = [*rows]
    changed[place] = (rows[place][0] ^ 1, *rows[place][1:])
    assert fingerprint(folder / "a", SIMPLE, [table(SIMPLE, rows)]) != fingerprint(folder / "b", SIMPLE, [table(SIMPLE, changed)])


def test_duplicates_do_not_cancel(tmp_path: Path) -> None:
    once, thrice = (write(tmp_path / name, columns("id int64"), rows) for name, rows in (("a", [(1,)]), ("b", [(1,)] * 3)))
    assert once["fingerprint"][:32] != thrice["fingerprint"][:32]


def test_the_form_of_texts_does_not_matter(tmp_path: Path) -> None:
    declared = columns("s string?; l list<string>")
    texts, lists = ["a", None, "a", "long text that no view holds inline"], [["x"], [], ["x", "y"], ["z"]]
    forms = [pa.string(), pa.large_string(), pa.string_view()]
    tables = [pa.table({"s": pa.array(texts, form), "l": pa.array(lists, pa.list_(form))}) for form in forms[:2]]
    tables.append(pa.table({"s": pa.array(texts, forms[2]), "l": pa.array(lists, pa.list_(pa.string()))}))
    tables.append(pa.table({"s": pa.array(texts).dictionary_encode(), "l": pa.array(lists, pa.list_(pa.string()))}))
    found = {fingerprint(tmp_path / str(index), declared, [data]) for index, data in enumerate(tables)}
    assert len(found) == 1


def test_names_and_types_matter(tmp_path: Path) -> None:
    kinds = ["id int64", "di int64", "id int32"]
    found = {write(tmp_path / str(index), columns(kind), [(7,)])["fingerprint"] for index, kind in enumerate(kinds)}
    assert len(found) == 3


def test_the_rule_is_as_described(tmp_path: Path) -> None:
    assert blake3(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262", "the published hash of nothing"
    rows = [(1, 2, True, 0.5, "text"), (-1, None, False, float("nan"), ""), (2**40, -7, None, -0.0, "a text of more than eight bytes, é")]
    prefix = b"codeanatomy fingerprint 1"
    seeds = {}
    for column in SIMPLE:
        s0, s1, m0, m1 = struct.unpack("<4Q", blake3(prefix + column["type"].encode() + b"\0" + column["name"].encode()))
        seeds[column["name"]] = (s0, s1, m0 | 1, m1 | 1)
    schema = b"".join(column["type"].encode() + b"\0" + column["name"].encode() + b"\0" for column in SIMPLE)
    total = int.from_bytes(blake3(prefix + schema)[:16], "little")
    total += sum(row_hash(seeds, SIMPLE, row) for row in rows)
    assert write(tmp_path / "t", SIMPLE, rows)["fingerprint"] == f"{total % 2**128:032x}{len(rows):016x}"
