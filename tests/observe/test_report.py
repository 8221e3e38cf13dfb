"""The diagnostics report of a real build: each section against what it tells of."""

import json
import os
from collections import Counter
from types import SimpleNamespace

import anyio
import pytest
from tests.support.collector import values

from codeanatomy import build_graph_product
from codeanatomy.catalog.sections import SECTIONS
from codeanatomy.catalog.spans import ENGINE_EXECUTE, EXTRACTION, OPERATOR, OUTPUT, SHARD, SUPPLY
from codeanatomy.observe.report.compose import FILLED
from codeanatomy.observe.report.engine import plan_execution_diff

LEAVES = {kind.name for kind in (SUPPLY, SHARD, OPERATOR, OUTPUT)}


@pytest.fixture
def section(watched):
    return lambda key: watched.report["sections"][key]


def leaves(watched):
    return [span for span in watched.collector.spans() if span.name in LEAVES]


def seconds(span) -> float:
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9


def test_there_are_fourteen_sections(watched):
    assert len(SECTIONS) == 14
    assert [*watched.report["sections"]] == [section.key for section in SECTIONS] == [*FILLED]


def test_a_section_without_rows_says_why(watched):
    for key, section in watched.report["sections"].items():
        assert section["rows"] or section["reason"], key


def test_slow_spans_are_the_longest_of_the_trace(watched, section):
    longest = sorted((seconds(span) for span in leaves(watched)), reverse=True)
    assert [row["seconds"] for row in section("slow_spans")["rows"]] == pytest.approx(longest[:15], abs=1e-6)


def test_stages(watched, section):
    rows = {row["stage"]: row for row in section("stage_breakdown")["rows"]}
    assert {name: round(row["seconds"], 3) for name, row in rows.items()}.items() <= watched.printed["stages"].items()
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    cpu = sum(outcome["cpu_seconds"] for outcome in watched.manifest["extractors"].values() if outcome["shards"])
    assert rows["extraction"]["worker_cpu_seconds"] == pytest.approx(cpu)
    assert all(0 <= row["cores"] <= 1.5 * len(os.sched_getaffinity(0)) for row in rows.values())


def test_nothing_ran_in_an_idle_gap(watched, section):
    (build,) = [span for span in watched.collector.spans() if span.name == "graph_product.build"]
    ran = [
        ((span.start_time_unix_nano - build.start_time_unix_nano) / 1e9, (span.end_time_unix_nano - build.start_time_unix_nano) / 1e9)
        for span in leaves(watched)
    ]
    rows = section("idle_gaps")["rows"]
    assert {row["stage"] for row in rows} <= {EXTRACTION.name, ENGINE_EXECUTE.name}
    for row in rows:
        began, ended = row["began_seconds"], row["began_seconds"] + row["seconds"]
        assert row["seconds"] >= 0.05
        assert not [span for span in ran if span[0] < ended - 0.001 and span[1] > began + 0.001]


def test_metrics(watched, section):
    rows = {(row["metric"], row["attributes"]): row for row in section("metrics")["rows"]}
    for kept in watched.manifest["metrics"]:
        figures = ("value", "count", "sum", "min", "max")
        attributes = ", ".join(
            f"{name}={value}" for name, value in kept.items() if name not in ("name", "type", "unit", "run_id", *figures)
        )
        row = rows[kept["name"], attributes]
        if kept["type"] == "gauge":
            assert row["value"] == kept["value"]
        elif kept["type"] == "histogram":
            assert row["count"] >= kept["count"]
            assert row["sum_seconds"] >= kept["sum"]


def test_the_log_in_numbers(watched, section):
    lines = [json.loads(line) for line in (watched.bundle / "log.jsonl").read_text().splitlines()]
    counts = Counter((line["level"], line["event"]) for line in lines if line["event"] != "heartbeat")
    rows = section("log_summary")["rows"]
    assert {(row["level"], row["event"]): row["lines"] for row in rows if row["event"] != "heartbeat"} == counts
    assert section("log_summary")["summary"]["lines"] == sum(row["lines"] for row in rows)


def test_inputs_of_the_engine(watched, section):
    rows = {row["dataset"]: row for row in section("dataset_readiness")["rows"]}
    assert rows.keys() == {given["name"] for given in watched.manifest["engine"]["inputs"]}
    for name, row in rows.items():
        assert row["rows"] == watched.table(name).count()
        assert row["state"] == ("ready" if row["rows"] else "empty")


def test_extractors(watched, section):
    rows = {row["extractor"]: row for row in section("provider_modes")["rows"]}
    assert (rows["scip"]["mode"], rows["repo_scan"]["mode"], rows["ast"]["mode"]) == ("off", "in the parent", "workers")
    assert rows["repo_scan"]["cpu_seconds"] is None, "the parent's own time is not the scan's alone"
    for name, outcome in watched.manifest["extractors"].items():
        assert {figure: rows[name][figure] for figure in ("files", "failed", "rows", "seconds")}.items() <= outcome.items()


def test_delta_folders(watched, section):
    rows = {row["table"]: row for row in section("delta_log_health")["rows"]}
    assert rows.keys() == {**watched.printed["tables"], **watched.printed["evidence"]}.keys() - {"run_manifest"}
    for name, row in rows.items():
        table, folder = watched.table(name), watched.folder(name)
        assert (row["version"], row["live_files"]) == (table.version(), len(table.file_uris()))
        assert row["commits"] == len([*(folder / "_delta_log").glob("*.json")])
        assert row["state"] == "ok"
        assert row["live_files"] + row["dead_files"] == len([*folder.rglob("*.parquet")])


