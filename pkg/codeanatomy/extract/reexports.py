"""Where the names of a module are really defined: re-exports and stars followed from module to module, within bounds. It reads what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from codeanatomy.extract.interface import Interface, Name

MOST_STEPS = 400
"""So many places are looked at for one name, one inside the other at worst: well below what Python's stack takes."""
ROW_COST = 4
"""Steps that a name costs which is found."""
TEXT_COST = 32
"""So many characters that are told of it cost a step more."""

Find = Callable[[str], Interface | None]
"""The interface of a module by its dotted name; None where it is not installed, cannot be read or would be one too many."""


@dataclass(slots=True)
class Effort:
    """Steps that are left: hostile modules lead to more names than anyone can have, by ways of which there are more than names."""

    left: int

    def is_spent(self) -> bool:
        """Whether something may be missing."""
        return self.left <= 0


@dataclass(frozen=True, slots=True)
class Found:
    """A public name of a module, and the module that defines it."""

    name: Name
    defined_in: str
    is_reexport: bool = False


def public(module: str, find: Find, effort: Effort) -> Iterator[Found]:
    """Every public name of a module, members of its classes too, by name, until the effort is spent."""
    for top in sorted(_tops(module, find, effort)):
        yield from _followed(module, top, top, find, effort, set())


def _tops(module: str, find: Find, effort: Effort) -> set[str]:
    """The names without a dot that `from module import *` would bring, whether they are found in the end or not."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = [module]
    while waiting and not effort.is_spent():
        module = waiting.pop()
        own = find(module)
        effort.left -= 1
        if own is None or module in seen:
            continue
        seen.add(module)
        effort.left -= len(own.members)
        if own.exported is not None:
            names |= own.exported
            continue
        names.update(name for name in (*own.members, *own.reexports) if not name.startswith("_"))
        waiting += own.stars
    return names


def _followed(module: str, name: str, told: str, find: Find, effort: Effort, seen: set[tuple[str, str]]) -> Iterator[Found]:
    """A name with its members, told under another: from where it is defined, or as a re-export that leads out.

    What was once looked at is not looked at again: hostile modules take from each other in circles and in every order.
    """
    own = find(module)
    effort.left -= 1
    if own is None or (module, name) in seen or len(seen) >= MOST_STEPS or effort.is_spent():
        return
    is_first = not seen
    seen.add((module, name))
    if name in own.names:
        for found in own.members[name]:
            effort.left -= ROW_COST + _length(found) // TEXT_COST
            if effort.is_spent():
                return
            yield Found(replace(found, name=told + found.name[len(name) :]), module, not is_first)
    elif name in own.reexports:
        taken = own.reexports[name]
        inner = [] if taken.imported is None else list(_followed(taken.module, taken.imported, told, find, effort, seen))
        if inner:
            yield from inner
        else:
            target = taken.module if taken.imported is None else f"{taken.module}.{taken.imported}"
            is_module = find(target) is not None
            yield Found(Name(told, "module" if is_module else "re-export", taken.line), target if is_module else taken.module, True)
    else:
        for star in own.stars:
            inner = list(_followed(star, name, told, find, effort, seen))
            if inner:
                yield from inner
                return
        if find(f"{module}.{name}") is not None:
            yield Found(Name(told, "module", 1), f"{module}.{name}", not is_first)


def _length(name: Name) -> int:
    return sum(len(text) for text in (name.name, name.signature, name.annotation, name.docstring, *name.bases) if text)
