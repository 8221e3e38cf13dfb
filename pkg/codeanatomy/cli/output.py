"""What every command prints alike: an answer as JSON, and failures. Texts are each command's own."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

from codeanatomy.catalog.failures import BY_CODE
from codeanatomy.failure import Coded

if TYPE_CHECKING:
    from codeanatomy.cli.answers import Problem


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def exit_code(failure: Coded) -> int:
    """The exit code that the catalog gives a failure of a whole command."""
    return BY_CODE[failure.code].exit


def stage(failure: Coded) -> str:
    """The stage that the catalog gives a failure."""
    return BY_CODE[failure.code].stage


def printable(text: str) -> str:
    """A text of somebody's source for people: what would tell their terminal to do something is written as Python does, but for tabs."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(text: str) -> None:
    """Talk on stderr. Where nobody listens any more, the command goes on: what it does and its exit code count."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        unheard(sys.stderr)


def unheard(stream: TextIO) -> None:
    """From here on, what is written to this stream of the process goes nowhere, and what it still holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def counted(number: int, noun: str) -> str:
    """So many of them."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def print_json(answer: object) -> None:
    """An answer on stdout, in UTF-8 whatever the terminal's encoding: a struct of `answers`, or plain values."""
    import msgspec

    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer, enc_hook=str), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def problem(failure: Coded) -> Problem:
    """A failure as an answer says it."""
    from codeanatomy.cli.answers import Problem

    return Problem(failure.code, stage(failure), failure.message, failure.hint, failure.details)


def failed(failure: Coded) -> None:
    """The answer of a command that failed."""
    from codeanatomy.cli.answers import Failed

    print_json(Failed(problem(failure)))


def fail(failure: Coded, verbose: bool = False) -> int:
    """Say on stderr what failed, why and what next; returns the exit code."""
    say(f"codeanatomy: {failure.code}: {failure.message}")
    if failure.hint:
        say(f"  hint: {failure.hint}")
    if verbose:
        for name, value in failure.details.items():
            say(f"  {name}: {value}")
    say(f"  `codeanatomy explain {failure.code}` says more")
    return exit_code(failure)
