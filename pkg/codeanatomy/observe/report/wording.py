"""How figures are said to people: by the last word of their name. It knows no section."""

from __future__ import annotations

from typing import Any

_MINUTE = 60
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def words(name: str) -> str:
    """The name of a figure as a heading."""
    for ending in ("_seconds", "_bytes"):
        name = name.removesuffix(ending)
    return name.replace("_", " ")


def said(name: str, value: Any) -> str:
    """A figure as text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name == "share":
        return f"{value:.1%}"
    if name.endswith("seconds"):
        return seconds(value)
    if name.endswith("bytes"):
        return size(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def seconds(value: float) -> str:
    """A time, in the unit that suits it."""
    if not value:
        return "0 s"
    if value >= _MINUTE - 0.05:  # what would be said to be 60.0 s
        minutes, rest = divmod(round(value), _MINUTE)
        return f"{minutes} min {rest} s"
    if value >= 1:
        return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"
    return f"{value * 1e3:.0f} ms" if value >= 0.01 else f"{value * 1e3:.2f} ms"


def size(value: float) -> str:
    """A number of bytes, in the unit that suits it."""
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1024
    raise AssertionError("the last unit takes everything")


def is_number(value: Any) -> bool:
    """Whether it stands in a column of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)
