"""What tree-sitter says of any text, grammatical or not: definitions, calls, imports and errors. No names are resolved here."""

from codeanatomy.catalog.shapes import Column, Table

_FILE = Column("file_id", "int64", "The source.")
_DEFINITION = Column(
    "definition", "int32", "The innermost definition whose body holds it; -1 for none. Decorators, parameters and bases are no body."
)

TS_DEFINITIONS = Table(
    "tree_sitter_definitions",
    "One row per class and function.",
    (
        _FILE,
        Column("definition", "int32", "Number in the file, in the order of the text."),
        Column("parent", "int32", "Number of the definition whose body holds it; -1 for none."),
        Column("kind", "string", "`class` or `function`."),
        Column("bstart", "int32", "First byte, that of the first `@` included; that of the name where the text breaks off in its head."),
        Column("bend", "int32", "Byte after the last; after the name where the text breaks off in its head."),
        Column("name", "string", "The name (NFKC); empty where the text lacks it."),
        Column("name_bstart", "int32", "First byte of the name."),
        Column("name_bend", "int32", "Byte after the name."),
        Column("body_bstart", "int32", "First byte of the body; where the text breaks off in its head there is none, at its end."),
        Column("body_bend", "int32", "Byte after the body."),
        Column("decorators", "int32", "Number of its decorators."),
    ),
    key=("file_id", "definition"),
)

TS_CALLS = Table(
    "tree_sitter_calls",
    "One row per call.",
    (
        _FILE,
        Column("call", "int32", "Number in the file, in the order of the text, the outer before the inner."),
        _DEFINITION,
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last."),
        Column("callee_bstart", "int32", "First byte of what is called."),
        Column("callee_bend", "int32", "Byte after what is called."),
        Column("callee", "string", "What is called, as written, where it is a name or names joined by dots; else null.", nullable=True),
        Column("name", "string", "The name (NFKC) that what is called ends with; null for `f()()` or `f[0]()`.", nullable=True),
    ),
    key=("file_id", "call"),
)

TS_IMPORTS = Table(
    "tree_sitter_imports",
    "One row per imported name, with the span of every token. Names are as the grammar knows them: NFKC, without space around dots.",
    (
        _FILE,
        Column("import", "int32", "Number of the name in the file, in the order of the text."),
        _DEFINITION,
        Column("bstart", "int32", "First byte of the statement."),
        Column("bend", "int32", "Byte after the statement."),
        Column("level", "int32", "Dots of a relative import."),
        Column("module", "string", "Module of a `from` import, without its dots; null where there is none.", nullable=True),
        Column("module_bstart", "int32", "First byte of the module; -1 where there is none."),
        Column("module_bend", "int32", "Byte after the module; -1 where there is none."),
        Column("name", "string", "The imported name, dotted in an `import` statement; `*` for all."),
        Column("name_bstart", "int32", "First byte of the name."),
        Column("name_bend", "int32", "Byte after the name."),
        Column("alias", "string", "The name after `as`.", nullable=True),
        Column("alias_bstart", "int32", "First byte of the alias; -1 where there is none."),
        Column("alias_bend", "int32", "Byte after the alias; -1 where there is none."),
    ),
    key=("file_id", "import"),
)

TS_ERRORS = Table(
    "tree_sitter_errors",
    "One row per place where the text is not of the grammar. An accepted source may have some: tree-sitter's grammar is not CPython's.",
    (
        _FILE,
        Column("error", "int32", "Number in the file, in the order of the text."),
        Column("kind", "string", "`error` for text that fits nowhere, `missing` for a token that is not there."),
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last; nothing has no length."),
        Column("missing", "string", "The token that is missing, such as `)` or `identifier`; null for `error`.", nullable=True),
    ),
    key=("file_id", "error"),
)

TABLES = (TS_DEFINITIONS, TS_CALLS, TS_IMPORTS, TS_ERRORS)
