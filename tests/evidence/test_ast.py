"""Laws of `ast_nodes` over the standard library, and sources whose bytes are the point. Literate cases are in `ast/`."""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from tests.support.evidence import check_extractor, extract, normal, readable, refusal, standard_library
from tests.support.literate import Row

from codeanatomy.extract import ast as extractor
from codeanatomy.extract import forest, grammar
from codeanatomy.extract.source import Failed, Source

NO_ROWS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.type_ignore)
Place = tuple[int, int, str, str, int, int]


def test_contract() -> None:
    check_extractor(extractor)


def nodes(data: bytes) -> list[Row]:
    return extract(extractor, data)["ast_nodes"]


def parse(data: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def reference(data: bytes) -> list[Place]:
    """(node, parent, kind, field, position, line) of every node in pre-order, by the plainest of walks."""
    places: list[Place] = []
    waiting: list[tuple[ast.AST, int, str, int]] = [(parse(data), -1, "", 0)]
    while waiting:
        node, parent, field, position = waiting.pop()
        number = len(places)
        places.append((number, parent, type(node).__name__, field, position, getattr(node, "lineno", 0)))
        children = []
        for name, value in ast.iter_fields(node):
            for index, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST) and not isinstance(child, NO_ROWS):
                    children.append((child, number, name, index))
        waiting += reversed(children)
    return places


def line_starts(text: bytes) -> list[int]:
    return [3 if text.startswith(b"\xef\xbb\xbf") else 0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", text))]


@pytest.mark.parametrize("part", range(4))
def test_laws_over_the_standard_library(part: int) -> None:
    checked = sum(check_laws(path) for path in standard_library(24)[part::4])
    assert checked > 10


def check_laws(path: Path) -> bool:
    """Every law for one file; False where CPython refuses it."""
    read = readable(extractor, path)
    if read is None:
        return False
    text, rows = read[0], read[1]["ast_nodes"]
    assert [tuple(row[name] for name in ("node", "parent", "kind", "field", "position", "line")) for row in rows] == reference(
        path.read_bytes()
    )
    starts = line_starts(text)
    assert (rows[0]["bstart"], rows[0]["bend"]) == (0, len(text))
    for row in rows[1:]:
        check_span(path, text, starts, rows, row)
        check_name(path, text, row)
    return True


def check_span(path: Path, text: bytes, starts: list[int], rows: list[Row], row: Row) -> None:
    """Inside its parent, and on its line: a decorated definition starts above it, everything else where the line says."""
    parent = rows[row["parent"]]
    assert parent["bstart"] <= row["bstart"] <= row["bend"] <= parent["bend"], f"{path}: {row} leaves {parent}"
    if row["line"] and text[row["bstart"]] != ord("@"):
        assert starts[row["line"] - 1] <= row["bstart"], f"{path}: {row}"
        assert row["line"] == len(starts) or row["bstart"] < starts[row["line"]], f"{path}: {row}"


NAMED = {
    "Name", "Attribute", "arg", "keyword", "FunctionDef", "AsyncFunctionDef", "ClassDef", "alias", "ImportFrom", "ExceptHandler", "MatchAs",
    "MatchStar", "MatchMapping", "TypeVar", "ParamSpec", "TypeVarTuple",
}  # fmt: skip


def check_name(path: Path, text: bytes, row: Row) -> None:
    """The token says the name, NFKC and spaces aside."""
    token = text[row["name_bstart"] : row["name_bend"]]
    if row["kind"] in ("Global", "Nonlocal"):
        assert re.split(r"[\s,\\]+", normal(token)) == row["value"].split(" "), f"{path}: {row}"
    elif row["name"] is None or row["kind"] == "Constant":
        assert (row["name_bstart"], row["name_bend"]) == (-1, -1), f"{path}: {row}"
    else:
        assert row["kind"] in NAMED, f"{path}: {row}"
        assert row["bstart"] <= row["name_bstart"] < row["name_bend"] <= row["bend"], f"{path}: {row}"
        assert re.sub(r"[\s\\]", "", normal(token)) == row["name"], f"{path}: {row} is written {token!r}"


def test_every_statement_and_expression_has_the_source_that_python_says() -> None:
    """`ast.get_source_segment` is CPython's own way from positions to text."""
    data = (Path(ast.__file__).parent / "textwrap.py").read_bytes()
    expected = []
    waiting: list[ast.AST] = [parse(data)]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "lineno"):
            expected.append((type(node).__name__, ast.get_source_segment(data.decode(), node)))
        waiting += [child for child in reversed(list(ast.iter_child_nodes(node))) if not isinstance(child, NO_ROWS)]
    found = [(row["kind"], data[row["bstart"] : row["bend"]].decode()) for row in nodes(data) if row["line"]]
    assert len(found) > 900
    assert found == expected


