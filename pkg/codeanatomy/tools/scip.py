"""The supply of the `scip` extractor: an index made elsewhere, one from the cache, or one that scip-python makes in its cage now.

scip-python walks a copy of the scanned sources, with a configuration of ours: neither what lies beside them in the repository nor what is
installed on this machine has an effect. It writes documents one by one, so that those before a crash count. It stops at the first source
that it cannot index; that source is emptied and the rest is indexed again. Where it names no source, as when a repository is too large for
its memory, each half is indexed by itself, over the same copy; all a bounded number of times.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from codeanatomy.attachment import attach
from codeanatomy.failure import Coded, Failure
from codeanatomy.sandbox.confinement import Confinement
from codeanatomy.sandbox.limits import MIB, ToolLimits
from codeanatomy.sandbox.tool import ToolOutcome, run_tool
from codeanatomy.scan import Scan, SourceFile
from codeanatomy.supply import Provide, Rows, Supply, nothing
from codeanatomy.tools.config import ScipIndexConfig
from codeanatomy.tools.scip_index import Index
from codeanatomy.tools.scratch_tree import scratch_folder, write_tree

INSTALL = "npm install -g @sourcegraph/scip-python@0.6.6"
LOCAL = Path(__file__).parents[3] / ".tools" / "node_modules" / ".bin" / "scip-python"
"""Where `make scip` installs it, in a checkout."""
SUFFIXES = (".py", ".pyi")
"""What scip-python takes for a source."""
MOST_RUNS = 40
OVERHEAD_BYTES = 1024 * MIB
"""What the process may take beside Node's heap."""
START_S = 30.0
FILE_S = 0.5
BYTE_S = 2e-5
"""What a run may take: for its start, for every file and for every byte. Several times what it takes."""
CACHED = 2
"""Indexes that the cache keeps."""
FORMAT = "2"
"""Part of the cache's key: another number makes every cached index be made again."""

ENVIRONMENT = 'give a list such as [{"name": "requests", "version": "2.32.0", "files": ["requests/__init__.py"]}]'
KILLED = "signal SIGKILL"

_NO_MEMORY = "heap out of memory"
_FATAL = re.compile(r"currentFilepath: '((?:[^'\\]|\\.)*)'")
_PROGRESS = re.compile(r"- \(\d+/\d+\): (.*)")


@dataclass(frozen=True, slots=True)
class Program:
    """scip-python as it is started: Node, the script, and the folder of packages that the script lies in."""

    node: str
    script: Path
    packages: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScipSupply:
    """How a build gets its SCIP index. Calling it is `Provide`."""

    config: ScipIndexConfig
    work: Path
    confinement: Confinement

    @asynccontextmanager
    async def provide(self, scan: Scan, rows: Rows) -> AsyncIterator[Supply]:
        """Raises `Coded`: CA111 (contradiction), CA231 (asked for and not there), CA232 (what a setting names cannot be used)."""
        if self.config.disabled and self.config.mode == "on":
            raise Coded("CA111", "--scip on and --disable-scip contradict each other", "give one of them")
        if self.config.disabled or self.config.mode == "off":
            yield nothing("off")
        elif self.config.index_path_override is not None:
            data = await to_thread.run_sync(_read, Path(self.config.index_path_override), "the SCIP index")
            index = Index()
            await to_thread.run_sync(index.add, data)
            yield await to_thread.run_sync(_supply, scan, scan.sources, index, [], [])
        elif (program := find(self.config)) is None:
            wanted = self.config.scip_python_bin
            if self.config.mode == "on":
                what = "scip-python is asked for and not installed" if wanted is None else f"{wanted} is no program that is there"
                raise Coded("CA231", f"{what}, or node is not", f"install it: {INSTALL}")
            what = "scip-python is not installed" if wanted is None else f"{wanted} is no program that is there, or node is not"
            yield nothing("skipped", f"CA233: {what}: there are no SCIP symbols in the graph ({INSTALL})")
        else:
            yield await self._made(scan, program)

    async def _made(self, scan: Scan, program: Program) -> Supply:
        targets = [source for source in scan.sources if _is_target(source.path, self.config.target_only)]
        if not targets:
            target = self.config.target_only
            raise Coded(
                "CA232", f"no source of the repository is in {target!r}", "give --scip-target-only a path below the repository's folder"
            )
        sources = [source for source in targets if source.path.endswith(SUFFIXES)]
        environment = b"[]"
        if self.config.env_json is not None:
            environment = await to_thread.run_sync(_environment, Path(self.config.env_json))
        if self.config.output_dir is not None:
            await to_thread.run_sync(_make, Path(self.config.output_dir))
        cache = self.work / "cache" / "scip"
        kept = cache / f"{await to_thread.run_sync(_key, self.config, program, environment, scan)}.scip"
        indexing = Indexing(self.config, program, self.confinement, scan, sources)
        if await to_thread.run_sync(kept.is_file):
            await to_thread.run_sync(indexing.take_kept, kept)
        else:
            async with scratch_folder(self.work / "scratch" / "scip") as folder:
                await indexing.run(folder, environment)
            # A broken installation gives up all there is: that is no answer to keep.
            if indexing.data and not indexing.warnings and all(ended.startswith("exit ") for ended in indexing.given_up.values()):
                await to_thread.run_sync(_keep, kept, indexing.data, indexing.given_up)
        if self.config.output_dir is not None:
            await to_thread.run_sync(_store, Path(self.config.output_dir) / "index.scip", indexing.data)
        return await to_thread.run_sync(_supply, scan, sources, indexing.index, indexing.failures, indexing.tools, indexing.warnings)


