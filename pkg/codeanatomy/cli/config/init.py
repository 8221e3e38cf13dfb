"""`codeanatomy config init`: a `codeanatomy.toml` with every key, commented out, for a repository that has no configuration yet."""

from __future__ import annotations

import argparse
from pathlib import Path

from codeanatomy.cli.output import print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import some_path
from codeanatomy.failure import Coded

NAME = "init"
HELP = "Write a codeanatomy.toml to start from"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repository", nargs="?", type=some_path, default=Path(), metavar="REPO", help="folder of the repository [default: .]"
    )
    forms(parser)


def run(options: argparse.Namespace) -> int:
    """Write it. Raises CA824 where there is a configuration, CA805 where the file cannot be written."""
    from codeanatomy.cli.answers import ConfigWritten
    from codeanatomy.configuration import file
    from codeanatomy.configuration.template import template

    path = options.repository / file.NAME
    former = file.read_file(options.repository)
    if former is not None:
        raise Coded("CA824", f"{former.path} holds a configuration already", "edit it, or remove it first", {"file": str(former.path)})
    try:
        with path.open("x", encoding="utf-8") as new:
            new.write(template())
    except OSError as error:
        raise Coded("CA805", f"cannot write {path}: {error.strerror}", "name a folder that can be written to") from error
    if options.format == "json":
        print_json(ConfigWritten(str(path)))
    elif not options.quiet:
        say(f"Wrote {path}: every key of a build, commented out.")
    return 0
