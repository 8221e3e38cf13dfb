"""What a SCIP index says: symbols, where they occur, and how they relate. Spans are in bytes of the UTF-8 text, as everywhere."""

from codeanatomy.catalog.shapes import Column, Table

_FILE = Column("file_id", "int64", "The source.")
_SYMBOL = Column("symbol", "string", "The symbol in SCIP's grammar; `local N` names something inside its source only.")


def _role(name: str, sentence: str) -> Column:
    return Column(name, "bool", sentence)


SCIP_DOCUMENTS = Table(
    "scip_documents",
    "One row per source that the index has a document of.",
    (
        _FILE,
        Column("language", "string", "Language, as the indexer says it; empty where it does not."),
        Column("occurrences", "int32", "Number of its occurrences in the index."),
        Column("symbols", "int32", "Number of symbols that it describes."),
    ),
    key=("file_id",),
)

SCIP_OCCURRENCES = Table(
    "scip_occurrences",
    "One row per place where a symbol occurs.",
    (
        _FILE,
        Column("occurrence", "int32", "Number in the document, by place and symbol."),
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last; a module occurs at its start, with no length."),
        _SYMBOL,
        _role("is_definition", "Whether the symbol is defined here."),
        _role("is_import", "Whether it is imported here."),
        _role("is_write", "Whether it is written here."),
        _role("is_read", "Whether it is read here."),
        _role("is_generated", "Whether the place is generated code."),
        _role("is_test", "Whether the place is test code."),
        _role("is_forward", "Whether it is declared here and defined elsewhere."),
    ),
    key=("file_id", "occurrence"),
)

SCIP_SYMBOLS = Table(
    "scip_symbols",
    "One row per symbol that a document, or the index for symbols outside the repository, describes.",
    (
        Column("file_id", "int64", "The source whose document describes it; null for a symbol outside the repository.", nullable=True),
        _SYMBOL,
        Column("kind", "int32", "Kind in SCIP's numbering; 0 where the indexer says none."),
        Column("display_name", "string", "Name for people; empty where the indexer says none."),
        Column("documentation", "string", "Its documentation, Markdown, parts separated by empty lines."),
        Column("enclosing_symbol", "string", "Symbol that contains it; empty where the indexer says none."),
    ),
    key=("file_id", "symbol"),
)

SCIP_RELATIONSHIPS = Table(
    "scip_relationships",
    "One row per symbol and symbol that it relates to.",
    (
        Column("file_id", "int64", "The source whose document says so; null for a symbol outside the repository.", nullable=True),
        _SYMBOL,
        Column("related", "string", "The other symbol."),
        Column("is_reference", "bool", "Whether references to the other are references to this one."),
        Column("is_implementation", "bool", "Whether this one implements or overrides the other."),
        Column("is_type_definition", "bool", "Whether the other is the type of this one."),
        Column("is_definition", "bool", "Whether the other defines this one."),
    ),
    key=("file_id", "symbol", "related"),
)

SCIP_DIAGNOSTICS = Table(
    "scip_diagnostics",
    "One row per diagnostic of the indexer.",
    (
        _FILE,
        Column("diagnostic", "int32", "Number in the document, by place."),
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last."),
        Column("severity", "int32", "1 error, 2 warning, 3 information, 4 hint; 0 where the indexer says none."),
        Column("code", "string", "Code of the diagnostic; empty where there is none."),
        Column("message", "string", "What it says."),
        Column("source", "string", "Tool that says it; empty where the indexer does not say."),
    ),
    key=("file_id", "diagnostic"),
)

TABLES = (SCIP_DOCUMENTS, SCIP_OCCURRENCES, SCIP_SYMBOLS, SCIP_RELATIONSHIPS, SCIP_DIAGNOSTICS)
