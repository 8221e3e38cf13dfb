"""What a build accounts for with --enable-compliance, held against what ran; and that without it there is nothing."""

import json

import pytest
from tests.engine.blake3 import blake3
from tests.observe.conftest import Watched
from tests.support.repositories import SHOP, write

from codeanatomy import GraphProductBuildRequest, _engine, build_graph_product
from codeanatomy.catalog.tables import GRAPH_TABLES

PHASES = ("analyzer", "optimizer", "physical")


@pytest.fixture
def capture(watched: Watched):
    return watched.read("compliance.json")


def hashed(value) -> str:
    """BLAKE3 of canonical JSON, by another implementation than the engine's."""
    return blake3(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hex()


def test_the_second_blake3_is_right():
    data = bytes(number % 251 for number in range(5121))
    assert blake3(data[:1025]).hex().startswith("d00278ae47eb27b34faecf67b4fe263f")
    assert blake3(data).hex().startswith("628bd2cb2004694adaab7bbd778a25df")


def test_every_query_that_ran_is_explained(watched, capture):
    operators = {operator["name"]: operator for operator in json.loads(_engine.operators())}
    jobs = watched.read("plan/schedule.json")["jobs"]
    ran = {job["name"] for job in jobs if job["kind"] == "operator"}
    inputs = {f"operator `{name}`, input `{port['name']}`" for name in ran for port in operators[name]["inputs"]}
    others = {f"{job['kind']} `{job['name']}`" for job in jobs if job["kind"] != "operator"}
    whats = [plan["what"] for plan in capture["plans"]]
    assert {*whats} == inputs | others
    assert others >= {f"output `{table.name}`" for table in GRAPH_TABLES}
    assert whats == sorted(whats)


def test_the_physical_plan_is_that_which_was_executed(watched, capture):
    """Its operators are those whose figures the manifest has."""
    figures = {}
    shared = {job["name"] for job in watched.read("plan/schedule.json")["jobs"] if job["kind"] == "view"}
    for operator in watched.manifest["engine"]["operators"]:
        if operator["output"] is not None:
            figures.setdefault(operator["output"], set()).add(operator["operator"])
    assert {"cpg_nodes", "cpg_edges", "cpg_props", "resolve.syntax"} <= figures.keys()  # what has no rows to compute has no figure
    for output, names in figures.items():
        operator, _, port = output.partition(".")
        what = f"operator `{operator}`, input `{port}`" if port else f"{'view' if output in shared else 'output'} `{output}`"
        [plan] = [plan for plan in capture["plans"] if plan["what"] == what]
        assert {line.strip().partition(":")[0].partition(" ")[0] for line in plan["physical"].splitlines()} >= names, output


def test_the_impact_of_rules_is_what_the_plans_show(capture):
    logical_rules = ("analyzer", "optimizer")
    impacts = [(plan, rule) for plan in capture["plans"] for rule in plan["rules"]]
    assert {rule["phase"] for _, rule in impacts} == {*PHASES}
    assert all(0 <= rule["changes"] <= rule["runs"] for _, rule in impacts)
    for plan in capture["plans"]:
        changes = sum(rule["changes"] for rule in plan["rules"] if rule["phase"] in logical_rules)
        assert changes > 0 or plan["logical"] == plan["optimized"], plan["what"]
        assert [rule["phase"] for rule in plan["rules"]] == sorted((rule["phase"] for rule in plan["rules"]), key=PHASES.index)
    changed = {rule["rule"] for _, rule in impacts if rule["changes"]}
    assert {"optimize_projections", "guard"} & changed
    assert {rule["rule"] for _, rule in impacts} - changed


def test_the_physical_rules_are_those_of_the_envelope(capture):
    for plan in capture["plans"]:
        found = [rule["rule"] for rule in plan["rules"] if rule["phase"] == "physical"]
        assert found == list(dict.fromkeys(capture["session_envelope"]["rules"])), plan["what"]


def test_the_envelope_has_the_settings_apart_from_what_limits_decide(capture):
    used, enveloped = capture["config_snapshot"]["settings"], capture["session_envelope"]["settings"]
    limits = {f"datafusion.execution.{name}" for name in ("target_partitions", "planning_concurrency", "sort_spill_reservation_bytes")}
    instrumented = {"datafusion.catalog.create_default_catalog_and_schema"}  # a session whose plans are traced has its catalog already
    assert {name for name, value in enveloped.items() if value is not None and used[name] != value} <= limits | instrumented
    assert used.keys() == {name for name, value in enveloped.items() if value is not None}
    assert enveloped["datafusion.optimizer.hash_join_inlist_pushdown_max_size"] == "0"


def test_the_envelope_has_the_hash_of_the_build(watched, capture):
    assert capture["envelope_hash"] == watched.printed["envelope_hash"] == hashed(capture["session_envelope"])
    assert capture["spec_hash"] == watched.printed["spec_hash"] == capture["session_envelope"]["spec"]
    everything = {**watched.printed["evidence"], **watched.printed["tables"]}
    inputs = capture["session_envelope"]["inputs"]
    assert inputs == {name: everything[name]["fingerprint"] for name in inputs}


def test_the_rulepack_and_the_settings_are_those_of_the_run(watched, capture):
    rulepack = capture["rulepack_snapshot"]
    assert rulepack == watched.manifest["engine"]["rulepack"]
    assert rulepack["fingerprint"] == hashed(rulepack["rules"])
    assert rulepack["rules"] == capture["session_envelope"]["rulepack"]
    snapshot = capture["config_snapshot"]
    assert snapshot["limits"] == watched.manifest["engine"]["limits"]
    assert snapshot["settings"]["datafusion.execution.batch_size"] == str(snapshot["limits"]["batch_rows"])
    assert snapshot["settings"]["datafusion.execution.target_partitions"] == str(snapshot["limits"]["partitions"])


@pytest.mark.anyio
async def test_a_library_gets_it_in_the_result_and_it_changes_no_row(tmp_path):
    shop = write(tmp_path / "shop", SHOP)
    plain = await build_graph_product(GraphProductBuildRequest(repo_root=shop))
    assert plain.compliance is None
    assert not (plain.run_bundle / "compliance.json").exists()
    assert "compliance_capture" not in json.loads((plain.run_bundle / "spec.json").read_text())["runtime"]
    told = await build_graph_product(
        GraphProductBuildRequest(repo_root=shop, enable_compliance=True, include_run_bundle=False, determinism_tier="reproducible")
    )
    assert told.determinism.verdict == "verified"
    assert told.compliance["envelope_hash"] == plain.envelope_hash
    assert not (told.output_dir / "runs" / told.run_id / "compliance.json").exists()
