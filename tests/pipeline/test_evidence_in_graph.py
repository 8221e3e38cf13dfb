"""What other tools than CPython's parser know is in the graph too: broken sources, comments, texts as written. Every row stated."""

import pytest
from tests.support.repositories import write

pytestmark = pytest.mark.anyio

BROKEN = """\
import os.path
from shop import money as m, \\
    tax


@cached
def ok():
    return helper(m.add(1))


class Till:
    def open(self):
        os.path.join(ok(), "b")

    def close(self):
        import json as j
        j.dumps(1)(2)


def helper(x): pass

class (:
"""

FILES = {
    "shop/__init__.py": "",
    "shop/money.py": "def add(a):\n    return a\n",
    "shop/broken.py": BROKEN,
    "shop/old.py": "def greet():\n    print 'hello'\n",
    "main.py": "from shop.broken import ok, Till\n\nok()\nTill().open()\n",
}


@pytest.fixture
def broken(tmp_path):
    return write(tmp_path / "broken", FILES)


async def test_a_source_that_cpython_refuses_keeps_its_definitions(build, broken):
    _, ask = await build(broken)
    assert ask(
        "SELECT kind, qualified_name, line, col, parent, origin FROM definitions WHERE path = 'shop/broken.py' ORDER BY line, col"
    ) == [
        ("module", "shop.broken", 1, 1, None, "ast"),
        ("function", "shop.broken.ok", 7, 5, "shop.broken", "tree_sitter"),
        ("class", "shop.broken.Till", 11, 7, "shop.broken", "tree_sitter"),
        ("function", "shop.broken.Till.open", 12, 9, "shop.broken.Till", "tree_sitter"),
        ("function", "shop.broken.Till.close", 15, 9, "shop.broken.Till", "tree_sitter"),
        ("function", "shop.broken.helper", 20, 5, "shop.broken", "tree_sitter"),
    ]
    assert ask("SELECT qualified_name FROM definitions WHERE path = 'shop/old.py' AND kind = 'function'") == [("shop.old.greet",)]
    assert ask("SELECT path, status, parser FROM files ORDER BY path") == [
        ("main.py", "ok", "ast"),
        ("shop/__init__.py", "ok", "ast"),
        ("shop/broken.py", "failed", "tree_sitter"),
        ("shop/money.py", "ok", "ast"),
        ("shop/old.py", "failed", "tree_sitter"),
    ]


async def test_its_imports_lead_on(build, broken):
    _, ask = await build(broken)
    assert ask(
        "SELECT line, module, name, alias, target, target_kind, origin FROM imports WHERE path = 'shop/broken.py' ORDER BY line, name"
    ) == [
        (1, "os.path", None, None, "os.path", "stdlib", "tree_sitter"),
        (2, "shop", "money", "m", "shop.money", "module", "tree_sitter"),
        (3, "shop", "tax", None, None, "unresolved", "tree_sitter"),
        (16, "json", None, "j", "json", "stdlib", "tree_sitter"),
    ]


async def test_its_imports_bind_names(build, broken):
    _, ask = await build(broken)
    bindings = "SELECT bound.name, bound.line, bound.col, holder.qualified_name FROM bindings AS bound JOIN definitions AS holder ON holder.id = bound.scope_id"
    assert ask(f"{bindings} WHERE bound.path = 'shop/broken.py' AND how = 'import' ORDER BY bound.line") == [
        ("os", 1, 8, "shop.broken"),
        ("m", 2, 27, "shop.broken"),
        ("tax", 3, 5, "shop.broken"),
        ("j", 16, 24, "shop.broken.Till.close"),
    ]
    assert ask(
        "SELECT variable, \"function\", def_line, def_col, use_line FROM dataflow WHERE variable IN ('m', 'j') ORDER BY def_line"
    ) == [
        ("m", "shop.broken", 2, 27, 8),
        ("j", "shop.broken.Till.close", 16, 24, 17),
    ]


async def test_its_calls_are_resolved_as_far_as_names_tell(build, broken):
    _, ask = await build(broken)
    assert ask("SELECT caller, line, col, callee, origin FROM calls WHERE path = 'shop/broken.py' ORDER BY line, col") == [
        ("shop.broken.ok", 8, 12, "shop.broken.helper", "tree_sitter"),
        ("shop.broken.ok", 8, 19, "shop.money.add", "tree_sitter"),
        ("shop.broken.Till.open", 13, 9, "os.path.join", "tree_sitter"),
        ("shop.broken.Till.open", 13, 22, "shop.broken.ok", "tree_sitter"),
        ("shop.broken.Till.close", 17, 9, "json.dumps", "tree_sitter"),
    ]
    assert ask("SELECT line, col, callee_text, status FROM call_sites WHERE path = 'shop/broken.py' AND status = 'unresolved'") == [
        (17, 9, "<expression>", "unresolved")
    ]


async def test_other_sources_reach_into_it(build, broken):
    _, ask = await build(broken)
    assert ask("SELECT callee, callee_path, callee_line FROM calls WHERE path = 'main.py' ORDER BY line, callee") == [
        ("shop.broken.ok", "shop/broken.py", 7),
        ("shop.broken.Till", "shop/broken.py", 11),
        ("shop.broken.Till.open", "shop/broken.py", 12),
    ]


