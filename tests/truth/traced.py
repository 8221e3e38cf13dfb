"""Run test modules of the standard library with every opcode traced, and print what was executed as JSON. Run as a script, in a process of its own.

Output: {path: [[name, first line, [[from offset, to offset], …]], …]}, a list per code object of the standard library, a pair per executed transition.
"""

import io
import json
import sys
import sysconfig
import threading
import unittest

ROOT = sysconfig.get_paths()["stdlib"] + "/"
executed: dict = {}


def trace(frame, event, arg):
    code = frame.f_code
    if event != "call" or not code.co_filename.startswith(ROOT) or "site-packages" in code.co_filename:
        return None
    pairs = executed.setdefault(code, set())
    frame.f_trace_opcodes = True
    last = frame.f_lasti if frame.f_lasti >= 0 else None  # a generator goes on where it stopped

    def step(frame, event, arg):
        nonlocal last
        if event == "opcode":
            if last is not None:
                pairs.add((last, frame.f_lasti))
            last = frame.f_lasti
        return step

    return step


def main(modules: list[str]) -> None:
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    sys.stdout = io.StringIO()  # tests print
    threading.settrace(trace)
    sys.settrace(trace)
    unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    sys.settrace(None)
    found: dict = {}
    for code, pairs in executed.items():
        found.setdefault(code.co_filename.removeprefix(ROOT), []).append((code.co_name, code.co_firstlineno, sorted(pairs)))
    json.dump(found, sys.__stdout__)


if __name__ == "__main__":
    main(sys.argv[1:])
