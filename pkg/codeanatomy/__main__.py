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


if __name__ == "__main__":
    sys.exit(main())
