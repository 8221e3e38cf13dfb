"""Run a test module of the standard library with every opcode traced, and print which local variables were read after which store. Run as a script.

Output as JSON: {path: [[variable, function, its first line, span of the store or null, span of the read], …]}; null stands for an argument that the
caller gave. Spans are [line, col, end line, end col], columns from 1 in characters. Variables that inner functions use too are not among
them: CPython keeps those in cells, which another frame may have filled.
"""

from __future__ import annotations

import dis
import importlib
import io
import json
import sys
import sysconfig
import threading
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = f"{sysconfig.get_paths()['stdlib']}/"
LOAD, STORE, DELETE, EXTENDED = (dis.opmap[name] for name in ("LOAD_FAST", "STORE_FAST", "DELETE_FAST", "EXTENDED_ARG"))
RESUME, YIELD = dis.opmap["RESUME"], dis.opmap["YIELD_VALUE"]
DELETED = -1

pairs: dict[CodeType, set[tuple[int, int | None, int]]] = {}
stores: dict[int, dict[int, int]] = {}
"""By frame that has not ended: where each variable was stored last."""


def trace(frame: FrameType, event: str, arg: object) -> Any:
    code = frame.f_code
    if event != "call" or not code.co_filename.startswith(ROOT) or "site-packages" in code.co_filename:
        return None
    found, bytecode, identity = pairs.setdefault(code, set()), code.co_code, id(frame)
    frame.f_trace_opcodes = True
    if not goes_on(bytecode, frame.f_lasti):
        stores[identity] = {}
    last = stores.setdefault(identity, {})

    def step(frame: FrameType, event: str, arg: object) -> Any:
        if event == "opcode":
            offset = frame.f_lasti
            opcode = bytecode[offset]
            if opcode == LOAD:
                variable = argument(bytecode, offset)
                store = last.get(variable)
                if store != DELETED:
                    found.add((variable, store, offset))
            elif opcode == STORE:
                last[argument(bytecode, offset)] = offset
            elif opcode == DELETE:
                last[argument(bytecode, offset)] = DELETED
        elif event == "return" and bytecode[frame.f_lasti] != YIELD:
            stores.pop(identity, None)
        return step

    return step


def goes_on(bytecode: bytes, offset: int) -> bool:
    """Whether a frame that is entered was suspended before."""
    return offset >= 0 and (bytecode[offset] == YIELD or (bytecode[offset] == RESUME and bytecode[offset + 1] > 0))


def argument(bytecode: bytes, offset: int) -> int:
    """The argument of an instruction, with what stands before it for arguments that are too large."""
    high = argument(bytecode, offset - 2) << 8 if offset and bytecode[offset - 2] == EXTENDED else 0
    return high | bytecode[offset + 1]


def said() -> dict[str, list[Any]]:
    lines: dict[str, list[bytes]] = {}
    found: dict[str, list[Any]] = {}
    for code, of in pairs.items():
        source = lines.setdefault(code.co_filename, Path(code.co_filename).read_bytes().split(b"\n"))
        spans = [span(source, *position) for position in code.co_positions()]
        rows = found.setdefault(code.co_filename.removeprefix(ROOT), [])
        for variable, store, load in of:
            name = code.co_varnames[variable]
            if spans[load // 2] and not name.startswith("."):
                rows.append((name, code.co_name, code.co_firstlineno, None if store is None else spans[store // 2], spans[load // 2]))
    return {path: sorted(rows, key=repr) for path, rows in found.items()}


def span(lines: list[bytes], line: int | None, end_line: int | None, col: int | None, end_col: int | None) -> list[int] | None:
    """A span with columns from 1, in characters; none of an instruction that stands nowhere."""
    if line is None or end_line is None or col is None:
        return None
    return [line, len(lines[line - 1][:col].decode()) + 1, end_line, len(lines[end_line - 1][:end_col].decode()) + 1]


def main(test: str) -> None:
    unittest = importlib.import_module("unittest")
    vars(importlib.import_module("test.support"))["use_resources"] = []  # no network, no sound, no hours
    suite = unittest.defaultTestLoader.loadTestsFromName(test)
    printed, sys.stdout = sys.stdout, io.StringIO()  # tests print
    threading.settrace(trace)
    sys.settrace(trace)
    unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    sys.settrace(None)
    json.dump(said(), printed)


if __name__ == "__main__":
    main(sys.argv[1])
