"""The `bytecode` extractor: sources in, rows of `bytecode_objects` out. It compiles, runs nothing and decodes nothing: the engine does that."""

from __future__ import annotations

from array import array
from types import CodeType

import numpy as np
import pyarrow as pa

from codeanatomy.catalog.evidence.bytecode import CODE_OBJECTS
from codeanatomy.extract import text
from codeanatomy.extract.columns import Lists, record_batch
from codeanatomy.extract.refusal import parsed
from codeanatomy.extract.source import Source

_NUMBERS = {
    "first_line": "co_firstlineno",
    "flags": "co_flags",
    "arg_count": "co_argcount",
    "positional_only_count": "co_posonlyargcount",
    "keyword_only_count": "co_kwonlyargcount",
    "stack_size": "co_stacksize",
}
_STRINGS = {"name": "co_name", "qualname": "co_qualname"}
_BYTES = {"instructions": "co_code", "positions": "co_linetable", "exceptions": "co_exceptiontable"}


class CodeObjects:
    """Compiled sources to rows of `bytecode_objects`."""

    tables = (CODE_OBJECTS,)

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._file_ids = array("q")
        self._links = array("i")
        self._codes: list[CodeType] = []

    @property
    def pending(self) -> int:
        """Code objects waiting to be taken."""
        return len(self._codes)

    def read(self, source: Source) -> None:
        """Compile one source and append its code objects in pre-order."""
        decoded = text.decode(source)
        top = parsed(source, decoded, _compiled)
        waiting = [(top, -1, -1)]
        number = 0
        while waiting:
            code, parent, constant = waiting.pop()
            self._file_ids.append(source.file_id)
            self._links.extend((number, parent, constant))
            self._codes.append(code)
            inner = [(item, number, index) for index, item in enumerate(code.co_consts) if isinstance(item, CodeType)]
            waiting += reversed(inner)
            number += 1

    def take(self) -> list[pa.RecordBatch | None]:
        """The rows of every source read since the last take."""
        if not self._codes:
            return [None]
        codes, links = self._codes, np.array(self._links, np.int32).reshape(-1, 3)
        batch = record_batch(
            CODE_OBJECTS,
            {
                "file_id": np.array(self._file_ids),
                "code": links[:, 0],
                "parent": links[:, 1],
                "constant": links[:, 2],
                "constant_count": [len(code.co_consts) for code in codes],
                "names": Lists([len(code.co_names) for code in codes], [name for code in codes for name in code.co_names]),
            }
            | {name: [getattr(code, attribute) for code in codes] for name, attribute in (_NUMBERS | _STRINGS | _BYTES).items()},
        )
        self._start()
        return [batch]


def open() -> CodeObjects:
    """An extraction, warmed up: nothing is imported later."""
    code_objects = CodeObjects()
    code_objects.read(text.warm())
    code_objects.take()
    return code_objects


def _compiled(data: bytes, path: str) -> CodeType:
    code = compile(data, path, "exec", dont_inherit=True, optimize=0)
    assert isinstance(code, CodeType), "without flags, compile() gives code"
    return code
