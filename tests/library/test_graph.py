"""An open graph as a library, on asyncio and on trio: every question's Arrow table, and that it says what the public views say."""

import asyncio
import json
import shutil
import threading
import time

import anyio
import deltalake
import pytest
from tests.support.repositories import SHOP, write
from tests.support.ticking import PROMISE_S, ticked_questions

import codeanatomy
from codeanatomy import Coded, GraphProductBuildRequest
from codeanatomy.catalog.questions import BY_NAME
from codeanatomy.query import impact, imports, slices, units
from codeanatomy.query.graph import NAMES, OpenGraph, open_graph_sync
from codeanatomy.query.slices import slice_of
from codeanatomy.tools.config import ScipIndexConfig


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A graph in a folder whose name no URL would take as it is."""
    repository = write(tmp_path_factory.mktemp("shop"), SHOP)
    output = tmp_path_factory.mktemp("a [graph] #1 *ü")
    build(repository, output)
    return output


@pytest.fixture
def shop(tmp_path_factory):
    return write(tmp_path_factory.mktemp("shop"), SHOP)


async def built(repository, output, **settings):
    request = GraphProductBuildRequest(repo_root=repository, output_dir=output, scip=ScipIndexConfig(mode="off"), types="off", **settings)
    return await codeanatomy.build_graph_product(request)


def build(repository, output):
    anyio.run(built, repository, output)


ASKED = {
    "callers": ("shop.money.add",),
    "callees": ("shop.cart.make",),
    "refs": ("shop.cart.Cart",),
    "definition": ("shop/cart.py", 7, 22),
    "subclasses": ("shop.cart.Base",),
    "overrides": ("shop.cart.Base.total",),
    "imports": ("shop.cart",),
    "import_cycles": (),
    "impact": ("shop/money.py",),
    "slice": ("shop/money.py", 5),
    "path": ("main", "shop.money.add"),
}
COUNTS = [1, 2, 4, 1, 1, 0, 4, 0, 6, 5, 3]


@pytest.mark.anyio
async def test_every_question_gives_the_columns_of_the_catalog(output):
    assert ASKED.keys() == BY_NAME.keys()
    async with codeanatomy.open_graph(output) as graph:
        tables = [await getattr(graph, name)(*asked) for name, asked in ASKED.items()]
    for name, table in zip(ASKED, tables, strict=True):
        assert table.schema.names == [column.name for column in BY_NAME[name].columns]
        table.validate(full=True)
        method = getattr(codeanatomy.Graph, name).__doc__
        assert "Columns" in method or "columns of `callers`" in method
    assert [table.num_rows for table in tables] == COUNTS


@pytest.mark.anyio
async def test_options_of_questions(output):
    async with codeanatomy.open_graph(output) as graph:
        assert (await graph.impact("shop/money.py", depth=1))["distance"].to_pylist() == [1, 1]
        assert (await graph.slice("shop/money.py", 2, forward=True, lines=1))["line"].to_pylist() == [4]
        assert (await graph.slice("shop/money.py", 2, forward=True, depth=1))["line"].to_pylist() == [4, 5]
        assert (await graph.imports()).num_rows == 5


@pytest.mark.anyio
@pytest.mark.parametrize("ahead", [True, False])
async def test_what_is_needed_of_the_whole_graph_is_read_when_it_is_opened_or_asked(output, monkeypatch, ahead):
    read = []
    async with codeanatomy.open_graph(output, ahead=ahead) as graph:
        listen(monkeypatch, read)
        answers = [await graph.impact("shop/money.py"), await graph.slice("shop/money.py", 5), await graph.imports()]
    assert all(answer.num_rows for answer in answers)
    assert [text for text in read if text in WHOLE] == ([] if ahead else WHOLE)


def listen(monkeypatch, read):
    """Every query of the graphs from now on goes into a list."""
    sql = OpenGraph.sql
    monkeypatch.setattr(OpenGraph, "sql", lambda graph, text: (read.append(text), sql(graph, text))[1])


WHOLE = [impact._EDGES, slices._EDGES, imports._ALL]


@pytest.mark.anyio
async def test_a_question_does_not_change_the_answer_to_the_next(output):
    asked = [("shop/money.py", 2, True), ("shop/money.py", 5, False), ("main.py", 6, False)]
    alone = []
    for path, line, forward in asked:
        async with codeanatomy.open_graph(output) as graph:
            alone.append((await graph.slice(path, line, forward=forward)).to_pylist())
    async with codeanatomy.open_graph(output) as graph:
        together = [(await graph.slice(path, line, forward=forward)).to_pylist() for path, line, forward in reversed(asked)]
    assert together == alone[::-1]
    assert all(alone)


def test_a_slice_of_more_sources_than_are_looked_for_by_path_is_the_same(output, monkeypatch):
    """Past a few sources at once, nodes are looked for by the keys of their files."""
    few = slice_of(open_graph_sync(output), "shop/money.py", 2, forward=True).table
    monkeypatch.setattr(units, "_FEW", 0)
    assert slice_of(open_graph_sync(output), "shop/money.py", 2, forward=True).table.to_pylist() == few.to_pylist() != []


@pytest.mark.parametrize("at_once", [1, 20])
def test_a_slice_reads_no_more_sources_than_its_lines_take(tmp_path, monkeypatch, at_once):
    """And gives the lines that come first by distance and path, and never more of them, however far it went."""
    users = {f"u{number:02}.py": "from one import one\n\na = one()\n" for number in range(30)}
    build(write(tmp_path / "r", {"one.py": "def one():\n    return 1\n", **users}), tmp_path / "o")
    whole = slice_of(open_graph_sync(tmp_path / "o"), "one.py", 2, forward=True, lines=None)
    assert [(row["path"], row["line"]) for row in whole.table.to_pylist()] == [(name, 3) for name in users]
    monkeypatch.setattr(slices, "_AT_ONCE", at_once)
    for depth in (None, 1, 2):
        read = []
        graph = open_graph_sync(tmp_path / "o")
        listen(monkeypatch, read)
        some = slice_of(graph, "one.py", 2, forward=True, depth=depth, lines=5)
        assert (some.table.to_pylist(), some.complete) == (whole.table.to_pylist()[:5], False)
        assert "u05.py" in "".join(read)
        assert "u29.py" not in "".join(read)


@pytest.mark.anyio
async def test_exports(output, tmp_path):
    async with codeanatomy.open_graph(output) as graph:
        await graph.export("pycg", tmp_path / "calls.json")
        await graph.export("csv", tmp_path / "neo4j")
        await graph.export("dot", str(tmp_path / "add.dot"), function="shop.money.add")
        await graph.export("dot", tmp_path / "around.dot", around="shop.money.add", depth=2)
        with pytest.raises(Coded, match="CA637"):
            await graph.export("xml", tmp_path / "never")
        with pytest.raises(Coded, match="CA630"):
            await graph.export("dot", tmp_path / "never", around="shop.money.ad")
    assert json.loads((tmp_path / "calls.json").read_text())["shop.cart.Base.total"] == ["shop.money.add"]
    assert (tmp_path / "add.dot").read_text().startswith('digraph "shop.money.add" {')
    assert "shop.cart.Cart.pay" in (tmp_path / "around.dot").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["add.dot", "around.dot", "calls.json", "neo4j"]


@pytest.mark.anyio
async def test_failures_are_coded(output):
    async with codeanatomy.open_graph(output) as graph:
        with pytest.raises(Coded, match="CA630"):
            await graph.callers("shop.money.ad")
        for number in (0, -1):
            with pytest.raises(Coded, match=f"CA640: depth: {number} is not above zero"):
                await graph.impact("shop/money.py", depth=number)
            with pytest.raises(Coded, match=f"CA640: depth: {number} is not above zero"):
                await graph.slice("shop/money.py", 5, depth=number)
            with pytest.raises(Coded, match=f"CA640: lines: {number} is not above zero"):
                await graph.slice("shop/money.py", 5, lines=number)


@pytest.mark.anyio
async def test_questions_at_the_same_time(output):
    found = {}

    async def ask(graph, name):
        found[name] = (await getattr(graph, name)(*ASKED[name])).num_rows

    async with codeanatomy.open_graph(output) as graph, anyio.create_task_group() as tasks:
        for name in ASKED:
            tasks.start_soon(ask, graph, name)
    assert found == dict(zip(ASKED, COUNTS, strict=True))


@pytest.mark.anyio
async def test_answers_are_those_of_the_views(output):
    """What is put together from pruned scans equals what the views say, for every definition of the repository."""
    async with codeanatomy.open_graph(output) as graph:
        for name, kind in {(row["qualified_name"], row["kind"]) for row in (await graph.table("definitions")).to_pylist()}:
            await _agree(graph, graph.refs(name), "refs", f"target = '{name}'")
            if kind in ("function", "class", "lambda"):
                await _agree(graph, graph.callers(name), "calls", f"callee = '{name}'")
            if kind in ("function", "module", "lambda"):
                await _agree(graph, graph.callees(name), "calls", f"caller = '{name}'")
            if kind == "module":
                where = f"path IN (SELECT path FROM definitions WHERE kind = 'module' AND qualified_name = '{name}')"
                where += f" OR module = '{name}' OR starts_with(module, '{name}.') OR target = '{name}'"
                await _agree(graph, graph.imports(name), "imports", where)


async def _agree(graph, asked, view, where):
    answer = await asked
    expected = await graph.sql(f"SELECT DISTINCT * FROM {view} WHERE {where}")
    names = sorted(set(answer.schema.names) & set(expected.schema.names))
    assert len(names) >= 9
    assert rows(answer.select(names)) == rows(expected.select(names)), (view, where)


def rows(table):
    return sorted(map(repr, table.to_pylist()))


@pytest.mark.anyio
async def test_tables_of_several_files_are_read_whole(output, tmp_path):
    """As after an append by another program: the rows of all files count."""
    copy = tmp_path / "copy"
    shutil.copytree(output, copy)
    async with codeanatomy.open_graph(copy) as graph:
        before = (await graph.table("run_manifest")).num_rows
    table = deltalake.DeltaTable(copy / "run_manifest")
    deltalake.write_deltalake(table, table.to_pyarrow_table(), mode="append")
    record = copy / "generations" / "000001.json"
    found = json.loads(record.read_text())
    found["tables"]["run_manifest"]["version"] = deltalake.DeltaTable(copy / "run_manifest").version()
    record.write_text(json.dumps(found))
    async with codeanatomy.open_graph(copy) as graph:
        assert (await graph.table("run_manifest")).num_rows == 2 * before


@pytest.mark.anyio
async def test_a_graph_whose_generation_was_removed_says_so_and_answers_nothing(shop, tmp_path):
    await built(shop, tmp_path / "out", keep_generations=1)
    async with codeanatomy.open_graph(tmp_path / "out", ahead=False) as graph:
        assert (await graph.table("cpg_nodes")).num_rows > 0
        await built(shop, tmp_path / "out", keep_generations=1)
        asked = [
            lambda: graph.table("cpg_nodes"),
            lambda: graph.sql("SELECT count(*) FROM cpg_edges"),
            lambda: graph.callers("shop.money.add"),
            lambda: graph.impact("shop/money.py"),
            lambda: graph.export("jsonl", tmp_path / "graph.jsonl"),
            lambda: graph.export("parquet", tmp_path / "tables"),
        ]
        for ask in asked:
            with pytest.raises(Coded, match=r"generation 1 of .* was removed by a later build .open the graph again") as failed:
                await ask()
            assert failed.value.code == "CA639"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.anyio
async def test_a_data_file_that_is_lost_while_the_graph_is_open_is_a_coded_failure(output, tmp_path):
    copy = shutil.copytree(output, tmp_path / "copy")
    async with codeanatomy.open_graph(copy) as graph:
        [edges] = (copy / "cpg_edges").glob("*.parquet")
        edges.unlink()
        for sql in ("SELECT * FROM cpg_edges", "SELECT CAST(name AS INT) FROM definitions"):
            with pytest.raises(Coded, match=f"CA639: cannot read {edges.parent}.*it is not there any more"):
                await graph.sql(sql)


def test_a_query_that_fails_on_the_data_is_coded_however_many_ids_it_is_asked_for(output):
    graph = open_graph_sync(output)
    known = graph.sql("SELECT id FROM definitions")["id"].to_pylist()
    for ids in (known, [*known, *range(1000)]):
        with pytest.raises(Coded) as failed:
            graph.among("SELECT id, CAST(name AS INT) AS number FROM definitions", "id", ids)
        assert failed.value.code == "CA811"


def test_who_opens_and_asks_leaves_the_event_loop_to_others(output, anyio_backend):
    result, ticks = ticked_questions(output, anyio_backend)
    assert result["callers"] == COUNTS[0]
    assert ticks.worked < PROMISE_S, ticks


LONG = "SELECT count(*) FROM cpg_nodes a, cpg_nodes b, cpg_nodes c, cpg_nodes d WHERE a.line * b.line + c.line * d.line = -1"
"""Hours."""


@pytest.mark.anyio
async def test_a_query_that_is_cancelled_ends_at_once_and_does_not_run_on(output):
    async with codeanatomy.open_graph(output) as graph:
        began = anyio.current_time()
        with pytest.raises(TimeoutError), anyio.fail_after(0.3):
            await graph.sql(LONG)
        assert anyio.current_time() - began < 2
        await anyio.sleep(0.5)
        used = time.process_time()
        await anyio.sleep(0.5)
        assert time.process_time() - used < 0.2
        assert (await graph.callers("shop.money.add")).num_rows == COUNTS[0]


def test_asyncio_cancelling_a_query_ends_it(output):
    async def main():
        async with codeanatomy.open_graph(output) as graph:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(graph.sql(LONG), 0.3)
            return (await graph.table("cpg_nodes")).num_rows

    assert asyncio.run(main()) > 0


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["callers", "slice", "impact"])
async def test_a_question_that_is_cancelled_is_not_waited_for_and_asks_nothing_more(output, monkeypatch, name):
    """What it had not read by then, the next question reads."""
    async with codeanatomy.open_graph(output, ahead=False) as graph:
        asked, held, sql = [], threading.Event(), OpenGraph.sql

        def slowly(graph, text):
            asked.append(text)
            held.wait()
            return sql(graph, text)

        monkeypatch.setattr(OpenGraph, "sql", slowly)
        with anyio.move_on_after(0.1) as scope:
            await getattr(graph, name)(*ASKED[name])
        assert scope.cancelled_caught
        held.set()
        await anyio.sleep(0.1)
        assert len(asked) == 1
        monkeypatch.undo()
        assert (await getattr(graph, name)(*ASKED[name])).num_rows == dict(zip(ASKED, COUNTS, strict=True))[name]


@pytest.mark.anyio
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
async def test_an_export_that_is_cancelled_leaves_nothing(output, tmp_path, monkeypatch, form):
    async with codeanatomy.open_graph(output) as graph:
        with anyio.CancelScope() as scope:
            batches = OpenGraph.batches

            def some(graph, sql):
                found = batches(graph, sql)
                yield next(found)
                anyio.from_thread.run_sync(scope.cancel)
                time.sleep(0.2)
                yield from found

            monkeypatch.setattr(OpenGraph, "batches", some)
            await graph.export(form, tmp_path / "graph")
        assert scope.cancelled_caught
        assert list(tmp_path.iterdir()) == []
        monkeypatch.undo()
        await graph.export(form, tmp_path / "graph")
        assert [path.name for path in tmp_path.iterdir()] == ["graph"]


@pytest.mark.anyio
async def test_tables_are_the_same_however_they_are_read(output):
    plain = open_graph_sync(output)
    async with codeanatomy.open_graph(output) as graph:
        for name in NAMES:
            for sql in (f'SELECT * FROM "{name}"', f'SELECT * FROM "{name}" LIMIT 0'):
                found, expected = await graph.sql(sql), plain.sql(sql)
                assert found.schema.equals(expected.schema, check_metadata=True)
                assert rows(found) == rows(expected)
