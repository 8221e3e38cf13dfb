"""An open graph: the published tables and the public views over them, as one DataFusion session. It never changes what it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
from datafusion import DataFrame, SessionContext, SQLOptions
from deltalake import DeltaTable

from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES
from codeanatomy.failure import Coded
from codeanatomy.query.generation import Generation, open_generation

READ_ONLY = SQLOptions().with_allow_ddl(False).with_allow_dml(False).with_allow_statements(False)
TABLES = (*GRAPH_TABLES, *AUXILIARY_TABLES)
NAMES = (*(view.name for view in PUBLIC_VIEWS), *(table.name for table in TABLES))


class OpenGraph:
    """One generation, open for questions. Made by `open_graph_sync`; blocking: the library's async face calls it in threads."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._session = SessionContext()
        left_out = {table.name for table in AUXILIARY_TABLES} - generation.versions.keys()
        for table in TABLES:
            if table.name in left_out:
                continue
            location = generation.output_dir / table.name
            self._session.register_table(table.name, DeltaTable(str(location), version=generation.versions[table.name]))
        for view in PUBLIC_VIEWS:
            if not left_out.intersection(re.findall(r"\w+", view.sql)):
                self._session.register_view(view.name, self._session.sql(view.sql))

    def frame(self, sql: str) -> DataFrame:
        """A query as a lazy DataFrame. Raises CA810 for SQL that is wrong, asks for a name there is not, or would change something."""
        try:
            return self._session.sql_with_options(sql, READ_ONLY)
        except ValueError as error:  # DataFusion raises this for everything it finds wrong while planning
            raise Coded("CA810", _first_line(error), _hint(str(error))) from error

    def sql(self, sql: str) -> pa.Table:
        """The whole result of a query. Raises CA810 as `frame` does, CA811 when the query fails while it runs."""
        frame = self.frame(sql)
        try:
            return frame.to_arrow_table()
        except Exception as error:  # DataFusion gives no narrower class for a query that fails at run time
            raise Coded("CA811", _first_line(error), "the query was understood but failed on the data") from error

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The result of a query, batch by batch. Raises as `sql` does."""
        stream = self.frame(sql).execute_stream()
        while True:
            try:
                batch = next(stream, None)
            except Exception as error:  # as in `sql`
                raise Coded("CA811", _first_line(error), "the query was understood but failed on the data") from error
            if batch is None:
                return
            yield batch.to_pyarrow()

    def schema(self, sql: str) -> pa.Schema:
        """Names and types of the columns of a query, without running it."""
        return self.frame(sql).schema()

    def table(self, name: str) -> pa.Table:
        """All rows of a table or public view. Raises CA810 for a name there is not."""
        return self.sql(f'SELECT * FROM "{name}"')


def open_graph_sync(output_dir: str | Path, generation: int | None = None) -> OpenGraph:
    """Open a published graph: the current generation of an output folder, or another by number. Raises CA801 and CA802."""
    return OpenGraph(open_generation(Path(output_dir), generation))


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _hint(text: str) -> str:
    if missing := re.search(r"table '(?:[^'.]*\.)*([^'.]+)' not found", text):
        close = get_close_matches(missing.group(1), NAMES, n=1, cutoff=0.5)
        if close and close[0] == missing.group(1):
            return "the build left it out: build with --include-errors and --include-manifest"
        return (
            f"did you mean {close[0]!r}? `codeanatomy query --views` lists what there is"
            if close
            else "`codeanatomy query --views` lists what there is"
        )
    if "not supported" in text:
        return "queries are read-only"
    if valid := re.search(r"Valid fields are (.*)", text):
        return f"there are {valid.group(1).rstrip('.')}"
    return "`codeanatomy query --describe VIEW` shows the columns of a view"
