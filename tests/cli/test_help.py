"""The help of every command, word for word as in `help/`; `pytest --golden` rewrites those files."""

from pathlib import Path

import pytest

from codeanatomy.cli import parser
from codeanatomy.cli.completion import tree

HELP = Path(__file__).parent / "help"
COMMANDS = [node.path for node in tree(parser())]


def golden(command: str) -> Path:
    return HELP / f"{'-'.join(['codeanatomy', *command.split()])}.txt"


@pytest.fixture(autouse=True)
def width(monkeypatch):
    """Help fills the terminal: here one of 120 columns without colours."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run, request, command):
    done = run(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    if request.config.getoption("--golden"):
        golden(command).write_text(done.stdout, encoding="utf-8")
    assert done.stdout == golden(command).read_text(encoding="utf-8")


def test_no_help_is_left_of_a_command_that_is_gone():
    assert sorted(HELP.iterdir()) == sorted(golden(command) for command in COMMANDS)


def test_help_follows_the_width(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, run("explain", "--help").stdout.splitlines())) <= 60
