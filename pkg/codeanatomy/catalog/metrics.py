"""Every metric, once. A build records them in its manifest, read from what ran; nothing is estimated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """An instrument: its name after `codeanatomy.`, its type (`histogram`, `counter`, `gauge`), unit, attributes and source."""

    name: str
    type: str
    unit: str
    attributes: tuple[str, ...]
    sentence: str


STAGE_DURATION = Metric("stage.duration", "histogram", "s", ("stage", "status"), "Wall time of a stage of the build.")
TASK_DURATION = Metric(
    "task.duration", "histogram", "s", ("task_kind", "status"), "Wall time of an extractor's workers, summed, and of a graph operator."
)
WRITE_DURATION = Metric(
    "datafusion.write.duration", "histogram", "s", ("destination", "status"), "Wall time of computing and writing a table of the graph."
)
ERROR_COUNT = Metric("error.count", "counter", "1", ("stage", "error_type"), "Failures by code.")
DATASET_ROWS = Metric("dataset.rows", "gauge", "1", ("dataset",), "Rows of an evidence or output table.")
DATASET_COLUMNS = Metric("dataset.columns", "gauge", "1", ("dataset",), "Columns of an evidence or output table.")

METRICS: tuple[Metric, ...] = (STAGE_DURATION, TASK_DURATION, WRITE_DURATION, ERROR_COUNT, DATASET_ROWS, DATASET_COLUMNS)
