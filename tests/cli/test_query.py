"""`codeanatomy query`: forms of the result, names there are not, and that it only reads."""

import csv
import io
import json
import os
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet
import pytest
from tests.cli.conftest import COMMAND

from codeanatomy.cli.query import WIDEST

CALLS = "SELECT caller, callee FROM calls WHERE callee = 'shop.money.add'"
ROW = {"caller": "shop.cart.Base.total", "callee": "shop.money.add"}


def test_jsonl_is_one_object_a_row(run, shop):
    done = run("query", CALLS, "--format", "jsonl", cwd=shop)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [ROW]


def test_json_is_one_object(run, shop):
    assert json.loads(run("query", CALLS, "--json", cwd=shop).stdout) == {"columns": ["caller", "callee"], "rows": [ROW]}


def test_csv_has_a_header(run, shop):
    assert list(csv.DictReader(io.StringIO(run("query", CALLS, "--format", "csv", cwd=shop).stdout))) == [ROW]


def test_csv_has_a_line_a_row_as_other_tools_of_a_shell(run, shop, tmp_path):
    assert run("query", CALLS, "--format", "csv", "--output", tmp_path / "calls.csv", cwd=shop).returncode == 0
    assert (tmp_path / "calls.csv").read_bytes() == b"caller,callee\nshop.cart.Base.total,shop.money.add\n"


def test_a_table_for_people(run, shop):
    done = run("query", CALLS, cwd=shop)
    assert done.stdout == ("caller                callee\n--------------------  --------------\nshop.cart.Base.total  shop.money.add\n")
    assert done.stderr == "1 row\n"


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_binary_forms_go_to_a_file(run, shop, tmp_path, form):
    file = tmp_path / f"result.{form}"
    assert run("query", CALLS, "--format", form, "--output", file, cwd=shop).returncode == 0
    table = pa.ipc.open_stream(file.read_bytes()).read_all() if form == "arrow" else pyarrow.parquet.read_table(file)
    assert table.to_pylist() == [ROW]


def test_a_query_from_standard_input(run, shop):
    assert json.loads(run("query", "-", "--format", "jsonl", cwd=shop, stdin=CALLS).stdout) == ROW


def test_the_graph_is_found_upward(run, shop):
    assert json.loads(run("query", CALLS, "--format", "jsonl", cwd=shop / "shop").stdout) == ROW


def test_limit(run, shop):
    done = run("query", "SELECT name FROM definitions ORDER BY name;", "--limit", 2, "--format", "jsonl", cwd=shop)
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "arrow"])
def test_a_limit_keeps_the_order_that_the_query_asks_for(run, shop, tmp_path, form):
    asked = "SELECT path, line FROM definitions ORDER BY line DESC, path"
    every = json.loads(run("query", asked, "--json", cwd=shop).stdout)["rows"]
    done = run("query", f"{asked} -- the last", "--limit", 3, "--format", form, "--output", tmp_path / "rows", cwd=shop)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "rows").read_bytes()
    found = {
        "table": lambda: [line.split() for line in text.decode().splitlines()[2:]],
        "jsonl": lambda: [json.loads(line).values() for line in text.splitlines()],
        "csv": lambda: list(csv.reader(io.StringIO(text.decode())))[1:],
        "arrow": lambda: [row.values() for row in pa.ipc.open_stream(text).read_all().to_pylist()],
    }[form]()
    assert [[*map(str, row)] for row in found] == [[row["path"], str(row["line"])] for row in every[:3]]


def test_the_plan_of_a_query_has_a_limit_too(run, shop):
    assert len(run("query", "EXPLAIN SELECT 1", "--limit", 1, "--format", "jsonl", cwd=shop).stdout.splitlines()) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_a_limit_that_is_none_is_a_usage_error(run, limit):
    done = run("query", CALLS, "--limit", limit)
    assert (done.returncode, done.stdout) == (64, "")


TWICE = "SELECT a.name, b.name FROM (SELECT 'one' AS name) AS a, (SELECT 'two' AS name) AS b"


