"""What builds leave in the work folder: the evidence of the kept generations, and nothing else, also where a build was killed."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from deltalake import DeltaTable
from tests.support.repositories import SHOP, write

from codeanatomy import GraphProductBuildRequest, Telemetry, build_graph_product
from codeanatomy.care.files import unneeded
from codeanatomy.care.generations import published
from codeanatomy.diagnosis.graph import graph
from codeanatomy.events import BuildUnfinished, unwatched
from codeanatomy.failure import Coded
from codeanatomy.observe.run import new_run_id
from codeanatomy.query.graph import open_graph_sync
from codeanatomy.tools.config import ScipIndexConfig

QUICK = {"scip": ScipIndexConfig(mode="off"), "types": "off", "enable_libcst": False, "enable_tree_sitter": False}


def build(tmp_path: Path, **settings):
    return anyio.run(
        build_graph_product, GraphProductBuildRequest(repo_root=tmp_path / "r", output_dir=tmp_path / "out", **QUICK, **settings)
    )


def data_files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.parquet")}


def test_evidence_is_kept_as_long_as_the_generation_that_was_made_of_it(tmp_path):
    for number in range(4):
        write(tmp_path / "r", {**SHOP, "new.py": f"x = {number}\n"})
        result = build(tmp_path, keep_generations=2)
    records = [json.loads(path.read_text()) for path in sorted((tmp_path / "out" / "generations").glob("*.json"))]
    assert len(records) == 2
    assert {record["work_dir"] for record in records} == {str(tmp_path / "out" / "work")}
    folder = tmp_path / "out" / "work" / "extract" / "ast_nodes"
    named = set()
    for record in records:
        table = DeltaTable(folder, version=record["evidence"]["ast_nodes"]["version"])
        assert table.to_pyarrow_table().num_rows == record["evidence"]["ast_nodes"]["rows"]
        named |= {Path(uri).name for uri in table.file_uris()}
    assert data_files(folder) == named
    assert len(named) == 2
    assert result.evidence["ast_nodes"].version == 3


def test_what_a_killed_build_left_is_gone_after_the_next(tmp_path):
    write(tmp_path / "r", SHOP)
    build(tmp_path)
    work = tmp_path / "out" / "work"
    write(
        work,
        {
            "extract/ast_nodes/part-killed.parquet": "half",
            "scratch/datafusion-x/spill": "1",
            "scratch/types/tree/a.py": "",
            "scratch/loose": "",
            "scratch/.codeanatomy": "",
        },
    )
    drafts = (
        "generations/.draft-1",
        ".draft-2",
        f"cpg_nodes/_delta_log/{1:020}.json#1",
        f"work/extract/ast_nodes/_delta_log/{1:020}.json#1",
    )
    write(tmp_path / "out", dict.fromkeys(drafts, "half"))
    build(tmp_path, keep_generations=1)
    assert not (work / "scratch").exists()
    assert [path for path in (tmp_path / "out").rglob("*") if "#" in path.name or path.name.startswith(".draft")] == []
    assert "part-killed.parquet" not in data_files(work / "extract" / "ast_nodes")
    assert len(data_files(work / "extract" / "ast_nodes")) == 1


def test_a_scratch_folder_that_no_build_made_is_not_emptied(tmp_path):
    write(tmp_path / "r", SHOP)
    mine = tmp_path / "work" / "scratch"
    write(mine, {"notes.txt": "mine"})
    with pytest.raises(Coded, match=f"CA112: {mine} holds something"):
        build(tmp_path, work_dir=tmp_path / "work")
    assert (mine / "notes.txt").read_text() == "mine"
    (mine / "notes.txt").unlink()
    build(tmp_path, work_dir=tmp_path / "work")
    assert not mine.exists()
    (tmp_path / "work" / "scratch").write_text("mine")
    with pytest.raises(Coded, match=f"CA112: {mine} cannot be used"):
        build(tmp_path, work_dir=tmp_path / "work")


def test_evidence_of_another_work_folder_keeps_nothing_here(tmp_path):
    write(tmp_path / "r", SHOP)
    build(tmp_path, work_dir=tmp_path / "one")
    build(tmp_path, work_dir=tmp_path / "two")
    build(tmp_path, work_dir=tmp_path / "two")
    assert len(data_files(tmp_path / "one" / "extract" / "ast_nodes")) == 1
    assert len(data_files(tmp_path / "two" / "extract" / "ast_nodes")) == 2


def runs(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out" / "runs").iterdir())


def test_files_of_runs_are_kept_with_their_generations_and_of_some_others(tmp_path):
    """Builds that failed among them, which clean up as well."""
    write(tmp_path / "r", SHOP)
    made = [build(tmp_path, keep_generations=2, keep_runs=1).run_id for _ in range(4)]
    assert runs(tmp_path) == made[1:]
    write(tmp_path / "r", {"bad.py": "a b\n"})
    for _ in range(3):
        with pytest.raises(Coded, match="CA860") as failed:
            build(tmp_path, keep_runs=1, strict_extraction=True)
        assert runs(tmp_path) == [*made[2:], failed.value.run_bundle.name]
    assert build(tmp_path, keep_generations=1, keep_runs=2).run_id == runs(tmp_path)[-1]
    assert runs(tmp_path)[:-1] == [made[3], failed.value.run_bundle.name]


def test_ids_of_runs_begun_in_one_second_sort_by_time():
    """Else the files of a newer run were removed before those of an older one."""
    made = []
    for _ in range(50):
        made.append(new_run_id())
        time.sleep(1e-5)
    assert made == sorted(made)


def test_what_is_no_run_stays(tmp_path):
    write(tmp_path / "r", SHOP)
    write(tmp_path / "elsewhere", {"a": "1"})
    other = [f"20200101T00000{number}000000-00000000" for number in range(4)]
    write(tmp_path / "out" / "runs", {"notes/a": "1", "a.txt": "1", f"{other[0]}/a": "1", f"{other[1]}/a": "1", other[2]: "a file"})
    (tmp_path / "out" / "runs" / other[3]).symlink_to(tmp_path / "elsewhere")
    result = build(tmp_path, keep_runs=1)
    assert runs(tmp_path) == sorted(["notes", "a.txt", *other[1:], result.run_id])
    assert (tmp_path / "elsewhere" / "a").exists()


def named(tmp_path: Path, run_id: str, **settings):
    request = GraphProductBuildRequest(repo_root=tmp_path / "r", output_dir=tmp_path / "out", **QUICK, **settings)
    return anyio.run(build_graph_product, request, unwatched, Telemetry(run_id=run_id))


def test_runs_that_their_caller_names_are_kept_as_long_as_others(tmp_path):
    write(tmp_path / "r", SHOP)
    write(tmp_path / "out" / "runs", {"notes/manifest.json": '{"run_id": "mine"}', "more/report.json": "x"})
    for run_id in ("c", "a", "b"):
        named(tmp_path, run_id, keep_generations=1, keep_runs=1)
    last = build(tmp_path, keep_generations=1, keep_runs=1).run_id
    assert runs(tmp_path) == sorted(["b", "more", "notes", last])
    rows = DeltaTable(tmp_path / "out" / "run_manifest").to_pyarrow_table().to_pylist()
    assert [row["run_id"] for row in sorted(rows, key=lambda row: row["started"])] == ["c", "a", "b", last]


@pytest.mark.parametrize("settings", [{}, {"include_manifest": False}, {"include_manifest": False, "include_run_bundle": False}])
def test_an_id_that_a_run_has_had_is_refused_and_its_files_stay(tmp_path, settings):
    write(tmp_path / "r", SHOP)
    named(tmp_path, "mine", keep_generations=1, keep_runs=1, **settings)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    with pytest.raises(Coded, match=r"CA165: run_id: there is a run 'mine' in .*out .give each build one of its own"):
        named(tmp_path, "mine", **settings)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_an_id_is_refused_that_only_the_table_of_runs_knows(tmp_path):
    write(tmp_path / "r", SHOP)
    for run_id in ("one", "two", "three"):
        named(tmp_path, run_id, keep_generations=1, keep_runs=1)
    assert runs(tmp_path) == ["three", "two"]
    with pytest.raises(Coded, match="CA165: run_id: there is a run 'one'"):
        named(tmp_path, "one")


def test_what_is_no_record_of_a_generation_stays_and_disturbs_nobody(tmp_path):
    strays = {
        "generations/notes.json": "what?",
        "generations/000001.json.bak": "{}",
        "generations/000000.json": "{}",
        "generations/1.json": "{}",
        "generations/7.json": "{}",
        "generations/-00001.json": "{}",
        "generations/٠٠٠٠٠٢.json": "{}",
        "generations/list.json": "[]",
        "generations/folder.json/inside": "1",
        "generations/000009.json/inside": "1",
    }
    write(tmp_path / "r", SHOP)
    output = write(tmp_path / "out", strays)
    for _ in range(3):
        result = build(tmp_path, keep_generations=2, determinism_tier="reproducible")
    assert result.determinism.verdict == "verified"
    assert [generation.number for generation in published(output)] == [3, 2]
    with pytest.raises(Coded, match=r"CA802: there is no generation 9 in .*there are 2, 3"):
        open_graph_sync(output, 9)
    assert unneeded(output, 1)["generations"] == [output / "generations" / "000002.json"]
    assert all((output / name).read_text() == text for name, text in strays.items())


def test_a_record_of_another_generation_that_is_damaged_is_coded(tmp_path):
    write(tmp_path / "r", SHOP)
    build(tmp_path)
    write(tmp_path / "r", {"new.py": "x = 1"})
    build(tmp_path)
    write(tmp_path / "r", {"new.py": "x = 2"})
    (tmp_path / "out" / "generations" / "000001.json").write_text('{"tab')
    with pytest.raises(Coded, match=r"CA639: cannot read .*/generations/000001\.json"):
        build(tmp_path, determinism_tier="reproducible")


def test_the_graph_of_another_repository_is_not_replaced_in_silence(tmp_path):
    write(tmp_path / "r", SHOP)
    build(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "r")
    again = GraphProductBuildRequest(repo_root=tmp_path / "link", output_dir=tmp_path / "out", **QUICK)
    assert anyio.run(build_graph_product, again).warnings == []
    other = GraphProductBuildRequest(repo_root=write(tmp_path / "other", {"a.py": "x = 1"}), output_dir=tmp_path / "out", **QUICK)
    result = anyio.run(build_graph_product, other)
    told = f"of another repository, {tmp_path}/link: this one is of {tmp_path}/other"
    assert result.warnings == [f"CA113: generation 2, whose place this one takes, is {told}"]
    found = {check.what: check for check in graph(tmp_path / "out")}
    assert found["generation"].detail == f"3, of run {result.run_id}, of {tmp_path}/other"
    assert (found["repository"].status, found["repository"].detail) == ("warn", f"generation 2 is of another, {tmp_path}/link")
    assert anyio.run(build_graph_product, replace(other, keep_generations=1)).warnings == []
    assert {check.what: check.status for check in graph(tmp_path / "out")}["repository"] == "ok"


def test_of_two_builds_with_one_id_one_is_refused_and_leaves_the_files_of_the_other(tmp_path):
    request = GraphProductBuildRequest(repo_root=write(tmp_path / "r", SHOP), output_dir=tmp_path / "out", **QUICK)
    outcomes, unfinished = [], []

    def tell(event):
        if isinstance(event, BuildUnfinished):
            unfinished.append(event.build)

    async def one():
        try:
            outcomes.append(await build_graph_product(request, tell, Telemetry(run_id="mine")))
        except Coded as failure:
            outcomes.append(failure)

    async def both():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one)
            tasks.start_soon(one)

    anyio.run(both)
    refused, result = outcomes  # the refused one does not wait
    assert str(refused).startswith(f"CA165: run_id: there is a run 'mine' in {tmp_path / 'out'} (")
    assert [(build.status, build.manifest_path, build.run_bundle, build.report_path) for build in unfinished] == [
        ("failed", None, None, None)
    ]
    assert json.loads(result.manifest_path.read_text())["status"] == "ok"
    assert json.loads((result.run_bundle / "report.json").read_text())["status"] == "ok"


def test_an_id_is_had_by_no_run_that_could_not_begin(tmp_path):
    write(tmp_path / "r", SHOP)
    none = {"include_manifest": False, "include_run_bundle": False}

    def refused(code: str, repository: str, output: str) -> None:
        request = GraphProductBuildRequest(repo_root=tmp_path / repository, output_dir=tmp_path / output, **QUICK, **none)
        with pytest.raises(Coded, match=code):
            anyio.run(build_graph_product, request, unwatched, Telemetry(run_id="mine"))

    refused("CA110", "not there", "out")
    refused("CA112", "r", "a%41")
    assert {path.name for path in tmp_path.iterdir()} == {"r"}
    write(tmp_path / "out", {"CURRENT": "what?"})
    refused("CA622", "r", "out")
    assert runs(tmp_path) == []
    (tmp_path / "out" / "CURRENT").unlink()
    assert named(tmp_path, "mine", **none).generation == 1
    assert runs(tmp_path) == []
    (tmp_path / "file").write_text("")
    refused("CA622: cannot create .*/file/out/runs/mine: Not a directory", "r", "file/out")


def without_history(output: Path, damage: str) -> None:
    """The table of runs, lost in one of the ways in which files are lost."""
    table = output / "run_manifest"
    match damage:
        case "table":
            shutil.rmtree(table)
        case "log":
            shutil.rmtree(table / "_delta_log")
        case "data":
            for path in table.glob("*.parquet"):
                path.unlink()
        case "garbage":
            for path in table.glob("*.parquet"):
                path.write_bytes(b"nothing of Parquet")


@pytest.mark.parametrize("damage", ["table", "log", "data", "garbage"])
def test_a_table_of_runs_that_is_lost_is_begun_anew_and_the_build_says_so(tmp_path, damage):
    write(tmp_path / "r", SHOP)
    build(tmp_path)
    without_history(tmp_path / "out", damage)
    result = named(tmp_path, "second")
    [warning] = result.warnings
    assert warning.startswith(f"CA875: what is known of earlier runs is lost: cannot read {tmp_path}/out/run_manifest: ")
    assert json.loads(result.manifest_path.read_text())["warnings"] == [warning]
    assert open_graph_sync(tmp_path / "out").sql("SELECT run_id FROM run_manifest").to_pylist() == [{"run_id": "second"}]
    assert build(tmp_path).warnings == []


@pytest.mark.parametrize("damage", ["table", "log", "data"])
def test_a_generation_whose_table_of_runs_is_lost_is_not_replayed(tmp_path, damage):
    write(tmp_path / "r", SHOP)
    build(tmp_path)
    without_history(tmp_path / "out", damage)
    with pytest.raises(Coded, match="CA164: `run_manifest` of generation 1 cannot be read"):
        build(tmp_path, rulepack_profile="Replay")


@pytest.mark.parametrize("run_id", ["", "a/b", "../../esc", "..", ".hidden", "-x", "a b", "ä", "x" * 129, "a\n"])
def test_an_id_that_names_no_folder_is_refused(run_id):
    with pytest.raises(Coded, match=r"CA165: run_id: .* cannot name a folder"):
        Telemetry(run_id=run_id)


def test_runs_are_kept_as_the_command_line_says(tmp_path):
    write(tmp_path / "r", SHOP)
    command = [sys.executable, "-m", "codeanatomy", "build", str(tmp_path / "r"), "-o", str(tmp_path / "out"), "-q", "--scip", "off"]
    command += ["--types", "off", "--no-enable-libcst", "--no-enable-tree-sitter", "--keep-generations", "1", "--keep-runs"]
    for keep in ("2", "2", "2", "2", "1"):
        subprocess.run([*command, keep], check=True)
        found = runs(tmp_path)
    assert len(found) == 2
