"""The queries over tree-sitter's trees, and where all its captures of many sources are. It knows what belongs together only by place.

No node is asked for its parent or children, and none is printed: that is slow, and deep trees kill the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

import numpy as np
import tree_sitter_python
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from codeanatomy.extract.columns import Ints

NAMES = (
    *("class", "class_name", "class_body", "function", "function_name", "function_body", "broken_class", "broken_function"),
    *("decorated", "decorator"),
    *("call", "callee", "statement", "module", "name", "alias", "error", "missing"),
)
"""What the query captures; captures of one pattern are equally many, and nested alike."""

_LANGUAGE = Language(tree_sitter_python.language())
_SYNTAX = """
    (class_definition name: (_) @class_name body: (_) @class_body) @class
    (function_definition name: (_) @function_name body: (_) @function_body) @function
    (decorated_definition) @decorated
    (decorator) @decorator
    (call function: (_) @callee) @call
    [(import_statement) (import_from_statement) (future_import_statement)] @statement
    (import_from_statement module_name: (_) @module)
    (future_import_statement "__future__" @module)
    (import_statement name: (dotted_name) @name)
    (import_from_statement name: (dotted_name) @name)
    (future_import_statement name: (dotted_name) @name)
    (aliased_import name: (dotted_name) @name alias: (_) @alias)
    (wildcard_import) @name
"""
_ERRORS = """
    (ERROR) @error
    (MISSING) @missing
    (ERROR "class" . (identifier) @broken_class)
    (ERROR "def" . (identifier) @broken_function)
"""

_WHOLE = Query(_LANGUAGE, _SYNTAX)

_parser = Parser(_LANGUAGE)
_start, _end = attrgetter("start_byte"), attrgetter("end_byte")
_type = attrgetter("type")


@cache
def _broken() -> Query:
    """Looking for what may be missing anywhere is dear, and most trees say that they have no error."""
    return Query(_LANGUAGE, _SYNTAX + _ERRORS)


def captures(utf8: bytes) -> dict[str, list[Node]]:
    """The captured nodes of a text by name, in no order. They keep its tree alive."""
    root = _parser.parse(utf8).root_node
    return QueryCursor(_broken() if root.has_error else _WHOLE).captures(root)


@dataclass(frozen=True, slots=True)
class Spans:
    """Captures of one name, of all sources joined: outer before inner, in the order of the text."""

    bstart: Ints
    bend: Ints
    types: Sequence[str]
    """The token, of captures of `missing`."""


class Batch:
    """The captures of many sources, and their texts."""

    def __init__(self) -> None:
        self.file_ids: list[int] = []
        self._texts: list[bytes] = []
        self._starts: dict[str, list[int]] = {name: [] for name in NAMES}
        self._ends: dict[str, list[int]] = {name: [] for name in NAMES}
        self._counts: dict[str, list[int]] = {name: [] for name in NAMES}
        self._files: dict[str, list[int]] = {name: [] for name in NAMES}
        self._missing: list[str] = []

    def append(self, file_id: int, utf8: bytes, found: dict[str, list[Node]]) -> None:
        """Add the captures of one source."""
        self.file_ids.append(file_id)
        self._texts.append(utf8)
        for name, nodes in found.items():
            self._files[name].append(len(self.file_ids) - 1)
            self._counts[name].append(len(nodes))
            self._starts[name] += map(_start, nodes)
            self._ends[name] += map(_end, nodes)
        self._missing += map(_type, found.get("missing", ()))

    def text(self) -> tuple[bytes, Ints]:
        """All texts joined, with a byte between them so that no end of one is a start of the next; and the start of each."""
        lengths = np.array([len(text) + 1 for text in self._texts], np.int64)
        return b"\n".join(self._texts), np.cumsum(lengths) - lengths

    def spans(self, name: str, starts: Ints) -> Spans:
        """The captures of one name, with offsets into the joined text."""
        base = np.repeat(starts[np.array(self._files[name], np.int64)], self._counts[name])
        bstart, bend = np.array(self._starts[name], np.int64) + base, np.array(self._ends[name], np.int64) + base
        order = np.lexsort((-bend, bstart))
        types = [self._missing[index] for index in order.tolist()] if name == "missing" else ()
        return Spans(bstart[order], bend[order], types)
