"""A case of a suite: what its truth says, what the graph says, and how far the two agree. Where either comes from is the suite's affair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """One case: facts as text, each as often as it holds. `crash` says why there is no graph; then nothing was found."""

    name: str
    wanted: Counter[str]
    found: Counter[str] = field(default_factory=Counter)
    crash: str = ""
    note: str = ""

    @property
    def missing(self) -> Counter[str]:
        return self.wanted - self.found

    @property
    def spurious(self) -> Counter[str]:
        return self.found - self.wanted

    @property
    def exact(self) -> bool:
        return not self.crash and self.wanted == self.found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a suite found: its cases, and what else is to be told, by name. A truth that is not all the truth judges recall only."""

    cases: Sequence[Case]
    facts: dict[str, float] = field(default_factory=dict)
    recall_only: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the cases agree, over all their facts. A ratio of nothing is null."""

    cases: int
    exact: int
    crashes: int
    right: int
    missing: int
    spurious: int

    @property
    def precision(self) -> float | None:
        return _ratio(self.right, self.right + self.spurious)

    @property
    def recall(self) -> float | None:
        return _ratio(self.right, self.right + self.missing)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.right, 2 * self.right + self.missing + self.spurious)


def agreement(cases: Iterable[Case]) -> Agreement:
    """Sum up cases."""
    cases = list(cases)
    return Agreement(
        cases=len(cases),
        exact=sum(case.exact for case in cases),
        crashes=sum(bool(case.crash) for case in cases),
        right=sum((case.wanted & case.found).total() for case in cases),
        missing=sum(case.missing.total() for case in cases),
        spurious=sum(case.spurious.total() for case in cases),
    )


def differences(cases: Iterable[Case]) -> Iterable[str]:
    """Every difference in lines: the case, then what is missing and what is spurious."""
    for case in cases:
        if case.exact:
            continue
        yield f"{case.name}{f'  [{case.note}]' if case.note else ''}{f'  CRASH: {case.crash}' if case.crash else ''}"
        yield from (f"    missing   {fact}{_times(count)}" for fact, count in sorted(case.missing.items()))
        yield from (f"    spurious  {fact}{_times(count)}" for fact, count in sorted(case.spurious.items()))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _times(count: int) -> str:
    return f" (× {count})" if count > 1 else ""
