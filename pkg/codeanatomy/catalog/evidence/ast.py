"""What CPython's `ast` says: every node of every source, in pre-order, with spans in bytes. No names are resolved here."""

from codeanatomy.catalog.shapes import Column, Table

AST_NODES = Table(
    "ast_nodes",
    "One row per node of the abstract syntax tree. Expression contexts and operators are columns of their node, not rows.",
    (
        Column("file_id", "int64", "The source."),
        Column("node", "int32", "Pre-order number in the file; the Module is 0, so a subtree is a contiguous slice."),
        Column("parent", "int32", "Number of the parent; -1 for the Module."),
        Column("kind", "string", "Class name in `ast`, such as `FunctionDef` or `Name`."),
        Column("field", "string", "Field of the parent that holds the node, such as `body`; empty for the Module."),
        Column("position", "int32", "Index in that field; 0 where the field holds one node."),
        Column(
            "bstart",
            "int32",
            "First byte. A decorated definition starts at its first `@`; a clause without a position of its own spans its children.",
        ),
        Column(
            "bend",
            "int32",
            "Byte after the last. A span never leaves its parent's; where CPython's does (old f-strings), it is the parent's.",
        ),
        Column(
            "name",
            "string",
            "The identifier as the grammar knows it (NFKC): see `name_bstart`; dotted for `alias` and `ImportFrom`.",
            nullable=True,
        ),
        Column("name_bstart", "int32", "First byte of the token(s) of `name`; -1 where there is none.", nullable=False),
        Column("name_bend", "int32", "Byte after the token(s) of `name`; -1 where there is none.", nullable=False),
        Column(
            "access",
            "string",
            "`read`, `write` or `delete` for a node with a context (Name, Attribute, Subscript, Starred, List, Tuple).",
            nullable=True,
        ),
        Column("value", "string", "What else the node says: see the table in the extractor's docstring.", nullable=True),
        Column("line", "int32", "Line number that CPython gives the node (`def` line of a decorated definition); 0 where it gives none."),
    ),
    key=("file_id", "node"),
)

AST_IMPORTS = Table(
    "ast_imports",
    "One row per imported name, taken from the rows of its `alias` and of the statement around it: what a merge over extractors needs.",
    (
        Column("file_id", "int64", "The source."),
        Column("node", "int32", "The `alias` in `ast_nodes`."),
        Column("bstart", "int32", "First byte of the statement."),
        Column("bend", "int32", "Byte after the statement; a closing bracket is part of it."),
        Column("position", "int32", "Index of the name in the statement."),
        Column("level", "int32", "Dots of a relative import."),
        Column("module", "string", "Module of a `from` import, without its dots; null where there is none.", nullable=True),
        Column("name", "string", "The imported name, dotted in an `import` statement; `*` for all."),
        Column("name_bstart", "int32", "First byte of the name; -1 where its place is not known."),
        Column("name_bend", "int32", "Byte after the name; -1 where its place is not known."),
        Column("alias", "string", "The name after `as`.", nullable=True),
    ),
    key=("file_id", "node"),
)

TABLES = (AST_NODES, AST_IMPORTS)
