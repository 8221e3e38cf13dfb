"""The child process that measures a floor: one call of a parser itself over many sources. It imports nothing of ours.

Started as `python -I -S native.py CALL` with `{"folder": …, "paths": […], "libraries": […]}` on standard input; prints one JSON object. It
counts the processor time of the calls that succeed: no start of the interpreter, no import, no reading, no collector.
"""

from __future__ import annotations

import ast
import functools
import gc
import json
import sys
import time
import warnings
from _symtable import symtable  # type: ignore[import-not-found]  # typeshed leaves it out
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[[bytes, str], object]
REFUSALS = (SyntaxError, ValueError, RecursionError, MemoryError)

COLLECT_EVERY = 100
"""Files between two collections, which are not counted: a parser may leave cycles behind."""


def _libcst() -> Call:
    from libcst import ParserSyntaxError, native  # type: ignore[attr-defined]  # a compiled module without types

    def parsed(data: bytes, path: str) -> object:
        try:
            return native.parse_module(data.decode("utf-8-sig"), "utf-8")
        except ParserSyntaxError as error:
            raise SyntaxError(error.message) from error

    return parsed


def _tree_sitter() -> Call:
    import tree_sitter
    import tree_sitter_python

    return functools.partial(_parsed, tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language())))


def _parsed(parser: Any, data: bytes, path: str) -> object:
    return parser.parse(data)


CALLS: dict[str, Callable[[], Call]] = {
    "ast.parse": lambda: lambda data, path: ast.parse(data, path),
    "symtable": lambda: lambda data, path: symtable(data, path, "exec"),
    "compile": lambda: lambda data, path: compile(data, path, "exec", dont_inherit=True, optimize=0),
    "tree_sitter.parse": _tree_sitter,
    "libcst.parse_module": _libcst,
}


def measure(call: Call, sources: list[tuple[str, bytes]]) -> dict[str, float | int]:
    """Call it on every source; the time of a source that is refused does not count."""
    seconds, refused = 0.0, 0
    for number, (path, data) in enumerate(sources, start=1):
        if number % COLLECT_EVERY == 0:
            gc.collect()
        began = time.process_time()
        try:
            call(data, path)
        except REFUSALS:
            refused += 1
        else:
            seconds += time.process_time() - began
    size, lines = sum(len(data) for _, data in sources), sum(data.count(b"\n") for _, data in sources)
    return {"cpu_seconds": seconds, "files": len(sources), "refused": refused, "bytes": size, "lines": lines}


def main() -> None:
    order = json.load(sys.stdin)
    sources = [(path, Path(order["folder"], path).read_bytes()) for path in order["paths"]]
    sys.path += order["libraries"]
    call = CALLS[sys.argv[1]]()
    warnings.simplefilter("ignore")
    call(b"warm = 1\n", "warm.py")
    gc.collect()
    gc.freeze()
    gc.disable()
    print(json.dumps(measure(call, sources)))


if __name__ == "__main__":
    main()
