"""`codeanatomy ask`: the questions people ask of a graph. It reads arguments and prints answers; finding them is `query`'s."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codeanatomy.catalog.questions import BY_NAME
from codeanatomy.cli.output import print_json
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import positive, some_path
from codeanatomy.query.generation import find_output

if TYPE_CHECKING:
    from codeanatomy.query.answer import Answer
    from codeanatomy.query.graph import OpenGraph

NAME = "ask"
HELP = "Ask a graph what people ask: who calls this, what may a change affect, where does a value come from"


@dataclass(frozen=True, slots=True)
class Command:
    """A question as a command of its own, and what it takes."""

    NAME: str
    takes: Callable[[argparse.ArgumentParser], None]

    @property
    def HELP(self) -> str:
        return BY_NAME[self.NAME].sentence.rstrip(".")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        self.takes(parser)
        graph = "output folder of a build; default: the nearest build/codeanatomy upward"
        parser.add_argument("--graph", type=some_path, metavar="DIR", help=graph)
        parser.add_argument("--generation", type=int, metavar="N", help="a generation that is not the current one")
        parser.add_argument("--limit", type=positive(int), metavar="N", help="no more than N rows; of a slice 200 unless told otherwise")
        forms(parser)
        parser.set_defaults(question=self.NAME, usage=parser.error)

    def run(self, options: argparse.Namespace) -> int:
        if options.question == "imports" and options.cycles and options.module:
            options.usage("--cycles is asked of all modules")
        from codeanatomy.query.graph import open_graph_sync  # imports DataFusion

        graph = open_graph_sync(options.graph or find_output(Path.cwd()), options.generation)
        gc.freeze()  # what was imported stays: many rows would have the collector look through it again
        answer = answered(graph, options)
        if options.format == "json":
            print_json(answer.document(options.limit))
        else:
            from codeanatomy.cli.excerpts import show

            show(graph, answer, options.limit, options.quiet)
        return 0


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="qualified name, or an ending of it that only one thing has")


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", type=_position, metavar="PATH:LINE:COL", help="a source, a line and a column, both from 1")


def _imports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("module", nargs="?", metavar="MODULE", help="dotted name of a module; default: all")
    parser.add_argument("--cycles", action="store_true", help="modules that import each other in a circle")


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="changed sources, or folders of them")
    _depth(parser)


def _line(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", type=_line_of, metavar="PATH:LINE", help="a source and a line, from 1")
    direction = parser.add_mutually_exclusive_group()
    direction.add_argument(
        "--backward", action="store_const", const=False, dest="forward", default=False, help="what it depends on [default]"
    )
    direction.add_argument("--forward", action="store_const", const=True, default=False, help="what depends on it")
    _depth(parser)


def _depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--depth", type=positive(int), metavar="N", help="no farther than N steps away")


def _two_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("start", metavar="A", help="who calls: qualified name or a unique ending of it")
    parser.add_argument("goal", metavar="B", help="what is reached: qualified name or a unique ending of it")


def _line_of(text: str) -> tuple[str, int]:
    path, _, line = text.rpartition(":")
    if not path or not line.isdecimal() or int(line) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not PATH:LINE")
    return path, int(line)


def _position(text: str) -> tuple[str, int, int]:
    rest, _, col = text.rpartition(":")
    path, _, line = rest.rpartition(":")
    if not path or not line.isdecimal() or not col.isdecimal() or not int(line) or not int(col):
        raise argparse.ArgumentTypeError(f"{text!r} is not PATH:LINE:COL")
    return path, int(line), int(col)


COMMANDS = (
    Command("callers", _name),
    Command("callees", _name),
    Command("refs", _name),
    Command("definition", _place),
    Command("subclasses", _name),
    Command("overrides", _name),
    Command("imports", _imports),
    Command("impact", _paths),
    Command("slice", _line),
    Command("path", _two_names),
)


def answered(graph: OpenGraph, options: argparse.Namespace) -> Answer:
    """The answer to what the command line asks."""
    from codeanatomy.query import calls, hierarchy, impact, imports, slices, uses

    match options.question:
        case "callers":
            return calls.callers(graph, options.name)
        case "callees":
            return calls.callees(graph, options.name)
        case "refs":
            return uses.refs(graph, options.name)
        case "definition":
            return uses.definition(graph, *options.place)
        case "subclasses":
            return hierarchy.subclasses(graph, options.name)
        case "overrides":
            return hierarchy.overrides(graph, options.name)
        case "imports":
            return imports.import_cycles(graph) if options.cycles else imports.imports(graph, options.module)
        case "impact":
            return impact.impact(graph, options.paths, options.depth)
        case "slice":
            path, line = options.place
            return slices.slice_of(graph, path, line, options.forward, options.depth, options.limit or slices.LINES)
        case _:
            return calls.path(graph, options.start, options.goal)
