"""Laws of a build: the same content gives the same fingerprints, a bad file costs itself, cancelling leaves nothing."""

import json
import shutil
import sysconfig
from pathlib import Path

import anyio
import pytest
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import Coded, GraphProductBuildRequest, build_graph_product, open_build
from codeanatomy.catalog.spans import REPORT
from codeanatomy.catalog.spans import STAGES as STAGE_SPANS
from codeanatomy.catalog.tables import GRAPH_TABLES
from codeanatomy.events import StageStarted, WorkerEnded, WorkerStarted
from codeanatomy.query.graph import open_graph_sync
from codeanatomy.tools.config import ScipIndexConfig

pytestmark = pytest.mark.anyio

NO_TOOLS = {"scip": ScipIndexConfig(mode="off"), "types": "off"}
STAGES = tuple(kind.name for kind in STAGE_SPANS)


def fingerprints(result) -> dict[str, str]:
    return {table.name: result.tables[table.name].fingerprint for table in GRAPH_TABLES}


def library(root: Path) -> Path:
    for name in ("json", "email", "logging"):
        shutil.copytree(Path(sysconfig.get_paths()["stdlib"]) / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def known() -> dict[str, dict[str, str]]:
    """Fingerprints by backend, so that the second backend is held against the first."""
    return {}


async def test_same_content_same_fingerprints(build, tmp_path, known, anyio_backend):
    one, _ = await build(library(tmp_path / "here" / "repository"), "one", workers=1)
    two, _ = await build(library(tmp_path / "there" / "copy"), "two", workers=2)
    again, _ = await build(tmp_path / "there" / "copy", "two", workers=2)
    known[anyio_backend] = fingerprints(one)
    assert fingerprints(two) == fingerprints(again) == fingerprints(one)
    assert all(found == fingerprints(one) for found in known.values())
    assert len(set(fingerprints(one).values())) == len(GRAPH_TABLES)
    assert (two.generation, again.generation) == (1, 2)
    assert one.spec_hash == two.spec_hash
    assert one.envelope_hash == two.envelope_hash


@pytest.mark.parametrize("workers", [1, 3])
async def test_as_many_workers_run_at_once_as_the_setting_says(shop, tmp_path, workers):
    running = most = 0

    def count(event):
        nonlocal running, most
        running += isinstance(event, WorkerStarted) - isinstance(event, WorkerEnded)
        most = max(most, running)

    await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out", workers=workers, **NO_TOOLS), count)
    assert most == workers


async def test_a_changed_call_changes_the_edges(build, tmp_path):
    one, _ = await build(write(tmp_path / "a", SHOP), "one")
    main = str(SHOP["main.py"]).replace("b.pay()", "b.total()")
    two, _ = await build(write(tmp_path / "b", {**SHOP, "main.py": main}), "two")
    assert fingerprints(one)["cpg_edges"] != fingerprints(two)["cpg_edges"]


async def test_bad_files_cost_themselves(build, tmp_path, leaves_nothing):
    _, good = await build(write(tmp_path / "good", SHOP), "good")
    result, mixed = await build(write(tmp_path / "mixed", {**SHOP, **BAD}), "mixed")
    assert {path for (path,) in mixed("SELECT DISTINCT path FROM failures")} == set(BAD)
    assert mixed("SELECT path, extractor, code FROM failures ORDER BY path") == [
        ("bad/deep.py", "ast, bytecode, libcst, symtable", "CA201"),
        ("bad/killer.py", "bytecode, libcst", "CA211"),
        ("bad/latin.py", "ast, bytecode, libcst, symtable, tree_sitter", "CA202"),
        ("bad/nested.py", "symtable", "CA203"),
        ("bad/null.py", "ast, bytecode, libcst, symtable, tree_sitter", "CA202"),
        ("bad/result.py", "bytecode", "CA204"),
        ("bad/syntax.py", "ast, bytecode, libcst, symtable", "CA201"),
    ]
    assert result.files_failed == len(BAD)
    # Those which the compiler refused or died of have control flow from their syntax.
    assert mixed("SELECT DISTINCT path, origin FROM blocks WHERE path LIKE 'bad/%' ORDER BY path") == [
        ("bad/killer.py", "syntax"),
        ("bad/nested.py", "bytecode"),
        ("bad/result.py", "syntax"),
    ]
    for view in ("calls", "refs", "definitions", "bindings", "imports", "blocks", "cfg", "steps"):
        rows = f"SELECT * FROM {view} WHERE path NOT LIKE 'bad/%'"
        assert sorted(map(str, mixed(rows))) == sorted(map(str, good(f"SELECT * FROM {view}"))), view


async def test_every_file_of_the_scan_is_in_the_graph(build, tmp_path):
    _, ask = await build(write(tmp_path / "mixed", {**SHOP, **BAD}))
    assert {path for (path,) in ask("SELECT path FROM files")} == {*SHOP, *BAD}
    assert {path for (path,) in ask("SELECT path FROM files WHERE status = 'failed'")} == set(BAD)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != REPORT.name])
