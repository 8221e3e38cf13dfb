"""The diagnostics report of a real build: each section against what it tells of, and the page in a real browser."""

import json
import math
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from html import escape, unescape
from html.parser import HTMLParser
from types import SimpleNamespace

import anyio
import pytest
from tests.observe.test_trace import SLACK_S
from tests.support.collector import values

from codeanatomy import build_graph_product
from codeanatomy.catalog.sections import SECTIONS
from codeanatomy.catalog.spans import ENGINE_EXECUTE, EXTRACTION, OPERATOR, OUTPUT, SHARD, SUPPLY
from codeanatomy.events import ExtractorStarted
from codeanatomy.observe.report.compose import FILLED
from codeanatomy.observe.report.engine import plan_execution_diff
from codeanatomy.observe.report.wording import said, words

LEAVES = {kind.name for kind in (SUPPLY, SHARD, OPERATOR, OUTPUT)}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
UNITS = {"bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "ms": 0.001, "s": 1}


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
    rows = section("slow_spans")["rows"]
    # The engine's own are heard of through a thread; the others are exactly those of the trace.
    assert [row["seconds"] for row in rows] == pytest.approx(longest[:15], abs=SLACK_S)
    for row in (row for row in rows if not row["span"].startswith("engine.")):
        assert min(abs(row["seconds"] - found) for found in longest) < 1e-6


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
        if not span.name.startswith("engine.")
    ]
    # When the build heard of the engine's is in the timeline.
    ran += [(bar["began"], bar["ended"]) for bar in watched.report["timeline"] if bar["kind"] in (OPERATOR.name, OUTPUT.name)]
    assert len(ran) == len(leaves(watched))
    rows = section("idle_gaps")["rows"]
    assert {row["stage"] for row in rows} <= {EXTRACTION.name, ENGINE_EXECUTE.name}
    for row in rows:
        began, ended = row["began_seconds"], row["began_seconds"] + row["seconds"]
        assert row["seconds"] >= 0.05
        # The tracer's clock and the timeline's are read one after the other, on a busy machine milliseconds apart.
        assert not [span for span in ran if span[0] < ended - 0.02 and span[1] > began + 0.02]


def test_a_pause_in_which_nothing_runs_is_an_idle_gap(small):
    pauses = []

    def pause(event):
        if isinstance(event, ExtractorStarted) and not pauses:  # before its first worker
            began = time.monotonic()
            time.sleep(0.3)
            pauses.append(time.monotonic() - began)

    result = anyio.run(build_graph_product, small(), pause)
    section = json.loads((result.run_bundle / "report.json").read_text())["sections"]["idle_gaps"]
    first, *_ = section["rows"]
    assert first["stage"] == EXTRACTION.name
    assert first["seconds"] >= pauses[0]
    assert section["summary"]["seconds"] == pytest.approx(sum(row["seconds"] for row in section["rows"]))
    assert section["reason"] is None


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
    plan = {
        "outputs": [{"table": "a"}, {"table": "b"}],
        "schedule": [{"run": 0, "operator": "o"}, {"view": "v"}, {"output": "a"}],
        "views": ["v", "w"],
    }
    graph = {
        "plan": {"summary": plan},
        "outputs": [{"table": "a"}, {"table": "c"}],
        "operators": [{"operator": "o", "output": None}],
        "shared_views": [],
    }
    told = plan_execution_diff(SimpleNamespace(graph=graph, manifest=SimpleNamespace(engine=SimpleNamespace(unused_views=["w"]))))
    assert [(row["name"], row["state"]) for row in told["rows"]] == [
        ("b", "planned, not done"),
        ("v", "planned, not done"),
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
    assert [row["dataset"] for row in told["rows"]] == [given["name"] for given in watched.manifest["engine"]["inputs"]]
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
    # Of what the engine tells the tracer, the report has what it does for an operator or a table.
    details = {name for name in spans if name.startswith("engine.")} - {OPERATOR.name, OUTPUT.name}
    assert bars == spans - Counter({"cli.invocation": 1, "graph_product.build": 1, "report": 1} | {name: spans[name] for name in details})
    assert all(0 <= bar["began"] <= bar["ended"] <= watched.report["seconds"] for bar in watched.report["timeline"])


def test_markdown_tells_the_same(watched):
    text = (watched.bundle / "report.md").read_text()
    headings = re.findall(r"(?m)^## (.*)$", text)
    assert headings == ["Tables", "Slowest sources", *(section.title for section in SECTIONS)]
    for row in watched.report["tables"]:
        assert f"| {row['name']} | {row['rows']:,} |" in text
    for code, count in watched.printed["failures"].items():
        assert re.search(rf"\| {code} \| [\w ]+ \| {count} \|", text), code


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rows", 1234567, "1,234,567"),
        ("cores", 1.5, "1.5"),
        ("cores", None, "–"),
        ("share", 0.125, "12.5%"),
        ("seconds", 0, "0 s"),
        ("seconds", 0.00123, "1.23 ms"),
        ("cpu_seconds", 0.25, "250 ms"),
        ("seconds", 3.14159, "3.14 s"),
        ("seconds", 125, "2 min 5 s"),
        ("seconds", 59.96, "1 min 0 s"),
        ("seconds", 119.7, "2 min 0 s"),
        ("bytes", 1023, "1,023 bytes"),
        ("live_bytes", 1536, "1.5 KiB"),
        ("peak_bytes", 5 * 1024**4, "5.0 TiB"),
    ],
)
def test_how_figures_are_said(name, value, text):
    assert said(name, value) == text


