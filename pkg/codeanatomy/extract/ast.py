"""The `ast` extractor: sources in, rows of `ast_nodes` and `ast_imports` out. It resolves no names and judges no code.

What `value` of a node says, by kind (null for every other):

| kind | value |
| --- | --- |
| Constant | a string's evaluated text (lone surrogates as backslash escapes); else the source text; `name` is the type: `str bytes int …` |
| BinOp, AugAssign, UnaryOp, BoolOp | class name of the operator, such as `Add`, `Not`, `And` |
| Compare | class names of the operators, separated by spaces |
| FormattedValue | the conversion `s`, `r` or `a`, if there is one |
| AnnAssign | `1` for a simple name, else `0` |
| comprehension | `async`, if it is |
| ImportFrom | the level: `0` for absolute |
| alias | the name after `as`, whose token ends where the node ends |
| Global, Nonlocal | the names, separated by spaces; `name` is null, but its token span is that of the whole list |
| MatchSingleton | `None`, `True` or `False` |
| MatchClass | the keyword attributes, separated by spaces |

A walk in Python takes what only objects can tell (children, names, lines and columns); everything else is done for all sources
since the last take at once, in arrays.
"""

from __future__ import annotations

import ast
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy.catalog.evidence.ast import AST_IMPORTS, AST_NODES, TABLES
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract import grammar, text
from codeanatomy.extract.columns import Words, record_batch
from codeanatomy.extract.forest import Forest, forest, spread
from codeanatomy.extract.preorder import Ints
from codeanatomy.extract.refusal import parsed
from codeanatomy.extract.source import Failed, Source
from codeanatomy.extract.spans import Spans, spans
from codeanatomy.extract.walk import ACCESS, HAS_VALUE, IS_CONSTANT, Walk, walk

_ALIAS = grammar.number("alias")
_FROM = grammar.number("ImportFrom")

MOST_NODES = 1 << 24
"""A node's number has 24 bits in its id."""

SMALL = 8192
"""Bytes of source from which a tree is unfolded alone. Less costs too many calls for too few nodes; many at once are no longer in the cache."""


class Syntax:
    """Syntax trees to rows."""

    tables: tuple[Table, ...] = TABLES

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._file_ids: list[int] = []
        self._texts: list[text.Text] = []
        self._walks: list[Walk] = []
        self._small: list[ast.Module] = []
        self._small_bytes = 0
        self._pending = 0

    @property
    def pending(self) -> int:
        """Nodes waiting to be taken, of small sources perhaps their Modules only."""
        return self._pending + len(self._small)

    def read(self, source: Source) -> None:
        """Parse and unfold one source; a small one together with its neighbours."""
        decoded = text.decode(source)
        tree = parsed(source, decoded, ast.parse)
        if len(source.data) >= SMALL:
            self._unfold_small()
            self._keep(_of_ids(walk([tree])))
        else:
            self._small.append(tree)
            self._small_bytes += len(source.data)
            if self._small_bytes >= SMALL:
                self._unfold_small()
        self._file_ids.append(source.file_id)
        self._texts.append(decoded)

    def _unfold_small(self) -> None:
        trees, self._small, self._small_bytes = self._small, [], 0
        if trees:
            self._keep(walk(trees))

    def _keep(self, found: Walk) -> None:
        self._walks.append(found)
        self._pending += found.nodes

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        self._unfold_small()
        walks, file_ids, texts = self._walks, np.array(self._file_ids, np.int64), self._texts
        self._start()
        return _batches(walks, file_ids, texts) if walks else [None] * len(TABLES)


def open() -> Syntax:
    """An extraction, warmed up: nothing is imported later."""
    syntax = Syntax()
    syntax.read(text.warm())
    syntax.take()
    return syntax


def _of_ids(found: Walk) -> Walk:
    """The walk of one source, if its nodes have ids. Small sources have: no text has as many nodes as that in so few bytes."""
    if found.nodes >= MOST_NODES:
        raise Failed("CA203", f"the syntax tree has {found.nodes} nodes; a file may have {MOST_NODES - 1}")
    return found


def _batches(walks: list[Walk], file_ids: Ints, texts: list[text.Text]) -> list[pa.RecordBatch | None]:
    """The rows of many walks, put in pre-order."""
    trees = forest(walks, texts)
    found = spans(trees)
    nodes = _nodes(walks, file_ids, trees, found)
    return [nodes, _imports(nodes, trees)]


def _nodes(walks: list[Walk], file_ids: Ints, trees: Forest, found: Spans) -> pa.RecordBatch:
    first_row = trees.first_rows[trees.files]
    text_start = trees.text_starts[trees.files]
    parents = trees.parents - first_row
    parents[trees.first_rows] = -1
    token = np.where(found.name_bstart < 0, 0, text_start)
    return record_batch(
        AST_NODES,
        {
            "file_id": file_ids[trees.files],
            "node": _int32(np.arange(len(first_row)) - first_row),
            "parent": _int32(parents),
            "kind": Words(trees.kinds, grammar.KIND_NAMES),
            "field": Words(trees.fields, grammar.FIELD_NAMES),
            "position": _int32(trees.positions),
            "bstart": _int32(found.bstart - text_start),
            "bend": _int32(found.bend - text_start),
            "name": trees.names,
            "name_bstart": _int32(found.name_bstart - token),
            "name_bend": _int32(found.name_bend - token),
            "access": Words(trees.contexts, ACCESS),
            "value": _values(walks, trees, found),
            "line": trees.lines,
        },
    )


def _imports(nodes: pa.RecordBatch, trees: Forest) -> pa.RecordBatch | None:
    """The rows of import aliases beside those of their statements."""
    rows = np.flatnonzero(trees.kinds == _ALIAS)
    if not len(rows):
        return None
    of_alias = ("file_id", "node", "position", "name", "name_bstart", "name_bend")
    aliases = nodes.select([*of_alias, "value"]).take(pa.array(rows))
    statements = nodes.select(["bstart", "bend", "name", "value"]).take(pa.array(trees.parents[rows]))
    is_from = trees.kinds[trees.parents[rows]] == _FROM
    levels = np.zeros(len(rows), np.int32)
    levels[is_from] = statements["value"].filter(pa.array(is_from)).cast(pa.int32())
    return record_batch(
        AST_IMPORTS,
        {name: aliases[name] for name in of_alias}
        | {name: statements[name] for name in ("bstart", "bend")}
        | {"level": levels, "module": statements["name"], "alias": aliases["value"]},
    )


def _values(walks: list[Walk], trees: Forest, found: Spans) -> pa.Array:
    """The values in pre-order; numbers and bytes are read from the text only now that their spans are known."""
    kinds = trees.kinds[trees.rows]
    values = list(chain.from_iterable(walk.values for walk in walks))
    valued = np.flatnonzero(HAS_VALUE[kinds])
    constants = np.flatnonzero(IS_CONSTANT[kinds[valued]])
    quoted = [index for index in constants.tolist() if values[index] is None]
    rows = trees.rows[valued[quoted]]
    for index, bstart, bend in zip(quoted, found.bstart[rows].tolist(), found.bend[rows].tolist(), strict=True):
        values[index] = trees.text[bstart:bend].decode("utf-8", "replace")
    return spread(kinds, trees.order, (HAS_VALUE, values))


def _int32(offsets: Ints) -> NDArray[np.int32]:
    return offsets.astype(np.int32)
