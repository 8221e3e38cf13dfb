"""What the scan knows of each source: its identity, bytes and place. It knows nothing of Python's grammar."""

from codeanatomy.catalog.shapes import Column, Table

REPO_FILES = Table(
    "repo_files",
    "One row per source that the build reads.",
    (
        Column("file_id", "int64", "38-bit key of path and content; the upper bits of every syntax id of the file."),
        Column("path", "string", "Path relative to the repository, with `/`."),
        Column("size", "int64", "Bytes on disk."),
        Column("sha256", "string", "SHA-256 of the bytes, hexadecimal."),
        Column("encoding", "string", "Encoding by BOM, cookie or default (PEP 263), as Python normalises its name."),
        Column("newline", "string", "Line ends in use: `lf`, `crlf`, `cr`, `mixed` or `none`."),
        Column("lines", "int32", "Number of lines; a last line without a line end counts."),
        Column("module", "string", "Dotted module name from its source root."),
        Column("root", "string", "Source root that the module name starts from, relative to the repository; empty for the repository."),
        Column("is_package", "bool", "Whether the file is an `__init__`."),
        Column("is_stub", "bool", "Whether the file is a `.pyi`."),
        Column("is_test", "bool", "Whether the path lies under a test path or is named like a test."),
    ),
    key=("file_id",),
)

FILE_LINES = Table(
    "file_lines",
    "One row per source: what turns byte offsets of its UTF-8 text into lines and columns.",
    (
        Column("file_id", "int64", "The source."),
        Column("line_starts", "list<int32>", "Byte offset of the start of every line, ascending; the first is 0, or 3 after a BOM."),
        Column("continuations", "list<int32>", "Byte offset of every UTF-8 continuation byte, ascending: bytes that start no character."),
        Column("length", "int32", "Bytes of the UTF-8 text, BOM included."),
    ),
    key=("file_id",),
)

TABLES = (REPO_FILES, FILE_LINES)
