"""What only libcst's concrete tree says: comments, and texts exactly as written, brackets included. What `ast` says as well is not repeated."""

from codeanatomy.catalog.shapes import Column, Table

_FILE = Column("file_id", "int64", "The source.")

CST_MODULES = Table(
    "libcst_modules",
    "One row per source: how it is laid out.",
    (
        _FILE,
        Column("indent", "string", "The indentation it uses most, such as four spaces; four spaces where it has none."),
        Column("newline", "string", "The line end it uses first; a line feed where it has none."),
        Column("ends_in_newline", "bool", "Whether the last line has a line end; false for an empty source."),
    ),
    key=("file_id",),
)

CST_COMMENTS = Table(
    "libcst_comments",
    "One row per comment.",
    (
        _FILE,
        Column("bstart", "int32", "First byte: the `#`."),
        Column("bend", "int32", "Byte after the last; the line end is no part of it."),
        Column("text", "string", "The comment, with its `#`."),
        Column("own_line", "bool", "Whether nothing but space stands before it on its line."),
        Column(
            "kind",
            "string",
            "`shebang`, `encoding` (a cookie of PEP 263), `type_ignore`, `type` (a type comment), `noqa`, `pragma`, "
            "`tool` (an instruction to a named tool, such as `pylint:` or `fmt:`), else `plain`.",
        ),
    ),
    key=("file_id", "bstart"),
)

CST_TEXTS = Table(
    "libcst_texts",
    "One row per decorator, base-class argument, default and annotation: its text as written. Brackets around it belong to it.",
    (
        _FILE,
        Column("bstart", "int32", "First byte, that of an opening bracket included; a decorator's `@` is no part of it."),
        Column("bend", "int32", "Byte after the last, that of a closing bracket included; a comma or colon is no part of it."),
        Column("kind", "string", "`decorator`, `base`, `default`, `annotation` or `return`."),
        Column("position", "int32", "Index among the decorators or base-class arguments of its owner; else 0."),
        Column(
            "owner_bstart",
            "int32",
            "First byte of what it belongs to: the name of the function or class (`decorator`, `base`, `return`), "
            "the name of the parameter, or the target of the annotated assignment.",
        ),
        Column("owner_bend", "int32", "Byte after the last of its owner."),
        Column("text", "string", "The source text."),
    ),
    key=("file_id", "bstart", "kind"),
)

CST_IMPORTS = Table(
    "libcst_imports",
    "One row per imported name, with the span of every token. Names are as the grammar knows them: NFKC, without space around dots.",
    (
        _FILE,
        Column("bstart", "int32", "First byte of the statement."),
        Column("bend", "int32", "Byte after its last name or bracket; a semicolon is no part of it."),
        Column("position", "int32", "Index of the name in the statement."),
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
    key=("file_id", "bstart", "position"),
)

CST_CALLS = Table(
    "libcst_calls",
    "One row per call, those inside f-strings at their true place. Spans are without brackets around the expression, as in `ast`.",
    (
        _FILE,
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last."),
        Column("callee_bstart", "int32", "First byte of what is called."),
        Column("callee_bend", "int32", "Byte after what is called."),
        Column("callee", "string", "What is called, as written, where it is a name or names joined by dots; else null.", nullable=True),
    ),
    key=("file_id", "bstart", "bend"),
)

CST_DOCSTRINGS = Table(
    "libcst_docstrings",
    "One row per docstring, as written.",
    (
        _FILE,
        Column("bstart", "int32", "First byte of the string or of the first of several; brackets around it are no part."),
        Column("bend", "int32", "Byte after the last."),
        Column("owner", "string", "`module`, `class` or `function`."),
        Column("owner_bstart", "int32", "First byte of the owner's name; -1 for the module."),
        Column("owner_bend", "int32", "Byte after the owner's name; -1 for the module."),
        Column("text", "string", "The source text with prefix and quotes, escapes as written."),
    ),
    key=("file_id", "bstart"),
)

TABLES = (CST_MODULES, CST_COMMENTS, CST_TEXTS, CST_IMPORTS, CST_CALLS, CST_DOCSTRINGS)
