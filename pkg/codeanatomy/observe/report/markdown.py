"""A report as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from codeanatomy.observe.manifest import RunError
from codeanatomy.observe.report.account import DiagnosticsReport, ReportSection
from codeanatomy.observe.report.wording import said, seconds, words


def markdown(report: DiagnosticsReport) -> str:
    """The whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DiagnosticsReport) -> Iterator[str]:
    repository = report.repository
    yield f"# Run {report.run_id}"
    yield ""
    yield f"{repository.root}, {revision(report)}. {report.status}, {published(report)}, {seconds(report.seconds)}."
    if report.error:
        yield f"Ended by {ended(report.error)}"
    yield f"{report.files.scanned:,} sources, {report.files.failed:,} of them with failures."
    yield from (f"Warning: {warning}" for warning in report.warnings)
    yield from ("", "## Tables", "")
    yield from _table([msgspec.structs.asdict(table) for table in report.tables])
    yield from ("", "## Slowest sources", "")
    yield from _table([msgspec.structs.asdict(file) for file in report.slowest_files])
    for section in report.sections.values():
        yield from _section(section)


def published(report: DiagnosticsReport) -> str:
    """The generation in words."""
    return "nothing published" if report.generation is None else f"generation {report.generation}"


def ended(error: RunError) -> str:
    """What ended the run, in words."""
    return f"{error.code or 'a bug'}" + (f" during {error.during}" if error.during else "") + f": {error.message}"


def revision(report: DiagnosticsReport) -> str:
    """The revision in words."""
    repository = report.repository
    if repository.commit is None:
        return "no git revision"
    return (
        f"commit {repository.commit[:12]}"
        + (f" on {repository.branch}" if repository.branch else "")
        + (", changed" if repository.dirty else "")
    )


def _section(section: ReportSection) -> Iterator[str]:
    yield from ("", f"## {section.title}", "", section.sentence)
    if section.summary:
        yield ""
        yield ", ".join(f"{words(name)}: {said(name, value)}" for name, value in section.summary.items()) + "."
    if section.reason:
        yield from ("", section.reason)
    if section.rows:
        yield ""
        yield from _table(section.rows)


def _table(rows: Sequence[dict[str, object]]) -> Iterator[str]:
    names = columns(rows)
    yield _row(words(name) for name in names)
    yield _row("---" for _ in names)
    for row in rows:
        yield _row(said(name, row.get(name)).replace("|", "\\|") for name in names)


def columns(rows: Iterable[dict[str, object]]) -> list[str]:
    """The names in rows, in order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
