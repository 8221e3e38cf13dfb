"""Whole builds that are killed at random moments, of the torture corpus, and of all that is installed here. `make test` runs a part,
`make torture` (CODEANATOMY_TORTURE=100) all.
"""

import json
import os
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
from bench.interrupt import interruptions, verdict
from deltalake import DeltaTable
from pyarrow import parquet
from tests.support.repositories import SHOP, write
from tests.torture.corpus import SOURCES

from codeanatomy.scan.settings import DEFAULT_EXCLUDES, PYTHON_SUFFIXES

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"
ROUNDS = int(os.environ.get("CODEANATOMY_TORTURE", "3"))
QUICK = (
    *("clauses", "import_of_300000", "lambda_defaults_600", "parentheses_1296", "utf16", "python2", "return_outside", "newer_grammar"),
    "string_annotation_of_20000_lists",
)


def build(repository: Path, output: Path, *options: str) -> dict:
    done = subprocess.run(
        [COMMAND, "build", repository, "-o", output, "--json", "-q", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return json.loads(done.stdout)


def test_killed_and_cancelled_at_random_moments_nothing_is_lost(tmp_path):
    """As `python -m bench interrupt` does it on a larger repository."""
    for name in ("json", "email"):
        shutil.copytree(Path(sysconfig.get_paths()["stdlib"]) / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    found = list(interruptions(tmp_path, max(ROUNDS, 5), seed=ROUNDS))
    text, _ = verdict(found)
    assert [one for one in found if one.wrong] == [], text
    assert Counter(one.number for one in found) == {signal.SIGKILL: max(ROUNDS, 5), signal.SIGINT: max(ROUNDS, 5)}
    assert {one.exit for one in found if one.number == signal.SIGKILL} <= {-signal.SIGKILL, 0}


def table(output: Path, name: str) -> list[dict]:
    """Every row of a table of the last generation, as any reader of Parquet sees it."""
    version = json.loads(max((output / "generations").glob("*.json")).read_text())["tables"][name]["version"]
    files = DeltaTable(output / name, version=version).file_uris()
    return [row for file in files for row in parquet.read_table(file).to_pylist()]


def graph_outside(output: Path, folder: str) -> dict[str, list[str]]:
    """The rows of the graph that belong to sources outside that folder, sorted: nodes, edges, and their properties."""
    entities = {"node": table(output, "cpg_nodes"), "edge": table(output, "cpg_edges")}
    outside = {
        name: [row for row in rows if row["path"] and not f"{row['path']}/".startswith(f"{folder}/")] for name, rows in entities.items()
    }
    ids = {(name, row["id"]) for name, rows in outside.items() for row in rows}
    outside["props"] = [row for row in table(output, "cpg_props") if (row["entity"], row["entity_id"]) in ids]
    return {name: sorted(map(str, rows)) for name, rows in outside.items()}


def test_the_corpus_changes_no_row_of_the_others(tmp_path):
    """And each source of it is in the graph, and has one row if anything is wrong with it."""
    names = sorted(SOURCES if ROUNDS > 3 else QUICK)
    build(write(tmp_path / "good", SHOP), tmp_path / "og")
    bad = {f"bad/{name}.py": SOURCES[name]() for name in names}
    result = build(write(tmp_path / "mixed", {**SHOP, **bad}), tmp_path / "om")
    alone, beside = graph_outside(tmp_path / "og", "bad"), graph_outside(tmp_path / "om", "bad")
    assert {name: len(rows) for name, rows in alone.items()} == {name: len(rows) for name, rows in beside.items()}
    assert alone == beside
    assert result["files"]["scanned"] == len(SHOP) + len(names)
    files = [row["path"] for row in table(tmp_path / "om", "cpg_nodes") if row["kind"] == "file"]
    assert sorted(files) == sorted([*SHOP, *bad])
    problems = sorted((row["path"], row["code"]) for row in table(tmp_path / "om", "extract_errors"))
    assert len(problems) == len({path for path, _ in problems})
    assert {path for path, _ in problems} <= set(bad)
    if ROUNDS <= 3:
        assert problems == [
            ("bad/clauses.py", "CA211"),
            ("bad/import_of_300000.py", "CA203"),
            ("bad/lambda_defaults_600.py", "CA211"),
            ("bad/newer_grammar.py", "CA201"),
            ("bad/parentheses_1296.py", "CA201"),
            ("bad/python2.py", "CA201"),
            ("bad/return_outside.py", "CA204"),
            ("bad/utf16.py", "CA202"),
        ]


@pytest.mark.skipif(ROUNDS <= 3, reason="it takes minutes: `make torture` runs it")
@pytest.mark.parametrize("folder", sorted({sysconfig.get_path("purelib"), *site.getsitepackages([sys.base_prefix])}))
def test_all_that_is_installed(folder, tmp_path):
    """Every file that looks like Python is in the graph, or has a row that says why not."""
    build(Path(folder), tmp_path, "--engine-profile", "large")
    known = {row["path"] for row in table(tmp_path, "cpg_nodes") if row["kind"] == "file"}
    told = {row["path"] for row in table(tmp_path, "extract_errors")}
    there = {
        path.relative_to(folder).as_posix()
        for path in Path(folder).rglob("*")
        if path.suffix in PYTHON_SUFFIXES and not path.is_symlink() and DEFAULT_EXCLUDES.isdisjoint(path.relative_to(folder).parts[:-1])
    }
    assert len(there) > 1000
    assert there - known - told == set()
