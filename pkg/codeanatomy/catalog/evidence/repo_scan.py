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

SCOPE_REASONS: dict[str, tuple[str, str]] = {
    "tracked": ("in", "git tracks it"),
    "untracked": ("in, out", "git neither tracks nor ignores it, and --include-untracked decides"),
    "walked": ("in", "git says nothing about this folder, and the walk met it"),
    "worktree": ("in, out", "it is in another checkout of the repository, and --include-worktrees decides"),
    "link": ("in, out", "it is a symbolic link or behind one, and --follow-symlinks decides"),
    "excluded": ("out", "an exclude glob matches it"),
    "not_included": ("out", "no include glob matches it"),
    "ignored": ("out", "git ignores it"),
    "skipped_folder": ("out", "a folder of that name holds what was made or installed"),
    "submodule": ("out", "it is a submodule whose files are not listed: --include-submodules, and a checkout of it"),
    "repository": ("out", "it is another repository inside this one"),
    "unreadable": ("out", "it cannot be read"),
    "not_regular": ("out", "it is named like a source and is a folder, pipe, socket or device"),
    "too_large": ("out", "it is larger than what is read"),
    "bad_name": ("out", "its name is not UTF-8"),
    "vanished": ("out", "it was listed and then not there"),
}
"""Every reason of `scope_manifest`: the status that goes with it, and what it says of the path."""

SCOPE_MANIFEST = Table(
    "scope_manifest",
    "One row per path that could hold Python source: why it is read, or why it is not. These are the paths named like one and the scripts with "
    "a Python shebang, as far as the scan looks at them, and the folders that it skips as a whole (`.git` and `__pycache__` are never named).",
    (
        Column("path", "string", "File or skipped folder, relative to the repository; bytes that are not UTF-8 are escaped."),
        Column("status", "string", "`in`: it has a row in `repo_files`; or `out`."),
        Column("reason", "string", "; ".join(f"`{word}` ({status}): {text}" for word, (status, text) in SCOPE_REASONS.items()) + "."),
        Column(
            "detail",
            "string",
            "What decided: for `in` its suffix or `#!`, else the glob, the name of the folder, where the link leads, or the failure's code.",
            nullable=True,
        ),
    ),
    key=("path",),
)

TABLES = (REPO_FILES, SCOPE_MANIFEST, FILE_LINES)
