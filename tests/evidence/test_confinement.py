"""What an extractor may still do once it is open: nothing but think. A sandbox then forbids every file, so a late import would kill it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import codeanatomy

SCRIPT = """
import sys
sys.path[:0] = sys.argv[2:]
import importlib
from codeanatomy.extract.source import Failed, Source
extraction = importlib.import_module("codeanatomy.extract." + sys.argv[1]).open()
events = []

def note(event, arguments):
    # To quote a refused line CPython opens the file by its name: the empty name, which no file has.
    if event == "import" or event == "open" and arguments[0]:
        events.append((event, arguments))

sys.addaudithook(note)
sources = [
    b"import os\\nclass C:\\n    @property\\n    def f(self): return f'{self.x!r}'\\n",
    "# coding: euc_jp\\nx = '\\u8868'\\n".encode("euc_jp"),
    "# coding: koi8-r\\n\\u0436 = 1\\n".encode("koi8-r"),
    b"# coding: klingon\\n", b"x = '\\xff'\\n", b"x = '\\\\d'\\n", b"1 is 1\\n", b"return\\n", b"x = (\\n", b"global a, a\\na: int\\n", b"-" * 100_000,
    b"nonlocal x\\n", b"'\\\\N{BULLET} \\\\N{NO SUCH NAME}'\\n", b"'\\\\N{BULLET}'\\n", "\\ufb01x = \\u0436\\n".encode(),
]
refused = []
for number, data in enumerate(sources):
    try:
        extraction.read(Source(number, "sample.py", data))
    except Failed as failed:
        refused.append(failed.code)
batches = extraction.take()
assert all(batch is not None for batch in batches), batches
assert len(refused) > 3, refused
print(events)
"""


@pytest.mark.parametrize("name", ["ast", "symtable", "bytecode"])
def test_an_open_extractor_opens_and_imports_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text("CPython opens the file a source is said to be in, to quote its lines\n")
    folders = {str(Path(module.__path__[0]).parent) for module in (codeanatomy, np, pa)}
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, name, *sorted(folders)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
