"""`codeanatomy config show`: the settings that a build of the repository would use, and where each comes from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from codeanatomy.catalog.settings import SETTINGS
from codeanatomy.cli.output import print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import add_settings, configuration_of, some_path

if TYPE_CHECKING:
    from codeanatomy.configuration.effective import Configuration

NAME = "show"
HELP = "Show the settings that hold, and where each comes from"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repository", nargs="?", type=some_path, default=Path(), metavar="REPO", help="folder of the repository [default: .]"
    )
    parser.add_argument("--with-sources", action="store_true", help="say where each value comes from")
    add_settings(parser)
    forms(parser)


def run(options: argparse.Namespace) -> int:
    """Print them: as JSON always with their sources."""
    found = configuration_of(options.repository, options)
    if options.format == "json":
        _print_json(found)
        return 0
    from codeanatomy.configuration.template import shown

    print(shown(found, options.with_sources), end="")
    if not options.quiet:
        say(_read(found))
    return 0


def _print_json(found: Configuration) -> None:
    from codeanatomy.cli.answers import ConfigShown, SettingShown

    settings = [
        SettingShown(setting.key, given.value, given.source, given.place)
        for setting, given in ((setting, found.given[setting.field]) for setting in SETTINGS)
    ]
    file = found.file
    hides = str(file.hides) if file and file.hides else None
    print_json(ConfigShown(str(found.repository.absolute()), str(file.path) if file else None, hides, settings))


def _read(found: Configuration) -> str:
    if found.file is None:
        return f"There is no configuration file in {found.repository}; `codeanatomy config init` writes one."
    hides = f"; [tool.codeanatomy] of {found.file.hides} is not read" if found.file.hides else ""
    return f"Read {found.file.path}{hides}."
