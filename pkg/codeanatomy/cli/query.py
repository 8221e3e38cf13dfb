"""`codeanatomy query`: SQL over the public views and tables of a graph. It reads; it never writes into a graph."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES
from codeanatomy.export.whole import whole_file
from codeanatomy.failure import Coded
from codeanatomy.query.generation import find_output

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "query"
HELP = "Ask a graph in SQL"

WIDEST = 60


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", nargs="?", metavar="SQL", help="a query; `-` reads it from standard input")
    parser.add_argument("--graph", type=Path, metavar="DIR", help="output folder of a build; default: the nearest build/codeanatomy upward")
    parser.add_argument("--generation", type=int, metavar="N", help="a generation that is not the current one")
    parser.add_argument("--format", "--output-format", choices=tuple(WRITERS), default="table", help="form of the result [default: table]")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the result there instead of standard output")
    parser.add_argument("--limit", type=int, metavar="N", help="no more than N rows")
    parser.add_argument("--views", action="store_true", help="list the views and tables")
    parser.add_argument("--describe", metavar="VIEW", help="say what the columns of a view or table mean")


def run(options: argparse.Namespace) -> int:
    if options.views or options.describe:
        rows = _columns(options.describe) if options.describe else _names()
        _print_list(rows, options.format)
        return 0
    if options.sql is None:
        raise Coded("CA804", "no query was given", "give SQL, `-` for standard input, --views or --describe VIEW")
    sql = sys.stdin.read() if options.sql == "-" else options.sql
    from codeanatomy.query.graph import open_graph_sync  # imports DataFusion: --views and --describe do without

    graph = open_graph_sync(options.graph or find_output(Path.cwd()), options.generation)
    if options.limit is not None:
        graph.schema(sql)  # a mistake is told in terms of the user's text
        sql = f"SELECT * FROM ({sql.strip().rstrip(';')}) LIMIT {options.limit:d}"
    schema = graph.schema(sql)
    with _sink(options.output) as file:
        WRITERS[options.format](schema, _counted(graph.batches(sql), options), file)
    return 0


def _names() -> list[dict[str, str]]:
    views = [{"name": view.name, "kind": "view", "sentence": view.sentence} for view in PUBLIC_VIEWS]
    return views + [{"name": table.name, "kind": "table", "sentence": table.sentence} for table in (*GRAPH_TABLES, *AUXILIARY_TABLES)]


def _columns(name: str) -> list[dict[str, str]]:
    for view in PUBLIC_VIEWS:
        if view.name == name:
            return [{"column": column, "sentence": sentence} for column, sentence in view.columns]
    for table in (*GRAPH_TABLES, *AUXILIARY_TABLES):
        if table.name == name:
            return [{"column": column.name, "sentence": column.sentence} for column in table.columns]
    raise Coded("CA810", f"there is no view or table {name!r}", "`codeanatomy query --views` lists what there is")


def _print_list(rows: list[dict[str, str]], form: str) -> None:
    if form == "json":
        print(json.dumps(rows, indent=2))
    elif form == "jsonl":
        print("\n".join(json.dumps(row) for row in rows))
    else:
        _table(rows, sys.stdout)


@contextmanager
def _sink(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with whole_file(path) as file:
            yield file


def _counted(batches: Iterable[pa.RecordBatch], options: argparse.Namespace) -> Iterator[pa.RecordBatch]:
    """The batches; in the end their rows are counted on stderr, where somebody reads along."""
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch
    if options.verbose or (options.format == "table" and not options.quiet):
        print(f"{rows} row{'' if rows == 1 else 's'}", file=sys.stderr)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _write_jsonl(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    for row in _rows(batches):
        file.write(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")


def _write_json(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    result = {"columns": schema.names, "rows": list(_rows(batches))}
    file.write(json.dumps(result, ensure_ascii=False, default=str, indent=2).encode() + b"\n")


def _write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    text = _Encoded(file)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.names)
    for row in _rows(batches):
        writer.writerow(["" if value is None else value for value in row.values()])


class _Encoded:
    """A text file over bytes that is never closed by what writes to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _write_arrow(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(file, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)


def _write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    import pyarrow.parquet as parquet

    with parquet.ParquetWriter(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_table(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    rows = list(_rows(batches))
    _table(rows or [dict.fromkeys(schema.names, "")], _Encoded(file), empty=not rows)


def _table(rows: list[dict[str, Any]], file: Any, empty: bool = False) -> None:
    names = list(rows[0])
    cells = [] if empty else [[_cell(row[name]) for name in names] for row in rows]
    widths = [max([len(name), *(len(row[index]) for row in cells)]) for index, name in enumerate(names)]
    for row in [names, ["-" * width for width in widths], *cells]:
        file.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _cell(value: Any) -> str:
    text = "" if value is None else str(value).replace("\n", "\\n")
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


WRITERS: dict[str, Callable[[pa.Schema, Iterable[pa.RecordBatch], IO[bytes]], None]] = {
    "table": _write_table,
    "json": _write_json,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "arrow": _write_arrow,
    "parquet": _write_parquet,
}