def test_columns_of_one_name_are_both_given(run, shop):
    assert run("query", TWICE, cwd=shop).stdout == "name  name\n----  ----\none   two\n"
    assert run("query", TWICE, "--format", "csv", cwd=shop).stdout == "name,name\none,two\n"


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_columns_of_one_name_are_refused_where_a_row_is_an_object(run, shop, form):
    done = run("query", TWICE, "--format", form, cwd=shop)
    assert done.returncode == 2
    assert "CA810: two columns are named 'name'" in done.stderr
    assert "AS" in done.stderr


def test_values_that_json_and_python_do_not_have(run, shop):
    sql = (
        "SELECT CAST('NaN' AS DOUBLE) AS nan, make_array(1.5, CAST('-Infinity' AS DOUBLE)) AS some, X'61ff' AS bytes, "
        "arrow_cast('2026-01-02T03:04:05.123456789', 'Timestamp(Nanosecond, None)') AS moment, "
        "make_array(arrow_cast('2026-01-02T03:04:05.123456789', 'Timestamp(Nanosecond, None)')) AS moments"
    )
    [row] = json.loads(run("query", sql, "--json", cwd=shop).stdout)["rows"]
    assert (row["nan"], row["some"], row["bytes"]) == (None, [1.5, None], "61ff")
    assert row["moment"] == "2026-01-02 03:04:05.123456789"
    assert row["moments"] == ["2026-01-02 03:04:05.123456789"]
    for form in ("jsonl", "csv", "table"):
        done = run("query", sql, "--format", form, cwd=shop)
        assert done.returncode == 0, done.stderr
        assert "61ff" in done.stdout
        assert "2026-01-02 03:04:05.123456789" in done.stdout


NANO = "arrow_cast('2026-01-02T03:04:05.123456789', 'Timestamp(Nanosecond, None)')"
WRITTEN = {
    "18446744073709551615": 18446744073709551615,
    "arrow_cast('12345678901234567890.123456789', 'Decimal128(38, 9)')": "12345678901234567890.123456789",
    "make_array(arrow_cast('1.50', 'Decimal128(38, 2)'))": ["1.50"],
    f"named_struct('at', {NANO}, 'all', make_array({NANO}, NULL))": {
        "at": "2026-01-02 03:04:05.123456789",
        "all": ["2026-01-02 03:04:05.123456789", None],
    },
    f"arrow_cast(make_array({NANO}), 'FixedSizeList(1, Timestamp(Nanosecond, None))')": ["2026-01-02 03:04:05.123456789"],
    f"MAP {{'x': {NANO}}}": [["x", "2026-01-02 03:04:05.123456789"]],
    f"arrow_cast({NANO}, 'Dictionary(Int32, Timestamp(Nanosecond, None))')": "2026-01-02 03:04:05.123456789",
    "MAP {'x': CAST('NaN' AS DOUBLE)}": [["x", None]],
    "named_struct('a', CAST('NaN' AS FLOAT), 'b', X'00ff')": {"a": None, "b": "00ff"},
    "make_array(make_array(1), make_array(), NULL)": [[1], [], None],
    "arrow_cast(-1, 'Timestamp(Nanosecond, None)')": "1969-12-31 23:59:59.999999999",
    "arrow_cast(-1, 'Timestamp(Second, Some(\"-03:30\"))')": "1969-12-31 20:29:59-03:30",
    "arrow_cast(9223372036854775807, 'Timestamp(Second, None)')": "292277026596-12-04 15:30:07",
    "arrow_cast(9223372036854775807, 'Timestamp(Second, Some(\"+01:00\"))')": "292277026596-12-04 15:30:07+00:00",
    "arrow_cast(-9999999, 'Date32')": "-25410-12-07",
    "arrow_cast(DATE '2026-01-02', 'Date64')": "2026-01-02",
    "arrow_cast('03:04:05.123456789', 'Time64(Nanosecond)')": "03:04:05.123456789",
    "arrow_cast('03:04:05', 'Time32(Second)')": "03:04:05",
    f"{NANO} - arrow_cast('2025-01-01', 'Timestamp(Nanosecond, None)')": "366 days, 3:04:05.123456789",
    "arrow_cast(-1, 'Duration(Millisecond)')": "-1 day, 23:59:59.999000",
    "INTERVAL '1 month -2 days 3 hours 4.5 seconds'": "1 month, -2 days, 3:00:04.500000",
    "make_array(INTERVAL '-1 second')": ["-0:00:01"],
    "CASE WHEN 1 = 0 THEN named_struct('a', 1) END": None,
}


