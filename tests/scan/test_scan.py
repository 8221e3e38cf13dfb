"""Scans of real trees, nasty ones above all: in git and outside."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from codeanatomy.catalog.evidence.repo_scan import TABLES
from codeanatomy.failure import Coded, Failure
from codeanatomy.scan import Scan, ScanSettings, scan

pytestmark = pytest.mark.anyio

GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
IDENTITY = ["-c", "user.name=x", "-c", "user.email=x@example.org"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder that no git repository is around, or this one as if it were."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def write(tree: Path, *paths: str, content: bytes = b"x = 1\n") -> None:
    for path in paths:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)


def git(tree: Path, *arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], cwd=tree, check=True, capture_output=True, env=GIT)


def paths(found: Scan) -> list[str]:
    return [source.path for source in found.sources]


def facts(failures: tuple[Failure, ...]) -> list[tuple[str, str, str]]:
    assert {(failure.stage, failure.extractor) for failure in failures} <= {("scan", "repo_scan")}
    return [(failure.path, failure.code, failure.severity) for failure in failures]


async def test_outside_git(tree: Path) -> None:
    write(tree, "a.py", "b.pyi", "c.pyw", "pkg/__init__.py", "README.md", "data.pyc", "x.py.txt")
    write(tree, ".venv/v.py", "venv/v.py", "build/b.py", "dist/d.py", "node_modules/n.py", "d/__pycache__/p.py", ".git_not/g.py")
    write(tree, "bin/tool", content=b"#!/usr/bin/env python3\nx = 1\n")
    write(tree, "bin/exact", content=b"#! /usr/bin/python3.11 -I\n")
    write(tree, "bin/shell", content=b"#!/bin/sh\n# python\n")
    write(tree, "bin/pythonic", content=b"#!/usr/bin/pythonista\n")
    write(tree, "bin/tool.sh", content=b"#!/usr/bin/env python3\n")
    found = await scan(tree)
    assert paths(found) == [".git_not/g.py", "a.py", "b.pyi", "bin/exact", "bin/tool", "c.pyw", "pkg/__init__.py"]
    assert found.failures == ()


async def test_a_row_per_source_in_the_shape_of_the_catalog(tree: Path) -> None:
    write(tree, "src/p/__init__.py", content="é = 1\r\n".encode())
    write(tree, "src/p/test_x.py", content=b"")
    found = await scan(tree)
    batches = found.batches()
    for table in TABLES:
        [batch] = batches[table.name]
        assert batch.schema.names == [column.name for column in table.columns]
        assert [str(field.type) for field in batch.schema] == [
            column.type.replace("list<int32>", "list<item: int32>") for column in table.columns
        ]
    [files], [lines] = batches["repo_files"], batches["file_lines"]
    first, second = files.to_pylist()
    file_id = first.pop("file_id")
    assert first == {
        "path": "src/p/__init__.py",
        "size": 8,
        "sha256": hashlib.sha256("é = 1\r\n".encode()).hexdigest(),
        "encoding": "utf-8",
        "newline": "crlf",
        "lines": 1,
        "module": "p",
        "root": "src",
        "is_package": True,
        "is_stub": False,
        "is_test": False,
    }
    assert (second["module"], second["lines"], second["newline"], second["is_test"]) == ("p.test_x", 0, "none", True)
    assert lines.to_pylist() == [
        {"file_id": file_id, "line_starts": [0], "continuations": [1], "length": 8},
        {"file_id": second["file_id"], "line_starts": [0], "continuations": [], "length": 0},
    ]


async def test_nasty_paths_are_failures_and_nothing_blocks(tree: Path) -> None:
    write(tree, "good.py", "real/inner.py")
    os.mkfifo(tree / "pipe.py")
    os.mkfifo(tree / "pipe_without_suffix")
    write(tree, "folder.py/inside.py")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket.py"))
    (tree / "dangling.py").symlink_to("nowhere.py")
    (tree / "loop.py").symlink_to("loop.py")
    (tree / "escape.py").symlink_to("/etc/passwd")
    (tree / "twin.py").symlink_to("good.py")
    (tree / "linked").symlink_to("real")
    (tree / "real" / "up").symlink_to("..")
    (tree / os.fsdecode(b"bad\xff.py")).write_bytes(b"x")
    (tree / os.fsdecode(b"bad\xff.txt")).write_bytes(b"x")
    write(tree, "new\nline.py", "quo\"te's.py", "n" * 252 + ".py")
    with (tree / "huge.py").open("wb") as file:
        file.truncate((64 << 20) + 1)
    found = await scan(tree)
    assert paths(found) == ["folder.py/inside.py", "good.py", "new\nline.py", "n" * 252 + ".py", "quo\"te's.py", "real/inner.py"]
    assert facts(found.failures) == [
        ("bad\\xff.py", "CA107", "error"),
        ("dangling.py", "CA104", "warning"),
        ("escape.py", "CA104", "warning"),
        ("folder.py", "CA103", "warning"),
        ("huge.py", "CA105", "error"),
        ("loop.py", "CA104", "warning"),
        ("pipe.py", "CA103", "error"),
        ("socket.py", "CA103", "error"),
    ]


async def test_links_are_followed_when_asked_and_never_out(tree: Path) -> None:
    write(tree, "real/inner.py")
    write(tree.parent, "outside/secret.py")
    (tree / "twin.py").symlink_to("real/inner.py")
    (tree / "linked").symlink_to("real")
    (tree / "real" / "up").symlink_to("..")
    (tree / "out").symlink_to("../outside")
    found = await scan(tree, ScanSettings(follow_symlinks=True))
    assert paths(found) == ["linked/inner.py", "real/inner.py", "twin.py"]
    assert facts(found.failures) == [("out", "CA104", "warning")]
    assert len({source.file_id for source in found.sources}) == 3


@pytest.mark.skipif(
    os.geteuid() == 0 and sys.platform != "linux", reason="root can read everything, and only Linux lets a thread be nobody"
)
async def test_what_may_not_be_read_is_a_failure(tree: Path) -> None:
    write(tree, "good.py", "closed.py", "closed/inner.py")
    for part in (tree, *tree.parents):
        if part != Path("/") and part.owner() == "root" and os.geteuid() == 0:
            part.chmod(part.stat().st_mode | 0o055)
    (tree / "closed.py").chmod(0)
    (tree / "closed").chmod(0)
    former = os.geteuid()
    if former == 0:
        os.seteuid(65534)
    try:
        found = await scan(tree)
    finally:
        os.seteuid(former)
        (tree / "closed").chmod(0o700)
    assert paths(found) == ["good.py"]
    assert facts(found.failures) == [("closed", "CA102", "error"), ("closed.py", "CA102", "error")]
    assert found.failures[1].message == "it cannot be read: Permission denied"


async def test_in_git_only_tracked_files_count(tree: Path) -> None:
    write(tree, "tracked.py", "build/tracked.py", "untracked.py", "ignored.py", ".venv/v.py", "gone.py")
    write(tree, ".gitignore", content=b"ignored.py\n")
    git(tree, "init", "-q")
    git(tree, "add", "tracked.py", "build", "gone.py")
    (tree / "gone.py").unlink()
    tracked = await scan(tree)
    assert paths(tracked) == ["build/tracked.py", "tracked.py"]
    assert facts(tracked.failures) == [("gone.py", "CA109", "error")]
    untracked = await scan(tree, ScanSettings(include_untracked=True))
    assert paths(untracked) == ["build/tracked.py", "tracked.py", "untracked.py"]


async def test_a_folder_of_a_repository_is_scanned_by_itself(tree: Path) -> None:
    write(tree, "a/x.py", "b/y.py")
    git(tree, "init", "-q")
    git(tree, "add", ".")
    assert paths(await scan(tree / "a")) == ["x.py"]


async def test_nothing_tracked_says_so(tree: Path) -> None:
    write(tree, "a.py", "b.py")
    git(tree, "init", "-q")
    with pytest.raises(Coded) as caught:
        await scan(tree)
    assert caught.value.code == "CA101"
    assert caught.value.hint == "git does not track the 2 Python files here: --include-untracked includes them"


async def test_a_folder_that_the_repository_around_ignores_is_walked(tree: Path) -> None:
    write(tree, "vendor/lib/a.py")
    write(tree, ".gitignore", content=b"vendor/\n")
    git(tree, "init", "-q")
    assert paths(await scan(tree / "vendor" / "lib")) == ["a.py"]


async def test_tracked_files_that_became_something_else(tree: Path) -> None:
    """What git tracks and what is there now need not agree; a folder replaced by a link must not lead out."""
    write(tree.parent, "outside/x.py", content=b"secret = 1\n")
    write(tree, "good.py", "pipe.py", "folder.py", "swapped/x.py", "link.py")
    git(tree, "init", "-q")
    git(tree, "add", ".")
    for name in ("pipe.py", "folder.py", "link.py"):
        (tree / name).unlink()
    os.mkfifo(tree / "pipe.py")
    (tree / "folder.py").mkdir()
    shutil.rmtree(tree / "swapped")
    (tree / "swapped").symlink_to("../outside")
    (tree / "link.py").symlink_to("/etc/passwd")
    found = await scan(tree)
    assert paths(found) == ["good.py"]
    assert facts(found.failures) == [
        ("folder.py", "CA103", "error"),
        ("link.py", "CA104", "warning"),
        ("pipe.py", "CA103", "error"),
        ("swapped/x.py", "CA104", "warning"),
    ]


async def test_a_conflict_lists_its_file_once(tree: Path) -> None:
    write(tree, "a.py", content=b"base\n")
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "base")
    git(tree, "checkout", "-q", "-b", "side")
    write(tree, "a.py", content=b"side\n")
    git(tree, "commit", "-q", "-am", "side")
    git(tree, "checkout", "-q", "main")
    write(tree, "a.py", content=b"main\n")
    git(tree, "commit", "-q", "-am", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(tree, "merge", "-q", "side")
    assert paths(await scan(tree)) == ["a.py"]


async def test_submodules_are_part_when_asked(tree: Path) -> None:
    inner = tree.parent / "inner"
    write(inner, "i.py")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "inner")
    write(tree, "o.py")
    git(tree, "init", "-q")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(tree, "add", ".")
    assert paths(await scan(tree)) == ["o.py"]
    assert paths(await scan(tree, ScanSettings(include_submodules=True))) == ["o.py", "sub/i.py"]


async def test_git_runs_nothing_that_the_repository_names(tree: Path) -> None:
    """Programs configured for monitors, hooks, pagers, filters and transports leave a mark when they run."""
    mark = tree.parent / "mark"
    script = tree.parent / "evil"
    script.write_text(f"#!/bin/sh\necho ran >> {mark}\n")
    script.chmod(0o755)
    write(tree, "a.py", "b.py")
    write(tree, ".gitattributes", content=b"*.py filter=evil\n")
    git(tree, "init", "-q")
    git(tree, "add", "a.py", ".gitattributes")
    git(tree, "commit", "-q", "-m", "x")
    for setting in ("core.fsmonitor", "core.pager", "core.sshCommand", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process"):
        git(tree, "config", setting, str(script))
    git(tree, "config", "extensions.partialClone", "origin")
    git(tree, "config", "remote.origin.url", f"ext::{script}")
    git(tree, "config", "core.hooksPath", str(tree.parent))
    mark.unlink(missing_ok=True)
    found = await scan(tree, ScanSettings(include_untracked=True, include_submodules=True))
    assert paths(found) == ["a.py", "b.py"]
    assert not mark.exists()


async def test_without_git_every_file_is_looked_at(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "a.py", "untracked.py")
    git(tree, "init", "-q")
    git(tree, "add", "a.py")
    monkeypatch.setenv("PATH", str(tree))
    found = await scan(tree)
    assert paths(found) == ["a.py", "untracked.py"]
    assert [(failure.code, failure.severity) for failure in found.failures] == [("CA108", "warning")]


async def test_a_broken_repository_is_walked_with_a_warning(tree: Path) -> None:
    write(tree, "a.py")
    git(tree, "init", "-q")
    (tree / ".git" / "index").write_bytes(b"not an index")
    found = await scan(tree)
    assert paths(found) == ["a.py"]
    assert [(failure.code, failure.severity) for failure in found.failures] == [("CA108", "warning")]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ScanSettings(include_globs=("pkg",)), ["pkg/a.py", "pkg/tests/t.py"]),
        (ScanSettings(exclude_globs=("tests", "setup.py")), ["pkg/a.py"]),
        (ScanSettings(include_globs=("pkg/**",), exclude_globs=("*t.py",)), ["pkg/a.py"]),
    ],
)
async def test_globs_choose(settings: ScanSettings, expected: list[str], tree: Path) -> None:
    write(tree, "setup.py", "pkg/a.py", "pkg/tests/t.py")
    assert paths(await scan(tree, settings)) == expected


async def test_nothing_there(tree: Path) -> None:
    write(tree, "README.md")
    for folder, code in ((tree, "CA101"), (tree / "README.md", "CA110"), (tree / "nowhere", "CA110")):
        with pytest.raises(Coded) as caught:
            await scan(folder)
        assert caught.value.code == code
        assert caught.value.hint


async def test_a_source_that_changed_since_is_not_read_again(tree: Path) -> None:
    write(tree, "same.py", "changed.py", "gone.py")
    found = await scan(tree)
    write(tree, "changed.py", content=b"x = 2\n")
    (tree / "gone.py").unlink()
    changed, gone, same = found.read(found.sources)
    assert isinstance(changed, Failure)
    assert isinstance(gone, Failure)
    assert (changed.code, gone.code, same) == ("CA106", "CA109", b"x = 1\n")


async def test_the_same_tree_elsewhere_gives_the_same_rows(tree: Path) -> None:
    write(tree, "src/a/__init__.py", "tests/test_a.py", "z.py")
    first = await scan(tree)
    shutil.copytree(tree, tree.parent / "elsewhere")
    second = await scan(tree.parent / "elsewhere")
    assert first.sources == second.sources
    assert first.batches() == second.batches()


async def test_a_package_of_the_standard_library() -> None:
    """Every `.py` file of a real tree, with what reading it by hand gives."""
    library = Path(os.__file__).parent / "json"
    found = await scan(library)
    by_hand = sorted(str(path.relative_to(library)) for path in library.rglob("*.py"))
    assert paths(found) == by_hand
    for source, content in zip(found.sources, found.read(found.sources), strict=True):
        assert isinstance(content, bytes)
        assert (library / source.path).read_bytes() == content
        assert source.lines == len(content.splitlines())
