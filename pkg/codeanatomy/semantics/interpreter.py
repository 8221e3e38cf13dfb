"""What operators must know of the interpreter that compiles the sources: the workers run the same one. Nothing of a repository."""

from __future__ import annotations

import builtins
import opcode
import sys
from types import GeneratorType
from typing import Any


def names() -> dict[str, Any]:
    """Parameters of `resolve`: top-level modules of the standard library, names of builtins, and the members of those that are types."""
    types = {name: value for name, value in vars(builtins).items() if isinstance(value, type)} | {"generator": GeneratorType}
    return {
        "standard_library": sorted(sys.stdlib_module_names),
        "builtins": sorted(dir(builtins)),
        "builtin_members": {name: sorted(dir(value)) for name, value in sorted(types.items())},
    }


def instructions() -> dict[str, Any]:
    """Parameters of `control_flow`: opcodes by name, which of them jump, and how many cache units follow each."""
    return {
        "version": [sys.version_info.major, sys.version_info.minor],
        "opcodes": dict(sorted(opcode.opmap.items())),
        "relative_jumps": sorted(opcode.hasjrel),
        "absolute_jumps": sorted(opcode.hasjabs),
        "caches": _caches(),
    }


def _caches() -> dict[str, int]:
    entries: Any = opcode._inline_cache_entries  # type: ignore[attr-defined]  # the only place where CPython says it
    pairs = (
        entries.items()
        if isinstance(entries, dict)
        else ((name, entries[number]) for name, number in opcode.opmap.items() if number < len(entries))
    )
    return {str(opcode.opmap[name]): count for name, count in pairs if count and name in opcode.opmap}