def test_every_value_is_written_as_it_is(run, shop):
    sql = "SELECT " + ", ".join(f"{value} AS v{number}" for number, value in enumerate(WRITTEN))
    [row] = json.loads(run("query", sql, "--json", cwd=shop).stdout)["rows"]
    assert dict(zip(WRITTEN, row.values(), strict=True)) == WRITTEN
    assert json.loads(run("query", sql, "--format", "jsonl", cwd=shop).stdout) == row
    for form in ("csv", "table"):
        done = run("query", sql, "--format", form, cwd=shop)
        assert done.returncode == 0, done.stderr
        assert "2026-01-02 03:04:05.123456789" in done.stdout
    [_, cells] = csv.reader(run("query", sql, "--format", "csv", cwd=shop).stdout.splitlines())
    assert json.loads(cells[3]) == WRITTEN[list(WRITTEN)[3]]


def test_rows_of_several_batches_with_parts_that_are_null(run, shop):
    sql = "SELECT MAP {n: make_array(n)} AS m, CASE WHEN n > 1 THEN named_struct('n', n) END AS s FROM (VALUES (1), (2), (3)) AS v(n)"
    rows = json.loads(run("query", f"{sql} ORDER BY n DESC LIMIT 2 OFFSET 1", "--json", cwd=shop).stdout)["rows"]
    assert rows == [{"m": [[2, [2]]], "s": {"n": 2}}, {"m": [[1, [1]]], "s": None}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT make_array(1) AS v UNION ALL SELECT NULL",
        "SELECT MAP {'a': 1} AS v UNION ALL SELECT MAP {'b': 2}",
        "SELECT named_struct('a', make_array(NULL)) AS v, 1 AS n UNION ALL SELECT NULL, 2",
        "SELECT arrow_cast(1, 'Int8') AS v UNION ALL SELECT 300",
    ],
)
@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_binary_forms_take_what_is_computed_otherwise_than_planned(run, shop, tmp_path, form, sql):
    done = run("query", sql, "--format", form, "--output", tmp_path / "out", cwd=shop)
    assert done.returncode == 0, done.stderr
    table = pa.parquet.read_table(tmp_path / "out") if form == "parquet" else pa.ipc.open_stream(tmp_path / "out").read_all()
    assert table.column_names[0] == "v"
    assert table.num_rows == 2


@pytest.mark.parametrize(
    ("value", "form", "code"),
    [
        ("named_struct('a', 1, 'a', 2)", "json", "CA810: a struct has two fields named 'a'"),
        ("arrow_cast('2 days', 'Interval(DayTime)')", "csv", "CA811: column 'v' has values of the type day_time_interval"),
        ("arrow_cast('2 days', 'Interval(DayTime)')", "arrow", "CA811: column 'v' has values of the type day_time_interval"),
        ("INTERVAL '1 month'", "parquet", "CA811: Parquet does not take the result: "),
        ("arrow_cast(9223372036854775807, 'Timestamp(Second, None)')", "parquet", "CA811: Parquet does not take the result: "),
    ],
)
def test_values_that_a_form_cannot_have_are_coded(run, shop, tmp_path, value, form, code):
    done = run("query", f"SELECT {value} AS v", "--format", form, "--output", tmp_path / "out", cwd=shop)
    assert done.returncode in (2, 5)
    assert code in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_terminal_is_told_nothing_by_a_name(run, shop):
    done = run("query", "SELECT chr(27) || '[31m' AS red, 'a' || chr(10) || 'b' AS two", cwd=shop)
    assert done.stdout.splitlines()[2] == r"\x1b[31m  a\nb"


