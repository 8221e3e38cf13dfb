"""The JSON of every command: one object that its checked-in schema accepts, and that the schema would refuse if it were another."""

import json
import signal
import subprocess

import pytest
from jsonschema import ValidationError
from tests.cli.conftest import COMMAND
from tests.support.answers import SCHEMAS, VALIDATORS, check
from tests.support.repositories import SHOP, write

from codeanatomy.cli import parser
from codeanatomy.cli.answers import ANSWERS
from codeanatomy.cli.completion import tree

CASES = {
    "build": ["build", "REPO", "--keep-generations", "9"],
    "plan": ["plan", "REPO", "--validate", "--show-graph", "--show-schedule", "--show-inferred-deps", "--show-task-graph"],
    "query": ["query", "SELECT * FROM calls", "--graph", "OUT"],
    "query-describe": ["query", "--describe", "calls", "--graph", "OUT"],
    "ask-callers": ["ask", "callers", "shop.money.add", "--graph", "OUT"],
    "ask-callees": ["ask", "callees", "shop.cart.make", "--graph", "OUT"],
    "ask-refs": ["ask", "refs", "shop.cart.Cart", "--graph", "OUT"],
    "ask-definition": ["ask", "definition", "shop/cart.py:7:22", "--graph", "OUT"],
    "ask-subclasses": ["ask", "subclasses", "shop.cart.Base", "--graph", "OUT"],
    "ask-overrides": ["ask", "overrides", "shop.cart.Base.total", "--graph", "OUT"],
    "ask-imports": ["ask", "imports", "shop.cart", "--graph", "OUT"],
    "ask-impact": ["ask", "impact", "shop/money.py", "--graph", "OUT"],
    "ask-slice": ["ask", "slice", "shop/money.py:5", "--graph", "OUT"],
    "ask-path": ["ask", "path", "main", "shop.money.add", "--graph", "OUT"],
    "export": ["export", "--format", "csv", "--graph", "OUT", "--output", "EMPTY/csv"],
    "config-show": ["config", "show", "REPO"],
    "config-validate": ["config", "validate", "REPO"],
    "config-init": ["config", "init", "EMPTY"],
    "delta-history": ["delta", "history", "--graph", "OUT"],
    "delta-vacuum": ["delta", "vacuum", "--graph", "OUT"],
    "delta-checkpoint": ["delta", "checkpoint", "--graph", "OUT"],
    "delta-cleanup-log": ["delta", "cleanup-log", "--graph", "OUT"],
    "delta-optimize": ["delta", "optimize", "--graph", "OUT"],
    "delta-restore": ["delta", "restore", "1", "--graph", "OUT"],
    "delta-export": ["delta", "export", "NOWHERE", "--graph", "OUT"],
    "diag": ["diag", "--graph", "OUT"],
    "explain": ["explain", "CA201"],
    "explain-all": ["explain"],
    "version": ["version"],
    "failed": ["plan", "NOWHERE"],
}


@pytest.fixture(scope="module")
def places(run, tmp_path_factory):
    """A repository with two generations, its output folder, an empty folder, and none."""
    folder = tmp_path_factory.mktemp("answers")
    repository = write(folder / "repository", SHOP)
    for _ in range(2):
        assert run("build", repository, "-q", "--keep-generations", "9").returncode == 0
    (folder / "empty").mkdir()
    return {"REPO": repository, "OUT": repository / "build" / "codeanatomy", "EMPTY": folder / "empty", "NOWHERE": folder / "nowhere"}


@pytest.fixture(scope="module")
def answers(run, places):
    """What each case prints, with its words; `--json` and `--output-format json` take turns."""
    found = {}
    for number, (name, case) in enumerate(CASES.items()):
        words = [_placed(places, word) for word in case]
        found[name] = (words, run(*words, *(["--json"] if number % 2 else ["--output-format", "json"])))
    return found


def _placed(places, word):
    """A word with the path of the place that it starts with."""
    start, slash, rest = word.partition("/")
    return f"{places[start]}{slash}{rest}" if start in places else word


def test_every_answer_has_a_schema_and_a_case():
    assert ANSWERS.keys() == CASES.keys() == VALIDATORS.keys()
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{name}.json" for name in ANSWERS}


def test_every_command_has_an_answer():
    commands = {node.path.replace(" ", "-") for node in tree(parser()) if node.path and not node.commands}
    assert commands <= ANSWERS.keys()


def test_every_command_has_the_options_that_all_have():
    for node in tree(parser()):
        if node.path and not node.commands:
            flags = {flag for option in node.options for flag in option.option_strings}
            assert {"--json", "--output-format", "-q", "--quiet", "-v", "--verbose", "-h", "--help"} <= flags, node.path


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_one_object_of_its_schema(answers, name):
    words, done = answers[name]
    assert done.returncode == (2 if name == "failed" else 0), done.stderr
    assert check(words, done.stdout) == name


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("query-describe", "explain-all")])
def test_a_schema_refuses_what_lacks_a_field_or_has_one_more(answers, name):
    answer = json.loads(answers[name][1].stdout)
    assert VALIDATORS[name].is_valid(answer)
    assert not VALIDATORS[name].is_valid({**answer, "more": 1})
    required = [key for key in answer if key not in ("details", "notes", "error", "validation") and key in _required(name)]
    assert required
    for key in required:
        assert not VALIDATORS[name].is_valid({other: value for other, value in answer.items() if other != key}), key


def _required(name):
    """The fields that a schema asks for, of whichever object in it that stands for the whole answer."""
    schema = VALIDATORS[name].schema
    return {field for part in schema["$defs"].values() for field in part.get("required", ())}


def test_a_list_of_columns_is_nothing_else():
    with pytest.raises(ValidationError):
        VALIDATORS["query-describe"].validate([{"column": "a"}])


def test_views_are_listed_as_an_answer(run):
    relations = json.loads(run("query", "--views", "--json").stdout)
    assert {relation["name"] for relation in relations} >= {"calls", "definitions", "cpg_nodes"}


def test_a_build_that_fails_or_is_cancelled_has_an_answer(run, tmp_path):
    done = run("build", tmp_path / "nowhere", "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (2, "failed")
    assert not (tmp_path / "nowhere").exists()
    repository = write(tmp_path / "r", {f"m{number}.py": SHOP["shop/cart.py"] for number in range(300)})
    command = [COMMAND, "build", str(repository), "--json", "-v"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline()  # it has begun
        process.send_signal(signal.SIGTERM)
        text, talk = process.communicate(timeout=20)
    assert process.returncode == 143, talk
    assert check(command[1:], text) == "build"
    assert json.loads(text)["status"] == "cancelled"


def test_usage_errors_print_no_object(run):
    done = run("plan", "--json", "--nope")
    assert (done.returncode, done.stdout) == (64, "")
