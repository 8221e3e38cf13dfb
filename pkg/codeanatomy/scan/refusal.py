"""Why a path of a repository cannot be a source: the failures of the scan. What is read of a path is `reach`."""

from __future__ import annotations

import os

from codeanatomy.failure import Failure


class Refused(Exception):
    """This path cannot be read; the failure says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def failure(code: str, path: bytes, message: str, severity: str = "error") -> Failure:
    """A failure of the scan; what is not UTF-8 in the path is written as `\\xNN`."""
    return Failure(code, path.decode("utf-8", "backslashreplace"), "scan", "repo_scan", severity, message)


def reason(error: OSError) -> str:
    """What the system said, without the path: the failure has it."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
