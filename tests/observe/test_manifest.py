"""The manifest and the other files of a run, held against the tables, git, the command line and the checked-in schemas."""

import json
import os
import platform
from dataclasses import replace
from datetime import datetime
from importlib import metadata
from pathlib import Path

import anyio
import jsonschema
import pytest
from pyarrow import parquet
from tests.observe.conftest import git
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import Coded, OtelConfig, build_graph_product, open_graph
from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.settings import SETTINGS
from codeanatomy.configuration.effective import configuration
from codeanatomy.events import StageStarted
from codeanatomy.observe.artifacts import ARTIFACTS, EngineExecutionSummaryArtifact, EnginePlanSummaryArtifact
from codeanatomy.observe.schema import DOCUMENTS, schema

FILES = {
    "compliance.json",
    "config.json",
    "log.jsonl",
    "manifest.json",
    "otel/logs.json",
    "otel/metrics.json",
    "otel/spans.json",
    "plan/execution.json",
    "plan/explain.txt",
    "plan/schedule.json",
    "plan/summary.json",
    "report.html",
    "report.json",
    "report.md",
    "spec.json",
}
DOCUMENT_FILES = {
    "engine.plan_summary": "plan/summary.json",
    "engine.plan_schedule": "plan/schedule.json",
    "engine.execution_summary": "plan/execution.json",
    "engine.compliance_capture": "compliance.json",
    "manifest": "manifest.json",
    "report": "report.json",
}
SCHEMAS = Path(__file__).parents[2] / "pkg" / "codeanatomy" / "observe" / "schemas"


def test_the_run_bundle_is_complete(watched):
    assert watched.bundle == Path(watched.printed["output_dir"]) / "runs" / watched.printed["run_id"]
    assert {path.relative_to(watched.bundle).as_posix() for path in watched.bundle.rglob("*") if path.is_file()} == FILES


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_hold_to_their_schemas(watched, name):
    written = json.loads((SCHEMAS / f"{name}.json").read_text())
    assert written == json.loads(schema(name))
    checker = jsonschema.Draft202012Validator(written)
    document = watched.read(DOCUMENT_FILES[name])
    assert [error.message for error in checker.iter_errors(document)] == []
    assert document["schema_version"] == {"manifest": 4, "report": 2}.get(name, 1)
    assert [*checker.iter_errors({**document, "schema_version": "1"})]
    for field in document:
        assert [*checker.iter_errors({key: value for key, value in document.items() if key != field})], field


def test_every_schema_has_a_document():
    assert {path.stem for path in SCHEMAS.iterdir()} == DOCUMENTS.keys() == DOCUMENT_FILES.keys()
    assert {artifact.KIND for artifact in ARTIFACTS} == {f"codeanatomy.{name}" for name in DOCUMENTS if name.startswith("engine.")}


def test_artifacts_take_no_unknown_field(watched):
    for artifact in ARTIFACTS:
        name = artifact.KIND.removeprefix("codeanatomy.")
        document = watched.read(DOCUMENT_FILES[name])
        assert document["artifact"] == artifact.KIND
        checker = jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))
        assert [*checker.iter_errors({**document, "more": 1})]


def test_the_plan_summary_counts_what_the_spec_holds(watched):
    spec, summary = watched.read("spec.json"), watched.read("plan/summary.json")
    assert set(EnginePlanSummaryArtifact.__struct_fields__) >= {
        "spec_hash",
        "view_count",
        "join_edge_count",
        "rule_intent_count",
        "rulepack_profile",
        "input_relation_count",
        "output_target_count",
    }
    assert summary["spec_hash"] == watched.printed["spec_hash"]
    assert summary["view_count"] == len(spec["view_definitions"]) > 0
    assert summary["input_relation_count"] == len(spec["input_relations"]) == len(watched.manifest["engine"]["inputs"])
    assert summary["output_target_count"] == len(spec["output_targets"])
    # A spec of this version has neither.
    assert spec.keys().isdisjoint({"join_graph", "rule_intents"})
    assert (summary["join_edge_count"], summary["rule_intent_count"], summary["rulepack_profile"]) == (None, None, "Default")
    assert summary["unused_view_count"] == len(watched.manifest["engine"]["unused_views"])


