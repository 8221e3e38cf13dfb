"""`codeanatomy export`: each form as the programs read it that it is for, with the rows of the graph."""

import csv
import json
import re
import shutil
import subprocess
from collections import Counter
from xml.etree import ElementTree

import pyarrow.parquet
import pytest
from tests.cli.conftest import COMMAND
from tests.support.repositories import write

from codeanatomy.query.graph import NAMES, open_graph_sync


@pytest.fixture(scope="module")
def graph(shop):
    return open_graph_sync(shop / "build" / "codeanatomy")


@pytest.fixture
def export(run, shop):
    def export(*arguments, repository=shop):
        done = run("export", "--format", *arguments, cwd=repository)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return export


def test_pycg(export):
    assert json.loads(export("pycg")) == {
        "<builtin>.range": [],
        "main": ["shop.cart.Cart.pay", "shop.cart.make"],
        "os.path.join": [],
        "shop": [],
        "shop.cart": [],
        "shop.cart.Base.total": ["shop.money.add"],
        "shop.cart.Cart.pay": ["os.path.join", "shop.cart.Base.total"],
        "shop.cart.make": ["shop.cart.Cart.pay"],
        "shop.money": [],
        "shop.money.add": ["<builtin>.range"],
    }


def test_names_of_pycg(export, run, tmp_path):
    """A class is no callee and its `__init__` is; an operator of a builtin is none; methods of builtins have PyCG's names."""
    source = """\
class A:
    def __init__(self):
        self.size = len("a" + "b")

A()
"-".join(sorted({}.keys()))
b"".hex()
(lambda: print())()
"""
    repository = write(tmp_path / "r", {"main.py": source})
    assert run("build", repository, "-q").returncode == 0
    graph = json.loads(export("pycg", repository=repository))
    assert {caller: callees for caller, callees in graph.items() if callees} == {
        "main": [
            "<**PyDict**>.keys",
            "<**PyStr**>.join",
            "<**bytes**>.hex",
            "<builtin>.sorted",
            "main.<lambda1>",
            "main.A.__init__",
        ],
        "main.<lambda1>": ["<builtin>.print"],
        "main.A.__init__": ["<builtin>.len"],
    }


def test_guesses_by_name_are_not_in_the_call_graph_of_pycg(export, graph):
    guessed = graph.sql("SELECT caller, callee FROM calls WHERE resolution = 'name_match'").to_pylist()
    edges = json.loads(export("pycg"))
    assert not [row for row in guessed if row["callee"] in edges.get(row["caller"], [])]


def test_json_lines(export, graph):
    lines = [json.loads(line) for line in export("jsonl").splitlines()]
    counts = Counter(line["entity"] for line in lines)
    assert counts == {"node": graph.table("cpg_nodes").num_rows, "edge": graph.table("cpg_edges").num_rows}
    add = next(line for line in lines if line["entity"] == "node" and line["kind"] == "function" and line["name"] == "add")
    assert (add["qualified_name"], add["path"], add["line"]) == ("shop.money.add", "shop/money.py", 1)
    assert add["properties"] == {"def_line": 1, "is_async": False, "is_generator": False}
    call = next(line for line in lines if line["entity"] == "edge" and line["kind"] == "calls" and line["dst"] == add["id"])
    assert (call["path"], call["line"], call["origin"]) == ("shop/cart.py", 7, "resolver")


def test_graphml(export, graph):
    root = ElementTree.fromstring(export("graphml"))
    name = "{http://graphml.graphdrawing.org/xmlns}"
    assert root.tag == f"{name}graphml"
    keys = {key.get("id"): (key.get("for"), key.get("attr.name")) for key in root.iter(f"{name}key")}
    nodes, edges = (list(root.iter(name + kind)) for kind in ("node", "edge"))
    assert (len(nodes), len(edges)) == (graph.table("cpg_nodes").num_rows, graph.table("cpg_edges").num_rows)
    ids = {node.get("id") for node in nodes}
    assert {edge.get(end) for edge in edges for end in ("source", "target")} <= ids
    used = {(keys[data.get("key")], entity) for entity, found in (("node", nodes), ("edge", edges)) for item in found for data in item}
    assert all(domain == entity for (domain, _), entity in used)
    add = [{keys[data.get("key")][1]: data.text for data in node} for node in nodes]
    assert [row["line"] for row in add if row.get("qualified_name") == "shop.money.add" and row["kind"] == "function"] == ["1"]


