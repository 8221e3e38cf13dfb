"""`codeanatomy`, or `python -m codeanatomy`: the command line, from its first moment on."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Import the command line and run it. Until it is there, SIGINT ends the process as it ends any other."""
    # As an exception it would come amid imports, where it may be lost: callbacks and some modules swallow what is raised in them.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from codeanatomy import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
