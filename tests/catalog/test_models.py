"""What is declared of the standard library is there under these names."""

import hashlib
import importlib
import inspect
import json
import subprocess
import sys
from types import ModuleType

import pytest

from codeanatomy.catalog.models import ATTRIBUTES, CALLBACKS, FIXTURES, HOOKS, PASSED_THROUGH, RESULTS
from codeanatomy.semantics.interpreter import names


def found(name: str) -> object:
    """What a dotted name of the standard library is; of what `hashlib` makes, an attribute of such an object."""
    module, _, rest = name.partition(".")
    value: object = importlib.import_module(module)
    if module == "hashlib":
        return getattr(hashlib.sha256(), rest.rpartition(".")[2])
    for part in rest.split("."):
        if isinstance(value, ModuleType) and not hasattr(value, part):
            value = importlib.import_module(f"{value.__name__}.{part}")
        else:
            value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", RESULTS)
def test_what_is_called_is_there(name):
    assert callable(found(name))


def test_results_are_of_classes_that_are_there():
    for result in set(RESULTS.values()):
        assert isinstance(found(result), type)


ON_LOOPS = [callback for callback in CALLBACKS if callback.name.startswith("asyncio.AbstractEventLoop.")]


@pytest.mark.parametrize("callback", ON_LOOPS, ids=lambda callback: callback.name)
def test_event_loops_take_what_they_call_at_that_place(callback):
    parameters = [*inspect.signature(found(callback.name)).parameters]
    assert parameters[1 + callback.position] == callback.keyword


PROTOCOLS = ("asyncio.Protocol", "asyncio.BufferedProtocol", "asyncio.DatagramProtocol", "asyncio.SubprocessProtocol")
ASKED = {"asyncio.AbstractEventLoop.create_server": PROTOCOLS, "xml.sax.parseString": ("xml.sax.ContentHandler",)}


@pytest.mark.parametrize(("name", "classes"), ASKED.items())
def test_what_is_called_of_what_is_handed_over_is_what_its_classes_have(name, classes):
    [callback] = [callback for callback in CALLBACKS if callback.name == name]
    has = {member for value in classes for member in dir(found(value))}
    assert {member for member in has if not member.startswith("_")} == {*callback.then}


HOOKED = [(name, method, hook) for name, methods in HOOKS.items() for method, hooks in methods.items() for hook in hooks]


@pytest.mark.parametrize(("name", "method", "hook"), HOOKED)
def test_hooks_are_called_by_the_class_that_has_the_method(name, method, hook):
    owner = found(name)
    assert callable(getattr(owner, method))
    if hook in SHOWN_BY_C_ALONE:
        return
    sources = [inspect.getsource(ancestor) for ancestor in owner.__mro__[:-1] if ancestor.__module__ != "collections.abc"]
    called = f"'{hook[:-1]}" if hook.endswith("*") else f"self.{hook}("
    assert any(called in source or called.replace("'", '"').removesuffix("(") in source for source in sources)


SHOWN_BY_C_ALONE = {"find_class", "persistent_id", "persistent_load", "reducer_override"}
"""Hooks of the pickler and the unpickler, which are written in C."""


@pytest.mark.parametrize("name", [name for name in PASSED_THROUGH if name.partition(".")[0] in sys.stdlib_module_names])
def test_what_gives_back_an_argument_is_there(name):
    assert callable(found(name))


def test_fixtures_of_pytest_give_objects_of_their_class(tmp_path):
    tests = [f"def test_{name}({name}): assert isinstance({name}, {result})" for name, result in FIXTURES.items()]
    test = tmp_path / "test_fixtures.py"
    test.write_text("\n".join(["import builtins, pathlib, pytest", *tests]))
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "pytester", test], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout


def test_described_classes_say_what_their_objects_have():
    described = names()["described"]
    date, stream = described["datetime.date"], described["io.BytesIO"]
    assert (date["is_closed"], stream["is_closed"]) == (True, False)
    assert {"isoformat", "today", "__add__"} <= set(date["methods"])
    assert {"year", "month"} <= set(date["others"])
    assert "hour" not in date["methods"] + date["others"]
    assert "getvalue" in stream["methods"]
    assert "closed" in stream["others"]
    assert not [name for name in stream["methods"] if name.startswith("__")]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_are_there_and_no_methods(name):
    described = names()["described"][name.rpartition(".")[0]]
    assert name.rpartition(".")[2] in described["others"]


def test_members_of_collections_are_those_of_the_class_that_has_them():
    members = names()["collections"]
    assert members["collections.deque"]["popleft"] == "collections.deque.popleft"
    assert members["collections.OrderedDict"]["move_to_end"] == "collections.OrderedDict.move_to_end"
    assert members["collections.OrderedDict"]["get"] == members["collections.defaultdict"]["get"] == "builtins.dict.get"
    assert members["collections.ChainMap"]["items"] == "collections.abc.Mapping.items"
    assert "append" not in members["collections.Counter"]


def test_what_is_asked_of_the_interpreter_does_not_depend_on_what_was_imported_before():
    before = "import inspect, concurrent.futures.process, concurrent.futures.thread, unittest.async_case, asyncio, collections, multiprocessing.pool"
    before += "\n[inspect.get_annotations(value) for module in (asyncio, collections, unittest) for value in vars(module).values() if inspect.isclass(value)]"
    asked = "\nimport json\nfrom codeanatomy.semantics.interpreter import names\nprint(json.dumps(names(), sort_keys=True))"
    first, later = (
        subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stdout for text in (asked, before + asked)
    )
    assert first == later
    assert "concurrent.futures.ThreadPoolExecutor" in json.loads(first)["described"]
