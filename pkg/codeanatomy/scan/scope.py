"""Why each path is in or out: the rows of `scope_manifest`, noted while the scan decides. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.evidence.repo_scan import SCOPE_REASONS
from codeanatomy.failure import Failure

_REASONS = {
    "CA102": "unreadable",
    "CA103": "not_regular",
    "CA104": "link",
    "CA105": "too_large",
    "CA107": "bad_name",
    "CA109": "vanished",
}
"""What each failure of the scan says of a path."""


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """The columns of `scope_manifest`, in their order."""

    path: str
    status: str
    reason: str
    detail: str | None


class Scope:
    """What is known of each path so far. A path that is in is not out: a name that is not UTF-8 may be written like another that is."""

    def __init__(self) -> None:
        self._out: dict[str, ScopeRow] = {}
        self._in: dict[str, ScopeRow] = {}

    def take_in(self, path: str, reason: str, detail: str) -> None:
        """This path is a source."""
        self._in[path] = _row(path, "in", reason, detail)

    def leave_out(self, path: bytes, reason: str, detail: str | None = None) -> None:
        """This path is none. Of several reasons the first counts."""
        text = path.decode("utf-8", "backslashreplace")
        self._out.setdefault(text, _row(text, "out", reason, detail))

    def leave_out_failed(self, failure: Failure) -> None:
        """The path of this failure is none; a failure without a path is one of the whole repository."""
        if failure.path:
            self._out.setdefault(failure.path, _row(failure.path, "out", _REASONS[failure.code], failure.code))

    def rows(self) -> tuple[ScopeRow, ...]:
        """A row per path, sorted by path."""
        rows = {**self._out, **self._in}
        return tuple(rows[path] for path in sorted(rows))


def _row(path: str, status: str, reason: str, detail: str | None) -> ScopeRow:
    assert status in SCOPE_REASONS[reason][0], f"{path} is {status}: {reason}"
    return ScopeRow(path, status, reason, detail)
