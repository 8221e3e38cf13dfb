"""What the engine tells of its spans: whose they stand in, what each of them holds, and that nobody hears of a trace that is not kept."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from codeanatomy import _engine
from codeanatomy.catalog.spans import SPANS
from codeanatomy.engine.errors import EngineCancelled, EngineRuleViolationError, EngineValidationError
from tests.engine.specs import NODES, Graph, columns, run, sql_view, write

CALLER = "b7ad6b7169203331"
KEPT = f"00-0af7651916cd43dd8448eb211c80319c-{CALLER}-01"
NOW = 1_800_000_000_000_000_000
JOIN = "SELECT a.id, b.name FROM in_nodes a JOIN in_nodes b ON a.id = b.id AND a.kind = 'function'"
JOINED = columns("id int64; name string?")


class Told:
    """The spans of one run, by their ids, as the engine told of them."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []

    def __call__(self, text: str) -> None:
        event = json.loads(text)
        if event["event"] == "spans":
            self.batches.append(event["records"])

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for batch in self.batches for record in batch]

    @property
    def spans(self) -> dict[str, dict[str, Any]]:
        """Each with its name, its parent, both ends, its status and its attributes."""
        opened = {record["open"]: record for record in self.records if "open" in record}
        closed = {record["close"]: record for record in self.records if "close" in record}
        return {
            key: {
                **record,
                "began": record["at"],
                "ended": closed.get(key, {}).get("at"),
                **{k: closed.get(key, {}).get(k) for k in ("status", "attributes")},
            }
            for key, record in opened.items()
        }

    def named(self, name: str) -> list[dict[str, Any]]:
        return [span for span in self.spans.values() if span["name"] == name]

    def values(self, name: str, attribute: str) -> list[Any]:
        return [span["attributes"].get(attribute) for span in self.named(name)]


def told(spec: dict[str, Any], **options: Any) -> Told:
    """What a finished run tells."""
    heard = Told()
    run(spec, on_progress=heard, **{"traceparent": KEPT, "now_ns": NOW, **options})
    return heard


def query(graph: Graph, **tracing: Any) -> dict[str, Any]:
    return graph.query(JOIN, JOINED, tracing=tracing)


def test_nobody_is_told_without_a_trace_that_is_kept(graph: Graph) -> None:
    assert told(query(graph, preset="Maximal"), traceparent=KEPT[:-1] + "0").batches == []
    assert told(query(graph), traceparent=KEPT[:-1] + "0").batches == []
    assert told(query(graph, preset="Maximal"), traceparent=None).batches == []


@pytest.mark.parametrize("traceparent", [KEPT[:-1] + "0", None])
def test_calls_of_the_object_store_are_measured_without_a_trace(graph: Graph, traceparent: str | None) -> None:
    spans = told(query(graph, preset="Maximal", instrument_object_store=True), traceparent=traceparent).spans.values()
    assert {span["name"] for span in spans} == {"engine.object_store"}


def test_spans_stand_in_the_callers_and_in_each_other(graph: Graph) -> None:
    spans = told(query(graph, preset="Maximal")).spans
    allowed = {kind.name: {kind.parent, *kind.also} for kind in SPANS}
    assert {span["name"] for span in spans.values()} <= allowed.keys()
    for span in spans.values():
        if span["parent"] == CALLER:
            assert "engine_execute" in allowed[span["name"]]
            assert span["began"] >= NOW
        else:
            outer = spans[span["parent"]]
            assert outer["name"] in allowed[span["name"]], span["name"]
            assert outer["began"] <= span["began"] <= span["ended"] <= outer["ended"]
        missing = span["attributes"].get("object_store.location", "").endswith("_last_checkpoint")
        assert span["status"] == ("failed" if missing else "ok"), span


def test_a_span_is_told_after_the_one_that_it_stands_in(graph: Graph) -> None:
    known = {CALLER}
    for record in told(query(graph, preset="Maximal")).records:
        if "open" in record:
            assert record["parent"] in known
            known.add(record["open"])
        else:
            assert record["close"] in known


