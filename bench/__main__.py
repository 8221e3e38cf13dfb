"""`python -m bench`: its verbs, and the course of a run. What is measured, and how, is in the modules it calls."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.accuracy import command as accuracy
from bench.ask import ask
from bench.build import SCRATCH, measure_build
from bench.cancel import measure_cancels
from bench.commit import commit
from bench.corpus import Corpus, corpus
from bench.extractors import BY_NAME as EXTRACTORS
from bench.extractors import measure_extractor
from bench.floors import FLOORS, measure_floor
from bench.interrupt import interruptions, verdict
from bench.report import comparison, page
from bench.results import BuildFigures, CancelFigures, ExtractorFigures, FloorFigures, Results, Round
from bench.sources import BENCHMARKED, BY_NAME, source

PARTS = ("extractors", "build", "cancel")


def main() -> int:
    options = _options()
    verb: Callable[[argparse.Namespace], None] = options.verb
    try:
        verb(options)
    except RuntimeError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def data(options: argparse.Namespace) -> None:
    """Fetch every source distribution and say where it is."""
    for distribution in BY_NAME.values():
        found = corpus(source(distribution.name))
        print(f"{distribution.stem}: {len(found.files):,} files, {found.size / 1e6:.1f} MB in {found.folder}")


def run(options: argparse.Namespace) -> None:
    """Measure, print the tables, keep the figures."""
    results = _results(options)
    output = options.output or SCRATCH / f"{results.state}-{results.repository}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    print(page(results))
    _say(f"figures are in {output}")


def compare(options: argparse.Namespace) -> None:
    """Put two runs side by side."""
    former, latter = (msgspec.json.decode(path.read_bytes(), type=Results) for path in (options.former, options.latter))
    if former.repository != latter.repository or former.version != latter.version:
        raise RuntimeError("the two runs are not of the same repository")
    print(comparison(former, latter))


def questions(options: argparse.Namespace) -> None:
    """Say how long questions of a graph take."""
    print(ask(options.graph, options.rounds))


def interrupt(options: argparse.Namespace) -> None:
    """Kill and cancel builds at random moments, and say what came of it."""
    found = []
    for one in interruptions(source(options.repository), options.count, options.seed):
        found.append(one)
        what = "; ".join(one.wrong) or "nothing wrong"
        _say(f"{len(found)}/{2 * options.count}: {one.number.name} after {one.moment:.2f} s, gone {one.seconds:.2f} s later: {what}")
    text, held = verdict(found)
    print(text)
    if not held:
        raise RuntimeError("a promise was not kept")


def _results(options: argparse.Namespace) -> Results:
    found = corpus(source(options.repository))
    at, changed = commit()
    load, _, _ = os.getloadavg()
    rounds = [_round(found, options, number + 1) for number in range(options.rounds)]
    cancels = _cancels(found, options, rounds) if "cancel" in options.parts else []
    return Results(
        commit=at,
        changed=changed,
        repository=options.repository,
        version=BY_NAME[options.repository].version,
        python=platform.python_version(),
        platform=platform.platform(),
        processors=len(os.sched_getaffinity(0)),
        load=load,
        workers=options.workers,
        rounds=rounds,
        cancels=cancels,
    )


def _round(found: Corpus, options: argparse.Namespace, number: int) -> Round:
    """Each extractor directly after its floor, then the builds: what a busy machine adds, it adds to both sides of a ratio."""
    floors: dict[str, FloorFigures] = {}
    extractors: dict[str, ExtractorFigures] = {}
    builds: dict[str, BuildFigures] = {}
    for floor in FLOORS:
        _say(f"round {number}: {floor.call}")
        floors[floor.call] = measure_floor(floor, found)
        if "extractors" in options.parts:
            _say(f"round {number}: extractor {floor.extractor}")
            extractors[floor.extractor] = measure_extractor(EXTRACTORS[floor.extractor], found)
    if "build" in options.parts:
        for workers in sorted({options.workers, 1}, reverse=True):
            _say(f"round {number}: build, {workers} workers")
            builds[str(workers)] = measure_build(found.folder, workers)
    return Round(floors=floors, extractors=extractors, builds=builds)


def _cancels(found: Corpus, options: argparse.Namespace, rounds: list[Round]) -> list[CancelFigures]:
    seconds = min(round.builds[str(options.workers)].wall_seconds for round in rounds)
    _say(f"cancelling {options.cancels} builds")
    return list(measure_cancels(found.folder, options.workers, seconds, options.cancels))


def _say(sentence: str) -> None:
    print(f"bench: {sentence}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verbs.add_parser("data", help="fetch the source distributions").set_defaults(verb=data)
    measuring = verbs.add_parser("run", help="measure, print the tables, keep the figures")
    measuring.set_defaults(verb=run)
    measuring.add_argument(
        "--repository",
        choices=[distribution.name for distribution in BENCHMARKED],
        default="django",
        help="the source distribution to measure [django]",
    )
    measuring.add_argument("--rounds", type=_count, default=1, metavar="N", help="passes over everything; medians are shown [1]")
    measuring.add_argument("--workers", type=_count, default=2, metavar="N", help="workers of a build; 1 is measured too [2]")
    measuring.add_argument("--cancels", type=_count, default=5, metavar="N", help="builds to cancel [5]")
    measuring.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure against the floors [all]")
    measuring.add_argument("--output", type=Path, metavar="FILE", help="where the figures go [build/bench/COMMIT-REPOSITORY.json]")
    comparing = verbs.add_parser("compare", help="put the ratios of two runs side by side")
    comparing.set_defaults(verb=compare)
    comparing.add_argument("former", type=Path, metavar="A")
    comparing.add_argument("latter", type=Path, metavar="B")
    judging = verbs.add_parser("accuracy", help="hold the graph against truths that others wrote")
    judging.set_defaults(verb=accuracy.run)
    accuracy.arguments(judging)
    interrupting = verbs.add_parser("interrupt", help="kill and cancel builds at random moments")
    interrupting.set_defaults(verb=interrupt)
    interrupting.add_argument("--count", type=_count, default=100, metavar="N", help="kills, and as many cancels [100]")
    interrupting.add_argument("--repository", choices=sorted(BY_NAME), default="pycg", help="the source distribution to build [pycg]")
    interrupting.add_argument("--seed", type=int, default=0, metavar="N", help="what the moments are drawn from [0]")
    asking = verbs.add_parser("ask", help="ask a graph every question, in the library and as a command")
    asking.set_defaults(verb=questions)
    asking.add_argument("graph", type=Path, metavar="GRAPH", help="output folder of a build")
    asking.add_argument("--rounds", type=_count, default=5, metavar="N", help="times that each is asked; medians are shown [5]")
    options = parser.parse_args()
    if "cancel" in getattr(options, "parts", ()) and "build" not in options.parts:
        parser.error("cancel needs build: its moments are spread over the time that a build takes")
    return options


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


if __name__ == "__main__":
    sys.exit(main())
