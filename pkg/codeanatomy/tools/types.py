"""The supply of the `types` extractor: what pyrefly reports on a copy of the scanned sources, run in its cage.

Neither what lies beside the sources in the repository nor what is installed on this machine has an effect. A source over which pyrefly dies
is emptied, and the rest is checked again, a bounded number of times.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import msgspec
from anyio import to_thread

from codeanatomy.attachment import attach
from codeanatomy.failure import Coded, Failure
from codeanatomy.sandbox.confinement import Confinement
from codeanatomy.sandbox.limits import MIB, ToolLimits
from codeanatomy.sandbox.tool import ToolOutcome, run_tool
from codeanatomy.scan import Scan, SourceFile
from codeanatomy.supply import Provide, Rows, Supply, nothing
from codeanatomy.tools import hunt
from codeanatomy.tools.scratch_tree import scratch_folder, write_tree

INSTALL = "pip install 'codeanatomy[types]'"
SUFFIXES = (".py", ".pyi")
"""What pyrefly takes for a source."""
TIMEOUT_S = 900.0
"""For all runs of one build."""
START_S = 30.0
FILE_S = 0.1
BYTE_S = 1e-5
"""What a run may take: for its start, for every file and for every byte. Many times what it takes."""
MOST_RUNS = 40
STUBS = ("typeshed", "typeshed_third_party", "third_party")
"""Folders of a report with pyrefly's own stubs, some 7,000 files: writing and removing them takes longer than checking a small repository."""
MEMORY_BYTES = 4096 * MIB
KILLED = "signal SIGKILL"
FINE = ("exit 0", "exit 1")
"""Exit code 1 says that there are type errors."""

_MODULE_ID = re.compile(rb'"module_id":\s*(\d+)')


class Module(msgspec.Struct):
    """A module of the report."""

    module_name: str
    source_path: dict[str, str]
    info_filename: str | None = None


class Report(msgspec.Struct):
    """The head of the report: its modules by number. Numbers differ from run to run."""

    modules: dict[str, Module]


