"""What follows from the figures, for people: the tables of one run, and two runs side by side. It measures nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from statistics import median

from bench.floors import FLOORS
from bench.results import BuildFigures, CancelFigures, ExtractorFigures, Results, Round

MIB = 1 << 20
Of = Callable[[Round], float]


def page(results: Results) -> str:
    """Every table of one run."""
    rounds = f"{len(results.rounds)} round" + ("s" if len(results.rounds) > 1 else "")
    machine = f"Python {results.python}, {results.processors} processors, load before {results.load:.1f}, {rounds}"
    head = f"{results.repository} {results.version}, {results.state}: {machine}"
    tables = (_floors(results), _extractors(results), _builds(results), _stages(results), _cancels(results.cancels))
    return "\n\n".join([head, *(aligned(table) for table in tables if len(table) > 1)])


def comparison(former: Results, latter: Results) -> str:
    """The ratios of two runs side by side."""
    left, right = ratios(former), ratios(latter)
    names = list(dict.fromkeys([*left, *right]))
    rows = [["", former.state, latter.state, "change"]]
    rows += [[name, _number(left.get(name)), _number(right.get(name)), _change(left.get(name), right.get(name))] for name in names]
    return aligned(rows)


def ratios(results: Results) -> dict[str, float]:
    """All that can be compared between two runs, by name: ratios first, then what only makes sense on one machine."""
    builds = {count: f"{count} worker{'s' if count != '1' else ''}" for count in results.rounds[0].builds}
    found = {f"{extractor} / {call}, processor time": _times_floor(results, extractor, call) for extractor, call in _pairs(results)}
    found |= {"all extractors / floors, processor time": _extraction(results)} if results.rounds[0].extractors else {}
    found |= {f"build / floors, processor time, {name}": _times_floors(results, count) for count, name in builds.items()}
    if "1" in builds and len(builds) > 1:
        found |= {f"1 worker / {name}, wall": _speedup(results, count) for count, name in builds.items() if count != "1"}
    found |= {f"peak MiB, {name}": _of_builds(results, count, lambda build: build.peak_pss_bytes / MIB) for count, name in builds.items()}
    waits = _waits(results.cancels)
    return found | ({"seconds to cancel, median": median(waits), "seconds to cancel, worst": max(waits)} if waits else {})


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other: the first to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = ([name.ljust(first), *map(str.rjust, cells, others)] for name, *cells in rows)
    return "\n".join("  ".join(line) for line in lines)


def _floors(results: Results) -> list[list[str]]:
    rows = [["floor", "CPU s", "MB/s", "kLOC/s", "files", "refused"]]
    for call, figures in results.rounds[0].floors.items():
        seconds = _of_floors(results, call)
        speeds = [f"{figures.bytes / seconds / 1e6:.1f}", f"{figures.lines / seconds / 1e3:.0f}"]
        rows.append([call, f"{seconds:.2f}", *speeds, f"{figures.files:,}", f"{figures.refused:,}"])
    return rows


def _extractors(results: Results) -> list[list[str]]:
    rows = [["extractor", "CPU s", "× floor", "start s", "parent s", "wall s", "peak MiB", "files", "failed", "restarts", "rows"]]
    for name, call in _pairs(results):
        figures = results.rounds[0].extractors[name]
        times = [
            _of_extractors(results, name, lambda extractor: extractor.cpu_seconds),
            _times_floor(results, name, call),
            _of_extractors(results, name, lambda extractor: extractor.start_cpu_seconds),
            _of_extractors(results, name, lambda extractor: extractor.parent_cpu_seconds),
            _of_extractors(results, name, lambda extractor: extractor.wall_seconds),
        ]
        peak = _of_extractors(results, name, lambda extractor: extractor.peak_bytes / MIB)
        counts = (figures.files, figures.failed, figures.restarts, sum(figures.rows.values()))
        rows.append([name, *(f"{time:.2f}" for time in times), f"{peak:.0f}", *(f"{count:,}" for count in counts)])
    if len(rows) > 1:
        total = _over(results, _extraction_seconds)
        rows.append(["all", f"{total:.2f}", f"{_extraction(results):.2f}", *[""] * (len(rows[0]) - 3)])
    return rows


def _builds(results: Results) -> list[list[str]]:
    rows = [["build, workers", "CPU s", "× floors", "wall s", "peak MiB", "RSS MiB", "files", "failed", "rows"]]
    for count, figures in results.rounds[0].builds.items():
        times = [
            _of_builds(results, count, lambda build: build.cpu_seconds),
            _times_floors(results, count),
            _of_builds(results, count, lambda build: build.wall_seconds),
        ]
        peaks = [
            _of_builds(results, count, lambda build: build.peak_pss_bytes / MIB),
            _of_builds(results, count, lambda build: build.peak_rss_bytes / MIB),
        ]
        counts = (figures.files, figures.failed, sum(figures.rows.values()))
        rows.append([count, *(f"{time:.2f}" for time in times), *(f"{peak:.0f}" for peak in peaks), *(f"{count:,}" for count in counts)])
    return rows


def _stages(results: Results) -> list[list[str]]:
    builds = results.rounds[0].builds
    titles = [f"{count} worker{'s' if count != '1' else ''}" for count in builds]
    rows = [["stage", *(f"{title}, {unit}" for title in titles for unit in ("wall s", "CPU s", "of all CPU"))]]
    for stage in dict.fromkeys(stage for figures in builds.values() for stage in figures.stages):
        rows.append([stage, *chain.from_iterable(_of_stage(results, count, stage) for count in builds)])
    return rows


def _cancels(cancels: Sequence[CancelFigures]) -> list[list[str]]:
    rows = [["cancelled", "median s", "worst s", "too late", "exit codes", "survivors"]]
    waits = _waits(cancels)
    if waits:
        codes = Counter(cancel.exit for cancel in cancels if cancel.seconds is not None)
        exits = ", ".join(f"{count} × {code}" for code, count in sorted(codes.items()))
        survivors = sum(cancel.survivors for cancel in cancels)
        late = len(cancels) - len(waits)
        rows.append([f"{len(waits)} builds", f"{median(waits):.3f}", f"{max(waits):.3f}", str(late), exits, str(survivors)])
    return rows


def _pairs(results: Results) -> Iterator[tuple[str, str]]:
    """Measured extractors, each with its floor."""
    return ((floor.extractor, floor.call) for floor in FLOORS if floor.extractor in results.rounds[0].extractors)


def _waits(cancels: Sequence[CancelFigures]) -> list[float]:
    return [cancel.seconds for cancel in cancels if cancel.seconds is not None]


def _times_floor(results: Results, extractor: str, call: str) -> float:
    return _over(results, lambda round: round.extractors[extractor].cpu_seconds / round.floors[call].cpu_seconds)


def _extraction_seconds(round: Round) -> float:
    return sum(extractor.cpu_seconds for extractor in round.extractors.values())


def _extraction(results: Results) -> float:
    return _over(results, lambda round: _extraction_seconds(round) / sum(floor.cpu_seconds for floor in round.floors.values()))


def _times_floors(results: Results, count: str) -> float:
    return _over(results, lambda round: round.builds[count].cpu_seconds / sum(floor.cpu_seconds for floor in round.floors.values()))


def _speedup(results: Results, count: str) -> float:
    return _over(results, lambda round: round.builds["1"].wall_seconds / round.builds[count].wall_seconds)


def _of_floors(results: Results, call: str) -> float:
    return _over(results, lambda round: round.floors[call].cpu_seconds)


def _of_extractors(results: Results, name: str, value: Callable[[ExtractorFigures], float]) -> float:
    return _over(results, lambda round: value(round.extractors[name]))


def _of_stage(results: Results, count: str, stage: str) -> tuple[str, str, str]:
    """Wall seconds, processor seconds, and their share; nothing of a stage that is not in a build's account."""
    wall = _of_builds(results, count, lambda build: build.stages.get(stage, 0.0))
    cpu = _of_builds(results, count, lambda build: build.stage_cpu_seconds.get(stage, 0.0))
    share = _of_builds(results, count, lambda build: build.stage_cpu_seconds.get(stage, 0.0) / build.cpu_seconds)
    return f"{wall:.2f}", f"{cpu:.2f}", f"{share:.0%}"


def _of_builds(results: Results, count: str, value: Callable[[BuildFigures], float]) -> float:
    return _over(results, lambda round: value(round.builds[count]))


def _over(results: Results, value: Of) -> float:
    """The median over the rounds."""
    return median(map(value, results.rounds))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _change(former: float | None, latter: float | None) -> str:
    return f"{latter / former - 1:+.1%}" if former and latter is not None else ""