async def test_cancelled_at_a_stage_the_former_generation_stays(build, shop, stage, leaves_nothing, tmp_path):
    first, _ = await build(shop)
    write(shop, {"new.py": "def fresh():\n    return 1\n"})
    with anyio.CancelScope() as scope:

        def cancel(event):
            if event == StageStarted(stage):
                scope.cancel()

        await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=first.output_dir, **NO_TOOLS), cancel)
    assert scope.cancelled_caught
    assert (first.output_dir / "CURRENT").read_text().strip().endswith(str(first.generation))
    again, ask = await build(shop)
    assert again.generation == first.generation + 1
    assert ask("SELECT qualified_name FROM definitions WHERE path = 'new.py' AND kind = 'function'") == [("new.fresh",)]


async def test_cancelled_at_the_report_the_new_generation_is_there(shop, tmp_path, leaves_nothing):
    request = GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out", **NO_TOOLS)
    with anyio.CancelScope() as scope:

        def cancel(event):
            if event == StageStarted(REPORT.name):
                scope.cancel()

        await build_graph_product(request, cancel)
    assert scope.cancelled_caught
    assert [row["n"] for row in open_graph_sync(request.output).sql("SELECT count(*) AS n FROM files").to_pylist()] == [len(SHOP)]


async def test_a_build_over_its_time_is_a_coded_failure(shop, tmp_path, leaves_nothing):
    with pytest.raises(Coded) as caught:
        await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out", timeout=0.05))
    assert caught.value.code == "CA691"


async def test_two_builds_in_one_process(tmp_path):
    repositories = [write(tmp_path / name, SHOP) for name in ("one", "two")]
    results = []

    async def one(repository):
        results.append(await build_graph_product(GraphProductBuildRequest(repo_root=repository)))

    async with anyio.create_task_group() as group:
        for repository in repositories:
            group.start_soon(one, repository)
    assert fingerprints(results[0]) == fingerprints(results[1])


async def test_events_are_live_and_the_result_follows(shop, tmp_path):
    stages = []
    async with open_build(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out")) as build:
        async for event in build.events:
            if isinstance(event, StageStarted):
                stages.append(event.stage)
        result = await build.result()
    assert [stage for stage in stages if stage in STAGES] == list(STAGES)
    assert result.tables["cpg_nodes"].rows > 0


async def test_leaving_the_scope_cancels_the_build(shop, tmp_path, leaves_nothing):
    async with open_build(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out")) as build:
        async for _ in build.events:
            break
    assert not (tmp_path / "out" / "CURRENT").exists()


async def test_the_manifest_says_what_the_tables_hold(build, shop):
    result, ask = await build(shop)
    manifest = json.loads(result.manifest_path.read_text())
    for name, table in {**manifest["tables"], **manifest["evidence"]}.items():
        assert table["rows"] == {**result.tables, **result.evidence}[name].rows
    rows = {m["dataset"]: m["value"] for m in manifest["metrics"] if m["name"] == "codeanatomy.dataset.rows"}
    for table in GRAPH_TABLES:
        assert rows[table.name] == ask(f"SELECT count(*) FROM {table.name}")[0][0]
    assert ask("SELECT run_id, files_scanned FROM run_manifest") == [(result.run_id, len(SHOP))]


async def test_no_python_is_a_coded_failure(tmp_path):
    with pytest.raises(Coded) as caught:
        await build_graph_product(
            GraphProductBuildRequest(repo_root=write(tmp_path / "empty", {"readme.txt": "nothing"}), output_dir=tmp_path / "out")
        )
    assert caught.value.code == "CA101"


async def test_a_build_into_a_folder_in_use_is_refused(shop, tmp_path):
    async with open_build(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out")) as build:
        async for event in build.events:
            if event == StageStarted("extraction"):
                break
        with pytest.raises(Coded) as caught:
            await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out"))
        assert caught.value.code == "CA620"
        await build.result()
