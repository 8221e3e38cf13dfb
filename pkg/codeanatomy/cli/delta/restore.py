"""`codeanatomy delta restore`: makes an earlier generation current again, by publishing it as the next one."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.answers import Republished
from codeanatomy.cli.delta.place import apply, output_of, place, say_republished, tables_at
from codeanatomy.query.generation import open_generation

NAME = "restore"
HELP = "Make an earlier generation current again"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("generation", type=int, metavar="N", help="its number, as `delta history` lists it")
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say what it would name; with `--apply`, publish it. Raises CA801, CA802, CA842, CA843, CA620 and CA621."""
    from codeanatomy.care import restore

    output = output_of(options)
    chosen = open_generation(output, options.generation)
    restore.check(chosen)
    number = anyio.run(restore.restore, chosen) if options.apply else None
    answer = Republished(str(output), options.apply, number, tables_at(chosen.record))
    return say_republished(options, answer, f"restored generation {chosen.number}")