@pytest.mark.parametrize(
    ("tracing", "more"),
    [
        ({}, set()),
        ({"preset": "ProductionLean"}, set()),
        ({"rule_tracing": True}, {"engine.rule", "engine.physical_plan"}),
        ({"preview_limit": 2}, {"engine.plan_operator"}),
        ({"instrument_object_store": True}, {"engine.object_store"}),
        ({"preset": "MaximalNoData"}, {"engine.rule", "engine.physical_plan", "engine.plan_operator", "engine.object_store"}),
        ({"preset": "Maximal"}, {"engine.rule", "engine.physical_plan", "engine.plan_operator", "engine.object_store"}),
    ],
)
def test_which_spans_there_are(graph: Graph, tracing: dict[str, Any], more: set[str]) -> None:
    lean = {"prepare", "register", "run", "output", "query", "plan_phase", "write", "check", "commit", "commit_table"}
    assert {span["name"] for span in told(query(graph, **tracing)).spans.values()} == {f"engine.{name}" for name in lean} | more


def test_what_is_told_of_tables(graph: Graph) -> None:
    spec = graph.graph()
    result = run(spec)
    heard = told(spec)
    assert Counter(heard.values("engine.register", "codeanatomy.input")) == Counter(["in_nodes", "in_edges"])
    assert heard.values("engine.register", "codeanatomy.version") == [0, 0]
    assert heard.values("engine.register", "codeanatomy.files") == [1, 1]
    rows = {output["table"]: output["rows"] for output in result["outputs"]}
    assert {
        span["attributes"]["codeanatomy.table"]: span["attributes"]["codeanatomy.rows"] for span in heard.named("engine.output")
    } == rows
    files = {span["attributes"]["codeanatomy.table"]: span["attributes"] for span in heard.named("engine.write")}
    assert {table: (told["codeanatomy.files"], told["codeanatomy.bytes"]) for table, told in files.items()} == {
        output["table"]: (output["files"], output["bytes"]) for output in result["outputs"]
    }
    versions = {
        span["attributes"]["codeanatomy.table"]: span["attributes"]["codeanatomy.version"] for span in heard.named("engine.commit_table")
    }
    assert versions == {"nodes": 1, "edges": 1}


def test_a_view_that_is_kept_is_told(graph: Graph) -> None:
    views = [
        sql_view("shared", "SELECT id, name FROM in_nodes", JOINED, ["in_nodes"]),
        sql_view("more", "SELECT id, name FROM shared", JOINED, ["shared"]),
    ]
    heard = told(graph.spec(views, [graph.output("first", "shared", JOINED), graph.output("second", "more", JOINED)]))
    assert [span["attributes"] for span in heard.named("engine.cache")] == [
        {"codeanatomy.view": "shared", "codeanatomy.table": "first", "codeanatomy.readers": 1}
    ]
    assert heard.values("engine.query", "codeanatomy.relation") == ["shared", "more"]


def test_rules_are_those_of_the_session_with_what_they_changed(graph: Graph) -> None:
    heard = told(query(graph, rule_tracing=True))
    rules = heard.named("engine.rule")
    phases = {key: span["attributes"]["codeanatomy.phase"] for key, span in heard.spans.items() if span["name"] == "engine.plan_phase"}
    by_phase: dict[str, set[str]] = {}
    for rule in rules:
        by_phase.setdefault(phases[rule["parent"]], set()).add(rule["attributes"]["codeanatomy.rule"])
    assert by_phase.keys() == {"analyze_logical_plan", "optimize_logical_plan", "optimize_physical_plan"}
    assert "type_coercion" in by_phase["analyze_logical_plan"]
    assert "push_down_filter" in by_phase["optimize_logical_plan"]
    assert {"guarding", "join_selection"} <= by_phase["optimize_physical_plan"]
    changed = {rule["attributes"]["codeanatomy.rule"] for rule in rules if rule["attributes"]["codeanatomy.changed"]}
    assert {"push_down_filter", "guarding"} <= changed
    assert "SanityCheckPlan" in {rule["attributes"]["codeanatomy.rule"] for rule in rules} - changed
    (plan,) = heard.named("engine.physical_plan")
    assert "HashJoinExec" in plan["attributes"]["physical_plan"]


