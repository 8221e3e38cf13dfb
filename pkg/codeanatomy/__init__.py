"""CodeAnatomy: a Python repository as a code property graph in Delta tables. The public names, each loaded on first use.

A worker imports this package too, and must not pay for what only the parent needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codeanatomy.build import build_graph_product
    from codeanatomy.catalog.resolution import ResolutionLimits
    from codeanatomy.failure import Coded, Failure
    from codeanatomy.library import Build, Graph, open_build, open_graph
    from codeanatomy.observe.config import OtelConfig
    from codeanatomy.observe.telemetry import Telemetry
    from codeanatomy.product import GraphProductBuildRequest, GraphProductBuildResult, UnfinishedBuild
    from codeanatomy.tools.config import ScipIdentityOverrides, ScipIndexConfig

_HOMES = {
    "Build": "codeanatomy.library",
    "Coded": "codeanatomy.failure",
    "Failure": "codeanatomy.failure",
    "Graph": "codeanatomy.library",
    "GraphProductBuildRequest": "codeanatomy.product",
    "GraphProductBuildResult": "codeanatomy.product",
    "OtelConfig": "codeanatomy.observe.config",
    "ResolutionLimits": "codeanatomy.catalog.resolution",
    "ScipIdentityOverrides": "codeanatomy.tools.config",
    "ScipIndexConfig": "codeanatomy.tools.config",
    "Telemetry": "codeanatomy.observe.telemetry",
    "UnfinishedBuild": "codeanatomy.product",
    "build_graph_product": "codeanatomy.build",
    "open_build": "codeanatomy.library",
    "open_graph": "codeanatomy.library",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'codeanatomy' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
