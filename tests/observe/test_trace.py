"""The trace of a real build, as a collector received it: which spans, in which, when, and of whom."""

from collections import Counter

from tests.support.collector import values

from codeanatomy.catalog import spans
from codeanatomy.catalog.tables import GRAPH_TABLES

SLACK_S = 0.25
"""The engine measures by its own clock, and what it says passes through a thread: on a busy machine both cost a little."""


def named(watched, kind):
    return [span for span in watched.collector.spans() if span.name == kind.name]


def seconds(span) -> float:
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9


def test_every_declared_span_and_no_other_unless_a_setting_asks_for_it(watched):
    assert {span.name for span in watched.collector.spans()} == {kind.name for kind in spans.SPANS if not kind.setting}


def test_every_span_is_inside_the_one_that_the_catalog_says(watched):
    found = {span.span_id: span for span in watched.collector.spans()}
    inside = {(span.name, found[span.parent_span_id].name if span.parent_span_id else "") for span in found.values()}
    assert inside == {(kind.name, parent) for kind in spans.SPANS if not kind.setting for parent in (kind.parent, *kind.also)} - {
        (spans.PLAN_PHASE.name, spans.PHYSICAL_PLAN.name)
    }
    for span in found.values():
        if span.parent_span_id:
            outer = found[span.parent_span_id]
            assert outer.start_time_unix_nano <= span.start_time_unix_nano, span.name
            assert span.end_time_unix_nano <= outer.end_time_unix_nano, span.name


def test_one_trace_of_one_run(watched):
    assert len({span.trace_id for span in watched.collector.spans()}) == 1
    resources = watched.collector.resources()
    assert {resource["service.name"] for resource in resources} == {"codeanatomy"}
    assert {resource["service.version"] for resource in resources} == {watched.manifest["tools"]["codeanatomy"]}
    assert {resource["codeanatomy.run_id"] for resource in resources} == {watched.printed["run_id"]}


def test_one_span_per_extractor_and_shard(watched):
    shards = [values(span.attributes) for span in named(watched, spans.SHARD)]
    assert {shard["codeanatomy.stage"] for shard in shards} == {"extraction"}
    assert len({(shard["codeanatomy.extractor"], shard["codeanatomy.shard"]) for shard in shards}) == len(shards)
    extractors = watched.manifest["extractors"]
    assert Counter(shard["codeanatomy.extractor"] for shard in shards) == {
        name: outcome["shards"] for name, outcome in extractors.items() if outcome["shards"]
    }
    for name, outcome in extractors.items():
        own = [shard for shard in shards if shard["codeanatomy.extractor"] == name]
        assert sum(shard["codeanatomy.files"] for shard in own) == (outcome["files"] + outcome["failed"] if own else 0)
        assert sum(shard["codeanatomy.rows"] for shard in own) == (outcome["rows"] if own else 0)
        assert sum(shard["codeanatomy.failed"] for shard in own) == outcome["failed"]


def test_workers_are_events_of_their_shards(watched):
    for span in named(watched, spans.SHARD):
        events = Counter(event.name for event in span.events)
        assert events["worker_started"] == events["worker_ended"] == 1 + values(span.attributes)["codeanatomy.restarts"]
    killed = [event for span in named(watched, spans.SHARD) for event in span.events if values(event.attributes).get("codeanatomy.exit")]
    assert {values(event.attributes)["codeanatomy.exit"] for event in killed} > {"exit 0"}


def test_the_engine_has_a_span_per_table_and_per_run_of_an_operator(watched):
    outputs = {values(span.attributes)["codeanatomy.table"]: span for span in named(watched, spans.OUTPUT)}
    assert outputs.keys() == {table.name for table in GRAPH_TABLES}
    written = {m["destination"]: m["sum"] for m in watched.manifest["metrics"] if m["name"] == "codeanatomy.datafusion.write.duration"}
    for name, span in outputs.items():
        assert values(span.attributes)["codeanatomy.rows"] == watched.printed["tables"][name]["rows"]
        assert abs(seconds(span) - written[name]) < SLACK_S
    operators = [operator for operator in watched.manifest["engine"]["operators"] if operator["output"] is None]
    found = named(watched, spans.OPERATOR)
    assert Counter(values(span.attributes)["codeanatomy.operator"] for span in found) == Counter(op["operator"] for op in operators)
    assert abs(sum(map(seconds, found)) - sum(operator["elapsed_ns"] for operator in operators) / 1e9) < SLACK_S * len(found)


def test_stages_take_as_long_as_the_command_says(watched):
    stages = {span.name: seconds(span) for kind in spans.STAGES for span in named(watched, kind)}
    assert {name: round(spent, 3) for name, spent in stages.items()} == watched.printed["stages"]


def test_the_span_of_the_call_has_its_exit_code(watched):
    (span,) = named(watched, spans.CLI_INVOCATION)
    assert values(span.attributes) == {
        "codeanatomy.command": "build",
        "codeanatomy.exit_code": 0,
        "codeanatomy.run_id": watched.printed["run_id"],
    }


def test_log_records_are_those_of_the_log_in_its_trace(watched):
    lines = [line for line in map(str, (watched.bundle / "log.jsonl").read_text().splitlines()) if line]
    records = watched.collector.records()
    # The log is written within the last stage, whose end is a record more.
    assert len(records) == len(lines) + 1
    assert records[-1].event_name == "codeanatomy.stage_finished"
    (build,) = named(watched, spans.BUILD)
    assert {(record.trace_id, record.span_id) for record in records} == {(build.trace_id, build.span_id)}
    failures = [values(record.attributes)["codeanatomy.code"] for record in records if record.event_name == "codeanatomy.failure"]
    assert Counter(failures) == watched.printed["failures"]