def test_names_of_figures_as_headings():
    assert [words(name) for name in ("rows", "cpu_seconds", "seconds", "live_bytes", "at_once")] == [
        "rows",
        "cpu",
        "seconds",
        "live",
        "at once",
    ]


class Page(HTMLParser):
    """What stands on a page: the facts at its top, and the tables below each heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.facts: dict[str, str] = {}
        self.tables: dict[str, list[dict[str, str]]] = {}
        self.loads: list[str] = []
        self._heading, self._text, self._term = "", "", ""
        self._head: list[str] = []
        self._cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.loads += [found[name] for name in ("src", "href") if name in found and not found[name].startswith(("#", "data:"))]
        self.loads += [tag] * (tag in ("script", "iframe", "object"))
        if tag == "h2":
            self._heading = found["id"]
        if tag in ("dt", "dd", "th", "td"):
            self._text = ""
        if tag == "thead":
            self._head = []
        if tag == "tr":
            self._cells = []

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        if tag == "dt":
            self._term = self._text
        if tag == "dd":
            self.facts[self._term] = self._text
        if tag == "th":
            self._head.append(self._text)
        if tag == "td":
            self._cells.append(self._text)
        if tag == "tr" and self._cells:
            self.tables.setdefault(self._heading, []).append(dict(zip(self._head, self._cells, strict=True)))


def number(text: str) -> float:
    """A figure of the page as a number."""
    value, *unit = text.replace(",", "").split()
    return float(value) * (UNITS[unit[0]] if unit else 1)


def check_numbers(page: Page, watched) -> None:
    manifest = watched.manifest
    assert page.facts == {
        "Status": manifest["status"],
        "Time": page.facts["Time"],
        "Sources": f"{manifest['files']['scanned']}",
        "With failures": f"{manifest['files']['failed']}",
        "Failures": f"{sum(manifest['failures'].values())}",
        "Nodes": f"{manifest['tables']['cpg_nodes']['rows']:,}",
        "Edges": f"{manifest['tables']['cpg_edges']['rows']:,}",
        "Generation": f"{watched.printed['generation']}",
    }
    assert manifest["seconds"] - 0.01 <= number(page.facts["Time"]) <= watched.printed["seconds"] + 0.1
    tables = {**manifest["tables"], **manifest["evidence"]}
    shown = {row["name"]: row for row in page.tables["tables"]}
    assert shown.keys() == tables.keys()
    for name, row in shown.items():
        assert number(row["rows"]) == tables[name]["rows"]
        assert math.isclose(number(row["bytes"]), tables[name]["bytes"], rel_tol=0.05)
    codes = {row["code"]: number(row["count"]) for row in page.tables["diagnostic_categories"] if row["severity"] == "error"}
    assert codes.items() <= manifest["failures"].items()
    assert codes
    phases = {row["phase"]: number(row["seconds"]) for row in page.tables["plan_phase_summary"]}
    assert phases == pytest.approx(manifest["engine"]["seconds"], rel=0.1, abs=0.001)
    extractors = {row["extractor"]: number(row["rows"]) for row in page.tables["provider_modes"]}
    assert extractors == {name: outcome["rows"] for name, outcome in manifest["extractors"].items()}


def test_the_page_needs_nothing_else_and_its_numbers_are_the_manifests(watched):
    page = Page((watched.bundle / "report.html").read_text())
    assert page.loads == []
    assert page.tables.keys() == {
        "tables",
        "slowest_files",
        *(key for key, section in watched.report["sections"].items() if section["rows"]),
    }
    check_numbers(page, watched)


FRAMED = """<!DOCTYPE html><html><body style="margin:0"><iframe style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe></body></html>"""
MEASURE = """<script>
const found = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1);
const full = [...document.querySelectorAll('.facts div')].filter(e => e.scrollWidth > e.clientWidth);
const page = document.documentElement;
parent.document.documentElement.dataset.measured = JSON.stringify({
  inner: innerWidth, scroll: page.scrollWidth, wide: [...found, ...full].map(e => e.outerHTML.slice(0, 99)),
  bars: document.querySelectorAll('.track .bar').length, dom: page.outerHTML});
</script>"""
"""Put at the end of a copy of the page by the test: how the browser laid it out. A frame is as narrow as it is told; a window is not."""
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", *QUIET)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(watched, tmp_path, width):
    report = (watched.bundle / "report.html").read_text().replace("</body>", f"{MEASURE}</body>")
    page = tmp_path / "page.html"
    page.write_text(FRAMED.format(width=width, page=escape(report)))
    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "CONSOLE" not in done.stderr
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', done.stdout)[1]))
    assert measured["inner"] == width
    assert measured["wide"] == []
    assert measured["scroll"] <= width
    assert measured["bars"] == len(watched.report["timeline"])
    check_numbers(Page(re.sub(r"(?s)<script>.*?</script>", "", measured["dom"])), watched)


def test_spans_of_a_shard_have_their_size(watched, section):
    shards = {
        f"{found['codeanatomy.extractor']} · shard {found['codeanatomy.shard']}": found["codeanatomy.rows"]
        for found in (values(span.attributes) for span in watched.collector.spans() if span.name == SHARD.name)
    }
    for row in section("slow_spans")["rows"]:
        assert row["span"] != SHARD.name or row["rows"] == shards[row["what"]]
