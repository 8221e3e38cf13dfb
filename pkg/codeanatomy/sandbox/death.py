"""Why a worker did not come to its end: `Death`, and `autopsy` where nobody but the worker itself knew. It kills nothing."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from codeanatomy.sandbox import wire
from codeanatomy.sandbox.limits import MIB, Limits
from codeanatomy.sandbox.process import Exit, signal_name

_OUT_OF_MEMORY = b"memory allocation of "
"""How a library in Rust says, before it aborts, that there was no memory."""


@dataclass(frozen=True, slots=True)
class Death:
    """The code, how the worker ended (a failure's `worker_exit`), and what happened in a sentence."""

    code: str
    exit: str
    message: str


def autopsy(ended: Exit | None, errors: bytes, limits: Limits) -> Death:
    """Why a worker died by itself, by its exit and its last words."""
    if ended is None:
        return Death("CA214", "protocol", "the worker closed its stream and did not end")
    if ended.code == -signal.SIGXCPU:
        return Death("CA212", "limit cpu", "the worker used up its processor time")
    if ended.code == wire.EXIT_MEMORY or (ended.code == -signal.SIGABRT and _OUT_OF_MEMORY in errors):
        return Death("CA213", "limit memory", over_memory(limits.data_bytes))
    if ended.code < 0:
        return Death("CA211", str(ended), f"the worker was killed by {signal_name(-ended.code)}")
    if ended.code > 0:
        return Death("CA211", str(ended), f"the worker ended with exit code {ended.code}")
    return Death("CA214", "protocol", "the worker broke the protocol: it ended without its last frame")


def over_memory(limit: int) -> str:
    """The sentence for a worker that reached that limit in bytes."""
    return f"the worker needed more than the {limit // MIB} MiB it had"
