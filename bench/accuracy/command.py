"""`python -m bench accuracy`: runs suites, prints what they found, keeps the figures when told to. How a suite judges is its own."""

from __future__ import annotations

import argparse
import platform
import sys
import time

from bench.accuracy.cases import differences
from bench.accuracy.results import KEPT, Accuracy, SuiteFigures, figures, keep, kept, table
from bench.accuracy.suites import BY_NAME, SUITES, Suite
from bench.commit import commit


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"what to run: {', '.join(BY_NAME)} [all]")
    parser.add_argument("--diffs", action="store_true", help="list what is missing and spurious, case by case")
    parser.add_argument(
        "--keep", action="store_true", help=f"put the figures into {KEPT.name} and the README; those of the other suites stay"
    )


def run(options: argparse.Namespace) -> None:
    """Run the suites that are named, or all."""
    unknown = [name for name in options.suites if name not in BY_NAME]
    if unknown:
        raise RuntimeError(f"there is no suite {unknown[0]!r}; there are {', '.join(BY_NAME)}")
    found = [_one(suite, options.diffs) for suite in SUITES if not options.suites or suite.name in options.suites]
    print(table(found))
    for suite in found:
        for fact, value in suite.facts.items():
            print(f"{suite.suite}: {fact}: {value:g}")
    if options.keep:
        keep(Accuracy(python=platform.python_version(), suites=_with_former(found)))


def _with_former(found: list[SuiteFigures]) -> list[SuiteFigures]:
    """The figures of all suites, those of suites that did not run as they were kept."""
    by_name = {figures.suite: figures for figures in (*kept().suites, *found)}
    return [by_name[suite.name] for suite in SUITES if suite.name in by_name]


def _one(suite: Suite, diffs: bool) -> SuiteFigures:
    print(f"bench: {suite.name}", file=sys.stderr, flush=True)
    began = time.monotonic()
    outcome = suite.run()
    seconds = time.monotonic() - began
    if diffs:
        print("\n".join(differences(outcome.cases)), flush=True)
    at, changed = commit()
    return figures(f"{at} and changes" if changed else at, suite.name, suite.of, suite.source, outcome, seconds)
