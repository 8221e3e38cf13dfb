"""The `symtable` extractor: sources in, rows of `symtable_scopes` and `symtable_symbols` out. It decodes CPython's flags and adds nothing.

The raw entries of `_symtable` hold a plain dictionary of names and flags; the classes of the `symtable` module ask one question at a time.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]
from array import array
from typing import Any

import numpy as np
import pyarrow as pa

from codeanatomy.catalog.evidence.symtable import SYMTABLE_SCOPES, SYMTABLE_SYMBOLS
from codeanatomy.extract import text
from codeanatomy.extract.columns import Words, record_batch
from codeanatomy.extract.refusal import parsed
from codeanatomy.extract.source import Failed, Source

_KIND_CONSTANTS = {
    "TYPE_MODULE": "module",
    "TYPE_CLASS": "class",
    "TYPE_FUNCTION": "function",
    "TYPE_ANNOTATION": "annotation",
    "TYPE_TYPE_ALIAS": "type alias",
    "TYPE_TYPE_PARAM": "type parameters",  # 3.12
    "TYPE_TYPE_PARAMETERS": "type parameters",
    "TYPE_TYPE_VAR_BOUND": "type variable",  # 3.12
    "TYPE_TYPE_VARIABLE": "type variable",
}
"""The words are those of 3.13 in every version."""

_KINDS = tuple(dict.fromkeys(_KIND_CONSTANTS.values()))
_KIND_NUMBER = {
    getattr(_symtable, constant): _KINDS.index(kind) for constant, kind in _KIND_CONSTANTS.items() if hasattr(_symtable, constant)
}

_SCOPE_CONSTANTS = {
    "LOCAL": "local",
    "CELL": "cell",
    "FREE": "free",
    "GLOBAL_EXPLICIT": "global_explicit",
    "GLOBAL_IMPLICIT": "global_implicit",
}
_SCOPE_KINDS = tuple(_SCOPE_CONSTANTS.values())
_SCOPE_KIND_NUMBER = np.full(_symtable.SCOPE_MASK + 1, -1, np.int8)
for _number, _constant in enumerate(_SCOPE_CONSTANTS):
    _SCOPE_KIND_NUMBER[getattr(_symtable, _constant)] = _number

_FLAGS = {
    "is_referenced": _symtable.USE,
    "is_assigned": _symtable.DEF_LOCAL,
    "is_parameter": _symtable.DEF_PARAM,
    "is_imported": _symtable.DEF_IMPORT,
    "is_annotated": _symtable.DEF_ANNOT,
    "is_global": _symtable.DEF_GLOBAL,
    "is_nonlocal": _symtable.DEF_NONLOCAL,
}

MOST_NESTED = 256
"""Deeper scopes are not read: qualified names grow with the square of the depth. CPython itself takes 100 indented levels."""

Block = Any
"""An entry of `_symtable`: it has no public type."""


class Symbols:
    """Symbol tables to rows of `symtable_scopes` and `symtable_symbols`."""

    tables = (SYMTABLE_SCOPES, SYMTABLE_SYMBOLS)

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._scope_file_ids = array("q")
        self._scopes = array("i")
        self._parents = array("i")
        self._kinds = array("b")
        self._scope_names: list[str] = []
        self._lines = array("i")
        self._nested = array("b")
        self._symbol_file_ids = array("q")
        self._symbol_scopes = array("i")
        self._names: list[str] = []
        self._flags = array("i")
        self._namespaces = array("b")

    @property
    def pending(self) -> int:
        """Scopes and symbols waiting to be taken."""
        return len(self._scopes) + len(self._names)

    def read(self, source: Source) -> None:
        """Append the scopes of one source, in pre-order, and their symbols by name."""
        decoded = text.decode(source)
        blocks = _preorder(parsed(source, decoded, _symtable_of))
        for number, (block, parent) in enumerate(blocks):
            self._append(source.file_id, number, parent, block)

    def _append(self, file_id: int, number: int, parent: int, block: Block) -> None:
        self._scope_file_ids.append(file_id)
        self._scopes.append(number)
        self._parents.append(parent)
        self._kinds.append(_KIND_NUMBER[block.type])
        self._scope_names.append(block.name)
        self._lines.append(block.lineno)
        self._nested.append(bool(block.nested))
        # The dictionary's order depends on the hash seed: free names come out of a set.
        names = sorted(block.symbols)
        children = {child.name for child in block.children}
        self._symbol_file_ids.extend([file_id] * len(names))
        self._symbol_scopes.extend([number] * len(names))
        self._names += names
        self._flags.extend(map(block.symbols.__getitem__, names))
        self._namespaces.extend(map(children.__contains__, names))

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        if not self._scopes:
            return [None, None]
        batches = [self._scope_batch(), self._symbol_batch() if self._names else None]
        self._start()
        return batches

    def _scope_batch(self) -> pa.RecordBatch:
        return record_batch(
            SYMTABLE_SCOPES,
            {
                "file_id": np.array(self._scope_file_ids),
                "scope": np.array(self._scopes),
                "parent": np.array(self._parents),
                "kind": Words(np.array(self._kinds), _KINDS),
                "name": self._scope_names,
                "line": np.array(self._lines),
                "nested": np.array(self._nested, np.bool_),
            },
        )

    def _symbol_batch(self) -> pa.RecordBatch:
        flags = np.array(self._flags)
        scope_kinds = _SCOPE_KIND_NUMBER[(flags >> _symtable.SCOPE_OFF) & _symtable.SCOPE_MASK]
        return record_batch(
            SYMTABLE_SYMBOLS,
            {
                "file_id": np.array(self._symbol_file_ids),
                "scope": np.array(self._symbol_scopes),
                "name": self._names,
                "scope_kind": Words(scope_kinds, _SCOPE_KINDS),
                "is_namespace": np.array(self._namespaces, np.bool_),
            }
            | {name: (flags & flag) != 0 for name, flag in _FLAGS.items()},
        )


def open() -> Symbols:
    """An extraction, warmed up: nothing is imported later."""
    symbols = Symbols()
    symbols.read(text.warm())
    symbols.take()
    return symbols


def _preorder(top: Block) -> list[tuple[Block, int]]:
    """Every block with the number of its parent. Raises `Failed` CA203 where they are nested too deep."""
    blocks: list[tuple[Block, int]] = []
    waiting: list[tuple[Block, int, int]] = [(top, -1, 0)]
    while waiting:
        block, parent, depth = waiting.pop()
        if depth > MOST_NESTED:
            raise Failed("CA203", f"more than {MOST_NESTED} scopes stand in each other", line=block.lineno)
        waiting += [(child, len(blocks), depth + 1) for child in reversed(block.children)]
        blocks.append((block, parent))
    return blocks


def _symtable_of(data: bytes, path: str) -> Block:
    return _symtable.symtable(data, path, "exec")
