"""`codeanatomy.toml` as `config init` writes it and `config show` prints it: every section, key and sentence from the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from codeanatomy.catalog.settings import SECTIONS, SETTINGS
from codeanatomy.configuration.effective import Configuration, Given

HEAD = """\
# Settings of `codeanatomy build` for this repository. Environment variables are stronger, flags the strongest.
# What is commented out stands at its default, or at an example where there is none. Paths are relative to this file.
"""


def template() -> str:
    """Every key, commented out."""
    return HEAD + "".join(f"\n# {SECTIONS[section]}\n[{section}]\n{_keys(section)}" for section in SECTIONS)


def _keys(section: str) -> str:
    return "".join(
        f"# {setting.sentence}\n# {setting.name} = {toml(setting.example if setting.default is None else setting.default)}\n"
        for setting in SETTINGS
        if setting.section == section and setting.in_file
    )


def shown(configuration: Configuration, with_sources: bool) -> str:
    """The settings that hold, as TOML. What is not set, or cannot be set by a file, is a comment."""
    return "\n".join(line for section in SECTIONS for line in _shown_section(section, configuration, with_sources)) + "\n"


def _shown_section(section: str, configuration: Configuration, with_sources: bool) -> Iterator[str]:
    yield f"[{section}]"
    for setting in SETTINGS:
        if setting.section == section:
            given = configuration.given[setting.field]
            line = f"{setting.name} = {toml(given.value)}" if given.value is not None else f"# {setting.name} is not set"
            note = f"  # {source(given)}" if with_sources else ""
            yield (line if setting.in_file or line.startswith("#") else f"# {setting.flags[0]}: {toml(given.value)}") + note
    yield ""


def source(given: Given) -> str:
    """Where a value is from, for people."""
    return f"{given.source} {given.place}".rstrip()


def toml(value: object) -> str:
    """A value of a setting in TOML. JSON's texts are TOML's."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case tuple() | list():
            return f"[{', '.join(map(toml, value))}]"
        case str() | Path():
            return json.dumps(str(value), ensure_ascii=False)
    raise AssertionError(f"no setting has the value {value!r}")
