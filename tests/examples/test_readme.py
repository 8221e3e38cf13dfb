"""The README's tour, word for word: its sources, its commands with the output it shows, and its Python."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.repositories import write

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SOURCES = {
    text.split("\n")[0].removeprefix("# "): text.split("\n", 1)[1]
    for kind, text in BLOCKS
    if kind == "python" and text.startswith("# shop/")
}
CONSOLES = [text for kind, text in BLOCKS if kind == "console"]
SNIPPETS = [text for kind, text in BLOCKS if kind == "python" and text.startswith("import")]
[SPARK] = (text for kind, text in BLOCKS if kind == "python" and text.startswith("from pyspark"))
PANDAS, PYSPARK = (ROOT / ".tools" / name for name in ("pandas", "pyspark"))
"""What `make readers` installs. Beside the environment: where pandas is installed, pyarrow imports it, and every command takes longer."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where a reader stands who has written the sources of the tour."""
    place = tmp_path_factory.mktemp("tour")
    write(place / "shop-repository", SOURCES)
    (place / "bin").symlink_to(ROOT / "bin")
    return place


def commands(console: str) -> list[tuple[str, str]]:
    """Each command of a block with the output that follows it."""
    return [tuple(part.split("\n", 1)) for part in console.split("$ ")[1:]]


def test_the_commands_print_what_is_shown(folder):
    for console in CONSOLES:
        for command, output in commands(console):
            done = subprocess.run(shlex.split(command), cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            if output:
                assert done.stdout == output, command


def printed(snippet: str, folder: Path) -> str:
    """What a snippet prints that runs there."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (PANDAS, PYSPARK)))}
    done = subprocess.run([sys.executable, "-c", snippet], cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_snippets_run(folder):
    embedded, read = SNIPPETS
    assert printed(embedded, folder)
    by_duckdb, by_polars, *by_pandas = printed(read, folder).splitlines()
    assert by_duckdb == by_polars
    assert by_pandas[1].split() == re.findall(r"\w+", by_duckdb)


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark_reads_the_same(folder):
    by_duckdb, *_, by_spark = printed(SNIPPETS[1] + SPARK, folder).splitlines()
    assert by_spark == by_duckdb
