"""The configuration file of a repository: `codeanatomy.toml`, else `[tool.codeanatomy]` of `pyproject.toml`. It is read strictly, and never trusted.

It lies in the repository that is looked at: whatever it says, nothing outside of the repository is read or written, and no program of its
choice runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from codeanatomy.catalog.settings import GONE, SECTIONS, SETTINGS, Setting
from codeanatomy.configuration.value import NotItsToSay, WrongValue, from_toml
from codeanatomy.failure import Coded
from codeanatomy.toml_lines import TomlLines

NAME = "codeanatomy.toml"
PROJECT = "pyproject.toml"
PROJECT_TABLE = ("tool", "codeanatomy")
MOST_BYTES = 1 << 20

BY_KEY: Mapping[str, Setting] = {setting.key: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a place of the file: its code, its line where known, what is there, and what to do."""

    code: str
    line: int | None
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Said:
    """A value of the file and its line."""

    value: object
    line: int | None


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file that was read: what it says by field, and what is wrong with it. `hides` is the other file, when that says something too."""

    path: Path
    said: Mapping[str, Said]
    problems: Sequence[Problem]
    hides: Path | None = None

    def check(self) -> None:
        """Raises `Coded` for the first problem, which says how many more there are."""
        if not self.problems:
            return
        first, *others = self.problems
        more = f" (and {len(others)} more: `codeanatomy config validate` lists them)" if others else ""
        place = f"{self.path}:{first.line}" if first.line else str(self.path)
        raise Coded(first.code, f"{place}: {first.message}{more}", first.hint, {"file": str(self.path), "line": first.line})


def read_file(folder: Path) -> ConfigurationFile | None:
    """The configuration file of that folder; none when there is none. Raises `Coded` CA820 for one that cannot be read as TOML."""
    path, project = folder / NAME, folder / PROJECT
    table = _project_table(project)
    if path.exists() or path.is_symlink():
        return _read(path, _text(path), (), project if table else None)
    return _read(project, table, PROJECT_TABLE, None) if table else None


def _project_table(project: Path) -> str | None:
    """The text of `pyproject.toml`, if it has our table. A file that others have broken is none of ours, unless it speaks of us."""
    if not project.is_file():
        return None
    try:
        text = _text(project)
    except Coded:
        return None
    if "codeanatomy" not in text:
        return None
    tool = _parse(project, text).get("tool")
    return text if isinstance(tool, dict) and "codeanatomy" in tool else None


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise _unreadable(path, "it is not a regular file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise _unreadable(path, f"it is larger than {MOST_BYTES:,} bytes")
        return data.decode()
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"it is not UTF-8 ({error.reason})") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(path, f"it is not TOML: {error}") from error


def _unreadable(path: Path, why: str) -> Coded:
    return Coded("CA820", f"{path} cannot be read: {why}", "mend or remove the file", {"file": str(path)})


def _read(path: Path, text: str, prefix: tuple[str, ...], hides: Path | None) -> ConfigurationFile:
    table: Any = _parse(path, text)
    for name in prefix:
        table = table[name]
    reading = _Reading(path.parent, TomlLines(text), prefix)
    if not isinstance(table, dict):
        problem = Problem("CA821", reading.line(), "`tool.codeanatomy` is no table", f"write [tool.codeanatomy.{next(iter(SECTIONS))}]")
        return ConfigurationFile(path, {}, [problem], hides)
    said = {field: value for section, content in table.items() for field, value in reading.section(section, content)}
    return ConfigurationFile(path, said, reading.problems, hides)


class _Reading:
    """One reading of a file: its problems, and the lines of its keys."""

    def __init__(self, folder: Path, lines: TomlLines, prefix: tuple[str, ...]) -> None:
        self._folder, self._lines, self._prefix = folder, lines, prefix
        self.problems: list[Problem] = []

    def section(self, section: str, content: object) -> Iterator[tuple[str, Said]]:
        """What a section says; what is wrong with it goes to the problems."""
        if section in GONE:
            self._refuse("CA822", (section,), f"there is no section [{section}] any more", GONE[section])
        elif not isinstance(content, dict):
            self._refuse("CA821", (section,), f"`{section}` stands in no section", _nearest_key(section))
        elif section not in SECTIONS:
            self._refuse("CA821", (section,), f"there is no section [{section}]", _nearest(section, SECTIONS, "sections"))
        else:
            for name, value in content.items():
                yield from self._key(section, name, value)

    def _key(self, section: str, name: str, value: object) -> Iterator[tuple[str, Said]]:
        place = (section, name)
        setting = BY_KEY.get(".".join(place))
        if setting is None:
            self._refuse("CA821", place, f"there is no key `{name}` in [{section}]", _nearest_name(section, name))
        elif not setting.in_file:
            other = f" or {setting.environment}" if setting.environment else ""
            self._refuse("CA825", place, f"`{setting.key}` is not for a file in a repository to say", f"give {setting.flags[0]}{other}")
        else:
            try:
                yield setting.field, Said(from_toml(setting, value, self._folder), self.line(*place))
            except NotItsToSay as wrong:
                self._refuse("CA825", place, f"`{setting.key}`: {wrong}", wrong.hint)
            except WrongValue as wrong:
                self._refuse("CA823", place, f"`{setting.key}`: {wrong}", wrong.hint)

    def _refuse(self, code: str, place: tuple[str, ...], message: str, hint: str) -> None:
        self.problems.append(Problem(code, self.line(*place), message, hint))

    def line(self, *place: str) -> int | None:
        """The line of a key, or of what it stands in."""
        keys = (*self._prefix, *place)
        return next((line for end in range(len(keys), 0, -1) if (line := self._lines.of_key(keys[:end])) is not None), None)


def _nearest_name(section: str, name: str) -> str:
    """The nearest key of the section, or the same of another section."""
    names = {setting.name: setting.name for setting in SETTINGS if setting.section == section and setting.in_file}
    if close := get_close_matches(name, names, n=1):
        return f"did you mean `{close[0]}`?"
    elsewhere = [setting.key for setting in SETTINGS if setting.name == name and setting.in_file]
    return f"did you mean `{elsewhere[0]}`?" if elsewhere else f"there are {', '.join(f'`{known}`' for known in names)}"


def _nearest_key(name: str) -> str:
    close = get_close_matches(name, [setting.name for setting in SETTINGS if setting.in_file], n=1)
    keys = [setting.key for setting in SETTINGS if close and setting.name == close[0]]
    return f"did you mean `{keys[0]}`?" if keys else f"keys stand in the sections {_list(SECTIONS)}"


def _nearest(name: str, names: Mapping[str, str], what: str) -> str:
    close = get_close_matches(name, names, n=1)
    return f"did you mean [{close[0]}]?" if close else f"the {what} are {_list(names)}"


def _list(sections: Mapping[str, str]) -> str:
    return ", ".join(f"[{name}]" for name in sections)