@pytest.mark.parametrize(
    ("data", "encoding", "names", "starts"),
    [
        pytest.param(b"\xef\xbb\xbfa = b\nc = d\n", "utf-8", ["a", "b", "c", "d"], [3, 9], id="bom"),
        pytest.param("# coding: latin-1\né = ü + b\n".encode("latin-1"), "latin-1", ["é", "ü", "b"], [18], id="latin-1"),
        pytest.param("#\n# -*- coding: cp1252 -*-\n'€'; é = b\n".encode("cp1252"), "cp1252", ["é", "b"], [27, 34], id="second line"),
        pytest.param("# coding: shift_jis\n変 = '表'; b\n".encode("shift_jis"), "shift_jis", ["変", "b"], [20, 33], id="shift-jis"),
        pytest.param(b"a = b\r\n(c,\r\n d)\r\n", "utf-8", ["a", "b", "c", "d"], [0, 7], id="crlf"),
        pytest.param(b"a = b\rc = d\r", "utf-8", ["a", "b", "c", "d"], [0, 6], id="cr"),
        pytest.param(b"a\r\r\nb\n\rc", "utf-8", ["a", "b", "c"], [0, 4, 7], id="mixed"),
        pytest.param(b"# coding: latin-1\r\xe9 = b\rc = d", "latin-1", ["é", "b", "c", "d"], [18, 25], id="cookie before a lone cr"),
        pytest.param(b"\x0ca = b\n\x0c\nif a:\n\x0c  c\n", "utf-8", ["a", "b", "a", "c"], [1, 9], id="form feed"),
        pytest.param(b"if a:\n\tb\n\tif c:\n\t    d\n", "utf-8", ["a", "b", "c", "d"], [0], id="tabs"),
        pytest.param(b"a = '''x\r\ny''' + b; c", "utf-8", ["a", "b", "c"], [0, 20], id="no final newline"),
        pytest.param(b"", "utf-8", [], [], id="empty"),
        pytest.param(b"\xef\xbb\xbf", "utf-8", [], [], id="only a bom"),
        pytest.param(b"\n \n# c", "utf-8", [], [], id="blank"),
    ],
)
def test_bytes(data: bytes, encoding: str, names: list[str], starts: list[int]) -> None:
    """Offsets are into the UTF-8 text; every Name is where it is written."""
    text = data.decode(encoding).encode()
    rows = nodes(data)
    assert [text[row["bstart"] : row["bend"]].decode() for row in rows if row["kind"] == "Name"] == names
    assert [row["bstart"] for row in rows if row["parent"] == 0] == starts
    assert (rows[0]["bstart"], rows[0]["bend"]) == (0, len(text))


def test_names_are_normalised_and_their_tokens_are_as_written() -> None:
    data = "ﬁx.ﬂy(ſet=Ａ)\ndef ﬁ(ª: int, *ŀ): pass\nimport ﬁ.x as y\n".encode()
    named = [(row["kind"], row["name"], data[row["name_bstart"] : row["name_bend"]].decode()) for row in nodes(data) if row["name"]]
    assert named == [
        ("Attribute", "fly", "ﬂy"),
        ("Name", "fix", "ﬁx"),
        ("keyword", "set", "ſet"),
        ("Name", "A", "Ａ"),
        ("FunctionDef", "fi", "ﬁ"),
        ("arg", "a", "ª"),
        ("Name", "int", "int"),
        ("arg", "l·", "ŀ"),
        ("alias", "fi.x", "ﬁ.x"),
    ]


def test_lone_surrogates_of_a_string_are_written_as_escapes() -> None:
    data = r"'\ud800é', '\\ud800'".encode()
    assert [row["value"] for row in nodes(data) if row["kind"] == "Constant"] == [r"\ud800é", r"\ud800"]


