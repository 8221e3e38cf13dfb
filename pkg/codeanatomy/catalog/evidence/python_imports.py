"""Every imported name once, whoever saw it: what `ast`, libcst and tree-sitter say of it, merged. No name is looked up here."""

from codeanatomy.catalog.shapes import Column, Table

PYTHON_IMPORTS = Table(
    "python_imports",
    "One row per imported name. Where extractors differ over a place, the first of `ast`, `libcst` and `tree_sitter` that knows it is right, "
    "and what another says stays in its own table.",
    (
        Column("file_id", "int64", "The source."),
        Column("import", "int32", "Number of the name in the file, in the order of the text."),
        Column("node", "int32", "The `alias` in `ast_nodes`; null where `ast` has none.", nullable=True),
        Column("bstart", "int32", "First byte of the statement."),
        Column("bend", "int32", "Byte after the statement."),
        Column("position", "int32", "Index of the name in the statement."),
        Column("level", "int32", "Dots of a relative import."),
        Column("module", "string", "Module of a `from` import, without its dots; null where there is none.", nullable=True),
        Column("name", "string", "The imported name, dotted in an `import` statement; `*` for all."),
        Column("name_bstart", "int32", "First byte of the name; -1 where its place is not known."),
        Column("name_bend", "int32", "Byte after the name; -1 where its place is not known."),
        Column("alias", "string", "The name after `as`.", nullable=True),
        Column(
            "absolute",
            "string",
            "Dotted module that the statement names, by the name of the file's own; null where the dots leave the source root, and for "
            "`from . import` in a module directly in it.",
            nullable=True,
        ),
        Column("sources", "list<string>", "Which of `ast`, `libcst` and `tree_sitter` say exactly this, in this order."),
    ),
    key=("file_id", "import"),
)

TABLES = (PYTHON_IMPORTS,)
