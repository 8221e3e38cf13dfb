"""Every source of the torture corpus beside ten good files, alone and all together: what CPython says of it is what its rows and failures say,
and no row of a good file changes. `make test` runs a part, `make torture` (CODEANATOMY_TORTURE=100) all.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.torture.collected import Collected, Rows, collected
from tests.torture.corpus import DEEP, KILLERS, LARGE, PATHS, SOURCES
from tests.torture.oracle import Verdicts, verdicts

from codeanatomy.sandbox.limits import Limits

WHOLE = int(os.environ.get("CODEANATOMY_TORTURE", "3")) > 3
GOOD = ("abc", "bisect", "colorsys", "contextlib", "copy", "heapq", "keyword", "queue", "shlex", "textwrap")
QUICK = ("null_byte", "python2", "lambda_defaults_600", "cases_of_lists_whole")
EXTREME = {*LARGE, *DEEP, *KILLERS}
"""Sources over which libcst or tree-sitter, which have no oracle, may also die or be stopped."""
DEATHS = {"CA211", "CA212", "CA213"}
HASTY = Limits(file_cpu_seconds=1.0)
"""For the quick part, whose sources need either much less or are endless."""
TABLES = {"ast": "ast_nodes", "symtable": "symtable_scopes", "bytecode": "bytecode_objects"}
"""A table with at least one row for any source that its extractor accepts."""

Expected = dict[str, set[str | None]]
"""Extractor → the codes that it may give a source; null where it accepts it."""


def place_good(folder: Path) -> Path:
    """Ten modules of the standard library."""
    (folder / "good").mkdir(parents=True)
    for name in GOOD:
        shutil.copy(Path(sysconfig.get_path("stdlib"), f"{name}.py"), folder / "good")
    return folder


def place_bad(folder: Path, names: Iterable[str]) -> Path:
    """Those sources of the corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_bytes(SOURCES[name]())
    return folder


def rows_of_good(found: Collected) -> dict[str, dict[str, Rows]]:
    return found.rows([f"good/{name}.py" for name in GOOD])


def expected(name: str, verdict: dict[str, str]) -> Expected:
    """What each extractor may say of a source of which CPython says this."""
    refused = verdict["ast"] not in ("ok", "slow", "killed")
    found = {
        extractor: _of_cpython(verdict[way], refused)
        for extractor, way in {"ast": "ast", "symtable": "symtable", "bytecode": "compile"}.items()
    }
    if name == "lambdas_700":
        # CPython accepts it, but we read no more than 256 scopes in each other: qualified names grow with the square of the depth.
        found["symtable"] = {"CA203"}
    return {
        **found,
        "libcst": {None, "CA202", "CA205"} | (DEATHS | {"CA203"} if name in EXTREME else set()),
        "tree_sitter": {None, "CA202"} | (DEATHS if name in EXTREME else set()),
    }


def _of_cpython(verdict: str, refused_by_ast: bool) -> set[str | None]:
    match verdict:
        case "ok":
            return {None}
        case "killed":
            return {"CA211"}
        case "slow":
            return {None, "CA203", *DEATHS}
        case "RecursionError" | "MemoryError" | "OverflowError":
            return {"CA203"}
    return {"CA201", "CA202"} if refused_by_ast else {"CA204"}


def check(found: Collected, name: str, verdict: dict[str, str]) -> None:
    """One failure or the rows, from each extractor."""
    path = f"bad/{name}.py"
    codes = found.codes(path)
    for extractor, may in expected(name, verdict).items():
        assert codes.get(extractor) in may, f"{name}: CPython says {verdict}, {extractor} says {codes.get(extractor)}"
    for extractor, table in TABLES.items():
        assert bool(found.rows([path])[table]) == (extractor not in codes), (name, table)
    assert ("CA202" in codes.values()) == (set(codes.values()) == {"CA202"}), f"{name}: some could decode it: {codes}"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Rows]]:
    """The rows of the good files when nothing else is there."""
    found = collected(place_good(tmp_path_factory.mktemp("good")))
    assert found.collection.failures == []
    assert found.restarts == 0
    rows = rows_of_good(found)
    assert all(len(rows[table]) == len(GOOD) for table in TABLES.values())
    return rows


@pytest.mark.parametrize("name", SOURCES if WHOLE else QUICK)
def test_alone(name: str, tmp_path: Path, undisturbed: dict[str, dict[str, Rows]]) -> None:
    place_bad(place_good(tmp_path) / "bad", [name])
    found = collected(tmp_path, limits=Limits() if WHOLE else HASTY)
    assert rows_of_good(found) == undisturbed
    assert {failure.path for failure in found.collection.failures} <= {f"bad/{name}.py"}
    check(found, name, verdicts(tmp_path / "bad")[f"{name}.py"])
    if name not in EXTREME:
        assert found.restarts == 0, found.exits
    assert found.restarts == sum(code in DEATHS for code in found.codes(f"bad/{name}.py").values())


@pytest.mark.parametrize("workers", [1, 3] if WHOLE else [2])
def test_all_together(workers: int, tmp_path: Path, undisturbed: dict[str, dict[str, Rows]]) -> None:
    names = [name for name in SOURCES if WHOLE or name in QUICK or name not in EXTREME]
    place_bad(place_good(tmp_path) / "bad", names)
    found = collected(tmp_path, workers, Limits() if WHOLE else HASTY)
    assert rows_of_good(found) == undisturbed
    judged: Verdicts = verdicts(tmp_path / "bad")
    for name in names:
        check(found, name, judged[f"{name}.py"])
    assert found.collection.extractors["repo_scan"].files == len(names) + len(GOOD)


def test_plain_refusals_cost_no_worker(tmp_path: Path) -> None:
    """So a tree of them takes no longer than one of good files."""
    for number in range(300):
        (tmp_path / f"old_{number}.py").write_text(f"print 'module {number}'\n")
    found = collected(tmp_path)
    assert found.restarts == 0
    assert {code for number in range(300) for code in found.codes(f"old_{number}.py").values()} == {"CA201", "CA205"}


def test_paths(tmp_path: Path, undisturbed: dict[str, dict[str, Rows]]) -> None:
    place_good(tmp_path)
    for nasty in PATHS.values():
        nasty.make(tmp_path)
    found = collected(tmp_path)
    assert rows_of_good(found) == undisturbed
    told = {failure.path: failure.code for failure in found.collection.failures}
    assert told == {nasty.told: nasty.code for nasty in PATHS.values() if nasty.code}
    read = {nasty.told for nasty in PATHS.values() if not nasty.code} - {"up"}
    assert set(found.paths.values()) == read | {f"good/{name}.py" for name in GOOD}
