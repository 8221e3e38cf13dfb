"""What the commands of `delta` share: the output folder, whether to change it, and how they say what they did."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeanatomy.cli.output import counted, print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import positive, some_path
from codeanatomy.query.generation import find_output

if TYPE_CHECKING:
    from codeanatomy.cli.answers import Care, Republished, TableAt


def place(parser: argparse.ArgumentParser) -> None:
    """`--graph`, and the forms of an answer."""
    parser.add_argument(
        "--graph", type=some_path, metavar="DIR", help="output folder of a build [default: the nearest build/codeanatomy upward]"
    )
    forms(parser)


def apply(parser: argparse.ArgumentParser) -> None:
    """`--apply`."""
    parser.add_argument("--apply", action="store_true", help="do it; without this it is only said what would be done")


def keep(parser: argparse.ArgumentParser) -> None:
    """`--keep`."""
    parser.add_argument("--keep", type=positive(int), metavar="N", help="generations that stay readable [default: all that are published]")


def generation(parser: argparse.ArgumentParser) -> None:
    """`--generation`."""
    parser.add_argument("--generation", type=int, metavar="N", help="a generation that is not the current one")


def output_of(options: argparse.Namespace) -> Path:
    """The output folder. Raises CA801 where none is found."""
    folder: Path = (options.graph or find_output(Path.cwd())).absolute()
    return folder


def tables_at(record: Mapping[str, Any]) -> dict[str, TableAt]:
    """The tables that a record names."""
    from codeanatomy.cli.answers import TableAt

    return {name: TableAt(table["version"], table["rows"]) for name, table in record["tables"].items()}


def care(options: argparse.Namespace, output: Path, found: Mapping[str, Sequence[Path]], notes: Sequence[str] = ()) -> Care:
    """The answer about these files; their bytes are those that are there now."""
    from codeanatomy.cli.answers import Care

    size = sum(path.stat().st_size for paths in found.values() for path in paths if path.exists())
    files = {name: [str(path) for path in paths] for name, paths in found.items()}
    return Care(str(output), options.apply, files, size, list(notes))


def say_care(options: argparse.Namespace, answer: Care, what: str) -> int:
    """Print the answer: files on stdout, the rest on stderr. `what` is the word for what is done to them."""
    if options.format == "json":
        print_json(answer)
        return 0
    for paths in answer.files.values():
        print("\n".join(paths))
    if not options.quiet:
        for note in answer.notes:
            say(note)
        count = sum(map(len, answer.files.values()))
        size = f" of {answer.bytes:,} bytes" if answer.bytes else ""
        say(f"{'' if answer.applied else 'dry run: would have '}{what} {counted(count, 'file')}{size}{_then(options, count)}")
    return 0


def say_republished(options: argparse.Namespace, answer: Republished, what: str) -> int:
    """Print the answer: tables with their versions on stdout, the rest on stderr. `what` says what is done."""
    if options.format == "json":
        print_json(answer)
        return 0
    for name, table in answer.tables.items():
        print(f"{name}  version {table.version}  {counted(table.rows, 'row')}")
    if not options.quiet:
        for note in answer.notes:
            say(note)
        as_generation = f" as generation {answer.generation}" if answer.generation else ""
        say(f"{'' if answer.applied else 'dry run: would have '}{what}{as_generation}{_then(options, len(answer.tables))}")
    return 0


def _then(options: argparse.Namespace, count: int) -> str:
    return "" if options.apply or not count else "; --apply does it"
