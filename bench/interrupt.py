"""Whole builds that are killed or cancelled at random moments, all into one output folder: what can be read then, what is left, whether the next
build is right. Tables are read with the `deltalake` of the package index, as any other program would."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from bench.build import fresh, started
from bench.strike import strike

PATIENCE_S = 2.0
"""So long after its parent was killed a worker may still be seen: the kernel kills it, and takes its time."""
MEDIAN_S, WORST_S = 0.5, 2.0
"""What is promised of the time from SIGINT to exit."""
ENDS = {signal.SIGKILL: {-signal.SIGKILL}, signal.SIGINT: {130, -signal.SIGINT}}
"""Exits of an interrupted build; before it listens to signals, SIGINT ends it as any program. A build that was faster ends well."""
EARLY = (signal.SIGINT, 1)
"""What CPython makes of a signal while it imports `site`, before any code of ours."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """One build that got a signal: when, in which stage (where it could say so), how long it then took to be gone, and what was wrong."""

    number: signal.Signals
    moment: float
    exit: int
    during: str
    seconds: float
    wrong: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the first build made: rows of each table and fingerprints of the graph's, which those of every later one equal."""

    rows: dict[str, int]
    fingerprints: dict[str, str]
    seconds: float


class Interrupted:
    """A repository and the output folder that its builds go to."""

    def __init__(self, repository: Path, output: Path, seed: int = 0) -> None:
        self._repository, self._output = repository, output
        self._moments = random.Random(seed)
        self.known = self._first()

    def interrupt(self, number: signal.Signals) -> Interruption:
        """Start a build, send it the signal at a random moment, look at what there is, and build again."""
        before, moment = self._generation(), self._moments.uniform(0, self.known.seconds)
        with started(self._repository, self._output) as build:
            struck = strike(build.tree, number, moment)
            told = build.told()
        exit, seconds = struck.exit, struck.seconds or 0.0
        wrong = [] if exit in ENDS[number] | {0} or ((number, exit) == EARLY and not told) else [f"exit {exit}"]
        wrong += [f"it went on for {seconds:.2f} s"] if seconds > WORST_S else []
        survivors = struck.survivors(PATIENCE_S)
        wrong += [f"{survivors} processes are left"] if survivors else []
        wrong += self._unreadable(before, 1 if told.get("generation") or number == signal.SIGKILL else 0)
        if number == signal.SIGINT:
            wrong += self._left()
        return Interruption(number, moment, exit, _during(told), seconds, [*wrong, *self._again()])

    def _first(self) -> Known:
        began = time.perf_counter()
        told = self._whole()
        tables = {name: table["rows"] for name, table in told["tables"].items() if name != "run_manifest"}
        return Known(tables, _fingerprints(told), time.perf_counter() - began)

    def _whole(self) -> dict[str, Any]:
        with started(self._repository, self._output) as build:
            exit = build.tree.wait().exit
            if exit:
                raise RuntimeError(f"a build that nothing interrupted ended with {exit}: {build.told()}")
            return build.told()

    def _again(self) -> list[str]:
        before = self._generation()
        told = self._whole()
        wrong = [] if _fingerprints(told) == self.known.fingerprints else ["the next build made another graph"]
        wrong += [] if told["generation"] == before + 1 else [f"generation {told['generation']} came after {before}"]
        return [*wrong, *self._unreadable(before + 1, 0), *self._left()]

    def _generation(self) -> int:
        return int((self._output / "CURRENT").read_text())

    def _unreadable(self, former: int, more: int) -> list[str]:
        """What another program cannot read of the generation that stands there: the former, or one of `more` that were published since."""
        now = self._generation()
        wrong = [] if former <= now <= former + more else [f"generation {now} stands where {former} was"]
        record = json.loads((self._output / "generations" / f"{now:06}.json").read_text())
        for name, table in record["tables"].items():
            rows = DeltaTable(self._output / name, version=table["version"]).to_pyarrow_table().num_rows
            if rows != self.known.rows.get(name, table["rows"]):
                wrong.append(f"{name} has {rows} rows")
        return wrong

    def _left(self) -> list[str]:
        """Scratch files, drafts, and data files that no commit names."""
        scratch = self._output / "work" / "scratch"
        drafts = [path for path in self._output.rglob("*") if path.name.startswith(".draft") or "#" in path.name]
        left = [*(scratch.iterdir() if scratch.exists() else ()), *drafts, *self._orphans()]
        return [f"{path.relative_to(self._output)} is left" for path in left]

    def _orphans(self) -> Iterator[Path]:
        for log in self._output.rglob("_delta_log"):
            actions = [json.loads(line) for commit in log.glob("*.json") for line in commit.read_text().splitlines()]
            named = {unquote(action["add"]["path"]) for action in actions if "add" in action}
            yield from (path for path in log.parent.glob("*.parquet") if path.name not in named)


def _fingerprints(told: dict[str, Any]) -> dict[str, str]:
    """Of the tables that tell nothing of the run."""
    return {name: table["fingerprint"] for name, table in told["tables"].items() if name != "run_manifest"}


def _during(told: dict[str, Any]) -> str:
    return next(reversed(told.get("stages", {})), "before the first stage") if told.get("status") == "cancelled" else ""


def interruptions(repository: Path, count: int, seed: int = 0) -> Iterator[Interruption]:
    """So many kills and so many cancels, in turn."""
    # Whoever is started in the background by a shell ignores SIGINT, and so would the builds, until they listen to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with fresh() as output:
        interrupted = Interrupted(repository, output, seed)
        for _ in range(count):
            yield interrupted.interrupt(signal.SIGKILL)
            yield interrupted.interrupt(signal.SIGINT)


def verdict(found: list[Interruption]) -> tuple[str, bool]:
    """All of it in some lines, and whether everything held."""
    waits = [one.seconds for one in found if one.number == signal.SIGINT and one.exit != 0]
    wrong = [f"{one.number.name} after {one.moment:.2f} s: {'; '.join(one.wrong)}" for one in found if one.wrong]
    exits = Counter((one.number.name, one.exit) for one in found)
    lines = [f"{count} × {name}, exit {exit}" for (name, exit), count in sorted(exits.items())]
    lines += [f"{count} cancelled during {stage}" for stage, count in Counter(one.during for one in found if one.during).most_common()]
    if waits:
        lines.append(f"from SIGINT to exit: {median(waits):.3f} s in the median, {max(waits):.3f} s at worst")
    lines += wrong or ["nothing was wrong"]
    return "\n".join(lines), not wrong and not (waits and median(waits) > MEDIAN_S)
