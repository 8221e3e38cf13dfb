"""Every metric of a real build, held against what lies on disk: in the manifest, in the run bundle and at a collector."""

from collections import Counter

import pytest
from pyarrow import parquet
from tests.support.collector import values

from codeanatomy.catalog import metrics
from codeanatomy.catalog.metrics import METRICS
from codeanatomy.catalog.spans import STAGES
from codeanatomy.catalog.tables import GRAPH_TABLES

BY_NAME = {f"codeanatomy.{metric.name}": metric for metric in METRICS}


@pytest.fixture
def series(watched):
    """The points of one metric with their attributes, as the collector got them last."""

    def of(metric):
        return [(values(point.attributes), point) for _, point in watched.collector.points()[f"codeanatomy.{metric.name}"]]

    return of


def value(point) -> float:
    return getattr(point, point.WhichOneof("value"))


def test_there_are_fourteen_and_all_are_recorded(watched):
    assert len(METRICS) == 14
    assert watched.collector.points().keys() == BY_NAME.keys()


def test_every_point_has_the_run_id_and_exactly_its_attributes(watched):
    for name, points in watched.collector.points().items():
        for attributes, _ in points:
            assert attributes.pop("run_id") == watched.printed["run_id"]
            assert attributes.keys() == set(BY_NAME[name].attributes), name


def test_units_and_types_are_those_of_the_catalog(watched):
    (part,) = watched.collector.requests("metrics")[-1].resource_metrics
    kinds = {"histogram": "histogram", "sum": "counter", "gauge": "gauge"}
    for metric in (metric for scope in part.scope_metrics for metric in scope.metrics):
        declared = BY_NAME[metric.name]
        assert (kinds[metric.WhichOneof("data")], metric.unit, metric.description) == (declared.type, declared.unit, declared.sentence)


def test_rows_and_columns_are_those_of_the_tables(watched, series):
    rows = {attributes["dataset"]: value(point) for attributes, point in series(metrics.DATASET_ROWS)}
    columns = {attributes["dataset"]: value(point) for attributes, point in series(metrics.DATASET_COLUMNS)}
    # The row of `run_manifest` is made of the metrics.
    tables = {**watched.printed["tables"], **watched.printed["evidence"]}.keys() - {"run_manifest"}
    assert rows.keys() == columns.keys() == tables
    for name in tables:
        table = watched.table(name)
        assert rows[name] == table.count(), name
        assert columns[name] == len(table.schema().fields), name


def test_fragments_and_row_groups_are_those_on_disk(watched, series):
    fragments = {attributes["dataset"]: value(point) for attributes, point in series(metrics.SCAN_FRAGMENTS)}
    groups = {attributes["dataset"]: value(point) for attributes, point in series(metrics.SCAN_ROW_GROUPS)}
    assert fragments.keys() == groups.keys() == {given["name"] for given in watched.manifest["engine"]["inputs"]}
    for name in fragments:
        files = watched.table(name).file_uris()
        assert fragments[name] == len(files), name
        assert groups[name] == sum(parquet.read_metadata(file).num_row_groups for file in files), name


def test_errors_are_the_rows_of_extract_errors(watched, series):
    found = {attributes["error_type"]: value(point) for attributes, point in series(metrics.ERROR_COUNT)}
    files = watched.table("extract_errors").file_uris()
    codes = Counter(code for file in files for code in parquet.read_table(file).column("code").to_pylist())
    assert found == codes == watched.printed["failures"]


def test_stages(watched, series):
    found = {attributes["stage"]: point for attributes, point in series(metrics.STAGE_DURATION)}
    assert found.keys() == {kind.name for kind in STAGES}
    for name, point in found.items():
        assert point.count == 1
        assert round(point.sum, 3) == watched.printed["stages"][name]


def test_tasks_are_shards_supplies_and_operators(watched, series):
    found = {attributes["task_kind"]: point for attributes, point in series(metrics.TASK_DURATION)}
    for name, outcome in watched.manifest["extractors"].items():
        assert (found[f"extractor.{name}"].count if outcome["shards"] else 0) == outcome["shards"]
    operators = Counter(
        f"operator.{operator['output'] or 'graph'}.{operator['operator']}" for operator in watched.manifest["engine"]["operators"]
    )
    assert {kind: point.count for kind, point in found.items() if kind.startswith("operator.")} == operators


