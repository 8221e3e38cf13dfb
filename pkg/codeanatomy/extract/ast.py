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

What only the objects can tell is taken tree by tree; everything else is done for all sources since the last take at once, in arrays.
"""

from __future__ import annotations

import ast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy.catalog.evidence.ast import AST_IMPORTS, AST_NODES, TABLES
from codeanatomy.catalog.shapes import Table
from codeanatomy.extract import grammar, text
from codeanatomy.extract.columns import Ints, Words, record_batch
from codeanatomy.extract.forest import ACCESS, Forest, forest, trees
from codeanatomy.extract.refusal import parsed
from codeanatomy.extract.source import Failed, Source
from codeanatomy.extract.spans import Spans, spans

_ALIAS = grammar.number("alias")
_FROM = grammar.number("ImportFrom")

MOST_NODES = 1 << 24
"""A node's number has 24 bits in its id."""


class Syntax:
    """Syntax trees to rows."""

    tables: tuple[Table, ...] = TABLES

    def __init__(self) -> None:
        self._trees = trees()
        self._start()

    def _start(self) -> None:
        self._file_ids: list[int] = []
        self._texts: list[text.Text] = []

    @property
    def pending(self) -> int:
        """Nodes waiting to be taken."""
        return self._trees.pending

    def read(self, source: Source) -> None:
        """Parse and unfold one source."""
        decoded = text.decode(source)
        nodes = self._trees.add(parsed(source, decoded, ast.parse), decoded.utf8, decoded.start, MOST_NODES)
        if nodes >= MOST_NODES:
            raise Failed("CA203", f"the syntax tree has {nodes} nodes; a file may have {MOST_NODES - 1}")
        self._file_ids.append(source.file_id)
        self._texts.append(decoded)

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        file_ids, texts = np.array(self._file_ids, np.int64), self._texts
        self._start()
        return _batches(forest(self._trees, texts), file_ids) if texts else [None] * len(TABLES)


def open() -> Syntax:
    """An extraction, warmed up: nothing is imported later."""
    syntax = Syntax()
    syntax.read(text.warm())
    syntax.take()
    return syntax


def _batches(trees: Forest, file_ids: Ints) -> list[pa.RecordBatch | None]:
    nodes = _nodes(file_ids, trees, spans(trees))
    return [nodes, _imports(nodes, trees)]


def _nodes(file_ids: Ints, trees: Forest, found: Spans) -> pa.RecordBatch:
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
            "kind": Words(trees.kinds.astype(np.int8), grammar.KIND_NAMES),
            "field": Words(trees.fields, grammar.FIELD_NAMES),
            "position": _int32(trees.positions),
            "bstart": _int32(found.bstart - text_start),
            "bend": _int32(found.bend - text_start),
            "name": trees.names,
            "name_bstart": _int32(found.name_bstart - token),
            "name_bend": _int32(found.name_bend - token),
            "access": Words(trees.contexts, ACCESS),
            "value": _values(trees, found),
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


def _values(trees: Forest, found: Spans) -> pa.Array:
    """The values; numbers and bytes are read from the text only now that their spans are known."""
    places = zip(found.bstart[trees.quoted].tolist(), found.bend[trees.quoted].tolist(), strict=True)
    quotes = [trees.text[bstart:bend].decode("utf-8", "replace") for bstart, bend in places]
    rows = np.arange(len(trees.kinds))
    rows[trees.quoted] = len(rows) + np.arange(len(quotes))
    return pa.concat_arrays([trees.values, pa.array(quotes, pa.string())]).take(pa.array(rows))


def _int32(offsets: Ints) -> NDArray[np.int32]:
    return offsets.astype(np.int32)
