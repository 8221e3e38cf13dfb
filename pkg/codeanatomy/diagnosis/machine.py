"""Whether this machine can build: programs are started, cages are made, a small repository is built. Nothing is guessed from names and versions."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from anyio import to_thread

from codeanatomy.diagnosis.check import Check, judged
from codeanatomy.failure import Coded
from codeanatomy.sandbox.confinement import CONFINED, TOOL, WORKER
from codeanatomy.sandbox.limits import MIB
from codeanatomy.sandbox.tool import ToolOutcome, run_tool
from codeanatomy.tools import scip, types
from codeanatomy.tools.config import ScipIndexConfig

OLDEST_PYTHON = (3, 11)
SECONDS = 30.0
LITTLE_DISK, NO_DISK = 2048 * MIB, 256 * MIB
"""Django's tables with their evidence take about half of the first."""
KERNEL = "Linux 6.12 or later has all of them; --require-sandbox makes them a condition of a build"


async def machine(output: Path) -> list[Check]:
    """Every check of the machine; `output` is where tables would go. Without the engine nothing can be built."""
    engine = await to_thread.run_sync(_engine)
    checks = [_python(), engine, await _git(), await _node(), await _scip(), await _pyrefly(), await _cage()]
    if engine.status == "ok":
        checks += [*(await _small_build()), await to_thread.run_sync(_memory)]
    return [*checks, _disk("disk of the output", output), _disk("disk of temporary files", Path(tempfile.gettempdir()))]


def _python() -> Check:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    good = sys.version_info >= OLDEST_PYTHON
    return judged("python", good, f"{platform.python_version()} in {sys.executable}", f"use Python {wanted} or later")


def _engine() -> Check:
    try:
        from codeanatomy import engine
    except ImportError as error:
        return Check("engine", "fail", str(error), "in a checkout, run: make build")
    return Check("engine", "ok", ", ".join(f"{name} {version}" for name, version in engine.versions().items()))


async def _git() -> Check:
    program = shutil.which("git")
    if program is None:
        return Check("git", "warn", "it is not installed: every file of a repository is looked at", "install git")
    return await _version("git", [program, "--version"])


async def _node() -> Check:
    program = shutil.which("node")
    if program is None:
        return Check("node", "warn", "it is not installed: scip-python cannot run", "install Node.js, or build with --scip off")
    # The cage shows what the system has for every program; a Node that lies elsewhere needs its own folder.
    return await _version("node", [program, "--version"], [await to_thread.run_sync(_home_of, program)])


def _home_of(program: str) -> Path:
    return Path(program).resolve().parent.parent


async def _scip() -> Check:
    program = await to_thread.run_sync(scip.find, ScipIndexConfig())
    if program is None:
        return Check(
            "scip-python",
            "warn",
            "it is not installed: there will be no SCIP symbols in graphs",
            f"{scip.INSTALL}, or build with --scip off",
        )
    return await _version("scip-python", [program.node, str(program.script), "--version"], [program.packages])


async def _pyrefly() -> Check:
    program = await to_thread.run_sync(types.find)
    if program is None:
        return Check(
            "pyrefly",
            "warn",
            "it is not installed: there will be no inferred types in graphs",
            f"{types.INSTALL}, or build with --types off",
        )
    return await _version("pyrefly", [program, "--version"], [Path(sys.prefix)])


async def _version(name: str, command: Sequence[str], reads: Sequence[Path] = ()) -> Check:
    """Start the program in its cage, as a build does, and have it say its version."""
    outcome = await _run(command, reads)
    if isinstance(outcome, Coded):
        return Check(name, "fail", outcome.message, outcome.hint)
    said = (outcome.stdout or outcome.stderr).decode(errors="replace").strip().splitlines()
    if not outcome.well:
        return Check(name, "fail", f"{command[-2]} ended with {outcome.exit}: {' '.join(said)[:200]}", "install it anew")
    return Check(name, "ok", f"{said[-1] if said else 'no version'} in {command[-2]}")


async def _run(command: Sequence[str], reads: Sequence[Path]) -> ToolOutcome | Coded:
    try:
        return await run_tool(command, reads=reads, environment={"PATH": os.defpath, "HOME": "/nonexistent"}, timeout=SECONDS)
    except Coded as failure:
        return failure


async def _cage() -> Check:
    outcome = await _run([sys.executable, "-I", "-S", "-c", ""], [Path(sys.base_prefix), Path(sys.prefix)])
    if isinstance(outcome, Coded):
        return Check("sandbox of tools", "fail", outcome.message, outcome.hint)
    if not outcome.well:
        return Check("sandbox of tools", "fail", f"a program in it ended with {outcome.exit}", "build with --no-sandbox, and report this")
    return _in_force("sandbox of tools", TOOL, outcome.in_force)


def _in_force(what: str, wanted: frozenset[str], found: Sequence[str]) -> Check:
    lacking = CONFINED.missing(wanted, found)
    if lacking:
        return Check(what, "warn", f"this system lacks {', '.join(lacking)}", KERNEL)
    return Check(what, "ok", f"in force: {', '.join(sorted(found))}")


async def _small_build() -> list[Check]:
    """A repository of one file, built and published: workers, engine, tables and the folder of temporary files, all of it real."""
    from codeanatomy.build import build_graph_product
    from codeanatomy.product import GraphProductBuildRequest

    with tempfile.TemporaryDirectory(prefix="codeanatomy-") as folder:
        repository = Path(folder) / "repository"
        repository.mkdir()
        (repository / "one.py").write_text("def one():\n    return 1\n\n\none()\n")
        request = GraphProductBuildRequest(
            repo_root=repository, output_dir=Path(folder) / "output", types="off", scip=ScipIndexConfig(disabled=True, mode="off")
        )
        try:
            result = await build_graph_product(request)
        except Coded as failure:
            return [Check("a small build", "fail", str(failure), f"`codeanatomy explain {failure.code}`")]
        assert result.manifest_path is not None, "it was not left out"
        told = json.loads(await to_thread.run_sync(result.manifest_path.read_bytes))
    in_force = set.intersection(*(set(outcome["in_force"]) for outcome in told["extractors"].values() if outcome["shards"]))
    built = f"{result.tables['cpg_nodes'].rows} nodes and {result.tables['cpg_edges'].rows} edges in {result.seconds:.1f} s"
    return [_in_force("sandbox of workers", WORKER, sorted(in_force)), Check("a small build", "ok", built)]


def _disk(what: str, folder: Path) -> Check:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1024 / MIB:.1f} GiB free at {there}"
    if not os.access(there, os.W_OK):
        return Check(what, "fail", f"{there} cannot be written to", "name another folder")
    return Check(what, "fail" if free < NO_DISK else "warn", detail, "free some space") if free < LITTLE_DISK else Check(what, "ok", detail)


def _memory() -> Check:
    from codeanatomy._engine import SessionFactory

    facts = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(facts["MemAvailable"].split()[0]) * 1024
    profiles = {name: SessionFactory.from_class(name).memory_bytes for name in ("small", "medium", "large")}
    pools = ", ".join(f"{name} {size / 1024 / MIB:.1f}" for name, size in profiles.items())
    detail = f"{available / 1024 / MIB:.1f} GiB available; the engine takes at most, in GiB: {pools}"
    return judged("memory", available >= profiles["medium"], detail, "end other programs, or build with --engine-profile small", "warn")
