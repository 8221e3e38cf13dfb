"""CodeAnatomy: a Python repository as a code property graph in Delta tables. The public names, each loaded on first use.

A worker imports this package too, and must not pay for what only the parent needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codeanatomy.build import build_graph_product
    from codeanatomy.catalog.resolution import ResolutionLimits
    from codeanatomy.events import (
        BuildUnfinished,
        Event,
        ExtractorFinished,
        ExtractorStarted,
        FileDone,
        FilesFound,
        Heartbeat,
        OperatorFinished,
        OperatorStarted,
        OutputStarted,
        OutputWritten,
        ShardFinished,
        ShardStarted,
        StageFinished,
        StageStarted,
        Stalled,
        SupplyFinished,
        SupplyStarted,
        WorkerEnded,
        WorkerStarted,
    )
    from codeanatomy.failure import Coded, Failure
    from codeanatomy.library import Build, Graph, open_build, open_graph
    from codeanatomy.observe.config import OtelConfig
    from codeanatomy.observe.telemetry import Telemetry
    from codeanatomy.product import Determinism, GraphProductBuildRequest, GraphProductBuildResult, TableResult, UnfinishedBuild
    from codeanatomy.tools.config import ScipIdentityOverrides, ScipIndexConfig

_HOMES = {
    "Build": "codeanatomy.library",
    "BuildUnfinished": "codeanatomy.events",
    "Coded": "codeanatomy.failure",
    "Determinism": "codeanatomy.product",
    "Event": "codeanatomy.events",
    "ExtractorFinished": "codeanatomy.events",
    "ExtractorStarted": "codeanatomy.events",
    "Failure": "codeanatomy.failure",
    "FileDone": "codeanatomy.events",
    "FilesFound": "codeanatomy.events",
    "Graph": "codeanatomy.library",
    "GraphProductBuildRequest": "codeanatomy.product",
    "GraphProductBuildResult": "codeanatomy.product",
    "Heartbeat": "codeanatomy.events",
    "OperatorFinished": "codeanatomy.events",
    "OperatorStarted": "codeanatomy.events",
    "OtelConfig": "codeanatomy.observe.config",
    "OutputStarted": "codeanatomy.events",
    "OutputWritten": "codeanatomy.events",
    "ResolutionLimits": "codeanatomy.catalog.resolution",
    "ScipIdentityOverrides": "codeanatomy.tools.config",
    "ScipIndexConfig": "codeanatomy.tools.config",
    "ShardFinished": "codeanatomy.events",
    "ShardStarted": "codeanatomy.events",
    "StageFinished": "codeanatomy.events",
    "StageStarted": "codeanatomy.events",
    "Stalled": "codeanatomy.events",
    "SupplyFinished": "codeanatomy.events",
    "SupplyStarted": "codeanatomy.events",
    "TableResult": "codeanatomy.product",
    "Telemetry": "codeanatomy.observe.telemetry",
    "UnfinishedBuild": "codeanatomy.product",
    "WorkerEnded": "codeanatomy.events",
    "WorkerStarted": "codeanatomy.events",
    "build_graph_product": "codeanatomy.build",
    "open_build": "codeanatomy.library",
    "open_graph": "codeanatomy.library",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'codeanatomy' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