async def test_problems_are_nodes_of_their_source(build, broken):
    _, ask = await build(broken)
    assert ask("SELECT path, extractor, code, line FROM failures ORDER BY path") == [
        ("shop/broken.py", "ast, bytecode, libcst, symtable", "CA201", 22),
        ("shop/old.py", "ast, bytecode, libcst, symtable", "CA201", 2),
    ]
    assert ask(
        "SELECT report.kind, report.name, report.path, report.line FROM cpg_edges AS edge JOIN cpg_nodes AS report ON report.id = edge.src "
        "JOIN cpg_nodes AS file ON file.id = edge.dst AND file.path = report.path WHERE edge.kind = 'reported_on' ORDER BY 3, 1"
    ) == [
        ("diagnostic", "CA201", "shop/broken.py", 22),
        ("syntax_error", None, "shop/broken.py", 22),
        ("diagnostic", "CA201", "shop/old.py", 2),
    ]


WRITTEN = '''\
#!/usr/bin/env python
"""Module."""
import functools  # noqa: F401


@functools.lru_cache(
    maxsize=None,
)
@(staticmethod)
def area(width: "int" = (1), *, height: (int | None) = None) -> (float):
    r"""Raw."""
    x: int = width  # type: ignore[assignment]
    return x
'''


async def test_texts_as_written(build, tmp_path):
    _, ask = await build(write(tmp_path / "r", {"m.py": WRITTEN}))
    assert ask("SELECT line, col, end_line, end_col, kind, text, own_line FROM comments ORDER BY line") == [
        (1, 1, 1, 22, "shebang", "#!/usr/bin/env python", True),
        (3, 19, 3, 31, "noqa", "# noqa: F401", False),
        (12, 21, 12, 47, "type_ignore", "# type: ignore[assignment]", False),
    ]
    assert ask("SELECT definition, position, text, line, col, end_line, end_col FROM decorators ORDER BY position") == [
        ("m.area", 0, "functools.lru_cache(\n    maxsize=None,\n)", 6, 2, 8, 2),
        ("m.area", 1, "(staticmethod)", 9, 2, 9, 16),
    ]
    assert ask(
        "SELECT edge.kind, definition.name, edge.label, edge.line, edge.col, edge.end_col FROM cpg_edges AS edge "
        "JOIN cpg_nodes AS definition ON definition.id = edge.src "
        "WHERE edge.kind IN ('has_default', 'has_annotation', 'has_return_annotation') ORDER BY edge.line, edge.col"
    ) == [
        ("has_annotation", "width", '"int"', 10, 17, 22),
        ("has_default", "width", "(1)", 10, 25, 28),
        ("has_annotation", "height", "(int | None)", 10, 41, 53),
        ("has_default", "height", "None", 10, 56, 60),
        ("has_return_annotation", "area", "(float)", 10, 65, 72),
        ("has_annotation", "x", "int", 12, 8, 11),
    ]
    assert ask(
        "SELECT docstring.line, definition.qualified_name, fact.string_value FROM cpg_edges AS edge "
        "JOIN cpg_nodes AS definition ON definition.id = edge.dst JOIN cpg_nodes AS docstring ON docstring.id = edge.src "
        "JOIN cpg_props AS fact ON fact.entity_id = edge.src AND fact.key = 'written' WHERE edge.kind = 'documents' ORDER BY docstring.line"
    ) == [(2, "m", '"""Module."""'), (11, "m.area", 'r"""Raw."""')]


ANNOTATED = """\
class C:
    pass


c = C()
c.q: int = 5
c.d["k"]: dict[str, int] = {}
x: int = 1
x: "str" = ""


def f(p: C, *r: int) -> (C):
    return p
"""


async def test_every_annotation_is_a_type(build, tmp_path):
    """Where libcst refuses a source, at the place of its syntax, and by name where it is one."""
    refused = "def f(p: int, q: list[int]) -> str:\n    (y): float = 2\n"
    _, ask = await build(write(tmp_path / "r", {"m.py": ANNOTATED, "refused.py": refused}))
    assert ask("SELECT code FROM failures") == [("CA205",)]
    assert ask("SELECT subject, type, line, col, end_col FROM types WHERE declared ORDER BY path, line, col") == [
        ("q", "int", 6, 6, 9),
        (None, "dict[str, int]", 7, 11, 25),
        ("m.x", "int", 8, 4, 7),
        ("x", '"str"', 9, 4, 9),
        ("m.f.p", "C", 12, 10, 11),
        ("m.f.r", "int", 12, 17, 20),
        ("m.f", "(C)", 12, 25, 28),
        ("refused.f.p", "int", 1, 10, 13),
        ("refused.f.q", None, 1, 18, 27),
        ("refused.f", "str", 1, 32, 35),
        ("refused.f.y", "float", 2, 10, 15),
    ]


async def test_without_other_parsers_the_rest_is_built(build, tmp_path):
    repository = write(tmp_path / "r", {"m.py": WRITTEN, "broken.py": "def ok():\n    return 1\n\nclass (:\n"})
    result, ask = await build(repository, enable_libcst=False, enable_tree_sitter=False)
    assert ask("SELECT count(*) FROM comments") == [(0,)]
    assert ask("SELECT definition, text FROM decorators ORDER BY position") == [("m.area", None), ("m.area", None)]
    assert ask("SELECT kind, qualified_name FROM definitions WHERE path = 'broken.py'") == [("module", "broken")]
    assert ask("SELECT path, extractor, code FROM failures") == [("broken.py", "ast, bytecode, symtable", "CA201")]
    assert result.evidence["libcst_comments"].rows == result.evidence["tree_sitter_definitions"].rows == 0
