"""Every kind of node and edge, every property and every resolution that the catalog names occurs in the graph of one small repository."""

import sys

import deltalake
import pytest
from tests.support.repositories import write
from tests.tools.conftest import needs_node

from codeanatomy.catalog.graph import LAYERS
from codeanatomy.catalog.resolution import RESOLUTIONS, confidence
from codeanatomy.library import build_graph_product
from codeanatomy.product import GraphProductBuildRequest

pytestmark = [pytest.mark.anyio, needs_node]

NEWER = {"type_parameter_syntax", "type_parameter"}
"""What only `GENERICS` has: Python's grammar knows it from 3.12 on."""

RESOLVED = {"calls", "calls_implicitly", "reads", "writes", "deletes", "global", "nonlocal"}
GUESSED = ("hierarchy", "name_match")

GENERICS = "def same[T](x: T) -> T:\n    return x\n"

REPOSITORY = {
    "pyproject.toml": """\
[project]
name = "rich"
version = "1"
dependencies = ["requests>=2", "asgiref"]
""",
    "pkg/__init__.py": '''\
"""A package."""
from pkg.core import *
''',
    "pkg/core.py": '''\
"""Docstring."""
from __future__ import annotations

import asyncio
import os.path as p
import weakref
from typing import Generic, TypeVar, overload

import requests
from . import broken

__all__ = ["Base", "Plain", "work"]
T = TypeVar("T")  # type: ignore
count = 0


class Base(Generic[T]):
    x: int = 0

    def total(self, how: int = 1, *rest: str, key: bool = False, **others: float) -> int:
        # a comment
        return how

    def common(self):
        pass

    @property
    def size(self) -> int:
        return self.x

    @size.setter
    def size(self, value):
        self.x = value


class Child(Base):
    def total(self, how: int = 1, *rest: str, key: bool = False, **others: float) -> int:
        return super().total(how) + 1

    def __add__(self, other):
        return self


class Plain:
    def common(self):
        pass


class Below(Plain):
    def common(self):
        pass

    def only_below(self):
        return self


def decorate(f):
    def inner(*args, **kw):
        return f(*args, **kw)

    return inner


@decorate
def work(flag, items):
    global count
    count += 1
    total = 0

    def add():
        nonlocal total
        total += 1

    try:
        if flag and items:
            for item in items:
                yield item
        else:
            while True:
                break
    except (ValueError, OSError) as error:
        raise RuntimeError from error
    finally:
        add()
    with open("x") as file:
        del file
    match flag:
        case {"a": [one, *more]}:
            print(one, more)
        case _:
            assert flag, f"{flag!r}"
    squares = [n * n for n in range(3) if n]
    return (lambda q: q)(squares)


async def later():
    await asyncio.sleep(1)
    async for n in aiter_():
        print(n)
    async with lock() as held:
        return held


async def aiter_():
    yield 1


def lock(): ...


def told_apart(value):
    return value


told_apart(1), told_apart("1"), told_apart([]), told_apart({}), told_apart(())


def run(unknown):
    unknown.total()
    c = Child()
    c.size = 3
    c + c
    work(1, [2])
    requests.get(p.join("a", "b"))
    c.missing()
    n: str = 3
    told: Below = Odd()
    told.only_below()


def keep(kept: weakref.ref[Base]):
    kept().common()


class Odd:
    def common(self):
        pass

    def only_below(self):
        return self
''',
    "pkg/broken.py": """\
import os
def half(:
    os.getcwd()
class C(
""",
    "ns/mod.py": """\
from pkg import Base, Plain, work
Base().total()
Plain().only_below()
""",
}


async def test_every_kind_occurs(tmp_path):
    has_generics = sys.version_info >= (3, 12)
    repository = write(tmp_path / "repository", REPOSITORY | ({"pkg/generic.py": GENERICS} if has_generics else {}))
    request = GraphProductBuildRequest(repo_root=repository, output_dir=tmp_path / "graph", external_interface_depth="full")
    result = await build_graph_product(request)

    def words(table: str, column: str) -> set[str]:
        rows = deltalake.DeltaTable(result.output_dir / table).to_pyarrow_table(columns=[column])
        return set(rows[column].to_pylist())

    assert words("cpg_nodes", "kind") | (set() if has_generics else NEWER) == {kind.name for layer in LAYERS for kind in layer.nodes}
    assert words("cpg_edges", "kind") == {kind.name for layer in LAYERS for kind in layer.edges}
    edges = deltalake.DeltaTable(result.output_dir / "cpg_edges").to_pyarrow_table(columns=["kind", "resolution", "confidence"]).to_pylist()
    assert {edge["resolution"] for edge in edges if edge["kind"] in RESOLVED} == {resolution.name for resolution in RESOLUTIONS}
    sure = {edge["resolution"]: edge["confidence"] for edge in edges if edge["kind"] == "calls" and edge["resolution"] in GUESSED}
    assert sure == {name: confidence()[name][1] for name in GUESSED}
    assert words("cpg_props", "key") == {known.key for layer in LAYERS for known in layer.properties}
