"""The value of one setting, read from what a program gives, a TOML value or the text of an environment variable. Flags are read by argparse."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from codeanatomy.catalog.settings import Setting

T = TypeVar("T")
N = TypeVar("N", int, float)

PLACES = ("path", "file")
"""Types whose values are paths."""
SWITCHES: Mapping[str, bool] = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
NUMBERS = {
    "int": (int, "a whole number", "above zero"),
    "count": (int, "a whole number", "from zero up"),
    "float": (float, "a number", "above zero"),
    "share": (float, "a number", "from 0 to 1"),
}


class WrongValue(Exception):
    """A value that the setting cannot take: what it is, and what it should be."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NotItsToSay(WrongValue):
    """A path that a file in a repository must not name."""


def from_text(setting: Setting, text: str) -> object:
    """The value that a text means. Raises `WrongValue`."""
    match setting.type:
        case "switch" | "flag":
            if text.lower() not in SWITCHES:
                raise WrongValue(f"{text!r} is neither true nor false", f"give one of {', '.join(SWITCHES)}")
            return SWITCHES[text.lower()]
        case "int" | "count" | "float" | "share":
            number, name, range = NUMBERS[setting.type]
            try:
                value = number(text)
            except ValueError as error:
                raise WrongValue(f"{text!r} is not {name}", f"give {name} {range}") from error
            return _in_range(setting, value)
        case "choice":
            return _chosen(setting, text)
        case "globs" | "texts":
            return _words(text)
        case "path" | "file" | "program":
            if not text:
                raise WrongValue("an empty path names nothing", "give a path, or unset the variable")
            return Path(text)
        case _:
            return text


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, as a shell takes them: quotes keep blanks."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise WrongValue(f"{text!r} is no list of words: {error}", "write words with blanks between them, and close every quote") from error


def from_toml(setting: Setting, value: object, folder: Path) -> object:
    """The value that a TOML value in a file of that folder means; paths are relative to it. Raises `WrongValue` and `NotItsToSay`."""
    return _inside(folder, _of(str, value, "a text")) if setting.type in PLACES else from_value(setting, value)


def from_value(setting: Setting, value: object) -> object:
    """The value as a request has it: choices as they are declared, paths absolute, lists as tuples. Raises `WrongValue`."""
    match setting.type:
        case "switch" | "flag":
            return _of(bool, value, "true or false")
        case "int" | "count":
            return _in_range(setting, _of(int, value, "a whole number"))
        case "float" | "share":
            return _in_range(setting, _of(float, float(value) if type(value) is int else value, "a number"))
        case "choice":
            return _chosen(setting, _of(str, value, "a text"))
        case "globs" | "texts":
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise WrongValue(f"{_shown(value)} is no list of texts", 'write ["…", "…"]')
            return tuple(value)
        case "path" | "file":
            return place(value)
        case "program":
            return _path(value)
        case _:
            return _of(str, value, "a text")


def _of(kind: type[T], value: object, name: str) -> T:
    # To Python, true is a whole number too.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WrongValue(f"{_shown(value)} is not {name}", f"give {name}")
    return value


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _in_range(setting: Setting, number: N) -> N:
    match setting.type:
        case "share" if not 0 <= number <= 1:
            raise WrongValue(f"{number:g} is not from 0 to 1", "give a share")
        case "count" if number < 0:
            raise WrongValue(f"{number} is below zero", "give 0 or a larger number")
        case "int" | "float" if not number > 0:
            raise WrongValue(f"{number} is not above zero", "give a larger number")
    return number


def _chosen(setting: Setting, text: str) -> str:
    chosen = setting.chosen(text)
    if chosen not in setting.choices:
        close = get_close_matches(text, setting.choices, n=1)
        raise WrongValue(
            f"{text!r} is none of {', '.join(setting.choices)}", f"did you mean {close[0]!r}?" if close else "give one of them"
        )
    return chosen


def place(value: object) -> Path:
    """A path that means the same from now on, whatever folder the program goes to. Raises `WrongValue`."""
    path = _path(value).absolute()
    # What opens files takes a path with `..` for none.
    return path.resolve() if ".." in path.parts else path


def _path(value: object) -> Path:
    if not isinstance(value, str | os.PathLike) or value == "":
        raise WrongValue(f"{_shown(value)} is not a path", "give a text or a Path")
    return Path(value)


def _inside(folder: Path, text: str) -> Path:
    """A path of the repository. Its file must not make a build read or write anywhere else."""
    path = (folder / text).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise NotItsToSay(
            f"{text!r} leads out of the repository", "a file may name what lies in its repository; give the flag for any other place"
        )
    return path
