"""Laws of the `tree_sitter_` tables over the standard library: what a cursor over the same tree says, and `ast` where it can. Literate cases are in `tree_sitter/`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tree_sitter_python
from tests.support.evidence import extract, normal, readable, refusal, standard_library
from tests.support.literate import Row
from tree_sitter import Language, Node, Parser

import codeanatomy
from codeanatomy.extract import tree_sitter as extractor
from codeanatomy.extract.source import Extraction, Failed, Source

Span = tuple[int, int]

PARSER = Parser(Language(tree_sitter_python.language()))
GOOD = b"import os\n@d\nclass C(B): pass\nf(1)\nx = (\n"
KINDS = {"class_definition": "class", "function_definition": "function"}
IMPORTS = ("import_statement", "import_from_statement", "future_import_statement")


def test_contract() -> None:
    """What every extractor keeps to, with a source that has rows in every table; bad grammar is no failure here."""
    extraction: Extraction = extractor.open()
    assert (extraction.pending, extraction.take()) == (0, [None] * 4), "warming up leaves rows"
    extraction.read(Source(1, "a.py", GOOD))
    waiting = extraction.pending
    assert waiting == 4
    for data in (b"x = '\xff'\n", b"# coding: klingon\n", b"x\0", "a = 1\n".encode("utf-16-le")):
        with pytest.raises(Failed) as failed:
            extraction.read(Source(2, "b.py", data))
        assert (failed.value.code, extraction.pending) == ("CA202", waiting), data
    extraction.read(Source(3, "c.py", GOOD))
    assert extraction.pending == 2 * waiting
    batches = extraction.take()
    assert (extraction.pending, extraction.take()) == (0, [None] * 4), "rows are given twice"
    for table, batch in zip(extraction.tables, batches, strict=True):
        assert batch is not None
        batch.validate(full=True)
        assert batch.schema.names == [column.name for column in table.columns]
        assert [field.nullable for field in batch.schema] == [column.nullable for column in table.columns]
        first, second = ([without_file(row) for row in batch.to_pylist() if row["file_id"] == file_id] for file_id in (1, 3))
        assert first == second == [without_file(row) for row in extract(extractor, GOOD)[table.name]], table.name
        assert len(first) == 1, table.name


def without_file(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "file_id"}


@pytest.mark.parametrize("part", range(4))
def test_laws_over_the_standard_library(part: int) -> None:
    checked = sum(check_file(path) for path in standard_library(24)[part::4])
    assert checked > 10


@pytest.mark.parametrize("cutting", ["half", "no colons", "reversed lines"])
def test_laws_over_broken_texts(cutting: str) -> None:
    """Every law that a cursor can tell holds of texts that are no Python."""
    errors = 0
    for path in standard_library(200):
        data = path.read_bytes()
        if len(data) > 100_000 or not data.isascii() or b"coding" in data:
            continue
        text = {
            "half": data[: len(data) // 2],
            "no colons": data.replace(b":\n", b"\n"),
            "reversed lines": b"\n".join(reversed(data.split(b"\n"))),
        }[cutting]
        found = extract(extractor, text)
        errors += len(found["tree_sitter_errors"])
        check_tree(path, text, found)
    assert errors > 20


def check_file(path: Path) -> bool:
    """Every law for one file; False where its bytes are no text."""
    read = readable(extractor, path)
    if read is None:
        return False
    text, found = read
    check_tree(path, text, found)
    if not found["tree_sitter_errors"]:
        check_syntax(path, text, found)
    return True


def check_tree(path: Path, text: bytes, found: dict[str, list[Row]]) -> None:
    nodes = list(walk(text))
    check_numbers(found)
    check_definitions(path, text, nodes, found["tree_sitter_definitions"])
    check_calls(path, text, nodes, found["tree_sitter_definitions"], found["tree_sitter_calls"])
    check_imports(path, text, nodes, found["tree_sitter_imports"])
    check_errors(path, nodes, found["tree_sitter_errors"])


def walk(text: bytes) -> Iterator[tuple[Node, Node | None]]:
    """Every node and its parent, by a cursor."""
    cursor = PARSER.parse(re.sub(rb"\r(?!\n)", b"\n", text)).walk()
    parents: list[Node] = []
    while True:
        node = cursor.node
        assert node is not None
        yield node, parents[-1] if parents else None
        if cursor.goto_first_child():
            parents.append(node)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            parents.pop()


def span(row: Row, prefix: str = "") -> Span:
    return row[f"{prefix}bstart"], row[f"{prefix}bend"]


def cut(text: bytes, row: Row, prefix: str = "") -> bytes:
    return text[slice(*span(row, prefix))]


def check_numbers(found: dict[str, list[Row]]) -> None:
    """Rows are numbered in the order of the text, the outer first."""
    for table, number in (
        ("tree_sitter_definitions", "definition"),
        ("tree_sitter_calls", "call"),
        ("tree_sitter_imports", "import"),
        ("tree_sitter_errors", "error"),
    ):
        rows = found[table]
        assert [row[number] for row in rows] == list(range(len(rows)))
        assert rows == sorted(rows, key=lambda row: row["bstart"])


def check_definitions(path: Path, text: bytes, nodes: list[tuple[Node, Node | None]], rows: list[Row]) -> None:
    """Those that are whole are as many, with the same parts; those that are broken are but a name."""
    expected = []
    for node, parent in nodes:
        if node.type in KINDS:
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            assert name is not None
            assert body is not None
            decorated = parent if parent is not None and parent.type == "decorated_definition" else None
            decorators = sum(child.type == "decorator" for child in decorated.children) if decorated else 0
            start = decorated.start_byte if decorated else node.start_byte
            expected.append((KINDS[node.type], (start, node.end_byte), name.byte_range, body.byte_range, decorators))
    whole = [row for row in rows if span(row) != span(row, "name_")]
    found = [(row["kind"], span(row), span(row, "name_"), span(row, "body_"), row["decorators"]) for row in whole]
    assert sorted(found) == sorted(expected), path
    for row in rows:
        assert normal(cut(text, row, "name_")) == row["name"], f"{path}: {row}"
        assert row["parent"] == innermost(rows[: row["definition"]], row["bstart"]), f"{path}: {row}"


def innermost(definitions: list[Row], offset: int) -> int:
    """The definition with the shortest body that holds the offset, by looking at all."""
    around = [row for row in definitions if row["body_bstart"] <= offset < row["body_bend"]]
    return min(around, key=lambda row: row["body_bend"] - row["body_bstart"])["definition"] if around else -1


def check_calls(path: Path, text: bytes, nodes: list[tuple[Node, Node | None]], definitions: list[Row], rows: list[Row]) -> None:
    expected = []
    for node, _ in nodes:
        if node.type == "call":
            callee = node.child_by_field_name("function")
            assert callee is not None
            # The grammar has the star of `[*f()]` inside the call, where it is not.
            stars = len(text[node.start_byte : node.start_byte + 2]) - len(text[node.start_byte : node.start_byte + 2].lstrip(b"*"))
            expected.append(((node.start_byte + stars, node.end_byte), (callee.start_byte + stars, callee.end_byte)))
    assert [(span(row), span(row, "callee_")) for row in rows] == expected, path
    for row in rows[:: max(1, len(rows) // 200)]:
        assert row["definition"] == innermost(definitions, row["bstart"]), f"{path}: {row}"
    for row in rows:
        callee = cut(text, row, "callee_")
        assert row["callee"] in (None, callee.decode())
        assert row["name"] is None or normal(callee).endswith(row["name"]), f"{path}: {row}"
        assert (row["callee"] is not None) == bool(re.fullmatch(r"[^\W\d]\w*(\s*\.\s*[^\W\d]\w*)*", callee.decode())), f"{path}: {row}"


def check_imports(path: Path, text: bytes, nodes: list[tuple[Node, Node | None]], rows: list[Row]) -> None:
    expected = []
    for node, _ in nodes:
        if node.type in IMPORTS:
            names = [child for child in node.children_by_field_name("name") if child.type in ("dotted_name", "aliased_import")]
            names += [child for child in node.children if child.type == "wildcard_import"]
            expected += [(node.byte_range, name.byte_range) for name in names]
    found = [(span(row), (row["name_bstart"], max(row["name_bend"], row["alias_bend"]))) for row in rows]
    assert sorted(found) == sorted(expected), path
    for row in rows:
        for name in ("module", "name", "alias"):
            assert (normal(re.sub(rb"[\s\\]", b"", cut(text, row, f"{name}_"))) or None) == (row[name] or None), f"{path}: {row}"
            assert (span(row, f"{name}_") == (-1, -1)) == (row[name] is None)


def check_errors(path: Path, nodes: list[tuple[Node, Node | None]], rows: list[Row]) -> None:
    expected = [(node.byte_range, node.type if node.is_missing else None) for node, _ in nodes if node.is_error or node.is_missing]
    assert sorted((span(row), row["missing"] or "") for row in rows) == sorted((place, missing or "") for place, missing in expected), path
    assert all((row["kind"] == "missing") == (row["missing"] is not None) for row in rows)


def check_syntax(path: Path, text: bytes, found: dict[str, list[Row]]) -> None:
    """A text without errors has the definitions and imports of `ast`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text.decode("utf-8-sig"))
        except (SyntaxError, ValueError):
            return  # tree-sitter takes more than CPython
    definitions = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    assert sorted((row["kind"], row["name"], row["decorators"]) for row in found["tree_sitter_definitions"]) == sorted(
        ("class" if isinstance(node, ast.ClassDef) else "function", node.name, len(node.decorator_list)) for node in definitions
    ), path
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(0, None, alias.name, alias.asname) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports += [(node.level, node.module, alias.name, alias.asname) for alias in node.names]
    assert sorted(map(str, imports)) == sorted(
        str((row["level"], row["module"], row["name"], row["alias"])) for row in found["tree_sitter_imports"]
    ), path
    if not any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree)):  # before 3.12, CPython's positions are wrong there
        check_same_calls(path, text, tree, {span(row) for row in found["tree_sitter_calls"]})


