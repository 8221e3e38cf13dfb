"""What goes wrong, as values: `Failure` for one source, `Coded` for a whole build. The texts of the codes are the catalog's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected problem with one path: a row of `extract_errors`.

    `stage` is `scan` or `extraction`, `severity` is `error` or `warning`; the span is in bytes of the UTF-8 text; `worker_exit` says how
    the worker ended (`signal SIGSEGV`, `exit 3`, `limit time`) where one was lost.
    """

    code: str
    path: str
    stage: str
    extractor: str
    severity: str
    message: str
    line: int | None = None
    bstart: int | None = None
    bend: int | None = None
    worker_exit: str | None = None
    stderr: str = ""
    """What the worker last wrote to stderr. For people, and not part of the row: it holds paths and addresses of one run."""

    @property
    def order(self) -> tuple[str, str, str, int, str]:
        """What failures are sorted by, so that their order says nothing about the run."""
        return (self.path, self.extractor, self.code, self.bstart or -1, self.message)


@dataclass(eq=False)
class Coded(Exception):
    """An expected problem that ends the build: what happened, what to do next, and the facts."""

    code: str
    message: str
    hint: str = ""
    details: dict[str, object] = field(default_factory=dict)
    run_bundle: Path | None = field(default=None, init=False)
    """The folder in which the run that it ended is told, if it is."""

    def __post_init__(self) -> None:
        self.args = (self.code, self.message, self.hint, self.details)  # what copies and pickles of an exception are made of

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.hint})" if self.hint else "")


def cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that a task group's caller wants to see: a coded failure before any other, the first before later ones."""
    errors = list(_leaves(group))
    return next((error for error in errors if isinstance(error, Coded)), errors[0])


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
