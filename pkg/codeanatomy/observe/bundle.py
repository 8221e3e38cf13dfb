"""The files of a run, under OUTPUT/runs/<run id>/. What stands in them is made elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from codeanatomy.catalog import metrics
from codeanatomy.failure import Coded
from codeanatomy.observe import artifacts
from codeanatomy.observe.run import Run


class Bundle:
    """The folder of one run; it is made with the first file."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self._run = run

    def write(self, name: str, kind: str, data: bytes) -> Path:
        """One file of that kind. Raises CA873 when the disk does not take it."""
        path = self.folder / name
        status = "failed"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            status = "ok"
        except OSError as error:
            # Half a file is worse than none: whoever finds it takes it for the whole.
            with suppress(OSError):
                path.unlink(missing_ok=True)
            hint = "free the disk, or leave the files out with --no-include-run-bundle and --no-include-manifest"
            raise Coded("CA873", f"{path} cannot be written: {error.strerror}", hint, {"path": str(path)}) from error
        finally:
            self._run.record(metrics.ARTIFACT_COUNT, 1, artifact_kind=kind, status=status)
        return path

    def write_json(self, name: str, kind: str, value: Any) -> Path:
        """One file of JSON for people and programs."""
        return self.write(name, kind, pretty(value))

    def write_synced(self, name: str, kind: str, value: Any) -> Path:
        """The same, on disk before it returns, folder included."""
        path = self.write_json(name, kind, value)
        for synced in (path, path.parent):
            descriptor = os.open(synced, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return path

    def write_plan(self, spec: Mapping[str, Any], graph: Mapping[str, Any]) -> None:
        """The spec, the plan that it became, and what the run of it did, in sums."""
        self.write_json("spec.json", "spec", spec)
        for name, artifact in (
            ("plan/summary.json", artifacts.plan_summary(spec, graph)),
            ("plan/schedule.json", artifacts.plan_schedule(graph)),
            ("plan/execution.json", artifacts.execution_summary(graph)),
        ):
            self.write_json(name, artifact.artifact.rpartition(".")[2], artifact)
        if graph["compliance"]:
            self.write_json("compliance.json", "compliance_capture", artifacts.compliance_capture(graph))
        self.write("plan/explain.txt", "explain", graph["plan"]["explain"].encode())

    def write_log(self) -> Path:
        """A line of JSON per line of the run's log."""
        return self.write("log.jsonl", "log", b"".join(msgspec.json.encode(line, enc_hook=str) + b"\n" for line in self._run.log.lines))


def pretty(value: Any) -> bytes:
    """JSON with indents."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2) + b"\n"
