"""Dependencies of `pyproject.toml` and `Pipfile`: the standard tables, and those of Poetry, PDM, uv and Hatch. Other tools' tables are theirs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from packaging.utils import canonicalize_name

from codeanatomy.extract.declaration import Declaration, Malformed, requirement
from codeanatomy.toml_lines import Keys, TomlLines


class Project:
    """One TOML text, and where its parts stand."""

    def __init__(self, text: str) -> None:
        """Raises `Malformed`."""
        self._tables = toml(text)
        self._lines = TomlLines(text)

    def at(self, *keys: str) -> Any:
        """The value there; None where there is nothing. Raises `Malformed` where something else than a table is on the way."""
        value: Any = self._tables
        for depth, key in enumerate(keys):
            value = _table(value, keys[:depth]).get(key)
            if value is None:
                return None
        return value

    def requirements(self, keys: Keys, kind: str, group: str | None = None) -> Iterator[Declaration]:
        """The requirements in the array there. A table in it includes another group, which has rows of its own."""
        items = self.at(*keys)
        if items is None:
            return
        if not isinstance(items, list):
            raise Malformed(f"{'.'.join(keys)} is no array")
        for item, line in zip(items, self._lines.of_strings(keys, len(items)), strict=True):
            if isinstance(item, str):
                yield requirement(item, kind, group, line)
            elif not isinstance(item, dict):
                raise Malformed(f"{'.'.join(keys)} holds something else than requirements")

    def groups(self, keys: Keys, kind: str, *below: str) -> Iterator[Declaration]:
        """The requirements of every array in the table there, each named by its key."""
        for group in _table(self.at(*keys), keys):
            yield from self.requirements((*keys, group, *below), kind, group)

    def constraints(self, keys: Keys, kind: str, group: str | None = None) -> Iterator[Declaration]:
        """The distributions that are the keys of the table there, with what their values say of versions; `python` is none."""
        for name, value in _table(self.at(*keys), keys).items():
            for choice in value if isinstance(value, list) else [value]:
                if canonicalize_name(name) != "python":
                    yield _constraint(name, choice, kind, group, self._lines.of_key((*keys, name)))


def project(text: str) -> list[Declaration]:
    """The dependencies of a `pyproject.toml`. Raises `Malformed`."""
    return [declaration for read in _READERS for declaration in read(Project(text))]


def pipfile(text: str) -> list[Declaration]:
    """The dependencies of a `Pipfile`. Raises `Malformed`."""
    found = Project(text)
    return [*found.constraints(("packages",), "runtime"), *found.constraints(("dev-packages",), "group", "dev")]


def toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises `Malformed`."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise Malformed(f"it is not TOML: {error}") from None
    except RecursionError:
        raise Malformed("it is not TOML: nested too deeply") from None


def _standard(found: Project) -> Iterator[Declaration]:
    yield from found.requirements(("build-system", "requires"), "build")
    yield from found.requirements(("project", "dependencies"), "runtime")
    yield from found.groups(("project", "optional-dependencies"), "extra")
    yield from found.groups(("dependency-groups",), "group")


def _poetry(found: Project) -> Iterator[Declaration]:
    poetry = ("tool", "poetry")
    yield from found.constraints((*poetry, "dependencies"), "runtime")
    yield from found.constraints((*poetry, "dev-dependencies"), "group", "dev")
    for group in _table(found.at(*poetry, "group"), (*poetry, "group")):
        yield from found.constraints((*poetry, "group", group, "dependencies"), "group", group)


def _others(found: Project) -> Iterator[Declaration]:
    yield from found.groups(("tool", "pdm", "dev-dependencies"), "group")
    yield from found.requirements(("tool", "uv", "dev-dependencies"), "group", "dev")
    yield from found.requirements(("tool", "uv", "constraint-dependencies"), "constraint")
    yield from found.groups(("tool", "hatch", "envs"), "group", "dependencies")


_READERS: tuple[Callable[[Project], Iterator[Declaration]], ...] = (_standard, _poetry, _others)


def _table(value: Any, keys: Keys) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{'.'.join(keys)} is no table")
    return value


def _constraint(name: str, value: Any, kind: str, group: str | None, line: int | None) -> Declaration:
    """What a tool's own notation says: a version, or a table with one and with where it comes from."""
    facts = {"version": value} if isinstance(value, str) else _table(value, (name,))
    version, extras, marker = facts.get("version"), facts.get("extras"), facts.get("markers")
    specifier = version if isinstance(version, str) and version != "*" else None
    return Declaration(
        kind=kind,
        group=group,
        text=name,
        line=line,
        name=canonicalize_name(name),
        extras=tuple(sorted(map(str, extras))) if isinstance(extras, list) else (),
        specifier=specifier,
        version=requirement(f"{name}{specifier}", kind).version if specifier else None,
        marker=marker if isinstance(marker, str) else None,
        url=next((str(facts[key]) for key in ("git", "url", "path", "file") if key in facts), None),
        editable=bool(facts.get("editable") or facts.get("develop")),
    )
