"""`codeanatomy delta history`: the published generations, newest first, with the tables they name."""

from __future__ import annotations

import argparse

from codeanatomy.cli.answers import GenerationShown, History
from codeanatomy.cli.delta.place import output_of, place, tables_at
from codeanatomy.cli.output import counted, print_json

NAME = "history"
HELP = "List the generations with their runs, tables, versions and rows"

ORIGINS = ("restored_from", "optimized_from", "exported_from")
"""What a record says of the generation that it was made from."""


def arguments(parser: argparse.ArgumentParser) -> None:
    place(parser)


def run(options: argparse.Namespace) -> int:
    """Print them. A generation whose data are gone is listed as not readable."""
    from codeanatomy.care.generations import missing, published

    output = output_of(options)
    generations = [
        GenerationShown(
            generation=generation.number,
            current=place == 0,
            run_id=str(generation.record.get("run_id", "")),
            readable=not missing(generation),
            tables=tables_at(generation.record),
            **{origin: generation.record.get(origin) for origin in ORIGINS},
        )
        for place, generation in enumerate(published(output))
    ]
    if options.format == "json":
        print_json(History(str(output), generations))
        return 0
    print("\n".join(line for generation in generations for line in _lines(generation)))
    return 0


def _lines(generation: GenerationShown) -> list[str]:
    notes = [
        *(["current"] if generation.current else []),
        *([] if generation.readable else ["not readable"]),
        *(f"{origin.replace('_', ' ')} {number}" for origin in ORIGINS if (number := getattr(generation, origin))),
    ]
    head = f"generation {generation.generation}" + (f" ({', '.join(notes)})" if notes else "") + f"  run {generation.run_id}"
    width = max(map(len, generation.tables), default=0)
    return [
        head,
        *(f"  {name:{width}}  version {table.version}  {counted(table.rows, 'row')}" for name, table in generation.tables.items()),
    ]
