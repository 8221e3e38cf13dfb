"""`codeanatomy plan`: what a build would compute, on a repository that was never built; and that it is what a build computes."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.support.repositories import SHOP, write

from codeanatomy import GraphProductBuildRequest
from codeanatomy.catalog.tables import GRAPH_TABLES
from codeanatomy.catalog.views import VIEWS
from codeanatomy.plan import plan
from codeanatomy.plan_validation import validate

PARTS = ("graph", "schedule", "inferred_deps", "task_graph")


@pytest.fixture(scope="module")
def unbuilt(tmp_path_factory) -> Path:
    """A repository without a graph."""
    return write(tmp_path_factory.mktemp("unbuilt") / "repository", SHOP)


@pytest.fixture(scope="module")
def whole(run, unbuilt):
    """Every part of a plan."""
    return json.loads(run("plan", unbuilt, "--json", "--validate", *(f"--show-{part.replace('_', '-')}" for part in PARTS)).stdout)


def test_the_head(run, unbuilt):
    told = json.loads(run("plan", unbuilt, "--json").stdout)
    assert re.fullmatch("[0-9a-f]{64}", told["plan_signature"])
    assert told["plan_signature"] == told["summary"]["spec_hash"]
    assert told["task_count"] == told["summary"]["view_count"] > 40
    assert [target["table"] for target in told["output_targets"]] == [table.name for table in GRAPH_TABLES]
    assert told["output_targets"][0]["location"] == str(unbuilt / "build" / "codeanatomy" / "cpg_nodes")
    assert told["output_targets"][0]["columns"] == [column.name for column in GRAPH_TABLES[0].columns]
    assert not told.keys() & {*PARTS, "validation"}


def test_nothing_is_built(run, tmp_path):
    repository = write(tmp_path / "r", {"one.py": "x = 1\n"})
    assert run("plan", repository, "--validate").returncode == 0
    assert [path.name for path in repository.iterdir()] == ["one.py"]


@pytest.mark.parametrize("options", [[], ["--no-enable-libcst", "--engine-profile", "small", "--workers", "1"]])
def test_the_signature_is_the_spec_hash_of_a_build(run, tmp_path, options):
    repository = write(tmp_path / "r", SHOP)
    before = json.loads(run("plan", repository, "--json", "-o", tmp_path / "elsewhere", *options).stdout)["plan_signature"]
    built = json.loads(run("build", repository, "--json", "-o", tmp_path / "out", *options).stdout)
    after = json.loads(run("plan", repository, "--json", "-o", tmp_path / "out", *options).stdout)["plan_signature"]
    assert before == built["spec_hash"] == after


def test_the_settings_of_the_repository_hold(run, tmp_path):
    repository = write(tmp_path / "r", {"one.py": "", "codeanatomy.toml": "[execution]\noutput_dir = 'tables'\n"})
    told = json.loads(run("plan", repository, "--json").stdout)
    assert told["output_targets"][0]["location"] == str(repository / "tables" / "cpg_nodes")


def test_the_graph_is_closed_and_in_order(whole):
    kinds = {node["name"]: node["kind"] for node in whole["graph"]["nodes"]}
    edges = {(edge["from"], edge["to"]) for edge in whole["graph"]["edges"]}
    assert {name for edge in edges for name in edge} == set(kinds)
    assert ("nodes", "cpg_nodes") in edges
    assert kinds["repo_files"], kinds["cpg_nodes"] == ("relation", "output")
    order = {name: place for place, name in enumerate(whole["schedule"]["ordered_tasks"])}
    assert order.keys() == {name for name, kind in kinds.items() if kind == "view"}
    assert all(order[source] < order[target] for source, target in edges if source in order and target in order)


def test_jobs_wait_for_earlier_steps(whole):
    step = {name: number for number, group in enumerate(whole["schedule"]["groups"]) for name in group}
    jobs = {job["name"]: job for job in whole["schedule"]["jobs"]}
    assert step.keys() == jobs.keys()
    assert {name for name, job in jobs.items() if job["kind"] == "output"} == {table.name for table in GRAPH_TABLES}
    assert all(step[other] < step[name] for name, job in jobs.items() for other in job["waits_for"])
    assert jobs["cpg_edges_by_src"]["waits_for"][0].startswith("adjacency")


def test_dependencies_reach_from_evidence_to_outputs(whole):
    calls = whole["inferred_deps"]["calls"]
    assert "ast_nodes" in calls["reads"]
    assert "tree_sitter_calls" in calls["evidence"]
    assert calls["outputs"] == ["cpg_edges", "cpg_edges_by_src", "cpg_edges_by_dst"]


def test_every_view_is_a_task(whole):
    tasks = {task["name"]: task for task in whole["task_graph"]}
    assert tasks.keys() == {view.name for view in VIEWS}
    assert (tasks["calls"]["kind"], tasks["calls"]["operator"], tasks["calls"]["port"]) == ("operator", "resolve", "calls")
    assert tasks["nodes"]["readers"] == ["cpg_nodes"]
    assert {"name": "id", "type": "int64", "nullable": False} in tasks["nodes"]["columns"]
    assert sum(not task["pruned"] for task in tasks.values()) == whole["task_count"]


def test_the_compiler_accepts_it(whole):
    validation = whole["validation"]
    assert (validation["valid"], validation["spec_hash"], validation["error"]) == (True, whole["plan_signature"], None)
    assert {check["status"] for check in validation["checks"]} == {"ok"}
    assert validation["engine"].keys() >= {"datafusion", "delta"}


def test_text_says_the_same(run, unbuilt, whole):
    done = run("plan", unbuilt, "--show-graph", "--show-schedule", "--show-inferred-deps", "--show-task-graph", "--validate")
    assert done.stdout.startswith(f"plan {whole['plan_signature']}\n{whole['task_count']} tasks: ")
    for line in (
        "  nodes -> cpg_nodes\n",
        "  step 1\n",
        "  calls reads ",
        "  calls (resolve.calls) from ",
        "  ok   plans: DataFusion plans every view",
    ):
        assert f"\n{line}" in done.stdout
    assert done.stderr == ""
    assert "More of these" in run("plan", unbuilt).stderr
    assert run("plan", unbuilt, "-q").stderr == ""


def test_dot_draws_it(run, unbuilt, whole):
    graph = run("plan", unbuilt, "--output-format", "dot").stdout
    assert graph.startswith(f'digraph "graph {whole["plan_signature"]}" {{\n')
    assert graph.count(" -> ") == len(whole["graph"]["edges"])
    assert '  "nodes" -> "cpg_nodes";\n' in graph
    tasks = run("plan", unbuilt, "--output-format", "dot", "--show-task-graph", "--show-schedule").stdout
    assert re.findall(r'digraph "(\w+ ?\w*) [0-9a-f]{64}"', tasks) == ["task graph", "schedule"]
    assert r'label="nodes\nid int64\nkind string' in tasks
    assert "rank=same" in tasks


def test_a_validation_cannot_be_drawn(run, unbuilt):
    done = run("plan", unbuilt, "--output-format", "dot", "--validate")
    assert (done.returncode, done.stdout) == (64, "")
    assert "--validate cannot be drawn" in done.stderr


def test_only_what_was_not_asked_for_is_proposed(run, unbuilt):
    assert "--validate" in run("plan", unbuilt).stderr
    assert "--validate" not in run("plan", unbuilt, "--validate").stderr


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it(run, unbuilt):
    drawn = run("plan", unbuilt, "--output-format", "dot", *(f"--show-{part.replace('_', '-')}" for part in PARTS)).stdout
    done = subprocess.run(["dot", "-Tplain"], input=drawn, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nstop\n") == 3


def test_no_repository(run, tmp_path):
    done = run("plan", tmp_path / "nowhere", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "CA110"


def broken(spec, **changes):
    """The spec with its first view changed."""
    first, *others = spec.view_definitions
    return msgspec.structs.replace(spec, view_definitions=[msgspec.structs.replace(first, **changes), *others])


def test_what_the_compiler_refuses_is_told(tmp_path):
    spec = plan(GraphProductBuildRequest(repo_root=tmp_path)).spec
    name = next(view.name for view in spec.view_definitions if view.kind == "sql")
    views = [view for view in spec.view_definitions if view.name != name]
    [sql] = [view for view in spec.view_definitions if view.name == name]
    spec = msgspec.structs.replace(spec, view_definitions=[sql, *views])
    unknown = validate(broken(spec, dependencies=[*sql.dependencies, "nothing"]))
    assert not unknown.valid
    assert unknown.error.code == "CA304"
    assert [check.status for check in unknown.checks] == ["fail", "warn", "warn", "warn"]
    wrong = validate(broken(spec, transform=msgspec.structs.replace(sql.transform, sql="SELECT FROM")))
    assert wrong.error.code == "CA401"
    assert [check.status for check in wrong.checks] == ["ok", "fail", "warn", "warn"]
    assert validate(spec).valid
