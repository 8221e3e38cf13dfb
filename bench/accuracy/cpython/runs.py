"""Runs of the scripts of this folder, and graphs of files of the standard library. What is run and compared is each suite's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.accuracy.graphs import AT_ONCE, Job, ask_one
from codeanatomy.query.graph import OpenGraph

ROOT = Path(sysconfig.get_paths()["stdlib"])
SECONDS = 900.0
"""How long one run may take; the longest takes two minutes."""


def printed(script: str, runs: Sequence[Sequence[str]]) -> list[Any]:
    """What a script prints for each list of arguments, in their order. Raises `RuntimeError` where a run fails: a truth with holes is none."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda arguments: _printed(script, arguments), runs))


def graph_of(paths: Iterable[str], read: Callable[[OpenGraph], Any]) -> Any:
    """What is read of a graph of those files of the standard library."""
    with _copied(paths) as repository:
        return ask_one(Job(repository, read, timeout=SECONDS))


def _printed(script: str, arguments: Sequence[str]) -> Any:
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name(script)), *arguments]
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            timeout=SECONDS,
        )
    if done.returncode:
        raise RuntimeError(f"{script} {arguments[0]} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return json.loads(done.stdout)


@contextmanager
def _copied(paths: Iterable[str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        for path in paths:
            copy = Path(folder, path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy)
        yield Path(folder)
