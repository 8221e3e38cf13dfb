"""What a person sees of a running build: plain lines in a file, live lines on a terminal, and nothing when it is to be quiet."""

import io
import os
import pty
import re
import subprocess

import pytest
from tests.cli.conftest import COMMAND
from tests.support.repositories import SHOP, write

from codeanatomy.catalog.spans import STAGES
from codeanatomy.catalog.tables import GRAPH_TABLES
from codeanatomy.cli.progress import Progress
from codeanatomy.events import (
    ExtractorFinished,
    ExtractorStarted,
    FileDone,
    OperatorFinished,
    OperatorStarted,
    OutputStarted,
    OutputWritten,
    StageStarted,
    Stalled,
    SupplyFinished,
    SupplyStarted,
)


def test_plain_lines_where_there_is_no_terminal(run, tmp_path):
    done = run("build", write(tmp_path / "r", SHOP), "-o", tmp_path / "out")
    lines = done.stderr.splitlines()
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    stages = [match[1] for line in lines if (match := re.fullmatch(r"(\w+): [\d.]+ s", line))]
    assert stages == sorted((kind.name for kind in STAGES), key=stages.index)
    assert any(line.startswith("Built ") for line in lines)


def test_verbose_names_extractors_operators_tables_and_workers(run, tmp_path):
    done = run("build", write(tmp_path / "r", SHOP), "-o", tmp_path / "out", "-v")
    assert re.search(r"(?m)^  ast: 4 files, 0 failed, \d+ rows in [\d.]+ s$", done.stderr)
    assert re.search(r"(?m)^  operator resolve in [\d.]+ s$", done.stderr)
    assert re.search(r"(?m)^  worker \d+ reads shard 0 for ast$", done.stderr)
    written = re.findall(r"(?m)^  table (\w+): [\d,]+ rows in [\d.]+ s$", done.stderr)
    assert set(written) == {table.name for table in GRAPH_TABLES}


def test_live_lines_on_a_terminal(tmp_path):
    repository = write(tmp_path / "r", SHOP)
    ours, its = pty.openpty()
    process = subprocess.Popen([COMMAND, "build", repository, "-o", tmp_path / "out"], stdout=subprocess.DEVNULL, stderr=its)
    os.close(its)
    seen = b""
    try:
        while piece := read(ours):
            seen += piece
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = seen.decode()
    assert re.search(r"  (ast|libcst) \d/4 files · [\d,]+/s · [\d,]+ rows", text)
    assert re.search(r"extraction … \d+ s", text)
    assert "\x1b[J" in text
    # What is left on the screen at the end is what a file would have got, and the tables and operators.
    left = re.sub(r"(?s)[^\n]*\r(\x1b\[1A)*\x1b\[J", "", text)
    assert "…" not in left.splitlines()[-1]


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def live():
    return Progress(Terminal(), quiet=False, verbose=False)


def age(live, seconds: float) -> None:
    """Everything began so much earlier."""
    for job in (live._stage, *live._jobs.values()):
        job.began -= seconds


def test_a_line_per_running_extractor_with_rate_and_time_left(live):
    for event in (StageStarted("extraction"), ExtractorStarted("ast", 100, 2), ExtractorStarted("libcst", 50, 1), SupplyStarted("scip")):
        live.tell(event)
    age(live, 2)
    live.tell(FileDone("ast", 20, 999, 7000))
    assert [*live._lines()][1] == "  ast 20/100 files · 10/s · 7,000 rows"
    age(live, 8)
    live.tell(FileDone("ast", 30, 999, 500))
    assert [*live._lines()] == [
        "extraction … 10 s",
        "  ast 50/100 files · 5/s · 7,500 rows · 10 s left",
        "  libcst 0/50 files · 0/s · 0 rows",
        "  scip: preparing … 10 s",
    ]
    live.tell(ExtractorFinished("ast", 100, 0, 7500))
    live.tell(SupplyFinished("scip", "ok", 9.0))
    assert [line.split()[0] for line in live._lines()] == ["extraction", "libcst"]


def test_then_the_operators_and_the_tables(live):
    for event in (StageStarted("engine_execute"), OperatorStarted("resolve"), OutputStarted("cpg_nodes")):
        live.tell(event)
    assert [line.split(" …")[0].strip() for line in live._lines()] == ["engine_execute", "operator resolve", "table cpg_nodes"]
    live.tell(OperatorFinished("resolve", 1.25))
    live.tell(OutputWritten("cpg_nodes", 1234, 0.5))
    assert live._stream.getvalue() == "  operator resolve in 1.2 s\n  table cpg_nodes: 1,234 rows in 0.5 s\n"


@pytest.mark.parametrize(("quiet", "said"), [(False, "extraction: nothing has moved for 60 s; the build goes on\n"), (True, "")])
def test_a_stall_is_said(quiet, said):
    stream = io.StringIO()
    Progress(stream, quiet=quiet, verbose=False).tell(Stalled("extraction", 60.2))
    assert stream.getvalue() == said
