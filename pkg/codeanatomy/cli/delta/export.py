"""`codeanatomy delta export`: one generation as an output folder of its own, which every reader opens like the one it is from."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.answers import Republished
from codeanatomy.cli.delta.place import apply, generation, output_of, place, say_republished, tables_at
from codeanatomy.cli.settings import some_path
from codeanatomy.query.generation import open_generation

NAME = "export"
HELP = "Write one generation into a folder of its own"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=some_path, metavar="TARGET", help="an empty or a new folder")
    generation(parser)
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say what it would hold; with `--apply`, write it. Raises CA801, CA802, CA840, CA843 and CA845."""
    from codeanatomy.care import rewrite

    chosen = open_generation(output_of(options), options.generation)
    target = options.target.absolute()
    rewrite.check_target(target)
    number, record = anyio.run(rewrite.export, chosen, target) if options.apply else (None, chosen.record)
    answer = Republished(str(target), options.apply, number, tables_at(record))
    return say_republished(options, answer, f"exported generation {chosen.number} to {target}")