def check_same_calls(path: Path, text: bytes, tree: ast.Module, found: set[Span]) -> None:
    """Those of `ast`, but for `type(a).b = c`, which tree-sitter's grammar takes for the definition of a type."""
    starts = [3 if text.startswith(b"\xef\xbb\xbf") else 0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", text))]
    expected = {
        (starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert found <= expected, path
    assert {text[start:end].partition(b"(")[0] for start, end in expected - found} <= {b"type"}, path


@pytest.mark.parametrize(
    ("data", "calls"),
    [
        pytest.param(b"\xef\xbb\xbff(a)\n", ["f(a)"], id="bom"),
        pytest.param("# coding: latin-1\né(ü)\n".encode("latin-1"), ["é(ü)"], id="latin-1"),
        pytest.param(b"f(a)\r\ng(b)\r\n", ["f(a)", "g(b)"], id="crlf"),
        pytest.param(b"f(a)\rif b:\r  g(b)\rh()\r", ["f(a)", "g(b)", "h()"], id="cr"),
        pytest.param(b"\x0cf(a)\n\x0c\nif a:\n\x0c  g()\n", ["f(a)", "g()"], id="form feed"),
        pytest.param("'é'; f('ü', g())\nh()".encode(), ["f('ü', g())", "g()", "h()"], id="no final newline"),
        pytest.param(b"", [], id="empty"),
        pytest.param(b"\xef\xbb\xbf", [], id="only a bom"),
    ],
)
def test_bytes(data: bytes, calls: list[str]) -> None:
    """Offsets are into the UTF-8 text."""
    text = data.decode("latin-1").encode() if b"latin-1" in data else data
    found = extract(extractor, data)
    assert [cut(text, row).decode() for row in found["tree_sitter_calls"]] == calls
    assert found["tree_sitter_errors"] == []


def test_a_few_null_bytes_are_spaces() -> None:
    """CPython refuses the file; what else is in it is known, at its place."""
    data = b"import os\nx = '\0'\ndef f(a,\0b):\n    return g(\0)\n"
    found = extract(extractor, data)
    assert [row["name"] for row in found["tree_sitter_imports"]] == ["os"]
    assert [(row["name"], cut(data, row, "name_")) for row in found["tree_sitter_definitions"]] == [("f", b"f")]
    assert [(row["definition"], cut(data, row)) for row in found["tree_sitter_calls"]] == [(0, b"g(\0)")]
    assert found["tree_sitter_errors"] == []
    assert refusal(extractor, "import os\n".encode("utf-16-le")).code == "CA202"


def test_names_are_normalised_and_tokens_are_as_written() -> None:
    data = "ﬁ.ﬂ(ſ)\nimport ﬁ . x as ſ\ndef ª(): pass\n".encode()
    found = extract(extractor, data)
    assert [(row["callee"], row["name"]) for row in found["tree_sitter_calls"]] == [("ﬁ.ﬂ", "fl")]
    assert [(row["name"], row["alias"], cut(data, row, "name_").decode()) for row in found["tree_sitter_imports"]] == [
        ("fi.x", "s", "ﬁ . x")
    ]
    assert [(row["name"], cut(data, row, "name_").decode()) for row in found["tree_sitter_definitions"]] == [("a", "ª")]


def test_deep_and_long_texts() -> None:
    """Nothing here recurses, and the text of a callee in a chain is not copied for each."""
    nested = extract(extractor, b"f(" * 20_000 + b")" * 20_000)["tree_sitter_calls"]
    assert [row["callee"] for row in nested] == ["f"] * 20_000
    chain = extract(extractor, b"f" + b"()" * 20_000)["tree_sitter_calls"]
    assert len(chain) == 20_000
    assert [row["callee"] for row in chain[-2:]] == [None, "f"]
    unclosed = extract(extractor, b"f(" * 20_000)["tree_sitter_errors"]
    assert [row["kind"] for row in unclosed] == ["error"]


def test_rows_do_not_depend_on_the_batch() -> None:
    """A text without a final line end, or with a token missing at its end, stands before others."""
    sources = [
        GOOD,
        b"def f(): pass",
        b"",
        b"class A(",
        b"def g():",
        b"\xef\xbb\xbf@d\ndef \xc3\xa9(): f()\n",
        b"x = (1",
        b"from . import a",
    ]
    together = extract(extractor, *sources)
    for name, rows in together.items():
        assert [without_file(row) for row in rows] == [without_file(row) for data in sources for row in extract(extractor, data)[name]]
    assert together == extract(extractor, *sources)


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
from codeanatomy.extract import tree_sitter
from codeanatomy.extract.source import Failed, Source
extraction = tree_sitter.open()
events = []
sys.addaudithook(lambda event, arguments: events.append((event, arguments)) if event in ("import", "open") else None)
sources = [
    b"import os\\n'd'\\n@e(1)\\nclass C(B):\\n    def f(self) -> int: return f'{self.x!r}'  # c\\nx = (\\n", b"# c\\nf(x = 1, *y)\\n",
    "# coding: euc_jp\\nx = '\\u8868'\\n".encode("euc_jp"), b"# coding: klingon\\n", b"x = '\\xff'\\n", b"x\\0", b"if a:\\n\\tb\\n        c\\n",
    b"x = (\\n", "\\ufb01x = \\u0436.y()\\n".encode(), b"\\x0cf()\\n", b"f()\\r",
]
refused = []
for number, data in enumerate(sources):
    try:
        extraction.read(Source(number, "sample.py", data))
    except Failed as failed:
        refused.append(failed.code)
assert any(batch is not None for batch in extraction.take())
print(events, sorted(set(refused)))
"""


def test_an_open_extractor_opens_and_imports_nothing() -> None:
    """A sandbox then forbids every file, so a late import would kill it."""
    folders = {str(Path(module.__path__[0]).parent) for module in (codeanatomy, np, pa, tree_sitter_python)}
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, *sorted(folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[] ['CA202']", "")
