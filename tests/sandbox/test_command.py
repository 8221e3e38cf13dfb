"""git on hostile repositories: whatever a repository configures git to run, nothing runs; and git still says what it should."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codeanatomy.sandbox import checkout
from codeanatomy.sandbox.command import run_command
from codeanatomy.sandbox.confinement import FILES, TOOL, UNCONFINED, Confinement
from codeanatomy.scan.git import Listing, find_git

pytestmark = pytest.mark.anyio

GIT = shutil.which("git") or "git"
ENVIRONMENT = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": "/nowhere"}
# Ways in which a repository has git run something, each with a command that does it.
WAYS = {
    "core.fsmonitor": ["status"],
    "filter.evil.clean": ["status"],
    "filter.evil.smudge": ["checkout-index", "-f", "--prefix={out}/", "filtered.py"],
    "filter.evil.process": ["status"],
    "diff.external": ["diff"],
    "diff.evil.command": ["diff"],
    "diff.evil.textconv": ["diff"],
    "trailer.evil.command": ["interpret-trailers", "--trailer", "evil=yes", "good.py"],
    "core.gitProxy": ["ls-remote", "git://host/path"],
    "remote.evil.url": ["ls-remote", "evil"],
    "remote.evil.uploadpack": ["ls-remote", "evil"],
    "submodule.sub.update": ["submodule", "update"],
    "alias.ls-fils": ["ls-fils"],
    "core.sshCommand": ["ls-remote", "ssh://host/path"],
    "hook": ["checkout", "-q", "HEAD"],
    "include": ["status"],
}


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"]
    subprocess.run([GIT, *settings, *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Path]:
    """A repository all of whose configuration runs a program, and the file by which the program shows that it ran."""
    ran, program, repo = tmp_path / "ran", tmp_path / "evil.sh", tmp_path / "repo"
    repo.mkdir()
    for name in ("good.py", "filtered.py"):
        (repo / name).write_text("x = 1\n")
    git(repo, "init", "-q")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "first")
    # The program is reachable and executable, and so is all that it uses: it is not for this that it does not run.
    program.write_text(f"#!/bin/sh\n: > {ran}\nexit 0\n")
    program.chmod(0o755)
    return repo, ran


def arm(repo: Path, way: str) -> None:
    program = repo.parent / "evil.sh"
    if way == "hook":
        (repo / ".git/hooks").mkdir(exist_ok=True)
        shutil.copy(program, repo / ".git/hooks/post-checkout")
    elif way == "include":
        (repo / "included").write_text(f"[core]\n\tfsmonitor = {program}\n")
        git(repo, "config", "includeIf.gitdir:**.path", f"{repo}/included")
    elif way.startswith("submodule"):
        arm_submodule(repo, way, program)
    elif way.startswith("alias"):
        git(repo, "config", way, f"!{program}")
    elif way.endswith(".url"):
        git(repo, "config", way, f"ext::{program}")
        git(repo, "config", "protocol.ext.allow", "always")
    else:
        git(repo, "config", way, str(program))
    if way.endswith(".uploadpack"):
        git(repo, "config", "remote.evil.url", str(repo))
    (repo / ".gitattributes").write_text("filtered.py filter=evil diff=evil\n")
    # git looks at the content of a file only when its facts have changed.
    (repo / "filtered.py").write_text("x = 2\n")


def arm_submodule(repo: Path, way: str, program: Path) -> None:
    """A submodule that is checked out at another commit than the one that is tracked."""
    inner = repo.parent / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "commit", "-qm", "first", "--allow-empty")
    git(repo, "submodule", "add", "-q", str(inner), "sub")
    git(repo, "commit", "-qm", "with a submodule", "--no-verify")
    git(repo / "sub", "commit", "-qm", "second", "--allow-empty")
    git(repo, "config", way, f"!{program}")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("way", WAYS)
async def test_what_a_repository_configures_is_not_run(way: str, hostile: tuple[Path, Path], tmp_path: Path, nothing_left: None) -> None:
    """Without the settings that scanning gives git, so that nothing but the cage prevents it; without the cage it runs."""
    repo, ran = hostile
    arm(repo, way)
    command = [GIT, *(word.format(out=tmp_path) for word in WAYS[way])]
    # What git does for submodules on the way to the program needs more than files.
    free = UNCONFINED if way.startswith("submodule") else Confinement(without=frozenset({FILES}))
    ended = await run_command(command, str(repo), ENVIRONMENT, 60, 1 << 20, free)
    assert ran.exists(), ended
    ran.unlink()
    ended = await run_command(command, str(repo), ENVIRONMENT, 60, 1 << 20)
    assert not ran.exists(), ended
    assert set(ended.in_force) == TOOL


async def test_a_hostile_repository_is_listed(hostile: tuple[Path, Path], nothing_left: None) -> None:
    repo, ran = hostile
    inner = repo.parent / "inner"
    inner.mkdir()
    (inner / "deep.py").write_text("x = 1\n")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "first")
    git(repo, "submodule", "add", "-q", str(inner), "sub")
    for way in WAYS:
        if not way.startswith("submodule"):
            arm(repo, way)
    git(repo, "config", "submodule.sub.update", f"!{repo.parent}/evil.sh")
    git(repo, "config", "submodule.sub.url", f"ext::{repo.parent}/evil.sh")
    git(repo, "config", "core.pager", f"{repo.parent}/evil.sh")
    ran.unlink(missing_ok=True)
    asked = find_git(repo)
    assert asked is not None
    listing = await asked.list(submodules=True)
    assert isinstance(listing, Listing)
    assert listing.tracked == [b".gitmodules", b"filtered.py", b"good.py", b"sub/deep.py"]
    assert listing.untracked == [b".gitattributes", b"included"]
    assert not ran.exists()


async def test_checkouts_elsewhere_are_read(tmp_path: Path, nothing_left: None) -> None:
    """A linked checkout, whose objects and index lie in another; and one that borrows its objects."""
    main = tmp_path / "main"
    main.mkdir()
    (main / "one.py").write_text("x = 1\n")
    git(main, "init", "-q")
    git(main, "add", ".")
    git(main, "commit", "-qm", "first")
    git(main, "worktree", "add", "-q", str(tmp_path / "linked"))
    git(tmp_path, "clone", "-q", "--shared", str(main), "borrowing")
    for name in ("linked", "borrowing"):
        ended = await run_command([GIT, "ls-tree", "--name-only", "HEAD"], str(tmp_path / name), ENVIRONMENT, 60, 1 << 20)
        assert (ended.exit, ended.stdout) == ("exit 0", b"one.py\n"), ended.stderr
    assert checkout.places(tmp_path / "linked")[0] == tmp_path / "linked"


async def test_in_no_checkout_nothing_is_started(tmp_path: Path) -> None:
    ended = await run_command(["/no/such/git"], str(tmp_path), {}, 1, 1)
    assert (ended.exit, ended.stderr) == ("exit 128", b"fatal: not a git repository\n")


@pytest.mark.parametrize("pointer", [b"", b"gitdir: ", b"gitdir: \0", b"gitdir: /etc", b"gitdir: .git", b"nonsense", bytes(range(256))])
def test_a_pointer_to_what_is_no_git_folder_leads_nowhere(pointer: bytes, tmp_path: Path) -> None:
    (tmp_path / ".git").write_bytes(pointer)
    assert checkout.places(tmp_path) == [tmp_path]


async def test_a_command_is_held_to_its_limits(hostile: tuple[Path, Path], nothing_left: None) -> None:
    repo, _ = hostile
    command = ["/bin/sh", "-c", "while :; do echo many words; done"]
    for seconds, most, exit in ((60, 100_000, "limit output"), (0.3, 1 << 40, "limit time")):
        ended = await run_command(command, str(repo), {}, seconds, most, UNCONFINED)
        assert (ended.exit, ended.well) == (exit, False)
