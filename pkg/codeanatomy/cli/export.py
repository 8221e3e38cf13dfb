"""`codeanatomy export`: the graph in the forms of other programs. It reads arguments; the forms are `export`'s."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from codeanatomy.cli.output import print_json, say
from codeanatomy.cli.parser import forms, offer
from codeanatomy.cli.settings import output_path, positive, some_path
from codeanatomy.export.forms import FORMS, export, stream, wanted
from codeanatomy.failure import Coded
from codeanatomy.query.generation import find_output

NAME = "export"
HELP = "Write a graph in a form that other programs read"


def arguments(parser: argparse.ArgumentParser) -> None:
    kinds = "; ".join(f"{form.name}: {form.sentence}" for form in FORMS)
    offer(parser.add_argument("--format", required=True, metavar="FORM", dest="form", help=kinds), (form.name for form in FORMS))
    parser.add_argument(
        "--output", type=output_path, metavar="PATH", help="file or folder to write; default: standard output (-) where it is one stream"
    )
    parser.add_argument(
        "--graph", type=some_path, metavar="DIR", help="output folder of a build; default: the nearest build/codeanatomy upward"
    )
    parser.add_argument("--generation", type=int, metavar="N", help="a generation that is not the current one")
    parser.add_argument("--function", metavar="NAME", help="dot: the control flow of a function, class body or module")
    parser.add_argument("--around", metavar="NAME", help="dot: what calls, inherits, overrides or holds a definition, and what that does")
    parser.add_argument("--depth", type=positive(int), metavar="N", help="with --around: how many steps away [default: 1]")
    forms(parser)


def run(options: argparse.Namespace) -> int:
    what = wanted(options.form, options.function, options.around, options.depth)
    if options.output is None and what.form.folder:
        raise Coded("CA635", f"{what.form.name} is several files", "name a folder for them with --output")
    if options.output is None and options.format == "json":
        raise Coded("CA635", "standard output takes either the graph or what is said of it", "name a file with --output")
    from codeanatomy.query.graph import open_graph_sync  # imports DataFusion

    graph = open_graph_sync(options.graph or find_output(Path.cwd()), options.generation)
    if options.output is None:
        stream(what)(graph, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return 0
    files = export(graph, what, options.output)
    if options.format == "json":
        from codeanatomy.cli.answers import Exported, ExportedFile

        written = [ExportedFile(str(file), file.stat().st_size) for file in files]
        print_json(Exported(graph.generation.number, what.form.name, written))
    elif options.verbose:
        say("\n".join(f"wrote {file}" for file in files))
    return 0
