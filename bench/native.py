"""The child process that measures a floor: one call of CPython itself over many sources. It imports nothing of ours.

Started as `python -I -S native.py CALL` with `{"folder": …, "paths": […]}` on standard input; prints one JSON object. It counts the
processor time of the calls that succeed: no start of the interpreter, no reading, no collector.
"""

from __future__ import annotations

import ast
import gc
import json
import sys
import time
import warnings
from _symtable import symtable  # type: ignore[import-not-found]  # typeshed leaves it out
from collections.abc import Callable
from pathlib import Path

Call = Callable[[bytes, str], object]

CALLS: dict[str, Call] = {
    "ast.parse": lambda data, path: ast.parse(data, path),
    "symtable": lambda data, path: symtable(data, path, "exec"),
    "compile": lambda data, path: compile(data, path, "exec", dont_inherit=True, optimize=0),
}


def measure(call: Call, sources: list[tuple[str, bytes]]) -> dict[str, float | int]:
    """Call it on every source; the time of a source that is refused does not count."""
    seconds, refused = 0.0, 0
    for path, data in sources:
        began = time.process_time()
        try:
            call(data, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            refused += 1
        else:
            seconds += time.process_time() - began
    size, lines = sum(len(data) for _, data in sources), sum(data.count(b"\n") for _, data in sources)
    return {"cpu_seconds": seconds, "files": len(sources), "refused": refused, "bytes": size, "lines": lines}


def main() -> None:
    order = json.load(sys.stdin)
    sources = [(path, Path(order["folder"], path).read_bytes()) for path in order["paths"]]
    call = CALLS[sys.argv[1]]
    warnings.simplefilter("ignore")
    call(b"warm = 1\n", "warm.py")
    gc.collect()
    gc.freeze()
    gc.disable()
    print(json.dumps(measure(call, sources)))


if __name__ == "__main__":
    main()