def test_the_execution_summary_adds_up(watched):
    summary, operators = watched.read("plan/execution.json"), watched.manifest["engine"]["operators"]
    assert set(EngineExecutionSummaryArtifact.__struct_fields__) >= {
        "spec_hash",
        "envelope_hash",
        "output_rows",
        "output_batches",
        "elapsed_compute_nanos",
        "spill_file_count",
        "spilled_bytes",
        "operator_count",
        "tables_materialized",
        "total_rows_written",
        "warning_count",
        "warning_codes",
    }
    written = [output["table"] for output in watched.read("spec.json")["output_targets"]]
    assert summary["tables_materialized"] == len(written)
    assert summary["output_rows"] == summary["total_rows_written"] == sum(watched.table(name).count() for name in written)
    assert summary["envelope_hash"] == watched.printed["envelope_hash"]
    tables = [watched.manifest["tables"][name] for name in written]
    assert summary["output_bytes"] == sum(table["bytes"] for table in tables)
    for figure, key in (("spill_file_count", "spills"), ("spilled_bytes", "spilled_bytes"), ("spilled_rows", "spilled_rows")):
        assert summary[figure] == sum(operator[key] for operator in operators)
    assert 0 < summary["selectivity"] < 1
    assert summary["warning_count_by_code"] == {}
    assert 0 < summary["elapsed_compute_nanos"] <= sum(operator["elapsed_ns"] for operator in operators)
    assert summary["operator_count"] >= len(operators)
    assert summary["phase_seconds"] == watched.manifest["engine"]["seconds"]
    assert summary["warning_count"] == len(summary["warning_codes"]) == 0


def test_the_schedule_names_what_ran(watched):
    jobs = watched.read("plan/schedule.json")["jobs"]
    ran = sorted(operator["operator"] for operator in watched.manifest["engine"]["operators"] if operator["output"] is None)
    assert sorted(job["name"] for job in jobs if job["kind"] == "operator") == ran
    assert {job["name"] for job in jobs if job["kind"] == "output"} == {
        output["table"] for output in watched.read("spec.json")["output_targets"]
    }
    assert {name for job in jobs for name in job["operators"]} <= set(ran)
    shared = {job["name"] for job in jobs if job["kind"] == "view"}
    assert "checked_calls" in shared
    assert {name for job in jobs for name in job["views"]} == shared
    assert shared <= {operator["output"] for operator in watched.manifest["engine"]["operators"]}


def test_the_revision_is_what_git_says(watched):
    assert watched.manifest["repository"] == {
        "root": str(watched.repository),
        "commit": git(watched.repository, "rev-parse", "HEAD"),
        "branch": "main",
        "dirty": False,
    }


def test_a_changed_file_makes_it_dirty_and_without_git_nothing_is_claimed(small):
    request = small()

    def repository():
        result = anyio.run(build_graph_product, request)
        return json.loads(result.manifest_path.read_text())["repository"]

    assert repository() == {"root": str(request.repository), "commit": None, "branch": None, "dirty": None}
    git(request.repository, "init", "-q", "-b", "work")
    git(request.repository, "add", "one.py")
    git(request.repository, "commit", "-q", "-m", "one")
    git(request.repository, "checkout", "-q", "--detach")
    write(request.repository, {"one.py": "one = 2\n"})
    commit = git(request.repository, "rev-parse", "HEAD")
    assert repository() == {"root": str(request.repository), "commit": commit, "branch": None, "dirty": True}


def test_tools_and_machine(watched):
    tools = watched.manifest["tools"]
    assert (tools["codeanatomy"], tools["platform"]) == (metadata.version("codeanatomy"), platform.platform())
    assert tools["engine"].keys() >= {"arrow", "datafusion", "delta", "parquet"}
    assert watched.manifest["engine"]["limits"]["partitions"] == len(os.sched_getaffinity(0))


