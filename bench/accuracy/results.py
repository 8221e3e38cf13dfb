"""The figures of the suites as they are kept in `bench/accuracy.json`, and the table of them. They are per suite and never averaged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench.accuracy.cases import Agreement

KEPT = Path(__file__).resolve().parent.parent / "accuracy.json"
README = KEPT.parent.parent / "README.md"
BEGIN, END = "<!-- accuracy: begin -->\n", "<!-- accuracy: end -->"
"""What stands around the table in the README."""


class SuiteFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One suite, or one peer on it. Exact cases agree in every fact; precision, recall and F1 are over the facts of all cases."""

    suite: str
    of: str
    source: str
    cases: int
    exact: int
    right: int
    missing: int
    spurious: int
    precision: float | None
    recall: float | None
    f1: float | None
    crashes: int
    seconds: float
    facts: dict[str, float]


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run: the state that was measured, and its suites in order."""

    commit: str
    python: str
    suites: list[SuiteFigures]


def figures(name: str, of: str, source: str, agreed: Agreement, seconds: float, facts: dict[str, float]) -> SuiteFigures:
    """What is kept of a suite."""
    return SuiteFigures(
        suite=name,
        of=of,
        source=source,
        cases=agreed.cases,
        exact=agreed.exact,
        right=agreed.right,
        missing=agreed.missing,
        spurious=agreed.spurious,
        precision=_rounded(agreed.precision),
        recall=_rounded(agreed.recall),
        f1=_rounded(agreed.f1),
        crashes=agreed.crashes,
        seconds=round(seconds, 1),
        facts=facts,
    )


def table(suites: Iterable[SuiteFigures]) -> str:
    """The figures as a table of Markdown."""
    rows = [
        "| suite | judges | exact | precision | recall | F1 | crashes | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for suite in suites:
        shares = (_percent(share) for share in (suite.precision, suite.recall, suite.f1))
        cells = (suite.suite, suite.of, f"{suite.exact:,} of {suite.cases:,}", *shares, f"{suite.crashes}", f"{suite.seconds:.0f}")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def kept() -> Accuracy:
    """The figures of the last run that was kept."""
    return msgspec.json.decode(KEPT.read_bytes(), type=Accuracy)


def keep(accuracy: Accuracy) -> None:
    """Put a run into the file of the figures and its table into the README."""
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(accuracy), indent=1) + b"\n")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{table(accuracy.suites)}\n{END}{after}", encoding="utf-8")


def shown() -> str:
    """The table in the README."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].rstrip("\n")


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
