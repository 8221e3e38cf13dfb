"""Byte spans of the nodes of a batch, and of their names, from CPython's lines and columns. It changes no row but in its spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codeanatomy.extract import grammar, tokens
from codeanatomy.extract.columns import Ints
from codeanatomy.extract.forest import Forest

_MODULE = grammar.number("Module")
_LAMBDA = grammar.number("Lambda")
_CLAUSES = np.array(["lineno" not in kind._attributes for kind in grammar.KINDS])
_DECORATORS = grammar.field_number("decorator_list")
_HANDLER = grammar.number("ExceptHandler")

_WHOLE = grammar.among("Name")
_LEADING = grammar.among("arg", "keyword")
_ALIAS = grammar.among("alias")
_TRAILING = grammar.among("Attribute", "MatchAs", "MatchStar")

_FINDER: dict[str, tokens.Finder] = {
    "FunctionDef": tokens.after_keyword,
    "AsyncFunctionDef": tokens.after_keyword,
    "ClassDef": tokens.after_keyword,
    "alias": tokens.dotted,
    "ImportFrom": tokens.module,
    "ExceptHandler": tokens.caught,
    "MatchMapping": tokens.rest,
    "TypeVar": tokens.starred,
    "ParamSpec": tokens.starred,
    "TypeVarTuple": tokens.starred,
    "Global": tokens.declared,
    "Nonlocal": tokens.declared,
    "Attribute": tokens.last_word,
    "MatchAs": tokens.last_word,
    "MatchStar": tokens.last_word,
}
"""How the name of a kind is found in the text; the other kinds start with it."""

_FINDERS = [_FINDER.get(name, tokens.word) for name in grammar.KIND_NAMES]
_SOUGHT = grammar.among(*_FINDER) & ~_TRAILING
_NAMELESS = grammar.among("Global", "Nonlocal")
_BEHIND_CHILDREN = grammar.among("ExceptHandler", "MatchMapping")


@dataclass(frozen=True, slots=True)
class Spans:
    """What is asked for: the span of each node and of its name, -1 where there is none."""

    bstart: Ints
    bend: Ints
    name_bstart: Ints
    name_bend: Ints


def spans(forest: Forest) -> Spans:
    """The spans of a batch, in the order they depend on each other."""
    name_bstart, name_bend = _names(forest)
    bstart, bend = forest.bstart.copy(), forest.bend.copy()
    _include_decorators(forest, bstart)
    _span_clauses(forest, bstart, bend, name_bend)
    _stay_inside(forest, bstart, bend)
    outside = (name_bstart < bstart) | (name_bend > bend)
    name_bstart[outside] = -1
    name_bend[outside] = -1
    return Spans(bstart, bend, name_bstart, name_bend)


def _names(forest: Forest) -> tuple[Ints, Ints]:
    """A name stands at the start or the end of its node, or is the node; the rest is looked for in the text, one by one."""
    named = forest.name_lengths > 0
    start = np.full(len(named), -1, np.int64)
    end = start.copy()
    whole = np.flatnonzero(_WHOLE[forest.kinds])
    start[whole], end[whole] = forest.bstart[whole], forest.bend[whole]
    # An alias that is as long as its name is its name: no `as` and no gap is in it.
    leads = _LEADING[forest.kinds] | (_ALIAS[forest.kinds] & (forest.bend - forest.bstart == forest.name_lengths))
    leading = np.flatnonzero(leads & named)
    start[leading] = forest.bstart[leading]
    end[leading] = start[leading] + forest.name_lengths[leading]
    trailing = np.flatnonzero(_TRAILING[forest.kinds] & named)
    end[trailing] = forest.bend[trailing]
    start[trailing] = end[trailing] - forest.name_lengths[trailing]
    sought = np.flatnonzero(_SOUGHT[forest.kinds] & ~leads & (named | _NAMELESS[forest.kinds]))
    _find(forest, sought, start, end)
    if not forest.text.isascii():
        # Normalising (NFKC) changes the length of a token only around characters beyond ASCII.
        wide = np.flatnonzero(np.frombuffer(forest.text, np.uint8) >= 0x80)
        files = np.diff(np.searchsorted(wide, forest.text_starts), append=len(wide)) > 0
        leading, trailing = leading[files[forest.files[leading]]], trailing[files[forest.files[trailing]]]
        _find(forest, leading[_is_among(wide, start[leading], end[leading] + 1)], start, end)
        _find(forest, trailing[_is_among(wide, start[trailing] - 1, end[trailing])], start, end)
    return start, end


def _is_among(places: Ints, start: Ints, end: Ints) -> NDArray[np.bool_]:
    """Whether one of the places is in a span."""
    return np.searchsorted(places, start) < np.searchsorted(places, end)


def _find(forest: Forest, rows: Ints, start: Ints, end: Ints) -> None:
    """Ask the finder of each row's kind."""
    froms = _search_starts(forest, rows)
    for row, kind, first, last in zip(rows.tolist(), forest.kinds[rows].tolist(), froms.tolist(), forest.bend[rows].tolist(), strict=True):
        start[row], end[row] = _FINDERS[kind](forest.text, first, last)


def _search_starts(forest: Forest, rows: Ints) -> Ints:
    """Where to look for a name: behind the type of a handler, behind the patterns of a mapping, else from the start of the node."""
    froms = forest.bstart[rows]
    for place in np.flatnonzero(_BEHIND_CHILDREN[forest.kinds[rows]]).tolist():
        row = rows[place]
        last = row + (2 if forest.kinds[row] == _HANDLER else forest.sizes[row])
        froms[place] = forest.bend[row + 1 : last].max(initial=froms[place])
    return froms


def _include_decorators(forest: Forest, bstart: Ints) -> None:
    """A definition starts at its first `@`."""
    firsts = np.flatnonzero((forest.fields == _DECORATORS) & (forest.positions == 0))
    decorators = forest.bstart[firsts]
    lines = np.searchsorted(forest.line_starts, decorators, "right") - 1
    for parent, line, decorator in zip(forest.parents[firsts].tolist(), lines.tolist(), decorators.tolist(), strict=True):
        bstart[parent] = tokens.at_sign(forest.text, forest.line_starts, line, decorator)


def _span_clauses(forest: Forest, bstart: Ints, bend: Ints, name_bend: Ints) -> None:
    """A clause spans its children; parameters that are none are an empty place behind the name or the `lambda`. No clause holds a clause."""
    clauses = _CLAUSES[forest.kinds]
    children = np.flatnonzero(clauses[forest.parents] & ~clauses)
    parents = forest.parents[children]
    bstart[clauses] = len(forest.text)
    bend[clauses] = 0
    np.minimum.at(bstart, parents, bstart[children])
    np.maximum.at(bend, parents, bend[children])
    empty = np.flatnonzero(clauses & (forest.sizes == 1))
    owners = forest.parents[empty]
    bstart[empty] = bend[empty] = np.where(forest.kinds[owners] == _LAMBDA, bstart[owners] + len("lambda"), name_bend[owners])
    modules = forest.kinds == _MODULE
    bstart[modules], bend[modules] = forest.bstart[modules], forest.bend[modules]


def _stay_inside(forest: Forest, bstart: Ints, bend: Ints) -> None:
    """A node whose span leaves its parent's gets its parent's, from the top down."""
    while True:
        outside = np.flatnonzero((bstart < bstart[forest.parents]) | (bend > bend[forest.parents]) | (bstart > bend))
        if not len(outside):
            return
        bstart[outside], bend[outside] = bstart[forest.parents[outside]], bend[forest.parents[outside]]
