"""A replay of a generation: the same hashes from the recorded evidence, nothing published, and a refusal that names what is not as it was."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import Coded, GraphProductBuildRequest, ResolutionLimits, build_graph_product
from codeanatomy.engine.generation import current_generation
from codeanatomy.plan import plan

pytestmark = pytest.mark.anyio

REPLAY = {"rulepack_profile": "Replay"}


@pytest.fixture
def anyio_backend() -> str:
    """Nothing here depends on the event loop."""
    return "asyncio"


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of an output folder but those of runs."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != "runs"
    }


async def refused(build, repository, **settings) -> Coded:
    with pytest.raises(Coded) as caught:
        await build(repository, **REPLAY, **settings)
    return caught.value


async def test_a_replay_comes_to_the_same_and_leaves_all_as_it_is(build, shop):
    write(shop, BAD)
    first, _ = await build(shop)
    before = everything(first.output_dir)
    # What it would extract now does not matter: the evidence is the recorded one.
    again, ask = await build(shop, **REPLAY, enable_libcst=False, workers=1, engine_profile="small", determinism_tier="canonical")
    assert everything(first.output_dir) == before
    assert (again.spec_hash, again.envelope_hash, again.generation) == (first.spec_hash, first.envelope_hash, 1)
    assert (again.tables, again.evidence) == (first.tables, first.evidence)
    assert (again.failures, again.files_failed, again.files_scanned) == (first.failures, first.files_failed, first.files_scanned)
    assert {problem.path for problem in again.problems} == set(BAD)
    told = {"tier": "canonical", "verdict": "replayed", "generation": 1, "run_id": first.run_id}
    manifest = json.loads(again.manifest_path.read_text())
    assert manifest["determinism"] == again.to_dict()["determinism"] == told
    assert manifest["configuration"]["rulepack_profile"]["value"] == "Replay"
    assert manifest["engine"]["rulepack"]["profile"] == "Default"
    assert again.run_id != first.run_id
    assert again.report_path.is_file()
    assert ask("SELECT run_id FROM run_manifest") == [(first.run_id,)]


async def test_a_replay_has_the_rules_of_what_it_replays(build, shop):
    first, _ = await build(shop, rulepack_profile="LowLatency")
    again, _ = await build(shop, **REPLAY)
    assert again.envelope_hash == first.envelope_hash
    assert json.loads((again.run_bundle / "spec.json").read_text())["rulepack_profile"] == "LowLatency"
    request = GraphProductBuildRequest(repo_root=shop, output_dir=first.output_dir, **REPLAY)
    assert plan(request).spec.rulepack_profile == "LowLatency"


async def test_a_replay_has_the_limits_of_what_it_replays(build, shop):
    first, _ = await build(shop, resolution=ResolutionLimits(values_per_set=9))
    again, _ = await build(shop, **REPLAY, resolution=ResolutionLimits(values_per_set=1))
    assert (again.spec_hash, again.limits) == (first.spec_hash, {**asdict(ResolutionLimits()), "values_per_set": 9})
    request = GraphProductBuildRequest(repo_root=shop, output_dir=first.output_dir, **REPLAY)
    assert plan(request).signature == first.spec_hash


async def test_the_current_generation_is_replayed_and_the_next_build_goes_on_from_it(build, shop):
    await build(shop)
    write(shop, {"new.py": "x = 1\n"})
    await build(shop)
    assert (await build(shop, **REPLAY))[0].determinism.generation == 2
    third, ask = await build(shop, determinism_tier="reproducible")
    assert (third.generation, third.determinism.verdict, third.determinism.generation) == (3, "verified", 2)
    assert ask("SELECT count(*) FROM files") == [(len(SHOP) + 1,)]


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (lambda shop: write(shop, {"main.py": "print()\n"}), {"changed": ["main.py"], "gone": [], "new": []}, "main.py has other bytes"),
        (lambda shop: (shop / "main.py").unlink(), {"changed": [], "gone": ["main.py"], "new": []}, "main.py is not among the sources"),
        (lambda shop: write(shop, {"new.py": ""}), {"changed": [], "gone": [], "new": ["new.py"]}, "new.py is among the sources"),
    ],
    ids=["changed", "gone", "new"],
)
async def test_a_source_that_is_not_as_it_was_is_refused_by_name(build, shop, change, what, says):
    first, _ = await build(shop)
    before = everything(first.output_dir)
    change(shop)
    failure = await refused(build, shop)
    assert failure.code == "CA163"
    assert failure.message.startswith(says)
    assert {key: failure.details[key] for key in what} == what
    assert everything(first.output_dir) == before
    assert json.loads((failure.run_bundle / "manifest.json").read_text())["determinism"]["verdict"] == "differs"


@pytest.mark.parametrize("lacking", [None, "envelope_hash", "limits"])
async def test_without_an_earlier_run_there_is_nothing_to_replay(build, shop, lacking):
    if lacking:
        first, _ = await build(shop)
        path = first.output_dir / "generations" / "000001.json"
        record = json.loads(path.read_text())
        del record[lacking]
        path.write_text(json.dumps(record))
    failure = await refused(build, shop)
    assert failure.code == "CA160"
    assert "makes one" in failure.hint
    with pytest.raises(Coded, match="CA160"):
        plan(GraphProductBuildRequest(repo_root=shop, **REPLAY))


@pytest.mark.parametrize("table", ["work/extract/ast_nodes", "cpg_edges", "extract_errors"])
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
async def test_a_table_that_is_gone_or_changed_is_refused_by_name(build, shop, table, gone):
    write(shop, BAD)
    first, _ = await build(shop)
    folder = first.output_dir / table
    [file] = folder.glob("*.parquet")
    if gone:
        file.unlink()
    else:
        _drop_a_row(file)
    failure = await refused(build, shop)
    assert (failure.code, failure.details["table"]) == ("CA164", folder.name)
    assert folder.name in failure.message


def _drop_a_row(file: Path) -> None:
    from pyarrow import parquet

    rows = parquet.read_table(file)
    parquet.write_table(rows.slice(1), file)


async def test_evidence_in_a_folder_of_its_own_is_found_where_the_record_says(build, shop, tmp_path):
    first, _ = await build(shop, work_dir=tmp_path / "work")
    again, _ = await build(shop, **REPLAY)
    assert again.determinism.verdict == "replayed"
    assert again.envelope_hash == first.envelope_hash
    shutil.rmtree(tmp_path / "work")
    failure = await refused(build, shop)
    assert failure.code == "CA164"


async def test_a_record_that_says_something_else_is_refused_naming_hash_or_table(build, shop):
    first, _ = await build(shop)
    path = first.output_dir / "generations" / "000001.json"
    right = path.read_text()
    path.write_text(right.replace(first.envelope_hash, "0" * 64))
    failure = await refused(build, shop)
    assert (failure.code, failure.details["envelope_hash"]) == ("CA162", ["0" * 64, first.envelope_hash])
    path.write_text(right)
    assert (await build(shop, **REPLAY))[0].determinism.verdict == "replayed"


async def test_another_result_is_refused_naming_table_and_rows(build, shop):
    """A generation whose tables are whole and yet not what its evidence comes to: its edges are those of another repository."""
    other = str(SHOP["main.py"]).replace("b.pay()", "b.total()")
    write(shop, {"main.py": other})
    await build(shop, "out")
    write(shop, SHOP)
    second, _ = await build(shop, "out")
    output = second.output_dir
    records = [json.loads((output / "generations" / f"00000{number}.json").read_text()) for number in (1, 2)]
    records[1]["tables"]["cpg_edges"] = records[0]["tables"]["cpg_edges"]
    (output / "generations" / "000002.json").write_text(json.dumps(records[1]))
    failure = await refused(build, shop)
    assert (failure.code, failure.details["tables"]) == ("CA161", ["cpg_edges"])
    assert failure.details["rows_gone"] > 0
    assert json.dumps(failure.details["new"][0], ensure_ascii=False) in failure.message
    assert current_generation(output).number == 2


async def test_a_restored_generation_can_be_replayed(build, shop):
    from codeanatomy.care.restore import restore
    from codeanatomy.query.generation import open_generation

    first, _ = await build(shop)
    write(shop, {"new.py": "x = 1\n"})
    await build(shop)
    (shop / "new.py").unlink()
    await restore(open_generation(first.output_dir, 1))
    again, _ = await build(shop, **REPLAY)
    assert (again.determinism.generation, again.envelope_hash) == (3, first.envelope_hash)


async def test_a_deadline_ends_a_replay(shop, tmp_path, leaves_nothing):
    await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out"))
    with pytest.raises(Coded) as caught:
        await build_graph_product(GraphProductBuildRequest(repo_root=shop, output_dir=tmp_path / "out", timeout=0.05, **REPLAY))
    assert caught.value.code == "CA691"
    assert not (tmp_path / "out" / "work" / "scratch").exists()
