"""`python -m codeanatomy`: the command line."""

import sys

from codeanatomy.cli import main

if __name__ == "__main__":
    sys.exit(main())
