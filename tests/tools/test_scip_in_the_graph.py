"""SCIP as a further origin of what names mean."""

from pathlib import Path

import pytest
from tests.support.repositories import write
from tests.tools.conftest import needs_node

from codeanatomy import GraphProductBuildRequest, build_graph_product, open_graph
from codeanatomy.tools.config import ScipIndexConfig

pytestmark = [pytest.mark.anyio, needs_node]

FILES = {
    "base.py": """\
class Base:
    def run(self):
        return 1


def make():
    return Base()
""",
    "use.py": """\
from base import Base, make


def first(known: Base, unknown):
    known.run()
    made = make()
    made.run()
    unknown.run()
    print(made)
    return made
""",
}


ONLY_SCIP = {
    "box.py": """\
from typing import Generic, TypeVar

T = TypeVar("T")


class Box(Generic[T]):
    def get(self) -> T:
        return self.value


class Base:
    é = 1

    def run(self, how):
        return how


class Other:
    def run(self, how):
        return how


def use(box: Box[Base]):
    box.get().run(how=2)
    x = "汉"; box.get().é.bit_length()
    other: Base = Other()
    other.run(how=1)
""",
}


async def graph_of(folder: Path, files: dict[str, str], sql: str) -> list[tuple]:
    """The rows of a query on the graph of some files, built with SCIP."""
    repository = write(folder / "repository", files)
    await build_graph_product(
        GraphProductBuildRequest(repo_root=repository, output_dir=folder / "out", scip=ScipIndexConfig(mode="on"), types="off")
    )
    async with open_graph(folder / "out") as graph:
        return [tuple(row.values()) for row in (await graph.sql(sql)).to_pylist()]


async def origins(folder: Path, mode: str) -> dict[tuple[int, str], list[tuple[str, str, float]]]:
    """Line and name of each use in `use.py`: its targets with origin and confidence."""
    repository = write(folder / "repository", FILES)
    request = GraphProductBuildRequest(repo_root=repository, output_dir=folder / mode, scip=ScipIndexConfig(mode=mode), types="off")
    await build_graph_product(request)
    found: dict[tuple[int, str], list[tuple[str, str, float]]] = {}
    async with open_graph(folder / mode) as graph:
        rows = await graph.sql("SELECT line, name, target, origin, confidence FROM refs WHERE path = 'use.py' ORDER BY line, name, target")
        for row in rows.to_pylist():
            found.setdefault((row["line"], row["name"]), []).append((row["target"], row["origin"], row["confidence"]))
    return found


async def test_a_use_has_scip_as_an_origin_where_it_says_the_same(tmp_path: Path) -> None:
    with_scip, without = await origins(tmp_path, "on"), await origins(tmp_path, "off")
    assert with_scip[1, "Base"] == [("base.Base", "resolver+scip", 1.0)]
    assert with_scip[5, "known"] == [("use.first.known", "resolver+scip", 1.0)]
    assert with_scip[5, "run"] == [("base.Base.run", "resolver+scip", 0.99)]
    assert with_scip[6, "made"] == [("use.first.made", "resolver+scip", 1.0)], "a local variable, where it is written"
    assert with_scip[10, "made"] == [("use.first.made", "resolver+scip", 1.0)], "a local variable, where it is read"
    assert all(origin == "resolver" for targets in without.values() for _, origin, _ in targets)
    assert {use: [target for target, _, _ in targets] for use, targets in with_scip.items()} == {
        use: [target for target, _, _ in targets] for use, targets in without.items()
    }


async def test_what_scip_says_nothing_of_is_left_as_it_is(tmp_path: Path) -> None:
    found = await origins(tmp_path, "on")
    assert found[9, "print"] == [("builtins.print", "resolver", 1.0)], "its definition is outside the repository"
    assert (8, "run") not in found, "nobody knows what it is"


async def test_a_use_that_only_scip_knows_is_a_reference_of_its_own(tmp_path: Path) -> None:
    sql = "SELECT line, col, end_col, name, access, target, confidence FROM refs WHERE origin = 'scip' ORDER BY line, col"
    assert await graph_of(tmp_path, ONLY_SCIP, sql) == [
        (24, 15, 18, "run", "read", "box.Base.run", 0.9),
        (24, 19, 22, "how", "read", "box.Base.run.how", 0.9),
        (25, 24, 25, "é", "read", "box.Base.é", 0.9),
    ]


async def test_where_scip_says_otherwise_is_told(tmp_path: Path) -> None:
    sql = "SELECT subject, relation, origin_a, value_a, origin_b, value_b, path, line FROM disagreements ORDER BY subject"
    assert await graph_of(tmp_path, ONLY_SCIP, sql) == [
        ("how", "refers", "resolver", "box.Other.run.how", "scip", "box.Base.run.how", "box.py", 27),
        ("run", "refers", "resolver", "box.Other.run", "scip", "box.Base.run", "box.py", 27),
    ]
