"""Types with the real pyrefly, and with programs that only bear its name."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import anyio
import msgspec
import pytest
from tests.support.repositories import write
from tests.tools.conftest import SHOP, Collect, kill_the_first, path_of, said, text

from codeanatomy import GraphProductBuildRequest, build_graph_product, open_graph
from codeanatomy.attachment import attach
from codeanatomy.extract import types
from codeanatomy.extract.source import Failed, Source
from codeanatomy.failure import Coded
from codeanatomy.sandbox.confinement import UNCONFINED
from codeanatomy.tools.config import ScipIndexConfig
from codeanatomy.tools.types import find

pytestmark = pytest.mark.anyio


async def test_types_of_expressions(shop: Path, collected: Collect) -> None:
    found = await collected(shop, "types", types="on")
    paths = path_of(found)
    inferred = {(paths[row["file_id"]], text(shop, paths[row["file_id"]], row)): row for row in found.tables["types_expressions"]}
    assert inferred["shop/base.py", "é"]["classes"] == ["builtins.str"]
    assert inferred["shop/base.py", "n"]["type"] == "int"
    assert inferred["shop/cart.py", "c"] | {"bstart": 0, "bend": 0, "file_id": 0} == {
        "file_id": 0,
        "bstart": 0,
        "bend": 0,
        "type": "shop.cart.Cart",
        "classes": ["shop.cart.Cart"],
    }
    assert inferred["shop/latin.py", "d"]["type"] == "str"
    assert ("shop/bom.py", "bom") in {
        (paths[row["file_id"]], text(shop, paths[row["file_id"]], row)) for row in found.tables["types_functions"]
    }


async def test_targets_of_calls(shop: Path, collected: Collect) -> None:
    found = await collected(shop, "types", types="on")
    paths = path_of(found)
    calls = {
        (
            text(shop, paths[row["file_id"]], row),
            row["site"],
            row["role"],
            row["module"],
            row["name"],
            row["receiver"],
            paths.get(row["target_file_id"]),
        )
        for row in found.tables["types_calls"]
        if paths[row["file_id"]] == "shop/cart.py"
    }
    assert calls >= {
        ("super().total(n)", "call", "call", "shop.base", "total", "shop.cart.Cart", "shop/base.py"),
        ("Cart()", "call", "init", "builtins", "__init__", "shop.cart.Cart", None),
        ("c.total(c.size)", "call", "call", "shop.cart", "total", "shop.cart.Cart", "shop/cart.py"),
        ("c.size", "attribute", "getter", "shop.cart", "size", "shop.cart.Cart", "shop/cart.py"),
    }
    functions = {(paths[row["file_id"]], row["function"]): row["name"] for row in found.tables["types_functions"]}
    for row in found.tables["types_calls"]:
        if row["target_file_id"] is not None:
            assert functions[paths[row["target_file_id"]], row["function"]] == row["name"]


async def test_two_runs_say_the_same(shop: Path, collected: Collect, tmp_path: Path) -> None:
    other = write(tmp_path / "elsewhere", SHOP)
    first, second = await collected(shop, "types", types="on"), await collected(other, "types", types="on")
    assert first.tables == second.tables


async def test_a_source_of_several_names_is_reported_once(collected: Collect, tmp_path: Path) -> None:
    """A folder whose name is no identifier ends no package of pyrefly's: it knows `a.py` as `a`, as `jose.backends.a`, and as `backends.a`."""
    sources = {
        "with-dash/jose/__init__.py": "from .backends import A\n",
        "with-dash/jose/backends/__init__.py": "from .a import A\n",
        "with-dash/jose/backends/a.py": "class A:\n    x: int = 1\n\nprint(A().x)\n",
    }
    found = await collected(write(tmp_path / "repository", sources), "types", types="on")
    paths = path_of(found)
    keys = [(paths[row["file_id"]], row["bstart"], row["bend"]) for row in found.tables["types_expressions"]]
    assert "with-dash/jose/backends/a.py" in {path for path, *_ in keys}
    assert sorted(keys) == sorted(set(keys))
    classes = {name for row in found.tables["types_expressions"] for name in row["classes"] if name.endswith(".A")}
    assert classes == {"jose.backends.a.A"}