def test_long_texts_are_cut(graph: Graph) -> None:
    # A list that is too long to be turned into comparisons stays in the plan.
    sql = f"SELECT id, name FROM in_nodes WHERE name IN ({', '.join(repr(f'é{number}') for number in range(3000))})"
    (plan,) = told(graph.query(sql, JOINED, tracing={"rule_tracing": True})).named("engine.physical_plan")
    for name in ("logical_plan", "physical_plan"):
        text = plan["attributes"][name]
        assert text.endswith(" bytes more")
        assert 8000 < len(text.encode()) < 8300


def test_operators_of_a_plan_with_their_figures(graph: Graph) -> None:
    heard = told(query(graph, preset="MaximalNoData"))
    by_name = {span["attributes"]["codeanatomy.operator"]: span["attributes"] for span in heard.named("engine.plan_operator")}
    assert by_name["HashJoinExec"]["datafusion.metrics.output_rows"] == "2"
    assert {"DataSourceExec", "GuardExec"} <= by_name.keys()
    (operator,) = [operator for operator in run(query(graph))["operators"] if operator["operator"] == "HashJoinExec"]
    assert operator["rows"] == 2
    assert operator["batches"] >= 1
    assert operator["bytes"] > 0


def previews(heard: Told) -> list[str]:
    return [text for text in heard.values("engine.plan_operator", "datafusion.preview") if text]


def test_previews_are_bounded_in_rows_columns_and_cells(graph: Graph) -> None:
    long = "name" * 50
    graph.put([(number, "class", f"{long}\n{number}") for number in range(100)])
    heard = told(graph.query("SELECT id, name FROM in_nodes ORDER BY id", JOINED, tracing={"preview_limit": 3}))
    assert previews(heard)
    for text in previews(heard):
        assert len(text.splitlines()) == 3 + 4
        assert long[:32] + "…" in text
        assert long[:33] not in text
    five = told(graph.query("SELECT id, name FROM in_nodes ORDER BY id", JOINED, tracing={"preset": "Maximal"}))
    assert {len(text.splitlines()) for text in previews(five)} == {5 + 4}


def test_data_is_told_by_who_asks_for_it_only(graph: Graph) -> None:
    graph.put([(1, "function", "secretive"), (2, "function", "secretive"), (3, "class", "z")])

    def shows(**tracing: Any) -> bool:
        return "secretive" in json.dumps(told(graph.query(JOIN, JOINED, tracing=tracing)).records)

    assert shows(preset="Maximal")
    assert shows(preview_limit=5)
    assert not shows(preset="MaximalNoData", preview_limit=5)
    assert not shows(preset="ProductionLean", rule_tracing=True)
    assert not shows(preset="Maximal", preview_redaction="text")
    redacted = told(graph.query(JOIN, JOINED, tracing={"preset": "Maximal", "preview_redaction": "text"}))
    assert "<9 characters>" in json.dumps(previews(redacted), ensure_ascii=False)


def test_filters_that_hold_values_of_rows_are_data(graph: Graph) -> None:
    graph.put([(number, "function", f"secretive{number}") for number in range(20)])
    sql = "SELECT a.id, b.name FROM in_nodes a JOIN in_nodes b ON a.name = b.name AND a.id < 3"

    def nodes(preset: str) -> str:
        heard = told(graph.query(sql, JOINED, tracing={"preset": preset}))
        return json.dumps(heard.values("engine.plan_operator", "datafusion.node"))

    assert "DynamicFilter" in nodes("Maximal")
    assert "HashJoinExec" in nodes("MaximalNoData")
    assert "DynamicFilter" not in nodes("MaximalNoData")


