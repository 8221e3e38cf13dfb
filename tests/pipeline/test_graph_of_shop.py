"""What the graph of a small repository says, view by view, every row stated."""

import pytest
from tests.support.repositories import write

pytestmark = pytest.mark.anyio


async def test_calls(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT caller, callee, callee_kind, via, line FROM calls ORDER BY path, line, callee") == [
        ("main", "shop.cart.make", "function", None, 4),
        ("main", "shop.cart.Cart", "class", None, 5),
        ("main", "shop.cart.Cart.pay", "function", None, 6),
        ("shop.cart.Base.total", "shop.money.add", "function", None, 7),
        ("shop.cart.Cart.pay", "shop.cart.Base.total", "function", None, 13),
        ("shop.cart.Cart.pay", "os.path.join", "external", None, 14),
        ("shop.cart.make", "shop.cart.Cart", "class", None, 18),
        ("shop.cart.make", "shop.cart.Cart.pay", "function", None, 19),
        ("shop.money.add", "builtins.range", "builtin", None, 3),
    ]


async def test_call_sites_have_one_status_each(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT path, line, callee_text, status, targets FROM call_sites ORDER BY path, line") == [
        ("main.py", 4, "make", "resolved", 1),
        ("main.py", 5, "Basket", "resolved", 1),
        ("main.py", 6, "b.pay", "resolved", 1),
        ("shop/cart.py", 7, "money.add", "resolved", 1),
        ("shop/cart.py", 13, "self.total", "resolved", 1),
        ("shop/cart.py", 14, "p.join", "external", 1),
        ("shop/cart.py", 18, "Cart", "resolved", 1),
        ("shop/cart.py", 19, "c.pay", "resolved", 1),
        ("shop/money.py", 3, "range", "builtin", 1),
    ]


async def test_definitions_of_a_module(build, shop):
    _, ask = await build(shop)
    assert ask(
        "SELECT kind, qualified_name, line, col, end_line, end_col, parent FROM definitions WHERE path = 'shop/money.py' ORDER BY line, col"
    ) == [
        ("module", "shop.money", 1, 1, 1, 1, None),
        ("function", "shop.money.add", 1, 5, 1, 8, "shop.money"),
        ("parameter", "shop.money.add.a", 1, 9, 1, 10, "shop.money.add"),
        ("parameter", "shop.money.add.b", 1, 12, 1, 13, "shop.money.add"),
        ("variable", "shop.money.add.total", 2, 5, 2, 10, "shop.money.add"),
        ("variable", "shop.money.add._", 3, 9, 3, 10, "shop.money.add"),
    ]


async def test_bindings_of_a_function(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT name, how, line FROM bindings WHERE path = 'shop/money.py' AND line > 1 ORDER BY line") == [
        ("total", "assign", 2),
        ("_", "for", 3),
        ("total", "augmented", 4),
    ]


async def test_an_import_binds_a_name(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT definition_id, name, path, line, col FROM bindings WHERE how = 'import' ORDER BY path, line") == [
        (None, "Basket", "main.py", 1, 18),
        (None, "make", "main.py", 2, 23),
        (None, "Basket", "shop/__init__.py", 1, 27),
        (None, "p", "shop/cart.py", 1, 19),
        (None, "money", "shop/cart.py", 2, 18),
    ]


async def test_references_lead_behind_imports(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT path, line, col, access, target_line, target_col FROM refs WHERE target = 'shop.money.add' ORDER BY path") == [
        ("shop/cart.py", 7, 22, "read", 1, 5)
    ]
    assert ask("SELECT path, line, name FROM refs WHERE target = 'shop.cart.Cart' ORDER BY path, line, col") == [
        ("main.py", 1, "Basket"),
        ("main.py", 5, "Basket"),
        ("shop/__init__.py", 1, "Cart"),
        ("shop/cart.py", 18, "Cart"),
    ]


async def test_imports(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT path, module, name, alias, target, target_kind FROM imports ORDER BY path, line") == [
        ("main.py", "shop", "Basket", None, "shop.cart.Cart", "definition"),
        ("main.py", "shop.cart", "make", None, "shop.cart.make", "definition"),
        ("shop/__init__.py", "shop.cart", "Cart", "Basket", "shop.cart.Cart", "definition"),
        ("shop/cart.py", "os.path", None, "p", "os.path", "stdlib"),
        ("shop/cart.py", "shop", "money", None, "shop.money", "module"),
    ]


async def test_inheritance(build, shop):
    _, ask = await build(shop)
    assert ask('SELECT "class", base, position FROM inherits') == [("shop.cart.Cart", "shop.cart.Base", 0)]
    assert ask(
        "SELECT position, ancestor FROM mro WHERE \"class\" = 'shop.cart.Cart' AND ancestor <> 'builtins.object' ORDER BY position"
    ) == [
        (0, "shop.cart.Cart"),
        (1, "shop.cart.Base"),
    ]


async def test_control_flow_of_a_loop(build, shop):
    _, ask = await build(shop)
    edges = ask("SELECT kind, src_line, dst_line FROM cfg WHERE \"function\" = 'shop.money.add' ORDER BY src_line, dst_line, kind")
    assert ("true", 3, 3) in edges or ("true", 3, 4) in edges
    assert ("false", 3, 5) in edges
    assert ask("SELECT count(*) FROM blocks WHERE \"function\" = 'shop.money.add' AND entry") == [(1,)]


async def test_steps_of_a_loop(build, shop):
    _, ask = await build(shop)
    steps = ask("SELECT line, col, kind FROM steps WHERE \"function\" = 'shop.money.add' ORDER BY block, seq")
    assert [step for step in steps if step[0] == 4] == [(4, 9, "Name"), (4, 18, "Constant"), (4, 9, "Name"), (4, 9, "AugAssign")]
    assert steps[:3] == [(2, 13, "Name"), (2, 5, "Name"), (2, 5, "Assign")]
    assert steps[-2:] == [(5, 12, "Name"), (5, 5, "Return")]


async def test_the_body_of_a_loop_hangs_on_its_head(build, shop):
    _, ask = await build(shop)
    blocks = "cpg_nodes source ON source.id = edge.src JOIN cpg_nodes target ON target.id = edge.dst"
    edges = ask(
        f"SELECT edge.kind, source.line, target.end_line, edge.label FROM cpg_edges edge JOIN {blocks} "
        "WHERE source.qualified_name = 'shop.money.add' AND edge.kind IN ('dominates', 'post_dominates', 'control_depends')"
    )
    assert ("dominates", 3, 4, None) in edges
    assert ("dominates", 3, 5, None) in edges
    assert ("post_dominates", 5, 3, None) in edges
    assert {edge[1:] for edge in edges if edge[0] == "control_depends"} == {(3, 4, "true"), (3, 3, "true")}


async def test_a_coroutine_waits_and_a_generator_yields(build, tmp_path):
    source = "async def wait(task):\n    await task\n\n\ndef give(items):\n    for item in items:\n        yield item\n"
    _, ask = await build(write(tmp_path / "resumed", {"m.py": source}))
    assert ask("SELECT DISTINCT \"function\", kind, src_line FROM cfg WHERE kind IN ('yields', 'awaits') ORDER BY 1") == [
        ("m.give", "yields", 7),
        ("m.wait", "awaits", 2),
    ]


async def test_files(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT path, module, lines, status FROM files ORDER BY path") == [
        ("main.py", "main", 6, "ok"),
        ("shop/__init__.py", "shop", 1, "ok"),
        ("shop/cart.py", "shop.cart", 19, "ok"),
        ("shop/money.py", "shop.money", 5, "ok"),
    ]
