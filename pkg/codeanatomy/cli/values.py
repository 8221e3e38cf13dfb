"""Values of an Arrow column as JSON and text have them, none of them rounded: times, which Python has to the microsecond and to the year 9999, are text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from codeanatomy.failure import Coded

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Of a second."""
DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(column: pa.Array) -> list[Any]:
    """The values: numbers, text, truth values, None, lists of them, and objects. Maps are lists of pairs, bytes are hexadecimal.

    Raises CA810 for a struct of which two fields have one name.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_struct(kind):
        return _objects(column)
    if pa.types.is_map(kind):
        return _pairs(column)
    if pa.types.is_nested(kind) and hasattr(kind, "value_type"):
        return _lists(column)
    values = _numbers(column) if pa.types.is_temporal(kind) else column.to_pylist()
    write = _writing(kind)
    return values if write is None else [None if value is None else write(value) for value in values]


def _objects(column: pa.StructArray) -> list[Any]:
    names = [field.name for field in column.type]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Coded("CA810", f"a struct has two fields named {twice[0]!r}, and an object has one", "name one of them otherwise")
    parts = [plain(part) for part in column.flatten()]
    rows = zip(*parts, strict=True) if parts else ((),) * len(column)
    return [dict(zip(names, row, strict=True)) if there else None for row, there in zip(rows, column.is_valid().to_pylist(), strict=True)]


def _pairs(column: pa.MapArray) -> list[Any]:
    import pyarrow as pa

    entries = pa.StructArray.from_arrays([column.keys, column.items], ["key", "value"])
    pairs = [list(entry.values()) for entry in plain(entries)]
    ends = column.offsets.to_pylist()
    there = column.is_valid().to_pylist()
    return [pairs[start:end] if valid else None for start, end, valid in zip(ends, ends[1:], there, strict=False)]


def _lists(column: pa.Array) -> list[Any]:
    import pyarrow.compute as pc

    items: Iterator[Any] = iter(plain(column.flatten()))
    return [None if length is None else list(islice(items, length)) for length in pc.list_value_length(column).to_pylist()]


def _numbers(column: pa.Array) -> list[Any]:
    """Times as the numbers that they are stored as."""
    import pyarrow as pa

    stored = column if pa.types.is_interval(column.type) else column.view(f"int{column.type.bit_width}")
    values: list[Any] = stored.to_pylist()
    return values


def _writing(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What makes text of a value that JSON does not have."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_binary_view(kind) or is_.is_fixed_size_binary(kind):
        return bytes.hex
    if is_.is_decimal(kind):
        return str
    if is_.is_date32(kind):
        return _date
    if is_.is_date64(kind):
        return lambda value: _date(value // (DAY * 1000))
    if is_.is_timestamp(kind):
        zone = pa.lib.string_to_tzinfo(kind.tz) if kind.tz else None
        return lambda value: _moment(value, PARTS[kind.unit], zone)
    if is_.is_time(kind):
        return lambda value: _clock(value, PARTS[kind.unit], 2)
    if is_.is_duration(kind):
        return lambda value: _span(value, PARTS[kind.unit])
    if is_.is_interval(kind):
        return lambda value: _interval(*value)
    return None


def _date(days: int) -> str:
    import numpy  # of pyarrow; its calendar has all days that Arrow has

    return str(numpy.datetime64(days, "D"))


def _moment(value: int, parts: int, zone: Any) -> str:
    offset = 0 if zone is None else _offset(value // parts, zone)
    days, of_day = divmod(value + offset * parts, DAY * parts)
    sign, hours, minutes = "-" if offset < 0 else "+", abs(offset) // 3600, abs(offset) // 60 % 60
    return f"{_date(days)} {_clock(of_day, parts, 2)}" + ("" if zone is None else f"{sign}{hours:02}:{minutes:02}")


def _offset(seconds: int, zone: Any) -> int:
    """Of a time zone, then. Beyond the years of Python there is none."""
    try:
        offset = (EPOCH + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
    except OverflowError:
        return 0
    return int(offset.total_seconds()) if offset else 0


def _clock(value: int, parts: int, width: int) -> str:
    """Hours, minutes and seconds, and of these the microseconds or nanoseconds, if there are some."""
    seconds, rest = divmod(value, parts)
    nanoseconds = f"{rest * 10**9 // parts:09}"
    fraction = f".{nanoseconds.removesuffix('000')}" if rest else ""
    return f"{seconds // 3600:0{width}}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def _span(value: int, parts: int) -> str:
    days, of_day = divmod(value, DAY * parts)
    return (f"{days} day{'' if abs(days) == 1 else 's'}, " if days else "") + _clock(of_day, parts, 1)


def _interval(months: int, days: int, nanoseconds: int) -> str:
    of_calendar = [f"{number} {noun}{'' if abs(number) == 1 else 's'}" for number, noun in ((months, "month"), (days, "day")) if number]
    sign = "-" if nanoseconds < 0 else ""
    return ", ".join([*of_calendar, sign + _clock(abs(nanoseconds), PARTS["ns"], 1)])
