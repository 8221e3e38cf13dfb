"""The figures of the suites as they are kept in `bench/accuracy.json`, and the table of them. They are per suite and never averaged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench.accuracy.cases import Outcome, agreement

KEPT = Path(__file__).resolve().parent.parent / "accuracy.json"
README = KEPT.parent.parent / "README.md"
BEGIN, END = "<!-- accuracy: begin -->\n", "<!-- accuracy: end -->"
"""What stands around the table in the README."""


class SuiteFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One suite, or one peer on it, at the state that was measured. Exact cases agree in every fact; precision, recall and F1 are over the facts of all
    cases. Precision is null where the truth is not all the truth."""

    commit: str
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
    """The figures of all suites, in order."""

    python: str
    suites: list[SuiteFigures]


def figures(commit: str, name: str, of: str, source: str, outcome: Outcome, seconds: float) -> SuiteFigures:
    """What is kept of a suite."""
    agreed = agreement(outcome.cases)
    return SuiteFigures(
        commit=commit,
        suite=name,
        of=of,
        source=source,
        cases=agreed.cases,
        exact=agreed.exact,
        right=agreed.right,
        missing=agreed.missing,
        spurious=agreed.spurious,
        precision=None if outcome.recall_only else _rounded(agreed.precision),
        recall=_rounded(agreed.recall),
        f1=None if outcome.recall_only else _rounded(agreed.f1),
        crashes=agreed.crashes,
        seconds=round(seconds, 1),
        facts=outcome.facts,
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
    """Put figures into their file and the table of them into the README."""
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(accuracy), indent=1) + b"\n")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{table(accuracy.suites)}\n{END}{after}", encoding="utf-8")


def shown() -> str:
    """The table in the README."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].rstrip("\n")


def _rounded(share: float | None) -> float | None:
    """Four digits; what is not all is not rounded to all."""
    return None if share is None else min(round(share, 4), share if share == 1 else 0.9999)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 if share == 1 else min(100 * share, 99.9):.1f} %"
