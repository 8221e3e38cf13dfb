"""The public names of the package: all there, documented, typed, and loaded only when they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

import codeanatomy


def test_the_public_names_are_these():
    assert codeanatomy.__all__ == [
        "Build",
        "Coded",
        "Failure",
        "Graph",
        "GraphProductBuildRequest",
        "GraphProductBuildResult",
        "OtelConfig",
        "ResolutionLimits",
        "ScipIdentityOverrides",
        "ScipIndexConfig",
        "Telemetry",
        "UnfinishedBuild",
        "build_graph_product",
        "open_build",
        "open_graph",
    ]
    assert (Path(codeanatomy.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", codeanatomy.__all__)
def test_each_is_there_and_says_what_it_is(name):
    found = getattr(codeanatomy, name)
    assert found.__name__ == name
    assert found.__doc__
    assert not found.__doc__.startswith(f"{name}(")  # what a dataclass says of itself where nobody said anything


def test_there_is_no_other():
    with pytest.raises(AttributeError, match="module 'codeanatomy' has no attribute 'anything'"):
        codeanatomy.anything  # noqa: B018


def test_importing_the_package_loads_nothing():
    code = (
        "import sys, codeanatomy; print([name for name in sys.modules if name.startswith('codeanatomy.') or name in ('anyio', 'pyarrow')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
