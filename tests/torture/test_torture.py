"""Kills at random moments, and sources that kill parsers. `make test` runs a few of each, `make torture` many (CODEANATOMY_TORTURE=100)."""

import json
import os
import random
import shutil
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest
from tests.support.repositories import SHOP, write

from codeanatomy.catalog.tables import GRAPH_TABLES

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"
ROUNDS = int(os.environ.get("CODEANATOMY_TORTURE", "3"))
KILLERS = {
    "clauses": "x = [0 " + "for a in b " * 50_000 + "]\n",
    "lambdas": "f = " + "lambda: " * 700 + "0\n",
    "parentheses": "x = " + "(" * 1_296 + ")" * 1_296 + "\n",
    "elifs": "if a:\n    pass\n" + "elif a:\n    pass\n" * 8_640,
    "cases": "match a:\n    case " + "[" * 25 + "]" * 25 + ":\n        pass\n",
    "continuations": "x = 1 " + "\\\n" * 30_000 + "\n",
    "attributes": "a" + ".b" * 20_000 + "\n",
    "sum": "x = " + "1 + " * 100_000 + "1\n",
    "unary": "x = " + "-" * 20_000 + "1\n",
}


def build(repository: Path, output: Path, *options: str) -> dict:
    done = subprocess.run(
        [COMMAND, "build", repository, "-o", output, "--json", "-q", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return json.loads(done.stdout)


def rows(output: Path, sql: str) -> list[dict]:
    done = subprocess.run([COMMAND, "query", sql, "--graph", output, "--format", "jsonl"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def fingerprints(result: dict) -> dict[str, str]:
    return {table.name: result["tables"][table.name]["fingerprint"] for table in GRAPH_TABLES}


def test_killed_at_random_moments_the_former_generation_stays(tmp_path):
    repository = tmp_path / "repository"
    for name in ("json", "email", "logging"):
        shutil.copytree(Path(sysconfig.get_paths()["stdlib"]) / name, repository / name, ignore=shutil.ignore_patterns("__pycache__"))
    began = time.monotonic()
    first = build(repository, tmp_path / "out")
    whole = time.monotonic() - began
    moments = random.Random(5)
    for _ in range(ROUNDS):
        process = subprocess.Popen([COMMAND, "build", repository, "-o", tmp_path / "out", "-q"], stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, whole))
        process.send_signal(signal.SIGKILL)
        process.wait()
        (count,) = rows(tmp_path / "out", "SELECT count(*) AS n FROM cpg_nodes")
        assert count["n"] == first["tables"]["cpg_nodes"]["rows"]
    assert fingerprints(build(repository, tmp_path / "out")) == fingerprints(first)


@pytest.mark.parametrize("name", sorted(KILLERS)[: None if ROUNDS > 3 else 3])
def test_a_killer_changes_no_row_of_the_others(tmp_path, name):
    build(write(tmp_path / "good", SHOP), tmp_path / "og")
    build(write(tmp_path / "mixed", {**SHOP, "killer.py": KILLERS[name]}), tmp_path / "om")
    for view in ("calls", "refs", "definitions", "bindings", "imports", "cfg"):
        good = sorted(map(str, rows(tmp_path / "og", f"SELECT * FROM {view}")))
        assert sorted(map(str, rows(tmp_path / "om", f"SELECT * FROM {view} WHERE path <> 'killer.py'"))) == good, view
    assert {row["path"] for row in rows(tmp_path / "om", "SELECT DISTINCT path FROM failures")} <= {"killer.py"}
    assert [row["path"] for row in rows(tmp_path / "om", "SELECT path FROM files WHERE path = 'killer.py'")] == ["killer.py"]