def test_only_a_terminal_gets_cells_cut(run, shop, tmp_path):
    sql = "SELECT repeat('x', 100) AS long"
    assert "x" * 100 in run("query", sql, cwd=shop).stdout
    assert run("query", sql, "--output", tmp_path / "table", cwd=shop).returncode == 0
    assert "x" * 100 in (tmp_path / "table").read_text()
    master, terminal = os.openpty()
    subprocess.run([COMMAND, "query", sql, "-q"], cwd=shop, stdout=terminal, check=True)
    assert "x" * (WIDEST - 1) + "…\r\n" in os.read(master, 1000).decode()
    os.close(terminal)
    os.close(master)


def test_an_empty_result_keeps_its_header(run, shop):
    assert run("query", "SELECT name FROM definitions WHERE name = 'no'", cwd=shop).stdout == "name\n----\n"


def test_a_wrong_name_gets_the_nearest_right_one(run, shop):
    done = run("query", "SELECT * FROM cals", cwd=shop)
    assert done.returncode == 2
    assert "CA810" in done.stderr
    assert "did you mean 'calls'?" in done.stderr


def test_a_wrong_column_lists_the_right_ones(run, shop):
    done = run("query", "SELECT calee FROM calls", cwd=shop)
    assert done.returncode == 2
    assert "calls.callee" in done.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE cpg_nodes",
        "DELETE FROM cpg_nodes",
        "INSERT INTO cpg_nodes SELECT * FROM cpg_nodes",
        "COPY cpg_nodes TO '/tmp/never.csv'",
        "CREATE EXTERNAL TABLE passwords STORED AS CSV LOCATION '/etc/passwd'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
    ],
)
def test_queries_only_read_the_graph(run, shop, sql):
    assert run("query", sql, cwd=shop).returncode == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(name AS INT) FROM definitions",
        "SELECT * FROM calls WHERE line = 'abc'",
        "SELECT * FROM calls WHERE callee ~ '('",
        "SELECT CAST('a' AS INT)",
    ],
)
def test_a_query_that_fails_on_the_data_is_coded(run, shop, sql):
    done = run("query", sql, cwd=shop)
    assert done.returncode == 5
    assert "CA811" in done.stderr


def test_views_and_columns_are_told(run, shop):
    names = {row["name"] for row in json.loads(run("query", "--views", "--json").stdout)}
    assert {"calls", "refs", "cpg_nodes", "run_manifest"} <= names
    columns = [row["column"] for row in json.loads(run("query", "--describe", "calls", "--json").stdout)]
    described = json.loads(run("query", "SELECT * FROM calls LIMIT 0", "--json", cwd=shop).stdout)["columns"]
    assert columns == described


def test_views_and_columns_come_in_every_form(run, tmp_path):
    views = json.loads(run("query", "--views", "--json").stdout)
    assert list(csv.DictReader(io.StringIO(run("query", "--views", "--format", "csv").stdout))) == views
    lines = run("query", "--views", "--format", "jsonl", "--limit", 2).stdout.splitlines()
    assert [json.loads(line) for line in lines] == views[:2]
    assert json.loads(run("query", "--views", "--json", "--limit", 2).stdout) == views[:2]
    assert run("query", "--views", "--format", "parquet", "--output", tmp_path / "views").returncode == 0
    assert pyarrow.parquet.read_table(tmp_path / "views").to_pylist() == views
    assert all(view["sentence"] in run("query", "--views").stdout for view in views)
    described = json.loads(run("query", "--describe", "calls", "--json").stdout)
    assert list(csv.DictReader(io.StringIO(run("query", "--describe", "calls", "--format", "csv").stdout))) == described