def test_graphml_of_text_that_xml_cannot_hold(export, run, tmp_path):
    repository = write(tmp_path / "r", {"main.py": "x = '<&>\"\\x01 \u00e4'\ny = '\x02'\n"})
    assert run("build", repository, "-q").returncode == 0
    texts = {data.text for data in ElementTree.fromstring(export("graphml", repository=repository)).iter()}
    assert any(text and "<&>" in text and "\u00e4" in text for text in texts)
    assert any(text and "\N{REPLACEMENT CHARACTER}" in text for text in texts)


def test_csv_for_neo4j(export, graph, tmp_path):
    folder = tmp_path / "neo4j"
    assert export("csv", "--output", folder) == ""
    with (folder / "nodes.csv").open(newline="") as file:
        nodes = list(csv.DictReader(file))
    with (folder / "edges.csv").open(newline="") as file:
        edges = list(csv.DictReader(file))
    assert {"id:ID", ":LABEL", "line:int", "file_id:long", "is_async:boolean"} <= nodes[0].keys()
    assert {":START_ID", ":END_ID", ":TYPE", "confidence:double"} <= edges[0].keys()
    assert (len(nodes), len(edges)) == (graph.table("cpg_nodes").num_rows, graph.table("cpg_edges").num_rows)
    assert {edge[end] for edge in edges for end in (":START_ID", ":END_ID")} <= {node["id:ID"] for node in nodes}
    add = next(node for node in nodes if node[":LABEL"] == "function" and node["name:string"] == "add")
    assert (add["qualified_name:string"], add["line:int"], add["is_async:boolean"]) == ("shop.money.add", "1", "false")


def test_parquet(export, graph, tmp_path):
    folder = tmp_path / "parquet"
    assert export("parquet", "--output", folder) == ""
    assert {path.name for path in folder.iterdir()} == {f"{name}.parquet" for name in NAMES}
    for name in NAMES:
        table = pyarrow.parquet.read_table(folder / f"{name}.parquet")
        assert (table.num_rows, table.schema.names) == (graph.table(name).num_rows, graph.schema(f"SELECT * FROM {name}").names)


STATEMENT = re.compile(r'  (?:"[^"]*"|\d+)(?: -> (?:"[^"]*"|\d+))?(?: \[(?:\w+=(?:"(?:[^"\\]|\\.)*"|\w+)(?:, )?)+\])?;')


def lines_of(text):
    """Nodes and edges of a DOT graph, each checked for its form."""
    head, shape, *lines, end = text.splitlines()
    assert re.fullmatch(r'digraph "[^"]*" \{', head)
    assert (shape, end) == ("  node [shape=box];", "}")
    assert [line for line in lines if not STATEMENT.fullmatch(line)] == []
    return lines


def test_dot_of_the_call_graph(export):
    lines = lines_of(export("dot"))
    assert '  "shop.cart.Base.total" -> "shop.money.add";' in lines
    assert '  "shop.money";' in lines


def test_dot_of_control_flow(export):
    lines = lines_of(export("dot", "--function", "money.add"))
    labels = dict(re.findall(r'(\d+) \[label="block (\d)', "\n".join(lines)))
    edges = {(labels[a], labels[b], kind) for a, b, kind in re.findall(r'(\d+) -> (\d+) \[label="(\w+)', "\n".join(lines))}
    assert edges == {("0", "1", "next"), ("1", "2", "true"), ("2", "1", "next"), ("1", "3", "false")}
    assert sum("\\nentry" in line for line in lines) == sum("\\nexit" in line for line in lines) == 1


def around(text):
    names = dict(re.findall(r'^  (\d+) \[label="([\w.]+)', text, re.MULTILINE))
    return {(names[a], kind, names[b]) for a, b, kind in re.findall(r'(\d+) -> (\d+) \[label="(\w+)', text)}


