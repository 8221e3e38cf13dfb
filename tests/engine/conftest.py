"""Fixtures of the engine's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.engine.specs import Graph

# A loaded machine is slow, and that says nothing about a law.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    """A folder with the two small input tables."""
    graph = Graph(tmp_path)
    graph.put()
    return graph


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Both event loops."""
    return str(request.param)
