"""`codeanatomy query`: SQL over the public views and tables of a graph. It reads; it never writes into a graph."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.cli.output import counted, printable, say
from codeanatomy.cli.settings import output_path, positive, some_path
from codeanatomy.cli.values import plain
from codeanatomy.export.whole import whole_file
from codeanatomy.failure import Coded
from codeanatomy.query.generation import find_output
from codeanatomy.query.relations import TABLES, nearest

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "query"
HELP = "Ask a graph in SQL"

WIDEST = 60
"""Letters of a cell that a terminal shows."""
_NAMED_ONLY = re.compile(r"\b(?:month|day_time)_interval\b(?!:)")
"""Types of which pyarrow knows nothing but the name. Before a colon it is a field's."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", nargs="?", metavar="SQL", help="a query; `-` reads it from standard input")
    parser.add_argument(
        "--graph", type=some_path, metavar="DIR", help="output folder of a build; default: the nearest build/codeanatomy upward"
    )
    parser.add_argument("--generation", type=int, metavar="N", help="a generation that is not the current one")
    parser.add_argument("--format", "--output-format", choices=tuple(WRITERS), default="table", help="form of the result [default: table]")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--output", type=output_path, metavar="FILE", help="write the result there instead of standard output (-)")
    parser.add_argument("--limit", type=positive(int), metavar="N", help="no more than N rows")
    catalog = parser.add_mutually_exclusive_group()
    catalog.add_argument("--views", action="store_true", help="list the views and tables")
    catalog.add_argument("--describe", metavar="VIEW", help="say what the columns of a view or table mean")
    parser.set_defaults(usage=parser.error)


def run(options: argparse.Namespace) -> int:
    if options.views or options.describe is not None:
        if options.sql is not None:
            options.usage("--views and --describe take no SQL")
        rows = _names() if options.views else _columns(options.describe)
        schema, batches, writers = *_listed(rows), {**WRITERS, "json": _write_objects}
    elif options.sql is None:
        raise Coded("CA804", "no query was given", "give SQL, `-` for standard input, --views or --describe VIEW")
    else:
        schema, batches, writers = *_asked(options), WRITERS
    with _sink(options.output) as file:
        writers[options.format](schema, _counted(_first(batches, options.limit), options), file)
    return 0


def _asked(options: argparse.Namespace) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    sql = sys.stdin.read() if options.sql == "-" else options.sql
    from codeanatomy.query.graph import open_graph_sync  # imports DataFusion: --views and --describe do without

    graph = open_graph_sync(options.graph or find_output(Path.cwd()), options.generation)
    schema = graph.schema(sql)
    for field in schema:
        if found := _NAMED_ONLY.search(str(field.type)):
            raise Coded("CA811", f"column {field.name!r} has values of the type {found[0]}, which cannot be written", "cast it AS VARCHAR")
    return schema, graph.batches(sql)


def _listed(rows: list[dict[str, str]]) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    import pyarrow as pa

    table = pa.Table.from_pylist(rows)
    return table.schema, table.to_batches()


def _names() -> list[dict[str, str]]:
    views = [{"name": view.name, "kind": "view", "sentence": view.sentence} for view in PUBLIC_VIEWS]
    return views + [{"name": table.name, "kind": "table", "sentence": table.sentence} for table in TABLES]


def _columns(name: str) -> list[dict[str, str]]:
    for view in PUBLIC_VIEWS:
        if view.name == name:
            return [{"column": column, "sentence": sentence} for column, sentence in view.columns]
    for table in TABLES:
        if table.name == name:
            return [{"column": column.name, "sentence": column.sentence} for column in table.columns]
    raise Coded("CA810", f"there is no view or table {name!r}", nearest(name))


@contextmanager
def _sink(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(path) as file:
            yield file


def _first(batches: Iterable[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    """The batches up to so many rows. The query itself is as it was asked, with the order that it asks for."""
    if limit is None:
        yield from batches
        return
    for batch in batches:
        yield batch.slice(0, limit)
        limit -= batch.num_rows
        if limit <= 0:
            return


def _counted(batches: Iterable[pa.RecordBatch], options: argparse.Namespace) -> Iterator[pa.RecordBatch]:
    """The batches; in the end their rows are counted on stderr, where somebody reads along."""
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch
    if options.verbose or (options.format == "table" and not options.quiet):
        say(counted(rows, "row"))


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    """Rows by position: columns may have one name."""
    for batch in batches:
        yield from zip(*map(plain, batch.columns), strict=True)


def _text(value: object) -> str:
    """A value as one cell; what has parts is JSON, but for what is no number."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _objects(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """Rows by name, as JSON has them. Raises CA810 where two columns have one name."""
    twice = [name for name, count in Counter(schema.names).items() if count > 1]
    if twice:
        raise Coded(
            "CA810", f"two columns are named {twice[0]!r}, and an object has one", "name one of them otherwise with AS, or ask for csv"
        )
    for row in _rows(batches):
        yield {name: _finite(value) for name, value in zip(schema.names, row, strict=True)}


def _finite(value: Any) -> Any:
    """The value with null in place of what is no number to JSON."""
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return None if isinstance(value, float) and not isfinite(value) else value


def _json(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent).encode() + b"\n"


def _write_jsonl(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    for row in _objects(schema, batches):
        file.write(_json(row))


def _write_json(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    file.write(_json({"columns": schema.names, "rows": list(_objects(schema, batches))}, indent=2))


def _write_objects(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    file.write(_json(list(_objects(schema, batches)), indent=2))


def _write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    writer = csv.writer(_Encoded(file), lineterminator="\n")
    writer.writerow(schema.names)
    for row in _rows(batches):
        writer.writerow(["" if value is None else _text(value) for value in row])


class _Encoded:
    """A text file over bytes that is never closed by what writes to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _as_they_are(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The batches with their schema, where any may have nulls: DataFusion plans other types and nulls than it computes, and each batch may differ."""
    import pyarrow as pa

    rest = iter(batches)
    first = list(islice(rest, 1))
    found = pa.schema([field.with_nullable(True) for field in (first[0].schema if first else schema)])
    return found, (batch.cast(found) for batch in chain(first, rest))


def _write_arrow(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    import pyarrow as pa

    written, batches = _as_they_are(schema, batches)
    with pa.ipc.new_stream(file, written) as stream:
        for batch in batches:
            stream.write_batch(batch)


def _write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    written, batches = _as_they_are(schema, batches)
    try:
        with parquet.ParquetWriter(file, written) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except pa.ArrowException as error:  # Arrow has more types and times than Parquet
        raise Coded("CA811", f"Parquet does not take the result: {error}", "cast what it names, or take --format arrow") from error


def _write_table(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    widest = WIDEST if file.isatty() else None
    names = [printable(name) for name in schema.names]
    cells = [[_cell(value, widest) for value in row] for row in _rows(batches)]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    text = _Encoded(file)
    for row in [names, ["-" * width for width in widths], *cells]:
        text.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _cell(value: object, widest: int | None) -> str:
    text = "" if value is None else printable(_text(value))
    return text if widest is None or len(text) <= widest else text[: widest - 1] + "…"


WRITERS: dict[str, Callable[[pa.Schema, Iterable[pa.RecordBatch], IO[bytes]], None]] = {
    "table": _write_table,
    "json": _write_json,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "arrow": _write_arrow,
    "parquet": _write_parquet,
}
