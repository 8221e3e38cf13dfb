"""What is imported from outside the repository, and what is known of it without importing it."""

from codeanatomy.catalog.shapes import Column, Table

PYTHON_EXTERNAL = Table(
    "python_external",
    "One row per module that is imported and lies outside the repository.",
    (
        Column(
            "module",
            "string",
            "Dotted, as imported; for `from a import b` it is `a`, or `a.b` where `a` is a namespace that several distributions share.",
        ),
        Column("top_level", "string", "Its first part."),
        Column("kind", "string", "`stdlib`, `installed`, `declared` (and not installed) or `unresolved`."),
        Column("distribution", "string", "What brings it, canonical (PEP 503); null for `stdlib` and `unresolved`.", nullable=True),
        Column(
            "version",
            "string",
            "Exact version: that of the repository's own environment, else the one that is locked or pinned, else the installed one.",
            nullable=True,
        ),
        Column("environment", "string", "Where it is installed: see `installed_distributions`.", nullable=True),
        Column("locked_in", "string", "File that the version was taken from, if a file locks or pins it.", nullable=True),
        Column("specifier", "string", "Versions that its declaration allows.", nullable=True),
        Column(
            "declared_in",
            "string",
            "File that declares it: the first by kind (`runtime`, `extra`, `requirement`, `group`, `build`, `constraint`, `lock`), depth and path.",
            nullable=True,
        ),
        Column("declared_line", "int32", "Line of that declaration, from 1.", nullable=True),
        Column("importers", "int32", "Number of files that import it."),
    ),
    key=("module",),
)

TABLES = (PYTHON_EXTERNAL,)
