"""`codeanatomy delta vacuum`: removes data files and records that no kept generation needs."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.delta.place import apply, care, keep, output_of, place, say_care

NAME = "vacuum"
HELP = "Remove data files that no kept generation names"


def arguments(parser: argparse.ArgumentParser) -> None:
    keep(parser)
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say what goes; with `--apply`, remove it. Raises CA801, CA841, and CA620 while a build writes."""
    from codeanatomy.care import files

    output = output_of(options)
    answer = care(options, output, files.unneeded(output, options.keep))
    if options.apply:
        anyio.run(files.vacuum, output, options.keep)
    return say_care(options, answer, "removed")
