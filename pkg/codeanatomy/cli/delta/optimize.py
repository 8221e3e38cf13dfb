"""`codeanatomy delta optimize`: tables in many small files, written into few, as a new generation with the same content."""

from __future__ import annotations

import argparse

import anyio

from codeanatomy.cli.answers import Republished
from codeanatomy.cli.delta.place import apply, output_of, place, say_republished, tables_at
from codeanatomy.cli.output import counted
from codeanatomy.query.generation import open_generation

NAME = "optimize"
HELP = "Join small data files; the content stays, former generations stay readable"


def arguments(parser: argparse.ArgumentParser) -> None:
    apply(parser)
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Say which tables; with `--apply`, write them and publish. Raises CA801, CA620, CA621, CA843 and CA845."""
    from codeanatomy.care import rewrite

    output = output_of(options)
    current = open_generation(output)
    names = [table.name for table in rewrite.scattered(current)]
    if not names:
        return say_republished(
            options, Republished(str(output), options.apply, None, {}, ["no table lies in small files"]), "joined the files of 0 tables"
        )
    number, record = anyio.run(rewrite.optimize, current) if options.apply else (None, current.record)
    tables = {name: table for name, table in tables_at(record).items() if name in names}
    return say_republished(
        options, Republished(str(output), options.apply, number, tables), f"joined the files of {counted(len(names), 'table')}"
    )