@dataclass(frozen=True, slots=True)
class Reported:
    """A source with the report on it."""

    file_id: int
    path: str
    size: int
    source: SourceFile
    module: Module


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesSupply:
    """How a build gets what pyrefly infers. `provide` is `Provide`."""

    mode: str
    work: Path
    confinement: Confinement

    @asynccontextmanager
    async def provide(self, scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
        """Raises `Coded` CA241 when pyrefly is asked for and not there."""
        if self.mode == "off":
            yield nothing("off")
        elif (program := find()) is None:
            if self.mode == "on":
                raise Coded("CA241", "pyrefly is asked for and not installed", f"install it: {INSTALL}")
            yield nothing("skipped", f"CA242: pyrefly is not installed: there are no inferred types in the graph ({INSTALL})")
        else:
            async with scratch_folder(self.work / "scratch" / "types") as folder:
                checking = Checking(program, self.confinement, scan, folder)
                await checking.run()
                yield await to_thread.run_sync(checking.supply)


class Checking:
    """Runs of pyrefly over one copy of the sources, until one comes to its end, or the time is over."""

    def __init__(self, program: str, confinement: Confinement, scan: Scan, folder: Path) -> None:
        self._program = program
        self._confinement = confinement
        self._scan = scan
        self._folder = folder
        self._tree = folder / "tree"
        self._report = folder / "report"
        self._left = {source.path: source for source in scan.sources if source.path.endswith(SUFFIXES)}
        self._failures: list[Failure] = []
        self._warnings: list[str] = []
        self._tools: list[ToolOutcome] = []
        self._done = False
        self._again = False

    async def run(self) -> None:
        """Check everything."""
        self._over = anyio.current_time() + TIMEOUT_S
        await to_thread.run_sync(write_tree, self._scan, list(self._left.values()), self._tree)
        while self._left and not self._done:
            try:
                outcome = await self._check(self._tree, list(self._left.values()), self._report)
            except Coded as refused:
                if refused.code != "CA222":
                    raise
                self._warnings.append(f"CA243: {refused.message}; there are no inferred types in the graph")
                return
            if outcome.exit in FINE:
                self._done = True
                return
            if outcome.exit == KILLED and not self._again:
                # From outside, it seems: no limit of ours was reached.
                self._again = True
                continue
            found = await hunt.culprit(sorted(self._left.values(), key=lambda source: source.path), self._dies, self._may_go_on)
            if found is None:
                words = outcome.stderr.decode(errors="replace").strip().splitlines()
                said = f": {words[-1][:200]}" if words else ""
                self._warnings.append(f"CA243: pyrefly ended with {outcome.exit}{said}; there are no inferred types in the graph")
                return
            message = f"pyrefly cannot check it: {outcome.exit}"
            self._failures.append(Failure("CA244", found.path, "extraction", "types", "warning", message))
            del self._left[found.path]
            await to_thread.run_sync((self._tree / found.path).write_bytes, b"")

    async def _dies(self, sources: Sequence[SourceFile]) -> bool:
        async with scratch_folder(self._folder / "part") as part:
            await to_thread.run_sync(write_tree, self._scan, sources, part / "tree")
            return (await self._check(part / "tree", sources, part / "report")).exit not in FINE

    def _may_go_on(self) -> bool:
        return len(self._tools) < MOST_RUNS and anyio.current_time() < self._over

    async def _check(self, tree: Path, sources: Sequence[SourceFile], report: Path) -> ToolOutcome:
        """One run over a tree."""
        await to_thread.run_sync(_empty, report)
        roots = sorted({source.root for source in sources} | {""}, key=lambda root: (-root.count("/"), root == "", root))
        command = [self._program, "check", "-p", "default", "--check-unannotated-defs=true", "--skip-interpreter-query"]
        command += ["--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
        command += [word for root in roots for word in ("--search-path", str(tree / root))]
        command += [
            "--report-pysa",
            str(report),
            "--report-pysa-format",
            "json",
            "--output-format",
            "omit-errors",
            "--progress-bar",
            "no",
            ".",
        ]
        size = sum(source.size for source in sources)
        seconds = min(START_S + FILE_S * len(sources) + BYTE_S * size, max(self._over - anyio.current_time(), 0.0))
        outcome = await run_tool(
            command,
            reads=(Path(self._program).parent, tree),
            writes=(report,),
            discards=[report / name for name in STUBS],
            folder=tree,
            environment={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(report)},
            limits=ToolLimits(memory_bytes=MEMORY_BYTES),
            timeout=seconds,
            confinement=self._confinement,
        )
        self._tools.append(outcome)
        return outcome

    def supply(self) -> Supply:
        """The reports beside their sources, and a word for every source without one. Blocking."""
        modules = self._modules() if self._done else {}
        sources = {str(self._tree / path): source for path, source in self._left.items()}
        of_source = {number: sources.get(module.source_path.get("FileSystem", "")) for number, module in modules.items()}
        known = {number.encode(): _known(module.module_name, of_source[number]) for number, module in modules.items()}
        reported: dict[str, Reported] = {}
        for number, module in sorted(modules.items(), key=lambda item: _preference(item[1], of_source[item[0]])):
            source = of_source[number]
            if source is not None and module.info_filename:
                reported[source.path] = Reported(source.file_id, source.path, source.size + self._size(module), source, module)
        gaps = [
            Failure("CA246", path, "extraction", "types", "warning", "pyrefly has no report on it")
            for path in self._left
            if self._done and path not in reported
        ]

        def read(wanted: Sequence[Reported]) -> list[bytes | Failure]:
            contents = self._scan.read([item.source for item in wanted])
            return [
                content if isinstance(content, Failure) else attach(content, self._report_on(item.module, known))
                for item, content in zip(wanted, contents, strict=True)
            ]

        return Supply(
            sorted(reported.values(), key=lambda parcel: parcel.path), read, [*self._failures, *gaps], self._warnings, self._tools
        )

    def _modules(self) -> dict[str, Module]:
        try:
            return msgspec.json.decode((self._report / "pyrefly.pysa.json").read_bytes(), type=Report).modules
        except (OSError, msgspec.DecodeError) as error:
            self._warnings.append(
                f"CA243: pyrefly wrote no report that can be read ({type(error).__name__}); there are no inferred types in the graph"
            )
            self._done = False
            return {}

    def _parts(self, module: Module) -> dict[str, Path]:
        name = os.path.basename(module.info_filename or "")
        return {
            part: self._report / folder / name
            for part, folder in (("types", "type_of_expressions"), ("calls", "call_graphs"), ("definitions", "definitions"))
        }

    def _size(self, module: Module) -> int:
        return sum(path.stat().st_size for path in self._parts(module).values() if path.is_file())

    def _report_on(self, module: Module, known: Mapping[bytes, bytes]) -> bytes:
        """The three parts as one JSON object, with the names of the modules that they speak of. They are not parsed here."""
        parts = {name: path.read_bytes() if path.is_file() else b"null" for name, path in self._parts(module).items()}
        numbers = sorted({number for part in parts.values() for number in _MODULE_ID.findall(part)})
        modules = b",".join(b'"%b":%b' % (number, known[number]) for number in numbers if number in known)
        return b'{"modules":{%b},%b}' % (modules, b",".join(b'"%b":%b' % (name.encode(), part) for name, part in parts.items()))


def find() -> str | None:
    """pyrefly beside the interpreter, as `pip install` puts it, else on PATH."""
    return shutil.which("pyrefly", path=os.path.dirname(sys.executable)) or shutil.which("pyrefly")


def _preference(module: Module, source: SourceFile | None) -> tuple[bool, bool, int, str]:
    """Pyrefly reports a source once for every name that it is imported by: best is the name that the scan gave it, then that from the outermost
    package; the best comes last."""
    name = module.module_name
    return source is not None and name == source.module, not name.startswith("."), name.count("."), name


def _known(name: str, source: SourceFile | None) -> bytes:
    return msgspec.json.encode([name, None if source is None else source.file_id])


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    for name in STUBS:
        (folder / name).mkdir(parents=True)


def provide(mode: str, work: Path, confinement: Confinement) -> Provide:
    """The provider of a build with these settings."""
    return TypesSupply(mode=mode, work=work, confinement=confinement).provide
