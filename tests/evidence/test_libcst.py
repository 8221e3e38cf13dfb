"""Laws of the `libcst_` tables over the standard library: what `tokenize`, `ast` and libcst's own visitors and positions say. Literate cases are in `libcst/`."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import libcst as cst
import numpy as np
import pyarrow as pa
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from tests.support.evidence import FILE_ID, extract, normal, readable, refusal, standard_library
from tests.support.literate import Row

import codeanatomy
from codeanatomy.extract import libcst as extractor
from codeanatomy.extract import rendition
from codeanatomy.extract.source import Extraction, Failed, Source

Span = tuple[int, int]

GOOD = b'''"""doc"""
import os
@d
class C(B): pass  # c
f(1)
'''


def test_what_its_tree_would_refuse_is_read() -> None:
    """The parser takes it; CPython and a tree that is made by hand do not."""
    extraction = extractor.open()
    extraction.read(Source(1, "a.py", b"try: pass\nexcept: pass  # all\nexcept A: f()\n"))
    tables = dict(zip((table.name for table in extraction.tables), extraction.take(), strict=True))
    assert tables["libcst_comments"]["text"].to_pylist() == ["# all"]
    assert tables["libcst_calls"]["callee"].to_pylist() == ["f"]
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")


def test_contract() -> None:
    """What every extractor keeps to, with a source that has rows in every table."""
    extraction: Extraction = extractor.open()
    assert (extraction.pending, extraction.take()) == (0, [None] * 6), "warming up leaves rows"
    extraction.read(Source(1, "a.py", GOOD))
    waiting = extraction.pending
    for data, code in (
        (b"def f(:\n", "CA205"),
        (b"x = '\xff'\n", "CA202"),
        (b"# coding: klingon\n", "CA202"),
        (b"x\0", "CA202"),
    ):
        with pytest.raises(Failed) as failed:
            extraction.read(Source(2, "b.py", data))
        assert (failed.value.code, extraction.pending) == (code, waiting), data
    extraction.read(Source(3, "c.py", GOOD))
    assert extraction.pending == 2 * waiting
    batches = extraction.take()
    assert (extraction.pending, extraction.take()) == (0, [None] * 6), "rows are given twice"
    for table, batch in zip(extraction.tables, batches, strict=True):
        assert batch is not None
        batch.validate(full=True)
        assert batch.schema.names == [column.name for column in table.columns]
        assert [field.nullable for field in batch.schema] == [column.nullable for column in table.columns]
        first, second = ([without_file(row) for row in batch.to_pylist() if row["file_id"] == file_id] for file_id in (1, 3))
        assert first == second == [without_file(row) for row in extract(extractor, GOOD)[table.name]], table.name
        assert first, table.name


def without_file(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "file_id"}


@pytest.mark.parametrize("part", range(4))
def test_laws_over_the_standard_library(part: int) -> None:
    checked = sum(check_file(path) for path in standard_library(60)[part::4] if path.stat().st_size < 60_000)
    assert checked > 6


def check_file(path: Path) -> bool:
    """Every law for one file; False where it is refused."""
    read = readable(extractor, path)
    if read is None:
        return False
    text, tables = read
    for table in extractor.ConcreteSyntax.tables:
        check_keys(tables[table.name], table.key, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(path.read_bytes())
    offsets = Offsets(text)
    check_comments(text, offsets, tables["libcst_comments"], path)
    check_calls(tree, text, offsets, tables["libcst_calls"], path)
    check_imports(tree, text, offsets, tables["libcst_imports"], path)
    check_docstrings(tree, text, offsets, tables["libcst_docstrings"], path)
    check_texts(tree, text, offsets, tables["libcst_texts"], path)
    return True


def check_keys(rows: list[Row], key: tuple[str, ...], path: Path) -> None:
    keys = [tuple(row[name] for name in key) for row in rows]
    assert len(keys) == len(set(keys)), f"{path}: {Counter(keys).most_common(1)}"


class Offsets:
    """Lines and columns to bytes; columns of `ast` are bytes, those of `tokenize` characters."""

    def __init__(self, text: bytes) -> None:
        self.lines = io.StringIO(text.decode("utf-8-sig"), newline="").readlines()
        self.starts = [3 if text.startswith(b"\xef\xbb\xbf") else 0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line.encode()))

    def node(self, node: ast.expr | ast.stmt) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def token(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1][:column].encode())


def span(row: Row, prefix: str = "") -> Span:
    return row[f"{prefix}bstart"], row[f"{prefix}bend"]


def cut(text: bytes, row: Row, prefix: str = "") -> bytes:
    return text[slice(*span(row, prefix))]


def check_comments(text: bytes, offsets: Offsets, rows: list[Row], path: Path) -> None:
    """`tokenize` finds the same comments, with the same text before them on their line."""
    tokens = tokenize.generate_tokens(io.StringIO(text.decode("utf-8-sig"), newline="").readline)
    found = [
        (offsets.token(*token.start), token.string, not offsets.lines[token.start[0] - 1][: token.start[1]].strip())
        for token in tokens
        if token.type == tokenize.COMMENT
    ]
    assert [(row["bstart"], row["text"], row["own_line"]) for row in rows] == found, path
    assert all(cut(text, row).decode() == row["text"] for row in rows), path


def outside_strings(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those inside f-strings: before 3.12, CPython's positions are wrong there."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.JoinedStr):
            waiting += ast.iter_child_nodes(node)
    return found


def check_calls(tree: ast.Module, text: bytes, offsets: Offsets, rows: list[Row], path: Path) -> None:
    """As many as `ast` has; those outside of f-strings at the same place."""
    assert len(rows) == sum(isinstance(node, ast.Call) for node in ast.walk(tree)), path
    expected = {(offsets.node(node), offsets.node(node.func)) for node in outside_strings(tree) if isinstance(node, ast.Call)}
    assert expected <= {(span(row), span(row, "callee_")) for row in rows}, path
    for row in rows:
        assert row["callee"] in (None, cut(text, row, "callee_").decode()), path
        callee = ast.parse(b"(" + cut(text, row, "callee_") + b")", mode="eval").body
        while isinstance(callee, ast.Attribute):
            callee = callee.value
        assert (row["callee"] is not None) <= isinstance(callee, ast.Name), f"{path}: {row}"


def check_imports(tree: ast.Module, text: bytes, offsets: Offsets, rows: list[Row], path: Path) -> None:
    """The same names in the same statements; tokens say their names."""
    expected = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module, level = (node.module, node.level) if isinstance(node, ast.ImportFrom) else (None, 0)
            expected += [
                (*offsets.node(node), position, level, module, alias.name, alias.asname) for position, alias in enumerate(node.names)
            ]
    found = [(*span(row), row["position"], row["level"], row["module"], row["name"], row["alias"]) for row in rows]
    assert sorted(found, key=str) == sorted(expected, key=str), path
    for row in rows:
        for name in ("module", "name", "alias"):
            token = b"".join(cut(text, row, f"{name}_").replace(b"\\", b"").split())
            assert (normal(token) or None) == row[name], f"{path}: {row}"
            assert (span(row, f"{name}_") == (-1, -1)) == (row[name] is None)


def check_docstrings(tree: ast.Module, text: bytes, offsets: Offsets, rows: list[Row], path: Path) -> None:
    """`ast` has the same, and their texts evaluate to what it says."""
    expected = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring is not None:
                assert isinstance(node.body[0], ast.Expr)
                expected[offsets.node(node.body[0].value)] = (docstring, getattr(node, "name", None))
    assert {span(row) for row in rows} == expected.keys(), path
    for row in rows:
        value, owner = expected[span(row)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert ast.literal_eval(f"({row['text']})") == value, f"{path}: {row}"
        assert (normal(cut(text, row, "owner_")) or None) == owner
        assert (row["owner"] == "module") == (owner is None)


def check_texts(tree: ast.Module, text: bytes, offsets: Offsets, rows: list[Row], path: Path) -> None:
    """As many of each kind as `ast` has; each, without brackets around it, is an expression of `ast`."""
    expected: Counter[str] = Counter()
    spans: dict[str, set[Span]] = {kind: set() for kind in ("decorator", "base", "default", "annotation", "return")}

    def add(kind: str, nodes: list[ast.expr | None]) -> None:
        there = [node for node in nodes if node is not None]
        expected[kind] += len(there)
        spans[kind].update(map(offsets.node, there))

    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            add("decorator", [*node.decorator_list])
        if isinstance(node, ast.ClassDef):
            add("base", [*node.bases, *(keyword.value for keyword in node.keywords)])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            add("return", [node.returns])
        elif isinstance(node, ast.arguments):
            add("default", [*node.defaults, *node.kw_defaults])
        elif isinstance(node, ast.arg | ast.AnnAssign):
            add("annotation", [node.annotation])
    assert Counter(row["kind"] for row in rows) == +expected, path
    for row in rows:
        assert cut(text, row).decode() == row["text"], path
        assert cut(text, row, "owner_").strip() == cut(text, row, "owner_") != b"", path
        if "f'" not in row["text"] and 'f"' not in row["text"]:
            start, end = span(row)
            assert any(start <= first and last <= end for first, last in spans[row["kind"]]), f"{path}: {row}"


def test_places_are_those_of_libcst() -> None:
    """libcst's own byte spans, of all nodes that are no space."""
    checked = 0
    for name in ("textwrap.py", "contextlib.py", "test/test_named_expressions.py"):
        text = (Path(ast.__file__).parent / name).read_text(encoding="utf-8")
        module = cst.parse_module(text)
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        expected = wrapper.resolve(ByteSpanPositionProvider)
        kinds = (cst.Call, cst.Comment, cst.SimpleString, cst.Name)
        nodes = [node for node in expected if isinstance(node, kinds) and not getattr(node, "lpar", ())]
        assert text.isascii()
        starts, ends = rendition.render(module, text).spans(nodes)
        found = list(zip(starts.tolist(), ends.tolist(), strict=True))
        assert found == [(expected[node].start, expected[node].start + expected[node].length) for node in nodes]
        checked += len(found)
    assert checked > 3000


