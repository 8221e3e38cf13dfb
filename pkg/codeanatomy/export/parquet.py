"""Parquet: a folder with one file a public view, or a table. The files hold what a query of that name gives."""

from __future__ import annotations

from pathlib import Path

from pyarrow.parquet import ParquetWriter

from codeanatomy.query.graph import OpenGraph


def write_parquet(graph: OpenGraph, folder: Path) -> None:
    """Write `<name>.parquet` for each public view and table that the build made."""
    for name in graph.names:
        sql = f'SELECT * FROM "{name}"'
        with ParquetWriter(folder / f"{name}.parquet", graph.schema(sql), compression="zstd") as writer:
            for batch in graph.batches(sql):
                writer.write_batch(batch)
