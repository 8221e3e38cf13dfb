"""`codeanatomy`, or `python -m codeanatomy`: the command line, from its first moment to its last."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper

CANCELLED = (130, 143)


def main() -> int:
    """Import the command line and run it. Until it is there, SIGINT ends the process as it ends any other."""
    # As an exception it would come amid imports and be a traceback of those, or be ignored in one of their callbacks.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _open_closed()
    # numpy, which comes with pyarrow, would start a thread a core for linear algebra, of which there is none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of sources hold letters that a terminal may not have
    from codeanatomy import cli

    code = cli.main()
    if code in CANCELLED:
        # Nobody who pressed Ctrl-C waits for an interpreter to take itself apart, which of a large build takes longer than to stop it.
        with suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code


def _open_closed() -> None:
    """Standard streams that are closed: else files that are opened would take their numbers, and `print` one for the other. What is read is empty,
    talk goes nowhere, and what is written to standard output fails when it is flushed."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(_nowhere(0, os.O_RDONLY), encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(_nowhere(1, os.O_RDONLY), "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(_nowhere(2, os.O_WRONLY), "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _nowhere(number: int, access: int) -> int:
    """The null device under the number of a stream."""
    opened = os.open(os.devnull, access)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return number


if __name__ == "__main__":
    sys.exit(main())
