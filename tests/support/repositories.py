"""Small repositories that tests build, as texts by path."""

from __future__ import annotations

from pathlib import Path

SHOP: dict[str, str | bytes] = {
    "shop/__init__.py": "from .cart import Cart as Basket\n",
    "shop/cart.py": """\
import os.path as p
from shop import money


class Base:
    def total(self):
        return money.add(1, 2)


class Cart(Base):
    def pay(self, how=None):
        if how:
            return self.total()
        return p.join("a", "b")


def make():
    c = Cart()
    return c.pay()
""",
    "shop/money.py": """\
def add(a, b):
    total = a
    for _ in range(b):
        total += 1
    return total
""",
    "main.py": """\
from shop import Basket
from shop.cart import make

make()
b = Basket()
b.pay()
""",
}

BAD: dict[str, str | bytes] = {
    "bad/syntax.py": "def f(:\n",
    "bad/null.py": b"x = 1\0\n",
    "bad/deep.py": "x = " + "(" * 1300 + ")" * 1300 + "\n",
    "bad/latin.py": b"x = '\xe9'\n",
    "bad/nested.py": "f = " + "lambda: " * 700 + "0\n",
    "bad/result.py": "return 1\n",
    "bad/killer.py": "x = [0 " + "for a in b " * 50_000 + "]\n",
}
"""Files that CPython refuses, each in another way; the last one kills its compiler."""


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write the files below a folder, and give the folder back."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root
