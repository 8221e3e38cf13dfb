"""`scope_manifest`: why each path is in or out, stated by hand for a git repository with every reason and for a folder without git."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from tests.scan.test_scan import git, write

from codeanatomy.catalog.evidence.repo_scan import SCOPE_REASONS
from codeanatomy.scan import ScanSettings, scan

pytestmark = pytest.mark.anyio

Row = tuple[str, str, str, str | None]
ALL = ScanSettings(include_untracked=True, include_submodules=True, include_worktrees=True, follow_symlinks=True)


async def manifest(folder: Path, settings: ScanSettings | None = None) -> list[Row]:
    """The rows, which are sorted, of different paths, and agree with the sources."""
    found = await scan(folder, settings)
    [batch] = found.batches()["scope_manifest"]
    rows = [tuple(row.values()) for row in batch.to_pylist()]
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})
    assert [row[0] for row in rows if row[1] == "in"] == sorted(source.path for source in found.sources)
    return rows


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository in which every reason has a path."""
    inner, tree = tmp_path / "inner", tmp_path / "tree"
    write(inner, "deep.py")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "inner")
    write(tree, "good.py", "stub.pyi", "README.md", "tests/t.py", "tests/data.txt", "gone.py", "pipe.py", "real/inner.py")
    write(tree, "tool", content=b"#!/usr/bin/python3\n")
    write(tree, ".gitignore", content=b"secret.py\nnotes.txt\n.venv/\n__pycache__/\n")
    write(tree, os.fsdecode(b"bad\xff.py"))
    with (tree / "huge.py").open("wb") as file:
        file.truncate((64 << 20) + 1)
    (tree / "twin.py").symlink_to("good.py")
    (tree / "nowhere.py").symlink_to("missing.py")
    (tree / "linked").symlink_to("real")
    (tree / "notes").symlink_to("README.md")
    git(tree, "init", "-q")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "all")
    (tree / "gone.py").unlink()
    (tree / "pipe.py").unlink()
    os.mkfifo(tree / "pipe.py")
    write(tree, "new.py", "new.txt", "secret.py", "notes.txt", "build/made.py", "build/deep/more.py", "dist/only.txt")
    write(tree, ".venv/lib/v.py", "__pycache__/good.pyc", "nested/x.py")
    git(tree / "nested", "init", "-q")
    git(tree, "worktree", "add", "-q", "checkout")
    git(tree / "checkout", "rm", "-q", "-r", "--cached", ".")
    git(tree / "checkout", "add", "good.py")
    write(tree / "checkout", "fresh.py")
    for name in (".gitignore", "gone.py", "pipe.py", "huge.py", "twin.py", "nowhere.py", "stub.pyi", "linked", "notes", "tool"):
        (tree / "checkout" / name).unlink()
    for path in [
        *(tree / "checkout" / "real").iterdir(),
        *(tree / "checkout" / "tests").iterdir(),
        tree / "checkout" / os.fsdecode(b"bad\xff.py"),
    ]:
        path.unlink()
    return tree


FAILED: list[Row] = [
    ("bad\\xff.py", "out", "bad_name", "CA107"),
    ("gone.py", "out", "vanished", "CA109"),
    ("huge.py", "out", "too_large", "CA105"),
    ("nowhere.py", "out", "link", "CA104"),
    ("pipe.py", "out", "not_regular", "CA103"),
]
NEVER: list[Row] = [
    (".venv", "out", "ignored", ".venv"),
    ("build", "out", "skipped_folder", "build"),
    ("nested", "out", "repository", None),
    ("secret.py", "out", "ignored", None),
]


async def test_a_repository_with_every_reason(repository: Path) -> None:
    settings = ScanSettings(include_globs=("*.py", "tool", "linked"), exclude_globs=("nothing", "tests"))
    assert await manifest(repository, settings) == sorted(
        [
            *FAILED,
            *NEVER,
            ("checkout", "out", "worktree", None),
            ("good.py", "in", "tracked", ".py"),
            ("linked", "out", "link", "real"),
            ("new.py", "out", "untracked", None),
            ("real/inner.py", "in", "tracked", ".py"),
            ("stub.pyi", "out", "not_included", None),
            ("sub", "out", "submodule", None),
            ("tests/t.py", "out", "excluded", "tests"),
            ("tool", "in", "tracked", "#!"),
            ("twin.py", "out", "link", "good.py"),
        ]
    )


async def test_the_same_with_all_that_can_be_included(repository: Path) -> None:
    assert await manifest(repository, ALL) == sorted(
        [
            *FAILED,
            *NEVER,
            ("checkout/fresh.py", "in", "untracked", ".py"),
            ("checkout/good.py", "in", "worktree", ".py"),
            ("good.py", "in", "tracked", ".py"),
            ("linked/inner.py", "in", "link", ".py"),
            ("new.py", "in", "untracked", ".py"),
            ("real/inner.py", "in", "tracked", ".py"),
            ("stub.pyi", "in", "tracked", ".pyi"),
            ("sub/deep.py", "in", "tracked", ".py"),
            ("tests/t.py", "in", "tracked", ".py"),
            ("tool", "in", "tracked", "#!"),
            ("twin.py", "in", "tracked", ".py"),
        ]
    )


