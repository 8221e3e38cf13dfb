"""`codeanatomy build`: extract, compute, publish. It draws the progress and maps the outcome to an exit code."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.cli.invocation import Invocation, invocation
from codeanatomy.cli.output import counted, exit_code, fail, print_json, problem, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.progress import Progress
from codeanatomy.cli.settings import add_settings, configuration_of, some_path
from codeanatomy.events import BuildUnfinished, Event
from codeanatomy.failure import Coded, Failure

if TYPE_CHECKING:
    from codeanatomy.product import GraphProductBuildResult, UnfinishedBuild

NAME = "build"
HELP = "Build and publish the graph of a repository"

STOPS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130
TERMINATED = 143
SHOWN_PROBLEMS = 3
"""Sources named at the end for each code of failures."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", type=some_path, metavar="REPO", help="folder of the repository")
    add_settings(parser)
    forms(parser)


def run(options: argparse.Namespace) -> int:
    """Build, and print the outcome."""
    unfinished: list[UnfinishedBuild] = []
    try:
        with _noted() as early, invocation(configuration_of(options.repository, options).request()) as call:
            progress = Progress(sys.stderr, quiet=options.quiet, verbose=options.verbose)
            outcome = anyio.run(_supervise, call, progress, early, unfinished)
            call.ended(outcome.code if isinstance(outcome, _Stopped) else exit_code(outcome) if isinstance(outcome, Coded) else 0)
    except Coded as failure:
        return _report(failure, unfinished, options)
    for warning in call.warnings:
        say(f"codeanatomy: warning: {warning}")
    if isinstance(outcome, _Stopped):
        return _report(outcome.failure, unfinished, options, outcome.code)
    if isinstance(outcome, Coded):
        return _report(outcome, unfinished, options)
    return _succeed(outcome, options)


@contextmanager
def _noted() -> Iterator[list[int]]:
    """Signals that come before there is a build to cancel: they end it as later ones do, with a code and an object, and not amid imports."""
    noted: list[int] = []
    former = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in STOPS}
    try:
        yield noted
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class _Stopped:
    """A build that a signal ended: what to say of it and the exit code."""

    def __init__(self, number: int) -> None:
        interrupted = number == signal.SIGINT
        self.code = INTERRUPTED if interrupted else TERMINATED
        self.failure = Coded("CA690", f"cancelled by {'SIGINT' if interrupted else 'SIGTERM'}", "the former generation is as it was")


async def _supervise(
    call: Invocation, progress: Progress, early: list[int], unfinished: list[UnfinishedBuild]
) -> GraphProductBuildResult | Coded | _Stopped:
    """The build under two watchers: a signal cancels it, and the progress line moves. What there is of one that did not end well goes to `unfinished`."""
    from codeanatomy.build import build_graph_product

    outcome: list[GraphProductBuildResult | Coded | _Stopped] = []

    def tell(event: Event) -> None:
        if isinstance(event, BuildUnfinished):
            unfinished.append(event.build)
        progress.tell(event)

    with anyio.open_signal_receiver(*STOPS) as signals:
        if early:
            return _Stopped(early[0])
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                async for number in signals:
                    outcome.append(_Stopped(number))
                    tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            tasks.start_soon(progress.draw)
            try:
                outcome.append(await build_graph_product(call.request, tell, call.telemetry))
            except Coded as failure:
                outcome.append(failure)
            tasks.cancel_scope.cancel()
    progress.clear()
    return outcome[0]


def _succeed(result: GraphProductBuildResult, options: argparse.Namespace) -> int:
    if options.format == "json":
        print_json(result.to_dict())
    if not options.quiet:
        _summary(result, options.repository)
    return 0


def _summary(result: GraphProductBuildResult, repository: Path) -> None:
    nodes, edges = result.tables["cpg_nodes"].rows, result.tables["cpg_edges"].rows
    failed = f", {result.files_failed:,} with failures" if result.files_failed else ""
    did = "Replayed" if result.determinism.verdict == "replayed" else "Built"
    lines = [
        f"{did} {counted(nodes, 'node')} and {counted(edges, 'edge')} from {counted(result.files_scanned, 'file')}{failed} in {result.seconds:.1f} s."
    ]
    for code, count in result.failures.items():
        lines.append(f"  {count:,} × {code}: {BY_CODE[code].name} (`codeanatomy explain {code}`)")
        lines += [f"    {_place(problem)}: {problem.message}" for problem in result.problems if problem.code == code][:SHOWN_PROBLEMS]
    lines += [f"  warning: {warning}" for warning in result.warnings]
    lines += _verdict(result)
    graph = (
        ""
        if result.output_dir == repository.absolute() / "build" / "codeanatomy" and Path.cwd() == repository.absolute()
        else f" --graph {shlex.quote(str(result.output_dir))}"
    )
    lines += [
        f"Graph: {result.output_dir} (generation {result.generation})",
        *([f"Report: {result.report_path}"] if result.report_path else ()),
        "Ask it:",
        f'  codeanatomy query{graph} "SELECT caller, callee, path, line FROM calls LIMIT 10"',
        f'  codeanatomy query{graph} "SELECT kind, count(*) AS n FROM definitions GROUP BY kind ORDER BY n DESC"',
        f"  codeanatomy query{graph} \"SELECT path, target FROM imports WHERE target_kind = 'external' LIMIT 10\"",
    ]
    say("\n".join(lines))


def _verdict(result: GraphProductBuildResult) -> list[str]:
    """What came of holding the build to an earlier one, if that was asked."""
    match result.determinism.verdict:
        case "verified":
            return [f"It is the same as generation {result.determinism.generation}, of the same inputs."]
        case "replayed":
            return [f"They are those of generation {result.determinism.generation}: the same rows and hashes. Nothing was published."]
        case "no_earlier_run":
            return ["There is no earlier build of the same inputs to hold it to: later ones are held to this one."]
        case _:
            return []


def _place(problem: Failure) -> str:
    return (problem.path or ".") + (f":{problem.line}" if problem.line else "")


def _report(failure: Coded, unfinished: list[UnfinishedBuild], options: argparse.Namespace, code: int | None = None) -> int:
    from codeanatomy.product import UnfinishedBuild

    exit = exit_code(failure) if code is None else code
    # Without a run (wrong settings, no exporter), there is nothing of one.
    build = unfinished[0] if unfinished else UnfinishedBuild("failed" if code is None else "cancelled", None, options.repository.absolute())
    if build.generation:
        failure.hint = f"generation {build.generation} was published before"
    if options.format == "json":
        print_json(build.to_dict(problem(failure)))
    for warning in build.warnings:
        say(f"codeanatomy: warning: {warning}")
    fail(failure, options.verbose)
    if build.run_bundle:
        say(f"  what there is of the run: {build.run_bundle}")
    return exit
