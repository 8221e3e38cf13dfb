"""What a tool chose: `poetry.lock`, `uv.lock`, `pdm.lock`, `pylock.toml` and `Pipfile.lock`. The repository's own project is no dependency."""

from __future__ import annotations

import json
import re
from typing import Any

from packaging.utils import canonicalize_name

from codeanatomy.extract.declaration import Declaration, Malformed
from codeanatomy.extract.project_file import toml
from codeanatomy.toml_lines import TomlLines

_ENTRY = re.compile(r'^\s*"([^"\\\n]+)"\s*:\s*\{', re.MULTILINE)


def lock(text: str) -> list[Declaration]:
    """The distributions of a lock file in TOML. Raises `Malformed`."""
    tables = toml(text)
    key = "packages" if "packages" in tables else "package"
    entries = _entries(tables, key)
    lines = TomlLines(text).of_tables((key,))
    places: list[int | None] = [*lines] if len(lines) == len(entries) else [None] * len(entries)
    return [_locked(entry, line) for entry, line in zip(entries, places, strict=True) if not _is_own(entry)]


def pipfile_lock(text: str) -> list[Declaration]:
    """The distributions of a `Pipfile.lock`. Raises `Malformed`."""
    try:
        groups = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is not JSON: {error}") from None
    lines = _Lines(text)
    found = []
    for group, entries in _object(groups, "the file").items():
        lines.of(group)
        if group == "_meta":
            continue
        for name, facts in _object(entries, group).items():
            found.append(_chosen(name, _object(facts, name), group, lines.of(name)))
    return found


class _Lines:
    """The lines of the objects of a JSON text, asked for in their order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._matches = _ENTRY.finditer(text)
        self._offset, self._line = 0, 1

    def of(self, name: str) -> int | None:
        """The line of the next object of that name."""
        for match in self._matches:
            if match[1] == name:
                self._line += self._text.count("\n", self._offset, match.start(1))
                self._offset = match.start(1)
                return self._line
        return None


def _entries(tables: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = tables.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries):
        raise Malformed(f"{key} is no array of tables with a name")
    return entries


def _is_own(entry: dict[str, Any]) -> bool:
    """Whether uv's entry is the project itself."""
    source = entry.get("source")
    return isinstance(source, dict) and "." in (source.get("virtual"), source.get("editable"))


def _locked(entry: dict[str, Any], line: int | None) -> Declaration:
    source = entry.get("source")
    facts = entry | (source if isinstance(source, dict) else {})
    urls = (facts.get(key) for key in ("git", "url", "path", "directory", "vcs"))
    version, marker = entry.get("version"), entry.get("marker")
    return Declaration(
        kind="lock",
        group=None,
        text=entry["name"],
        line=line,
        name=canonicalize_name(entry["name"]),
        version=version if isinstance(version, str) else None,
        marker=marker if isinstance(marker, str) else None,
        url=next((url for url in urls if isinstance(url, str)), None),
        editable=bool(facts.get("editable") or facts.get("develop")),
    )


def _chosen(name: str, facts: dict[str, Any], group: str, line: int | None) -> Declaration:
    version, marker = facts.get("version"), facts.get("markers")
    return Declaration(
        kind="lock",
        group=group,
        text=name,
        line=line,
        name=canonicalize_name(name),
        version=version.removeprefix("==") if isinstance(version, str) and version.startswith("==") else None,
        marker=marker if isinstance(marker, str) else None,
        url=next((str(facts[key]) for key in ("git", "path", "file") if key in facts), None),
        editable=bool(facts.get("editable")),
    )


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return value
