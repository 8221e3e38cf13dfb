"""The floors: what the parsers themselves need for the same files, each in one fresh process. Nothing can be extracted for less."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.corpus import Corpus
from bench.results import FloorFigures

NATIVE = Path(__file__).with_name("native.py")


@dataclass(frozen=True, slots=True)
class Floor:
    """A native call and the extractor that cannot do without it."""

    call: str
    extractor: str


FLOORS = (
    Floor("ast.parse", extractor="ast"),
    Floor("symtable", extractor="symtable"),
    Floor("compile", extractor="bytecode"),
    Floor("tree_sitter.parse", extractor="tree_sitter"),
    Floor("libcst.parse_module", extractor="libcst"),
)


def measure_floor(floor: Floor, corpus: Corpus) -> FloorFigures:
    """Processor seconds of the call over every file that it accepts."""
    order = json.dumps(
        {
            "folder": str(corpus.folder),
            "paths": [file.path for file in corpus.files],
            "libraries": [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")],
        }
    )
    command = [sys.executable, "-I", "-S", str(NATIVE), floor.call]
    done = subprocess.run(command, input=order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the floor {floor.call} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout, type=FloorFigures)
