"""The command line: one module per command, listed in `COMMANDS`. Data on stdout, talk on stderr; it computes nothing itself."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from importlib import import_module

from codeanatomy.cli.completion import InstallCompletion, ShowCompletion
from codeanatomy.cli.output import fail, failed, say, unheard
from codeanatomy.cli.parser import Parser, ShowVersion, add, talk
from codeanatomy.failure import Coded

COMMANDS = ("build", "plan", "query", "ask", "export", "config", "delta", "diag", "explain", "version")

NO_ENGINE = 10
INTERRUPTED = 130
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""What a write to standard output fails with: alone among what commands write, it has no file name."""


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line with these commands, as argparse knows it; to know a command is to import its module."""
    root = Parser(prog="codeanatomy", description="Turns a Python repository into a code property graph in Delta tables.")
    talk(root, default=False)
    for name, action in (("version", ShowVersion), ("install-completion", InstallCompletion), ("show-completion", ShowCompletion)):
        root.add_argument(f"--{name}", action=action)
    commands = root.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name in names:
        add(commands, import_module(f"{__name__}.{name}"))
    return root


def _asked(words: Sequence[str]) -> Sequence[str]:
    """The command that is given, alone; all of them where none is."""
    first = next((word for word in words if not word.startswith("-")), None)
    return [name for name in COMMANDS if name == first] or COMMANDS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        return _done(argv)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): there is nobody left to tell.
        unheard(sys.stdout)
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        unheard(sys.stdout)  # it holds what could not be written, and would say so again when the process ends
        why = "standard output is closed" if error.errno == errno.EBADF else error.strerror
        return fail(Coded("CA805", f"cannot write the output: {why}", "name another place for standard output, or free the disk"))


def _parse(words: Sequence[str], options: argparse.Namespace) -> None:
    """Read the words. Those that are answered by argparse, such as --help, end the process: not before what is printed has gone out."""
    try:
        parser(_asked(words)).parse_args(words, options)
    except SystemExit:
        sys.stdout.flush()
        raise


def _done(argv: Sequence[str] | None) -> int:
    """Run it, and say what failed."""
    began = time.monotonic()
    options = argparse.Namespace()
    try:
        words = sys.argv[1:] if argv is None else argv
        _parse(words, options)
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # of `__main__`; from here on, commands clean up after themselves
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code: int = options.run(options)
        sys.stdout.flush()
    except Coded as failure:
        if getattr(options, "format", None) == "json":
            failed(failure)
        return fail(failure, options.verbose)
    except ImportError as error:
        # What is not there is missed in the package; what does not fit this system cannot be loaded, by one of its two names.
        if error.name not in ("codeanatomy", "codeanatomy._engine", "_engine") or "_engine" not in str(error):
            raise
        say(f"codeanatomy: the Rust engine cannot be imported ({error}); in a checkout, run: make build")
        return NO_ENGINE
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.verbose:
        say(f"codeanatomy: took {time.monotonic() - began:.2f} s")
    return code
