"""`codeanatomy delta cleanup-log`: removes commits before the checkpoints that every generation can be read from."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.delta.place import apply, care, output_of, place, say_care

NAME = "cleanup-log"
HELP = "Remove log files that no published generation needs any more"


def arguments(parser: argparse.ArgumentParser) -> None:
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say what goes; with `--apply`, remove it. Raises CA801, and CA620 while a build writes."""
    from codeanatomy.care import logs
    from codeanatomy.care.generations import published

    output = output_of(options)
    back = logs.holding_back(output)
    oldest = published(output)[-1].number
    notes = [*back, f"`codeanatomy delta checkpoint --generation {oldest} --apply` writes them"] if back else []
    answer = care(options, output, logs.unneeded_log(output), notes)
    if options.apply:
        anyio.run(logs.clean_log, output)
    return say_care(options, answer, "removed")
