"""What a build may say about the tools it runs: `ScipIndexConfig`, `ScipIdentityOverrides`. Plain values, which the catalog's settings name."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from codeanatomy.catalog.defaults import NODE_MAX_OLD_SPACE_MB, SCIP_TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ScipIdentityOverrides:
    """What SCIP symbols say of the project; null means what scip-python finds out."""

    project_name: str | None = None
    project_version: str | None = None
    project_namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScipIndexConfig:
    """Where the SCIP index comes from and how it is made. `mode` is `auto` (when scip-python is installed), `on` or `off`."""

    mode: str = "auto"
    disabled: bool = False
    output_dir: str | os.PathLike[str] | None = None
    index_path_override: str | os.PathLike[str] | None = None
    scip_python_bin: str | os.PathLike[str] | None = None
    target_only: str | None = None
    timeout_s: float = SCIP_TIMEOUT_S
    env_json: str | os.PathLike[str] | None = None
    node_max_old_space_mb: int = NODE_MAX_OLD_SPACE_MB
    extra_args: tuple[str, ...] = ()
    identity: ScipIdentityOverrides = field(default_factory=ScipIdentityOverrides)
