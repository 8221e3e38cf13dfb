"""The timeline of a report as HTML: who ran when, and how much at once. Bars are placed in percent, so that it fits any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from codeanatomy.catalog import spans
from codeanatomy.observe.report.account import Bar
from codeanatomy.observe.report.wording import seconds

TICKS = 5
LANE_PX, THIN_PX, MANY = 14, 5, 4
CLASSES = {spans.SHARD.name: "shard", spans.SUPPLY.name: "supply", spans.OPERATOR.name: "operator", spans.OUTPUT.name: "output"}
LEGEND = (
    ("stage", "stage"),
    ("supply", "tool or earlier rows"),
    ("shard", "extractor"),
    ("operator", "graph operator"),
    ("output", "table"),
)


def timeline(bars: Sequence[Bar], total: float) -> Iterator[str]:
    """The whole chart."""
    most = max((count for _, count in _busy(bars)), default=0)
    yield '<div class="timeline">'
    yield '<div class="lane"><div class="name soft">at once</div>'
    yield f'<svg class="busy" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="At most {most} things ran at once">'
    yield f'<title>At most {most} things ran at once</title><path d="{_area(bars, total, most)}"/></svg></div>'
    for label, lanes in _rows(bars).items():
        yield from _row(label, lanes, total)
    yield '<div class="lane" aria-hidden="true"><div></div><div class="ticks">'
    yield from (f'<span style="left:{100 * tick / TICKS:.0f}%">{seconds(total * tick / TICKS)}</span>' for tick in range(TICKS + 1))
    yield "</div></div>"
    yield '<div class="legend">' + "".join(f'<span><i class="bar {kind}"></i>{name}</span>' for kind, name in LEGEND)
    yield f"<span>at most {most} at once</span></div></div>"


def _rows(bars: Sequence[Bar]) -> dict[str, list[list[Bar]]]:
    """Bars by what they are about, each in the first lane that is free."""
    rows: dict[str, list[list[Bar]]] = {}
    for bar in sorted(bars, key=lambda bar: bar.began):
        lanes = rows.setdefault(bar.label.partition(" · ")[0], [])
        free = next((lane for lane in lanes if lane[-1].ended <= bar.began), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return rows


def _row(label: str, lanes: list[list[Bar]], total: float) -> Iterator[str]:
    height = LANE_PX if len(lanes) < MANY else THIN_PX
    yield f'<div class="lane"><div class="name" title="{escape(label)}">{escape(label)}</div>'
    yield f'<div class="track" style="height:{len(lanes) * (height + 1) + 3}px">'
    for number, lane in enumerate(lanes):
        for bar in lane:
            yield _bar(bar, 2 + number * (height + 1), height, total)
    yield "</div></div>"


def _bar(bar: Bar, top: int, height: int, total: float) -> str:
    left, width = 100 * bar.began / total, 100 * (bar.ended - bar.began) / total
    kind = CLASSES.get(bar.kind, "stage") + ("" if bar.status == "ok" else " broken")
    text = escape(
        f"{bar.label}: {seconds(bar.ended - bar.began)}, from {seconds(bar.began)} on" + ("" if bar.status == "ok" else f", {bar.status}")
    )
    style = f"left:{left:.3f}%;width:{width:.3f}%;top:{top}px;height:{height}px"
    return f'<div class="bar {kind}" style="{style}" title="{text}" role="img" aria-label="{text}"></div>'


def _busy(bars: Sequence[Bar]) -> list[tuple[float, int]]:
    """How many things ran at once, from each moment on at which that changed. Stages are not things."""
    changes = [(bar.began, 1) for bar in bars if bar.kind in CLASSES] + [(bar.ended, -1) for bar in bars if bar.kind in CLASSES]
    found, count = [], 0
    for moment, change in sorted(changes):
        count += change
        found.append((moment, count))
    return found


def _area(bars: Sequence[Bar], total: float, most: int) -> str:
    height = {0: 100.0}
    path = "M0 100"
    for moment, count in _busy(bars):
        level = height.setdefault(count, 100 - 95 * count / (most or 1))
        path += f" H{1000 * moment / total:.1f} V{level:.1f}"
    return path + " H1000 V100 Z"
