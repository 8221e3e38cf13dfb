"""`codeanatomy delta checkpoint`: a Delta checkpoint of every table at the version that a generation names."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.delta.place import apply, care, generation, output_of, place, say_care
from codeanatomy.query.generation import open_generation

NAME = "checkpoint"
HELP = "Write a checkpoint of every table of a generation, from which readers start"


def arguments(parser: argparse.ArgumentParser) -> None:
    generation(parser)
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say which are wanting; with `--apply`, write them. Raises CA801, CA802, CA841, and CA620 while a build writes."""
    from codeanatomy.care import logs

    output = output_of(options)
    chosen = open_generation(output, options.generation)
    wanted = logs.without_checkpoint(chosen)
    if options.apply:
        anyio.run(logs.checkpoint, chosen)
    return say_care(options, care(options, output, {name: [path] for name, path in wanted.items()}), "written")