def test_calls_of_the_object_store(graph: Graph) -> None:
    heard = told(query(graph, instrument_object_store=True))
    calls = heard.named("engine.object_store")
    assert {span["status"] for span in calls} <= {"ok", "failed"}
    spans = heard.spans
    put = [span for span in calls if span["attributes"]["codeanatomy.operation"] == "put_opts" and span["status"] == "ok"]
    log = [span for span in put if span["attributes"]["object_store.location"].endswith("out/_delta_log/00000000000000000000.json")]
    assert [spans[span["parent"]]["name"] for span in log] == ["engine.commit_table"]
    read = {
        span["attributes"]["object_store.location"].rpartition("/")[2] for span in calls if "object_store.location" in span["attributes"]
    }
    data = {path.name for table in ("nodes", "edges") for path in (graph.folder / "in" / table).glob("*.parquet")}
    assert read & data == {path.name for path in (graph.folder / "in" / "nodes").glob("*.parquet")}, "the query reads no edges"


def test_no_hash_and_no_row_depends_on_a_trace(graph: Graph) -> None:
    plain, traced = query(graph), query(graph, preset="Maximal", rule_tracing=True, preview_limit=9, instrument_object_store=True)
    first, second = run(plain), run(traced, traceparent=KEPT)
    assert [first[name] for name in ("spec_hash", "envelope_hash")] == [second[name] for name in ("spec_hash", "envelope_hash")]
    assert first["outputs"][0]["fingerprint"] == second["outputs"][0]["fingerprint"]


def test_a_run_that_fails_says_where(graph: Graph) -> None:
    graph.put([(1, "class", "a"), (1, "class", "b")])
    heard = Told()
    with pytest.raises(EngineRuleViolationError):
        run(graph.graph(), on_progress=heard, traceparent=KEPT)
    assert {span["name"]: span["status"] for span in heard.spans.values() if span["parent"] == CALLER} == {
        "engine.prepare": "ok",
        "engine.run": "ok",
        "engine.check": "CA501",
    }


def test_a_run_that_is_stopped_says_so(graph: Graph) -> None:
    write(graph.folder / "in" / "nodes", NODES, [(number, "a", None) for number in range(40_000)])
    sql = "SELECT count(*) AS n FROM in_nodes a JOIN in_nodes b ON a.id + b.id < 0"
    heard, token = Told(), _engine.CancelToken()
    timer = threading.Timer(0.5, token.cancel)
    timer.start()
    with pytest.raises(EngineCancelled):
        run(graph.query(sql, columns("n int64"), tracing={"preset": "MaximalNoData"}), on_progress=heard, traceparent=KEPT, cancel=token)
    timer.join()
    ended = {span["name"]: span["status"] for span in heard.spans.values() if span["ended"]}
    assert ended["engine.prepare"] == "ok"
    assert ended.get("engine.run", "CA690") == "CA690"
    assert ended.get("engine.output", "cancelled") in ("cancelled", "CA690")


def test_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    def one(number: int) -> Told:
        graph = Graph(tmp_path / str(number))
        graph.put()
        return told(query(graph, rule_tracing=number % 2 == 1), traceparent=KEPT.replace(CALLER, f"{number + 1:016x}"))

    with ThreadPoolExecutor(4) as threads:
        heard = list(threads.map(one, range(8)))
    for number, each in enumerate(heard):
        known = {f"{number + 1:016x}", *each.spans}
        assert {span["parent"] for span in each.spans.values()} <= known
        assert bool(each.named("engine.rule")) == (number % 2 == 1)
    ids = Counter(key for each in heard for key in each.spans)
    assert set(ids.values()) == {1}


@pytest.mark.parametrize("text", ["", "00", KEPT[:-3], KEPT.upper(), KEPT.replace(CALLER, "0" * 16), KEPT + "-more"])
def test_a_traceparent_that_is_none(graph: Graph, text: str) -> None:
    with pytest.raises(EngineValidationError, match="CA512"):
        run(query(graph), traceparent=text)


@pytest.mark.parametrize(
    ("tracing", "code"), [({"preview_limit": 101}, "CA312"), ({"preset": "All"}, "CA301"), ({"preview_redaction": "some"}, "CA301")]
)
def test_tracing_that_makes_no_sense(graph: Graph, tracing: dict[str, Any], code: str) -> None:
    with pytest.raises(EngineValidationError, match=code):
        run(query(graph, **tracing))