def test_configuration_says_what_was_given(watched):
    told = watched.read("config.json")
    assert told == watched.manifest["configuration"]
    assert told.keys() == {setting.field for setting in SETTINGS}
    given = {name: tuple(setting.values()) for name, setting in told.items() if setting["source"] != "default"}
    assert given == {
        "output_dir": (watched.printed["output_dir"], "flag", "--output-dir"),
        "scip.mode": ("off", "environment", "CODEANATOMY_SCIP"),
        "types": ("off", "environment", "CODEANATOMY_TYPES"),
        "enable_compliance": (True, "flag", "--enable-compliance"),
        "otel.enable_traces": (True, "flag", "--enable-traces"),
        "otel.enable_metrics": (True, "flag", "--enable-metrics"),
        "otel.enable_logs": (True, "flag", "--enable-logs"),
        "otel.endpoint": (watched.collector.endpoint, "flag", "--otel-endpoint"),
        "otel.test_mode": (True, "flag", "--otel-test-mode"),
    }
    assert {setting["place"] for setting in told.values() if setting["source"] == "default"} == {""}


def test_where_a_value_of_a_file_stands_and_what_the_library_was_asked_for(small):
    repository = small().repository
    write(repository, {"codeanatomy.toml": '[delta]\nkeep_generations = 3\n\n[scope]\ninclude_globs = ["*.py"]\n'})
    environment = {"CODEANATOMY_SCIP": "off", "CODEANATOMY_TYPES": "off", "CODEANATOMY_WORKERS": "1"}
    found = configuration(repository, {"enable_libcst": False, "workers": 2}, environment)
    result = anyio.run(build_graph_product, replace(found.request(), enable_tree_sitter=False, keep_generations=4))
    told = {name: tuple(setting.values()) for name, setting in json.loads((result.run_bundle / "config.json").read_text()).items()}
    assert {name: told[name] for name in ("workers", "enable_libcst", "enable_tree_sitter", "include_globs", "types", "timeout")} == {
        "workers": (2, "flag", "--workers"),
        "enable_libcst": (False, "flag", "--enable-libcst"),
        "enable_tree_sitter": (False, "request", ""),
        "include_globs": (["*.py"], "file", "codeanatomy.toml:5"),
        "types": ("off", "environment", "CODEANATOMY_TYPES"),
        "timeout": (None, "default", ""),
    }
    assert told["keep_generations"] == (4, "request", "")


def test_a_secret_of_a_header_is_nowhere_in_the_bundle(small):
    result = anyio.run(build_graph_product, small(otel=OtelConfig(headers=("Authorization=Bearer 4711-secret",), test_mode=True)))
    assert json.loads((result.run_bundle / "config.json").read_text())["otel.headers"]["value"] == ["Authorization"]
    for path in result.run_bundle.rglob("*"):
        assert path.is_dir() or b"4711-secret" not in path.read_bytes(), path


def test_extractors_and_what_confined_them(watched):
    manifest = watched.manifest
    assert manifest["extractors"].keys() == {extractor.name for extractor in EXTRACTORS}
    assert manifest["files"] == watched.printed["files"] == {"scanned": len(SHOP) + len(BAD), "failed": len(BAD)}
    assert manifest["failures"] == watched.printed["failures"]
    for extractor in EXTRACTORS:
        outcome = manifest["extractors"][extractor.name]
        assert outcome["rows"] == sum(manifest["evidence"][table.name]["rows"] for table in extractor.tables), extractor.name
        assert (outcome["status"] == "off") == (extractor.name in {"scip", "types", "external_names", "external_interfaces"})
        assert outcome["reason"] == ("a setting turns it off" if outcome["status"] == "off" else "")
    assert set(manifest["sandbox"]["workers"]["in_force"]) >= {"cpu", "data", "dies_with_parent"}
    assert manifest["sandbox"]["tools"] is None
    missing = manifest["sandbox"]["workers"]["missing"]
    assert [warning[:5] for warning in manifest["warnings"]] == ["CA220"] * bool(missing)


def test_tables_are_those_on_disk(watched):
    tables = {**watched.manifest["tables"], **watched.manifest["evidence"]}
    printed = {**watched.printed["tables"], **watched.printed["evidence"]}
    assert tables.items() == {name: printed[name] for name in printed if name != "run_manifest"}.items()
    for name, told in tables.items():
        files = [Path(file.removeprefix("file://")) for file in watched.table(name).file_uris()]
        assert told["rows"] == sum(parquet.read_metadata(file).num_rows for file in files), name
        assert (told["files"], told["bytes"]) == (len(files), sum(file.stat().st_size for file in files)), name


