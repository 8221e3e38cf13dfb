"""The trees of many sources in pre-order, a column each. It computes no spans but those that CPython gives."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codeanatomy._engine import SyntaxTrees
from codeanatomy.extract import grammar
from codeanatomy.extract.columns import Ints
from codeanatomy.extract.text import Text

ACCESS = ("read", "write", "delete")
_CONTEXTS = [ast.Load, ast.Store, ast.Del]


@dataclass(frozen=True, slots=True)
class Forest:
    """The nodes of a batch, files one after another. Offsets are into `text`, the texts of all files joined."""

    text: bytes
    text_starts: Ints
    """Start of each file in `text`."""
    line_starts: Ints
    """Start of every line of every file."""
    first_rows: Ints
    """Row of each file's Module."""
    files: Ints
    kinds: NDArray[np.uint8]
    fields: NDArray[np.int8]
    positions: Ints
    """Index in the field."""
    parents: Ints
    """Row of the parent; a Module is its own."""
    sizes: Ints
    """Rows of the subtree."""
    lines: NDArray[np.int32]
    """Line number as CPython has it; 0 for a clause."""
    bstart: Ints
    bend: Ints
    """As CPython has them; a Module spans its file, no other clause has a span yet."""
    contexts: NDArray[np.int8]
    """Index in `ACCESS`; -1 for none."""
    names: pa.Array
    name_lengths: Ints
    """Bytes of the normalised name; 0 where there is none."""
    values: pa.Array
    quoted: Ints
    """Rows whose value is what the source says there."""


def trees() -> SyntaxTrees:
    """A place for the trees of a batch."""
    return SyntaxTrees(grammar.SHAPES, _CONTEXTS)


def forest(added: SyntaxTrees, texts: Sequence[Text]) -> Forest:
    """All that was added since the last time; the texts are those of the trees, in the same order."""
    columns = added.take()
    first_rows, kinds = _ints(columns["first_rows"]), np.frombuffer(columns["kinds"], np.uint8)
    text_starts, bstart, bend = _ints(columns["text_starts"]), _ints(columns["bstarts"]).copy(), _ints(columns["bends"]).copy()
    bstart[first_rows] = text_starts
    bend[first_rows] = text_starts + [len(text.utf8) for text in texts]
    names, values = columns["names"], columns["values"]
    return Forest(
        text=b"\n".join(text.utf8 for text in texts),
        text_starts=text_starts,
        line_starts=_ints(columns["line_starts"]),
        first_rows=first_rows,
        files=np.repeat(np.arange(len(texts)), np.diff(first_rows, append=len(kinds))),
        kinds=kinds,
        fields=np.frombuffer(columns["fields"], np.int8),
        positions=_ints(columns["positions"]),
        parents=_ints(columns["parents"]),
        sizes=_ints(columns["sizes"]),
        lines=np.frombuffer(columns["lines"], np.int32),
        bstart=bstart,
        bend=bend,
        contexts=np.frombuffer(columns["contexts"], np.int8),
        names=_texts(names),
        name_lengths=np.diff(np.frombuffer(names[1], np.int32)).astype(np.int64),
        values=_texts(values),
        quoted=_ints(columns["quoted"]),
    )


def _ints(data: bytes) -> Ints:
    return np.frombuffer(data, np.int64)


def _texts(parts: tuple[bytes, bytes, bytes]) -> pa.Array:
    validity, offsets, text = map(pa.py_buffer, parts)
    return pa.StringArray.from_buffers(len(parts[1]) // 4 - 1, offsets, text, validity)
