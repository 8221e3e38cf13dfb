"""The command as users run it: a subprocess, no stand-ins. Whatever it prints as JSON is held against its schema, in every test."""

import subprocess
from pathlib import Path

import pytest
from tests.support.answers import check
from tests.support.repositories import SHOP, write

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"


@pytest.fixture(scope="session")
def run():
    def run(*arguments, cwd=None, stdin=""):
        words = [str(argument) for argument in arguments]
        done = subprocess.run([COMMAND, *words], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=120, check=False)
        if "--json" in words and done.stdout:
            check(words, done.stdout)
        return done

    return run


@pytest.fixture(scope="session")
def shop(tmp_path_factory, run) -> Path:
    """A small repository with its graph in the default place."""
    repository = write(tmp_path_factory.mktemp("shop"), SHOP)
    done = run("build", repository)
    assert done.returncode == 0, done.stderr
    return repository
