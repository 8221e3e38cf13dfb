"""Run test modules of the standard library with every opcode traced, and print what was executed as JSON. Run as a script, in a process of its own.

Output: {path: {"qualname:first line": [[from offset, to offset], …]}} for code of the standard library, one pair per executed transition.
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
    pairs = executed.setdefault(code.co_filename.removeprefix(ROOT), {}).setdefault(f"{code.co_qualname}:{code.co_firstlineno}", set())
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
    threading.settrace(trace)
    sys.settrace(trace)
    unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    sys.settrace(None)
    json.dump({path: {name: sorted(pairs) for name, pairs in codes.items()} for path, codes in executed.items()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
