"""The settings of a build as flags, and what they come to with the file of the repository and the environment."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeanatomy.catalog.settings import SETTINGS, Setting

if TYPE_CHECKING:
    from codeanatomy.configuration.effective import Configuration


def add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting. A flag that is not given leaves nothing in the options."""
    groups: dict[str, Any] = {}
    for setting in SETTINGS:
        group = groups.setdefault(setting.group, None) or parser.add_argument_group(setting.group)
        groups[setting.group] = group
        group.add_argument(*setting.flags, **_argument(setting))


def configuration_of(repository: Path, options: argparse.Namespace) -> Configuration:
    """What holds for that repository under those flags. Raises `Coded`: CA110 where there is none, CA820 to CA825."""
    from codeanatomy.configuration.effective import configuration  # numpy and pyarrow come with it: `--help` does without
    from codeanatomy.scan import check_repository

    check_repository(repository)
    given = vars(options)
    flags = {setting.field: given[setting.field] for setting in SETTINGS if setting.field in given}
    return configuration(repository, flags, os.environ)


def _argument(setting: Setting) -> dict[str, Any]:
    common: dict[str, Any] = {"dest": setting.field, "help": _sentence(setting), "default": argparse.SUPPRESS}
    match setting.type:
        case "flag":
            return {**common, "action": "store_true"}
        case "switch":
            return {**common, "action": argparse.BooleanOptionalAction}
        case "globs":
            return {**common, "action": "append", "metavar": "GLOB"}
        case "texts":
            return {**common, "action": "append", "metavar": "TEXT"}
        case "text":
            return {**common, "metavar": "TEXT"}
        case "file" | "program":
            return {**common, "type": some_path, "metavar": "FILE"}
        case "choice":
            return {**common, "type": setting.chosen, "choices": setting.choices}
        case "int":
            return {**common, "type": positive(int), "metavar": "N"}
        case "count":
            return {**common, "type": count, "metavar": "N"}
        case "share":
            return {**common, "type": share, "metavar": "SHARE"}
        case "float":
            return {**common, "type": positive(float), "metavar": "SECONDS"}
        case _:
            return {**common, "type": some_path, "metavar": "DIR"}


def _sentence(setting: Setting) -> str:
    notes = [setting.environment] if setting.environment else []
    if setting.type == "switch":
        notes.insert(0, "default: on" if setting.default else "default: off")
    elif setting.default not in (None, False):
        default = f"{setting.default:g}" if isinstance(setting.default, float) else setting.default
        notes.insert(0, f"default: {default}")
    return setting.sentence + (f" [{'; '.join(notes)}]" if notes else "")


def some_path(text: str) -> Path:
    """What argparse converts a path with: an empty one, as of a variable of the shell that is not set, would be the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("an empty path names nothing")
    return Path(text)


def output_path(text: str) -> Path | None:
    """The same for what a command writes: `-` is standard output, as it is where no path is given."""
    return None if text == "-" else some_path(text)


def positive(number: type[int] | type[float]) -> Any:
    """What argparse converts a number above zero with."""

    def convert(text: str) -> int | float:
        value = number(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return value

    convert.__name__ = number.__name__  # argparse names it in its message
    return convert


def count(text: str) -> int:
    """What argparse converts a number that may be zero with."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below zero")
    return value


def share(text: str) -> float:
    """What argparse converts a number from 0 to 1 with."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value