@pytest.mark.parametrize(
    ("data", "code", "line", "span"),
    [
        pytest.param(b"x = 1\nx = (\n", "CA201", 2, b"(", id="never closed"),
        pytest.param("'é' + é ö\n".encode(), "CA201", 1, "ö".encode(), id="columns are characters"),
        pytest.param("# coding: latin-1\n'é' + é ö\n".encode("latin-1"), "CA201", 2, "ö".encode(), id="columns behind a cookie"),
        pytest.param(b"if x:\npass\n", "CA201", 2, b"pass", id="indentation"),
        pytest.param(b"a = '\xff'\n", "CA202", None, b"\xff", id="not utf-8"),
        pytest.param(b"# \xff\n", "CA202", None, b"\xff", id="not utf-8, in a comment"),
        pytest.param(b"a\0b\n", "CA202", None, b"\0", id="null byte"),
        pytest.param("a = 1\n".encode("utf-16"), "CA202", None, b"\0", id="utf-16"),
        pytest.param(b"# coding: klingon\n", "CA202", None, None, id="unknown cookie"),
        pytest.param(b"# coding: rot13\n", "CA202", None, None, id="cookie of no text encoding"),
        pytest.param(b"# coding: ascii\n\xe9\n", "CA202", None, None, id="cookie and bytes differ"),
        pytest.param(b"# coding: utf-7\n'+AAA-'\n", "CA202", None, None, id="null byte behind a cookie"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", "CA202", None, None, id="cookie and bom differ"),
        pytest.param(b"-" * 100_000 + b"1\n", "CA203", None, None, id="too deep"),
        pytest.param(b"x" + b".x" * 100_000, "CA203", None, None, id="a long chain"),
    ],
)
def test_refused(data: bytes, code: str, line: int | None, span: bytes | None) -> None:
    failed = refusal(extractor, data)
    assert (failed.code, failed.line) == (code, line), failed.message
    text = data if b"latin-1" not in data else data.decode("latin-1").encode()
    assert (None if failed.bstart is None else text[failed.bstart : failed.bend]) == span


def test_what_only_the_compiler_refuses_has_a_tree() -> None:
    assert [row["kind"] for row in nodes(b"return 1\n")] == ["Module", "Return", "Constant"]


def test_a_tree_may_not_have_more_nodes_than_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "MOST_NODES", 20)
    small, large = b"a = b, 1\n", b"a = 'b', 2" + b", c" * 20 + b"\n"
    assert len(nodes(small)) == 6
    assert refusal(extractor, large).code == "CA203"
    extraction = extractor.open()
    for number, data in enumerate((small, large, small)):
        with contextlib.suppress(Failed):
            extraction.read(Source(number, "a.py", data))
    batch = extraction.take()[0]
    assert batch is not None
    rows = batch.to_pylist()
    assert [row["file_id"] for row in rows] == [0] * 6 + [2] * 6
    assert [without_file(row) for row in rows] == [without_file(row) for row in nodes(small)] * 2


def test_chains_as_deep_as_the_parser_allows() -> None:
    """Hundreds of levels cost no recursion of ours."""
    rows = nodes(b"x = a" + b".b" * 900 + b"\n")
    assert [row["bend"] for row in rows if row["kind"] == "Attribute"] == list(range(5 + 1800, 5, -2))


def test_rows_do_not_depend_on_the_batch() -> None:
    """Sources read together or alone: the same rows; a file without a final newline stands before a decorator, lines end otherwise."""
    sources = [
        b"x = 1",
        b"@a\ndef f(): pass",
        b"",
        "é.b".encode(),
        b"\xef\xbb\xbf@a\nclass C: x = 0x1",
        b"{**a, b: c}\n",
        b"def f(*, a, b=1): pass\r\n",
        b"x = [\r" + b"yy,\r" * 4000 + b"]",
        b"lambda *, k: {**k}",
        b"import a, b.c as d",
    ]
    together = extract(extractor, *sources)["ast_nodes"]
    alone = [without_file(row) for data in sources for row in nodes(data)]
    assert [without_file(row) for row in together] == alone
    assert together == extract(extractor, *sources)["ast_nodes"]


def test_waiting_sources_count_as_pending() -> None:
    extraction = extractor.open()
    extraction.read(Source(1, "a.py", b"a\n"))
    assert extraction.pending > 0
    assert extraction.take()[0] is not None
    assert extraction.pending == 0