def test_the_engines_phases(watched, series):
    found = {attributes["plan_kind"]: point.sum for attributes, point in series(metrics.EXECUTE_DURATION)}
    assert found == pytest.approx(watched.manifest["engine"]["seconds"])
    assert sum(found.values()) <= watched.printed["stages"]["engine_execute"]


def test_every_table_has_a_time_of_writing(watched, series):
    found = {attributes["destination"]: point for attributes, point in series(metrics.WRITE_DURATION)}
    assert found.keys() == watched.printed["tables"].keys() | watched.printed["evidence"].keys()
    assert {point.count for point in found.values()} == {1}
    assert all(0 < point.sum <= watched.printed["seconds"] for point in found.values())


def test_artifacts_are_the_files_of_the_run_bundle(watched, series):
    found = {attributes["artifact_kind"]: value(point) for attributes, point in series(metrics.ARTIFACT_COUNT)}
    files = [path for path in watched.bundle.rglob("*") if path.is_file() and path.parent.name != "otel"]
    assert sum(found.values()) == len(files)
    assert set(found.values()) == {1}


def test_stored_views_are_those_that_the_schedule_reads(watched, series):
    counts = {(attributes["operation"], attributes["result"]): value(point) for attributes, point in series(metrics.CACHE_OPERATION_COUNT)}
    jobs = watched.read("plan/schedule.json")["jobs"]
    tables, views = [table for job in jobs for table in job["tables"]], [view for job in jobs for view in job["views"]]
    assert set(views)
    assert counts == {("store", "stored"): len(set(tables)) + len(set(views)), ("read", "hit"): len(tables) + len(views)}
    ((_, stored),) = series(metrics.CACHE_OPERATION_DURATION)
    written = {attributes["destination"]: point.sum for attributes, point in series(metrics.WRITE_DURATION)}
    assert stored.count == len(set(tables)) + len(set(views))
    assert stored.sum > sum(written[table] for table in set(tables))


def test_storage_calls(watched, series):
    found = {attributes["operation"]: value(point) for attributes, point in series(metrics.STORAGE_OPERATION_COUNT)}
    by_python = len(watched.printed["tables"].keys() | watched.printed["evidence"].keys()) - len(GRAPH_TABLES)
    assert (found["delta.open"], found["delta.commit"]) == (by_python, by_python)
    assert (found["generation.publish"], found["generation.clean"]) == (1, 1)
    assert found["delta.write"] >= sum(table["rows"] > 0 for table in watched.printed["evidence"].values())
    assert {attributes["operation"]: point.count for attributes, point in series(metrics.STORAGE_OPERATION_DURATION)} == found


def test_the_run_bundle_has_the_same_points(watched):
    read = watched.read("otel/metrics.json")
    found = {
        metric["name"]: len(metric["data"]["data_points"])
        for part in read["resource_metrics"]
        for scope in part["scope_metrics"]
        for metric in scope["metrics"]
    }
    assert found == {name: len(points) for name, points in watched.collector.points().items()}


def test_the_manifest_holds_what_was_measured_before_it(watched):
    sent = watched.collector.points()
    assert {row["name"] for row in watched.manifest["metrics"]} == sent.keys()
    for row in watched.manifest["metrics"]:
        declared = BY_NAME[row["name"]]
        assert (row["type"], row["unit"], row["run_id"]) == (declared.type, declared.unit, watched.printed["run_id"])
        wanted = {name: row[name] for name in declared.attributes}
        (point,) = [point for attributes, point in sent[row["name"]] if wanted.items() <= attributes.items()]
        if declared.type == "gauge":
            assert row["value"] == value(point)
        elif declared.type == "counter":
            assert 0 < row["value"] <= value(point)
        else:
            assert 0 < row["count"] <= point.count
            assert 0 <= row["min"] <= row["max"] <= row["sum"] or row["count"] == 1
