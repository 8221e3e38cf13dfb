"""What the graph of a small repository says, view by view, every row stated."""

import pytest

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


async def test_files(build, shop):
    _, ask = await build(shop)
    assert ask("SELECT path, module, lines, status FROM files ORDER BY path") == [
        ("main.py", "main", 6, "ok"),
        ("shop/__init__.py", "shop", 1, "ok"),
        ("shop/cart.py", "shop.cart", 19, "ok"),
        ("shop/money.py", "shop.money", 5, "ok"),
    ]