def test_dead_files_of_former_versions_are_told_and_that_there_were_no_failures(small):
    for _ in range(2):
        result = anyio.run(build_graph_product, small())
    sections = json.loads((result.run_bundle / "report.json").read_text())["sections"]
    assert sections["diagnostic_categories"]["reason"] == "There were no failures and no warnings."
    section = sections["delta_log_health"]
    (row,) = [row for row in section["rows"] if row["table"] == "cpg_nodes"]
    assert (row["live_files"], row["dead_files"]) == (1, 1)
    assert section["summary"]["dead_files"] > 0
    assert section["reason"].startswith("Dead files belong to former versions")


def test_what_was_planned_was_done(watched, section):
    told = section("plan_execution_diff")
    assert told["summary"]["planned"] == told["summary"]["done"] == len(watched.read("plan/schedule.json")["jobs"])
    assert told["summary"]["views"] == watched.read("plan/summary.json")["view_count"]
    assert told["rows"] == []


def test_a_difference_between_plan_and_execution_is_told():
    plan = {"outputs": [{"table": "a"}, {"table": "b"}], "schedule": [{"run": 0, "operator": "o"}, {"output": "a"}], "views": ["v", "w"]}
    graph = {"plan": {"summary": plan}, "outputs": [{"table": "a"}, {"table": "c"}], "operators": [{"operator": "o", "output": None}]}
    told = plan_execution_diff(SimpleNamespace(graph=graph, manifest=SimpleNamespace(engine=SimpleNamespace(unused_views=["w"]))))
    assert [(row["name"], row["state"]) for row in told["rows"]] == [
        ("b", "planned, not done"),
        ("c", "done, not planned"),
        ("w", "needed by no output"),
    ]


def test_phases_and_operators_of_the_engine(watched, section):
    engine = watched.manifest["engine"]
    assert {row["phase"]: row["seconds"] for row in section("plan_phase_summary")["rows"]} == engine["seconds"]
    rows = section("datafusion_execution")["rows"]
    told = Counter((row["output"], row["operator"], row["rows"], round(row["seconds"] * 1e9)) for row in rows)
    assert told == Counter((op["output"] or "graph operator", op["operator"], op["rows"], op["elapsed_ns"]) for op in engine["operators"])
    assert [row["seconds"] for row in rows] == sorted((row["seconds"] for row in rows), reverse=True)


def test_what_the_engine_read(watched, section):
    told = section("scan_pruning")
    assert told["reason"] == "The engine does not say how many row groups its scans skipped."
    for row in told["rows"]:
        table = watched.table(row["dataset"])
        assert (row["files"], row["rows"]) == (len(table.file_uris()), table.count())
    assert told["summary"]["bytes"] == sum(watched.printed["evidence"].get(row["dataset"], row)["bytes"] for row in told["rows"])


def test_machine(watched, section):
    told = section("runtime_capabilities")
    assert told["summary"]["cores"] == len(os.sched_getaffinity(0))
    rows = {row["what"]: row["is"] for row in told["rows"]}
    assert rows["Python"] == watched.manifest["tools"]["python"]
    assert rows["datafusion"] == watched.manifest["tools"]["engine"]["datafusion"]
    assert rows["workers confined by"].split(", ") == watched.manifest["sandbox"]["workers"]["in_force"]
    assert rows["tools confined by"] == "none ran"
    assert told["summary"]["peak_worker_bytes"] == max(outcome["peak_bytes"] for outcome in watched.manifest["extractors"].values())


def test_failures_by_code(watched, section):
    rows = section("diagnostic_categories")["rows"]
    counts = Counter()
    for row in rows:
        counts[row["code"]] += row["count"]
    assert counts - Counter(warning[:5] for warning in watched.report["warnings"]) == watched.printed["failures"]
    assert {row["code"]: row["paths"] for row in rows}["CA211"] == "bad/killer.py"


def test_slowest_sources_are_those_of_the_workers(watched):
    rows = watched.report["slowest_files"]
    told = {(row["path"], row["extractor"], row["seconds"]) for row in rows}
    kept = [(path, name, took) for name, outcome in watched.manifest["extractors"].items() for path, took in outcome["slowest"] if path]
    assert told <= set(kept)
    assert [row["seconds"] for row in rows] == sorted((took for _, _, took in kept), reverse=True)[: len(rows)]


def test_the_timeline_is_the_trace(watched):
    bars = Counter(bar["kind"] for bar in watched.report["timeline"])
    spans = Counter(span.name for span in watched.collector.spans())
    assert bars == spans - Counter({"cli.invocation": 1, "graph_product.build": 1, "report": 1})
    assert all(0 <= bar["began"] <= bar["ended"] <= watched.report["seconds"] for bar in watched.report["timeline"])


def test_spans_of_a_shard_have_their_size(watched, section):
    shards = {
        f"{found['codeanatomy.extractor']} · shard {found['codeanatomy.shard']}": found["codeanatomy.rows"]
        for found in (values(span.attributes) for span in watched.collector.spans() if span.name == SHARD.name)
    }
    for row in section("slow_spans")["rows"]:
        assert row["span"] != SHARD.name or row["rows"] == shards[row["what"]]
