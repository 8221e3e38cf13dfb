"""A hundred calls of Django, drawn at random from those that its graph calls resolved, and what a person read of each: `django_calls.json`. It builds nothing.

They were drawn from the graph of the 883 files of the wheel, built without SCIP and types. To draw them again, and to count those which are right in a graph:

    codeanatomy build WHEEL -o GRAPH --scip off --types off
    python -m tests.truth.sampled GRAPH

where WHEEL is the folder into which the wheel was unpacked.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from codeanatomy.query.graph import OpenGraph, open_graph_sync

KEPT = Path(__file__).with_name("django_calls.json")
COUNT = 100


class Span(NamedTuple):
    """Where a call is written."""

    path: str
    line: int
    col: int
    end_line: int
    end_col: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}"


@dataclass(frozen=True)
class Sampled:
    """One call, and the verdict on what the graph said of it on the day it was read."""

    span: Span
    text: str
    """Its first line in the source."""
    callee: str
    """What is called, as written."""
    targets: frozenset[str]
    """What the graph of the wheel said: the name of each target, with the line of its definition if it has one."""
    right: frozenset[str]
    """What can run there, as far as it was read, be it in the answer or not."""
    wrong: frozenset[str]
    """What was in an answer and can never run there."""
    verdict: str
    """`right`: whatever the graph said can run there."""
    reason: str

    def is_right(self, targets: Iterable[str]) -> bool:
        found = set(targets)
        return bool(found) and found <= self.right

    def must_be_read_again(self, targets: Iterable[str]) -> bool:
        """Whether an answer is one on which the verdict says nothing, or is worse than it was."""
        found = set(targets)
        if self.verdict == "right":
            return not self.is_right(found)
        return not found or not found <= self.right | self.wrong


def kept() -> list[Sampled]:
    """The sample in the repository."""
    return [_sampled(site) for site in json.loads(KEPT.read_text("utf-8"))["sites"]]


def _sampled(site: dict) -> Sampled:
    span = Span(*(site.pop(field) for field in Span._fields))
    sets = {name: frozenset(site.pop(name, ())) for name in ("targets", "right", "wrong")}
    return Sampled(span, **sets, **site)


def drawn(graph: OpenGraph) -> list[Span]:
    """The sites of a graph that chance takes, always the same ones."""
    sql = f"SELECT {', '.join(Span._fields)} FROM call_sites WHERE status = 'resolved'"
    spans = [Span(**row) for row in graph.sql(sql).to_pylist()]
    return sorted(sorted(spans, key=_place_in_the_draw)[:COUNT])


def _place_in_the_draw(span: Span) -> str:
    seed = "django-5.2"
    return hashlib.sha256(":".join(map(str, (seed, *span))).encode()).hexdigest()


def answers(graph: OpenGraph) -> dict[Span, set[str]]:
    """What each call may run."""
    sql = f"SELECT {', '.join(Span._fields)}, callee, callee_path, callee_line FROM calls"
    found: dict[Span, set[str]] = defaultdict(set)
    for *span, callee, path, line in (row.values() for row in graph.sql(sql).to_pylist()):
        found[Span(*span)].add(f"{callee}:{line}" if path else callee)
    return found


def main() -> None:
    graph = open_graph_sync(Path(sys.argv[1]))
    read = {site.span: site for site in kept()}
    found = answers(graph)
    for span in drawn(graph):
        print(span, *sorted(found[span]), *([] if span in read else ["(nobody read this one)"]))
    print(sum(site.is_right(found[site.span]) for site in read.values()), "of", len(read), "right")


if __name__ == "__main__":
    main()
