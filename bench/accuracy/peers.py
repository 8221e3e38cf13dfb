"""Other makers of call graphs, on PyCG's micro-benchmark in the same run: PyCG itself and pyrefly. Their names are put into PyCG's, no more."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.accuracy import pycg
from bench.accuracy.cases import Case, Outcome
from bench.accuracy.graphs import AT_ONCE
from bench.sources import BY_NAME, cache
from codeanatomy.export.pycg import TYPES

TIMEOUT_S = 60.0


def pycg_itself() -> Outcome:
    """PyCG, in an environment of its own."""
    program = _environment()
    return _over_snippets(lambda folder: _of_pycg(program, folder))


def pyrefly() -> Outcome:
    """pyrefly's report for Pysa."""
    program = Path(sys.executable).with_name("pyrefly")
    if not program.is_file():
        raise RuntimeError(f"there is no pyrefly beside {sys.executable}: pip install 'codeanatomy[types]'")
    return _over_snippets(lambda folder: _of_pyrefly(program, folder))


def _over_snippets(edges: Callable[[Path], set[str]]) -> Outcome:
    found = pycg.snippets()
    with pycg.repositories(found) as folders, ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda folder: _tried(edges, folder), folders))
    cases = [
        Case(snippet.name, Counter(snippet.edges), Counter(answer), crash, pycg.CONTRADICTED.get(snippet.name, ""))
        for snippet, (answer, crash) in zip(found, answers, strict=True)
    ]
    return Outcome(cases)


def _tried(edges: Callable[[Path], set[str]], folder: Path) -> tuple[set[str], str]:
    try:
        return edges(folder), ""
    except subprocess.CalledProcessError as error:
        return set(), (error.stderr.strip().splitlines() or [str(error)])[-1]
    except subprocess.TimeoutExpired as error:
        return set(), str(error)


def _environment() -> Path:
    """PyCG's interpreter; its environment is made the first time. Its source distribution
    is taken: the wheel's package has a name that it cannot be imported by."""
    folder = cache().parent / "peers" / BY_NAME["pycg"].stem
    if not (folder / "done").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        wanted = folder / "requirements.txt"
        wanted.write_text(f"pycg=={BY_NAME['pycg'].version} --hash=sha256:{BY_NAME['pycg'].sha256}\n", encoding="ascii")
        options: list[str | Path] = [
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-binary",
            "pycg",
            "--require-hashes",
            "--requirement",
            wanted,
        ]
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", *options], check=True, stdin=subprocess.DEVNULL)
        (folder / "done").touch()
    return folder / "bin" / "python"


def _of_pycg(program: Path, folder: Path) -> set[str]:
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch, "graph.json")
        files = [path.relative_to(folder) for path in sorted(folder.rglob("*.py"))]
        _run([program, "-m", "pycg", "--package", ".", *files, "-o", output], folder)
        graph = json.loads(output.read_text(encoding="utf-8"))
    return {f"{caller} -> {callee}" for caller, callees in graph.items() for callee in callees}


def _of_pyrefly(program: Path, folder: Path) -> set[str]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report")
        options = ["-p", "default", "--check-unannotated-defs=true", "--skip-interpreter-query", "--search-path", folder]
        options += ["--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
        options += ["--report-pysa", report, "--report-pysa-format", "json", "--output-format", "omit-errors", "--progress-bar", "no", "."]
        # Exit code 1 says that there are type errors.
        _run([program, "check", *options], folder, fine=(0, 1))
        return set(Report(report, folder).edges())


def _run(command: list[Any], folder: Path, fine: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode not in fine:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Report:
    """pyrefly's report: call graphs and definitions by module, functions by keys such as `F:3`."""

    folder: Path
    sources: Path

    def edges(self) -> Iterator[str]:
        """The edges of the modules of the sources."""
        for path in sorted((self.folder / "call_graphs").iterdir()):
            graph = json.loads(path.read_text(encoding="utf-8"))
            if graph["source_path"].get("FileSystem", "").startswith(str(self.sources.resolve())):
                definitions = self._definitions(graph["module_id"])
                for key, sites in graph["call_graphs"].items():
                    caller = _caller(graph["module_name"], key, definitions)
                    for site, parts in sites.items():
                        # What an operator or protocol calls of builtins is no edge of PyCG's: ours are left out alike.
                        own = (callee for callee in self._callees(parts) if "|artificial-call|" not in site or not callee.startswith("<"))
                        yield from (f"{caller} -> {callee}" for callee in own)

    def _callees(self, parts: Any) -> Iterator[str]:
        for role in ("call_targets", "init_targets"):
            for target in parts.get("Call", {}).get(role, ()):
                (function,) = target["target"].values()
                name = _name(function["module_name"], function["function_id"], self._definitions(function["module_id"]))
                # A class without an `__init__` of its own has no node in PyCG's graphs.
                if name not in ("builtins.object.__init__", "builtins.type.__init__"):
                    yield _in_pycg_names(name)

    def _definitions(self, module: int) -> Any:
        (path,) = (self.folder / "definitions").glob(f"*:{module}.json")
        return json.loads(path.read_text(encoding="utf-8"))


def _caller(module: str, key: str, definitions: Any) -> str:
    """The module for its top level and for class bodies in it; for a decorator, the scope that holds the decorated function."""
    kind, _, number = key.partition(":")
    if kind == "F":
        return _name(module, key, definitions)
    if kind == "CTL":
        return _parent(module, {"Class": {"class_id": number}}, definitions)
    if kind == "FDT":
        return _parent(module, definitions["function_definitions"][f"F:{number}"]["parent"], definitions)
    return module


def _name(module: str, key: str, definitions: Any) -> str:
    function = definitions["function_definitions"][key]
    return f"{_parent(module, function['parent'], definitions)}.{function['name']}"


def _parent(module: str, parent: Any, definitions: Any) -> str:
    if parent == "TopLevel":
        return module
    (kind, reference), *_ = parent.items()
    if kind == "Function":
        return _name(module, f"F:{reference['func_def_index']}", definitions)
    owner = definitions["class_definitions"][str(reference["class_id"])]
    return f"{_parent(module, owner['parent'], definitions)}.{owner['name']}"


def _in_pycg_names(name: str) -> str:
    if not name.startswith("builtins."):
        return name
    owner, _, method = name.removeprefix("builtins.").rpartition(".")
    if not owner:
        return f"<builtin>.{method}"
    # The constructor of a builtin class is, to PyCG, the class.
    return f"<builtin>.{owner}" if method == "__init__" else f"<**{TYPES.get(owner, owner)}**>.{method}"