class Counting(cst.CSTVisitor):
    """libcst's own visitor, counting."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.counts[type(node).__name__] += 1
        return True


@pytest.mark.parametrize("name", ["argparse.py", "dataclasses.py", "test/test_decorators.py"])
def test_counts_are_those_of_a_visitor(name: str) -> None:
    data = (Path(ast.__file__).parent / name).read_bytes()
    counting = Counting()
    cst.parse_module(data).visit(counting)
    found = extract(extractor, data)
    kinds = Counter(row["kind"] for row in found["libcst_texts"])
    assert (len(found["libcst_comments"]), len(found["libcst_calls"])) == (counting.counts["Comment"], counting.counts["Call"])
    assert len(found["libcst_imports"]) == counting.counts["ImportAlias"] + counting.counts["ImportStar"]
    assert kinds["decorator"] == counting.counts["Decorator"]
    assert kinds["annotation"] + kinds["return"] == counting.counts["Annotation"]


@pytest.mark.parametrize(
    ("data", "calls", "comments"),
    [
        pytest.param(b"\xef\xbb\xbff(a)  # c\n", ["f(a)"], ["# c"], id="bom"),
        pytest.param("# coding: latin-1\né(ü)  # ö\n".encode("latin-1"), ["é(ü)"], ["# coding: latin-1", "# ö"], id="latin-1"),
        pytest.param(b"f(a) # c\r\ng(b)\r\n", ["f(a)", "g(b)"], ["# c"], id="crlf"),
        pytest.param(b"f(a) # c\rg(b)\r", ["f(a)", "g(b)"], ["# c"], id="cr"),
        pytest.param(b"f(a) # c\r\r\ng(b)\n\rh() # d", ["f(a)", "g(b)", "h()"], ["# c", "# d"], id="mixed"),
        pytest.param(b"\x0cf(a) # c\n\x0c\nif a:\n\x0c  g() # d\n", ["f(a)", "g()"], ["# c", "# d"], id="form feed, which libcst loses"),
        pytest.param("'é'; f('ü', g()) # ö\nh()".encode(), ["f('ü', g())", "g()", "h()"], ["# ö"], id="no final newline"),
        pytest.param(b"", [], [], id="empty"),
        pytest.param(b"\xef\xbb\xbf", [], [], id="only a bom"),
        pytest.param(b"# c", [], ["# c"], id="only a comment"),
    ],
)
def test_bytes(data: bytes, calls: list[str], comments: list[str]) -> None:
    """Offsets are into the UTF-8 text."""
    text = data.decode("latin-1").encode() if b"latin-1" in data else data
    found = extract(extractor, data)
    assert [cut(text, row).decode() for row in found["libcst_calls"]] == calls
    assert [cut(text, row).decode() for row in found["libcst_comments"]] == comments


@pytest.mark.parametrize(
    ("data", "indent", "newline", "ends_in_newline"),
    [
        (b"if a:\n\tb\n", "\t", "\n", True),
        (b"if a:\r\n  b\r\n  if c:\r\n      d", "  ", "\r\n", False),
        (b"a\r", "    ", "\r", True),
        (b"", "    ", "\n", False),
    ],
)
def test_layout(data: bytes, indent: str, newline: str, ends_in_newline: bool) -> None:
    assert extract(extractor, data)["libcst_modules"] == [
        {"file_id": FILE_ID, "indent": indent, "newline": newline, "ends_in_newline": ends_in_newline}
    ]


def test_owners() -> None:
    """The name of a parameter owns its texts, the target of an assignment its annotation, a definition the rest."""
    data = b"@a\nclass C(b):\n  x : (c)\n  @d\n  def f(e: g = 1) -> h: 'i'\nself.y: j = lambda k=2: k\n"
    found = extract(extractor, data)
    owners = {row["text"]: cut(data, row, "owner_").decode() for table in ("libcst_texts", "libcst_docstrings") for row in found[table]}
    assert owners == {"a": "C", "b": "C", "(c)": "x", "d": "f", "g": "e", "1": "e", "h": "f", "'i'": "f", "j": "self.y", "2": "k"}


def test_names_are_normalised_and_tokens_are_as_written() -> None:
    data = "import ﬁ . x as ſ\n".encode()
    (row,) = extract(extractor, data)["libcst_imports"]
    assert (row["name"], row["alias"]) == ("fi.x", "s")
    assert (cut(data, row, "name_").decode(), cut(data, row, "alias_").decode()) == ("ﬁ . x", "ſ")


def test_deep_trees() -> None:
    """Chains that CPython takes are written; deeper ones are refused, and the interpreter's own limit stays."""
    assert len(extract(extractor, b"x = a()" + b" + 'b'" * 800 + b"\n")["libcst_calls"]) == 1
    assert len(extract(extractor, b"if a: b()\n" + b"elif a: b()\n" * 1000)["libcst_calls"]) == 1001
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendition, "DEEPEST", 0)
        failed = refusal(extractor, b"x = a()" + b" + 'b'" * 800 + b"\n")
    assert (failed.code, failed.bstart) == ("CA203", None)


