"""Dependencies of `setup.cfg` and `setup.py`. The latter is read, never run: what it computes stays unknown."""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections.abc import Iterator, Mapping

from codeanatomy.extract.declaration import Declaration, Malformed, requirement

_KINDS = {"install_requires": "runtime", "setup_requires": "build", "tests_require": "group"}
_GROUPS = {"tests_require": "tests"}


def setup_cfg(text: str) -> list[Declaration]:
    """The dependencies of a `setup.cfg`. Raises `Malformed`."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Malformed(f"it is not an INI file: {error.message}".splitlines()[0]) from None
    options = dict(parser.items("options")) if parser.has_section("options") else {}
    extras = dict(parser.items("options.extras_require")) if parser.has_section("options.extras_require") else {}
    lines = _Lines(text)
    found = [
        requirement(item, _KINDS[key], _GROUPS.get(key), lines.of("options", key, item))
        for key, value in options.items()
        if key in _KINDS
        for item in _items(value)
    ]
    return found + [
        requirement(item, "extra", extra, lines.of("options.extras_require", extra, item))
        for extra, value in extras.items()
        for item in _items(value)
    ]


def setup_py(data: bytes) -> list[Declaration]:
    """The dependencies that a `setup.py` states literally in its call of `setup`. Raises `Malformed`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data, "")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Malformed(f"CPython cannot parse it: {error}") from None
    names = dict(_assigned(tree))
    return [declaration for call in ast.walk(tree) if _is_setup(call) for declaration in _of_call(call, names)]


class _Lines:
    """The lines of the items of a `setup.cfg`: the first with that text under that key."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, str, str], int] = {}
        section = key = ""
        for number, line in enumerate(text.splitlines(), 1):
            header, option = re.match(r"\[([^]]+)\]", line), re.match(r"([^\s=:#;][^=:]*?)\s*[=:](.*)", line)
            if header:
                section, key = header[1], ""
                continue
            if option:
                key = option[1].lower()
            value = (option[2] if option else line).strip()
            for item in (value, *_items(value)):
                self._lines.setdefault((section, key, item), number)

    def of(self, section: str, key: str, item: str) -> int | None:
        return self._lines.get((section, key, item))


def _items(value: str) -> list[str]:
    """One a line, or all in one line between semicolons; `file:` names files, which are read for themselves."""
    if value.strip().startswith("file:"):
        return []
    return [item.strip() for item in (value.splitlines() if "\n" in value else value.split(";")) if item.strip()]


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names that the module binds once, at its top, by plain assignment."""
    seen: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            seen.setdefault(node.targets[0].id, []).append(node.value)
    return ((name, values[0]) for name, values in seen.items() if len(values) == 1)


def _is_setup(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    return name == "setup"


def _of_call(call: ast.AST, names: Mapping[str, ast.expr]) -> Iterator[Declaration]:
    assert isinstance(call, ast.Call)
    for keyword in call.keywords:
        value = _named(keyword.value, names)
        if keyword.arg in _KINDS:
            yield from _literals(value, _KINDS[keyword.arg], _GROUPS.get(keyword.arg))
        elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
            for key, items in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield from _literals(_named(items, names), "extra", key.value)


def _named(value: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    return names.get(value.id, value) if isinstance(value, ast.Name) else value


def _literals(value: ast.expr, kind: str, group: str | None) -> Iterator[Declaration]:
    """The strings of a list, or one string with a requirement a line."""
    for item in value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            for line in item.value.splitlines():
                if line.strip():
                    yield requirement(line.strip(), kind, group, item.lineno)
