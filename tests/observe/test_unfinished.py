"""What a build leaves that fails or is cancelled: the files of its run, and nothing published. Every failure here is a real one."""

import json
import resource
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path

import anyio
import jsonschema
import pytest
from deltalake import DeltaTable
from tests.observe.conftest import COMMAND
from tests.support.answers import check
from tests.support.repositories import BAD, SHOP, write

from codeanatomy import Coded, build_graph_product
from codeanatomy.catalog.sections import SECTIONS
from codeanatomy.engine.generation import OutputFolder
from codeanatomy.events import BuildUnfinished, FilesFound, StageStarted

SCHEMAS = Path(__file__).parents[2] / "pkg" / "codeanatomy" / "observe" / "schemas"
FILES = {"config.json", "log.jsonl", "manifest.json", "report.html", "report.json", "report.md"}
PLAN = {"spec.json", "plan/execution.json", "plan/explain.txt", "plan/schedule.json", "plan/summary.json"}


class Ended:
    """A command that did not come to its end, and what it left."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        check(["build"], stdout)
        self.code, self.printed, self.stderr = code, json.loads(stdout), stderr
        self.bundle = Path(self.printed["run_bundle"])
        self.manifest, self.report = self.read("manifest.json"), self.read("report.json")
        self.log = [json.loads(line) for line in (self.bundle / "log.jsonl").read_text().splitlines()]

    def read(self, name):
        return json.loads((self.bundle / name).read_text())

    def files(self):
        return {path.relative_to(self.bundle).as_posix() for path in self.bundle.rglob("*") if path.is_file()}

    def holds(self, status, code, during):
        """All that is true of every run that did not end well."""
        assert (self.printed["status"], self.manifest["status"], self.report["status"]) == (status,) * 3
        assert (self.printed["error"]["code"], self.manifest["error"]["code"]) == (code, code)
        assert self.manifest["error"]["during"] == during
        assert self.printed["generation"] is None is self.report["generation"]
        assert self.printed["tables"] == {} == self.manifest["tables"]
        assert self.printed["run_id"] == self.manifest["run_id"] == self.bundle.name
        assert str(self.bundle) in self.stderr
        for name in ("manifest", "report"):
            jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text())).validate(self.read(f"{name}.json"))
        assert list(self.report["sections"]) == [section.key for section in SECTIONS]
        assert all(part["rows"] or part["summary"] or part["reason"] for part in self.report["sections"].values())
        stages = {row["stage"]: row["status"] for row in self.report["sections"]["stage_breakdown"]["rows"]}
        assert list(stages) == list(self.manifest["stages"])
        if during:
            assert stages.popitem() == (during, status)
        assert set(stages.values()) <= {"ok"}
        assert self.log[-1]["event"] in {f"build_{status}", "failure", "warning"}
        assert f"build_{status}" in {line["event"] for line in self.log}
        assert self.read("config.json") == self.manifest["configuration"]
        if code != "CA690":
            assert f"Ended by {code}" in (self.bundle / "report.html").read_text()
        for name, table in self.manifest["evidence"].items():
            folder = Path(self.printed["output_dir"]) / ("" if name == "extract_errors" else "work/extract") / name
            assert DeltaTable(folder, version=table["version"]).count() == table["rows"], name


@pytest.fixture
def run(tmp_path):
    """Build once, so that there is a former generation; then again in a way that fails."""

    def run(repository, *options, spoil=lambda output: None, former=True, **settings):
        output = tmp_path / "out"
        build = [COMMAND, "build", repository, "-o", output, "--json"]
        if former:
            subprocess.run([*build, "-q"], check=True, capture_output=True)
        spoil(output)
        done = subprocess.run([*build, *options], capture_output=True, text=True, timeout=120, check=False, **settings)
        current = output / "CURRENT"
        assert current.exists() == former
        assert not former or current.read_text().strip().lstrip("0") == "1"
        assert [path.name for path in (output / "generations").glob("*")] == ["000001.json"] * former
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def test_nothing_to_scan(run, tmp_path):
    ended = run(write(tmp_path / "r", {"readme.txt": ""}), former=False)
    ended.holds("failed", "CA101", "scan")
    assert (ended.code, ended.files()) == (6, FILES)
    assert ended.manifest["extractors"] == {}
    assert ended.manifest["files"] == {"scanned": 0, "failed": 0}


def test_a_strict_extraction(run, tmp_path):
    ended = run(write(tmp_path / "r", {**SHOP, "bad.py": BAD["bad/syntax.py"]}), "--strict-extraction")
    ended.holds("failed", "CA860", "extraction")
    assert (ended.code, ended.files()) == (6, FILES)
    assert ended.manifest["files"] == ended.printed["files"] == {"scanned": 5, "failed": 1}
    assert ended.manifest["failures"] == ended.printed["failures"] == {"CA201": 1}
    assert {outcome["status"] for outcome in ended.manifest["extractors"].values()} == {"ok", "off"}
    assert [(line["code"], line["path"]) for line in ended.log if line["event"] == "failure"] == [("CA201", "bad.py")]
    errors = {row["error_type"]: row["value"] for row in ended.manifest["metrics"] if row["name"] == "codeanatomy.error.count"}
    assert errors == {"CA201": 1, "CA860": 1}
    assert ended.manifest["configuration"]["strict_extraction"] == {"value": True, "source": "flag", "place": "--strict-extraction"}


def test_the_trace_of_a_failure_is_in_its_bundle(run, tmp_path):
    ended = run(write(tmp_path / "r", {"bad.py": BAD["bad/syntax.py"]}), "--strict-extraction", "--otel-test-mode")
    ended.holds("failed", "CA860", "extraction")
    assert ended.manifest["error"]["message"].startswith("1 source has failures (1 × CA201)")
    assert ended.files() == FILES | {"otel/spans.json", "otel/metrics.json", "otel/logs.json"}
    status = {span["name"]: span["status"]["status_code"] for span in ended.read("otel/spans.json")}
    assert [status[name] for name in ("scan", "extraction", "graph_product.build")] == ["UNSET", "ERROR", "ERROR"]


def test_a_log_that_takes_no_commit_of_the_engine(run, tmp_path):
    ended = run(
        write(tmp_path / "r", SHOP), spoil=lambda output: (output / "cpg_nodes" / "_delta_log" / "00000000000000000001.json").mkdir()
    )
    ended.holds("failed", "CA611", "engine_execute")
    assert (ended.code, ended.files()) == (5, FILES | {"spec.json"})
    assert ended.manifest["engine"] is ended.manifest["spec_hash"] is None
    assert {outcome["status"] for outcome in ended.manifest["extractors"].values()} == {"ok", "off"}
    assert ended.report["sections"]["datafusion_execution"]["reason"] == "The engine did not come to its end."


def test_after_the_engine_the_plan_is_told_too(run, tmp_path):
    ended = run(
        write(tmp_path / "r", SHOP),
        spoil=lambda output: (output / "normalize_outputs" / "_delta_log" / "00000000000000000001.json").mkdir(),
    )
    ended.holds("failed", "CA611", "auxiliary_outputs")
    assert ended.files() == FILES | PLAN
    assert ended.manifest["spec_hash"] == ended.printed["spec_hash"] == ended.read("plan/summary.json")["spec_hash"]
    assert ended.report["sections"]["datafusion_execution"]["rows"]
    assert ended.report["sections"]["plan_execution_diff"]["summary"]["planned"] > 0


def test_a_timeout(run, tmp_path):
    ended = run(write(tmp_path / "r", SHOP), "--timeout", "0.5")
    during = list(ended.manifest["stages"])[-1]
    assert ended.manifest["stages"][during] > 0
    ended.report["sections"]["stage_breakdown"]["rows"][-1]["status"] = "failed"  # to the stage, a deadline is a cancellation
    ended.holds("failed", "CA691", during)
    assert ended.code == 124
    assert "unfinished" in {outcome["status"] for outcome in ended.manifest["extractors"].values()}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal(tmp_path, number, code):
    build = [COMMAND, "build", write(tmp_path / "r", SHOP), "-o", tmp_path / "out", "--json", "-v"]
    process = subprocess.Popen(build, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    talk = ""
    while "reads shard" not in talk:
        line = process.stderr.readline()
        assert line, talk
        talk += line
    process.send_signal(number)
    stdout, rest = process.communicate(timeout=60)
    ended = Ended(process.returncode, stdout, talk + rest)
    ended.holds("cancelled", "CA690", "extraction")
    assert (ended.code, ended.files()) == (code, FILES)
    assert ("unfinished", "the build ended before it") in {
        (outcome["status"], outcome["reason"]) for outcome in ended.manifest["extractors"].values()
    }
    assert ended.printed["error"]["message"] == f"cancelled by {number.name}"
    assert not (tmp_path / "out" / "CURRENT").exists()


def test_a_full_disk(run, tmp_path):
    for name in ("json", "email"):
        package = Path(sysconfig.get_paths()["stdlib"]) / name
        shutil.copytree(package, tmp_path / "r" / name, ignore=shutil.ignore_patterns("__pycache__"))
    ended = run(tmp_path / "r", preexec_fn=files_of_at_most(400_000))
    ended.holds("failed", "CA610", ended.manifest["error"]["during"])
    assert "File too large" in ended.printed["error"]["message"]
    assert ended.code == 5
    assert ended.files() >= FILES


def test_a_disk_too_full_for_the_files_of_the_run_hides_nothing(tmp_path):
    build = [COMMAND, "build", write(tmp_path / "r", SHOP), "-o", tmp_path / "out", "--json"]
    subprocess.run([*build, "-q"], check=True, capture_output=True)
    done = subprocess.run([*build], capture_output=True, text=True, check=False, preexec_fn=files_of_at_most(4_000))
    check(["build"], done.stdout)
    printed = json.loads(done.stdout)
    assert (done.returncode, printed["error"]["code"], printed["error"]["stage"]) == (5, "CA610", "materialization")
    assert [warning[:6] for warning in printed["warnings"]] == ["CA874:"]
    assert "codeanatomy: warning: CA874: the files of the run are not whole" in done.stderr
    assert all(printed[name] is None or Path(printed[name]).exists() for name in ("manifest", "run_bundle", "report"))
    assert printed["report"] is None


def files_of_at_most(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_what_is_left_out_is_left_out(run, tmp_path):
    output = tmp_path / "out"
    build = [COMMAND, "build", write(tmp_path / "r", {"readme.txt": ""}), "-o", output, "--json"]

    def left(*options):
        printed = json.loads(subprocess.run([*build, *options], capture_output=True, text=True, check=False).stdout)
        folder = output / "runs" / printed["run_id"]
        assert (printed["run_bundle"], printed["report"]) == (None, None)
        return [path.name for path in folder.iterdir()] if folder.exists() else []

    assert left("--no-include-run-bundle") == ["manifest.json"]
    assert left("--no-include-run-bundle", "--no-include-manifest") == []


def test_where_there_is_no_run_nothing_is_made(tmp_path):
    def printed(*arguments):
        done = subprocess.run([COMMAND, "build", *arguments, "--json"], capture_output=True, text=True, check=False)
        check(["build"], done.stdout)
        return json.loads(done.stdout)

    assert printed(tmp_path / "nowhere")["error"]["code"] == "CA110"
    assert not (tmp_path / "nowhere").exists()
    write(tmp_path / "r", {"codeanatomy.toml": "[zzz]\n"})
    wrong = printed(tmp_path / "r")
    assert (wrong["run_id"], wrong["run_bundle"], wrong["seconds"]) == (None, None, 0.0)
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["codeanatomy.toml"]


def test_the_library_says_where(small):
    request, events = small(timeout=0.5), []
    with pytest.raises(Coded) as caught:
        anyio.run(build_graph_product, request, events.append)
    last = events[-1]
    assert isinstance(last, BuildUnfinished)
    assert (last.build.status, last.build.run_bundle) == ("failed", caught.value.run_bundle)
    assert json.loads((caught.value.run_bundle / "manifest.json").read_text())["error"]["code"] == "CA691"


@pytest.mark.anyio
async def test_leaving_the_scope_leaves_a_bundle(small):
    events = []
    with anyio.CancelScope() as scope:

        def watch(event):
            events.append(event)
            if isinstance(event, FilesFound):
                scope.cancel()

        await build_graph_product(small(), watch)
    build = events[-1].build
    assert (build.status, build.files_scanned) == ("cancelled", 1)
    manifest = json.loads(build.manifest_path.read_text())
    assert (manifest["status"], manifest["error"]["code"], manifest["error"]["during"]) == ("cancelled", "CA690", "extraction")


def test_a_bug_is_told_with_its_traceback(small):
    def wrong(event):
        if isinstance(event, FilesFound):
            raise ZeroDivisionError("of the watcher")

    request = small()
    with pytest.raises(ZeroDivisionError) as caught:
        anyio.run(build_graph_product, request, wrong)
    [bundle] = (request.output / "runs").iterdir()
    assert caught.value.__notes__ == [f"The files of the run are in {bundle}."]
    error = json.loads((bundle / "manifest.json").read_text())["error"]
    assert (error["code"], error["stage"], error["message"]) == (None, "bug", "ZeroDivisionError: of the watcher")
    [line] = [line for line in map(json.loads, (bundle / "log.jsonl").read_text().splitlines()) if line["event"] == "build_failed"]
    assert 'raise ZeroDivisionError("of the watcher")' in line["traceback"]


def test_cancelled_after_publishing_the_generation_and_its_report_are_told(small):
    events = []

    async def cancelled(stage):
        with anyio.CancelScope() as scope:

            def watch(event):
                events.append(event)
                if event == StageStarted(stage):
                    scope.cancel()

            await build_graph_product(small(), watch)

    anyio.run(cancelled, "report")
    build = events[-1].build
    assert (build.status, build.generation, build.tables.keys() >= {"cpg_nodes"}) == ("cancelled", 1, True)
    assert json.loads(build.manifest_path.read_text())["status"] == "ok"
    assert json.loads((build.run_bundle / "report.json").read_text())["generation"] == 1
    assert build.report_path.exists()


def test_cancelled_after_publishing_without_a_bundle_the_generation_is_told(small, monkeypatch):
    events, scopes = [], []

    async def cancelled(self, keep):
        scopes[0].cancel()
        await anyio.lowlevel.checkpoint()

    async def build(request):
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await build_graph_product(request, events.append)

    monkeypatch.setattr(OutputFolder, "clean", cancelled)
    anyio.run(build, small(include_run_bundle=False))
    last = events[-1].build
    assert (last.status, last.generation, last.tables.keys() >= {"cpg_nodes"}) == ("cancelled", 1, True)
    assert (last.run_bundle, last.report_path) == (None, None)
    assert json.loads(last.manifest_path.read_text())["status"] == "ok"
    assert [path.name for path in last.manifest_path.parent.iterdir()] == ["manifest.json"]
