"""The command line: one module per command, listed in `COMMANDS`. Data on stdout, talk on stderr; it computes nothing itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from codeanatomy.cli import build, explain, query, version
from codeanatomy.cli.output import fail
from codeanatomy.failure import Coded

COMMANDS = (build, query, explain, version)

USAGE = 64
NO_ENGINE = 10
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """argparse with the exit code of a usage error that this command promises."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"codeanatomy: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line, as argparse knows it."""
    root = _Parser(
        prog="codeanatomy", description="Turns a Python repository into a code property graph in Delta tables.", allow_abbrev=False
    )
    commands = root.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for module in COMMANDS:
        command = commands.add_parser(module.NAME, help=module.HELP, description=f"{module.HELP}.", allow_abbrev=False)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        code: int = options.run(options)
    except Coded as failure:
        return fail(failure)
    except ModuleNotFoundError as missing:
        if missing.name != "codeanatomy._engine":
            raise
        print("codeanatomy: the Rust engine is not built; in a checkout, run: make build", file=sys.stderr)
        return NO_ENGINE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): there is nobody left to tell.
        sys.stderr.close()
        return 0
    return code
