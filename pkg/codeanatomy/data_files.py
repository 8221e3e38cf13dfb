"""Where the data files of a table lie, for whoever reads it with the PyPI `deltalake`. It opens no table and reads no row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from deltalake import DeltaTable


def data_files(table: DeltaTable, folder: Path) -> list[Path]:
    """The data files of a table at its version; the folder is the table's. deltalake writes names as URLs do, and that of the folder too."""
    return [folder / unquote(uri.rpartition("/")[2]) for uri in table.file_uris()]