class Indexing:
    """Runs of scip-python over one copy of the sources, until each has a document or a failure, or the time is over."""

    def __init__(
        self, config: ScipIndexConfig, program: Program, confinement: Confinement, scan: Scan, sources: Sequence[SourceFile]
    ) -> None:
        self._config = config
        self._program = program
        self._confinement = confinement
        self._scan = scan
        self._waiting = {source.path: source for source in sources}
        self._all = len(sources) == len(scan.sources)
        self.index = Index()
        self.data = b""
        self.given_up: dict[str, str] = {}
        """By source that it cannot index, how its last run ended. What it ends of itself, it ends again."""
        self.warnings: list[str] = []
        self.tools: list[ToolOutcome] = []
        self._again = False

    def take(self, part: bytes) -> None:
        """Add what a run wrote. Blocking."""
        self.data += part
        self.index.add(part)
        for path in self.index.documents:
            self._waiting.pop(path, None)

    def take_kept(self, kept: Path) -> None:
        """Add what the cache has. Blocking."""
        self.take(kept.read_bytes())
        self.given_up = json.loads(_beside(kept).read_text())

    @property
    def failures(self) -> list[Failure]:
        """A failure for each source that was given up."""
        told = {path: f"scip-python cannot index it: {ended}" for path, ended in self.given_up.items()}
        return [Failure("CA235", path, "extraction", "scip", "warning", message) for path, message in told.items()]

    async def run(self, folder: Path, environment: bytes) -> None:
        """Index everything, in a folder of our own."""
        self._folder = folder
        self._over = anyio.current_time() + self._config.timeout_s
        tree = folder / "tree"
        await to_thread.run_sync(write_tree, self._scan, self._scan.sources, tree)
        await to_thread.run_sync((folder / "environment.json").write_bytes, environment)
        parts = [sorted(self._waiting)] if self._waiting else []
        while parts and self._may_go_on():
            part = parts.pop()
            include = None if self._all and not self.tools else part
            outcome, made = await self._index(tree, include, sum(self._waiting[path].size for path in part), len(part))
            await to_thread.run_sync(self.take, made)
            if outcome.well:
                continue
            left = [path for path in part if path in self._waiting]
            if outcome.exit == KILLED and not self._again:
                # From outside, it seems: no limit of ours was reached.
                self._again = True
                again = [left]
            elif (culprit := _culprit(outcome, tree, part, left)) is not None:
                self.given_up[culprit] = outcome.exit
                del self._waiting[culprit]
                await to_thread.run_sync((tree / culprit).write_bytes, b"")
                again = [[path for path in left if path != culprit]]
            elif len(left) < len(part):
                again = [left]
            else:
                again = [left[len(left) // 2 :], left[: len(left) // 2]]
            parts += filter(None, again)
        if parts:
            sources = sum(map(len, parts))
            ended = f"ended with {self.tools[-1].exit}" if self.tools else "had no time"
            self.warnings.append(f"CA234: scip-python {ended}; {sources} sources have no SCIP symbols")

    def _may_go_on(self) -> bool:
        return len(self.tools) < MOST_RUNS and anyio.current_time() < self._over

    async def _index(self, tree: Path, include: list[str] | None, size: int, files: int) -> tuple[ToolOutcome, bytes]:
        """One run over a tree, or over some of its files; what it wrote."""
        output = self._folder / "out"
        await to_thread.run_sync(lambda: output.mkdir(exist_ok=True))
        await to_thread.run_sync((tree / "pyproject.toml").write_text, _configuration(include))
        heap = self._config.node_max_old_space_mb
        command = [self._program.node, f"--max-old-space-size={heap}", str(self._program.script), "index"]
        command += ["--cwd", str(tree), "--output", str(output / "index.scip"), "--environment", str(self._folder / "environment.json")]
        identity = self._config.identity
        command += ["--project-name", identity.project_name or ".", "--project-version", identity.project_version or "."]
        command += ["--project-namespace", identity.project_namespace] if identity.project_namespace else []
        seconds = min(START_S + FILE_S * files + BYTE_S * size, max(self._over - anyio.current_time(), 0.0))
        outcome = await run_tool(
            [*command, *self._config.extra_args],
            reads=(self._program.packages, self._folder),
            writes=(output,),
            folder=tree,
            environment={"PATH": os.path.dirname(self._program.node), "LANG": "C.UTF-8", "HOME": str(output)},
            limits=ToolLimits(memory_bytes=heap * MIB + OVERHEAD_BYTES),
            timeout=seconds,
            confinement=self._confinement,
        )
        self.tools.append(outcome)
        return outcome, await to_thread.run_sync(_taken, output / "index.scip")


def find(config: ScipIndexConfig) -> Program | None:
    """scip-python where the settings say, on PATH, or where `make scip` installs it; and the Node on PATH."""
    wanted = config.scip_python_bin
    found = shutil.which(wanted) if wanted is not None else shutil.which("scip-python") or (str(LOCAL) if LOCAL.is_file() else None)
    node = shutil.which("node")
    if found is None or node is None:
        return None
    script = Path(found).resolve()
    packages = next((folder for folder in script.parents if folder.name == "node_modules"), script.parent)
    return Program(os.path.realpath(node), script, packages)


def _culprit(outcome: ToolOutcome, tree: Path, part: Sequence[str], left: Sequence[str]) -> str | None:
    """The source that it cannot index: the only one of the run, or the one that it was at by its own words. Memory ends at any source."""
    if len(part) == len(left) == 1:
        return left[0]
    said = outcome.stderr.decode(errors="replace")
    if _NO_MEMORY in said or outcome.exit == "limit memory":
        return None
    progress = _PROGRESS.findall(outcome.stdout.decode(errors="replace"))
    for path in (*_FATAL.findall(said)[-1:], *progress[-1:]):
        path = os.path.relpath(path.strip(), tree)
        if path in left:
            return path
    return None


def _configuration(include: list[str] | None) -> str:
    """What scip-python reads instead of the repository's own configuration. JSON strings are TOML strings."""
    chosen = "" if include is None else f"include = {json.dumps(include)}\n"
    return f"[tool.pyright]\nexclude = []\n{chosen}"


def _is_target(path: str, target: str | None) -> bool:
    return target is None or path == target.strip("/") or path.startswith(target.strip("/") + "/")


def _key(config: ScipIndexConfig, program: Program, environment: bytes, scan: Scan) -> str:
    """All that the index depends on: the program, wherever it is installed, its settings and every source."""
    identity = config.identity
    parts = [program.script, program.script.parent / "package.json"]
    version = hashlib.sha256(b"".join(part.read_bytes() for part in parts if part.is_file())).hexdigest()
    facts = (
        *(FORMAT, version, config.target_only, *config.extra_args),
        *(identity.project_name, identity.project_version, identity.project_namespace, hashlib.sha256(environment).hexdigest()),
        *(text for source in scan.sources for text in (source.path, source.sha256)),
    )
    return hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()[:32]


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Coded("CA232", f"{what} cannot be read: {path}: {error.strerror}", "give the path of a file", {"path": str(path)}) from error


def _environment(path: Path) -> bytes:
    """The packages that are taken as installed, as they are written."""
    data = _read(path, "the environment of scip-python")
    try:
        packages = json.loads(data)
    except ValueError as error:
        raise Coded("CA232", f"the environment of scip-python is not JSON: {path}: {error}", ENVIRONMENT, {"path": str(path)}) from error
    if not isinstance(packages, list) or not all(
        isinstance(package, dict) and package.keys() >= {"name", "version", "files"} for package in packages
    ):
        raise Coded("CA232", f"the environment of scip-python lists no packages: {path}", ENVIRONMENT, {"path": str(path)})
    return data


def _make(folder: Path) -> None:
    """The folder that is to keep the index, before there is one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Coded(
            "CA232", f"no index can be kept in {folder}: {error.strerror}", "give --scip-output-dir a folder", {"path": str(folder)}
        ) from error


def _taken(path: Path) -> bytes:
    """What a run wrote, which is then gone."""
    if not path.is_file():
        return b""
    data = path.read_bytes()
    path.unlink()
    return data


def _store(path: Path, data: bytes) -> None:
    """Write it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def _keep(path: Path, data: bytes, given_up: dict[str, str]) -> None:
    """Into the cache, from which the oldest go. What was given up lies beside the index, and is there before it."""
    _store(_beside(path), json.dumps(given_up).encode())
    _store(path, data)
    known = sorted(path.parent.glob("*.scip"), key=lambda cached: cached.stat().st_mtime_ns)
    for old in known[:-CACHED]:
        old.unlink()
        _beside(old).unlink()


def _beside(index: Path) -> Path:
    return index.with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Documented:
    """A source with its document; or, with no path, what the index says of symbols outside the repository."""

    file_id: int
    path: str
    size: int
    source: SourceFile | None
    attachment: bytes


def _supply(
    scan: Scan,
    expected: Sequence[SourceFile],
    index: Index,
    failures: Sequence[Failure],
    tools: Sequence[ToolOutcome],
    warnings: Sequence[str] = (),
) -> Supply:
    """Documents beside their sources, and a word for every source without a document and for documents of no source."""
    known = {source.path: source for source in scan.sources}
    parcels = [
        Documented(known[path].file_id, path, known[path].size + len(document), known[path], document)
        for path, document in sorted(index.documents.items())
        if path in known
    ]
    if index.externals:
        externals = b"".join(index.externals)
        parcels.append(Documented(0, "", len(externals), None, externals))
    failed = {failure.path for failure in failures}
    gaps = [
        Failure("CA237", source.path, "extraction", "scip", "warning", "the SCIP index has no document of it")
        for source in expected
        if source.path not in index.documents and source.path not in failed
    ]
    said = list(warnings)
    if index.truncated:
        said.append(f"CA238: the SCIP index is damaged: {index.truncated}; what is whole of it counts")
    if strangers := len(index.documents.keys() - known.keys()):
        said.append(f"CA239: the SCIP index has documents of {strangers} paths that are no sources of this build")

    def read(wanted: Sequence[Documented]) -> list[bytes | Failure]:
        contents = iter(scan.read([item.source for item in wanted if item.source]))
        return [_with(next(contents), item.attachment) if item.source else attach(b"", item.attachment) for item in wanted]

    return Supply(parcels, read, [*failures, *gaps], said, tools)


def _with(content: bytes | Failure, document: bytes) -> bytes | Failure:
    return content if isinstance(content, Failure) else attach(content, document)


def provide(config: ScipIndexConfig, work: Path, confinement: Confinement) -> Provide:
    """The provider of a build with these settings."""
    return ScipSupply(config=config, work=work, confinement=confinement).provide
