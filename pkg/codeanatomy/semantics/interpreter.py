"""What operators must know of the interpreter that compiles the sources: the workers run the same one. Nothing of a repository."""

from __future__ import annotations

import builtins
import importlib
import opcode
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import Any

from codeanatomy.catalog.models import (
    ATTRIBUTES,
    BARE,
    CALLBACKS,
    COLLECTIONS,
    DESCRIBED,
    FIXTURES,
    HOOKS,
    INHERITED,
    PASSED_THROUGH,
    RESULTS,
)
from codeanatomy.catalog.resolution import confidence

_METHODS = (
    FunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
    ClassMethodDescriptorType,
    BuiltinFunctionType,
    classmethod,
    staticmethod,
)
_IMPLICIT = ("__annotations__", "__builtins__", "__cached__", "__file__", "__path__", "WindowsError")
"""Names that need no binding beside those of `builtins` here: what every module or package has, and a builtin of other systems."""


def names() -> dict[str, Any]:
    """Parameters of `resolve`: top-level modules of the standard library, names of builtins, and the members of those that are types;
    what the classes of `INHERITED` inherit, what those of `COLLECTIONS` and `DESCRIBED` have; what is declared of callables and classes outside
    the repository; the fixtures that pytest brings; and how sure each resolution is."""
    types = {name: value for name, value in vars(builtins).items() if isinstance(value, type)} | {
        "generator": GeneratorType,
        "coroutine": CoroutineType,
        "async_generator": AsyncGeneratorType,
        "function": FunctionType,
    }
    return {
        "standard_library": sorted(sys.stdlib_module_names),
        "builtins": sorted({*dir(builtins), *_IMPLICIT}),
        "builtin_members": {name: sorted(dir(value)) for name, value in sorted(types.items())},
        "callbacks": _callbacks(),
        "hooks": HOOKS,
        "passed_through": PASSED_THROUGH,
        "results": RESULTS,
        "attributes": ATTRIBUTES,
        "described": {name: _described(value) for name, value in _classes(DESCRIBED)},
        "ancestors": _ancestors(),
        "bare": list(BARE),
        "fixtures": FIXTURES,
        "collections": _members_of_collections(),
        "confidence": confidence(),
    }


def _callbacks() -> dict[str, list[dict[str, Any]]]:
    """What is declared of what is handed over, by the name to which it is."""
    found: dict[str, list[dict[str, Any]]] = {}
    for callback in CALLBACKS:
        said = {key: value for key, value in asdict(callback).items() if key != "name"} | {"then": [*callback.then]}
        found.setdefault(callback.name, []).append(said)
    return found


def _described(value: type) -> dict[str, Any]:
    """The methods of a class and what else it has, without what every object has; closed is one whose objects have nothing more. Of others,
    special names are left out."""
    members: dict[str, Any] = {}
    for owner in reversed(value.__mro__[:-1]):
        members |= vars(owner)
    is_closed = not value.__dictoffset__
    names = sorted(name for name in members if is_closed or not name.startswith("__"))
    methods = [name for name in names if isinstance(members[name], _METHODS)]
    return {"methods": methods, "others": sorted({*names} - {*methods}), "is_closed": is_closed}


def _classes(modules: Iterable[str]) -> Iterator[tuple[str, type]]:
    """The classes of modules, each under its name there, also those that a module imports only when they are asked for: so they are the same
    whatever this process imported before. What is missing, as `ssl` where the interpreter was built without, nobody uses there."""
    for name in modules:
        with suppress(ImportError):
            module = importlib.import_module(name)
            for member in sorted({*vars(module), *dir(module)}):
                with suppress(ImportError):
                    value = getattr(module, member)
                    if isinstance(value, type):
                        yield f"{name}.{member}", value


def _members_of_collections() -> dict[str, dict[str, str]]:
    """The members of each class of `COLLECTIONS`, by their names under the class that gives them."""
    classes: dict[type, str] = {_imported(name): name for name in COLLECTIONS}
    found = {}
    for value, public in classes.items():
        members: dict[str, str] = {}
        for owner in reversed(value.__mro__):
            name = classes.get(owner, f"{owner.__module__}.{owner.__qualname__}")
            members |= {member: f"{name}.{member}" for member in vars(owner)}
        found[public] = dict(sorted(members.items()))
    return found


def _imported(dotted: str) -> Any:
    """A class by the name of its module and its own."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _ancestors() -> dict[str, list[str]]:
    """The linearisation of classes behind themselves and before `object`, under every name that their modules have for them."""
    found = {}
    for name, value in _classes(INHERITED):
        if len(value.__mro__) > len((value, object)):
            above = [f"{ancestor.__module__}.{ancestor.__qualname__}" for ancestor in value.__mro__[1:-1]]
            found[name] = found[f"{value.__module__}.{value.__qualname__}"] = above
    return found


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
