"""A report as one HTML page that needs nothing else: no script, no font, no request. Numbers are those of `report.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from codeanatomy.observe.report.account import DiagnosticsReport, ReportSection
from codeanatomy.observe.report.chart import timeline
from codeanatomy.observe.report.markdown import columns, ended, revision
from codeanatomy.observe.report.wording import is_number, said, seconds, words

SHOWN = 15
"""Rows of a table that are seen without opening it."""
LONG = 60
"""Text of more characters may wrap."""
BARRED = ("rows", "bytes", "seconds", "share", "count")
"""Columns whose cells show their size as a bar."""


def html(report: DiagnosticsReport) -> str:
    """The whole page."""
    return "\n".join(_page(report)) + "\n"


def _page(report: DiagnosticsReport) -> Iterator[str]:
    name = Path(report.repository.root).name
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    # Without an icon of its own, a browser asks for one.
    yield '<link rel="icon" href="data:,">'
    yield f"<title>{escape(name)} · CodeAnatomy run {report.run_id}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>"
    yield from _head(report, name)
    yield from _contents(report)
    yield '<h2 id="timeline">Timeline</h2>'
    yield '<p class="soft">Who ran when; a bar says more when the pointer rests on it.</p>'
    yield from timeline(report.timeline, report.seconds)
    yield from _titled("tables", "Tables", "Rows, bytes and data files of every table that the build wrote.")
    yield from _table([msgspec.structs.asdict(table) for table in report.tables])
    yield from _titled("slowest_files", "Slowest sources", "The sources over which a worker took longest, by the clock.")
    yield from _table([msgspec.structs.asdict(file) for file in report.slowest_files])
    for key, section in report.sections.items():
        yield from _section(key, section)
    yield f'<footer>CodeAnatomy {escape(report.codeanatomy)} · run <span class="mono">{report.run_id}</span> · {escape(report.started)}'
    yield "· the same as data: report.json, beside this page</footer>\n</main>\n</body>\n</html>"


def _head(report: DiagnosticsReport, name: str) -> Iterator[str]:
    tables = {table.name: table.rows for table in report.tables}
    failures = sum(report.failures.values())
    yield f"<header><h1>{escape(name)}</h1>"
    yield f'<p class="soft"><span class="mono">{escape(report.repository.root)}</span> · {escape(revision(report))}</p>'
    yield '<dl class="facts">'
    yield _fact("Status", report.status, bad=report.status != "ok")
    yield _fact("Time", seconds(report.seconds))
    yield _fact("Sources", f"{report.files.scanned:,}")
    yield _fact("With failures", f"{report.files.failed:,}", bad=report.files.failed > 0)
    yield _fact("Failures", f"{failures:,}", bad=failures > 0)
    yield _fact("Nodes", said("rows", tables.get("cpg_nodes")))
    yield _fact("Edges", said("rows", tables.get("cpg_edges")))
    yield _fact("Generation", said("generation", report.generation))
    yield "</dl>"
    if report.error:
        yield f'<p class="warning" role="alert">Ended by {escape(ended(report.error))}</p>'
    yield from (f'<p class="warning" role="note">{escape(warning)}</p>' for warning in report.warnings)
    yield "</header>"


def _contents(report: DiagnosticsReport) -> Iterator[str]:
    own = (("timeline", "Timeline"), ("tables", "Tables"), ("slowest_files", "Slowest sources"))
    links = (*own, *((key, section.title) for key, section in report.sections.items()))
    yield '<nav aria-label="Contents"><ul>'
    yield from (f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in links)
    yield "</ul></nav>"


def _section(key: str, section: ReportSection) -> Iterator[str]:
    yield from _titled(key, section.title, section.sentence)
    if section.summary:
        figures = (f"<li><span>{words(name)}</span> {escape(said(name, value))}</li>" for name, value in section.summary.items())
        yield f'<ul class="figures">{"".join(figures)}</ul>'
    if section.reason:
        yield f"<p>{escape(section.reason)}</p>"
    if section.rows:
        yield from _table(section.rows)


def _titled(key: str, title: str, sentence: str) -> Iterator[str]:
    yield f'<h2 id="{key}">{escape(title)}</h2>\n<p class="soft">{escape(sentence)}</p>'


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A table; of a long one, the rest opens on demand."""
    if not rows:
        yield "<p>None.</p>"
        return
    names = columns(rows)
    most = {name: max((row[name] for row in rows if is_number(row.get(name))), default=0) for name in names if name in BARRED}
    numeric = {name for name in names if any(is_number(row.get(name)) for row in rows)}
    yield from _part(names, numeric, most, rows[:SHOWN])
    if rest := rows[SHOWN:]:
        yield f"<details><summary>{len(rest):,} more</summary>"
        yield from _part(names, numeric, most, rest)
        yield "</details>"


def _part(names: Sequence[str], numeric: set[str], most: dict[str, float], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>'
    yield "".join(f'<th scope="col"{" class=number" if name in numeric else ""}>{words(name)}</th>' for name in names)
    yield "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(_cell(name, row.get(name), name in numeric, most.get(name, 0)) for name in names) + "</tr>"
    yield "</tbody></table></div>"


def _cell(name: str, value: Any, numeric: bool, most: float) -> str:
    text = escape(said(name, value))
    if most and is_number(value):
        return f'<td class="number barred" style="--part:{100 * value / most:.1f}%">{text}</td>'
    return f'<td class="{"number" if numeric else "text" if len(text) > LONG else ""}">{text}</td>'


def _fact(name: str, value: str, bad: bool = False) -> str:
    return f"<div{' class=bad' if bad else ''}><dt>{name}</dt><dd>{escape(value)}</dd></div>"