def test_nodes_hold_what_the_grammar_says() -> None:
    """All that is taken from a node is in its dictionary under the names of its fields; the grammar has the kind of every node that CPython makes."""
    shapes = {kind: (dict(children), name, has_context, has_position) for kind, children, name, has_context, has_position in grammar.SHAPES}
    for path in standard_library(60):
        with contextlib.suppress(SyntaxError, ValueError):
            for node in ast.walk(parse(path.read_bytes())):
                if not isinstance(node, NO_ROWS):
                    children, name, has_context, has_position = shapes[type(node)]
                    held = vars(node)
                    assert tuple(held) == node._fields + node._attributes
                    assert held.keys() >= children.keys()
                    assert name is None or isinstance(held[name], str | None)
                    assert has_context == ("ctx" in held)
                    assert has_position == ("lineno" in held)
                    others = [held[field] for field in node._fields if field not in children]
                    assert not any(isinstance(value, ast.AST) and not isinstance(value, NO_ROWS) for value in others)


def test_only_trees_of_the_grammar_are_taken() -> None:
    """A tree that CPython did not make is refused whole, wherever it goes wrong."""
    trees = forest.trees()
    tree = ast.Module([ast.Expr(ast.Name("a", ast.Load()), lineno=1, col_offset=0, end_lineno=1, end_col_offset=1)], [])
    with pytest.raises(KeyError, match="lineno"):
        trees.add(tree, b"a", 0, 100)
    tree = ast.Module([ast.expr()], [])
    with pytest.raises(TypeError, match="expr"):
        trees.add(tree, b"a", 0, 100)
    assert trees.pending == 0
    assert trees.add(ast.Module([], []), b"", 0, 100) == trees.pending == 1


def without_file(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "file_id"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"# coding: unicode_escape\n@a\\r@b\\n\\ndef f(\\xe9): pass\\rglobal x\\nx.y(0x1)", id="escapes"),
        pytest.param(b"# coding: unicode_escape\nx = '''\\n\\r\\r\\n''' + y.z\ny", id="line ends in a string"),
        pytest.param(b"# coding: utf-7\nx+AA0-y.z(b'+AA0AKQ-')\n", id="utf-7"),
    ],
)
def test_a_codec_that_makes_line_ends_breaks_nothing(data: bytes) -> None:
    """Whatever CPython makes of the lines: accepted or refused, spans stay inside their parents, and the neighbours are untouched."""
    before, behind = b"a.b\n", b"@a\ndef f(): b.c"
    extraction = extractor.open()
    extraction.read(Source(1, "a.py", before))
    with contextlib.suppress(Failed):
        extraction.read(Source(2, "b.py", data))
    extraction.read(Source(3, "c.py", behind))
    batch = extraction.take()[0]
    assert batch is not None
    rows = {file_id: [without_file(row) for row in batch.to_pylist() if row["file_id"] == file_id] for file_id in (1, 2, 3)}
    assert (rows[1], rows[3]) == tuple([without_file(row) for row in nodes(neighbour)] for neighbour in (before, behind))
    for row in rows[2][1:]:
        parent = rows[2][row["parent"]]
        assert parent["bstart"] <= row["bstart"] <= row["bend"] <= parent["bend"]


def test_a_failed_source_does_not_disturb_its_neighbours() -> None:
    extraction = extractor.open()
    extraction.read(Source(1, "a.py", b"a\n"))
    with pytest.raises(Failed):
        extraction.read(Source(2, "b.py", b"(\n"))
    extraction.read(Source(3, "c.py", b"a\n"))
    batch = extraction.take()[0]
    assert batch is not None
    assert batch["file_id"].to_pylist() == [1, 1, 1, 3, 3, 3]


def test_contexts_are_all_that_there_are() -> None:
    assert forest.ACCESS == ("read", "write", "delete")
    accesses = [(row["name"], row["access"]) for row in nodes(b"a = b; del c; d: e; [f, *g] = h[i]\n") if row["kind"] == "Name"]
    assert accesses == [
        ("a", "write"), ("b", "read"), ("c", "delete"), ("d", "write"), ("e", "read"), ("f", "write"), ("g", "write"), ("h", "read"), ("i", "read"),
    ]  # fmt: skip
