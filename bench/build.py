"""Whole builds, started as a user starts them. What the graph says is not looked at."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from bench.memory import watching
from bench.results import BuildFigures
from bench.tree import Tree, Usage

ROOT = Path(__file__).resolve().parent.parent
COMMAND = (str(ROOT / "bin" / "codeanatomy"), "build")
SCRATCH = ROOT / "build" / "bench"


class TableRows(msgspec.Struct):
    rows: int


class FileCounts(msgspec.Struct):
    scanned: int
    failed: int


class Report(msgspec.Struct):
    """What is read of the object that `build --json` prints."""

    status: str
    manifest: str
    stages: dict[str, float]
    tables: dict[str, TableRows]
    files: FileCounts


class Manifest(msgspec.Struct):
    """What is read of a build's manifest."""

    cpu_seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Started:
    """A build that runs, and the files that its two streams go to."""

    tree: Tree
    stdout: IO[bytes]
    stderr: IO[bytes]

    def last_words(self) -> str:
        self.stderr.seek(0)
        return self.stderr.read()[-2000:].decode(errors="backslashreplace")

    def told(self) -> dict[str, Any]:
        """The object that it printed; empty if it did not come to that."""
        self.stdout.seek(0)
        text = self.stdout.read()
        told: dict[str, Any] = json.loads(text) if text else {}
        return told

    def report(self) -> Report:
        """The build's own account. Raises `RuntimeError` when it prints none."""
        self.stdout.seek(0)
        try:
            return msgspec.json.decode(self.stdout.read(), type=Report)
        except msgspec.DecodeError as error:
            raise RuntimeError(f"the build printed no report ({error}):\n{self.last_words()}") from error


@contextmanager
def fresh() -> Iterator[Path]:
    """An output folder that is gone afterwards."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="output-", dir=SCRATCH) as output:
        yield Path(output)


@contextmanager
def started(repository: Path, output: Path, options: Sequence[str] = ()) -> Iterator[Started]:
    """A build of the repository, begun. What is left of it is gone afterwards."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        command = [*COMMAND, str(repository), "--output-dir", str(output), "--json", "--quiet", *options]
        command += ["--scip", "off", "--types", "off"]  # other people's programs, whose time is not ours
        with Tree(command, stdout, stderr) as tree:
            yield Started(tree, stdout, stderr)


def with_workers(count: int) -> list[str]:
    """The option for so many."""
    return ["--workers", str(count)]


def measure_build(repository: Path, workers: int) -> BuildFigures:
    """One whole build into a fresh folder. Raises `RuntimeError` if it does not succeed."""
    with fresh() as output, started(repository, output, with_workers(workers)) as build:
        with watching(build.tree.pid) as peak:
            used: Usage = build.tree.wait()
        if used.exit:
            raise RuntimeError(f"the build ended with {used.exit}:\n{build.last_words()}")
        report = build.report()
        manifest = msgspec.json.decode(Path(report.manifest).read_bytes(), type=Manifest)
    return BuildFigures(
        cpu_seconds=used.cpu_seconds,
        wall_seconds=used.wall_seconds,
        stages=report.stages,
        stage_cpu_seconds=manifest.cpu_seconds,
        peak_pss_bytes=peak.pss_bytes,
        peak_rss_bytes=peak.rss_bytes,
        files=report.files.scanned,
        failed=report.files.failed,
        rows={name: table.rows for name, table in report.tables.items()},
    )
