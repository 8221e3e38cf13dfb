"""A scan from its first question to its last row: list → choose → read → name. Each step is in the module it calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
from anyio import to_thread

from codeanatomy.failure import Coded, Failure
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.scan import rows
from codeanatomy.scan.choose import choose, mark
from codeanatomy.scan.git import Listing, find_git, unusable
from codeanatomy.scan.globs import selector
from codeanatomy.scan.listed import Listed, told, walked
from codeanatomy.scan.module import Roots, is_test, project_folders
from codeanatomy.scan.reach import Reach
from codeanatomy.scan.refusal import Refused, failure
from codeanatomy.scan.scope import ScopeRow
from codeanatomy.scan.settings import ScanSettings
from codeanatomy.scan.source import Content, SourceFile, file_ids
from codeanatomy.scan.text import Text, text_of

READ_FILES = 200
"""Files read in one visit to a thread: between two, a cancelled scan stops."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The sources of a repository, sorted by path, and the paths that could not become one."""

    repository: Path
    sources: tuple[SourceFile, ...]
    failures: tuple[Failure, ...]
    texts: tuple[Text, ...]
    """Where lines start, one per source."""
    scope: tuple[ScopeRow, ...]
    reach: Reach
    listed: tuple[bytes, ...]
    """Every path that belongs to the repository and that no exclude glob matches, whatever it holds; sorted."""

    def batches(self) -> dict[str, list[pa.RecordBatch]]:
        """The rows of `repo_files`, `scope_manifest` and `file_lines`, by table."""
        return {
            "repo_files": rows.repo_files(self.sources),
            "scope_manifest": rows.scope_manifest(self.scope),
            "file_lines": rows.file_lines(self.sources, self.texts),
        }

    def read(self, sources: Sequence[SourceFile]) -> list[bytes | Failure]:
        """The bytes of these sources again, or a failure for one that is no longer what was scanned. Blocking."""
        return [self._again(source) for source in sources]

    def _again(self, source: SourceFile) -> bytes | Failure:
        path = os.fsencode(source.path)
        try:
            data = self.reach.read(path)
        except Refused as refused:
            return refused.failure
        if sha256(data).hexdigest() != source.sha256:
            return failure("CA106", path, "it changed while the repository was read")
        return data


def check_repository(repository: Path) -> None:
    """Raises `Coded` CA110 where there is no such folder."""
    if not repository.is_dir():
        raise Coded("CA110", f"{repository} is not a folder", hint="give the folder of the repository")


async def scan(repository: Path, settings: ScanSettings | None = None, confinement: Confinement = CONFINED) -> Scan:
    """Find and read the Python sources of a repository.

    Raises `Coded`: CA101 when there is none, CA110 when the repository is not a folder.
    """
    settings = settings or ScanSettings()
    await to_thread.run_sync(check_repository, repository)
    listed = await _list(repository, settings, confinement)
    reach = Reach(os.fsencode(repository), settings.follow_symlinks)
    choice = await to_thread.run_sync(choose, listed.paths, reach, settings, listed.scope)
    contents, failures = await _read(choice.paths, reach)
    failures = sorted([*listed.failures, *choice.failures, *failures], key=lambda failure: failure.order)
    if not contents:
        raise Coded("CA101", f"there is no Python source in {repository}", hint=listed.hint, details={"failures": failures})
    sources = await to_thread.run_sync(_sources, contents, choice.paths, listed)
    scope = await to_thread.run_sync(_scope, listed, contents, failures)
    kept = await to_thread.run_sync(_kept, listed, settings)
    return Scan(repository, sources, tuple(failures), tuple(content.text for content in contents), scope, reach, kept)


async def _list(repository: Path, settings: ScanSettings, confinement: Confinement) -> Listed:
    """The paths that git or a walk gives."""
    git = find_git(repository, confinement)
    if git is None:
        problem = failure("CA108", b"", "git is not installed: every file is looked at", "warning")
        return await to_thread.run_sync(walked, repository, [problem])
    listing = await git.list(settings.include_submodules, settings.include_worktrees)
    if not isinstance(listing, Listing):
        return await to_thread.run_sync(walked, repository, unusable(listing))
    if not listing.tracked and await git.ignores_target():
        return await to_thread.run_sync(walked, repository, [])
    return await to_thread.run_sync(told, repository, listing, settings.include_untracked)


async def _read(paths: Sequence[str], reach: Reach) -> tuple[list[Content], list[Failure]]:
    """Read every file once, some at a time."""
    contents: list[Content] = []
    failures: list[Failure] = []
    for start in range(0, len(paths), READ_FILES):
        for content in await to_thread.run_sync(_read_some, paths[start : start + READ_FILES], reach):
            if isinstance(content, Failure):
                failures.append(content)
            else:
                contents.append(content)
    return contents, failures


def _read_some(paths: Sequence[str], reach: Reach) -> list[Content | Failure]:
    return [_content(path, reach) for path in paths]


def _content(path: str, reach: Reach) -> Content | Failure:
    try:
        data = reach.read(os.fsencode(path))
    except Refused as refused:
        return refused.failure
    return Content(path, len(data), sha256(data).hexdigest(), text_of(data))


def _scope(listed: Listed, contents: Sequence[Content], failures: Sequence[Failure]) -> tuple[ScopeRow, ...]:
    """Why each path is in or out, now that everything is decided. A path that nobody listed was found behind a link."""
    for refused in failures:
        listed.scope.leave_out_failed(refused)
    for content in contents:
        listed.scope.take_in(content.path, listed.paths.get(content.path.encode(), "link"), mark(content.path))
    return listed.scope.rows()


def _kept(listed: Listed, settings: ScanSettings) -> tuple[bytes, ...]:
    """The listed paths that no exclude glob matches."""
    excluded = selector((), settings.exclude_globs)
    return tuple(path for path in sorted(listed.paths) if not excluded(path.decode("utf-8", "backslashreplace")))


def _sources(contents: Sequence[Content], paths: Sequence[str], listed: Listed) -> tuple[SourceFile, ...]:
    roots = Roots(paths, project_folders(listed.paths))
    return tuple(_source(file_id, content, roots) for file_id, content in zip(file_ids(contents), contents, strict=True))


def _source(file_id: int, content: Content, roots: Roots) -> SourceFile:
    module = roots.module(content.path)
    return SourceFile(
        file_id=file_id,
        path=content.path,
        size=content.size,
        sha256=content.sha256,
        encoding=content.text.encoding,
        newline=content.text.newline,
        lines=content.text.lines,
        module=module.name,
        root=module.root,
        is_package=module.is_package,
        is_stub=content.path.endswith(".pyi"),
        is_test=is_test(content.path),
    )
