"""An open graph: the published tables and the public views over them, as one DataFusion session. It never changes what it reads."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from functools import reduce
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import pyarrow as pa
from datafusion import DataFrame, SessionConfig, SessionContext, SQLOptions
from deltalake import DeltaTable

from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.catalog.tables import AUXILIARY_TABLES
from codeanatomy.data_files import data_files
from codeanatomy.failure import Coded
from codeanatomy.query.generation import Generation, open_generation
from codeanatomy.query.relations import NAMES, TABLES, nearest
from codeanatomy.query.stop import check_stop, whole

T = TypeVar("T")

_SETTINGS = {
    # A condition on one column is tested before the others are read: most questions want a few rows of millions.
    "datafusion.execution.parquet.pushdown_filters": "true",
    "datafusion.execution.parquet.reorder_filters": "true",
    # Texts as every reader of Arrow knows them.
    "datafusion.execution.parquet.schema_force_view_types": "false",
    "datafusion.sql_parser.map_string_types_to_utf8view": "false",
}
READ_ONLY = SQLOptions().with_allow_ddl(False).with_allow_dml(False).with_allow_statements(False)
REBUILD = "build the graph again, or restore its folder"
_FEW = 200


class OpenGraph:
    """One generation, open for questions. Made by `open_graph_sync`; blocking: the library's async face calls it in threads."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._files: list[Path] = []
        self._made: dict[Callable[[OpenGraph], Any], Any] = {}
        self._making = RLock()  # the library asks from several threads
        self._session = SessionContext(SessionConfig(_SETTINGS))
        left_out = {table.name for table in AUXILIARY_TABLES} - generation.versions.keys()
        self.names: list[str] = []
        """The public views and tables that the build made."""
        for table in TABLES:
            if table.name in left_out:
                continue
            location = generation.output_dir / table.name
            try:
                self._register(table.name, location, generation.versions[table.name])
            except Exception as error:  # deltalake and DataFusion have no class of failures in common
                raise Coded("CA639", f"cannot read {location}: {_first_line(error)}", REBUILD) from error
            self.names.append(table.name)
        for view in PUBLIC_VIEWS:
            if not left_out.intersection(re.findall(r"\w+", view.sql)):
                self._session.register_view(view.name, self._session.sql(view.sql))
                self.names.append(view.name)

    def _register(self, name: str, location: Path, version: int) -> None:
        """Register the Parquet files that a version of a table consists of: DataFusion reads them ten times faster than through the table."""
        table = DeltaTable(str(location), version=version)
        files = [path.resolve() for path in data_files(table, location)]
        self._files += files
        match [file.as_uri() for file in files]:
            case []:  # nothing to take the columns from but the table
                self._session.register_table(name, table)
            case [file]:
                self._session.register_parquet(name, file)
            case uris:
                self._session.register_view(name, reduce(DataFrame.union, map(self._session.read_parquet, uris)))

    def frame(self, sql: str) -> DataFrame:
        """A query as a lazy DataFrame. Raises CA810 for SQL that is wrong, asks for a name there is not, or would change something."""
        try:
            return self._session.sql_with_options(sql, READ_ONLY)
        except ValueError as error:  # DataFusion raises this for everything it finds wrong while planning
            raise Coded("CA810", _first_line(error), _hint(str(error))) from error

    def sql(self, sql: str) -> pa.Table:
        """The whole result of a query. Raises CA810 as `frame` does, CA811 when the query fails while it runs, CA639 when the graph is not whole any more."""
        return self._whole(self.frame(sql))

    def among(self, sql: str, column: str, ids: Collection[int]) -> pa.Table:
        """Rows of a query whose column is one of these ids. A few are a condition that prunes the scan, many are joined. Raises as `sql` does."""
        if len(ids) <= _FEW:
            return self.sql(f'SELECT * FROM ({sql}) WHERE "{column}" IN ({", ".join(map(str, ids)) or "NULL"})')
        wanted = self._session.from_arrow(pa.table({"wanted": pa.array(list(ids), pa.int64())}))
        return self._whole(self.frame(sql).join(wanted, left_on=column, right_on="wanted", how="semi"))

    def kept(self, make: Callable[[OpenGraph], T]) -> T:
        """What `make` makes of this graph, made once: a generation never changes."""
        with self._making:
            if make not in self._made:
                self._made[make] = make(self)
            made: T = self._made[make]
            return made

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The result of a query, batch by batch. Raises as `sql` does."""
        frame, stream = self.frame(sql), None
        while True:
            check_stop()
            try:
                stream = stream or frame.execute_stream()
                batch = next(stream, None)
            except Exception as error:  # as in `_whole`
                raise self._failed(error) from error
            if batch is None:
                self._check_files()
                return
            yield batch.to_pyarrow()

    def schema(self, sql: str) -> pa.Schema:
        """Names and types of the columns of a query, without running it."""
        return self.frame(sql).schema()

    def table(self, name: str) -> pa.Table:
        """All rows of a table or public view. Raises CA810 for a name there is not."""
        return self.sql(f'SELECT * FROM "{name}"')

    def _whole(self, frame: DataFrame) -> pa.Table:
        check_stop()
        try:
            table = whole(frame)
        except Exception as error:  # DataFusion gives no narrower class for a query that fails at run time
            raise self._failed(error) from error
        self._check_files()
        return table

    def _failed(self, error: Exception) -> Coded:
        self._check_files()
        return Coded("CA811", _first_line(error), "the query was understood but failed on the data")

    def _check_files(self) -> None:
        """After a query: to DataFusion a file that is not there has no rows. Those that are there were there before. Raises CA639."""
        gone = next((file for file in self._files if not os.path.exists(file)), None)
        if gone is None:
            return
        if not self.generation.file.is_file():
            removed = f"generation {self.generation.number} of {self.generation.output_dir} was removed by a later build"
            raise Coded("CA639", removed, "open the graph again; --keep-generations says how many stay")
        raise Coded("CA639", f"cannot read {gone}: it is not there any more", REBUILD)


def open_graph_sync(output_dir: str | Path, generation: int | None = None) -> OpenGraph:
    """Open a published graph: the current generation of an output folder, or another by number. Raises CA801, CA802 and CA639."""
    return OpenGraph(open_generation(Path(output_dir), generation))


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _hint(text: str) -> str:
    if missing := re.search(r"table '(?:[^'.]*\.)*([^'.]+)' not found", text):
        if missing.group(1) in NAMES:
            return "the build left it out: build with --include-errors and --include-manifest"
        return nearest(missing.group(1))
    if "not supported" in text:
        return "queries are read-only"
    if valid := re.search(r"Valid fields are (.*)", text):
        return f"there are {valid.group(1).rstrip('.')}"
    return "`codeanatomy query --describe VIEW` shows the columns of a view"
