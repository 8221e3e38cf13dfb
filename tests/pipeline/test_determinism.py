"""What the determinism tiers hold a build to: the same bytes in two folders, the same rows as before, and no generation where they differ."""

import hashlib
import json
from pathlib import Path

import pytest
from deltalake import DeltaTable
from tests.pipeline.test_laws import library
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import Coded
from codeanatomy.catalog.tables import EXTRACT_ERRORS, GRAPH_TABLES, NORMALIZE_OUTPUTS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Nothing here depends on the event loop."""
    return "asyncio"


ORDERED = (*GRAPH_TABLES, NORMALIZE_OUTPUTS, EXTRACT_ERRORS)


def data(result) -> dict[str, list[str]]:
    """The bytes of every output's data files, whatever their names."""
    return {table.name: _hashes(result.output_dir / table.name, result.tables[table.name].version) for table in ORDERED}


def _hashes(folder: Path, version: int) -> list[str]:
    files = [Path(uri.removeprefix("file://")) for uri in DeltaTable(str(folder), version=version).file_uris()]
    return sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def generations(result) -> list[str]:
    return sorted(path.name for path in (result.output_dir / "generations").glob("*.json"))


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


async def refused(build, repository, **settings) -> Coded:
    with pytest.raises(Coded) as caught:
        await build(repository, **settings)
    return caught.value


async def test_canonical_gives_the_same_bytes_in_two_folders_with_one_worker_or_more(build, tmp_path):
    write(library(tmp_path / "here" / "repository"), BAD)
    write(library(tmp_path / "there" / "copy"), BAD)
    one, ask = await build(tmp_path / "here" / "repository", "one", determinism_tier="canonical", workers=1, engine_profile="small")
    two, _ = await build(tmp_path / "there" / "copy", "two", determinism_tier="canonical", workers=2)
    loose, _ = await build(tmp_path / "there" / "copy", "loose", workers=2)
    assert data(one) == data(two)
    assert data(loose) != data(two)
    assert all(data(one).values())
    for table in ORDERED:
        assert one.tables[table.name].fingerprint == loose.tables[table.name].fingerprint
    assert (one.spec_hash, one.envelope_hash) == (loose.spec_hash, loose.envelope_hash)
    ids = DeltaTable(str(one.output_dir / "cpg_nodes")).to_pyarrow_table(columns=["id"])["id"].to_pylist()
    assert ids == sorted(ids)
    assert len(ids) == ask("SELECT count(*) FROM cpg_nodes")[0][0]


async def test_a_build_says_its_tier_and_verdict(build, shop):
    first, _ = await build(shop)
    assert (first.determinism.tier, first.determinism.verdict) == ("best_effort", "recorded")
    second, _ = await build(shop, determinism_tier="reproducible")
    told = {"tier": "reproducible", "verdict": "verified", "generation": 1, "run_id": first.run_id}
    assert manifest(second.run_bundle)["determinism"] == second.to_dict()["determinism"] == told
    assert second.generation == 2


@pytest.mark.parametrize("tier", ["reproducible", "canonical"])
async def test_without_an_earlier_build_of_the_same_inputs_there_is_nothing_to_verify(build, shop, tier):
    first, _ = await build(shop, determinism_tier=tier)
    assert first.determinism.verdict == "no_earlier_run"
    write(shop, {"new.py": "x = 1\n"})
    second, _ = await build(shop, determinism_tier=tier)
    assert second.determinism.verdict == "no_earlier_run"
    (shop / "new.py").unlink()
    third, _ = await build(shop, determinism_tier=tier)
    assert (third.determinism.verdict, third.determinism.generation) == ("verified", 1)


@pytest.mark.parametrize("tier", ["reproducible", "canonical"])
async def test_another_setting_that_changes_rows_is_refused_naming_table_and_rows(build, shop, tier):
    first, _ = await build(shop)
    failure = await refused(build, shop, determinism_tier=tier, enable_libcst=False)
    assert failure.code == "CA161"
    assert failure.details["table"] == "libcst_modules"
    assert "`libcst_modules` is not what generation 1" in failure.message
    assert failure.details["rows_gone"] == len(SHOP)
    assert failure.details["rows_new"] == 0
    assert json.dumps(failure.details["gone"][0], ensure_ascii=False) in failure.message
    assert {"libcst_texts", "cpg_edges", "cpg_props"} <= {*failure.details["tables"]}
    assert generations(first) == ["000001.json"]
    assert manifest(failure.run_bundle)["determinism"]["verdict"] == "differs"
    again, ask = await build(shop, determinism_tier=tier)
    assert (again.generation, again.determinism.verdict) == (2, "verified")
    assert ask("SELECT count(*) FROM files") == [(len(SHOP),)]


async def test_other_rules_are_another_envelope(build, shop):
    first, _ = await build(shop)
    failure = await refused(build, shop, determinism_tier="reproducible", rulepack_profile="LowLatency")
    assert failure.code == "CA162"
    assert failure.details["envelope_hash"][0] == first.envelope_hash != failure.details["envelope_hash"][1]
    assert "spec_hash" not in failure.details
    # What is not guessed is another spec, also where there was nothing to guess.
    failure = await refused(build, shop, determinism_tier="reproducible", rulepack_profile="Strict")
    assert (failure.code, "spec_hash" in failure.details) == ("CA162", True)
    assert generations(first) == ["000001.json"]


async def test_a_record_that_was_changed_is_noticed(build, shop):
    first, _ = await build(shop)
    record = first.output_dir / "generations" / "000001.json"
    right = first.tables["cpg_edges"].fingerprint
    record.write_text(record.read_text().replace(right, "0" * len(right)))
    failure = await refused(build, shop, determinism_tier="reproducible")
    assert (failure.code, failure.details["tables"]) == ("CA161", ["cpg_edges"])
    assert "same rows" in failure.message


async def test_rows_of_a_generation_that_are_gone_are_said_to_be(build, shop):
    first, _ = await build(shop)
    for file in (first.output_dir / "work" / "extract" / "libcst_modules").glob("*.parquet"):
        file.unlink()
    failure = await refused(build, shop, determinism_tier="reproducible", enable_libcst=False)
    assert failure.code == "CA161"
    assert "cannot be compared" in failure.message


async def test_a_record_of_an_older_version_is_not_compared(build, shop):
    first, _ = await build(shop)
    path = first.output_dir / "generations" / "000001.json"
    record = json.loads(path.read_text())
    del record["spec_hash"]
    path.write_text(json.dumps(record))
    second, _ = await build(shop, determinism_tier="reproducible")
    assert second.determinism.verdict == "no_earlier_run"