@pytest.mark.parametrize("option", [["--views"], ["--describe", "calls"]])
def test_views_and_columns_are_no_answer_to_a_query(run, option):
    done = run("query", CALLS, *option)
    assert (done.returncode, done.stdout) == (64, "")
    assert "take no SQL" in done.stderr


def test_the_columns_of_a_view_there_is_not_cannot_be_told(run):
    assert "CA810: there is no view or table ''" in run("query", "--describe", "").stderr
    assert "did you mean 'calls'?" in run("query", "--describe", "call").stderr
    done = run("query", "--describe", "cals")
    assert (done.returncode, done.stdout) == (2, "")
    assert "CA810: there is no view or table 'cals'" in done.stderr


def test_every_view_has_the_columns_it_declares_and_its_example_runs(run, shop):
    from codeanatomy.catalog.public import PUBLIC_VIEWS
    from codeanatomy.query.graph import open_graph_sync

    graph = open_graph_sync(shop / "build" / "codeanatomy")
    for view in PUBLIC_VIEWS:
        assert graph.schema(f"SELECT * FROM {view.name}").names == [name for name, _ in view.columns], view.name
        graph.sql(view.example)


def test_no_graph_is_coded(run, tmp_path):
    assert run("query", CALLS, cwd=tmp_path).returncode == 2
    done = run("query", CALLS, "--graph", tmp_path)
    assert done.returncode == 2
    assert "CA801" in done.stderr


def test_a_generation_there_is_not_is_coded(run, shop):
    done = run("query", CALLS, "--generation", 77, cwd=shop)
    assert done.returncode == 2
    assert "CA802" in done.stderr


def test_no_query_is_a_usage_error(run):
    done = run("query")
    assert done.returncode == 64
    assert "CA804" in done.stderr


def test_a_result_that_cannot_be_written_is_coded(run, shop):
    done = run("query", CALLS, "--output", "/no/such/folder/file", cwd=shop)
    assert done.returncode == 5
    assert "CA805" in done.stderr


def test_a_graph_with_a_table_missing_is_coded(run, shop, tmp_path):
    output = shutil.copytree(shop / "build" / "codeanatomy", tmp_path / "graph")
    shutil.rmtree(output / "cpg_props")
    done = run("query", CALLS, "--graph", output)
    assert done.returncode == 5
    assert f"CA639: cannot read {output}/cpg_props" in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CURRENT", b"what?"),
        ("CURRENT", b"\xff"),
        ("CURRENT", b""),
        ("record", b'{"tab'),
        ("record", b"[]"),
        ("record", b'{"tables": {"cpg_nodes": 1}}'),
    ],
)
def test_a_graph_whose_record_is_damaged_is_coded(run, shop, tmp_path, name, text):
    output = shutil.copytree(shop / "build" / "codeanatomy", tmp_path / "graph")
    current = output / "CURRENT"
    damaged = current if name == "CURRENT" else output / "generations" / f"{int(current.read_text()):06}.json"
    damaged.write_bytes(text)
    for command in (["query", CALLS], ["delta", "history"]):
        done = run(*command, "--graph", output)
        assert done.returncode == 5
        assert f"CA639: cannot read {damaged}: " in done.stderr
    done = run("diag", "--graph", output)
    assert done.returncode == 2
    assert f"fail generation: cannot read {damaged}: " in done.stdout


def test_a_folder_that_cannot_be_looked_into_is_coded(run, tmp_path):
    folder = tmp_path / ("x" * 300)
    done = run("query", CALLS, "--graph", folder)
    assert done.returncode == 5
    assert f"CA639: cannot read {folder / 'CURRENT'}: File name too long" in done.stderr


def test_a_query_that_fails_leaves_no_file(run, shop, tmp_path):
    done = run("query", "SELECT CAST(name AS INT) FROM definitions", "--format", "csv", "--output", tmp_path / "result.csv", cwd=shop)
    assert done.returncode == 5
    assert list(tmp_path.iterdir()) == []
