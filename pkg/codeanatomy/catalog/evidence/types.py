"""What a type checker infers: types of expressions, and what calls run. Spans are in bytes of the UTF-8 text, as everywhere."""

from codeanatomy.catalog.shapes import Column, Table

_FILE = Column("file_id", "int64", "The source.")

TYPES_EXPRESSIONS = Table(
    "types_expressions",
    "One row per expression whose type is inferred.",
    (
        _FILE,
        Column("bstart", "int32", "First byte."),
        Column("bend", "int32", "Byte after the last."),
        Column(
            "type", "string", "The type, names of classes dotted from their module on; `Unknown` where, or as far as, none is inferred."
        ),
        Column(
            "classes", "list<string>", "Dotted names of the classes that it may be an instance of, sorted; none where they are not known."
        ),
    ),
    key=("file_id", "bstart", "bend"),
)

TYPES_FUNCTIONS = Table(
    "types_functions",
    "One row per function of a source, as the checker knows it: what `types_calls` refers to.",
    (
        _FILE,
        Column("function", "string", "Key of the function in its source."),
        Column("bstart", "int32", "First byte of its name."),
        Column("bend", "int32", "Byte after its name."),
        Column("name", "string", "Its name."),
        Column("returns", "string", "The type that it returns, declared or inferred; of the last overload."),
    ),
    key=("file_id", "function"),
)

TYPES_CALLS = Table(
    "types_calls",
    "One row per place that runs a function and function that it may run.",
    (
        _FILE,
        Column("bstart", "int32", "First byte of the call, or of what runs it."),
        Column("bend", "int32", "Byte after the last."),
        Column(
            "site", "string", "What runs it: `call`, `attribute`, `identifier`, `string`, or the checker's word for what is not written."
        ),
        Column(
            "role",
            "string",
            "What part the function plays: `call`, `init`, `new`, `getter`, `setter`, `higher_order`, or `if_called` of something that is "
            "passed on and not called here.",
        ),
        Column("module", "string", "Dotted module of the function."),
        Column("target_file_id", "int64", "Source of the function; null outside the repository.", nullable=True),
        Column("function", "string", "Key of the function in its module."),
        Column("name", "string", "Its name."),
        Column("receiver", "string", "Dotted class of the object that it is called on; null where there is none.", nullable=True),
        Column("or_override", "bool", "Whether a method that overrides it may run instead."),
    ),
    key=("file_id", "bstart", "bend", "site", "role", "module", "function", "receiver"),
)

TABLES = (TYPES_EXPRESSIONS, TYPES_FUNCTIONS, TYPES_CALLS)