def test_dot_of_a_neighbourhood(export):
    near, far = (export("dot", "--around", "Base.total", *depth) for depth in ((), ("--depth", 2)))
    assert lines_of(near)
    assert around(near) == {
        ("shop.cart.Base", "defines", "shop.cart.Base.total"),
        ("shop.cart.Base.total", "defines", "shop.cart.Base.total.self"),
        ("shop.cart.Base.total", "calls", "shop.money.add"),
        ("shop.cart.Cart.pay", "calls", "shop.cart.Base.total"),
    }
    assert around(near) < around(far)
    assert ("main", "calls", "shop.cart.Cart.pay") in around(far)


def test_output_to_a_file(export, tmp_path):
    assert export("pycg", "--output", tmp_path / "calls.json") == ""
    assert json.loads((tmp_path / "calls.json").read_text())["shop.cart.make"] == ["shop.cart.Cart.pay"]


@pytest.mark.parametrize(
    ("arguments", "exit", "said"),
    [
        (["csv"], 64, "CA635"),
        (["parquet"], 64, "name a folder for them with --output"),
        (["xml"], 64, "CA637: there is no export format 'xml'"),
        (["grapml"], 64, "did you mean 'graphml'?"),
        (["pycg", "--function", "add"], 64, "CA638: pycg is of the whole graph"),
        (["dot", "--function", "add", "--around", "add"], 64, "CA638"),
        (["dot", "--depth", "2"], 64, "CA638"),
        (["dot", "--around", "add", "--depth", "0"], 64, "not above zero"),
        (["dot", "--function", "ad"], 2, "CA630"),
        (["dot", "--around", "shop.money.ad"], 2, "did you mean 'shop.money.add'?"),
        (["pycg", "--output", "/nowhere/calls.json"], 5, "CA805"),
        (["csv", "--output", "/proc/neo4j"], 5, "CA805"),
    ],
)
def test_what_cannot_be_exported(run, shop, arguments, exit, said):
    done = run("export", "--format", *arguments, cwd=shop)
    assert (done.returncode, done.stdout) == (exit, "")
    assert said in done.stderr


@pytest.fixture
def half_a_graph(shop, tmp_path):
    """A graph whose edges cannot be read: an export fails when the nodes have been written."""
    output = shutil.copytree(shop / "build" / "codeanatomy", tmp_path / "half")
    for file in (output / "cpg_edges").glob("*.parquet"):
        data = file.read_bytes()
        footer = 8 + int.from_bytes(data[-8:-4], "little")
        file.write_bytes(data[:4] + b"\xff" * (len(data) - 4 - footer) + data[-footer:])
    return output


def test_what_was_written_is_said(run, shop, tmp_path):
    done = run("export", "--format", "csv", "--output", tmp_path / "csv", "--json", cwd=shop)
    files = [{"path": str(path), "bytes": path.stat().st_size} for path in sorted((tmp_path / "csv").iterdir())]
    generation = int((shop / "build" / "codeanatomy" / "CURRENT").read_text())
    assert json.loads(done.stdout) == {"generation": generation, "format": "csv", "files": files}
    done = run("export", "--format", "pycg", "--output", tmp_path / "calls.json", "-v", cwd=shop)
    assert done.stderr.splitlines()[0] == f"wrote {tmp_path / 'calls.json'}"
    done = run("export", "--format", "pycg", "--json", cwd=shop)
    assert done.returncode == 64
    assert json.loads(done.stdout)["error"]["code"] == "CA635"


@pytest.mark.parametrize(("form", "output"), [("jsonl", "graph.jsonl"), ("graphml", "graph.xml"), ("csv", "neo4j"), ("parquet", "tables")])
def test_what_fails_leaves_nothing_and_takes_nothing_away(run, half_a_graph, tmp_path, form, output):
    folder = tmp_path / "out"
    folder.mkdir()
    done = run("export", "--graph", half_a_graph, "--format", form, "--output", folder / output)
    assert done.returncode == 5, done.stderr
    assert list(folder.iterdir()) == []
    (folder / output).write_text("former")
    assert run("export", "--graph", half_a_graph, "--format", form, "--output", folder / output).returncode == 5
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(output, "former")]


