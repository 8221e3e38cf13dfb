"""Builds and readers of one output folder at the same time, each a process of its own."""

import json
import subprocess
import time
from pathlib import Path

import pyarrow.compute as pc
from deltalake import DeltaTable
from tests.support.answers import check
from tests.support.repositories import SHOP, write

from codeanatomy.query.graph import open_graph_sync

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"
MORE = {f"more/m{number}.py": f"def f{number}(x):\n    return x + {number}\n\n\nf{number}(1)\n" for number in range(20)}


def started(repository: Path, output: Path, *options: str) -> subprocess.Popen:
    command = [COMMAND, "build", repository, "-o", output, "--json", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen) -> dict:
    stdout, _ = process.communicate(timeout=120)
    check(["build"], stdout)
    return {"exit": process.returncode, **json.loads(stdout)}


def test_of_two_builds_into_one_folder_one_is_refused(tmp_path):
    first = started(write(tmp_path / "r", SHOP), tmp_path / "out", "-v")
    talk = ""
    while "reads shard" not in talk:
        line = first.stderr.readline()
        assert line, talk
        talk += line
    refused = ended(started(tmp_path / "r", tmp_path / "out"))
    assert (refused["exit"], refused["status"], refused["error"]["code"]) == (5, "failed", "CA620")
    assert refused["error"]["message"] == f"another build is writing into {tmp_path / 'out'}"
    assert json.loads(Path(refused["manifest"]).read_text())["error"]["code"] == "CA620"
    done = ended(first)
    assert (done["exit"], done["generation"]) == (0, 1)
    assert {path.name for path in (tmp_path / "out" / "runs").iterdir()} == {done["run_id"], refused["run_id"]}


def test_of_two_builds_with_one_work_folder_one_is_refused(tmp_path):
    first = started(write(tmp_path / "r", SHOP), tmp_path / "one", "-v", "--work-dir", str(tmp_path / "work"))
    while "reads shard" not in first.stderr.readline():
        assert first.poll() is None
    refused = ended(started(tmp_path / "r", tmp_path / "two", "--work-dir", str(tmp_path / "work")))
    assert (refused["exit"], refused["error"]["code"]) == (5, "CA620")
    assert refused["error"]["message"] == f"another build is writing into {tmp_path / 'work'}"
    assert ended(first)["exit"] == 0
    assert ended(started(tmp_path / "r", tmp_path / "two", "--work-dir", str(tmp_path / "work")))["exit"] == 0


def read(output: Path) -> tuple[int, int]:
    """The generation that stands there and its nodes, as another program reads it: whole, or this fails."""
    number = int((output / "CURRENT").read_text())
    tables = json.loads((output / "generations" / f"{number:06}.json").read_text())["tables"]
    found = {name: DeltaTable(output / name, version=table["version"]).to_pyarrow_table() for name, table in tables.items()}
    assert {name: table.num_rows for name, table in found.items()} == {name: table["rows"] for name, table in tables.items()}
    ids = found["cpg_nodes"]["id"]
    for end in ("src", "dst"):
        assert pc.all(pc.is_in(found["cpg_edges"][end], ids)).as_py(), f"an edge of generation {number} has no {end}"
    assert pc.count_distinct(ids).as_py() == len(ids)
    return number, len(ids)


def test_readers_during_builds_see_whole_generations(tmp_path):
    """The graph shrinks and grows; whatever is read meanwhile is one of the two, by other programs and by ours."""
    output = tmp_path / "out"
    write(tmp_path / "small", SHOP)
    write(tmp_path / "large", {**SHOP, **MORE})
    assert ended(started(tmp_path / "small", output))["exit"] == 0
    nodes: dict[int, set[int]] = {}
    reads = 0
    for name in ("large", "small", "large", "small"):
        build = started(tmp_path / name, output)
        while build.poll() is None:
            number, count = read(output)
            nodes.setdefault(number, set()).add(count)
            graph = open_graph_sync(output)
            [row] = graph.sql("SELECT count(*) AS n FROM cpg_nodes").to_pylist()
            nodes.setdefault(graph.generation.number, set()).add(row["n"])
            reads += 1
            time.sleep(0.02)
        assert ended(build)["exit"] == 0
    number, count = read(output)
    nodes.setdefault(number, set()).add(count)
    assert reads >= 10
    assert nodes.keys() == {1, 2, 3, 4, 5}
    assert all(len(counts) == 1 for counts in nodes.values()), nodes
    assert nodes[1] == nodes[3] == nodes[5] != nodes[2] == nodes[4]
