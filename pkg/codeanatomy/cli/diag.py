"""`codeanatomy diag`: checks the machine, and a finished build, each check in one line."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from codeanatomy.cli.output import print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import some_path

if TYPE_CHECKING:
    from codeanatomy.diagnosis.check import Check, Status

NAME = "diag"
HELP = "Check this machine, and a finished build"

SOMETHING_FAILED = 2
RANKS: tuple[Status, ...] = ("ok", "warn", "fail")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--graph", type=some_path, metavar="OUT", help="output folder of a build, to check its tables and promises too")
    forms(parser)


def run(options: argparse.Namespace) -> int:
    """Print a line a check; exit code 2 when one fails."""
    from codeanatomy.diagnosis.machine import machine

    checks = anyio.run(machine, (options.graph or Path.cwd()).absolute())
    if options.graph is not None:
        from codeanatomy.diagnosis.graph import graph

        checks += graph(options.graph.absolute())
    worst = max((check.status for check in checks), key=RANKS.index)
    if options.format == "json":
        from codeanatomy.cli.answers import Checked, Diagnosis

        print_json(Diagnosis(worst, [Checked(check.what, check.status, check.detail, check.next) for check in checks]))
    else:
        print("\n".join(map(_line, checks)))
    if not options.quiet:
        counts = Counter(check.status for check in checks)
        say(", ".join(f"{counts[status]} {status}" for status in RANKS))
    return SOMETHING_FAILED if worst == "fail" else 0


def _line(check: Check) -> str:
    return f"{check.status:4} {check.what}: {check.detail}" + (f"; {check.next}" if check.next else "")
