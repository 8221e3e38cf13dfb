"""How the command line is read: argparse with our exit code, our help, and the options that every command has. It knows no command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from importlib import metadata
from typing import Any, NoReturn, Protocol

USAGE = 64


class Command(Protocol):
    """A module of one command: its name, its sentence, and either `arguments` and `run`, or `COMMANDS` with its own commands."""

    NAME: str
    HELP: str


class Parser(argparse.ArgumentParser):
    """argparse with the exit code of a usage error that this command promises, and without guessing at abbreviations."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": Help, **options})

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"codeanatomy: {message}\n")


class Help(argparse.HelpFormatter):
    """The same help on every version of Python: one line of usage, and each option with its metavar once."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"max_help_position": 34, **options})

    def _format_usage(self, usage: str | None, actions: Iterable[argparse.Action], groups: object, prefix: str | None) -> str:
        actions = list(actions)
        words = [self._prog, *(["[OPTIONS]"] if any(action.option_strings for action in actions) else [])]
        words += [self._format_args(action, str(action.metavar or action.dest)) for action in actions if not action.option_strings]
        # argparse asks for the name of a command's parser in this way, too, with an empty prefix.
        return f"{'usage: ' if prefix is None else prefix}{' '.join(words)}\n\n"

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        # Some versions forget that commands are indented.
        lengths = [len(self._format_action_invocation(part)) + self._current_indent for part in self._iter_indented_subactions(action)]
        self._action_max_length = max(self._action_max_length, *lengths, 0)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        metavar = str(action.metavar) if action.metavar else "{" + ",".join(map(str, action.choices or ())) + "}"
        return f"{', '.join(action.option_strings)} {self._format_args(action, metavar)}"


class ShowVersion(argparse.Action):
    """`--version`."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"codeanatomy {metadata.version('codeanatomy')}")
        parser.exit()


def talk(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """`-q` and `-v`: before the command and after it."""
    parser.add_argument("-q", "--quiet", action="store_true", default=default, help="say nothing but results and errors")
    parser.add_argument("-v", "--verbose", action="store_true", default=default, help="say more: workers, times, details of failures")


def forms(parser: argparse.ArgumentParser, *more: str) -> None:
    """`--output-format` and `--json`, which every command has; `format` of the options is what was asked for."""
    parser.add_argument(
        "--output-format", choices=("text", "json", *more), default="text", dest="format", help="form of the result [default: text]"
    )
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --output-format json")


def offer(action: argparse.Action, words: Iterable[str]) -> None:
    """Have completion offer these for a value. What others mean, and how they are refused, is the command's."""
    action.offers = tuple(words)  # type: ignore[attr-defined]


def offered(action: argparse.Action) -> tuple[str, ...]:
    """What completion offers for a value by `offer`."""
    words: tuple[str, ...] = getattr(action, "offers", ())
    return words


def add(commands: Any, module: Any) -> None:
    """A command, or a family of them, as argparse knows it."""
    command = commands.add_parser(module.NAME, help=module.HELP, description=f"{module.HELP}.")
    if hasattr(module, "COMMANDS"):
        parts = command.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
        for part in module.COMMANDS:
            add(parts, part)
    else:
        module.arguments(command)
        talk(command)
        command.set_defaults(run=module.run)
