"""The Rust engine for async Python: run a spec, write a table, publish a generation. Nothing is decided here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from codeanatomy import _engine
from codeanatomy.catalog.shapes import Column
from codeanatomy.engine.errors import (
    EngineCancelled,
    EngineCompileError,
    EngineError,
    EngineRuleViolationError,
    EngineRuntimeError,
    EngineTimeout,
    EngineValidationError,
)
from codeanatomy.engine.waiting import stoppable

__all__ = [
    "EngineCancelled",
    "EngineCompileError",
    "EngineError",
    "EngineRuleViolationError",
    "EngineRuntimeError",
    "EngineTimeout",
    "EngineValidationError",
    "difference",
    "fingerprint",
    "operator_ports",
    "run",
    "versions",
]

Progress = Callable[[dict[str, Any]], None]


async def run(
    spec_json: str,
    profile: str = "medium",
    timeout_s: float | None = None,
    on_progress: Progress | None = None,
    traceparent: str | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> dict[str, Any]:
    """Compile and run a spec; what was written, as `RunResult` says it, and the plan. `on_progress` is called in a thread.

    With the `traceparent` of a trace that is kept, it is also told of the engine's spans, on the caller's `clock` of nanoseconds. Cancelling
    the surrounding scope stops the run and waits for its end; nothing of it is visible then.
    """
    token = _engine.CancelToken()

    def call() -> dict[str, Any]:
        began = time.perf_counter()
        compiled = _engine.SemanticPlanCompiler().compile(spec_json)
        seconds = time.perf_counter() - began
        listener = None if on_progress is None else lambda event: on_progress(json.loads(event))
        factory = _engine.SessionFactory.from_class(profile)
        result = _engine.CpgMaterializer().execute(factory, compiled, token, timeout_s, listener, traceparent, clock())
        told: dict[str, Any] = json.loads(result.to_json())
        told["seconds"] = {"compile": seconds, **told["seconds"]}
        told["plan"] = {"summary": json.loads(compiled.summary_json()), "explain": compiled.explain}
        return told

    return await stoppable(call, token.cancel)


async def difference(one: tuple[Path, int], other: tuple[Path, int]) -> dict[str, Any]:
    """The rows that only one of two tables at their versions has: `only_one` and `only_other` count them, `one` and `other` are the first of
    each; `columns` are those of both where they differ. Raises CA404 where a table is not there."""
    token = _engine.CancelToken()
    found: dict[str, Any] = json.loads(await stoppable(partial(_engine.difference, *one, *other, token), token.cancel))
    return found


async def fingerprint(location: Path, version: int) -> str:
    """The fingerprint of the rows that a table has at a version, read from its files. Raises CA404 where it is not there."""
    token = _engine.CancelToken()
    return await stoppable(partial(_engine.fingerprint, location, version, token), token.cancel)


def operator_ports() -> dict[str, dict[str, tuple[Column, ...]]]:
    """Columns of every output port of every operator: `ports[operator][port]`."""
    return {
        operator["name"]: {port["name"]: _columns(port) for port in operator["outputs"]} for operator in json.loads(_engine.operators())
    }


def _columns(port: dict[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(name, kind, f"`{name}` of the operator.", nullable=True) for name, kind in port["columns"])


def versions() -> dict[str, str]:
    """Versions of what the engine is made of."""
    return _engine.versions()
