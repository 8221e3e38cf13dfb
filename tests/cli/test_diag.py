"""`codeanatomy diag`: this machine, and finished builds that are whole or damaged in one way each."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as compute
import pytest
from tests.support.generations import FAST, cut, record
from tests.support.repositories import BAD, SHOP, write

from codeanatomy.diagnosis.graph import graph

PACKAGE = Path(__file__).parents[2] / "pkg" / "codeanatomy"
MACHINE = {
    "python",
    "engine",
    "git",
    "node",
    "scip-python",
    "pyrefly",
    "sandbox of tools",
    "sandbox of workers",
    "a small build",
    "memory",
    "disk of the output",
    "disk of temporary files",
}
GRAPH = {
    "generation",
    "repository",
    "tables",
    "rows as the generation says",
    "rows as the manifest says",
    "keys are unique",
    "columns are filled",
    "edges start at a node",
    "edges end at a node",
    "spans of nodes lie in their file",
    "spans of edges lie in their file",
    "edges join what their kind allows",
    "failures of sources",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory, run) -> Path:
    repository = write(tmp_path_factory.mktemp("diag") / "repository", SHOP)
    assert run("build", repository, *FAST).returncode == 0
    return repository / "build" / "codeanatomy"


@pytest.fixture
def output(built, tmp_path) -> Path:
    """A copy of the output folder, to be damaged."""
    return Path(shutil.copytree(built, tmp_path / "out"))


def checks(done) -> dict[str, tuple[str, str]]:
    """Status and detail of each check."""
    return {check["what"]: (check["status"], check["detail"]) for check in json.loads(done.stdout)["checks"]}


def failed(done) -> set[str]:
    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == "fail"
    return {what for what, (status, _) in checks(done).items() if status == "fail"}


def fails(output) -> set[str]:
    """What fails of a graph, without the machine."""
    return {check.what for check in graph(output) if check.status == "fail"}


def python(*arguments, cwd, **environment):
    """The command without the shell script, so that it can lack everything."""
    command = [sys.executable, "-P", "-m", "codeanatomy", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_damaged_record_of_another_generation_is_told(output):
    (output / "generations" / "000001.json").rename(output / "generations" / "000002.json")
    (output / "CURRENT").write_text("000002\n")
    (output / "generations" / "000001.json").write_text("{")
    found = {check.what: check for check in graph(output)}
    assert found["repository"].status == "warn"
    assert found["repository"].detail.startswith(f"cannot read {output}/generations/000001.json: ")
    assert {check.status for check in found.values()} == {"ok", "warn"}


def test_the_machine(run, tmp_path):
    done = run("diag", "--json", cwd=tmp_path)
    found = checks(done)
    assert done.returncode == 0, found
    assert found.keys() == MACHINE
    assert found["python"] == ("ok", f"{sys.version.split()[0]} in {sys.executable}")
    assert found["git"][1].startswith("git version ")
    assert "seccomp" in found["sandbox of workers"][1]
    assert "own_processes" in found["sandbox of tools"][1]
    assert re.fullmatch(r"[1-9]\d* nodes and [1-9]\d* edges in \d+\.\d s", found["a small build"][1])
    assert list(tmp_path.iterdir()) == []


def test_a_line_a_check(run, built):
    done = run("diag", "--graph", built)
    lines = done.stdout.splitlines()
    assert [line.split(": ")[0][5:] for line in lines if line[:5].strip() in ("ok", "warn")] == [line.split(": ")[0][5:] for line in lines]
    assert len(lines) == len(MACHINE | GRAPH)
    assert "ok   failures of sources: none" in lines
    assert done.stderr.endswith(" 0 fail\n")
    assert run("diag", "-q").stderr == ""


def test_what_is_not_installed_is_a_warning_with_what_to_do(tmp_path):
    done = python("diag", "--json", cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = {check["what"]: check for check in json.loads(done.stdout)["checks"]}
    assert {what for what in ("git", "node", "scip-python") if told[what]["status"] == "warn"} == {"git", "node", "scip-python"}
    assert (told["git"]["detail"], told["git"]["next"]) == ("it is not installed: every file of a repository is looked at", "install git")
    assert "npm install -g @sourcegraph/scip-python" in told["scip-python"]["next"]


def test_a_program_that_does_not_run_fails(tmp_path):
    write(tmp_path / "bin", {"git": "not a program", "node": "#!/bin/sh\nexit 3\n"})
    for name in ("git", "node"):
        (tmp_path / "bin" / name).chmod(0o755)
    done = python("diag", "--json", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    assert {"git", "node"} <= failed(done)


def test_without_the_engine(tmp_path):
    home = tmp_path / "lib"
    shutil.copytree(PACKAGE, home / "codeanatomy", ignore=shutil.ignore_patterns("_engine*.so", "__pycache__"))
    done = python("diag", "--json", cwd=tmp_path, PATH=os.environ["PATH"], PYTHONPATH=str(home))
    assert failed(done) == {"engine"}
    assert "a small build" not in checks(done)
    for command in (["version"], ["build", write(tmp_path / "r", SHOP)], ["plan", tmp_path]):
        done = python(*command, cwd=tmp_path, PATH=os.environ["PATH"], PYTHONPATH=str(home))
        assert done.returncode == 10, done.stderr
        assert "in a checkout, run: make build" in done.stderr


def test_an_engine_that_does_not_fit_this_system(tmp_path):
    home = tmp_path / "lib"
    shutil.copytree(PACKAGE, home / "codeanatomy", ignore=shutil.ignore_patterns("_engine*.so", "__pycache__"))
    (home / "codeanatomy" / "_engine.abi3.so").write_bytes(b"\x7fELF of another machine")
    done = python("version", cwd=tmp_path, PATH=os.environ["PATH"], PYTHONPATH=str(home))
    assert done.returncode == 10
    assert "the Rust engine cannot be imported" in done.stderr


def test_no_room(run):
    done = run("diag", "--graph", "/proc/nowhere", "--json")
    assert failed(done) >= {"disk of the output", "generation"}
    assert "CA801" not in done.stderr


def test_a_whole_graph(run, output):
    done = run("diag", "--graph", output, "--json")
    assert done.returncode == 0
    assert checks(done).keys() == MACHINE | GRAPH
    assert {status for what, (status, _) in checks(done).items() if what in GRAPH} == {"ok"}


def test_failures_of_sources_are_a_warning(run, tmp_path):
    repository = write(tmp_path / "r", {**SHOP, "bad.py": BAD["bad/syntax.py"]})
    assert run("build", repository, *FAST).returncode == 0
    found = {check.what: (check.status, check.detail) for check in graph(repository / "build" / "codeanatomy")}
    assert found["failures of sources"] == ("warn", "1 × CA201 (error)")


def test_rows_that_are_not_those_recorded(output):
    path = output / "generations" / "000001.json"
    told = record(output, 1)
    told["tables"]["cpg_nodes"]["rows"] += 1
    path.write_text(json.dumps(told))
    assert fails(output) == {"rows as the generation says"}


def test_a_manifest_that_says_something_else(output):
    path = output / "runs" / record(output, 1)["run_id"] / "manifest.json"
    told = json.loads(path.read_text())
    told["tables"]["cpg_edges"]["rows"] -= 1
    path.write_text(json.dumps(told))
    assert fails(output) == {"rows as the manifest says"}
    path.unlink()
    assert {check.what for check in graph(output) if check.status == "warn"} == {"manifest"}


def test_a_manifest_that_is_cut_off(output):
    [path] = (output / "runs").glob("*/manifest.json")
    path.write_bytes(path.read_bytes()[:100])
    [check] = [check for check in graph(output) if check.what == "manifest"]
    assert (check.status, str(path) in check.detail) == ("warn", True)


def test_data_that_are_gone(output):
    next((output / "cpg_edges").glob("*.parquet")).unlink()
    assert fails(output) == {"tables"}


def without(kind):
    return lambda table: table.filter(compute.not_equal(table["kind"], kind))


def one_twice(table):
    return table.take([0, *range(table.num_rows)])


def changed(column, value):
    """The value of a column in the first row that has one, changed."""

    def change(table):
        rows = table.to_pylist()
        row = next(row for row in rows if row[column] is not None)
        row[column] = value
        return table.from_pylist(rows, table.schema)

    return change


BROKEN = {
    "a node twice": ("cpg_nodes", one_twice, {"keys are unique"}),
    "an edge twice": ("cpg_edges", one_twice, {"keys are unique"}),
    "no packages from outside": ("cpg_nodes", without("external_package"), {"edges end at a node"}),
    "no files": (
        "cpg_nodes",
        without("file"),
        {"edges start at a node", "spans of nodes lie in their file", "spans of edges lie in their file"},
    ),
    "a span beyond the end": ("cpg_nodes", changed("bend", 100_000), {"spans of nodes lie in their file"}),
    "a span backward": ("cpg_edges", changed("bend", -1), {"spans of edges lie in their file"}),
    "an edge of another kind": ("cpg_edges", changed("kind", "overrides"), {"edges join what their kind allows"}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_promises_are_asked_again(output, case):
    name, change, expected = BROKEN[case]
    cut(output, name, change)
    assert fails(output) - {"rows as the manifest says"} >= expected


def test_what_is_broken_ends_the_command_with_its_code(run, output):
    cut(output, "cpg_nodes", without("file"))
    assert failed(run("diag", "--graph", output, "--json")) >= {"edges start at a node"}
