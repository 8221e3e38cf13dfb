"""`codeanatomy delta`: care of the tables, generation by generation, on real builds; every change is read back by the PyPI `deltalake`."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from deltalake import DeltaTable
from tests.support.generations import FAST, cut, record
from tests.support.repositories import write

from codeanatomy import _engine
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES

NAMES = {table.name for table in (*GRAPH_TABLES, *AUXILIARY_TABLES)}


@pytest.fixture(scope="module")
def built(tmp_path_factory, run) -> Path:
    """A repository with three generations: each has one variable more."""
    repository = tmp_path_factory.mktemp("delta") / "repository"
    for count in (1, 2, 3):
        write(repository, {"one.py": "".join(f"x{number} = {number}\n" for number in range(count))})
        assert run("build", repository, *FAST).returncode == 0
    return repository


@pytest.fixture
def output(built, tmp_path) -> Path:
    """A copy of its output folder, to be changed."""
    return Path(shutil.copytree(built / "build" / "codeanatomy", tmp_path / "out"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def variables(run, output, *options) -> list[str]:
    done = run("query", "SELECT name FROM definitions WHERE kind = 'variable' ORDER BY name", "--graph", output, "--json", *options)
    return [row["name"] for row in json.loads(done.stdout)["rows"]] if done.returncode == 0 else [done.stderr]


def opens(output: Path, number: int) -> bool:
    """Whether every table of a generation can be read, row for row, by a reader that knows nothing of us."""
    for name, table in record(output, number)["tables"].items():
        delta = DeltaTable(str(output / name), version=table["version"])
        assert sum(parquet.read_metadata(path).num_rows for path in delta.file_uris()) == table["rows"]
    return True


def told(done) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_history(run, output):
    history = told(run("delta", "history", "--graph", output, "--json"))
    assert [(shown["generation"], shown["current"], shown["readable"]) for shown in history["generations"]] == [
        (3, True, True),
        (2, False, True),
        (1, False, True),
    ]
    for shown in history["generations"]:
        assert shown["tables"].keys() == NAMES
        assert shown["run_id"] == record(output, shown["generation"])["run_id"]
        delta = DeltaTable(str(output / "cpg_nodes"), version=shown["tables"]["cpg_nodes"]["version"])
        assert sum(parquet.read_metadata(path).num_rows for path in delta.file_uris()) == shown["tables"]["cpg_nodes"]["rows"]
    text = run("delta", "history", "--graph", output).stdout
    assert text.startswith(f"generation 3 (current)  run {record(output, 3)['run_id']}\n")
    assert f"  cpg_nodes          version 0  {record(output, 1)['tables']['cpg_nodes']['rows']} rows\n" in text


def test_a_path_may_hold_any_letter_that_urls_write_otherwise(run, tmp_path):
    repository = write(tmp_path / "ä b#%4 {x}?", {"one.py": "x = 1\n"})
    output = repository / "build" / "codeanatomy"
    for _ in range(2):
        done = run("build", repository, *FAST)
        assert done.returncode == 0, done.stderr
    shown = told(run("delta", "history", "--graph", output, "--json"))["generations"]
    assert [generation["readable"] for generation in shown] == [True, True]
    assert told(run("delta", "vacuum", "--graph", output, "--json"))["files"] == {}
    checked = told(run("diag", "--graph", output, "--json"))["checks"]
    assert [check["what"] for check in checked if check["status"] == "fail"] == []
    told(run("delta", "checkpoint", "--graph", output, "--apply", "--json"))
    assert told(run("delta", "cleanup-log", "--graph", output, "--apply", "--json"))["applied"]
    cut(output, "cpg_nodes")
    assert told(run("delta", "optimize", "--graph", output, "--apply", "--json"))["tables"].keys() == {"cpg_nodes"}
    assert told(run("delta", "restore", "1", "--graph", output, "--apply", "--json"))["generation"] == 5
    assert told(run("delta", "export", tmp_path / "ö 2", "--graph", output, "--apply", "--json"))["generation"] == 1
    assert variables(run, output) == variables(run, tmp_path / "ö 2") == ["x"]


def test_the_graph_is_found_upward(run, built):
    assert run("delta", "history", cwd=built).stdout.startswith("generation 3 (current)")


@pytest.mark.parametrize(
    "command",
    [["vacuum", "--keep", "1"], ["checkpoint"], ["cleanup-log"], ["optimize"], ["restore", "1"], ["export", "copy"], ["history"]],
)
def test_without_apply_nothing_changes(run, output, tmp_path, command):
    before = files(tmp_path)
    done = run("delta", *command, "--graph", output, cwd=tmp_path)
    assert done.returncode == 0
    assert "dry run" in done.stderr or command in (["optimize"], ["history"])
    assert files(tmp_path) == before


def test_vacuum_removes_what_it_said_and_keeps_what_is_named(run, output):
    said = told(run("delta", "vacuum", "--graph", output, "--keep", "2", "--json"))
    before = files(output)
    done = told(run("delta", "vacuum", "--graph", output, "--keep", "2", "--json", "--apply"))
    assert (said["applied"], done["applied"]) == (False, True)
    assert said["files"] == done["files"]
    gone = {str(Path(path).relative_to(output)) for paths in said["files"].values() for path in paths}
    assert before.keys() - files(output).keys() == gone
    assert "generations/000001.json" in gone
    assert said["bytes"] == sum(len(before[name]) for name in gone)
    assert opens(output, 2)
    assert opens(output, 3)
    assert variables(run, output, "--generation", "2") == ["x0", "x1"]
    assert "CA802" in variables(run, output, "--generation", "1")[0]


def test_vacuum_keeps_every_published_generation_unless_told(run, output):
    (output / "cpg_nodes" / "part-orphan.parquet").write_bytes(b"left by a killed build")
    done = told(run("delta", "vacuum", "--graph", output, "--json", "--apply"))
    assert done["files"] == {"cpg_nodes": [str(output / "cpg_nodes" / "part-orphan.parquet")]}
    assert all(opens(output, number) for number in (1, 2, 3))


@pytest.mark.parametrize("command", [["vacuum"], ["checkpoint"], ["cleanup-log"], ["restore", "1"]])
def test_nothing_is_cared_for_while_a_build_writes(run, output, command):
    with _engine.OutputLock(output):
        done = run("delta", *command, "--graph", output, "--apply", "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["error"]["code"] == "CA620"


def test_checkpoint_and_cleanup_log_keep_generations_readable(run, built, output):
    assert run("delta", "vacuum", "--graph", output, "--keep", "2", "--apply").returncode == 0
    assert told(run("delta", "cleanup-log", "--graph", output, "--json"))["notes"][-1] == (
        "`codeanatomy delta checkpoint --generation 2 --apply` writes them"
    )
    written = told(run("delta", "checkpoint", "--graph", output, "--generation", "2", "--apply", "--json"))
    assert written["files"].keys() == NAMES
    assert all(Path(path).is_file() for paths in written["files"].values() for path in paths)
    assert told(run("delta", "checkpoint", "--graph", output, "--generation", "2", "--json"))["files"] == {}
    cleaned = told(run("delta", "cleanup-log", "--graph", output, "--apply", "--json"))
    log = output / "cpg_nodes" / "_delta_log"
    assert cleaned["files"]["cpg_nodes"] == [str(log / f"{0:020}.json")]
    assert not (log / f"{0:020}.json").exists()
    assert opens(output, 2)
    assert opens(output, 3)
    assert run("build", built, "-o", output, *FAST).returncode == 0
    assert opens(output, 2)
    assert variables(run, output) == ["x0", "x1", "x2"]


def test_cleanup_log_without_a_checkpoint_removes_nothing(run, output):
    done = told(run("delta", "cleanup-log", "--graph", output, "--apply", "--json"))
    assert done["files"] == {}
    assert "cpg_nodes: there is no checkpoint at version 0 or before" in done["notes"]
    assert all(opens(output, number) for number in (1, 2, 3))


def test_a_checkpoint_after_a_named_version_lets_nothing_go(run, output):
    assert run("delta", "checkpoint", "--graph", output, "--apply").returncode == 0
    assert (output / "cpg_nodes" / "_delta_log" / f"{2:020}.checkpoint.parquet").is_file()
    assert told(run("delta", "cleanup-log", "--graph", output, "--apply", "--json"))["files"] == {}
    assert all(opens(output, number) for number in (1, 2, 3))


def test_restore_publishes_a_former_generation_as_the_next(run, built, output):
    assert variables(run, output) == ["x0", "x1", "x2"]
    done = told(run("delta", "restore", "1", "--graph", output, "--apply", "--json"))
    assert done["generation"] == 4
    assert variables(run, output) == ["x0"]
    assert record(output, 4) == {**record(output, 1), "restored_from": 1}
    history = told(run("delta", "history", "--graph", output, "--json"))["generations"]
    assert [(shown["generation"], shown["restored_from"]) for shown in history] == [(4, 1), (3, None), (2, None), (1, None)]
    assert run("build", built, "-o", output, *FAST).returncode == 0
    assert variables(run, output) == ["x0", "x1", "x2"]
    assert variables(run, output, "--generation", "4") == ["x0"]


def test_a_vacuum_after_a_restore_keeps_what_is_restored(run, output):
    assert run("delta", "restore", "1", "--graph", output, "--apply").returncode == 0
    before = files(output)
    said = told(run("delta", "vacuum", "--keep", "1", "--graph", output, "--apply", "--json"))["files"]
    assert variables(run, output) == ["x0"]
    assert [path.name for path in (output / "generations").iterdir()] == ["000004.json"]
    assert before.keys() - files(output).keys() == {str(Path(path).relative_to(output)) for paths in said.values() for path in paths}
    assert all(Path(path).is_file() for path in DeltaTable(str(output / "cpg_nodes")).file_uris()), (
        "the next build adds to the latest version"
    )


def test_what_cannot_be_restored(run, output):
    assert "CA842" in run("delta", "restore", "3", "--graph", output, "--apply").stderr
    assert "CA802" in run("delta", "restore", "9", "--graph", output, "--apply").stderr
    lost = DeltaTable(str(output / "cpg_edges"), version=0).file_uris()[0]
    Path(lost).unlink()
    done = run("delta", "restore", "1", "--graph", output, "--apply")
    assert done.returncode == 5
    assert "CA843: generation 1 is not whole: there is no data file" in done.stderr
    assert [shown["readable"] for shown in told(run("delta", "history", "--graph", output, "--json"))["generations"]] == [True, True, False]
    assert "generation 1 (not readable)" in run("delta", "history", "--graph", output).stdout
    assert (output / "CURRENT").read_text() == "000003\n"


def test_a_damaged_log_is_coded(run, output):
    (output / "cpg_nodes" / "_delta_log" / f"{1:020}.json").unlink()
    done = run("delta", "vacuum", "--graph", output, "--apply")
    assert done.returncode == 5
    assert "CA841" in done.stderr


@pytest.mark.parametrize("command", [["checkpoint"], ["cleanup-log"], ["vacuum"]])
def test_a_table_that_is_lost_is_coded(run, output, command):
    shutil.rmtree(output / "run_manifest")
    for apply in ([], ["--apply"]):
        done = run("delta", *command, "--graph", output, *apply)
        assert done.returncode == 5
        assert f"CA841: the table in {output / 'run_manifest'} cannot be opened" in done.stderr


def test_no_graph(run, tmp_path):
    for command in (["history"], ["vacuum"], ["restore", "1"]):
        done = run("delta", *command, "--graph", tmp_path)
        assert done.returncode == 2
        assert "CA801" in done.stderr


def test_optimize_joins_files_and_keeps_the_content(run, output):
    cut(output, "cpg_nodes")
    said = told(run("delta", "optimize", "--graph", output, "--json"))
    assert said["tables"].keys() == {"cpg_nodes"}
    done = told(run("delta", "optimize", "--graph", output, "--apply", "--json"))
    assert done["generation"] == 5
    former, made = record(output, 4)["tables"]["cpg_nodes"], record(output, 5)["tables"]["cpg_nodes"]
    assert (former["files"], made["files"]) == (3, 1)
    assert (former["fingerprint"], former["rows"]) == (made["fingerprint"], made["rows"])
    assert record(output, 5)["optimized_from"] == 4
    assert run("delta", "history", "--graph", output).stdout.startswith("generation 5 (current, optimized from 4)")
    before = pa.concat_tables(
        parquet.read_table(path) for path in DeltaTable(str(output / "cpg_nodes"), version=former["version"]).file_uris()
    )
    [path] = DeltaTable(str(output / "cpg_nodes"), version=made["version"]).file_uris()
    assert parquet.read_table(path).to_pylist() == before.to_pylist()
    assert opens(output, 4)
    assert told(run("delta", "optimize", "--graph", output, "--apply", "--json"))["notes"] == ["no table lies in small files"]
    assert run("diag", "--graph", output).returncode == 0


def test_optimize_publishes_nothing_that_has_changed(run, output):
    cut(output, "cpg_nodes", lambda table: table.slice(1))
    done = run("delta", "optimize", "--graph", output, "--apply", "--json")
    assert done.returncode == 5
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["details"]["table"]) == ("CA845", "cpg_nodes")
    assert (output / "CURRENT").read_text() == "000004\n"


def test_export_writes_a_generation_into_a_folder_of_its_own(run, output, tmp_path):
    done = told(run("delta", "export", tmp_path / "copy", "--generation", "2", "--graph", output, "--apply", "--json"))
    assert (done["output_dir"], done["generation"]) == (str(tmp_path / "copy"), 1)
    shutil.rmtree(output)
    made = record(tmp_path / "copy", 1)
    assert made["exported_from"] == 2
    assert told(run("delta", "history", "--graph", tmp_path / "copy", "--json"))["generations"][0]["exported_from"] == 2
    assert opens(tmp_path / "copy", 1)
    assert variables(run, tmp_path / "copy") == ["x0", "x1"]
    assert run("diag", "--graph", tmp_path / "copy").returncode == 0


def test_an_export_has_the_same_content(run, output, tmp_path):
    run("delta", "export", tmp_path / "copy", "--graph", output, "--apply")
    fingerprints = [
        {name: table["fingerprint"] for name, table in record(folder, number)["tables"].items()}
        for folder, number in ((output, 3), (tmp_path / "copy", 1))
    ]
    assert fingerprints[0] == fingerprints[1]


def test_an_export_overwrites_nothing(run, output, tmp_path):
    write(tmp_path / "full", {"mine.txt": "x"})
    done = run("delta", "export", tmp_path / "full", "--graph", output, "--apply")
    assert done.returncode == 2
    assert "CA840" in done.stderr
    assert files(tmp_path / "full") == {"mine.txt": b"x"}


def test_quiet_and_the_text_of_an_answer(run, output):
    done = run("delta", "restore", "1", "--graph", output, "-q")
    assert done.stderr == ""
    assert f"cpg_nodes  version 0  {record(output, 1)['tables']['cpg_nodes']['rows']} rows\n" in done.stdout
    assert run("delta", "vacuum", "--graph", output).stderr == "dry run: would have removed 0 files\n"