def test_times_and_status(watched):
    manifest = watched.manifest
    assert (manifest["status"], manifest["run_id"]) == ("ok", watched.printed["run_id"])
    assert sum(manifest["stages"].values()) <= manifest["seconds"] <= watched.printed["seconds"]
    printed = watched.printed["stages"]
    assert {name: round(seconds, 3) for name, seconds in manifest["stages"].items()}.items() <= printed.items()
    rows = {row["stage"]: row for row in watched.report["sections"]["stage_breakdown"]["rows"]}
    for stage, cpu in manifest["cpu_seconds"].items():
        assert cpu == pytest.approx(rows[stage]["own_cpu_seconds"] + rows[stage]["worker_cpu_seconds"])
    assert list(manifest["cpu_seconds"]) == list(manifest["stages"])
    started = datetime.fromisoformat(manifest["started"])
    # The command gives the run its id, and then begins it.
    assert 0 <= (started - datetime.strptime(f"{manifest['run_id'][:21]}+0000", "%Y%m%dT%H%M%S%f%z")).total_seconds() < 10


def test_one_row_a_run_and_the_whole_manifest_in_it(small):
    request = small()

    async def ask():
        async with open_graph(request.output) as graph:
            return (await graph.sql("SELECT run_id, status, seconds, manifest FROM run_manifest ORDER BY run_id")).to_pylist()

    results = [anyio.run(build_graph_product, request) for _ in range(2)]
    rows = anyio.run(ask)
    assert [row["run_id"] for row in rows] == [result.run_id for result in results]
    for row, result in zip(rows, results, strict=True):
        manifest = json.loads(result.manifest_path.read_text())
        assert json.loads(row["manifest"]) == manifest
        assert (row["status"], row["seconds"]) == (manifest["status"], manifest["seconds"])

    left_out = anyio.run(build_graph_product, small(include_manifest=False))
    assert "run_manifest" not in left_out.tables
    assert left_out.manifest_path is None
    last = anyio.run(build_graph_product, request)
    # What the generation before left out is not there to be carried on.
    assert [row["run_id"] for row in anyio.run(ask)] == [last.run_id]


def test_evidence_lies_in_the_work_folder_and_so_do_errors_that_are_not_published(small, tmp_path):
    result = anyio.run(build_graph_product, small(work_dir=tmp_path / "elsewhere", include_errors=False))
    assert {path.name for path in (tmp_path / "elsewhere" / "extract").iterdir()} == result.evidence.keys()
    assert not (result.output_dir / "work").exists()
    assert "extract_errors" in result.evidence.keys() - result.tables.keys()
    report = json.loads((result.run_bundle / "report.json").read_text())
    assert "extract_errors" in {row["dataset"] for row in report["sections"]["dataset_readiness"]["rows"]}


def test_what_may_be_left_out(small):
    result = anyio.run(build_graph_product, small(include_run_bundle=False))
    assert (result.run_bundle, result.report_path) == (None, None)
    assert [path.name for path in result.manifest_path.parent.iterdir()] == ["manifest.json"]
    result = anyio.run(build_graph_product, small(include_run_bundle=False, include_manifest=False, include_errors=False))
    assert not (result.output_dir / "runs" / result.run_id).exists()
    assert result.tables.keys().isdisjoint({"run_manifest", "extract_errors"})

    async def ask(sql):
        async with open_graph(result.output_dir) as graph:
            return await graph.sql(sql)

    assert anyio.run(ask, "SELECT path, status FROM files").to_pylist() == [{"path": "one.py", "status": "ok"}]
    with pytest.raises(Coded, match="the build left it out"):
        anyio.run(ask, "SELECT * FROM extract_errors")


def test_a_run_folder_that_cannot_be_written_fails_before_anything_is_published(small):
    request = small()
    request.output.mkdir()
    (request.output / "runs").write_text("in the way")
    with pytest.raises(Coded) as caught:
        anyio.run(build_graph_product, request)
    assert caught.value.code == "CA873"
    assert not (request.output / "CURRENT").exists()


def test_a_report_that_cannot_be_written_is_a_warning(small):
    request = small()

    def block(event):
        if event == StageStarted("report"):
            (folder,) = (request.output / "runs").iterdir()
            (folder / "report.json").mkdir()

    result = anyio.run(build_graph_product, request, block)
    assert [warning[:6] for warning in result.warnings] == ["CA874:"]
    assert result.report_path is None
    assert result.generation == 1
