"""The public names of the package: all there, documented, typed, and loaded only when they are used."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import codeanatomy
from codeanatomy.engine.errors import EngineTimeout


def test_the_public_names_are_these():
    assert codeanatomy.__all__ == [
        "Build",
        "BuildUnfinished",
        "Coded",
        "Determinism",
        "Event",
        "ExtractorFinished",
        "ExtractorStarted",
        "Failure",
        "FileDone",
        "FilesFound",
        "Graph",
        "GraphProductBuildRequest",
        "GraphProductBuildResult",
        "Heartbeat",
        "OperatorFinished",
        "OperatorStarted",
        "OtelConfig",
        "OutputStarted",
        "OutputWritten",
        "ResolutionLimits",
        "ScipIdentityOverrides",
        "ScipIndexConfig",
        "ShardFinished",
        "ShardStarted",
        "StageFinished",
        "StageStarted",
        "Stalled",
        "SupplyFinished",
        "SupplyStarted",
        "TableResult",
        "Telemetry",
        "UnfinishedBuild",
        "WorkerEnded",
        "WorkerStarted",
        "build_graph_product",
        "open_build",
        "open_graph",
    ]
    assert (Path(codeanatomy.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", sorted({*codeanatomy.__all__} - {"Event"}))
def test_each_is_there_and_says_what_it_is(name):
    found = getattr(codeanatomy, name)
    assert found.__name__ == name
    assert found.__doc__
    assert not found.__doc__.startswith(f"{name}(")  # what a dataclass says of itself where nobody said anything


def test_every_event_has_a_public_name():
    assert {event.__name__ for event in get_args(codeanatomy.Event)} < {*codeanatomy.__all__}
    assert all(getattr(codeanatomy, event.__name__) is event for event in get_args(codeanatomy.Event))


def test_whoever_looks_for_names_finds_them():
    code = "import sys, codeanatomy; print({*codeanatomy.__all__} - {*dir(codeanatomy)}, 'codeanatomy.build' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set() False\n"


@pytest.mark.parametrize(
    "failure",
    [
        codeanatomy.Coded("CA101", "nothing there"),
        codeanatomy.Coded(code="CA101", message="nothing there", hint="look", details={"path": "a"}),
        EngineTimeout("CA691", "timeout", "too long", "wait", {"seconds": 1}),
    ],
)
def test_failures_can_be_copied_and_sent_to_other_processes(failure):
    failure.run_bundle = Path("runs/1")
    for twin in (copy.copy(failure), copy.deepcopy(failure), pickle.loads(pickle.dumps(failure))):
        assert type(twin) is type(failure)
        assert vars(twin) == vars(failure)
        assert str(twin) == str(failure)


def test_there_is_no_other():
    with pytest.raises(AttributeError, match="module 'codeanatomy' has no attribute 'anything'"):
        codeanatomy.anything  # noqa: B018


def test_importing_the_package_loads_nothing():
    code = (
        "import sys, codeanatomy; print([name for name in sys.modules if name.startswith('codeanatomy.') or name in ('anyio', 'pyarrow')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
