"""`python -m codeanatomy`: the command line."""

import sys

if __name__ == "__main__":
    try:
        from codeanatomy.cli import main

        code = main()
    except KeyboardInterrupt:  # while the command line itself was still being imported
        code = 130
    sys.exit(code)