def test_a_folder_in_the_place_of_a_file_is_told_before_anything_is_replaced(run, shop, tmp_path):
    write(tmp_path / "out", {"edges.csv": "mine", "nodes.csv/inside": ""})
    done = run("export", "--format", "csv", "--output", tmp_path / "out", cwd=shop)
    assert done.returncode == 5
    assert f"CA805: cannot write {tmp_path / 'out' / 'nodes.csv'}: Is a directory" in done.stderr
    assert (tmp_path / "out" / "edges.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["edges.csv", "inside", "nodes.csv", "out"]


def test_parquet_of_a_graph_without_all_tables(run, tmp_path):
    write(tmp_path / "r", {"a.py": "x = 1"})
    options = ["--no-include-errors", "--no-include-manifest", "--no-enable-libcst", "--no-enable-tree-sitter", "-q"]
    assert run("build", tmp_path / "r", "-o", tmp_path / "out", *options).returncode == 0
    done = run("export", "--format", "parquet", "--graph", tmp_path / "out", "--output", tmp_path / "files")
    assert (done.returncode, done.stderr) == (0, "")
    left_out = {"extract_errors", "run_manifest", "failures"}
    assert {path.stem for path in (tmp_path / "files").iterdir()} == set(NAMES) - left_out


def test_a_dash_is_standard_output(run, shop, tmp_path):
    for command in (["export", "--format", "pycg"], ["query", "SELECT 1 AS a", "--json"]):
        told = [run(*command, "--graph", shop / "build" / "codeanatomy", *output, cwd=tmp_path) for output in ([], ["--output", "-"])]
        assert told[0].stdout == told[1].stdout != ""
    assert run("export", "--format", "csv", "--output", "-", cwd=shop).returncode == 64
    assert not list(tmp_path.iterdir())


def test_a_folder_is_made_and_keeps_what_else_is_in_it(export, tmp_path):
    folder = tmp_path / "a" / "b"
    export("csv", "--output", folder)
    (folder / "nodes.csv").write_text("former")
    (folder / "mine.txt").write_text("mine")
    export("csv", "--output", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["edges.csv", "mine.txt", "nodes.csv"]
    assert (folder / "nodes.csv").read_text().startswith("id:ID,")
    assert [path.name for path in folder.parent.iterdir()] == ["b"]


def test_an_output_that_is_a_link_or_a_device(export, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "calls.json")
    export("pycg", "--output", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert "main" in json.loads((tmp_path / "calls.json").read_text())
    assert "main" in json.loads(export("pycg", "--output", "/dev/stdout"))


def test_standard_output_by_its_name_is_appended_to_where_the_shell_says_so(shop, tmp_path):
    log = tmp_path / "log"
    log.write_text("former\n")
    with log.open("a") as file:
        subprocess.run([COMMAND, "export", "--format", "pycg", "--output", "/dev/stdout"], cwd=shop, stdout=file, check=True)
    assert log.read_text().startswith("former\n{")
    assert list(tmp_path.iterdir()) == [log]


def test_a_reader_that_has_had_enough(shop):
    """As with `| head -1`: no traceback."""
    with subprocess.Popen([COMMAND, "export", "--format", "jsonl"], cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        done.stdout.readline()
        done.stdout.close()
        assert done.stderr.read() == b""
    assert done.returncode == 0


def test_control_flow_of_what_was_not_compiled(run, tmp_path):
    repository = write(tmp_path / "r", {"bad.py": "def f(x):\n    return x\n\nreturn f\n"})
    assert run("build", repository, "-q").returncode == 0
    done = run("export", "--format", "dot", "--function", "bad.f", cwd=repository)
    assert done.returncode == 0
    assert "digraph" in done.stdout


def test_no_control_flow_of_what_was_not_parsed(run, tmp_path):
    repository = write(tmp_path / "r", {"good.py": "x = 1\n", "bad.py": "def f(x):\n    return x\n\nreturn (\n"})
    assert run("build", repository, "-q").returncode == 0
    done = run("export", "--format", "dot", "--function", "bad.f", cwd=repository)
    assert done.returncode == 2
    assert "CA636" in done.stderr