def test_libcst_is_left_as_it_was() -> None:
    """Its own writer works as before, also after a failure."""
    before = [dict(vars(kind)) for kind in (cst.SimpleWhitespace, *cst.Name.__mro__)]
    module = cst.parse_module("( (a)  +  b )\n")
    rendition.render(module, module.code)
    with pytest.raises(rendition.Unwritable):
        rendition.render(module, "c\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendition, "DEEPEST", 0)
        deep = "a" + " + a" * 500
        with pytest.raises(RecursionError):
            rendition.render(cst.parse_module(deep), deep)
    assert [dict(vars(kind)) for kind in (cst.SimpleWhitespace, *cst.Name.__mro__)] == before
    assert module.code == "( (a)  +  b )\n"


def test_a_tree_that_is_not_the_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No place is guessed: here the tree is that of another text."""
    other = cst.parse_module("a(b)\n")
    with pytest.raises(rendition.Unwritable):
        rendition.render(other, "a(c)\n")
    with pytest.raises(rendition.Unwritable):
        rendition.render(other, "a(")
    extraction = extractor.open()
    monkeypatch.setattr(extractor.native, "parse_module", lambda source, encoding: other)
    with pytest.raises(Failed, match="not the text") as failed:
        extraction.read(Source(1, "a.py", b"a(c)\n"))
    assert (failed.value.code, extraction.pending) == ("CA205", 0)


def test_rows_do_not_depend_on_the_batch() -> None:
    sources = [GOOD, b"# c", "é(é) # é\n".encode(), b"", b"\xef\xbb\xbf'd'\n"]
    together = extract(extractor, *sources)
    for name, rows in together.items():
        assert [without_file(row) for row in rows] == [without_file(row) for data in sources for row in extract(extractor, data)[name]]
    assert together == extract(extractor, *sources)


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
from codeanatomy.extract import libcst
from codeanatomy.extract.source import Failed, Source
extraction = libcst.open()
events = []
sys.addaudithook(lambda event, arguments: events.append((event, arguments)) if event in ("import", "open") else None)
sources = [
    b"import os\\n'd'\\n@e(1)\\nclass C(B):\\n    def f(self) -> int: return f'{self.x!r}'  # c\\nx = (\\n", b"# c\\nf(x = 1, *y)\\n",
    "# coding: euc_jp\\nx = '\\u8868'\\n".encode("euc_jp"), b"# coding: klingon\\n", b"x = '\\xff'\\n", b"x\\0", b"if a:\\n\\tb\\n        c\\n",
    b"x = (\\n", b"if a: b\\n" + b"elif a: b\\n" * 5_500, "\\ufb01x = \\u0436.y()\\n".encode(), b"\\x0cf()\\n", b"f()\\r",
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
    folders = {str(Path(module.__path__[0]).parent) for module in (codeanatomy, np, pa, cst)}
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, *sorted(folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[] ['CA202', 'CA203', 'CA205']", "")
