"""CPython's own verdict on sources, from a fresh interpreter: `verdicts`. It knows nothing of CodeAnatomy.

As a script it judges every file of a folder: `python -I oracle.py FOLDER` prints JSON, file name → way → verdict.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import symtable
import sys
import warnings
from pathlib import Path

SECONDS = 8.0
"""After which a source counts as one that CPython hangs over. A worker has a little less or a little more: such a source may go either way."""

WAYS = {
    "ast": ast.parse,
    "symtable": lambda source: symtable.symtable(source, "", "exec"),
    "compile": lambda source: compile(source, "", "exec", dont_inherit=True, optimize=0),
}

Verdicts = dict[str, dict[str, str]]


def verdicts(folder: Path) -> Verdicts:
    """File name → way (`ast`, `symtable`, `compile`) → `ok`, the class of the exception, `killed` or `slow`."""
    done = subprocess.run([sys.executable, "-I", __file__, str(folder)], capture_output=True, check=True)
    found: Verdicts = json.loads(done.stdout)
    return found


def _verdict(way: str, source: bytes) -> str:
    """Ask in a child of its own: it may die of it."""
    end, start = os.pipe()
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        os.write(start, _answer(way, source).encode())
        # Without cleaning up: a deep tree can kill on its way out, and this is not asked.
        os._exit(0)
    os.close(start)
    with os.fdopen(end, "rb") as stream:
        answer = stream.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return answer if code == 0 else "slow" if code == -signal.SIGALRM else "killed"


def _answer(way: str, source: bytes) -> str:
    try:
        WAYS[way](source)
    except Exception as error:
        return type(error).__name__
    return "ok"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    files = [path for path in sorted(Path(sys.argv[1]).iterdir()) if path.suffix == ".py"]
    json.dump({path.name: {way: _verdict(way, path.read_bytes()) for way in WAYS} for path in files}, sys.stdout)
