"""One thing that was looked at. How is in `machine` and `graph`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, what was seen, and what to do where it is not well."""

    what: str
    status: Status
    detail: str
    next: str = ""


def judged(what: str, good: bool, detail: str, next: str, worst: Status = "fail") -> Check:
    """A check that is ok, or else `worst` with what to do."""
    return Check(what, "ok", detail) if good else Check(what, worst, detail, next)
