"""`codeanatomy explain`: the page of a failure code."""

from __future__ import annotations

import argparse
from difflib import get_close_matches

from codeanatomy.catalog.failures import BY_CODE, FAILURES, FailureKind
from codeanatomy.cli.output import print_json
from codeanatomy.cli.parser import forms, offer
from codeanatomy.failure import Coded

NAME = "explain"
HELP = "Say what a failure code means and what to do"


def arguments(parser: argparse.ArgumentParser) -> None:
    code = parser.add_argument("code", nargs="?", metavar="CODE", help="such as CA201; all codes are listed if none is given")
    offer(code, BY_CODE)
    forms(parser)


def run(options: argparse.Namespace) -> int:
    if options.code is None:
        if options.format == "json":
            print_json({kind.code: kind for kind in FAILURES})
        else:
            print(_list())
        return 0
    kind = BY_CODE.get(options.code.upper())
    if kind is None:
        close = get_close_matches(options.code.upper(), BY_CODE, n=1)
        raise Coded(
            "CA803",
            f"there is no failure code {options.code!r}",
            f"did you mean {close[0]}?" if close else "`codeanatomy explain` lists all codes",
        )
    if options.format == "json":
        print_json(kind)
    else:
        print(_page(kind))
    return 0


def _list() -> str:
    return "\n".join(f"{kind.code}  {kind.name}" for kind in FAILURES)


def _page(kind: FailureKind) -> str:
    effect = {
        "source": "The source gets a row in `extract_errors`; the build goes on.",
        "warning": "The build goes on.",
        "build": f"The command ends with exit code {kind.exit}.",
    }[kind.level]
    return f"{kind.code}: {kind.name} ({kind.stage})\n\nWhat happened: {kind.what}\nWhy: {kind.why}\nWhat to do: {kind.next}\n\n{effect}"