async def test_a_folder_without_git(tmp_path: Path) -> None:
    write(
        tmp_path, "a.py", "d/b.pyw", "README", "d/.venv/v.py", "node_modules/n.py", "__pycache__/a.pyc", ".git_not/g.py", "folder.py/x.py"
    )
    write(tmp_path, "script", content=b"#!/usr/bin/env python\n")
    (tmp_path / "out").symlink_to("/usr")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.py"))
    assert await manifest(tmp_path) == [
        (".git_not/g.py", "in", "walked", ".py"),
        ("a.py", "in", "walked", ".py"),
        ("d/.venv", "out", "skipped_folder", ".venv"),
        ("d/b.pyw", "in", "walked", ".pyw"),
        ("folder.py", "out", "not_regular", "CA103"),
        ("folder.py/x.py", "in", "walked", ".py"),
        ("node_modules", "out", "skipped_folder", "node_modules"),
        ("out", "out", "link", "CA104"),
        ("script", "in", "walked", "#!"),
        ("socket.py", "out", "not_regular", "CA103"),
    ]


@pytest.mark.skipif(
    os.geteuid() == 0 and sys.platform != "linux", reason="root can read everything, and only Linux lets a thread be nobody"
)
async def test_what_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, "good.py", "closed.py", "closed/inner.py")
    for part in (tmp_path, *tmp_path.parents):
        if part != Path("/") and part.owner() == "root" and os.geteuid() == 0:
            part.chmod(part.stat().st_mode | 0o055)
    (tmp_path / "closed.py").chmod(0)
    (tmp_path / "closed").chmod(0)
    former = os.geteuid()
    if former == 0:
        os.seteuid(65534)
    try:
        rows = await manifest(tmp_path)
    finally:
        os.seteuid(former)
        (tmp_path / "closed").chmod(0o700)
    assert rows == [
        ("closed", "out", "unreadable", "CA102"),
        ("closed.py", "out", "unreadable", "CA102"),
        ("good.py", "in", "walked", ".py"),
    ]


async def test_a_name_that_is_written_like_an_escaped_one_is_in(tmp_path: Path) -> None:
    """Two files, one text: the row is that of the source, and the other has its failure."""
    write(tmp_path, "x\\xff.py", os.fsdecode(b"x\xff.py"))
    assert await manifest(tmp_path) == [("x\\xff.py", "in", "walked", ".py")]


async def test_a_folder_of_a_repository(tmp_path: Path) -> None:
    """Paths are those of the folder that is scanned; other checkouts outside it are not its."""
    write(tmp_path, "main/a/x.py", "main/b/y.py")
    git(tmp_path / "main", "init", "-q")
    git(tmp_path / "main", "add", ".")
    git(tmp_path / "main", "commit", "-q", "-m", "all")
    git(tmp_path / "main", "worktree", "add", "-q", "../beside")
    write(tmp_path, "main/a/new.py")
    rows = [("new.py", "out", "untracked", None), ("x.py", "in", "tracked", ".py")]
    assert await manifest(tmp_path / "main" / "a", ScanSettings(include_worktrees=True)) == rows


async def test_a_checkout_in_an_ignored_folder_is_read_when_asked(tmp_path: Path) -> None:
    """And one whose folder was deleted is none."""
    write(tmp_path, "x.py")
    write(tmp_path, ".gitignore", content=b"/work\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "all")
    git(tmp_path, "worktree", "add", "-q", "work/one")
    git(tmp_path, "worktree", "add", "-q", "work/two")
    for path in [*(tmp_path / "work/two").iterdir()]:
        path.unlink()
    (tmp_path / "work/two").rmdir()
    assert await manifest(tmp_path) == [("work", "out", "ignored", None), ("x.py", "in", "tracked", ".py")]
    rows = await manifest(tmp_path, ScanSettings(include_worktrees=True))
    assert rows == [
        ("work", "out", "ignored", None),
        ("work/one/x.py", "in", "worktree", ".py"),
        ("x.py", "in", "tracked", ".py"),
    ]


async def test_a_folder_that_is_ignored_and_has_tracked_files_all_the_same(tmp_path: Path) -> None:
    """Scanned by itself: what is tracked counts. Whether git says what else it ignores there, or dies of the question, hangs on the folder."""
    write(tmp_path, "vendor/x.py", "vendor/y.py", "vendor/deep/z.py")
    write(tmp_path, ".gitignore", content=b"vendor/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "vendor/x.py", "vendor/deep")
    found = await manifest(tmp_path / "vendor")
    assert [row for row in found if row[1] == "in"] == [("deep/z.py", "in", "tracked", ".py"), ("x.py", "in", "tracked", ".py")]
    assert [row for row in found if row[1] == "out"] in ([], [("y.py", "out", "ignored", None)])
    assert await manifest(tmp_path / "vendor" / "deep") == [("z.py", "in", "tracked", ".py")]


def test_every_reason_is_stated_here() -> None:
    told = Path(__file__).read_text(encoding="utf-8")
    for reason, (status, _) in SCOPE_REASONS.items():
        for word in status.split(", "):
            assert f'"{word}", "{reason}", ' in told, (word, reason)