async def test_modes(shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    off = await collected(shop, "types", types="off")
    assert (off.extractors["types"].status, off.warnings, off.tables["types_calls"]) == ("off", [], [])
    monkeypatch.setattr("codeanatomy.tools.types.find", lambda: None)
    skipped = await collected(shop, "types")
    assert skipped.extractors["types"].status == "skipped"
    assert [warning[:5] for warning in skipped.warnings] == ["CA242"]
    with pytest.raises(Coded) as caught:
        await collected(shop, "types", types="on")
    assert caught.value.code == "CA241"
    assert "pip install" in caught.value.hint


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_without_the_sandbox_it_has_the_limits_only(shop: Path, collected: Collect) -> None:
    free, caged = [await collected(shop, "types", types="on", no_sandbox=without) for without in (True, False)]
    assert "file_size" in free.extractors["types"].tools[0]["in_force"]
    assert UNCONFINED.without.isdisjoint(free.extractors["types"].tools[0]["in_force"])
    assert not UNCONFINED.without.isdisjoint(caged.extractors["types"].tools[0]["in_force"])


@pytest.mark.parametrize(("program", "why"), [("true", "wrote no report that can be read"), ("text", "cannot be started")])
async def test_a_pyrefly_that_does_nothing_or_is_no_program_is_a_warning(
    shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, why: str
) -> None:
    fake = imitation(tmp_path, program)
    monkeypatch.setattr("codeanatomy.tools.types.find", lambda: fake)
    found = await collected(shop, "types")
    assert found.tables["types_expressions"] == []
    assert [warning[:5] for warning in found.warnings] == ["CA243"]
    assert why in found.warnings[0]
    assert said(found) == []


async def test_a_pyrefly_that_knows_no_such_option_can_check_no_source(
    shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = imitation(tmp_path, "ls")
    monkeypatch.setattr("codeanatomy.tools.types.find", lambda: fake)
    found = await collected(shop, "types")
    assert found.tables["types_expressions"] == []
    assert said(found) == [(path, "CA244") for path in sorted(path_of(found).values())]
    assert found.warnings == []


def imitation(folder: Path, program: str) -> str:
    found = shutil.which(program)
    fake = write(folder, {"bin/pyrefly": Path(found).read_bytes() if found else "no program"}) / "bin" / "pyrefly"
    fake.chmod(0o755)
    return str(fake)


async def test_a_source_that_kills_it_is_left_out(shop: Path, collected: Collect) -> None:
    write(shop, {"deep.py": "x = " + "-" * 20_000 + "1\n"})
    found = await collected(shop, "types", types="on")
    assert set(said(found)) <= {("deep.py", "CA244")}
    reported = {path_of(found)[row["file_id"]] for row in found.tables["types_functions"]}
    assert reported == {"shop/base.py", "shop/cart.py", "shop/bom.py", "broken.py"}


DEADLY = '[ -f deadly.py ] || exit 0; grep -q deadly deadly.py && exit 101; exec "$REAL" "$@"'
CROWD = "[ -f shop/base.py ] && [ -f shop/latin.py ] && { echo two are too many >&2; exit 101; }; exit 0"
"""What a program that bears its name does: it dies over one source, or over two that it is given together."""


def script(folder: Path, deed: str) -> str:
    fake = write(folder, {"bin/pyrefly": f"#!/bin/sh\nREAL='{find()}'\n{deed}\n"}) / "bin" / "pyrefly"
    fake.chmod(0o755)
    return str(fake)


async def test_a_source_over_which_it_dies_is_told_and_the_rest_is_checked(
    shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = script(tmp_path, DEADLY)
    monkeypatch.setattr("codeanatomy.tools.types.find", lambda: fake)
    found = await collected(write(shop, {"deadly.py": "deadly = 1\n"}), "types", types="on", no_sandbox=True)
    assert (said(found), found.warnings) == ([("deadly.py", "CA244")], [])
    assert [failure.message for failure in found.failures] == ["pyrefly cannot check it: exit 101"]
    reported = {path_of(found)[row["file_id"]] for row in found.tables["types_functions"]}
    assert reported == {"shop/base.py", "shop/cart.py", "shop/bom.py", "broken.py"}


async def test_where_it_dies_over_no_single_source_it_is_given_up(
    shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = script(tmp_path, CROWD)
    monkeypatch.setattr("codeanatomy.tools.types.find", lambda: fake)
    found = await collected(shop, "types", types="on", no_sandbox=True)
    assert found.warnings == ["CA243: pyrefly ended with exit 101: two are too many; there are no inferred types in the graph"]
    assert (said(found), found.tables["types_functions"]) == ([], [])


async def test_a_source_without_a_report_is_a_coded_row(shop: Path, collected: Collect) -> None:
    found = await collected(write(shop, {".hidden/x.py": "x = 1\n"}), "types", types="on")
    assert said(found) == [(".hidden/x.py", "CA246")]


async def test_killed_from_outside_it_is_run_again(shop: Path, collected: Collect) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kill_the_first, "pyrefly", shop.parent)
        found = await collected(shop, "types", types="on")
        tasks.cancel_scope.cancel()
    assert found.extractors["types"].tools[0]["exit"] == "signal SIGKILL"
    assert found.extractors["types"].tools[-1]["exit"] in ("exit 0", "exit 1")
    assert {row["file_id"] for row in found.tables["types_functions"]}


@pytest.mark.parametrize(
    "report",
    [
        b"{",
        b"[]",
        b'{"modules": {}}',
        b'{"modules": {}, "types": null, "calls": null, "definitions": null}',
        b'{"modules": {}, "types": {"functions": {"F:0": {"type_table": [], "locations": {"9:1-9:2": 0}}}}}',
    ],
)
def test_a_report_of_another_form_is_refused(report: bytes) -> None:
    extraction = types.open()
    with pytest.raises(Failed) as refused:
        extraction.read(Source(1, "m.py", attach(b"x = 1\n", report)))
    assert refused.value.code == "CA245"
    assert extraction.pending == 0


def test_a_report_is_read_to_the_byte() -> None:
    extraction = types.open()
    report = {
        "modules": {"5": ["m", 1], "9": ["builtins", None]},
        "types": {"functions": {"F:0": {"type_table": [{"string": "str"}], "locations": {"2:7-2:9": 0}}}},
        "calls": {"call_graphs": {}},
        "definitions": {"function_definitions": {}},
    }
    extraction.read(Source(1, "m.py", attach("x = 1\ny = 'é'\n".encode(), msgspec.json.encode(report))))
    (row,) = extraction.take()[0].to_pylist()
    assert (row["bstart"], row["bend"], row["type"]) == (12, 14, "str")


async def test_agreement_never_makes_a_call_less_sure(tmp_path: Path) -> None:
    """A guess that pyrefly agrees to is as sure as others, and what pyrefly alone says as the catalog says of the resolution `type`."""
    source = """\
    import weakref


    class C:
        def lone(self):
            pass

        def common(self):
            pass


    class D:
        def common(self):
            pass


    class E(D):
        def common(self):
            pass


    class F(D):
        def common(self):
            pass


    def f():
        pass


    def g():
        f()


    def h(kept: weakref.ref[C], unknown):
        kept().lone()
        kept().common()
    """
    repository = write(tmp_path / "r", {"m.py": dedent(source)})
    result = await build_graph_product(
        GraphProductBuildRequest(repo_root=repository, output_dir=tmp_path / "o", scip=ScipIndexConfig(mode="off"), types="on")
    )
    async with open_graph(result.output_dir) as graph:
        calls = await graph.sql("SELECT callee, origin, resolution, confidence FROM calls WHERE callee LIKE 'm.%' ORDER BY line")
    assert [tuple(row.values()) for row in calls.to_pylist()] == [
        ("m.f", "resolver+pyrefly", "global", 1.0),
        ("m.C.lone", "resolver+pyrefly", "name_match", 0.99),
        ("m.C.common", "pyrefly", "type", 0.9),
    ]
